// The random sorter: chances in proportion to weights, at every level of the roles' tree and among frameworks. What
// each grant may be, hard-rules.test.ts says. Tolerances are four standard deviations of the counts, and the seed is
// fixed, so that the test cannot fail by chance.

import { expect, test } from 'vitest'
import { createAllocator } from '../../../../src/master/allocator/allocator.ts'
import { defaultAllocatorOptions, noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { parseResources } from '../../../support/resource-text.ts'

const rounds = 10_000

/** How often each framework was first, when one agent is given and comes back in every round. */
function firsts(
  sorters: Partial<typeof defaultAllocatorOptions>,
  frameworks: Readonly<Record<string, string>>,
  weights: Readonly<Record<string, number>>,
): ReadonlyMap<string, number> {
  const allocator = createAllocator({ ...defaultAllocatorOptions, ...sorters })
  const random = seededRandom(1)
  for (const [role, weight] of Object.entries(weights)) allocator.setWeight(role, weight)
  for (const [id, role] of Object.entries(frameworks)) {
    allocator.addFramework(id as FrameworkId, {
      roles: [role],
      suppressedRoles: [],
      capabilities: new Set(),
      minAllocatableByRole: new Map(),
      acceptsByRole: new Map(),
    })
  }
  const supply = {
    total: parseResources('cpus:1'),
    hasGpus: false,
    capabilities: new Set(['HIERARCHICAL_ROLE']),
    facts: noFacts,
  }
  allocator.addAgent('s' as AgentId, supply, [])
  const counts = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    const [grant] = allocator.allocate(round * 1000, random)
    if (grant === undefined) throw new Error('nobody was offered the agent')
    counts.set(grant.frameworkId, (counts.get(grant.frameworkId) ?? 0) + 1)
    allocator.recover(grant, null, round * 1000)
  }
  return counts
}

function expectShare(count: number | undefined, share: number): void {
  const deviation = Math.sqrt(share * (1 - share) * rounds)
  expect(Math.abs((count ?? 0) - share * rounds)).toBeLessThanOrEqual(4 * deviation)
}

test('roles are drawn by weight, their frameworks evenly', () => {
  const frameworks = { fa: 'a', fb: 'b', fc1: 'c', fc2: 'c' }
  const counts = firsts({ roleSorter: 'random', frameworkSorter: 'random' }, frameworks, { a: 1, b: 2, c: 3 })
  expectShare(counts.get('fa'), 1 / 6)
  expectShare(counts.get('fb'), 2 / 6)
  expectShare(counts.get('fc1'), 1.5 / 6)
  expectShare(counts.get('fc2'), 1.5 / 6)
})

test('a nested role is drawn by its weight among its siblings and the frameworks of its parent', () => {
  const counts = firsts({ roleSorter: 'random' }, { fa: 'a', fab: 'a/b', fc: 'c' }, { 'a/b': 3 })
  // a and c: 1 to 1; in a, its own frameworks and a/b: 1 to 3.
  expectShare(counts.get('fc'), 1 / 2)
  expectShare(counts.get('fa'), 1 / 8)
  expectShare(counts.get('fab'), 3 / 8)
})
