// What is wrong with a scheduler call that the message alone can tell (Mesos src/master/validation.cpp), before
// anything is known about its framework.

import type { SchedulerCall, SchedulerCallType } from '../../mesos/types.ts'

/** The field that must be set for a type of call. */
const bodyOf: Readonly<Partial<Record<SchedulerCallType, keyof SchedulerCall>>> = {
  SUBSCRIBE: 'subscribe',
  ACCEPT: 'accept',
  DECLINE: 'decline',
  ACCEPT_INVERSE_OFFERS: 'accept_inverse_offers',
  DECLINE_INVERSE_OFFERS: 'decline_inverse_offers',
  KILL: 'kill',
  SHUTDOWN: 'shutdown',
  ACKNOWLEDGE: 'acknowledge',
  ACKNOWLEDGE_OPERATION_STATUS: 'acknowledge_operation_status',
  RECONCILE: 'reconcile',
  RECONCILE_OPERATIONS: 'reconcile_operations',
  MESSAGE: 'message',
  REQUEST: 'request',
  UPDATE_FRAMEWORK: 'update_framework',
}

const uuidBytes = 16

/** Why the call can be refused without asking the cluster, a sentence; null when it cannot. */
export function schedulerCallError(call: SchedulerCall): string | null {
  if (call.type === undefined) return 'call.type is required and must be the name of a call'
  const body = bodyOf[call.type]
  if (body !== undefined && call[body] === undefined) return `call.${body} is required in a call of type ${call.type}`
  if (call.type === 'SUBSCRIBE') {
    const inner = call.subscribe?.framework_info.id?.value ?? ''
    const outer = call.framework_id?.value ?? ''
    return inner === outer ? null : 'call.framework_id differs from call.subscribe.framework_info.id'
  }
  if (call.type === 'UNKNOWN') return null
  if (call.framework_id === undefined) return `call.framework_id is required in a call of type ${call.type}`
  if (call.acknowledge !== undefined) return uuidError('acknowledge', call.acknowledge.uuid)
  if (call.acknowledge_operation_status !== undefined) {
    const { uuid, agent_id } = call.acknowledge_operation_status
    if (agent_id === undefined) return 'call.acknowledge_operation_status.agent_id is required'
    return uuidError('acknowledge_operation_status', uuid)
  }
  return null
}

function uuidError(field: string, uuid: Uint8Array): string | null {
  return uuid.length === uuidBytes ? null : `call.${field}.uuid must be ${uuidBytes} bytes, not ${uuid.length}`
}
