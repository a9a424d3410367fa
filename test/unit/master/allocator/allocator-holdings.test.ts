// What is held, given back, converted and shared (ids of scenarios as in test/README.md).

import { describe, expect, test } from 'vitest'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { anAllocator, line } from '../../../support/allocator-cluster.ts'
import { formatResources, parseResources } from '../../../support/resource-text.ts'

describe('what is held', () => {
  test('tasks of an agent that comes back are counted and not offered', () => {
    const it = anAllocator()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:4;ports:[1-10]', [it.grantOf('f1', 's1', 'cpus:3;ports:[3-4]')])
    expect(it.round()).toEqual(['f2 r s1 cpus:1;ports:[1-2,5-10]'])
    expect(formatResources(it.allocator.allocatedToFramework('f1' as FrameworkId))).toBe('cpus:3;ports:[3-4]')
    it.recover('f1', 's1', 'cpus:3;ports:[3-4]')
    expect(it.free('s1')).toBe('cpus:3;ports:[3-4]')
  })

  test('an agent that comes back smaller than its tasks offers nothing until they leave', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2;mem:64', [it.grantOf('f1', 's1', 'cpus:1'), it.grantOf('f1', 's1', 'cpus:3')])
    expect(it.free('s1')).toBe('mem:64')
    it.recover('f1', 's1', 'cpus:3')
    expect(it.free('s1')).toBe('cpus:1;mem:64')
    it.recover('f1', 's1', 'cpus:1')
    expect(it.free('s1')).toBe('cpus:2;mem:64')
  })

  test('what is not held cannot come back', () => {
    const it = anAllocator()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:2')
    it.round()
    expect(() => it.recover('f1', 's1', 'cpus:3')).toThrow('only what is held comes back')
    expect(() => it.recover('f2', 's1', 'cpus:1')).toThrow('only what is held comes back')
    it.recover('f1', 's1', 'cpus:2')
    expect(() => it.recover('f1', 's1', 'cpus:2')).toThrow('only what is held comes back')
  })

  test('a framework cannot leave while it holds something', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    expect(() => it.allocator.removeFramework('f1' as FrameworkId)).toThrow('holds nothing')
    it.recover('f1', 's1', 'cpus:2')
    it.allocator.removeFramework('f1' as FrameworkId)
    expect(it.round()).toEqual([])
  })

  test('an agent that leaves takes what was held there with it', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.agent('s2', 'cpus:2')
    it.round()
    it.allocator.removeAgent('s1' as AgentId)
    expect(formatResources(it.allocator.allocatedToFramework('f1' as FrameworkId))).toBe('cpus:2')
    it.recover('f1', 's2', 'cpus:2')
    expect(it.round()).toEqual(['f1 r s2 cpus:2'])
  })
})

describe('an operation', () => {
  test('on what is held changes what is held and what there is', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:4;mem:64')
    it.round()
    it.allocator.convertHeld(it.grantOf('f1', 's1', ''), parseResources('cpus:3'), parseResources('cpus(r):3'))
    expect(it.allocator.holders('s1' as AgentId).map(line)).toEqual(['f1 r s1 cpus:1;cpus(r):3;mem:64'])
    it.recover('f1', 's1', 'cpus:1;cpus(r):3;mem:64')
    expect(it.free('s1')).toBe('cpus:1;cpus(r):3;mem:64')
    expect(it.allocator.share('r')).toBe(3 / 4)
    it.framework('f2', ['other'])
    it.allocator.suppress('f1' as FrameworkId, ['r'])
    expect(it.round()).toEqual(['f2 other s1 cpus:1;mem:64'])
  })

  test('on what is free happens only when all of it is free', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:4;mem:64', [it.grantOf('f1', 's1', 'cpus:2')])
    const reserve = (amount: number) =>
      it.allocator.convertFree('s1' as AgentId, parseResources(`cpus:${amount}`), parseResources(`cpus(r):${amount}`))
    expect(reserve(3)).toBe(false)
    expect(it.free('s1')).toBe('cpus:2;mem:64')
    expect(reserve(2)).toBe(true)
    expect(it.free('s1')).toBe('cpus(r):2;mem:64')
    expect(it.allocator.consumed('r')).toEqual({ cpus: 4000 })
    it.recover('f1', 's1', 'cpus:2')
    expect(it.allocator.consumed('r')).toEqual({ cpus: 2000 })
  })

  test('that makes less or more of it changes the whole', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'disk(r):10;cpus:1')
    it.round()
    it.allocator.convertHeld(it.grantOf('f1', 's1', ''), parseResources('disk(r):10'), parseResources('disk(r):7'))
    expect(it.allocator.totals()).toEqual({ cpus: 1000, disk: 7000 })
    expect(it.allocator.consumed('r')).toEqual({ cpus: 1000, disk: 7000 })
  })

  test('on an agent that has shrunk leaves it as it is', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2', [it.grantOf('f1', 's1', 'cpus:4')])
    it.allocator.convertHeld(it.grantOf('f1', 's1', ''), parseResources('cpus:4'), parseResources('cpus(r):4'))
    expect(it.free('s1')).toBe('')
    expect(it.allocator.consumed('r')).toEqual({ cpus: 4000 })
  })
})

describe('what is shared', () => {
  const sharing = { capabilities: new Set(['SHARED_RESOURCES']) }
  const volume = 'disk(r)&:64'
  const anything = new Map([['r', []]])

  test('A14 is offered to several at once, one in each round, and to who can handle it alone', () => {
    const it = anAllocator()
    for (const id of ['f1', 'f2']) it.framework(id, ['r'], { ...sharing, minAllocatableByRole: anything })
    it.framework('f3', ['r'], { minAllocatableByRole: anything })
    it.agent('s1', volume)
    expect(it.round()).toEqual(['f1 r s1 disk(r):64'])
    expect(it.allocator.hasWork()).toBe(true)
    expect(it.round()).toEqual(['f2 r s1 disk(r):64'])
    // Nobody gets it alone who has it.
    expect(it.round()).toEqual([])
    expect(it.allocator.hasWork()).toBe(false)
    expect(it.free('s1')).toBe('disk(r):64')
    it.recover('f1', 's1', volume)
    expect(it.round()).toEqual(['f1 r s1 disk(r):64'])
  })

  test('A14 comes along with what else there is, also to who has it', () => {
    const it = anAllocator()
    it.framework('f1', ['r'], sharing)
    it.agent('s1', `cpus:2;${volume}`)
    expect(it.round()).toEqual(['f1 r s1 cpus:2;disk(r):64'])
    it.recover('f1', 's1', 'cpus:1')
    expect(it.round()).toEqual(['f1 r s1 cpus:1;disk(r):64'])
    expect(it.allocator.holders('s1' as AgentId)[0]?.resources.find(({ shared }) => shared)?.copies).toBe(2)
    it.recover('f1', 's1', volume)
    expect(it.allocator.holders('s1' as AgentId)[0]?.resources.find(({ shared }) => shared)?.copies).toBeUndefined()
  })

  test('counts once for its role and for whoever holds it, however many copies there are', () => {
    const it = anAllocator()
    for (const id of ['f1', 'f2']) it.framework(id, ['r/x'], sharing)
    it.agent('s1', `disk:64;${volume}`)
    expect([it.allocator.share('r'), it.allocator.share('r/x')]).toEqual([1 / 2, 0])
    for (const id of ['f1', 'f1', 'f2']) it.allocator.addAllocation(it.grantOf(id, 's1', volume, 'r/x'))
    expect([it.allocator.share('r'), it.allocator.share('r/x')]).toEqual([1 / 2, 1 / 2])
    expect(it.allocator.consumed('r')).toEqual({ disk: 64_000 })
    for (const id of ['f1', 'f1', 'f2']) it.recover(id, 's1', volume, null, 'r/x')
    expect([it.allocator.share('r'), it.allocator.share('r/x')]).toEqual([1 / 2, 0])
  })

  test('is made of what is held and destroyed again; nobody else destroys it while it is held', () => {
    const it = anAllocator()
    it.framework('f1', ['r'], sharing)
    it.agent('s1', 'cpus:1;disk(r):64')
    it.round()
    it.allocator.convertHeld(it.grantOf('f1', 's1', ''), parseResources('disk(r):64'), parseResources(volume))
    expect(it.free('s1')).toBe('disk(r):64')
    const destroy = () =>
      it.allocator.convertFree('s1' as AgentId, parseResources(volume), parseResources('disk(r):64'))
    expect(destroy()).toBe(false)
    it.recover('f1', 's1', volume)
    expect(destroy()).toBe(true)
    it.recover('f1', 's1', 'cpus:1')
    expect(it.free('s1')).toBe('cpus:1;disk(r):64')
  })
})

describe('revocable resources', () => {
  test('A25 follow what the agent says; what is held of them stays held', () => {
    const it = anAllocator()
    it.framework('f1', ['r'], { capabilities: new Set(['REVOCABLE_RESOURCES']) })
    it.framework('f2')
    it.agent('s1', 'cpus:1')
    expect(it.round()).toEqual(['f1 r s1 cpus:1'])
    it.updateAgent('s1', 'cpus:1;cpus!:4')
    expect(it.round()).toEqual(['f1 r s1 cpus:4'])
    it.updateAgent('s1', 'cpus:1;cpus!:2')
    expect(it.round()).toEqual([])
    it.recover('f1', 's1', 'cpus!:3')
    expect(it.free('s1')).toBe('cpus:1')
    expect(it.round()).toEqual(['f1 r s1 cpus:1'])
  })
})
