// What a gang may not do to others, and others not to it: go before its turn, keep machines all the time, pass the
// pause of a new master, be told of machines that it cannot have, or hold the master up.

import { describe, expect, test } from 'vitest'
import { placementsPerStepMax } from '../../../../src/master/cluster/gangs.ts'
import type { Offer, Request, TepuiV1Gang } from '../../../../src/mesos/types.ts'
import { noHardware } from '../../../../src/model/hardware.ts'
import { TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { aCondition, gpuNamed } from '../../../support/hardware.ts'
import { aMachine } from '../../../support/placement-machines.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

function ask(scheduler: TestScheduler, gang: TepuiV1Gang, resources = scalars({ cpus: 3 })) {
  const request: Request = { resources, gang }
  return scheduler.call({ type: 'REQUEST', request: { requests: [request] } })
}

/** A framework that is offered nothing unasked. */
function asker(cluster: TestCluster, role: string, capabilities = {}): TestScheduler {
  return cluster.framework({ roles: [role], ...capabilities }, { suppressed_roles: [role] })
}

function gangsOf(scheduler: TestScheduler): (readonly Offer[])[] {
  return scheduler.all('OFFERS').flatMap(({ offers }) => (offers?.gang?.complete ? [offers.offers ?? []] : []))
}

const kept = (cluster: TestCluster) => [...cluster.view.gangs()].map((it) => it.kept.size)

describe('shares', () => {
  /** Both run tasks of a quarter of a machine for 3 s on four, as many as they get; how many each began. */
  function race(isByGangs: boolean): Record<'a' | 'b', number> {
    const cluster = new TestCluster()
    const agents = [0, 1, 2, 3].map(() => cluster.agent())
    const a = isByGangs ? asker(cluster, 'a') : cluster.framework({ roles: ['a'] })
    const b = cluster.framework({ roles: ['b'] })
    const begun = { a: 0, b: 0 }
    const seen = new Set<string>()
    const began = new Map<string, number>()
    const use = (scheduler: TestScheduler, who: 'a' | 'b') => {
      for (const offer of scheduler.offers.filter(({ id }) => !seen.has(id.value))) {
        seen.add(offer.id.value)
        if (!cluster.view.offer(offer.id.value as never)) continue
        const count = Math.floor(amount(offer.resources, 'cpus'))
        const resources = scalars({ cpus: 1, mem: 1024 })
        const tasks = Array.from({ length: count }, () => aTaskInfo(offer, `${who}${begun[who]++}`, { resources }))
        if (count > 0) scheduler.launch(offer, tasks, 0)
        else scheduler.decline(offer, 0)
      }
    }
    for (let second = 0; second < 60; second++) {
      if (isByGangs) {
        for (let i = kept(cluster).length; i < 40; i++) {
          ask(a, { id: `${second}.${i}`, count: 1 }, scalars({ cpus: 1, mem: 1024 }))
        }
      }
      use(a, 'a')
      use(b, 'b')
      cluster.pass(1_000)
      for (const agent of agents) {
        for (const id of [...agent.runs.keys()]) {
          const since = began.get(id) ?? second
          began.set(id, since)
          if (second - since >= 3) agent.update(id, 'TASK_FINISHED')
        }
      }
      for (const scheduler of [a, b]) for (const update of scheduler.updates()) scheduler.acknowledge(update)
      for (const scheduler of [a, b]) scheduler.events = scheduler.events.filter(({ type }) => type !== 'UPDATE')
    }
    return begun
  }

  test.each([true, false])('are not passed by who asks for many gangs of one (asks: %s)', (isByGangs) => {
    const { a, b } = race(isByGangs)
    expect(a + b).toBeGreaterThan(150)
    expect(a).toBeLessThan(1.5 * b)
    expect(b).toBeLessThan(1.5 * a)
  })

  test('let a gang come before who has more', () => {
    const cluster = new TestCluster()
    const agents = [0, 1, 2].map((i) => cluster.agent({ hostname: `n${i}` }))
    const rich = cluster.framework({ roles: ['rich'] })
    for (const offer of rich.offers.slice(0, 2)) {
      rich.launch(offer, [aTaskInfo(offer, offer.hostname, { resources: scalars({ cpus: 4 }) })], 0)
    }
    for (const agent of agents) for (const id of agent.runs.keys()) agent.update(id, 'TASK_RUNNING')
    rich.decline(rich.offer, 1)
    cluster.pass(500)
    const scheduler = asker(cluster, 'poor')
    ask(scheduler, { id: 'g', count: 1 })
    expect(gangsOf(scheduler)).toHaveLength(1)
  })
})

describe('keeping', () => {
  /** One machine is full, two are idle; gangs of three wait in vain. */
  function threeGangs(count: number) {
    const cluster = new TestCluster()
    const busy = cluster.agent({ hostname: 'busy' })
    const other = cluster.framework({ roles: ['other'] })
    other.launch(other.offer, [aTaskInfo(other.offer, 't', { resources: scalars({ cpus: 4 }) })], 0)
    busy.update('t', 'TASK_RUNNING')
    other.call({ type: 'SUPPRESS' })
    const askers = Array.from({ length: count }, (_, i) => asker(cluster, `gang${i}`))
    for (const one of askers) ask(one, { id: 'g', count: 3, hold_seconds: 10 })
    cluster.agent({ hostname: 'n1' })
    cluster.agent({ hostname: 'n2' })
    return { cluster, other, askers }
  }

  test('is followed by a rest of all gangs, however many frameworks ask', () => {
    const { cluster } = threeGangs(2)
    let keptSeconds = 0
    for (let second = 0; second < 120; second++) {
      cluster.pass(1_000)
      if (kept(cluster).some((size) => size > 0)) keptSeconds++
    }
    expect(keptSeconds).toBeGreaterThan(40)
    expect(keptSeconds).toBeLessThanOrEqual(66)
  })

  test('goes around: who kept in vain comes last', () => {
    const { cluster, askers } = threeGangs(3)
    const seconds = new Map(askers.map(({ id }) => [id, 0]))
    for (let second = 0; second < 180; second++) {
      cluster.pass(1_000)
      for (const gang of cluster.view.gangs()) {
        if (gang.kept.size > 0) seconds.set(gang.frameworkId, (seconds.get(gang.frameworkId) ?? 0) + 1)
      }
    }
    for (const keptSeconds of seconds.values()) expect(keptSeconds).toBeGreaterThan(20)
  })

  test('does not begin again at once for who takes its wish back and asks anew', () => {
    const { cluster, askers } = threeGangs(1)
    const [scheduler] = askers as [TestScheduler]
    cluster.pass(8_000)
    expect(kept(cluster)).toEqual([2])
    ask(scheduler, { id: 'g', count: 0 })
    ask(scheduler, { id: 'h', count: 3, hold_seconds: 10 })
    cluster.pass(5_000)
    expect(kept(cluster)).toEqual([0])
    cluster.pass(6_000)
    expect(kept(cluster)).toEqual([2])
  })
})

test('a gang waits for the end of the pause of a new master, as every offer does', () => {
  const cluster = new TestCluster()
  for (let i = 0; i < 6; i++) cluster.agent({ hostname: `n${i}` })
  const scheduler = cluster.framework({ roles: ['gang'], failover_timeout: 3600 })
  for (const [i, offer] of scheduler.offers.slice(0, 2).entries()) {
    scheduler.launch(offer, [aTaskInfo(offer, `t${i}`, { resources: scalars({ cpus: 4 }) })])
  }
  const quota = { guarantees: {}, limits: { cpus: 8_000 } }
  cluster.mark({ op: 'setQuotas', quotas: [{ role: 'gang', quota }] })
  cluster.restartMaster()
  scheduler.subscribe({ suppressed_roles: ['gang'] })
  const [first, second] = cluster.agents.filter(({ runs }) => runs.size === 0)
  first?.connect()
  second?.connect()
  ask(scheduler, { id: 'g', count: 2 })
  cluster.pass(5_000)
  expect(gangsOf(scheduler)).toEqual([])
  for (const agent of cluster.agents) if (agent.session === null) agent.connect()
  cluster.pass(5_000)
  // The limit of its role is used up by what is back now.
  expect(gangsOf(scheduler)).toEqual([])
})

describe('a machine that is kept', () => {
  test('is given back when its hardware was taken in another way, and the gang is not told of it', () => {
    const hardware = aMachine({ nodes: 2, coresPerNode: 4, threadsPerCore: 1 })
    const machine = { resources: { cpus: 8, mem: 8192 }, hardware }
    const cluster = new TestCluster()
    const busy = cluster.agent({ hostname: 'busy', ...machine })
    const other = cluster.framework({ roles: ['other'] })
    other.launch(other.offer, [aTaskInfo(other.offer, 't', { resources: scalars({ cpus: 8, mem: 100 }) })], 0)
    busy.update('t', 'TASK_RUNNING')
    other.call({ type: 'SUPPRESS' })
    const scheduler = asker(cluster, 'gang')
    const whole = [
      { key: 'tepui.cpus', value: 'cores' },
      { key: 'tepui.numa', value: 'single' },
    ]
    const request = {
      resources: scalars({ cpus: 4, mem: 100 }),
      gang: { id: 'g', count: 2, labels: { labels: whole }, hold_seconds: 600 },
    }
    scheduler.call({ type: 'REQUEST', request: { requests: [request] } })
    cluster.agent({ hostname: 'n1', ...machine })
    cluster.pass(2_000)
    expect(kept(cluster)).toEqual([1])
    other.call({ type: 'REVIVE' })
    cluster.pass(2_000)
    const rest = other.offers.filter(({ hostname }) => hostname === 'n1').at(-1) as Offer
    const core = (node: string) =>
      aTaskInfo(rest, `x${node}`, {
        resources: scalars({ cpus: 1, mem: 10 }),
        labels: {
          labels: [
            { key: 'tepui.cpus', value: 'cores' },
            { key: 'tepui.numa', value: node },
          ],
        },
      })
    other.launch(rest, [core('0'), core('1')], 1e6)
    busy.update('t', 'TASK_FINISHED')
    cluster.pass(3_000)
    expect(gangsOf(scheduler)).toEqual([])
  })

  test('is given back when what the gang names is sick, or the machine is no longer to be offered', () => {
    const capabilities = { capabilities: [{ type: 'GPU_RESOURCES' as const }, { type: 'MULTI_ROLE' as const }] }
    const hardware = { ...noHardware, gpus: ['g0', 'g1', 'g2', 'g3'].map(gpuNamed) }
    const machine = { resources: { cpus: 4, mem: 1024, gpus: 4 }, hardware }
    const cluster = new TestCluster()
    const busy = cluster.agent({ hostname: 'busy', ...machine })
    const other = cluster.framework({ roles: ['other'], ...capabilities })
    other.launch(other.offer, [aTaskInfo(other.offer, 't', { resources: scalars({ cpus: 4, mem: 1024 }) })], 1e6)
    busy.update('t', 'TASK_RUNNING')
    other.call({ type: 'SUPPRESS' })
    const scheduler = asker(cluster, 'gang', capabilities)
    const labels = { labels: [{ key: 'tepui.gpus', value: 'g2,g3' }] }
    const request = {
      resources: scalars({ cpus: 1, mem: 100, gpus: 2 }),
      gang: { id: 'g', count: 2, labels, hold_seconds: 600 },
    }
    scheduler.call({ type: 'REQUEST', request: { requests: [request] } })
    const late = cluster.agent({ hostname: 'n1', ...machine })
    cluster.pass(2_000)
    expect(kept(cluster)).toEqual([1])
    late.ails(aCondition('GPU_FAILED', 'gpu', '0000:01:00.0', { id: 'g2' }))
    cluster.pass(2_000)
    expect(kept(cluster)).toEqual([0])
    late.ails()
    cluster.pass(3_600_000)
    expect(kept(cluster)).toEqual([1])
    cluster.step({ kind: 'whitelist', hostnames: new Set(['busy']) })
    cluster.pass(2_000)
    expect(kept(cluster)).toEqual([0])
  })
})

test('a search among machines that mostly cannot place a member goes on over several steps, and finds the one that can', () => {
  const cluster = new TestCluster()
  cluster.isChecked = false
  const machine = (hostname: string, nodes: number, cpus: number) =>
    cluster.agent({
      hostname,
      resources: { cpus, mem: 8192 },
      hardware: aMachine({ nodes, coresPerNode: cpus / nodes, threadsPerCore: 1 }),
    })
  for (let i = 0; i < 2 * placementsPerStepMax; i++) machine(`n${i}`, 2, 8)
  // It fits worst, so that all others are asked before it.
  machine('whole', 1, 9)
  const scheduler = asker(cluster, 'gang')
  const labels = { labels: [{ key: 'tepui.numa', value: 'single' }] }
  const request = { resources: scalars({ cpus: 6 }), gang: { id: 'g', count: 1, labels } }
  scheduler.call({ type: 'REQUEST', request: { requests: [request] } })
  expect(gangsOf(scheduler)).toEqual([])
  cluster.settle()
  expect(gangsOf(scheduler).map(([offer]) => offer?.hostname)).toEqual(['whole'])
})
