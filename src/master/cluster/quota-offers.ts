// Which outstanding offers a change of quota takes back (Mesos: src/master/quota_handler.cpp): those of a role beyond
// its new limits, and enough of the others' for a guarantee that is not met. What is free anyhow is not counted: its
// role may have refused it, or it may lie where it is of no use. One request may change very many roles, so that offers
// are looked at once for all of them.

import type { OfferId } from '../../model/ids.ts'
import { invariant } from '../../model/result.ts'
import type { Quantities, Quota } from '../allocator/types.ts'
import { amountOf, minus, unreservedQuantities } from './amounts.ts'
import type { Agent, Offer } from './records.ts'
import { rescindMany } from './rescinding.ts'
import { topRole } from './role-names.ts'
import type { State } from './state.ts'

type RoleQuota = { readonly role: string; readonly quota: Quota }

/** Called when the allocator knows the quotas. */
export function rescindForQuotas(state: State, quotas: readonly { role: string; quota: Quota | null }[]): void {
  const set = quotas.flatMap(({ role, quota }): RoleQuota[] => (quota === null ? [] : [{ role, quota }]))
  const doomed = new Set<OfferId>()
  addBeyondLimits(state, doomed, set)
  addForGuarantees(state, doomed, set)
  rescindMany(state, doomed)
}

/** The newest offers first: an older one is more likely to be answered just now. */
function addBeyondLimits(state: State, doomed: Set<OfferId>, quotas: readonly RoleQuota[]): void {
  const beyond = quotas.flatMap(({ role, quota: { limits } }) => {
    const consumed = state.allocator.consumed(role)
    const excess = minus(
      Object.fromEntries(Object.keys(limits).map((name) => [name, amountOf(consumed, name)])),
      limits,
    )
    return isNothing(excess) ? [] : [{ role, excess }]
  })
  if (beyond.length === 0) return
  const offersByRole = Map.groupBy(state.offers.values(), (offer) => topRole(offer.role))
  for (const { role, excess } of beyond) {
    let left = excess
    for (const offer of (offersByRole.get(role) ?? []).toReversed()) {
      if (isNothing(left)) break
      const held = unreservedQuantities(offer.resources)
      if (!hasAny(held, left)) continue
      doomed.add(offer.id)
      left = minus(left, held)
    }
  }
}

/**
 * Agent by agent, until the lack is covered, as far as offers can cover it, and on as many agents as the role has
 * frameworks, so that each may get some. What is taken back for one role does not count for the next.
 */
function addForGuarantees(state: State, doomed: Set<OfferId>, quotas: readonly RoleQuota[]): void {
  const lacking = quotas.flatMap(({ role, quota: { guarantees } }) => {
    const lack = isNothing(guarantees) ? guarantees : minus(guarantees, state.allocator.consumed(role))
    return isNothing(lack) ? [] : [{ role, guarantees, lack }]
  })
  if (lacking.length === 0) return
  const agentsByName = indexAgents(state, doomed)
  const frameworksByRole = countFrameworks(state)
  for (const { role, guarantees, lack } of lacking) {
    let left = lack
    let agentsWanted = frameworksByRole.get(role) ?? 0
    const takeWhile = (name: string, isWanted: () => boolean) => {
      for (const agent of agentsByName.get(name) ?? []) {
        if (!isWanted()) return
        const offers = agent.offers.filter((offer) => offer.topRole !== role)
        if (!offers.some(({ amounts }) => amountOf(amounts, name) > 0)) continue
        for (const { id, amounts } of offers) {
          doomed.add(id)
          left = minus(left, amounts)
        }
        for (const other of agent.names) agentsByName.get(other)?.delete(agent)
        agentsWanted--
      }
    }
    for (const name of Object.keys(lack)) takeWhile(name, () => amountOf(left, name) > 0)
    for (const name of Object.keys(guarantees)) takeWhile(name, () => agentsWanted > 0)
  }
}

type OfferedAgent = {
  readonly offers: readonly { readonly id: OfferId; readonly topRole: string; readonly amounts: Quantities }[]
  /** What any of them has. */
  readonly names: ReadonlySet<string>
}

/** By name, the agents of which something may still be taken back, in their order. */
function indexAgents(state: State, doomed: ReadonlySet<OfferId>): ReadonlyMap<string, Set<OfferedAgent>> {
  const byName = new Map<string, Set<OfferedAgent>>()
  for (const agent of state.agents.values()) {
    const offers = offersOf(state, agent)
      .filter(({ id }) => !doomed.has(id))
      .map(({ id, role, resources }) => ({ id, topRole: topRole(role), amounts: unreservedQuantities(resources) }))
    const names = new Set(offers.flatMap(({ amounts }) => Object.keys(amounts)))
    const offered = { offers, names }
    for (const name of names) byName.set(name, (byName.get(name) ?? new Set()).add(offered))
  }
  return byName
}

function offersOf(state: State, agent: Agent): Offer[] {
  return [...agent.offers].map((id) => {
    const offer = state.offers.get(id)
    invariant(offer !== undefined, 'an offer that is listed exists', { id })
    return offer
  })
}

/** Active frameworks by top role. */
function countFrameworks(state: State): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { isActive, roles } of state.frameworks.values()) {
    if (!isActive) continue
    for (const role of new Set(roles.map(topRole))) counts.set(role, (counts.get(role) ?? 0) + 1)
  }
  return counts
}

function hasAny(amounts: Quantities, names: Quantities): boolean {
  return Object.keys(names).some((name) => amountOf(amounts, name) > 0)
}

function isNothing(quantities: Quantities): boolean {
  return Object.keys(quantities).length === 0
}
