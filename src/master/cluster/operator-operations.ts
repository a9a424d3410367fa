// Operators' operations on what is free of an agent (Mesos src/master/http.cpp, `_operation`): reservations and
// volumes. What is offered is taken back as far as it is needed, and only when that is enough; what is used stays.

import { allocatedTo, contains, overlap, type Resources, resources, subtract } from '../../model/resources.ts'
import { rescindOffer } from './offers.ts'
import { planOperation } from './operation-plan.ts'
import { beginOperation, rescindOffersWith } from './operations.ts'
import type { Agent, Offer } from './records.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** Replied 202; 400 when it may not be done, 409 when not all of what it takes can be made free. */
export function operate(state: State, input: Extract<ClusterInput, { kind: 'operate' }>): void {
  const { requestId, agentId, operation, principal } = input
  const agent = state.agents.get(agentId)
  if (agent === undefined) return state.reply(requestId, 400, `there is no agent '${agentId}'`)
  if (operation.id !== undefined) return state.reply(requestId, 400, `an operator's operation has no 'id'`)
  const plan = planOperation(state, agent, { framework: null, role: null, principal }, operation)
  if (!plan.ok) {
    return state.reply(requestId, plan.fault.code === 'RESOURCES_MISSING' ? 409 : 400, plan.fault.message)
  }
  // Nothing would reach it, and it will say anew what it has.
  if (agent.link === null) return state.reply(requestId, 409, 'the agent is disconnected')
  const { info, change } = plan.value
  const { consumed, converted, total } = change
  if (!makeFree(state, agent, consumed)) {
    return state.reply(requestId, 409, 'what the operation takes is in use, also when all offers are taken back')
  }
  if (!state.allocator.convertFree(agent.id, consumed, converted)) {
    return state.reply(requestId, 409, 'what the operation takes is not free')
  }
  agent.total = total
  beginOperation(state, { agent, frameworkId: null, id: null, info, waiting: null })
  state.isAllocationUrgent = true
  state.reply(requestId, 202)
}

/** Takes back offers until all of it is free; false, with nothing taken back, when that cannot be. */
function makeFree(state: State, agent: Agent, wanted: Resources): boolean {
  const offers = [...agent.offers].flatMap((id) => state.offers.get(id) ?? [])
  const free = state.allocator.available(agent.id)
  if (!contains(resources([...free, ...offers.flatMap(offered)]), wanted)) return false
  const shared = wanted.filter((item) => item.shared === true)
  if (shared.length > 0) rescindOffersWith(state, agent, shared)
  for (const offer of offers) {
    const missing = lacking(state, agent, wanted)
    if (missing.length === 0) return true
    if (state.offers.has(offer.id) && overlap(offered(offer), missing).length > 0) rescindOffer(state, offer)
  }
  return lacking(state, agent, wanted).length === 0
}

function offered(offer: Offer): Resources {
  return allocatedTo(offer.resources, undefined)
}

function lacking(state: State, agent: Agent, wanted: Resources): Resources {
  return subtract(wanted, overlap(wanted, state.allocator.available(agent.id)))
}
