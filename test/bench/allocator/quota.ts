// Workloads under quota (guarantee and limit are the same): many roles that need half an agent beside some that need
// two, so that agents are cut; and roles that need two whole agents, with and without quota, so that the offers are the
// same.

import type { AllocationGrant, Quantities } from '../../../src/master/allocator/types.ts'
import { type Figures, percentile } from '../main.ts'
import { aBench, addAgent, addFramework, amounts, type Bench, cpuMs, emptyMs, recoverAndAllocate } from './bench.ts'

const agent = amounts(2, 2048, 2048)

/** `small` roles of half an agent each, `large` ones of two agents each, one framework a role. */
export function largeAndSmall(small: number, large: number): Figures {
  const bench = aBench()
  const roles = Array.from({ length: small + large }, (_, i) => (i < small ? `small${i}` : `large${i - small}`))
  const agents = Math.floor(small / 5) + 5 * large
  const figures = run(bench, agents, roles, (i) => (i < small ? ofAgents(0.5) : ofAgents(2)))
  return { small, large, agents, frameworks: roles.length, ...figures }
}

/** Each of `roles` may have its part of the agents, whole ones. */
export function wholeAgents(roles: number, agents: number, frameworks: number, isLimited: boolean): Figures {
  const bench = aBench()
  const names = Array.from({ length: frameworks }, (_, i) => `role${i % roles}`)
  const figures = run(bench, agents, names, (i) => (isLimited && i < roles ? ofAgents(agents / roles) : null))
  return { roles, agents, frameworks, quota: isLimited ? 1 : 0, ...figures }
}

/** `roleOf`: the role of each framework; `quotaOf`: the quota of the role of framework `i`, once for each role. */
function run(
  bench: Bench,
  agents: number,
  roleOf: readonly string[],
  quotaOf: (i: number) => Quantities | null,
): Figures {
  const { allocator } = bench
  const addAgentsMs = cpuMs(() => {
    for (let i = 0; i < agents; i++) addAgent(allocator, i, agent)
  })
  const addMs = cpuMs(() => {
    for (const [i, role] of roleOf.entries()) addFramework(allocator, i, role)
  })
  const quotaMs = cpuMs(() => {
    for (const [i, role] of roleOf.entries()) {
      const amount = quotaOf(i)
      if (amount !== null) allocator.setQuota(role, { guarantees: amount, limits: amount })
    }
  })
  let first: readonly AllocationGrant[] = []
  const firstMs = cpuMs(() => {
    first = bench.batch()
  })
  const { recoverMs, allocMs, grants } = recoverAndAllocate(bench, first)
  return {
    addAgentsMs,
    addMs,
    quotaMs,
    firstMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    allocMaxMs: Math.max(...allocMs),
    emptyMs: emptyMs(bench),
    offers: grants.length,
  }
}

function ofAgents(count: number): Quantities {
  return { cpus: 2000 * count, mem: 2_048_000 * count, disk: 2_048_000 * count }
}
