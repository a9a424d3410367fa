// What the allocator remembers: agents, frameworks and holders (one framework in one role), linked to each other
// directly so that a change costs what it touches. Only this room sees these records; views get Resources.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import type { Resources } from '../../model/resources.ts'
import type { Filter } from './filters.ts'
import type { Amounts } from './quantities.ts'
import type { ShareNode } from './share-tree.ts'

/** Amounts of which each must be reached, by resource index. */
export type Threshold = readonly { readonly index: number; readonly amount: number }[]

export type FrameworkRecord = {
  readonly id: FrameworkId
  isActive: boolean
  roles: ReadonlySet<string>
  readonly suppressedRoles: Set<string>
  seesGpus: boolean
  seesRevocable: boolean
  seesShared: boolean
  seesRefined: boolean
  /** By role; a role that is absent uses the allocator's own thresholds. */
  thresholds: ReadonlyMap<string, readonly Threshold[]>
  /** By role: subscribed roles, and roles in which it still holds something. */
  readonly holders: Map<string, Holder>
}

/** One framework in one role: who is offered resources and who is charged for them. */
export type Holder = {
  readonly framework: FrameworkRecord
  readonly role: string
  readonly node: ShareNode
  /** What it holds, offered or used, by agent; never empty resources. */
  readonly held: Map<AgentState, Resources>
  readonly filters: Set<Filter>
}

export type AgentState = {
  readonly id: AgentId
  total: Resources
  totalAmounts: Amounts
  /** Total without what is held. */
  free: Resources
  hasGpus: boolean
  /** Everybody may see all of it: nothing is reserved, revocable or shared. */
  isPlain: boolean
  isActive: boolean
  /** More is held than it has (it came back smaller), so `free` cannot be kept by adding and subtracting. */
  isOvercommitted: boolean
  readonly holders: Set<Holder>
  readonly filters: Map<Holder, Filter[]>
  /** Place among all agents by id, so that their order does not depend on who came first. */
  rank: number
  /** Who may get an offer of it that could not in the last round: all, or those listed in `openTo`. */
  isOpenToAll: boolean
  openTo: Holder[]
}
