import { expect, test } from 'vitest'
import type { Quota } from '../../../../src/master/allocator/types.ts'
import { pauseMaxMs } from '../../../../src/master/cluster/pause.ts'
import { noWish } from '../../../../src/master/placement/wish.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'

const quota: Quota = { guarantees: { cpus: 1000 }, limits: {} }

/** A master that finds `agents` agents of an earlier one and a quota of a role in its registry; none is back yet. */
function afterFailover(agents: number, quotas: readonly { role: string; quota: Quota }[] = [{ role: 'a', quota }]) {
  const rack = new TestCluster()
  for (let i = 0; i < agents; i++) rack.agent()
  rack.mark({ op: 'setQuotas', quotas })
  rack.restartMaster()
  return { rack, framework: rack.framework({ roles: ['b'] }) }
}

const logged = (rack: TestCluster) =>
  rack.effects.flatMap((it) => (it.kind === 'log' && it.event.startsWith('allocation.') ? [it.event] : []))

test('with quotas to keep, a new master offers nothing until four fifths of its agents are back', () => {
  const { rack, framework } = afterFailover(6)
  for (const agent of rack.agents.slice(0, 4)) agent.connect()
  rack.pass(60_000)
  expect(framework.offers).toEqual([])
  rack.agents[4]?.connect()
  rack.settle()
  expect(framework.offers.length).toBeGreaterThan(0)
  expect(logged(rack)).toEqual(['allocation.paused', 'allocation.resumed'])
})

test('it waits ten minutes at most', () => {
  const { rack, framework } = afterFailover(2)
  rack.agents[0]?.connect()
  rack.pass(pauseMaxMs - 1_000)
  expect(framework.offers).toEqual([])
  rack.pass(1_000)
  expect(framework.offers.length).toBeGreaterThan(0)
})

test('without quotas, or without agents to come back, it waits for nobody', () => {
  const { rack, framework } = afterFailover(3, [])
  rack.agents[0]?.connect()
  rack.settle()
  expect(framework.offers).toHaveLength(1)
  const empty = afterFailover(0)
  empty.rack.agent()
  expect(empty.framework.offers).toHaveLength(1)
  expect([...logged(rack), ...logged(empty.rack)]).toEqual([])
})

test('it waits no longer once no quota is left, and says meanwhile why nothing is offered', () => {
  const { rack, framework } = afterFailover(3)
  rack.agents[0]?.connect()
  rack.settle()
  const asked = { frameworkId: framework.id, role: 'b', agentId: null, wanted: [], wish: noWish }
  expect(rack.view.why(asked)?.groups).toMatchObject([{ code: 'paused', changes: ['2 more come back'] }])
  const configs = [{ role: 'a' }]
  rack.request((requestId) => ({ kind: 'updateQuota', requestId, configs, force: false, legacy: null }))
  rack.pass(2_000)
  expect(framework.offers).toHaveLength(1)
})
