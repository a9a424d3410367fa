// Scenarios of allocation, filters and fairness (ids as in test/README.md), resources as one line, with the
// running shares in comments.

import { describe, expect, test } from 'vitest'
import { createAllocator } from '../../../../src/master/allocator/allocator.ts'
import { filtersPerAgentMax } from '../../../../src/master/allocator/filters.ts'
import type { AllocationGrant, FrameworkDemand } from '../../../../src/master/allocator/types.ts'
import { defaultAllocatorOptions, noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { formatResources, parseResources } from '../../../support/resource-text.ts'

const secondMs = 1000

/** An allocator with a clock and words short enough for tables. */
function aCluster(options: { seed?: number; filterGpuResources?: boolean } = {}) {
  const allocator = createAllocator({
    ...defaultAllocatorOptions,
    allocationIntervalMs: secondMs,
    filterGpuResources: options.filterGpuResources ?? true,
  })
  const random = seededRandom(options.seed ?? 1)
  let nowMs = 0
  const grantOf = (frameworkId: string, agentId: string, text: string, role = 'r'): AllocationGrant => ({
    frameworkId: frameworkId as FrameworkId,
    role,
    agentId: agentId as AgentId,
    resources: parseResources(text),
  })
  return {
    allocator,
    framework(id: string, roles: readonly string[] = ['r'], demand: Partial<FrameworkDemand> = {}) {
      allocator.addFramework(id as FrameworkId, demandOf(roles, demand))
    },
    update(id: string, roles: readonly string[], demand: Partial<FrameworkDemand> = {}) {
      allocator.updateFramework(id as FrameworkId, demandOf(roles, demand))
    },
    agent(id: string, text: string, used: readonly AllocationGrant[] = []) {
      allocator.addAgent(
        id as AgentId,
        { total: parseResources(text), capabilities: new Set(['MULTI_ROLE', 'HIERARCHICAL_ROLE']), facts: noFacts },
        used,
      )
    },
    grantOf,
    /** One round; each grant as `framework role agent resources`, sorted. */
    round(afterMs = 0): string[] {
      nowMs += afterMs
      return allocator.allocate(nowMs, random).map(line).sort()
    },
    recover(frameworkId: string, agentId: string, text: string, refuseMs: number | null = null, role = 'r') {
      allocator.recover(grantOf(frameworkId, agentId, text, role), refuseMs, nowMs)
    },
  }
}

function demandOf(roles: readonly string[], demand: Partial<FrameworkDemand>): FrameworkDemand {
  return {
    roles,
    suppressedRoles: [],
    capabilities: new Set(),
    minAllocatableByRole: new Map(),
    acceptsByRole: new Map(),
    ...demand,
  }
}

function line({ frameworkId, role, agentId, resources }: AllocationGrant): string {
  return `${frameworkId} ${role} ${agentId} ${formatResources(resources)}`
}

describe('dominant resource fairness', () => {
  test('A01 the role, then the framework, with the smallest dominant share is offered the next agent', () => {
    const it = aCluster()
    it.framework('f1', ['r1'])
    it.agent('s1', 'cpus:2;mem:1024')
    expect(it.round()).toEqual(['f1 r1 s1 cpus:2;mem:1024'])
    // r1 = 1 (f1 = 1)
    it.framework('f2', ['r2'])
    it.agent('s2', 'cpus:1;mem:512')
    expect(it.round()).toEqual(['f2 r2 s2 cpus:1;mem:512'])
    // total cpus:3;mem:1536; r1 = 2/3 (f1 = 2/3), r2 = 1/3 (f2 = 1/3)
    it.agent('s3', 'cpus:3;mem:2048')
    expect(it.round()).toEqual(['f2 r2 s3 cpus:3;mem:2048'])
    // total cpus:6;mem:3584; r1 = 1/3, r2 = 4/6 cpus or 2560/3584 mem
    it.framework('f3', ['r1'])
    it.agent('s4', 'cpus:4;mem:4096')
    expect(it.round()).toEqual(['f3 r1 s4 cpus:4;mem:4096'])
    // total cpus:10;mem:7680; r1 = 6/10 (f1 = 2/10, f3 = 4096/7680), r2 = 4/10
    it.framework('f4', ['r1'])
    it.agent('s5', 'cpus:1;mem:512')
    expect(it.round()).toEqual(['f2 r2 s5 cpus:1;mem:512'])
    // total cpus:11;mem:8192; r1 = 5120/8192 (f4 = 0), r2 = 5/11
    it.agent('s6', 'cpus:3;mem:4096')
    expect(it.round()).toEqual(['f2 r2 s6 cpus:3;mem:4096'])
    // total cpus:14;mem:12288; r1 = 6/14, r2 = 7168/12288
    it.agent('s7', 'cpus:1;mem:512')
    expect(it.round()).toEqual(['f4 r1 s7 cpus:1;mem:512'])
  })

  test('A02 what is held of a reservation counts into the share of its role', () => {
    const it = aCluster()
    it.framework('f1', ['r1'])
    it.framework('f2', ['r2'])
    it.agent('s1', 'cpus(r1):4')
    expect(it.round()).toEqual(['f1 r1 s1 cpus(r1):4'])
    // r1 = 1, r2 = 0
    it.agent('s2', 'cpus:1')
    expect(it.round()).toEqual(['f2 r2 s2 cpus:1'])
    // r1 = 4/5, r2 = 1/5
    it.agent('s3', 'cpus:1')
    expect(it.round()).toEqual(['f2 r2 s3 cpus:1'])
  })

  test('A04 nested roles share by subtree, and a role competes with its children as one', () => {
    const it = aCluster()
    it.framework('fa', ['a'])
    it.framework('fab', ['a/b'])
    it.framework('fc', ['c'])
    for (const id of ['s1', 's2', 's3', 's4']) it.agent(id, 'cpus:1')
    const counts = countBy(it.round())
    // a = c = 2/4; inside a: `a` itself = 1/4, a/b = 1/4
    expect(counts).toEqual({ fa: 1, fab: 1, fc: 2 })
  })

  test('A08 equal shares take turns instead of following names', () => {
    const it = aCluster()
    for (const id of ['f1', 'f2', 'f3']) it.framework(id)
    it.agent('s1', 'cpus:1')
    const takers: string[] = []
    for (let i = 0; i < 9; i++) {
      const [grant = ''] = it.round(secondMs)
      takers.push(grant.split(' ')[0] as string)
      it.recover(takers.at(-1) as string, 's1', 'cpus:1')
    }
    expect(takers).toEqual(['f1', 'f2', 'f3', 'f1', 'f2', 'f3', 'f1', 'f2', 'f3'])
  })

  test('a framework that comes later at the same share takes turns with those that have had much', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:1')
    for (let i = 0; i < 50; i++) {
      it.round(secondMs)
      it.recover('f1', 's1', 'cpus:1')
    }
    it.framework('f2')
    const takers: string[] = []
    for (let i = 0; i < 4; i++) {
      takers.push((it.round(secondMs)[0] as string).split(' ')[0] as string)
      it.recover(takers.at(-1) as string, 's1', 'cpus:1')
    }
    expect(takers).toEqual(['f2', 'f1', 'f2', 'f1'])
  })

  test('whoever gave an agent back comes after all who were not asked since, whatever the shares', () => {
    const it = aCluster()
    for (const id of ['f1', 'f2', 'f3']) it.framework(id, [id])
    it.agent('s1', 'cpus:1')
    it.agent('s2', 'cpus:4', [it.grantOf('f2', 's2', 'cpus:1', 'f2'), it.grantOf('f3', 's2', 'cpus:3', 'f3')])
    // f1 = 0, f2 = 1/5, f3 = 3/5: f1 would be first for ever.
    const takers: string[] = []
    for (let i = 0; i < 6; i++) {
      const taker = (it.round(secondMs)[0] as string).split(' ')[0] as string
      takers.push(taker)
      it.recover(taker, 's1', 'cpus:1', 0, taker)
    }
    expect(takers).toEqual(['f1', 'f2', 'f3', 'f1', 'f2', 'f3'])
    // A revival asks anew; so does something that came free.
    expect(it.round(secondMs)).toEqual(['f1 f1 s1 cpus:1'])
    it.recover('f1', 's1', 'cpus:1', 0, 'f1')
    it.allocator.revive('f1' as FrameworkId, ['f1'])
    expect(it.round(secondMs)).toEqual(['f1 f1 s1 cpus:1'])
  })

  test('A09 one agent goes to a single framework in a round', () => {
    const it = aCluster()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:8;mem:8192;ports:[31000-32000]')
    expect(it.round()).toEqual(['f1 r s1 cpus:8;mem:8192;ports:[31000-32000]'])
  })

  test('many agents are spread evenly over frameworks of one role in a single round', () => {
    const it = aCluster()
    for (const id of ['f1', 'f2', 'f3', 'f4']) it.framework(id)
    for (let i = 0; i < 40; i++) it.agent(`s${i}`, 'cpus:1;mem:512')
    expect(countBy(it.round())).toEqual({ f1: 10, f2: 10, f3: 10, f4: 10 })
  })

  test('the same calls and seed give the same grants, in whatever order the agents came', () => {
    const grants = [
      ['s1', 's2', 's3', 's4', 's5'],
      ['s4', 's2', 's5', 's1', 's3'],
    ].map((order) => {
      const it = aCluster({ seed: 7 })
      it.framework('f1')
      it.framework('f2')
      for (const id of order) it.agent(id, `cpus:${id.slice(1)}`)
      return it.allocator.allocate(0, seededRandom(7)).map(line)
    })
    expect(grants[0]).toEqual(grants[1])
  })

  test('agents are visited in random order', () => {
    const firsts = new Set<string>()
    for (let seed = 0; seed < 50; seed++) {
      const it = aCluster()
      it.framework('f1')
      for (const id of ['s1', 's2', 's3']) it.agent(id, 'cpus:1')
      firsts.add(it.allocator.allocate(0, seededRandom(seed))[0]?.agentId as string)
    }
    expect([...firsts].sort()).toEqual(['s1', 's2', 's3'])
  })
})

describe('filters', () => {
  test('C06 declined without a filter is offered again in the next round', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 0)
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('a declined agent goes to somebody else, and back when the filter ends', () => {
    const it = aCluster()
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
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 1)
    expect(it.round(secondMs)).toEqual([])
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('a filter holds through the next round however late that is', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 5 * secondMs)
    expect(it.round(60 * secondMs)).toEqual([])
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('A07 more than was refused gets through, the same or less does not', () => {
    const it = aCluster()
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
    const it = aCluster()
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
    const it = aCluster()
    it.framework('f1', ['a', 'b'], { suppressedRoles: ['a'] })
    it.agent('s1', 'cpus:2')
    expect(it.round()).toEqual(['f1 b s1 cpus:2'])
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs, 'b')
    expect(it.round(secondMs)).toEqual([])
    it.allocator.revive('f1' as FrameworkId, ['a'])
    expect(it.round(secondMs)).toEqual(['f1 a s1 cpus:2'])
  })

  test('A17 a change of the agent ends the filters for it', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    it.recover('f1', 's1', 'cpus:2', 3600 * secondMs)
    it.allocator.updateAgent('s1' as AgentId, {
      total: parseResources('cpus:2'),
      capabilities: new Set(['MULTI_ROLE', 'HIERARCHICAL_ROLE']),
      facts: noFacts,
    })
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:2'])
  })

  test('A18 a suppressed framework that comes back without suppressed roles is offered resources again', () => {
    const it = aCluster()
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
    const it = aCluster()
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
    const it = aCluster()
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

describe('who may see what', () => {
  test('too little of everything is not offered, unless the framework says that it takes anything', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:0.009;mem:31;disk:1000')
    expect(it.round()).toEqual([])
    it.framework('f2', ['r'], { minAllocatableByRole: new Map([['r', []]]) })
    expect(it.round()).toEqual(['f2 r s1 cpus:0.009;disk:1000;mem:31'])
  })

  test('enough memory alone, or enough cpus alone, is offered', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'mem:32')
    it.agent('s2', 'cpus:0.01')
    expect(it.round()).toEqual(['f1 r s1 mem:32', 'f1 r s2 cpus:0.01'])
  })

  test('a framework may want more than the default minimum in one role', () => {
    const it = aCluster()
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
      const it = aCluster({ filterGpuResources })
      it.framework('f1')
      it.framework('f2', ['r'], { capabilities: new Set(['GPU_RESOURCES']) })
      it.agent('s1', 'cpus:2;gpus:1')
      expect(it.round()).toEqual([`${taker} r s1 cpus:2;gpus:1`])
    }
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
      const it = aCluster()
      it.framework('f1', [role])
      it.agent('s1', 'cpus(a):2')
      expect(it.round(), role).toEqual(sees ? [`f1 ${role} s1 cpus(a):2`] : [])
    }
    const it = aCluster()
    it.framework('f1', ['a'], { capabilities: new Set(['RESERVATION_REFINEMENT']) })
    it.agent('s1', 'cpus(a,a/b):2')
    expect(it.round()).toEqual([])
  })

  test('what is reserved to others goes to them in the same round', () => {
    const it = aCluster()
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
    const it = aCluster()
    it.framework('f1', [role])
    it.agent('s1', `disk:5;cpus:1;${text}`)
    expect(it.allocator.allocate(0, seededRandom(1))[0]?.resources).toEqual(parseResources('disk:5;cpus:1'))
    it.framework('f2', [role], { capabilities: new Set([capability]) })
    expect(it.allocator.allocate(0, seededRandom(1))[0]?.resources).toEqual(parseResources(text))
  })

  test('inactive agents are not offered; what was free of them is when they are active again', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.allocator.deactivateAgent('s1' as AgentId)
    expect(it.round()).toEqual([])
    it.allocator.activateAgent('s1' as AgentId)
    expect(it.round()).toEqual(['f1 r s1 cpus:2'])
  })

  test('a role that a framework leaves is offered no longer, what it holds there stays counted', () => {
    const it = aCluster()
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

describe('what is held', () => {
  test('tasks of an agent that comes back are counted and not offered', () => {
    const it = aCluster()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:4;ports:[1-10]', [it.grantOf('f1', 's1', 'cpus:3;ports:[3-4]')])
    expect(it.round()).toEqual(['f2 r s1 cpus:1;ports:[1-2,5-10]'])
    expect(formatResources(it.allocator.allocatedToFramework('f1' as FrameworkId))).toBe('cpus:3;ports:[3-4]')
    it.recover('f1', 's1', 'cpus:3;ports:[3-4]')
    expect(formatResources(it.allocator.available('s1' as AgentId))).toBe('cpus:3;ports:[3-4]')
  })

  test('an agent that comes back smaller than its tasks offers nothing until they leave', () => {
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2;mem:64', [it.grantOf('f1', 's1', 'cpus:1'), it.grantOf('f1', 's1', 'cpus:3')])
    expect(formatResources(it.allocator.available('s1' as AgentId))).toBe('mem:64')
    it.recover('f1', 's1', 'cpus:3')
    expect(formatResources(it.allocator.available('s1' as AgentId))).toBe('cpus:1;mem:64')
    it.recover('f1', 's1', 'cpus:1')
    expect(formatResources(it.allocator.available('s1' as AgentId))).toBe('cpus:2;mem:64')
  })

  test('what is not held cannot come back', () => {
    const it = aCluster()
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
    const it = aCluster()
    it.framework('f1')
    it.agent('s1', 'cpus:2')
    it.round()
    expect(() => it.allocator.removeFramework('f1' as FrameworkId)).toThrow('holds nothing')
    it.recover('f1', 's1', 'cpus:2')
    it.allocator.removeFramework('f1' as FrameworkId)
    expect(it.round()).toEqual([])
  })

  test('an agent that leaves takes what was held there with it', () => {
    const it = aCluster()
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

test('a round without news has no work', () => {
  const it = aCluster()
  expect(it.allocator.hasWork()).toBe(false)
  it.framework('f1')
  it.agent('s1', 'cpus:2')
  expect(it.allocator.hasWork()).toBe(true)
  it.round()
  expect(it.allocator.hasWork()).toBe(false)
  it.recover('f1', 's1', 'cpus:2')
  expect(it.allocator.hasWork()).toBe(true)
})

function countBy(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of lines) {
    const framework = text.split(' ')[0] as string
    counts[framework] = (counts[framework] ?? 0) + 1
  }
  return counts
}

test('a framework may wait for what no agent has yet, under any number of names', () => {
  const cluster = aCluster()
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
