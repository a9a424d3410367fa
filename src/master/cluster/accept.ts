// ACCEPT (`_accept` in Mesos src/master/master.cpp), step by step: offers that are not all good cost all of them; then
// the operations in order, each on what the ones before left; what is left in the end counts as declined. A step that
// fails does not stop the next. Offers of an agent that went away were taken back when it went, so that they count as
// unknown here.

import type { OfferOperation, SchedulerCallAccept, TaskInfo } from '../../mesos/types.ts'
import { operationError } from '../../mesos/validate-operation.ts'
import type { OfferId } from '../../model/ids.ts'
import { add, noResources, overlap, type Resources, subtract } from '../../model/resources.ts'
import { launchTask, refusalLengthMax, refuseGroup, refuseTask } from './launch.ts'
import { dropOffer, refuseMsOf, takeOffer } from './offers.ts'
import { performOperation } from './operations.ts'
import type { Framework, Offer } from './records.ts'
import { openRefusals } from './refusals.ts'
import { openRoom, type Room } from './room.ts'
import type { State } from './state.ts'
import { forward, masterStatus } from './statuses.ts'
import { grantOf } from './tasks.ts'

export function accept(state: State, framework: Framework, call: SchedulerCallAccept): void {
  const operations = call.operations ?? []
  const refusals = openRefusals(state, framework.id)
  if (operations.length > 0) state.counters.add('messages_launch_tasks')
  else state.counters.add('messages_decline_offers')
  const { offers, problem } = findOffers(state, framework, call.offer_ids ?? [])
  const [first] = offers
  const agent = first === undefined ? undefined : state.agents.get(first.agentId)
  if (problem !== null || first === undefined || agent === undefined) {
    for (const offer of offers) dropOffer(state, offer, null)
    const why = problem ?? 'the offers are no longer there'
    for (const operation of operations) refuseOperation(state, { framework, refusals }, operation, why)
    return refusals.close()
  }
  let offered: Resources = noResources
  for (const offer of offers) {
    takeOffer(state, offer)
    offered = add(offered, offer.resources)
  }
  const room = openRoom({ framework, agent, role: first.role, refusals }, offered)
  for (const operation of operations) perform(state, room, operation)
  refusals.close()
  giveBack(state, room, offered, refuseMsOf(call.filters))
}

/** What is left as it was offered counts as declined; what an operation changed is worth offering again at once. */
function giveBack(state: State, { framework, agent, role, left }: Room, offered: Resources, refuseMs: number): void {
  const place = { frameworkId: framework.id, agentId: agent.id, role }
  const declined = overlap(left, offered)
  const changed = subtract(left, declined)
  if (declined.length > 0) state.allocator.recover(grantOf({ ...place, resources: declined }), refuseMs, state.nowMs)
  if (changed.length === 0) return
  state.allocator.recover(grantOf({ ...place, resources: changed }), null, state.nowMs)
  state.isAllocationUrgent = true
}

/** The framework's own offers among the ids, each once, and what is wrong with the list as a whole. */
function findOffers(
  state: State,
  framework: Framework,
  ids: readonly { readonly value: string }[],
): { readonly offers: readonly Offer[]; readonly problem: string | null } {
  const offers = new Map<string, Offer>()
  let problem: string | null = ids.length === 0 ? 'no offers specified' : null
  for (const { value } of ids) {
    const offer = state.offers.get(value as OfferId)
    const isTold = offer?.frameworkId === framework.id && offer.keptFor === null
    if (!isTold) problem ??= `offer '${value}' is no longer valid`
    else if (offers.has(value)) problem ??= `offer '${value}' is listed twice`
    else offers.set(value, offer)
  }
  const all = [...offers.values()]
  if (new Set(all.map((offer) => offer.agentId)).size > 1) problem ??= 'the offers are of different agents'
  if (new Set(all.map((offer) => offer.role)).size > 1) problem ??= 'the offers are allocated to different roles'
  return { offers: all, problem }
}

function perform(state: State, room: Room, operation: OfferOperation): void {
  const error = operationError(operation)
  switch (operation.type) {
    case 'LAUNCH':
      for (const task of operation.launch?.task_infos ?? []) {
        if (error === null) launchTask(state, room, task)
        else refuseTask(state, room, task, { reason: 'REASON_TASK_INVALID', message: error })
      }
      return
    case 'LAUNCH_GROUP':
      return refuseGroup(state, room, operation, error)
    default: {
      const why = error ?? performOperation(state, room, operation)
      if (why !== null) refuseOther(state, room, operation, room.agent.id, why)
    }
  }
}

type Asked = Pick<Room, 'framework' | 'refusals'>

/** None of the offers may be used: tasks are dropped, other operations fail where somebody waits for the answer. */
function refuseOperation(state: State, asked: Asked, operation: OfferOperation, why: string): void {
  const { framework } = asked
  for (const task of tasksOf(operation)) {
    const status = masterStatus(state, framework, taskPlace(task), {
      state: 'TASK_DROPPED',
      reason: 'REASON_INVALID_OFFERS',
      message: `the task was launched with invalid offers: ${why}`,
    })
    state.counters.addTask(status.state, status)
    forward(state, framework, status)
  }
  if (operation.type !== 'LAUNCH' && operation.type !== 'LAUNCH_GROUP') {
    refuseOther(state, asked, operation, null, `the operation uses invalid offers: ${why}`)
  }
}

function refuseOther(
  state: State,
  { framework, refusals }: Asked,
  operation: OfferOperation,
  agentId: string | null,
  reason: string,
): void {
  const message = reason.slice(0, refusalLengthMax)
  refusals.log('operation', { operation: operation.type, reason: message })
  if (operation.id === undefined) return
  state.tell(framework, {
    type: 'UPDATE_OPERATION_STATUS',
    update_operation_status: {
      status: {
        operation_id: operation.id,
        state: 'OPERATION_ERROR',
        message,
        ...(agentId === null ? {} : { agent_id: { value: agentId } }),
      },
    },
  })
}

export function tasksOf(operation: OfferOperation): readonly TaskInfo[] {
  return [...(operation.launch?.task_infos ?? []), ...(operation.launch_group?.task_group.tasks ?? [])]
}

function taskPlace(task: TaskInfo): { readonly id: string; readonly agentId: string | null } {
  return { id: task.task_id.value, agentId: task.agent_id.value }
}
