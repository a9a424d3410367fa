// Who comes first (ids of scenarios as in test/README.md), with the running shares in comments.

import { describe, expect, test } from 'vitest'
import { noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { anAllocator, countBy, line, secondMs } from '../../../support/allocator-cluster.ts'

describe('dominant resource fairness', () => {
  test('A01 the role, then the framework, with the smallest dominant share is offered the next agent', () => {
    const it = anAllocator()
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
    const it = anAllocator()
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
    const it = anAllocator()
    it.framework('fa', ['a'])
    it.framework('fab', ['a/b'])
    it.framework('fc', ['c'])
    for (const id of ['s1', 's2', 's3', 's4']) it.agent(id, 'cpus:1')
    const counts = countBy(it.round())
    // a = c = 2/4; inside a: `a` itself = 1/4, a/b = 1/4
    expect(counts).toEqual({ fa: 1, fab: 1, fc: 2 })
  })

  test('A08 equal shares take turns instead of following names', () => {
    const it = anAllocator()
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
    const it = anAllocator()
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
    const it = anAllocator()
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
    const it = anAllocator()
    it.framework('f1')
    it.framework('f2')
    it.agent('s1', 'cpus:8;mem:8192;ports:[31000-32000]')
    expect(it.round()).toEqual(['f1 r s1 cpus:8;mem:8192;ports:[31000-32000]'])
  })

  test('many agents are spread evenly over frameworks of one role in a single round', () => {
    const it = anAllocator()
    for (const id of ['f1', 'f2', 'f3', 'f4']) it.framework(id)
    for (let i = 0; i < 40; i++) it.agent(`s${i}`, 'cpus:1;mem:512')
    expect(countBy(it.round())).toEqual({ f1: 10, f2: 10, f3: 10, f4: 10 })
  })

  test('the same calls and seed give the same grants, in whatever order the agents came', () => {
    const grants = [
      ['s1', 's2', 's3', 's4', 's5'],
      ['s4', 's2', 's5', 's1', 's3'],
    ].map((order) => {
      const it = anAllocator({ seed: 7 })
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
      const it = anAllocator()
      it.framework('f1')
      for (const id of ['s1', 's2', 's3']) it.agent(id, 'cpus:1')
      firsts.add(it.allocator.allocate(0, seededRandom(seed))[0]?.agentId as string)
    }
    expect([...firsts].sort()).toEqual(['s1', 's2', 's3'])
  })
})

test('a round without news has no work', () => {
  const it = anAllocator()
  expect(it.allocator.hasWork()).toBe(false)
  it.framework('f1')
  it.agent('s1', 'cpus:2')
  expect(it.allocator.hasWork()).toBe(true)
  it.round()
  expect(it.allocator.hasWork()).toBe(false)
  it.recover('f1', 's1', 'cpus:2')
  expect(it.allocator.hasWork()).toBe(true)
})

describe('what counts for a share', () => {
  test('A02 what is reserved counts for its role and those above, held or not, with or without frameworks', () => {
    const it = anAllocator()
    it.agent('s1', 'cpus(a/b):4;cpus:4')
    expect([it.allocator.share('a'), it.allocator.share('a/b')]).toEqual([1 / 2, 1 / 2])
    it.framework('f1', ['a/b'])
    it.framework('f2', ['c'])
    // a = 4/8 before anybody holds anything: c comes first.
    expect(it.round()).toEqual(['f1 a/b s1 cpus(a/b):4', 'f2 c s1 cpus:4'])
    expect([it.allocator.share('a'), it.allocator.share('a/b'), it.allocator.share('c')]).toEqual([1 / 2, 1 / 2, 1 / 2])
  })

  test('a reservation held by a role below counts once', () => {
    const it = anAllocator()
    it.framework('f1', ['a/b'])
    it.agent('s1', 'cpus(a):4;cpus(c):4')
    expect(it.allocator.share('a/b')).toBe(0)
    it.round()
    expect([it.allocator.share('a'), it.allocator.share('a/b')]).toEqual([1 / 2, 1 / 2])
    it.recover('f1', 's1', 'cpus(a):4', null, 'a/b')
    expect([it.allocator.share('a'), it.allocator.share('a/b')]).toEqual([1 / 2, 0])
  })

  test('A03 an excluded resource does not', () => {
    for (const [excluded, taker] of [
      [new Set<string>(), 'f2'],
      [new Set(['gpus']), 'f1'],
    ] as const) {
      const it = anAllocator({ fairSharingExcluded: excluded, filterGpuResources: false })
      it.framework('f1', ['a'])
      it.framework('f2', ['b'])
      it.agent('s1', 'cpus:10;gpus:4', [
        it.grantOf('f1', 's1', 'cpus:1;gpus:4', 'a'),
        it.grantOf('f2', 's1', 'cpus:2', 'b'),
      ])
      // Of cpus a = 1/10, b = 2/10; of gpus a = 1.
      expect(it.round()).toEqual([`${taker} ${taker === 'f1' ? 'a' : 'b'} s1 cpus:7`])
    }
  })

  test('A10 roles of weights 1, 2 and 3 get agents in that ratio', () => {
    const it = anAllocator()
    for (const [i, role] of ['a', 'b', 'c'].entries()) {
      it.framework(`f${i + 1}`, [role])
      it.allocator.setWeight(role, i + 1)
    }
    for (let i = 0; i < 12; i++) it.agent(`s${i}`, 'cpus:1')
    expect(countBy(it.round())).toEqual({ f1: 2, f2: 4, f3: 6 })
    expect(it.allocator.share('c')).toBe(6 / 12 / 3)
  })

  test('weights count at every level, for roles that come later too', () => {
    const it = anAllocator()
    it.allocator.setWeight('a/b', 3)
    it.framework('f1', ['a/b'])
    it.framework('f2', ['a/c'])
    it.framework('f3', ['d'])
    for (let i = 0; i < 16; i++) it.agent(`s${i}`, 'cpus:1')
    // a = d = 8/16; below a: 3 to 1.
    expect(countBy(it.round())).toEqual({ f1: 6, f2: 2, f3: 8 })
  })
})

describe('random sorters', () => {
  test('draw roles by weight and frameworks within a role alike', () => {
    const counts = { f1: 0, f2: 0, f3: 0 }
    for (let seed = 0; seed < 600; seed++) {
      const it = anAllocator({ seed, roleSorter: 'random', frameworkSorter: 'random' })
      it.allocator.setWeight('b', 2)
      it.framework('f1', ['a'])
      it.framework('f2', ['b'])
      it.framework('f3', ['b'])
      it.agent('s1', 'cpus:1')
      counts[(it.round()[0] as string).split(' ')[0] as 'f1' | 'f2' | 'f3']++
    }
    // 200 each.
    for (const count of Object.values(counts)) expect(Math.abs(count - 200)).toBeLessThan(50)
  })

  test('do not look at shares', () => {
    const takers = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      const it = anAllocator({ seed, roleSorter: 'random' })
      it.framework('f1', ['a'])
      it.framework('f2', ['b'])
      it.agent('s1', 'cpus:9', [it.grantOf('f1', 's1', 'cpus:8', 'a')])
      takers.add((it.round()[0] as string).split(' ')[0] as string)
    }
    expect([...takers].sort()).toEqual(['f1', 'f2'])
  })

  test('try everybody, so that whoever wants the agent gets it', () => {
    const it = anAllocator({ roleSorter: 'random', frameworkSorter: 'random' })
    for (let i = 0; i < 20; i++)
      it.framework(`f${i}`, [`r${i % 3}`], { acceptsByRole: new Map([[`r${i % 3}`, () => i === 7]]) })
    it.agent('s1', 'cpus:1')
    expect(it.round()).toEqual(['f7 r1 s1 cpus:1'])
  })
})

describe('a round in slices', () => {
  test('grants what it would grant at once', () => {
    const run = (agentsMax: number, workMax: number) => {
      const it = anAllocator()
      it.quota('a', { cpus: 7000 }, { cpus: 9000 })
      for (const [id, role] of [
        ['f1', 'a'],
        ['f2', 'b'],
        ['f3', 'b'],
      ] as const) {
        it.framework(id, [role])
      }
      for (let i = 0; i < 20; i++) it.agent(`s${i}`, `cpus:${1 + (i % 3)};mem:64`)
      const random = seededRandom(5)
      const grants: string[] = []
      let slices = 0
      do {
        grants.push(...it.allocator.allocate(0, random, agentsMax, workMax).map(line))
        slices++
      } while (it.allocator.hasMore())
      return { grants, slices }
    }
    const whole = run(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    expect(whole.slices).toBe(1)
    expect(whole.grants.length).toBeGreaterThan(19)
    for (const agentsMax of [1, 3, 7]) {
      const { grants, slices } = run(agentsMax, Number.POSITIVE_INFINITY)
      expect(grants).toEqual(whole.grants)
      expect(slices).toBeGreaterThan(20 / agentsMax)
    }
    for (const workMax of [1, 2, 3, 7]) {
      const { grants, slices } = run(Number.POSITIVE_INFINITY, workMax)
      expect(grants).toEqual(whole.grants)
      expect(slices).toBeGreaterThan(whole.grants.length / workMax)
    }
  })

  test('stops in the midst of an agent that many are asked about, and asks nobody twice', () => {
    const it = anAllocator()
    const asked: number[] = []
    for (let i = 0; i < 50; i++) {
      const accepts = () => {
        asked.push(i)
        return i === 33
      }
      it.framework(`f${i}`, [`r${i % 3}`], { acceptsByRole: new Map([[`r${i % 3}`, accepts]]) })
    }
    it.agent('s1', 'cpus:1')
    const grants: string[] = []
    for (let slice = 1; slice === 1 || it.allocator.hasMore(); slice++) {
      grants.push(...it.round(0, Number.POSITIVE_INFINITY, 4))
      expect(asked.length).toBeLessThanOrEqual(4 * slice)
    }
    expect(grants).toEqual(['f33 r0 s1 cpus:1'])
    expect(new Set(asked).size).toBe(asked.length)
  })

  test('counts what constraints cost when they are asked for the first time', () => {
    const it = anAllocator()
    let asked = 0
    const accepts = Object.assign(() => asked++ < 0, { work: 100 })
    for (let i = 0; i < 20; i++) it.framework(`f${i}`, ['r'], { acceptsByRole: new Map([['r', accepts]]) })
    it.agent('s1', 'cpus:1')
    it.round(0, 1, 250)
    expect(asked).toBe(3)
    for (let slice = 2; it.allocator.hasMore(); slice++) {
      it.round(0, 1, 250)
      expect(asked).toBeLessThanOrEqual(3 * slice)
    }
    expect(asked).toBe(20)
    // The same facts.
    it.updateAgent('s1', 'cpus:2')
    it.round(0, 1, 250)
    expect(it.allocator.hasMore()).toBe(false)
    expect(asked).toBe(20)
  })

  test('leaves for the next round what opens on an agent while it is half done', () => {
    const it = anAllocator()
    let isWilling = false
    const accepts = () => isWilling
    for (let i = 0; i < 9; i++) it.framework(`f${i}`, ['r'], { acceptsByRole: new Map([['r', accepts]]) })
    it.agent('s1', 'cpus:1')
    expect(it.round(0, 1, 5)).toEqual([])
    isWilling = true
    it.updateAgent('s1', 'cpus:2', { facts: { ...noFacts } })
    const granted = it.round(0, 1, 5)
    expect(granted).toHaveLength(1)
    expect(it.allocator.hasMore()).toBe(false)
  })

  test('forgets an agent that leaves while it is half done', () => {
    const it = anAllocator()
    for (let i = 0; i < 9; i++) it.framework(`f${i}`, ['r'], { acceptsByRole: new Map([['r', () => i === 8]]) })
    it.agent('s1', 'cpus:1')
    it.round(0, 1, 5)
    it.allocator.removeAgent('s1' as AgentId)
    it.agent('s2', 'cpus:1')
    expect(it.round(0, 1, 5)).toEqual([])
    expect(it.allocator.hasMore()).toBe(false)
    const grants = [it.round(0, 1, 5), it.round(0, 1, 5)].flat()
    expect(grants).toEqual(['f8 r s2 cpus:1'])
  })

  test('goes on past agents that left or went inactive, and takes in what came free on those to come', () => {
    const it = anAllocator()
    it.framework('f1')
    for (const id of ['s1', 's2', 's3', 's4']) it.agent(id, 'cpus:1')
    const [first = ''] = it.round(0, 1)
    const left = ['s1', 's2', 's3', 's4'].filter((id) => !first.includes(id)) as [string, string, string]
    it.allocator.removeAgent(left[0] as AgentId)
    it.allocator.deactivateAgent(left[1] as AgentId)
    expect(it.round(0, 10)).toEqual([`f1 r ${left[2]} cpus:1`])
    expect(it.allocator.hasMore()).toBe(false)
    it.allocator.activateAgent(left[1] as AgentId)
    expect(it.round()).toEqual([`f1 r ${left[1]} cpus:1`])
  })

  test('is one round for filters', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:1')
    it.round()
    it.recover('f1', 's1', 'cpus:1', 1)
    for (const id of ['s2', 's3', 's4']) it.agent(id, 'cpus:1')
    // The filter is over by time, but must outlive this round.
    for (let i = 0; i < 4; i++) expect(it.round(secondMs, 1).join()).not.toContain('s1')
    expect(it.allocator.hasMore()).toBe(false)
    expect(it.round(secondMs)).toEqual(['f1 r s1 cpus:1'])
  })
})
