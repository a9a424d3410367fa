// An allocator with a clock, and words short enough for tables: resources and grants as one line each.

import { createAllocator } from '../../src/master/allocator/allocator.ts'
import type {
  AgentSupply,
  AllocationGrant,
  Allocator,
  AllocatorOptions,
  FrameworkDemand,
  Judgement,
  Quantities,
  Refusal,
} from '../../src/master/allocator/types.ts'
import { defaultAllocatorOptions, noFacts } from '../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../src/model/ids.ts'
import { seededRandom } from '../../src/model/random.ts'
import { type Resources, scalarTotal } from '../../src/model/resources.ts'
import { formatResources, parseResources } from './resource-text.ts'

export const secondMs = 1000

export type AllocatorCluster = ReturnType<typeof anAllocator>

/** Resources are one line (resource-text.ts), or exact. */
export function anAllocator({ seed = 1, ...options }: Partial<AllocatorOptions> & { readonly seed?: number } = {}) {
  const allocator: Allocator = createAllocator({
    ...defaultAllocatorOptions,
    allocationIntervalMs: secondMs,
    ...options,
  })
  const random = seededRandom(seed)
  let nowMs = 0
  const supplyOf = (total: string | Resources, rest: Partial<AgentSupply>): AgentSupply => ({
    total: itemsOf(total),
    hasGpus: scalarTotal(itemsOf(total), 'gpus') > 0,
    capabilities: new Set(['MULTI_ROLE', 'HIERARCHICAL_ROLE']),
    facts: noFacts,
    ...rest,
  })
  const grantOf = (frameworkId: string, agentId: string, what: string | Resources, role = 'r'): AllocationGrant => ({
    frameworkId: frameworkId as FrameworkId,
    role,
    agentId: agentId as AgentId,
    resources: itemsOf(what),
  })
  return {
    allocator,
    grantOf,
    framework(id: string, roles: readonly string[] = ['r'], demand: Partial<FrameworkDemand> = {}) {
      allocator.addFramework(id as FrameworkId, demandOf(roles, demand))
    },
    update(id: string, roles: readonly string[], demand: Partial<FrameworkDemand> = {}) {
      allocator.updateFramework(id as FrameworkId, demandOf(roles, demand))
    },
    agent(
      id: string,
      total: string | Resources,
      used: readonly AllocationGrant[] = [],
      rest: Partial<AgentSupply> = {},
    ) {
      allocator.addAgent(id as AgentId, supplyOf(total, rest), used)
    },
    updateAgent(id: string, total: string | Resources, rest: Partial<AgentSupply> = {}) {
      allocator.updateAgent(id as AgentId, supplyOf(total, rest))
    },
    /** Guarantees, and limits, of which there are none when they are left out. */
    quota(role: string, guarantees: Quantities, limits: Quantities = {}) {
      allocator.setQuota(role, { guarantees, limits })
    },
    /** One round, or a slice of it; each grant as `framework role agent resources`, sorted. */
    round(afterMs = 0, agentsMax?: number, workMax?: number): string[] {
      nowMs += afterMs
      return allocator.allocate(nowMs, random, agentsMax, workMax).map(line).sort()
    },
    recover(
      frameworkId: string,
      agentId: string,
      what: string | Resources,
      refuseMs: number | null = null,
      role = 'r',
    ) {
      allocator.recover(grantOf(frameworkId, agentId, what, role), refuseMs, nowMs)
    },
    claim(frameworkId: string, agentId: string, what: string | Resources, role = 'r'): Refusal | null {
      return allocator.claim(grantOf(frameworkId, agentId, what, role))
    },
    judge(frameworkId: string, agentId: string, role = 'r'): Judgement {
      return allocator.judge(frameworkId as FrameworkId, role, agentId as AgentId, nowMs)
    },
    /** What it would be offered, or the reason why nothing. */
    verdict(frameworkId: string, agentId: string, role = 'r'): string | Refusal {
      const judgement = this.judge(frameworkId, agentId, role)
      return judgement.kind === 'offered' ? formatResources(judgement.resources) : judgement.refusal
    },
    free: (agentId: string) => formatResources(allocator.available(agentId as AgentId)),
  }
}

export function demandOf(roles: readonly string[], demand: Partial<FrameworkDemand>): FrameworkDemand {
  return {
    roles,
    suppressedRoles: [],
    capabilities: new Set(),
    minAllocatableByRole: new Map(),
    acceptsByRole: new Map(),
    ...demand,
  }
}

export function line({ frameworkId, role, agentId, resources }: AllocationGrant): string {
  return `${frameworkId} ${role} ${agentId} ${formatResources(resources)}`
}

/** How many of the grants each framework got. */
export function countBy(lines: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const text of lines) {
    const framework = text.split(' ')[0] as string
    counts[framework] = (counts[framework] ?? 0) + 1
  }
  return counts
}

function itemsOf(what: string | Resources): Resources {
  return typeof what === 'string' ? parseResources(what) : what
}
