// What of an agent a framework in a role may be shown: capabilities, regions and constraints for the agent as a whole,
// reservations and capabilities for each resource. It does not know filters, shares or quota.

import type { Resource, Resources } from '../../model/resources.ts'
import { noResources } from '../../model/resources.ts'
import type { AgentState, FrameworkRecord, Holder } from './records.ts'
import type { AgentPredicate } from './types.ts'

/** Constraints that cost no more than this are asked each time: to remember what they said would cost as much. */
const workAskedAnewMax = 1

export type Barrier = 'capability' | 'agentCapability' | 'region' | 'constraint'

/** Why the holder is shown nothing of the agent, whatever is free there; or null. */
export function barrierTo(holder: Holder, agent: AgentState, filterGpuResources: boolean): Barrier | null {
  const { framework } = holder
  if (agent.hasGpus && filterGpuResources && !framework.seesGpus) return 'capability'
  if (missingOfAgent(holder, agent) !== null) return 'agentCapability'
  if (agent.isRemote && !framework.isRegionAware) return 'region'
  return holder.accepts === null || isAccepted(holder, agent) ? null : 'constraint'
}

/** What it costs to ask the holder's constraints about the agent, beside trying the pair: nothing once that is known. */
export function workToAsk({ accepts, accepted }: Holder, { facts }: AgentState): number {
  if (accepts?.work === undefined) return 0
  return isAskedAnew(accepts) || !accepted.has(facts) ? accepts.work : 0
}

function isAskedAnew({ work }: AgentPredicate): boolean {
  return work !== undefined && work <= workAskedAnewMax
}

/** The capability that the agent would need for this holder, or null. */
export function missingOfAgent({ framework, role }: Holder, agent: AgentState): string | null {
  if (framework.isMultiRole && !agent.isMultiRole) return 'MULTI_ROLE'
  return !agent.isHierarchical && role.includes('/') ? 'HIERARCHICAL_ROLE' : null
}

function isAccepted({ accepts, accepted }: Holder, { facts }: AgentState): boolean {
  if (accepts === null) return true
  if (isAskedAnew(accepts)) return accepts(facts)
  const known = accepted.get(facts)
  if (known !== undefined) return known
  const isIn = accepts(facts)
  accepted.set(facts, isIn)
  return isIn
}

/**
 * The part of what is free on `agent` that `holder` may see in this round; the very same collection when that is all of
 * it. What is shared is given once in a round, and alone only to who does not hold it yet: it would be offered for ever.
 */
export function visibleTo(holder: Holder, agent: AgentState, round: number): Resources {
  if (agent.isPlain) return agent.free
  const isGiven = (key: string) => agent.sharedRound === round && agent.sharedGiven.has(key)
  const seen = agent.free.filter(
    (item) => isReservedFor(item, holder.role) && hiddenBy(item, holder.framework) === null && !isGiven(item.key),
  )
  const hasNews = seen.some((item) => !item.shared || !holds(holder, agent, item.key))
  return hasNews ? seen : noResources
}

function holds(holder: Holder, agent: AgentState, key: string): boolean {
  return holder.held.get(agent)?.pieces.some((piece) => piece.some((item) => item.key === key)) ?? false
}

/** Whether everybody may see it. */
export function isPlain(items: Resources): boolean {
  for (const item of items) if (!isPlainItem(item)) return false
  return true
}

export function isPlainItem(item: Resource): boolean {
  return ownerOf(item) === null && !item.revocable && !item.shared
}

/** The role that it is reserved for, or null. */
export function ownerOf({ reservations }: Resource): string | null {
  return reservations?.at(-1)?.role ?? null
}

export function isReservedFor(item: Resource, role: string): boolean {
  const owner = ownerOf(item)
  return owner === null || isAtOrBelow(role, owner)
}

export function isAtOrBelow(role: string, other: string): boolean {
  return role === other || (role.startsWith(other) && role[other.length] === '/')
}

/** The capability without which the framework is not shown it, or null. */
export function hiddenBy(item: Resource, framework: FrameworkRecord): string | null {
  if (item.shared && !framework.seesShared) return 'SHARED_RESOURCES'
  if (item.revocable && !framework.seesRevocable) return 'REVOCABLE_RESOURCES'
  return (item.reservations?.length ?? 0) > 1 && !framework.seesRefined ? 'RESERVATION_REFINEMENT' : null
}
