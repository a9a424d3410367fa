// Operations on resources (Mesos src/master/master.cpp, `_accept` and `apply`): reservations and volumes. What a
// framework does in an ACCEPT is here, and how any operation begins: in the books, and on its way to the agent.
//
//   RESERVE UNRESERVE CREATE DESTROY   are taken for done at once: what follows in the same ACCEPT can use the result
//   GROW_VOLUME SHRINK_VOLUME          wait for the agent; what they take is held until then (operation-updates.ts)

import { toJsonValue } from '../../mesos/json.ts'
import type { Applied } from '../../mesos/operations.ts'
import type { OfferOperation } from '../../mesos/types.ts'
import { type FrameworkId, idError, type OperationUuid } from '../../model/ids.ts'
import { uuidText } from '../../model/random.ts'
import { add, allocatedTo, overlap, type Resources, subtract } from '../../model/resources.ts'
import { sendToAgent } from './link.ts'
import { rescindOffer } from './offers.ts'
import { planOperation } from './operation-plan.ts'
import type { Agent, Framework, Operation } from './records.ts'
import { putInto, type Room, shortageIn, takeFrom } from './room.ts'
import type { State } from './state.ts'

/** One operation of an ACCEPT that launches nothing; the reason why it is refused, or null. */
export function performOperation(state: State, room: Room, operation: OfferOperation): string | null {
  const { framework, agent, role } = room
  const id = operation.id?.value ?? null
  const error = id === null ? null : feedbackError(state, framework, agent, id)
  if (error !== null) return error
  const plan = planOperation(state, agent, { framework, role, principal: framework.principal }, operation)
  if (!plan.ok) return plan.fault.message
  const { info, change } = plan.value
  const held = allocatedTo(change.consumed, role)
  const shortage = shortageIn(room, held)
  if (shortage !== null) return shortage
  const parts = { agent, frameworkId: framework.id, id, info }
  if (info.type === 'GROW_VOLUME' || info.type === 'SHRINK_VOLUME') {
    takeFrom(state, room, held)
    agent.used = add(agent.used, held)
    const { consumed, converted } = change
    const holder = { frameworkId: framework.id, role }
    beginOperation(state, { ...parts, waiting: { holder, held, consumed, converted } })
    return null
  }
  if (info.type === 'DESTROY') takeCopiesBack(state, room, change.consumed)
  convert(state, room, change)
  beginOperation(state, { ...parts, waiting: null })
  return null
}

/** In the books, and on its way to the agent. */
export function beginOperation(
  state: State,
  parts: Pick<Operation, 'id' | 'info' | 'waiting'> & {
    readonly agent: Agent
    readonly frameworkId: FrameworkId | null
  },
): void {
  const { agent, frameworkId, id, info, waiting } = parts
  const uuid = uuidText(state.random.bytes16()) as OperationUuid
  state.operations.add({
    uuid,
    agentId: agent.id,
    frameworkId,
    id,
    info,
    status: {
      ...(id === null ? {} : { operation_id: { value: id } }),
      state: 'OPERATION_PENDING',
      agent_id: { value: agent.id },
    },
    statuses: [],
    waiting,
    isAbandoned: false,
  })
  sendToAgent(state, agent, {
    kind: 'applyOperation',
    operationUuid: uuid,
    frameworkId,
    operationId: id,
    operation: toJsonValue('mesos.v1.Offer.Operation', info),
  })
  state.log('info', 'operation.accepted', 'an operation was accepted', {
    agentId: agent.id,
    frameworkId,
    operation: info.type,
    operationUuid: uuid,
  })
}

/** Takes back every offer of the agent that shows one of these (without allocation). */
export function rescindOffersWith(state: State, agent: Agent, items: Resources): void {
  for (const id of [...agent.offers]) {
    const offer = state.offers.get(id)
    if (offer !== undefined && overlap(allocatedTo(offer.resources, undefined), items).length > 0) {
      rescindOffer(state, offer)
    }
  }
}

function feedbackError(state: State, framework: Framework, agent: Agent, id: string): string | null {
  const error = idError(id)
  if (error !== null) return `operation id: ${error}`
  const canTell = ['AGENT_OPERATION_FEEDBACK', 'RESOURCE_PROVIDER'].some((it) => agent.capabilities.includes(it))
  if (!canTell) return 'an operation with an id needs the agent capability AGENT_OPERATION_FEEDBACK'
  return state.operations.find(framework.id, id) === undefined ? null : `operation id '${id}' is in use`
}

function convert(state: State, room: Room, { total, consumed, converted }: Applied): void {
  const { framework, agent, role } = room
  room.left = subtract(room.left, allocatedTo(consumed, role))
  putInto(room, allocatedTo(converted, role))
  state.allocator.convertHeld({ frameworkId: framework.id, agentId: agent.id, role }, consumed, converted)
  agent.total = total
}

/** A shared volume ends: nobody may keep an offer of it, nor this ACCEPT more of it than the one that is destroyed. */
function takeCopiesBack(state: State, room: Room, consumed: Resources): void {
  const shared = consumed.filter((item) => item.shared === true)
  if (shared.length === 0) return
  const { framework, agent, role } = room
  rescindOffersWith(state, agent, shared)
  const own = allocatedTo(shared, role)
  const keys = new Set(own.map(({ key }) => key))
  const spare = subtract(
    room.left.filter(({ key }) => keys.has(key)),
    own,
  )
  for (const key of keys) room.sharedKeys.delete(key)
  if (spare.length === 0) return
  room.left = subtract(room.left, spare)
  const copies = { frameworkId: framework.id, agentId: agent.id, role, resources: allocatedTo(spare, undefined) }
  state.allocator.recover(copies, null, state.nowMs)
}
