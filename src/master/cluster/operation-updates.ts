// What becomes of operations on their agents: how the master learns it, what it does to the books, who is told and who
// acknowledges.
//
//   PENDING --agent--> FINISHED | FAILED | DROPPED --acknowledged--> forgotten
//
// The framework that gave an operation an id acknowledges; for all others (without id, an operator's, of a framework
// that is gone) the master does. An agent that could not do what the master took for done has other resources than the
// master believes: its link is cut, and it says what it has when it registers again.

import { fromJsonValue } from '../../mesos/json.ts'
import type { OperationState, OperationStatus, SchedulerCallAcknowledgeOperationStatus } from '../../mesos/types.ts'
import { add, contains, subtract } from '../../model/resources.ts'
import type { MesosJson, OperationUpdate } from '../../wire/messages.ts'
import { resize, resupply } from './ending.ts'
import { sendToAgent } from './link.ts'
import { type Agent, type Framework, type Operation, uuidBase64 } from './records.ts'
import type { State } from './state.ts'

/** Statuses that an operation's record keeps; beyond it the oldest goes. */
export const statusesPerOperationMax = 8
/**
 * How long a master waits for a framework that it has never seen to acknowledge its operations, before it does so
 * itself (Mesos adopts such orphans after an hour, too).
 */
export const orphanAgeMs = 3_600_000

/** An agent tells what became of an operation. */
export function onOperationUpdate(state: State, agent: Agent, message: OperationUpdate): void {
  state.counters.add('messages_operation_status_update')
  const status = readOperationStatus(message.status)
  if (status === null) {
    state.log('debug', 'wire.dropped', 'the status of an operation was dropped', { agentId: agent.id })
    return
  }
  const operation = state.operations.get(message.operationUuid)
  if (operation === undefined || operation.agentId !== agent.id) {
    // It was acknowledged, and the agent has not heard of it yet.
    return sendAcknowledgement(state, agent, message.operationUuid, status)
  }
  learnOperation(state, agent, operation, status, 'now')
  if (!isOver(status.state)) return
  if (isAwaited(state, operation)) tellOperation(state, operation, operation.status)
  else acknowledge(state, agent, operation)
}

/** A framework has seen what became of its operation. */
export function acknowledgeOperation(
  state: State,
  framework: Framework,
  call: SchedulerCallAcknowledgeOperationStatus,
): void {
  state.counters.add('messages_operation_status_update_acknowledgement')
  const operation = state.operations.find(framework.id, call.operation_id.value)
  const agent = operation === undefined ? undefined : state.agents.get(operation.agentId)
  const isMeant =
    operation !== undefined &&
    operation.agentId === call.agent_id?.value &&
    isOver(operation.status.state) &&
    uuidBase64(operation.status.uuid?.value) === uuidBase64(call.uuid)
  // An agent that is away tells it again when it is back.
  if (!isMeant || agent === undefined || agent.link === null) return
  acknowledge(state, agent, operation)
}

/** The status of an operation, or null when it is not one that an agent can give. */
export function readOperationStatus(json: MesosJson): OperationStatus | null {
  const status = fromJsonValue('mesos.v1.OperationStatus', json)
  return status.ok && status.value.uuid?.value.length === 16 ? status.value : null
}

/**
 * Takes a status for the newest one. `now`: the agent goes on with what it has; `registered`: it has just said what it
 * has, so that nothing is left to be done to its total.
 */
export function learnOperation(
  state: State,
  agent: Agent,
  operation: Operation,
  status: OperationStatus,
  when: 'now' | 'registered',
): void {
  const known = operation.status
  const isRepeated = known.state === status.state && uuidBase64(known.uuid?.value) === uuidBase64(status.uuid?.value)
  if (!isRepeated) recordStatus(operation, status)
  if (isOver(known.state) || !isOver(status.state)) return
  state.log(status.state === 'OPERATION_FINISHED' ? 'info' : 'warn', 'operation.ended', 'an operation ended', {
    agentId: agent.id,
    frameworkId: operation.frameworkId,
    operation: operation.info.type,
    operationUuid: operation.uuid,
    state: status.state,
    remote: { message: status.message },
  })
  if (when === 'registered') return
  const isDone = status.state === 'OPERATION_FINISHED'
  if (operation.waiting !== null) endWaiting(state, agent, operation, isDone)
  else if (!isDone) distrust(state, agent)
}

/** Acknowledges in place of a framework that never will. */
export function acknowledgeUnawaited(state: State, agent: Agent, operation: Operation): void {
  if (isOver(operation.status.state) && !isAwaited(state, operation)) acknowledge(state, agent, operation)
}

/** Tells the framework that asked for it; one that is not there hears it from the agent again, or asks. */
export function tellOperation(state: State, { id, frameworkId }: Operation, status: OperationStatus): void {
  const framework = frameworkId === null ? undefined : state.frameworks.get(frameworkId)
  if (id === null || framework === undefined) return
  state.tell(framework, { type: 'UPDATE_OPERATION_STATUS', update_operation_status: { status } })
}

/** A status in the master's own words: it wants no acknowledgement. */
export function masterOperationStatus(operation: Operation, what: OperationState, message: string): OperationStatus {
  return {
    ...(operation.id === null ? {} : { operation_id: { value: operation.id } }),
    state: what,
    message,
    agent_id: { value: operation.agentId },
  }
}

/** What waited for the agent is given back: converted, or as it was. */
export function endWaiting(state: State, agent: Agent, operation: Operation, isConverted: boolean): void {
  if (operation.waiting === null) return
  const { holder, held, consumed, converted } = operation.waiting
  operation.waiting = null
  agent.used = subtract(agent.used, held)
  const isThere = contains(agent.total, consumed)
  if (isConverted && isThere) agent.total = add(subtract(agent.total, consumed), converted)
  state.isAllocationUrgent = true
  if (holder === null) {
    agent.endingUsed = subtract(agent.endingUsed, held)
    resize(state, agent)
  } else {
    const place = { ...holder, agentId: agent.id }
    if (isConverted && isThere) state.allocator.convertHeld(place, consumed, converted)
    const resources = isConverted && isThere ? converted : consumed
    state.allocator.recover({ ...place, resources }, null, state.nowMs)
    resupply(state, agent)
  }
  if (isConverted && !isThere) distrust(state, agent)
}

export function isOver(what: OperationState): boolean {
  return what !== 'OPERATION_PENDING' && what !== 'OPERATION_RECOVERING' && what !== 'OPERATION_UNREACHABLE'
}

function acknowledge(state: State, agent: Agent, operation: Operation): void {
  sendAcknowledgement(state, agent, operation.uuid, operation.status)
  state.operations.remove(operation)
  if (agent.drain !== null) state.emptied.add(agent)
}

function sendAcknowledgement(
  state: State,
  agent: Agent,
  operationUuid: Operation['uuid'],
  status: OperationStatus,
): void {
  if (status.uuid === undefined) return
  sendToAgent(state, agent, { kind: 'acknowledgeOperation', operationUuid, statusUuid: uuidBase64(status.uuid.value) })
}

/** Whether a framework asked to be told, and is there or may still come. */
function isAwaited(state: State, { id, frameworkId, isAbandoned }: Operation): boolean {
  if (id === null || frameworkId === null || isAbandoned || state.completedFrameworks.has(frameworkId)) return false
  return state.frameworks.has(frameworkId) || state.nowMs - state.startedMs <= orphanAgeMs
}

function recordStatus(operation: Operation, status: OperationStatus): void {
  // Whose it is, is the master's to say.
  const { operation_id: _id, resource_provider_id: _provider, ...rest } = status
  const placed = { ...rest, agent_id: { value: operation.agentId } }
  operation.status = operation.id === null ? placed : { ...placed, operation_id: { value: operation.id } }
  operation.statuses.push(operation.status)
  if (operation.statuses.length > statusesPerOperationMax) operation.statuses.shift()
}

function distrust(state: State, agent: Agent): void {
  state.cuts.set(agent, 'an agent could not do what was taken for done; it has to say what it has')
}
