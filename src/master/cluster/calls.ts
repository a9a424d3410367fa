// Scheduler calls but SUBSCRIBE: who may call (checks in the order of Mesos src/master/http.cpp), the answer, and the
// way to the file that knows the call. Everything that goes wrong after the 202 comes as an event or is dropped.

import { isTerminal } from '../../mesos/names.ts'
import type { SchedulerCall, SchedulerCallAcknowledge } from '../../mesos/types.ts'
import type { AgentId, FrameworkId, TaskId } from '../../model/ids.ts'
import { accept } from './accept.ts'
import { removeFramework } from './framework-removal.ts'
import { revive, suppress, updateFramework } from './framework-update.ts'
import { request } from './gangs.ts'
import { kill } from './kill.ts'
import { sendToAgent } from './link.ts'
import { declineOffers } from './offers.ts'
import { acknowledgeOperation } from './operation-updates.ts'
import { reconcile, reconcileOperations } from './reconcile.ts'
import { type Framework, taskKey, uuidBase64 } from './records.ts'
import type { State } from './state.ts'
import { completeTask } from './tasks.ts'
import type { ClusterInput } from './types.ts'

type Call = Extract<ClusterInput, { kind: 'call' }>

export function onCall(state: State, input: Call): void {
  const { requestId, call } = input
  const caller = callerOf(state, input)
  if ('status' in caller) return state.reply(requestId, caller.status, caller.message)
  const answer = handle(state, caller, call)
  state.reply(requestId, answer.status, answer.message)
}

type Answer = { readonly status: number; readonly message: string | null }

const accepted: Answer = { status: 202, message: null }

function callerOf(state: State, { call, streamId, principal }: Call): Framework | Answer {
  const id = call.framework_id?.value
  if (id === undefined) return { status: 400, message: 'framework_id is required' }
  const framework = state.frameworks.get(id as FrameworkId)
  if (framework === undefined) return { status: 400, message: `framework '${id}' is not known` }
  if (principal !== null && framework.principal !== principal) {
    return { status: 400, message: `principal '${principal}' is not that of framework '${id}'` }
  }
  if (framework.streamId === null) return { status: 403, message: `framework '${id}' is not subscribed` }
  if (streamId === null) return { status: 400, message: 'the Mesos-Stream-Id header is required' }
  if (streamId !== framework.streamId) {
    return { status: 400, message: 'the Mesos-Stream-Id header is not that of the live subscription' }
  }
  return framework
}

function handle(state: State, framework: Framework, call: SchedulerCall): Answer {
  const missing: Answer = { status: 400, message: `a call of type ${call.type} needs its body` }
  switch (call.type) {
    case 'TEARDOWN':
      state.counters.add('messages_unregister_framework')
      removeFramework(state, framework)
      return accepted
    case 'ACCEPT':
      if (call.accept === undefined) return missing
      accept(state, framework, call.accept)
      return accepted
    case 'DECLINE':
      if (call.decline === undefined) return missing
      state.counters.add('messages_decline_offers')
      declineOffers(state, framework, call.decline.offer_ids ?? [], call.decline.filters)
      return accepted
    case 'REVIVE':
      state.counters.add('messages_revive_offers')
      revive(state, framework, call.revive?.roles ?? [])
      return accepted
    case 'SUPPRESS':
      state.counters.add('messages_suppress_offers')
      suppress(state, framework, call.suppress?.roles ?? [])
      return accepted
    case 'KILL':
      if (call.kill === undefined) return missing
      kill(state, framework, call.kill)
      return accepted
    case 'ACKNOWLEDGE':
      if (call.acknowledge === undefined) return missing
      return acknowledge(state, framework, call.acknowledge)
    case 'RECONCILE':
      if (call.reconcile === undefined) return missing
      reconcile(state, framework, call.reconcile)
      return accepted
    case 'RECONCILE_OPERATIONS':
      if (call.reconcile_operations === undefined) return missing
      reconcileOperations(state, framework, call.reconcile_operations)
      return accepted
    case 'UPDATE_FRAMEWORK': {
      if (call.update_framework === undefined) return missing
      state.counters.add('messages_update_framework')
      const error = updateFramework(state, framework, call.update_framework)
      return error === null ? { status: 200, message: null } : { status: 400, message: error }
    }
    case 'REQUEST': {
      if (call.request === undefined) return missing
      state.counters.add('messages_resource_request')
      const error = request(state, framework, call.request)
      return error === null ? accepted : { status: 400, message: error }
    }
    case 'MESSAGE':
    case 'SHUTDOWN':
      // No task of this version has an executor that could be meant.
      state.counters.add(call.type === 'MESSAGE' ? 'messages_framework_to_executor' : 'dropped_messages')
      return accepted
    case 'ACKNOWLEDGE_OPERATION_STATUS':
      if (call.acknowledge_operation_status === undefined) return missing
      acknowledgeOperation(state, framework, call.acknowledge_operation_status)
      return accepted
    case 'ACCEPT_INVERSE_OFFERS':
    case 'DECLINE_INVERSE_OFFERS':
      // No inverse offers exist that could be meant.
      return accepted
    case 'SUBSCRIBE':
      return { status: 400, message: 'a SUBSCRIBE call opens a stream of its own' }
    default:
      return { status: 501, message: 'the type of the call is not known' }
  }
}

/** The framework has seen a status. A terminal one that was seen lets the task go. */
function acknowledge(state: State, framework: Framework, call: SchedulerCallAcknowledge): Answer {
  state.counters.add('messages_status_update_acknowledgement')
  if (call.uuid.length !== 16) return { status: 400, message: 'acknowledge.uuid must be 16 bytes' }
  const uuid = uuidBase64(call.uuid)
  const taskId = call.task_id.value as TaskId
  const agent = state.agents.get(call.agent_id.value as AgentId)
  const task = agent?.tasks.get(taskKey(framework.id, taskId))
  if (
    agent === undefined ||
    task?.status === undefined ||
    task.status === null ||
    uuidBase64(task.status.uuid) !== uuid
  ) {
    state.counters.add('invalid_status_update_acknowledgements')
    return accepted
  }
  state.counters.add('valid_status_update_acknowledgements')
  task.acknowledgedUuid = uuid
  const { data: _data, ...kept } = task.status
  task.status = kept
  sendToAgent(state, agent, { kind: 'acknowledge', frameworkId: framework.id, taskId, uuid })
  if (isTerminal(task.status.state)) completeTask(state, framework, agent, task)
  return accepted
}
