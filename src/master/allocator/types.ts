// The allocator's contract: a pure, incremental view of who has what and who wants what, and one question,
// "who is offered what now". It knows roles, frameworks, agents, filters, quota, weights; nothing of offers' ids,
// messages or time beyond the `nowMs` it is given. Units: model Resources, thousandths for scalars by name. Every method
// says what must already hold.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import type { Resources } from '../../model/resources.ts'

/** Scalars by resource name, in thousandths. */
export type Quantities = Readonly<Record<string, number>>

/** `drf`: smallest dominant share by weight first; `random`: weighted shuffle each time. */
export type Sorter = 'drf' | 'random'

export type AllocatorOptions = {
  /** Enough of any one alternative is worth offering; Mesos: cpus 0.01 or mem 32. */
  readonly minAllocatable: readonly Quantities[]
  /** A filter lives at least this long and at least past the next allocation. */
  readonly allocationIntervalMs: number
  /** Frameworks without GPU_RESOURCES get nothing from agents that have GPUs. */
  readonly filterGpuResources: boolean
  readonly roleSorter: Sorter
  readonly frameworkSorter: Sorter
  /** Names that do not count for a share. */
  readonly fairSharingExcluded: ReadonlySet<string>
  /** The region of the master: agents of another one are offered only to who is REGION_AWARE; null: all are local. */
  readonly region: string | null
}

/** Mesos' defaults. */
export const defaultAllocatorOptions: AllocatorOptions = {
  minAllocatable: [{ cpus: 10 }, { mem: 32_000 }],
  allocationIntervalMs: 1_000,
  filterGpuResources: true,
  roleSorter: 'drf',
  frameworkSorter: 'drf',
  fairSharingExcluded: new Set(),
  region: null,
}

export type FrameworkDemand = {
  readonly roles: readonly string[]
  readonly suppressedRoles: readonly string[]
  /** Names of FrameworkInfo capabilities. */
  readonly capabilities: ReadonlySet<string>
  /** Per role, overrides minAllocatable; an empty list means that anything is worth offering. */
  readonly minAllocatableByRole: ReadonlyMap<string, readonly Quantities[]>
  /** Per role, which agents it wants offers of (offer constraints); a role that is absent takes all. */
  readonly acceptsByRole: ReadonlyMap<string, AgentPredicate>
}

/**
 * Must be pure: it is asked once for each state of an agent, where asking costs anything. `work` is what it costs, in
 * pairs tried; absent: not known, and not counted.
 */
export type AgentPredicate = ((facts: AgentFacts) => boolean) & { readonly work?: number }

/** What offer constraints and domains look at; a new object means that something changed. */
export type AgentFacts = {
  readonly hostname: string
  /** In the order of the AgentInfo; a name may repeat. `text` is null for what is no text. */
  readonly attributes: readonly { readonly name: string; readonly text: string | null }[]
  readonly region: string | null
  readonly zone: string | null
}

export const noFacts: AgentFacts = { hostname: '', attributes: [], region: null, zone: null }

export type AgentSupply = {
  /** All that may be offered or is held: unreserved, reserved, volumes, revocable. */
  readonly total: Resources
  /** The machine has GPUs, whether or not any of them is in `total` now. */
  readonly hasGpus: boolean
  /** Names of AgentInfo capabilities. */
  readonly capabilities: ReadonlySet<string>
  readonly facts: AgentFacts
}

/**
 * Quota of a top-level role, by resource name. A name without a limit is not limited; the zero limit allows nothing.
 * Guarantees are kept back from others' unreserved resources.
 */
export type Quota = { readonly guarantees: Quantities; readonly limits: Quantities }

/** Unallocated resources of one agent for one framework in one role (without allocation role set). */
export type AllocationGrant = {
  readonly frameworkId: FrameworkId
  readonly role: string
  readonly agentId: AgentId
  readonly resources: Resources
}

/** Why an agent is not offered to a framework in a role now: the first reason, in the order in which it is decided. */
export type Refusal =
  | { readonly kind: 'frameworkInactive' }
  | { readonly kind: 'notSubscribed' }
  | { readonly kind: 'suppressed' }
  | { readonly kind: 'agentInactive' }
  /** The framework lacks a capability: GPU_RESOURCES on a machine with GPUs. */
  | { readonly kind: 'capability'; readonly capability: string }
  /** The agent lacks one: MULTI_ROLE, HIERARCHICAL_ROLE. */
  | { readonly kind: 'agentCapability'; readonly capability: string }
  | { readonly kind: 'region'; readonly region: string }
  | { readonly kind: 'constraint' }
  /** Everything that it could see is held; by whom is `holders`. */
  | { readonly kind: 'nothingFree' }
  /** What is free is reserved for roles that it is not in or below. */
  | { readonly kind: 'reserved'; readonly roles: readonly string[] }
  /** What is free needs REVOCABLE_RESOURCES, SHARED_RESOURCES or RESERVATION_REFINEMENT. */
  | { readonly kind: 'hidden'; readonly capability: string }
  /** The role (or the top-level role above it) has what its limit allows of `name`. */
  | { readonly kind: 'quotaLimit'; readonly role: string; readonly name: string }
  /** Kept back for roles whose guarantee is not met yet. */
  | { readonly kind: 'headroom'; readonly roles: readonly string[] }
  | { readonly kind: 'belowMinimum'; readonly least: readonly Quantities[]; readonly visible: Resources }
  | { readonly kind: 'filter'; readonly untilMs: number; readonly refused: Resources }

export type Judgement =
  | { readonly kind: 'offered'; readonly resources: Resources }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export type Allocator = {
  addFramework(id: FrameworkId, demand: FrameworkDemand): void
  /** Roles, suppression, constraints or capabilities changed; what it holds stays. */
  updateFramework(id: FrameworkId, demand: FrameworkDemand): void
  /** A framework starts active; one that is inactive is offered nothing and loses its filters; what it holds stays. */
  deactivateFramework(id: FrameworkId): void
  activateFramework(id: FrameworkId): void
  /** All its allocations must have been recovered before. */
  removeFramework(id: FrameworkId): void

  /** More than 0; 1 is what a role has that nobody gave another. Any role, nested ones too. */
  setWeight(role: string, weight: number): void
  /** Of a top-level role; null removes it. What is held beyond a new limit stays held. */
  setQuota(role: string, quota: Quota | null): void

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
  /**
   * An operation (reserve, create …) on what a framework holds: `consumed`, which must be held, becomes `converted`,
   * both for the holder and in the agent's total. `grant.resources` is not looked at.
   */
  convertHeld(grant: Omit<AllocationGrant, 'resources'>, consumed: Resources, converted: Resources): void
  /** The same on what is free; false, and nothing changed, when not all of `consumed` is free. */
  convertFree(agentId: AgentId, consumed: Resources, converted: Resources): boolean
  /**
   * Takes exactly `grant.resources` for the framework where a round might have granted them (judged as a round does, but
   * without filters, suppression, minima, turns and shares: somebody asked for it); the reason why not, or null when
   * they are held from now on.
   */
  claim(grant: AllocationGrant): Refusal | null
  /** What `claim` would answer; changes nothing. */
  mayClaim(grant: AllocationGrant): Refusal | null
  /**
   * Whether it is the framework's turn on the agent: nobody with a smaller share, who has not just refused, would be
   * offered something of it. At most `looks.left` others are asked (counted down); beyond them nobody is known to want it.
   */
  isTurnOf(id: FrameworkId, role: string, agentId: AgentId, nowMs: number, looks: { left: number }): boolean
  /** Clears filters and suppression of these roles. */
  revive(id: FrameworkId, roles: readonly string[]): void
  suppress(id: FrameworkId, roles: readonly string[]): void

  /**
   * One allocation round; what it returns is allocated from now on. Agents are visited in random order. At most
   * `agentsMax` agents are visited, and `workMax` (1 or more) pairs of agent and holder tried, or what is as much work:
   * while `hasMore`, the round goes on with the next call, also in the midst of an agent.
   */
  allocate(nowMs: number, random: Random, agentsMax?: number, workMax?: number): readonly AllocationGrant[]
  /** The last round stopped at `agentsMax` or `workMax` and wants to go on at once. */
  hasMore(): boolean
  /** Whether anything changed since the last round that could let an offer through, filters that end aside. */
  hasWork(): boolean
  /** When the next filter ends, or null: a round at or after that time may offer more. */
  nextFilterEndMs(): number | null

  /** What the framework in the role would be offered of the agent if it were its turn, or why nothing. Changes nothing. */
  judge(frameworkId: FrameworkId, role: string, agentId: AgentId, nowMs: number): Judgement
  /** Who holds what of an agent, offered or used. */
  holders(agentId: AgentId): readonly AllocationGrant[]
  /** What is free on an agent, and what each role and framework holds (offered or used), for views and checkers. */
  available(id: AgentId): Resources
  allocatedToRole(role: string): Resources
  allocatedToFramework(id: FrameworkId): Resources
  /** What counts for a role's quota: all that is held in it and below, and what is reserved for those and not held. */
  consumed(role: string): Quantities
  /** The whole cluster. */
  totals(): Quantities
  /** A role's dominant share by its weight, as the sorter sees it; 0 for a role that has nothing. */
  share(role: string): number
}
