import { expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'

test('what exists is found by id, and what does not is not', () => {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  const { view } = rack
  expect([...view.agents()][0]).toBe(view.agent(agent.agentId as never))
  expect([...view.frameworks()][0]).toBe(view.framework(framework.id))
  expect([...view.offers()][0]).toBe(view.offer(framework.offer.id.value as never))
  expect(view.agent('x' as never) ?? view.framework('x' as never) ?? view.offer('x' as never)).toBeUndefined()
})
