// Filters, suppression and revival (ids of scenarios as in test/README.md).

import { describe, expect, test } from 'vitest'
import { filtersPerAgentMax } from '../../../../src/master/allocator/filters.ts'
import type { FrameworkId } from '../../../../src/model/ids.ts'
import { anAllocator, secondMs } from '../../../support/allocator-cluster.ts'

describe('filters', () => {
  test('C06 declined without a filter is offered again in the next round', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 0)
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('a declined agent goes to somebody else, and back when the filter ends', () => {
    const it = anAllocator()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:2')
    expect(it.round()).toEqual(['f1 r s1 cpus:2'])
    it.recover('f1', 's1', 'cpus:2', 5 * secondMs)
    expect(it.round(secondMs)).toEqual(['f2 r s1 cpus:2'])
    it.recover('f2', 's1', 'cpus:2', 3600 * secondMs)
    expect(it.round(secondMs)).toEqual([])
    expect(it.allocator.hasWork()).toBe(false)
    expect(it.allocator.nextFilterEndMs()).toBe(5 * secondMs)
    expect(it.round(3 * secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('A06 a filter shorter than the interval still holds through the next round', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 1)
    expect(it.round(secondMs)).toEqual([])
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('a filter holds through the next round however late that is', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 5 * secondMs)
    expect(it.round(60 * secondMs)).toEqual([])
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('A07 more than was refused gets through, the same or less does not', () => {
    const it = anAllocator()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:4;mem:1024')
    it.allocator.addAllocation(it.grantOf('f2', 's1', 'cpus:2;mem:512'))
    expect(it.round()).toEqual(['f1 r s1 cpus:2;mem:512'])
    it.recover('f1', 's1', 'cpus:2;mem:512', 3600 * secondMs)
    // Less: f2 takes a part of it.
    it.allocator.suppress('f2' as FrameworkId, ['r'])
    it.allocator.addAllocation(it.grantOf('f2', 's1', 'cpus:1'))
    expect(it.round(secondMs)).toEqual([])
    it.recover('f2', 's1', 'cpus:1')
    expect(it.round(secondMs)).toEqual([])
    // More: f2 frees what it used.
    it.recover('f2', 's1', 'cpus:1;mem:256')
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:3;mem:768'])
  })

  test('C07 revive ends filters; C08 suppress stops offers until revive', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs)
    expect(it.round(secondMs)).toEqual([])
    it.allocator.revive('f1' as FrameworkId, ['r'])
    expect(it.allocator.hasWork()).toBe(true)
    expect(it.round()).toEqual(['f1 r s1 cpus:2'])
    it.allocator.suppress('f1' as FrameworkId, ['r'])
    it.recover('f1', 's1', 'cpus:2')
    expect(it.round(secondMs)).toEqual([])
    it.allocator.revive('f1' as FrameworkId, ['r'])
    expect(it.round()).toEqual(['f1 r s1 cpus:2'])
  })

  test('A11 suppressed in one role, filtered in the other: reviving the first offers in the first only', () => {
    const it = anAllocator()
    it.framework('f1', ['a', 'b'], { suppressedRoles: ['a'] })
    it.agent('s1', 'cpus:2')
    expect(it.round()).toEqual(['f1 b s1 cpus:2'])
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs, 'b')
    expect(it.round(secondMs)).toEqual([])
    it.allocator.revive('f1' as FrameworkId, ['a'])
    expect(it.round(secondMs)).toEqual(['f1 a s1 cpus:2'])
  })

  test('A17 a change of the agent ends the filters for it', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs)
    it.updateAgent('s1', 'cpus:2')
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('A18 a suppressed framework that comes back without suppressed roles is offered resources again', () => {
    const it = anAllocator()
    it.framework('f1', ['r'], { suppressedRoles: ['r'] })
    it.agent('s1', 'cpus:2')
    expect(it.round()).toEqual([])
    it.allocator.deactivateFramework('f1' as FrameworkId)
    it.update('f1', ['r'])
    expect(it.round(secondMs)).toEqual([])
    it.allocator.activateFramework('f1' as FrameworkId)
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('a framework that is deactivated loses its filters', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs)
    it.allocator.deactivateFramework('f1' as FrameworkId)
    it.allocator.activateFramework('f1' as FrameworkId)
    expect(it.allocator.nextFilterEndMs()).toBeNull()
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('a framework that refuses ever different parts of an agent keeps a bounded number of filters', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'ports:[0-99];mem:64')
    it.round()
    it.recover('f1', 's1', 'mem:64', null)
    for (let i = 0; i < filtersPerAgentMax * 2; i++) {
      it.recover('f1', 's1', `ports:[${i * 2}-${i * 2}]`, (1000 + i) * secondMs)
    }
    // The first half was dropped: the filter that ends first is the first of the second half.
    expect(it.allocator.nextFilterEndMs()).toBe((1000 + filtersPerAgentMax) * secondMs)
  })
})
