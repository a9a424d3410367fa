// The allocator's contract: a pure, incremental view of who has what and who wants what, and one question,
// "who is offered what now". It knows roles, frameworks, agents, filters; nothing of offers' ids, messages or time
// beyond the `nowMs` it is given. Units: model Resources. Every method says what must already hold.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import type { Resources } from '../../model/resources.ts'

export type AllocatorOptions = {
  /** Enough of any one alternative is worth offering (scalar name to thousandths); Mesos: cpus 0.01 or mem 32. */
  readonly minAllocatable: readonly Readonly<Record<string, number>>[]
  /** A filter lives at least this long and at least past the next allocation. */
  readonly allocationIntervalMs: number
  /** Frameworks without GPU_RESOURCES get nothing from agents that have GPUs. */
  readonly filterGpuResources: boolean
}

export type FrameworkDemand = {
  readonly roles: readonly string[]
  readonly suppressedRoles: readonly string[]
  /** Names of FrameworkInfo capabilities. */
  readonly capabilities: ReadonlySet<string>
  /** Per role, overrides minAllocatable; an empty list means that anything is worth offering. */
  readonly minAllocatableByRole: ReadonlyMap<string, readonly Readonly<Record<string, number>>[]>
}

export type AgentSupply = {
  readonly total: Resources
  readonly capabilities: ReadonlySet<string>
}

/** Unallocated resources of one agent for one framework in one role (without allocation role set). */
export type AllocationGrant = {
  readonly frameworkId: FrameworkId
  readonly role: string
  readonly agentId: AgentId
  readonly resources: Resources
}

export type Allocator = {
  addFramework(id: FrameworkId, demand: FrameworkDemand): void
  /** Roles, suppression or capabilities changed; what it holds stays. */
  updateFramework(id: FrameworkId, demand: FrameworkDemand): void
  /** A framework starts active; one that is inactive is offered nothing and loses its filters; what it holds stays. */
  deactivateFramework(id: FrameworkId): void
  activateFramework(id: FrameworkId): void
  /** All its allocations must have been recovered before. */
  removeFramework(id: FrameworkId): void

  /**
   * `used`: what tasks already hold there, per framework and role (an agent that came back); the frameworks must have
   * been added (and deactivated, where no scheduler is there). What exceeds the supply is counted but frees nothing.
   */
  addAgent(id: AgentId, supply: AgentSupply, used: readonly AllocationGrant[]): void
  /** What it has, or what is known of it, changed: its filters end, what is held stays. */
  updateAgent(id: AgentId, supply: AgentSupply): void
  /** The agent is the same, but more or less of it is there for frameworks: what was refused stays refused. */
  resizeAgent(id: AgentId, supply: AgentSupply): void
  deactivateAgent(id: AgentId): void
  activateAgent(id: AgentId): void
  /** Everything held on it is forgotten: nothing of it may be recovered afterwards. */
  removeAgent(id: AgentId): void

  /** Tasks appear on a registered agent outside of an offer (a framework recovered later). */
  addAllocation(grant: AllocationGrant): void
  /**
   * Offered or used resources come back; they must be held. `refuseMs` is null when nobody refused them (a task ended,
   * an offer was taken back). Refused (0 or more), this agent goes to everybody else who wants it first; with a filter
   * (more than 0) the same or less of it is not offered to this framework in this role for that long, and not in the
   * next round in any case.
   */
  recover(grant: AllocationGrant, refuseMs: number | null, nowMs: number): void
  /** Clears filters and suppression of these roles. */
  revive(id: FrameworkId, roles: readonly string[]): void
  suppress(id: FrameworkId, roles: readonly string[]): void

  /** One allocation round; what it returns is allocated from now on. Agents are visited in random order. */
  allocate(nowMs: number, random: Random): readonly AllocationGrant[]
  /** Whether anything changed since the last round that could let an offer through, filters that end aside. */
  hasWork(): boolean
  /** When the next filter ends, or null: a round at or after that time may offer more. */
  nextFilterEndMs(): number | null

  /** What is free on an agent, and what each role and framework holds (offered or used), for views and checkers. */
  available(id: AgentId): Resources
  allocatedToRole(role: string): Resources
  allocatedToFramework(id: FrameworkId): Resources
}
