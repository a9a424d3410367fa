// What the allocator remembers: agents, frameworks, holders (one framework in one role), their places in the tree of
// shares and their filters, linked to each other directly so that a change costs what it touches. Only this room sees
// these records; views get Resources.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import type { Resources } from '../../model/resources.ts'
import type { Amounts, Threshold } from './quantities.ts'

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
  /** The round in which it last said that it wants everything again. */
  revivedRound: number
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
  /** Who had its turn and gave something back since the agent had something new, and in which round. */
  readonly passed: Map<Holder, number>
  /** Place among all agents by id, so that their order does not depend on who came first. */
  rank: number
  /** Who may get an offer of it that could not in the last round: all, or those listed in `openTo`. */
  isOpenToAll: boolean
  openTo: Holder[]
}

/** A role, a role's own frameworks, or one of these, in the tree of shares (share-tree.ts). */
export type ShareNode = {
  readonly name: string
  readonly parent: ShareNode | null
  weight: number
  readonly allocated: Amounts
  share: number
  /** The number of the last grant in its subtree; 0 for never. */
  lastGrant: number
  /** Those of its members that may be offered something, in order. */
  readonly listed: ShareNode[]
  isListed: boolean
  readonly members: Map<string, ShareNode>
  /** Set for a leaf. */
  holder: Holder | null
}

/** What a framework does not want of one agent in one role: any offer within `refused` (filters.ts). */
export type Filter = {
  readonly holder: Holder
  readonly agent: AgentState
  readonly refused: Resources
  /** It ends not before this time … */
  endMs: number
  /** … and not before a round after this one has begun. */
  readonly sinceRound: number
  isLive: boolean
}
