// What the allocator answers to why somebody is not offered an agent: each reason, in the order in which it is decided.

import { describe, expect, test } from 'vitest'
import { noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { type AllocatorCluster, anAllocator, secondMs } from '../../../support/allocator-cluster.ts'
import { parseResources } from '../../../support/resource-text.ts'

const withGpus = 'cpus:4;mem:512;gpus:1'

/** Each adds one more reason against offering s1 to f1 in the role r, beginning with the last to be decided. */
const reasons: readonly (readonly [string, (it: AllocatorCluster) => void, unknown])[] = [
  [
    'a filter',
    (it) => {
      it.round()
      it.recover('f1', 's1', withGpus, 5 * secondMs)
      it.round()
    },
    { kind: 'filter', untilMs: 5 * secondMs, refused: parseResources(withGpus) },
  ],
  [
    'too little',
    (it) => it.updateAgent('s1', 'cpus:0.001;gpus:1'),
    {
      kind: 'belowMinimum',
      least: [{ cpus: 10 }, { mem: 32_000 }],
      visible: parseResources('cpus:0.001;gpus:1'),
    },
  ],
  [
    'headroom of others',
    (it) => {
      it.updateAgent('s1', withGpus)
      it.quota('q', { cpus: 4000, mem: 512_000 })
    },
    { kind: 'headroom', roles: ['q'] },
  ],
  ['a limit', (it) => it.quota('r', {}, { mem: 0, cpus: 0 }), { kind: 'quotaLimit', role: 'r', name: 'mem' }],
  [
    'a capability for each thing that is free',
    (it) => it.updateAgent('s1', 'cpus!:4;cpus(q):1;gpus(q):1'),
    { kind: 'hidden', capability: 'REVOCABLE_RESOURCES' },
  ],
  [
    'reservations for others',
    (it) => it.updateAgent('s1', 'cpus(q):4;mem(s/t):4;gpus(s/t):1'),
    { kind: 'reserved', roles: ['q', 's/t'] },
  ],
  [
    'holders of everything',
    (it) => {
      it.framework('f2')
      it.updateAgent('s1', 'cpus:4;gpus:1')
      it.allocator.addAllocation(it.grantOf('f2', 's1', 'cpus:4;gpus:1'))
    },
    { kind: 'nothingFree' },
  ],
  [
    'a constraint',
    (it) => it.update('f1', ['r'], { acceptsByRole: new Map([['r', () => false]]), ...handlesGpus }),
    { kind: 'constraint' },
  ],
  [
    'another region',
    (it) => it.updateAgent('s1', withGpus, { facts: { ...noFacts, region: 'far' } }),
    { kind: 'region', region: 'far' },
  ],
  [
    'a capability of the agent',
    (it) => {
      it.update('f1', ['r'], { capabilities: new Set(['GPU_RESOURCES', 'MULTI_ROLE']) })
      it.updateAgent('s1', withGpus, { capabilities: new Set() })
    },
    { kind: 'agentCapability', capability: 'MULTI_ROLE' },
  ],
  ['a capability for the agent', (it) => it.update('f1', ['r']), { kind: 'capability', capability: 'GPU_RESOURCES' }],
  ['an agent that is inactive', (it) => it.allocator.deactivateAgent('s1' as AgentId), { kind: 'agentInactive' }],
  ['suppression', (it) => it.allocator.suppress('f1' as FrameworkId, ['r']), { kind: 'suppressed' }],
  ['no subscription', (it) => it.update('f1', ['other']), { kind: 'notSubscribed' }],
  [
    'a framework that is inactive',
    (it) => it.allocator.deactivateFramework('f1' as FrameworkId),
    { kind: 'frameworkInactive' },
  ],
]

const handlesGpus = { capabilities: new Set(['GPU_RESOURCES']) }

describe('why an agent is not offered', () => {
  for (const [at, [name, , refusal]] of reasons.entries()) {
    test(`${name} is said before all that is decided later`, () => {
      const it = anAllocator({ region: 'here' })
      it.framework('f1', ['r'], handlesGpus)
      it.agent('s1', withGpus)
      for (const [, happen] of reasons.slice(0, at + 1)) happen(it)
      expect(it.verdict('f1', 's1')).toEqual(refusal)
      // Nor does a round think otherwise.
      expect(it.round().filter((grant) => grant.startsWith('f1 r '))).toEqual([])
    })
  }

  test('an agent that would be offered is judged as the round will, and judging changes nothing', () => {
    const it = anAllocator()
    it.framework('f1')
    it.quota('r', { cpus: 1000 }, { cpus: 3000 })
    it.agent('s1', 'cpus:4;mem:512')
    for (let i = 0; i < 3; i++) expect(it.verdict('f1', 's1')).toBe('cpus:3;mem:512')
    expect(it.round()).toEqual(['f1 r s1 cpus:3;mem:512'])
    it.verdict('f1', 's1')
    expect(it.allocator.hasWork()).toBe(false)
  })

  test('a filter whose time is over counts no longer, but for the round that it must outlive', () => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:4')
    it.round()
    it.recover('f1', 's1', 'cpus:4', secondMs)
    const at = (nowMs: number) => it.allocator.judge('f1' as FrameworkId, 'r', 's1' as AgentId, nowMs)
    expect(at(5 * secondMs)).toMatchObject({ refusal: { kind: 'filter' } })
    it.round()
    expect(at(secondMs - 1)).toMatchObject({ refusal: { kind: 'filter' } })
    expect(at(secondMs)).toMatchObject({ kind: 'offered' })
  })
})

describe('why something cannot be claimed', () => {
  test.each([
    ['cpus:3', { kind: 'nothingFree' }],
    ['cpus(q):1', { kind: 'reserved', roles: ['q'] }],
    ['cpus!:1', { kind: 'hidden', capability: 'REVOCABLE_RESOURCES' }],
    ['mem:0.001', null],
  ])('%s', (wanted, refusal) => {
    const it = anAllocator()
    it.framework('f1')
    it.agent('s1', 'cpus:2;cpus(q):1;cpus!:1;mem:1')
    const before = it.free('s1')
    expect(it.allocator.mayClaim(it.grantOf('f1', 's1', wanted))).toEqual(refusal)
    expect(it.free('s1')).toBe(before)
    expect(it.claim('f1', 's1', wanted)).toEqual(refusal)
    expect(it.free('s1') === before).toBe(refusal !== null)
  })

  test('what the quota forbids is said first, whether it is free or not', () => {
    const it = anAllocator()
    it.framework('f1')
    it.quota('r', {}, { cpus: 2000 })
    it.agent('s1', 'cpus:4;mem:1')
    expect(it.allocator.mayClaim(it.grantOf('f1', 's1', 'cpus:5'))).toMatchObject({ kind: 'quotaLimit', name: 'cpus' })
    expect(it.allocator.mayClaim(it.grantOf('f1', 's1', 'cpus:2;mem:2'))).toEqual({ kind: 'nothingFree' })
  })
})
