// What of an agent a framework in a role may be shown (ids of scenarios as in test/README.md).

import { describe, expect, test } from 'vitest'
import { type AgentFacts, noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { anAllocator, secondMs } from '../../../support/allocator-cluster.ts'
import { formatResources, parseResources } from '../../../support/resource-text.ts'

describe('who may see what', () => {
  test('too little of everything is not offered, unless the framework says that it takes anything', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:0.009;mem:31;disk:1000')
    expect(it.round()).toEqual([])
    it.framework('f2', ['r'], { minAllocatableByRole: new Map([['r', []]]) })
    expect(it.round()).toEqual(['f2 r s1 cpus:0.009;disk:1000;mem:31'])
  })

  test('enough memory alone, or enough cpus alone, is offered', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'mem:32')
    it.agent('s2', 'cpus:0.01')
    expect(it.round()).toEqual(['f1 r s1 mem:32', 'f1 r s2 cpus:0.01'])
  })

  test('a framework may want more than the default minimum in one role', () => {
    const it = anAllocator()
    it.framework('f1', ['r'], { minAllocatableByRole: new Map([['r', [{ cpus: 4000, mem: 1_000_000 }]]]) })
    it.agent('s1', 'cpus:4;mem:999')
    it.agent('s2', 'cpus:4;mem:1000')
    expect(it.round()).toEqual(['f1 r s2 cpus:4;mem:1000'])
  })

  test('agents with GPUs are for frameworks with GPU_RESOURCES alone, while that is wanted', () => {
    for (const [filterGpuResources, taker] of [
      [true, 'f2'],
      [false, 'f1'],
    ] as const) {
      const it = anAllocator({ filterGpuResources })
      it.framework('f1')
      it.framework('f2', ['r'], { capabilities: new Set(['GPU_RESOURCES']) })
      it.agent('s1', 'cpus:2;gpus:1')
      expect(it.round()).toEqual([`${taker} r s1 cpus:2;gpus:1`])
    }
  })

  test('an agent is one with GPUs though none is there now', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2', [], { hasGpus: true })
    expect(it.round()).toEqual([])
    it.framework('f2', ['r'], { capabilities: new Set(['GPU_RESOURCES']) })
    expect(it.round()).toEqual(['f2 r s1 cpus:2'])
  })

  test('A12 a reservation for a role is offered to it and its descendants, not to a sibling or the parent', () => {
    for (const [role, sees] of [
      ['a', true],
      ['a/b', true],
      ['a/b/c', true],
      ['ab', false],
      ['c', false],
      ['*', false],
    ] as const) {
      const it = anAllocator()
      it.framework('f1', [role])
      it.agent('s1', 'cpus(a):2')
      expect(it.round(), role).toEqual(sees ? [`f1 ${role} s1 cpus(a):2`] : [])
    }
    const it = anAllocator()
    it.framework('f1', ['a'], { capabilities: new Set(['RESERVATION_REFINEMENT']) })
    it.agent('s1', 'cpus(a,a/b):2')
    expect(it.round()).toEqual([])
  })

  test('what is reserved to others goes to them in the same round', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['b'])
    it.agent('s1', 'cpus:1;cpus(a):2;cpus(b):4')
    // f1 comes first by name: all that is unreserved or a's; then b gets its own.
    expect(it.round()).toEqual(['f1 a s1 cpus:1;cpus(a):2', 'f2 b s1 cpus(b):4'])
  })

  test.each([
    ['RESERVATION_REFINEMENT', 'cpus(r,r/x):2', 'r/x'],
    ['REVOCABLE_RESOURCES', 'cpus!:2', 'r'],
    ['SHARED_RESOURCES', 'mem&:64', 'r'],
  ])('without %s, %s is left out of the offer', (capability, text, role) => {
    const it = anAllocator()
    it.framework('f1', [role])
    it.agent('s1', `disk:5;cpus:1;${text}`)
    expect(it.allocator.allocate(0, seededRandom(1))[0]?.resources).toEqual(parseResources('disk:5;cpus:1'))
    it.framework('f2', [role], { capabilities: new Set([capability]) })
    expect(it.allocator.allocate(0, seededRandom(1))[0]?.resources).toEqual(parseResources(text))
  })

  test('inactive agents are not offered; what was free of them is when they are active again', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.allocator.deactivateAgent('s1' as AgentId)
    expect(it.round()).toEqual([])
    it.allocator.activateAgent('s1' as AgentId)
    expect(it.round()).toEqual(['f1 r s1 cpus:2'])
  })

  test('a role that a framework leaves is offered no longer, what it holds there stays counted', () => {
    const it = anAllocator()
    it.framework('f1', ['a', 'b'])
    it.agent('s1', 'cpus:2')
    expect(it.round()).toEqual(['f1 a s1 cpus:2'])
    it.update('f1', ['b'])
    expect(formatResources(it.allocator.allocatedToRole('a'))).toBe('cpus:2')
    it.recover('f1', 's1', 'cpus:2', null, 'a')
    expect(it.round()).toEqual(['f1 b s1 cpus:2'])
    expect(formatResources(it.allocator.allocatedToRole('a'))).toBe('')
  })
})

test('a framework may wait for what no agent has yet, under any number of names', () => {
  const cluster = anAllocator()
  cluster.agent('a', 'cpus:4')
  for (let i = 0; i < 300; i++) {
    const strange = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`strange-${i}-${n}`, 1]))
    const minAllocatableByRole = new Map([['r', [strange, { lamps: 1 }]]])
    if (i === 0) cluster.framework('f', ['r'], { minAllocatableByRole })
    else cluster.update('f', ['r'], { minAllocatableByRole })
  }
  expect(cluster.round()).toEqual([])
  cluster.agent('b', 'lamps:1')
  expect(cluster.round(secondMs)).toEqual(['f r b lamps:1'])
})

describe('agents as a whole', () => {
  const withoutHierarchy = { capabilities: new Set(['MULTI_ROLE']) }
  const withoutRoles = { capabilities: new Set(['HIERARCHICAL_ROLE']) }
  const east = { facts: { ...noFacts, region: 'east' } }
  const west = { facts: { ...noFacts, region: 'west' } }

  test.each([
    ['no HIERARCHICAL_ROLE', withoutHierarchy, 'a/b', [], false],
    ['no HIERARCHICAL_ROLE', withoutHierarchy, 'a', [], true],
    ['no MULTI_ROLE', withoutRoles, 'a', ['MULTI_ROLE'], false],
    ['no MULTI_ROLE', withoutRoles, 'a', [], true],
    ['another region', west, 'a', [], false],
    ['another region', west, 'a', ['REGION_AWARE'], true],
    ['the region of the master', east, 'a', [], true],
    ['no region', {}, 'a', [], true],
  ] as const)('with %s %# are offered only to who can handle them', (_, rest, role, capabilities, isOffered) => {
    const it = anAllocator({ region: 'east' })
    it.framework('f1', [role], { capabilities: new Set(capabilities) })
    it.agent('s1', 'cpus:1', [], rest)
    expect(it.round()).toHaveLength(isOffered ? 1 : 0)
  })

  test('are all local to a master without a region', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:1', [], west)
    expect(it.round()).toHaveLength(1)
  })

  test('U08 are offered to those whose constraints accept them, asked once for each state of the agent', () => {
    const it = anAllocator()
    let asked = 0
    const accepts = ({ hostname }: AgentFacts) => {
      asked++
      return hostname === 'good'
    }
    it.framework('f1', ['r'], { acceptsByRole: new Map([['r', accepts]]) })
    it.agent('s1', 'cpus:1')
    for (let i = 0; i < 3; i++) {
      it.allocator.revive('f1' as FrameworkId, ['r'])
      expect(it.round()).toEqual([])
    }
    expect(asked).toBe(1)
    it.updateAgent('s1', 'cpus:1', { facts: { ...noFacts, hostname: 'good' } })
    expect(it.round()).toEqual(['f1 r s1 cpus:1'])
    expect(asked).toBe(2)
  })

  test('constraints of one role are not those of another, and new ones are asked anew', () => {
    const it = anAllocator()
    it.framework('f1', ['a', 'b'], { acceptsByRole: new Map([['a', () => false]]) })
    it.agent('s1', 'cpus:1')
    expect(it.round()).toEqual(['f1 b s1 cpus:1'])
    it.recover('f1', 's1', 'cpus:1', null, 'b')
    it.update('f1', ['a'], { acceptsByRole: new Map([['a', () => true]]) })
    expect(it.round()).toEqual(['f1 a s1 cpus:1'])
  })
})
