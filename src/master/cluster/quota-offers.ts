// Which outstanding offers a change of quota takes back (Mesos: src/master/quota_handler.cpp): those of a role beyond
// its new limits, and enough of the others' for a guarantee that is not met. What is free anyhow is not counted: its
// role may have refused it, or it may lie where it is of no use.

import type { OfferId } from '../../model/ids.ts'
import { invariant } from '../../model/result.ts'
import type { Quantities, Quota } from '../allocator/types.ts'
import { amountOf, minus, unreservedQuantities } from './amounts.ts'
import type { Agent, Offer } from './records.ts'
import { rescindMany } from './rescinding.ts'
import { topRole } from './role-names.ts'
import type { State } from './state.ts'

/** Called when the allocator knows the quotas. */
export function rescindForQuotas(state: State, quotas: readonly { role: string; quota: Quota | null }[]): void {
  const doomed = new Set<OfferId>()
  // Agents of which something may still be taken back.
  const agents = new Set([...state.agents.values()].filter(({ offers }) => offers.size > 0))
  for (const { role, quota } of quotas) {
    if (quota === null) continue
    addBeyondLimits(state, doomed, role, quota.limits)
    addForGuarantees(state, doomed, role, { guarantees: quota.guarantees, agents })
  }
  rescindMany(state, doomed)
}

/** The newest offers first: an older one is more likely to be answered just now. */
function addBeyondLimits(state: State, doomed: Set<OfferId>, role: string, limits: Quantities): void {
  const consumed = state.allocator.consumed(role)
  const limited = Object.fromEntries(Object.keys(limits).map((name) => [name, amountOf(consumed, name)]))
  let excess = minus(limited, limits)
  if (isNothing(excess)) return
  for (const offer of offersIn(state, role).reverse()) {
    const held = unreservedQuantities(offer.resources)
    if (!doomed.has(offer.id) && !Object.keys(excess).some((name) => amountOf(held, name) > 0)) continue
    doomed.add(offer.id)
    excess = minus(excess, held)
    if (isNothing(excess)) return
  }
}

type Wanted = { readonly guarantees: Quantities; readonly agents: Set<Agent> }

/** Agent by agent, until the lack is covered on as many agents as the role has frameworks, so that each may get some. */
function addForGuarantees(state: State, doomed: Set<OfferId>, role: string, { guarantees, agents }: Wanted): void {
  let lack = minus(guarantees, state.allocator.consumed(role))
  if (isNothing(lack)) return
  let agentsWanted = frameworksIn(state, role)
  for (const agent of agents) {
    if (isNothing(lack) && agentsWanted <= 0) return
    const offers = othersOffers(state, agent, role).filter(({ id }) => !doomed.has(id))
    const freed = unreservedQuantities(offers.flatMap((offer) => offer.resources))
    if (!Object.keys(guarantees).some((name) => amountOf(freed, name) > 0)) continue
    for (const { id } of offers) doomed.add(id)
    agents.delete(agent)
    lack = minus(lack, freed)
    agentsWanted--
  }
}

function othersOffers(state: State, agent: Agent, role: string): Offer[] {
  return [...agent.offers].flatMap((id) => {
    const offer = state.offers.get(id)
    invariant(offer !== undefined, 'an offer that is listed exists', { id })
    return topRole(offer.role) === role ? [] : [offer]
  })
}

function offersIn(state: State, role: string): Offer[] {
  return [...state.offers.values()].filter((offer) => topRole(offer.role) === role)
}

function frameworksIn(state: State, role: string): number {
  let count = 0
  for (const { isActive, roles } of state.frameworks.values()) {
    if (isActive && roles.some((name) => topRole(name) === role)) count++
  }
  return count
}

function isNothing(quantities: Quantities): boolean {
  return Object.keys(quantities).length === 0
}
