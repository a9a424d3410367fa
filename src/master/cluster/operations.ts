// Operations on resources: reservations and volumes, by frameworks in ACCEPT and by operators.

import type { OfferOperation, SchedulerCallAcknowledgeOperationStatus } from '../../mesos/types.ts'
import type { OperationUpdate } from '../../wire/messages.ts'
import type { Room } from './launch.ts'
import type { Agent, Framework } from './records.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** One operation of an ACCEPT that launches nothing; the reason why it is refused, or null. */
export function performOperation(_state: State, _room: Room, operation: OfferOperation): string | null {
  return `the operation ${operation.type} is not supported by this version`
}

/** RESERVE_RESOURCES, CREATE_VOLUMES … of an operator. */
export function operate(state: State, input: Extract<ClusterInput, { kind: 'operate' }>): void {
  state.reply(input.requestId, 501)
}

/** An agent tells what became of an operation. */
export function onOperationUpdate(_state: State, _agent: Agent, _message: OperationUpdate): void {}

/** A framework has seen what became of its operation. */
export function acknowledgeOperation(
  _state: State,
  _framework: Framework,
  _call: SchedulerCallAcknowledgeOperationStatus,
): void {}
