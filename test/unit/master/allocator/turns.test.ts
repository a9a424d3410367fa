// Whose turn it is on an agent, for whoever asked for it by name.

import { expect, test } from 'vitest'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { type AllocatorCluster, anAllocator, secondMs } from '../../../support/allocator-cluster.ts'

/** s1 is free; `f` holds half of s2. */
function aCluster(): AllocatorCluster {
  const it = anAllocator()
  it.framework('f', ['r'], { suppressedRoles: ['r'] })
  it.agent('s1', 'cpus:4;mem:512')
  it.agent('s2', 'cpus:4;mem:512')
  it.allocator.addAllocation(it.grantOf('f', 's2', 'cpus:2'))
  return it
}

const isTurn = (it: AllocatorCluster, looks = { left: 100 }) =>
  it.allocator.isTurnOf('f' as FrameworkId, 'r', 's1' as AgentId, secondMs, looks)

test('it is, when nobody else wants anything', () => {
  expect(isTurn(aCluster())).toBe(true)
})

test('it is not, while one with a smaller share would be offered the agent', () => {
  const it = aCluster()
  it.framework('g', ['q'])
  expect(isTurn(it)).toBe(false)
  it.allocator.suppress('g' as FrameworkId, ['q'])
  expect(isTurn(it)).toBe(true)
})

test('it is, when those with smaller shares have refused, and not again after they revive', () => {
  const it = aCluster()
  it.framework('g', ['q'])
  it.round()
  it.recover('g', 's2', 'cpus:2;mem:512', 0, 'q')
  it.recover('g', 's1', 'cpus:4;mem:512', 0, 'q')
  expect(isTurn(it)).toBe(true)
  it.allocator.revive('g' as FrameworkId, ['q'])
  expect(isTurn(it)).toBe(false)
})

test('it is, when those with smaller shares have filters', () => {
  const it = aCluster()
  it.framework('g', ['q'])
  it.round()
  it.recover('g', 's2', 'cpus:2;mem:512', 60 * secondMs, 'q')
  it.recover('g', 's1', 'cpus:4;mem:512', 60 * secondMs, 'q')
  expect(isTurn(it)).toBe(true)
})

test('it is, when the others have larger shares', () => {
  const it = aCluster()
  it.framework('g', ['q'])
  it.allocator.addAllocation(it.grantOf('g', 's2', 'mem:512', 'q'))
  expect(isTurn(it)).toBe(true)
})

test('who is not asked is not known to want anything', () => {
  const it = aCluster()
  it.framework('g', ['q'])
  const looks = { left: 0 }
  expect(isTurn(it, looks)).toBe(true)
})
