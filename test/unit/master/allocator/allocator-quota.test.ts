// Quota: limits, guarantees, headroom (ids of scenarios as in test/README.md). Amounts of quotas are thousandths.

import { describe, expect, test } from 'vitest'
import { noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { resource, resources } from '../../../../src/model/resources.ts'
import { milli } from '../../../../src/model/units.ts'
import { anAllocator, countBy, secondMs } from '../../../support/allocator-cluster.ts'
import { parseResources } from '../../../support/resource-text.ts'

const mountDisk = resource(
  { name: 'disk', disk: { source: { type: 'MOUNT', root: '/m' } } },
  { kind: 'scalar', milli: milli(100_000) },
)

describe('a limit', () => {
  test('A20 lets a role have no more; its removal lets it share again', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.quota('a', {}, { cpus: 2000 })
    for (const id of ['s1', 's2', 's3']) it.agent(id, 'cpus:1')
    expect(it.round()).toHaveLength(2)
    expect(it.allocator.hasWork()).toBe(false)
    it.allocator.setQuota('a', null)
    expect(it.allocator.hasWork()).toBe(true)
    expect(it.round()).toHaveLength(1)
  })

  test('A21 smaller than an agent cuts the offer; the rest is for others', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['b'])
    it.quota('a', {}, { cpus: 3000, mem: 512_000 })
    it.agent('s1', 'cpus:8;mem:1024;ports:[1-9]')
    // What has no limit comes along.
    expect(it.round()).toEqual(['f1 a s1 cpus:3;mem:512;ports:[1-9]', 'f2 b s1 cpus:5;mem:512'])
  })

  test('A21 a whole disk is given as a whole or not at all, and GPUs one by one', () => {
    for (const [disk, isIn] of [
      [99_000, false],
      [100_000, true],
    ] as const) {
      const it = anAllocator({ filterGpuResources: false })
      it.framework('f1', ['a'])
      it.quota('a', {}, { disk, gpus: 1500 })
      it.agent('s1', resources([...parseResources('cpus:1;gpus:2'), mountDisk]))
      const [grant] = it.allocator.holders('s1' as AgentId)
      expect(grant).toBeUndefined()
      it.round()
      const held = it.allocator.holders('s1' as AgentId)[0]?.resources ?? []
      expect(held.some(({ key }) => key === mountDisk.key)).toBe(isIn)
      expect(held.find(({ name }) => name === 'gpus')?.value).toEqual({ kind: 'scalar', milli: 1000 })
    }
  })

  test('zero allows nothing of a name, and below the minimum of the rest nothing at all', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.quota('a', {}, { cpus: 0, mem: 0 })
    it.agent('s1', 'cpus:8;mem:1024;ports:[1-9]')
    expect(it.round()).toEqual([])
    it.update('f1', ['a'], { minAllocatableByRole: new Map([['a', []]]) })
    expect(it.round()).toEqual(['f1 a s1 ports:[1-9]'])
  })

  test('holds for all roles below together', () => {
    const it = anAllocator()
    it.framework('f1', ['a/b'])
    it.framework('f2', ['a/c'])
    it.quota('a', {}, { cpus: 3000 })
    for (const id of ['s1', 's2', 's3', 's4', 's5']) it.agent(id, 'cpus:1')
    expect(it.round()).toHaveLength(3)
    expect(it.allocator.consumed('a')).toEqual({ cpus: 3000 })
  })

  test('A23 counts reservations, held or not, once', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.quota('a', {}, { cpus: 3000 })
    it.agent('s1', 'cpus(a):2')
    expect(it.allocator.consumed('a')).toEqual({ cpus: 2000 })
    it.round()
    expect(it.allocator.consumed('a')).toEqual({ cpus: 2000 })
    it.agent('s2', 'cpus:5')
    expect(it.round()).toEqual(['f1 a s2 cpus:1'])
    it.recover('f1', 's1', 'cpus(a):2', 0, 'a')
    // A reservation is offered even by a role at its limit.
    expect(it.round(secondMs)).toEqual(['f1 a s1 cpus(a):2'])
  })

  test('lets revocable resources through, which do not count', () => {
    const it = anAllocator()
    it.framework('f1', ['a'], { capabilities: new Set(['REVOCABLE_RESOURCES']) })
    it.quota('a', {}, { cpus: 1000 })
    it.agent('s1', 'cpus:4;cpus!:8')
    expect(it.round()).toEqual(['f1 a s1 cpus:1;cpus:8'])
    expect(it.allocator.consumed('a')).toEqual({ cpus: 1000 })
    expect(it.allocator.totals()).toEqual({ cpus: 12_000 })
  })

  test('is offered again what comes free of it, on any agent', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.quota('a', {}, { cpus: 1000 })
    it.agent('s1', 'cpus:1')
    it.round()
    it.agent('s2', 'cpus:1')
    expect(it.round()).toEqual([])
    it.allocator.deactivateAgent('s1' as AgentId)
    it.recover('f1', 's1', 'cpus:1', null, 'a')
    expect(it.round()).toEqual(['f1 a s2 cpus:1'])
  })

  test('that is exceeded already takes nothing back', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.agent('s1', 'cpus:4')
    it.round()
    it.quota('a', {}, { cpus: 1000 })
    it.recover('f1', 's1', 'cpus:2', null, 'a')
    expect(it.round()).toEqual([])
    it.recover('f1', 's1', 'cpus:2', null, 'a')
    expect(it.round()).toEqual(['f1 a s1 cpus:1'])
  })
})

describe('a guarantee', () => {
  test('comes before fair shares', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['b'])
    it.quota('b', { cpus: 3000 })
    for (const id of ['s1', 's2', 's3', 's4']) it.agent(id, 'cpus:1')
    // b = 3/4 already when a gets its first.
    expect(countBy(it.round())).toEqual({ f1: 1, f2: 3 })
  })

  test('of several roles goes first to the one with the smallest share', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['b'])
    it.quota('a', { cpus: 4000 })
    it.quota('b', { cpus: 4000 })
    it.agent('s0', 'cpus:1', [it.grantOf('f1', 's0', 'cpus:1', 'a')])
    it.agent('s1', 'cpus:1')
    expect(it.round()).toEqual(['f2 b s1 cpus:1'])
  })

  test('takes more than it lacks, when that is to spare, and within the limit', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.quota('a', { cpus: 1000 }, { cpus: 3000 })
    it.agent('s1', 'cpus:8;mem:512')
    expect(it.round()).toEqual(['f1 a s1 cpus:3;mem:512'])
  })

  test('A22 of a role without frameworks stalls nobody, and is kept back', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['c'])
    it.quota('a', { cpus: 2000 })
    it.quota('absent', { cpus: 2000 })
    for (const id of ['s1', 's2', 's3', 's4', 's5']) it.agent(id, 'cpus:1')
    expect(countBy(it.round())).toEqual({ f1: 2, f2: 1 })
    it.framework('f3', ['absent'])
    expect(countBy(it.round())).toEqual({ f3: 2 })
  })

  test('A24 is kept back of what is unreserved; reserved resources do not count and are offered', () => {
    const it = anAllocator()
    it.framework('f1', ['q'])
    it.framework('f2', ['n'])
    it.quota('q', { cpus: 4000 })
    it.agent('s1', 'cpus:4;mem:512')
    it.agent('s2', 'cpus(n):4')
    expect(it.round()).toEqual(['f1 q s1 cpus:4;mem:512', 'f2 n s2 cpus(n):4'])
    it.recover('f1', 's1', 'cpus:4;mem:512', 3600 * secondMs, 'q')
    it.recover('f2', 's2', 'cpus(n):4', 0, 'n')
    // Memory is guaranteed to nobody.
    expect(it.round(secondMs)).toEqual(['f2 n s1 mem:512', 'f2 n s2 cpus(n):4'])
  })

  test('is kept back of active agents alone', () => {
    const it = anAllocator()
    it.framework('f1', ['n'])
    it.quota('absent', { cpus: 2000 })
    it.agent('s1', 'cpus:2')
    it.agent('s2', 'cpus:2')
    it.allocator.deactivateAgent('s2' as AgentId)
    expect(it.round()).toEqual([])
    it.allocator.activateAgent('s2' as AgentId)
    expect(it.round()).toHaveLength(1)
  })

  test('that is met, lowered or removed frees what was kept back', () => {
    for (const change of [
      (it: ReturnType<typeof anAllocator>) => it.allocator.setQuota('q', null),
      (it: ReturnType<typeof anAllocator>) => it.quota('q', { cpus: 1000 }),
      (it: ReturnType<typeof anAllocator>) => it.agent('s2', 'cpus(q):2'),
    ]) {
      const it = anAllocator()
      it.framework('f1', ['n'])
      it.quota('q', { cpus: 2000 })
      it.agent('s1', 'cpus:2;mem:16')
      expect(it.round()).toEqual([])
      expect(it.allocator.hasWork()).toBe(false)
      change(it)
      expect(it.allocator.hasWork()).toBe(true)
      expect(it.round()[0]).toMatch(/^f1 n s1 cpus:[12];mem:16$/)
    }
  })

  test('is lacking again when the role gives something back, on agents that were kept back too', () => {
    const it = anAllocator()
    it.framework('f1', ['q'], { acceptsByRole: new Map([['q', ({ hostname }) => hostname !== 's2']]) })
    it.framework('f2', ['n'])
    it.quota('q', { cpus: 2000 })
    for (const id of ['s1', 's2']) it.agent(id, 'cpus:2', [], { facts: { ...noFacts, hostname: id } })
    expect(it.round()).toEqual(['f1 q s1 cpus:2', 'f2 n s2 cpus:2'])
    it.recover('f2', 's2', 'cpus:2', 0, 'n')
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs, 'q')
    // q lacks 2 of the 4 that are free: n may have 2.
    expect(countBy(it.round(secondMs))).toEqual({ f2: 1 })
  })

  test('more than the cluster has is shared as far as it goes', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['b'])
    it.framework('f3', ['c'])
    it.quota('a', { cpus: 9000 })
    it.quota('b', { cpus: 9000 })
    for (const id of ['s1', 's2', 's3', 's4']) it.agent(id, 'cpus:1')
    expect(countBy(it.round())).toEqual({ f1: 2, f2: 2 })
  })
})

describe('a claim', () => {
  test('keeps limits and headroom', () => {
    const it = anAllocator()
    it.framework('f1', ['a'])
    it.framework('f2', ['b'])
    it.quota('a', { cpus: 2000 }, { cpus: 3000 })
    it.agent('s1', 'cpus:4')
    expect(it.claim('f2', 's1', 'cpus:3', 'b')).toEqual({ kind: 'headroom', roles: ['a'] })
    expect(it.claim('f1', 's1', 'cpus:4', 'a')).toEqual({ kind: 'quotaLimit', role: 'a', name: 'cpus' })
    expect(it.claim('f2', 's1', 'cpus:2', 'b')).toBeNull()
    expect(it.claim('f1', 's1', 'cpus:2', 'a')).toBeNull()
    expect(it.free('s1')).toBe('')
    it.allocator.suppress('f1' as FrameworkId, ['a'])
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs, 'a')
    // Filters and suppression are about offers that nobody asked for.
    expect(it.claim('f1', 's1', 'cpus:0.001', 'a')).toBeNull()
  })
})
