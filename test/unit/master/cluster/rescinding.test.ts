import { expect, test } from 'vitest'
import { rescindsPerSliceMax } from '../../../../src/master/cluster/rescinding.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'

test('very many offers are taken back in parts; nobody is offered anything between, and what is declined is spared', () => {
  const rack = new TestCluster()
  const framework = rack.framework({ roles: ['a'] })
  for (let i = 0; i < 2 * rescindsPerSliceMax + 10; i++) rack.machine()
  for (const agent of rack.agents) agent.connect()
  rack.settle()
  const before = framework.offers.length
  rack.request((requestId) => ({ kind: 'updateWeights', requestId, weights: [{ role: 'a', weight: 2 }] }))
  expect(framework.all('RESCIND')).toHaveLength(rescindsPerSliceMax)
  const [left] = rack.view.offers()
  if (left === undefined) throw new Error('some offers were expected to wait for their turn')
  framework.call({ type: 'DECLINE', decline: { offer_ids: [{ value: left.id }], filters: { refuse_seconds: 3600 } } })
  expect(framework.offers).toHaveLength(before)
  rack.step({ kind: 'tick' })
  expect(framework.all('RESCIND')).toHaveLength(2 * rescindsPerSliceMax - 1)
  rack.settle()
  expect(framework.all('RESCIND')).toHaveLength(2 * rescindsPerSliceMax + 9)
  expect(framework.offers).toHaveLength(before + 2 * rescindsPerSliceMax + 9)
})

test('a round of offers looks at so many agents in one step, and goes on in the next', () => {
  const rack = new TestCluster({ agentsPerSliceMax: 2 })
  const framework = rack.framework()
  for (let i = 0; i < 5; i++) rack.machine()
  for (const agent of rack.agents) agent.connect()
  rack.settle()
  expect(framework.offers).toHaveLength(5)
  const perStep = rack.effects.flatMap((it) => (it.kind === 'sendEvent' ? [it.event.offers?.offers?.length ?? 0] : []))
  expect(Math.max(...perStep)).toBeLessThanOrEqual(2)
})
