// What the allocator is told of an agent, whenever there is more or less of it.

import { expect, test } from 'vitest'
import { supplyOf } from '../../../../src/master/cluster/ending.ts'
import type { Agent } from '../../../../src/master/cluster/records.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'

test('constraints look at the same facts until what they look at changes', () => {
  const cluster = new TestCluster()
  const machine = cluster.agent({ attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }] })
  const [agent] = [...cluster.view.agents()] as Agent[]
  const factsOf = () => (agent === undefined ? undefined : supplyOf(agent).facts)
  const before = factsOf()
  expect(before?.attributes).toEqual([{ name: 'rack', text: 'r1' }])
  expect(factsOf()).toBe(before)
  machine.lose()
  machine.change({ attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r2' } }] })
  machine.connect()
  cluster.settle()
  expect(factsOf()?.attributes).toEqual([{ name: 'rack', text: 'r2' }])
})
