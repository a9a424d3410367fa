// What the allocator's workloads share: an allocator with a clock, agents and frameworks by number, resources in few
// words, and processor time.

import { createAllocator } from '../../../src/master/allocator/allocator.ts'
import type { AllocationGrant, Allocator } from '../../../src/master/allocator/types.ts'
import { defaultAllocatorOptions, noFacts } from '../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../src/model/ids.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { type Resources, resources, scalar } from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'

const intervalMs = 1000
/** Longer than any run: an endless filter. */
export const endlessMs = 365 * 24 * 3_600_000

/** Frameworks and agents by number; `roles` 1 is all in `*`. */
export type Size = {
  readonly agents: number
  readonly frameworks: number
  readonly used: number
  readonly roles: number
}

export type Bench = {
  readonly allocator: Allocator
  /** One batch; time goes on by an interval. */
  readonly batch: () => readonly AllocationGrant[]
  /** One batch in slices of so many agents; what the longest of them took. */
  readonly slices: (agentsMax: number) => {
    readonly grants: readonly AllocationGrant[]
    readonly longestMs: number
  }
  readonly giveBack: (grants: readonly AllocationGrant[], refuseMs: number | null) => void
}

export function aBench(): Bench {
  const allocator = createAllocator({ ...defaultAllocatorOptions, allocationIntervalMs: intervalMs })
  const random = seededRandom(1)
  let nowMs = 0
  return {
    allocator,
    batch: () => {
      nowMs += intervalMs
      return allocator.allocate(nowMs, random)
    },
    slices(agentsMax) {
      nowMs += intervalMs
      const grants: AllocationGrant[] = []
      let longestMs = 0
      do {
        const tookMs = cpuMs(() => {
          for (const grant of allocator.allocate(nowMs, random, agentsMax)) grants.push(grant)
        })
        longestMs = Math.max(longestMs, tookMs)
      } while (allocator.hasMore())
      return { grants, longestMs }
    },
    giveBack: (grants, refuseMs) => {
      for (const grant of grants) allocator.recover(grant, refuseMs, nowMs)
    },
  }
}

export function addFramework(allocator: Allocator, i: number, role: string): void {
  allocator.addFramework(frameworkId(i), {
    roles: [role],
    suppressedRoles: [],
    capabilities: new Set(['MULTI_ROLE']),
    minAllocatableByRole: new Map(),
    acceptsByRole: new Map(),
  })
}

const agentCapabilities: ReadonlySet<string> = new Set(['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'])

export function addAgent(
  allocator: Allocator,
  i: number,
  total: Resources,
  used: readonly AllocationGrant[] = [],
): void {
  allocator.addAgent(agentId(i), { total, hasGpus: false, capabilities: agentCapabilities, facts: noFacts }, used)
}

export function frameworkId(i: number): FrameworkId {
  return `framework-${i}` as FrameworkId
}

export function agentId(i: number): AgentId {
  return `agent-${i}` as AgentId
}

/** All in `*`, or each framework in a role of its own. */
export function roleOf(i: number, roles: number): string {
  return roles <= 1 ? '*' : `role${i % roles}`
}

export function amounts(cpus: number, mem: number, disk = 0): Resources {
  return amountsMilli(cpus * 1000, mem * 1000, disk * 1000)
}

export function amountsMilli(cpus: number, mem: number, disk = 0): Resources {
  const all = { cpus, mem, disk }
  return resources(
    Object.entries(all).flatMap(([name, amount]) => (amount > 0 ? [scalar(name, milli(Math.round(amount)))] : [])),
  )
}

export function amountOf(of: Resources, name: string): number {
  const found = of.find((one) => one.name === name)
  return found?.value.kind === 'scalar' ? found.value.milli : 0
}

/** Milliseconds of processor time, user and system. */
export function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / 10) / 100
}

export function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024)
}

/** A batch with nothing to do, as the mean of many. */
export function emptyMs({ batch }: Bench): number {
  const times = 1000
  const totalMs = cpuMs(() => {
    for (let i = 0; i < times; i++) batch()
  })
  return Math.round((totalMs / times) * 100_000) / 100_000
}

/** Some rounds of: everything comes back unrefused, one batch. */
export function recoverAndAllocate(
  bench: Bench,
  first: readonly AllocationGrant[],
): {
  readonly recoverMs: readonly number[]
  readonly allocMs: readonly number[]
  readonly grants: readonly AllocationGrant[]
} {
  const recoverMs: number[] = []
  const allocMs: number[] = []
  let grants = first
  for (let round = 0; round < 5; round++) {
    recoverMs.push(cpuMs(() => bench.giveBack(grants, null)))
    allocMs.push(
      cpuMs(() => {
        grants = bench.batch()
      }),
    )
  }
  return { recoverMs, allocMs, grants }
}
