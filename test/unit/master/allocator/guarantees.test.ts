// Guarantees are met whenever they can be: what is promised to roles that want nothing yet is kept back from the others,
// whatever they take and give back, and is theirs in the first round in which they want it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAllocator } from '../../../../src/master/allocator/allocator.ts'
import { type AllocationGrant, defaultAllocatorOptions, noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { formatResources, parseResources } from '../../../support/resource-text.ts'

const names = ['cpus', 'mem'] as const
type Amounts = Readonly<Record<(typeof names)[number], number>>

/** In thousandths. */
const anAmount = fc.record({ cpus: fc.integer({ min: 0, max: 8000 }), mem: fc.integer({ min: 0, max: 8000 }) })
const aPromise = fc.record({
  seed: fc.nat(1e9),
  agents: fc.array(anAmount, { minLength: 1, maxLength: 6 }),
  guarantees: fc.array(anAmount, { minLength: 1, maxLength: 4 }),
  /** What of each role's guarantee it wants before the others come, in percent. */
  early: fc.boolean(),
  others: fc.integer({ min: 1, max: 4 }),
  rounds: fc.integer({ min: 1, max: 6 }),
})
type Promise = typeof aPromise extends fc.Arbitrary<infer P> ? P : never

/** Whether no more is promised than there is. */
function isKeepable({ agents, guarantees }: Promise): boolean {
  const sum = (all: readonly Amounts[], name: (typeof names)[number]) => all.reduce((n, one) => n + one[name], 0)
  return names.every((name) => sum(guarantees, name) <= sum(agents, name))
}

describe('a guarantee', () => {
  test('is met in the first round in which somebody wants it, whatever others took before', () => {
    fc.assert(
      fc.property(aPromise.filter(isKeepable), ({ seed, agents, guarantees, early, others, rounds }) => {
        const allocator = createAllocator(defaultAllocatorOptions)
        const random = seededRandom(seed)
        const join = (id: string, role: string) =>
          allocator.addFramework(id as FrameworkId, {
            roles: [role],
            suppressedRoles: [],
            capabilities: new Set(['MULTI_ROLE']),
            // However little it is: else what is left of a guarantee might be too little to be offered.
            minAllocatableByRole: new Map([[role, []]]),
            acceptsByRole: new Map(),
          })
        for (const [i, amounts] of agents.entries()) {
          const total = parseResources(names.map((name) => `${name}:${amounts[name] / 1000}`).join(';'))
          const capabilities = new Set(['MULTI_ROLE', 'HIERARCHICAL_ROLE'])
          allocator.addAgent(`s${i}` as AgentId, { total, hasGpus: false, capabilities, facts: noFacts }, [])
        }
        for (const [i, amounts] of guarantees.entries()) {
          allocator.setQuota(`promised${i}`, { guarantees: amounts, limits: i % 2 === 0 ? amounts : {} })
        }
        if (early) join('early', 'promised0/below')
        for (let i = 0; i < others; i++) join(`other${i}`, `other${i}`)
        let held: AllocationGrant[] = []
        for (let round = 0; round < rounds; round++) {
          held.push(...allocator.allocate(round * 1000, random))
          const back = held.filter(() => random.below(3) === 0)
          held = held.filter((grant) => !back.includes(grant))
          for (const grant of back) allocator.recover(grant, random.below(2) === 0 ? null : 0, round * 1000)
        }
        for (const i of guarantees.keys()) join(`promised${i}`, i % 3 === 0 ? `promised${i}/below` : `promised${i}`)
        for (const grant of allocator.allocate(1e6, random)) expect(formatResources(grant.resources)).not.toBe('')
        for (const [i, amounts] of guarantees.entries()) {
          const consumed = allocator.consumed(`promised${i}`)
          for (const name of names) expect([i, name, (consumed[name] ?? 0) >= amounts[name]]).toEqual([i, name, true])
        }
      }),
      { numRuns: 300 },
    )
  })
})
