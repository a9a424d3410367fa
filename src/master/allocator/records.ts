// What the allocator remembers: agents, frameworks, holders (one framework in one role), their places in the tree of
// shares, filters and quotas, linked to each other directly so that a change costs what it touches. Only this room sees
// these records; views get Resources.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import type { Resources } from '../../model/resources.ts'
import type { Amounts, Threshold } from './quantities.ts'
import type { AgentFacts, AgentPredicate } from './types.ts'

export type FrameworkRecord = {
  readonly id: FrameworkId
  isActive: boolean
  roles: ReadonlySet<string>
  readonly suppressedRoles: Set<string>
  seesGpus: boolean
  seesRevocable: boolean
  seesShared: boolean
  seesRefined: boolean
  isRegionAware: boolean
  isMultiRole: boolean
  /** By role: subscribed roles, and roles in which it still holds something. */
  readonly holders: Map<string, Holder>
}

/** One framework in one role: who is offered resources and who is charged for them. */
export type Holder = {
  readonly framework: FrameworkRecord
  readonly role: string
  /** Its leaf, and the top-level role above that. */
  readonly node: ShareNode
  readonly top: ShareNode
  /** By agent; never nothing. */
  readonly held: Map<AgentState, Holding>
  readonly filters: Set<Filter>
  /** Its own, or those of the allocator. */
  thresholds: readonly Threshold[]
  hasOwnThresholds: boolean
  accepts: AgentPredicate | null
  /** What `accepts` said. */
  accepted: WeakMap<AgentFacts, boolean>
  /** The round in which it last said that it wants everything again. */
  revivedRound: number
  /** The round in which every agent is open to it. */
  openedRound: number
  /** The visit of an agent that is open to it. */
  openedVisit: number
  /** Since when, in grants and visits, it is known that it takes nothing of the agent that is visited. */
  triedTurn: number
}

/** What a holder has of one agent, offered or used. */
export type Holding = {
  /** As they came. */
  pieces: Resources[]
  /** What of it was granted last, or null; `rest`: nothing but its own reservation, when another had the agent's rest. */
  granted: Resources | 'rest' | null
}

export type AgentState = {
  readonly id: AgentId
  total: Resources
  totalAmounts: Amounts
  /** Total without what is held; what is shared stays free while it is held. */
  free: Resources
  /** What is held beyond the total (it came back smaller): then `free` cannot be kept by adding and subtracting. */
  excess: Resources
  /** While it is not active: what is free and everybody could see. */
  idle: Amounts
  facts: AgentFacts
  hasGpus: boolean
  isMultiRole: boolean
  isHierarchical: boolean
  isRemote: boolean
  /** Everybody may see all that is free: nothing of it is reserved, revocable or shared. */
  isPlain: boolean
  isActive: boolean
  readonly holders: Set<Holder>
  readonly filters: Map<Holder, Filter[]>
  /** Who had its turn and gave something back since the agent had something new, and in which round. */
  readonly passed: Map<Holder, number>
  /** Who was granted something first in the round `servedRound`. */
  served: Holder | null
  servedRound: number
  /** Keys of what is shared and was given to somebody in the round `sharedRound`. */
  readonly sharedGiven: Set<string>
  sharedRound: number
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
  /** The root's is 0, a top-level role's 1. */
  readonly depth: number
  weight: number
  /** All that counts for it: held in its subtree, or reserved for roles in it. */
  readonly allocated: Amounts
  /** What of that is revocable. */
  readonly revocable: Amounts
  share: number
  /** The number of the last grant in its subtree; 0 for never. */
  lastGrant: number
  /** Those of its members that may be offered something, in order; of the root without those that are spent. */
  readonly listed: ShareNode[]
  isListed: boolean
  /** A top-level role of which nobody can be offered anything unreserved: its limits leave less than the minimum. */
  isSpent: boolean
  quota: QuotaRecord | null
  readonly members: Map<string, ShareNode>
  /** Frameworks in its subtree. */
  leaves: number
  /** Copies of what is shared, by agent and key. */
  readonly copies: Map<string, number>
  /** Set for a leaf. */
  holder: Holder | null
}

/** Of a top-level role, by index of the resource name. */
export type QuotaRecord = {
  readonly guarantees: Amounts
  /** Infinite where there is none. */
  readonly limits: Amounts
  /** Names with a guarantee, and names with a limit. */
  readonly guaranteed: readonly number[]
  readonly limited: readonly number[]
  /** What of the guarantees is not consumed yet, and the sum of that. */
  readonly unmet: Amounts
  unmetSum: number
  /** A limit kept something from somebody since the role's holders were last opened. */
  isBinding: boolean
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

/** A round, or the next one: its number, and when it began or might. */
export type Moment = { readonly round: number; readonly nowMs: number }
