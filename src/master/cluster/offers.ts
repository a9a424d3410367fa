// Offers: what the allocator grants becomes OFFERS events; an offer ends by being accepted, declined, timed out,
// rescinded or dropped with its framework. Outstanding offers are counted on their agent and held in the allocator.
// It does not know who deserves what.

import type { Filters, Offer as OfferMessage } from '../../mesos/types.ts'
import type { FrameworkId, OfferId } from '../../model/ids.ts'
import { add, allocatedTo, subtract } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import type { AllocationGrant } from '../allocator/types.ts'
import { offerMessage } from './messages.ts'
import type { Agent, Framework, Gang, Offer } from './records.ts'
import type { State } from './state.ts'
import { grantOf } from './tasks.ts'
import { topologyOf } from './topology.ts'

/** What an absent or negative refuse_seconds means, and the most that counts; both as in Mesos. */
export const refuseDefaultMs = 5_000
export const refuseMaxMs = 365 * 24 * 3_600_000
/** Clients refuse events of 4 MiB; estimates of an event's size are kept below half of it. */
export const offersEventBytesMax = 2 * 1024 * 1024
/** What an offer adds to an event besides its agent's info, and for each resource. */
const offerBytes = 1_024
const resourceBytes = 512

/** Parts of a round between which gangs have their turn; each costs another look at the machines. */
const slicesBesideGangs = 16

/** A round, or a slice of one: all that is granted is offered, per framework in as few events as the bounds allow. */
export function makeOffers(state: State): void {
  state.counters.addAllocation()
  const byFramework = new Map<FrameworkId, Offer[]>()
  const { allocator, nowMs, random, config } = state
  for (const grant of allocator.allocate(nowMs, random, agentsOfSlice(state), config.pairsPerSliceMax)) {
    const offer = bookOffer(state, grant, null)
    const list = byFramework.get(offer.frameworkId)
    if (list === undefined) byFramework.set(offer.frameworkId, [offer])
    else list.push(offer)
  }
  for (const [id, offers] of byFramework) tellOffers(state, frameworkOf(state, id), offers)
}

/** While a gang waits for its turn, slices are short: it comes after each, and others get no more than that before it. */
function agentsOfSlice({ isGangInLine, agents, config }: State): number {
  if (!isGangInLine) return config.agentsPerSliceMax
  return Math.min(config.agentsPerSliceMax, Math.ceil(agents.size / slicesBesideGangs))
}

/** What is granted becomes an offer, to be told, or to be kept for a gang. */
export function bookOffer(state: State, grant: AllocationGrant, keptFor: Gang | null): Offer {
  const { frameworkId, agentId, role } = grant
  const id = `${state.config.masterId}-O${state.nextOffer++}` as OfferId
  const resources = allocatedTo(grant.resources, role)
  const offer: Offer = { id, frameworkId, agentId, role, resources, sentMs: state.nowMs, keptFor }
  const agent = agentOf(state, offer)
  state.offers.set(id, offer)
  frameworkOf(state, frameworkId).offers.add(id)
  agent.offers.add(id)
  agent.offered = add(agent.offered, resources)
  if (keptFor === null) watchOffer(state, offer)
  return offer
}

function watchOffer(state: State, { id }: Offer): void {
  const { offerTimeoutMs } = state.config
  if (offerTimeoutMs !== null) state.timers.set(`offer:${id}`, state.nowMs + offerTimeoutMs)
}

/** What was kept for a gang is all there: told as one event. */
export function tellGang(state: State, framework: Framework, gangId: string, offers: readonly Offer[]): void {
  for (const offer of offers) {
    offer.keptFor = null
    offer.sentMs = state.nowMs
    watchOffer(state, offer)
  }
  let bytes = offers.reduce((sum, offer) => sum + plainSizeOf(state, offer), 0)
  const messages = offers.map((offer) => {
    const agent = agentOf(state, offer)
    const { message, sizeBytes } = topologyOf(agent, offer.resources)
    bytes += sizeBytes
    // The event cannot be cut: beyond its bound the offers say less.
    return offerMessage(framework, agent, offer, bytes > offersEventBytesMax ? undefined : message)
  })
  state.tell(framework, { type: 'OFFERS', offers: { offers: messages, gang: { id: gangId, complete: true } } })
  state.log('info', 'gang.offered', 'machines were offered together', {
    frameworkId: framework.id,
    gang: gangId,
    offers: offers.length,
  })
}

function tellOffers(state: State, framework: Framework, offers: readonly Offer[]): void {
  let batch: OfferMessage[] = []
  let bytes = 0
  const flush = () => {
    if (batch.length > 0) state.tell(framework, { type: 'OFFERS', offers: { offers: batch } })
    batch = []
    bytes = 0
  }
  for (const offer of offers) {
    const agent = agentOf(state, offer)
    const topology = topologyOf(agent, offer.resources)
    const size = plainSizeOf(state, offer) + topology.sizeBytes
    if (batch.length >= state.config.offersPerEventMax || bytes + size > offersEventBytesMax) flush()
    batch.push(offerMessage(framework, agent, offer, topology.message))
    bytes += size
  }
  flush()
  state.log('debug', 'offer.sent', 'resources were offered', { frameworkId: framework.id, offers: offers.length })
}

/** An upper estimate of what the offer takes in an event, its topology aside. */
function plainSizeOf(state: State, offer: Offer): number {
  return offerBytes + agentOf(state, offer).infoSizeBytes + offer.resources.length * resourceBytes
}

/** Takes the offer out of all books; what it holds stays allocated to its framework until somebody gives it back. */
export function takeOffer(state: State, offer: Offer): void {
  const agent = agentOf(state, offer)
  state.offers.delete(offer.id)
  offer.keptFor?.kept.delete(offer.agentId)
  state.timers.clear(`offer:${offer.id}`)
  frameworkOf(state, offer.frameworkId).offers.delete(offer.id)
  agent.offers.delete(offer.id)
  agent.offered = subtract(agent.offered, offer.resources)
}

/** Ends the offer and gives its resources back, with a filter when the framework itself refused them. */
export function dropOffer(state: State, offer: Offer, refuseMs: number | null): void {
  takeOffer(state, offer)
  state.allocator.recover(grantOf(offer), refuseMs, state.nowMs)
}

/** Nobody answered in time: others are asked about its machine first, as if it had been refused for no time. */
export function expireOffer(state: State, offer: Offer): void {
  rescindOffer(state, offer, 0)
}

/** Ends the offer and tells its framework. */
export function rescindOffer(state: State, offer: Offer, refuseMs: number | null = null): void {
  dropOffer(state, offer, refuseMs)
  if (offer.keptFor !== null) return
  const framework = frameworkOf(state, offer.frameworkId)
  state.tell(framework, { type: 'RESCIND', rescind: { offer_id: { value: offer.id } } })
  state.log('debug', 'offer.rescinded', 'an offer was taken back', { frameworkId: framework.id, offerId: offer.id })
}

export function rescindOffersOf(state: State, agent: Agent): void {
  for (const id of [...agent.offers]) rescindOffer(state, offerOf(state, id))
}

/** The framework is gone, replaced or left: nobody is told. */
export function dropOffersOf(state: State, framework: Framework): void {
  for (const id of [...framework.offers]) dropOffer(state, offerOf(state, id), null)
}

export function declineOffers(
  state: State,
  framework: Framework,
  ids: readonly { readonly value: string }[],
  filters: Filters | undefined,
): void {
  const refuseMs = refuseMsOf(filters)
  for (const { value } of ids) {
    const offer = state.offers.get(value as OfferId)
    if (offer?.frameworkId === framework.id && offer.keptFor === null) dropOffer(state, offer, refuseMs)
  }
}

/** How long what is refused is not offered again. */
export function refuseMsOf(filters: Filters | undefined): number {
  const seconds = filters?.refuse_seconds
  if (seconds === undefined || !(seconds >= 0)) return refuseDefaultMs
  return Math.min(refuseMaxMs, Math.round(seconds * 1000))
}

function offerOf(state: State, id: OfferId): Offer {
  const offer = state.offers.get(id)
  invariant(offer !== undefined, 'an offer that is listed exists', { id })
  return offer
}

function agentOf(state: State, offer: Offer): Agent {
  const agent = state.agents.get(offer.agentId)
  invariant(agent !== undefined, 'an offer is of a registered agent', { offerId: offer.id })
  return agent
}

function frameworkOf(state: State, id: FrameworkId): Framework {
  const framework = state.frameworks.get(id)
  invariant(framework !== undefined, 'offers are made to known frameworks', { id })
  return framework
}
