// What is answered to whoever asks why a gang waits.

import { expect, test } from 'vitest'
import { noWish } from '../../../../src/master/placement/wish.ts'
import type { TepuiV1Gang } from '../../../../src/mesos/types.ts'
import { TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

const rack = (value: string) => [{ name: 'rack', type: 'TEXT', text: { value } }]

function aCluster(racks: readonly string[]): TestCluster {
  const cluster = new TestCluster()
  for (const [i, name] of racks.entries()) cluster.agent({ hostname: `n${i}`, attributes: rack(name) })
  return cluster
}

function ask(cluster: TestCluster, role: string, gang: Omit<TepuiV1Gang, 'id'>): TestScheduler {
  const scheduler = cluster.framework({ roles: [role], name: role }, { suppressed_roles: [role] })
  const requests = [{ resources: scalars({ cpus: 3 }), gang: { id: 'g', ...gang } }]
  scheduler.call({ type: 'REQUEST', request: { requests } })
  return scheduler
}

function why(cluster: TestCluster, { id, info }: TestScheduler) {
  const [role = ''] = info.roles ?? []
  return cluster.view.why({ frameworkId: id, role, agentId: null, wanted: [], wish: noWish })
}

const sentence = (cluster: TestCluster, scheduler: TestScheduler) => why(cluster, scheduler)?.sentence

test('racks that are too small', () => {
  const cluster = aCluster(['a', 'b', 'b'])
  const same = ask(cluster, 'same', { count: 3, racks: 'SAME' })
  expect(sentence(cluster, same)).toBe('3 could ever be; no rack has 3 of them')
  const spread = ask(cluster, 'spread', { count: 3, racks: 'SPREAD' })
  expect(sentence(cluster, spread)).toBe('3 could ever be; they are in fewer than 3 racks')
})

test('too few machines', () => {
  const cluster = aCluster(['a', 'a'])
  expect(sentence(cluster, ask(cluster, 'r', { count: 3 }))).toMatch(/^2 could ever be; there are too few machines/)
})

test('a quota that all of them together are beyond', () => {
  const cluster = aCluster(['a', 'a', 'a'])
  const configs = [{ role: 'r', limits: { cpus: { value: 6 } } }]
  cluster.request((requestId) => ({ kind: 'updateQuota', requestId, configs, force: false, legacy: null }))
  const scheduler = ask(cluster, 'r', { count: 3 })
  expect(sentence(cluster, scheduler)).toBe('all of them take 9 cpus, and the quota of role r allows 6')
})

/** n0 is full; n1 and n2 are free. */
function busyCluster() {
  const cluster = aCluster(['a'])
  const other = cluster.framework({ roles: ['other'] })
  other.launch(other.offer, [aTaskInfo(other.offer, 't', { resources: scalars({ cpus: 4 }) })], 0)
  other.call({ type: 'SUPPRESS' })
  for (const hostname of ['n1', 'n2']) cluster.agent({ hostname, attributes: rack('a') })
  return cluster
}

test('too few that are free at once, machines that are kept for another gang, and the rest after that', () => {
  const cluster = busyCluster()
  const keeper = ask(cluster, 'keeper', { count: 3, racks: 'SAME', hold_seconds: 10 })
  expect(sentence(cluster, keeper)).toBe('2 could be among them now')
  const late = ask(cluster, 'late', { count: 3 })
  cluster.pass(4_000)
  expect(why(cluster, late)?.groups.map(({ code, count }) => [code, count])).toEqual([['busy', 3]])
  cluster.agent({ hostname: 'n3', attributes: rack('b') })
  const both = ask(cluster, 'both', { count: 2 })
  expect(sentence(cluster, both)).toBe(
    "1 could be among them now; machines are kept for gang 'g' of keeper for 6 s more",
  )
})

test('a machine that is full or too small is not said to be a possible member', () => {
  const cluster = busyCluster()
  cluster.agent({ hostname: 'tiny', resources: { cpus: 1, mem: 100 } })
  const scheduler = ask(cluster, 'r', { count: 3, hold_seconds: 0 })
  expect(why(cluster, scheduler)?.groups.map(({ code, machines }) => [code, machines])).toEqual([
    ['offerable', ['n1', 'n2']],
    ['busy', ['n0']],
    ['tooSmall', ['tiny']],
  ])
})
