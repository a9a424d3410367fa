// Reconciliation (Mesos docs/reconciliation.md): what the master knows of tasks and operations that a framework asks
// about. No answer means: ask again. Nothing changes by asking.

import type {
  OperationStatus,
  SchedulerCallReconcile,
  SchedulerCallReconcileOperations,
  SchedulerCallReconcileOperationsOperation,
} from '../../mesos/types.ts'
import type { AgentId, TaskId } from '../../model/ids.ts'
import { isRegistering } from './handshake.ts'
import type { Framework, Task } from './records.ts'
import type { State } from './state.ts'
import { forward, heldStatus, masterStatus, type StatusFacts } from './statuses.ts'

export function reconcile(state: State, framework: Framework, call: SchedulerCallReconcile): void {
  state.counters.add('messages_reconcile_tasks')
  const asked = call.tasks ?? []
  if (asked.length === 0) for (const task of framework.tasks.values()) answerHeld(state, framework, task)
  for (const { task_id, agent_id } of asked) answerTask(state, framework, task_id.value, agent_id?.value)
}

/** The answer about one task; the first rule that fits. */
export function answerTask(state: State, framework: Framework, id: string, agentId: string | undefined): void {
  const task = framework.tasks.get(id as TaskId)
  if (task !== undefined) return answerHeld(state, framework, task)
  // Told lost because its agent is disconnected and its framework does not checkpoint: it may live, so it is not gone.
  const away = framework.unreachableTasks.get(id as TaskId)
  if (away !== undefined && state.agents.has(away.agentId)) return answerHeld(state, framework, away)
  const facts = factsAbout(state, agentId as AgentId | undefined)
  if (facts === null) return
  forward(state, framework, masterStatus(state, framework, { id, agentId: agentId ?? null }, facts))
}

/** A task that the master does not hold: what its agent tells; null while that agent may still come back with it. */
function factsAbout(state: State, agentId: AgentId | undefined): StatusFacts | null {
  const answer = (facts: Omit<StatusFacts, 'reason'>): StatusFacts => ({ reason: 'REASON_RECONCILIATION', ...facts })
  if (agentId === undefined) {
    return state.recovered.size > 0 ? null : answer({ state: 'TASK_UNKNOWN', message: 'the task is not known' })
  }
  if (state.recovered.has(agentId)) return null
  if (state.agents.has(agentId)) return answer({ state: 'TASK_GONE', message: 'the agent does not have this task' })
  const unreachable = state.unreachable.get(agentId)
  if (unreachable !== undefined) {
    if (isRegistering(state, unreachable.uid)) return null
    const unreachableSinceMs = unreachable.sinceMs
    return answer({ state: 'TASK_UNREACHABLE', message: 'the agent is unreachable', unreachableSinceMs })
  }
  if (state.gone.has(agentId)) {
    return answer({ state: 'TASK_GONE_BY_OPERATOR', message: 'the agent was marked gone by an operator' })
  }
  return answer({ state: 'TASK_UNKNOWN', message: 'neither the task nor its agent is known' })
}

/** The state that the framework was or is to be told, which may be older than the agent's newest. */
function answerHeld(state: State, framework: Framework, task: Task): void {
  forward(state, framework, heldStatus(state, framework, task, 'the latest state of the task'))
}

/** The latest status of each; those of no id are nobody's to ask for. */
export function reconcileOperations(state: State, framework: Framework, call: SchedulerCallReconcileOperations): void {
  state.counters.add('messages_reconcile_operations')
  const asked = call.operations ?? []
  const tell = (status: OperationStatus) =>
    state.tell(framework, { type: 'UPDATE_OPERATION_STATUS', update_operation_status: { status } })
  if (asked.length === 0) {
    for (const operation of state.operations.ofFramework(framework.id)) {
      if (operation.id !== null) tell(withoutUuid(operation.status))
    }
  }
  for (const one of asked) tell(operationStatus(state, framework, one))
}

function operationStatus(
  state: State,
  framework: Framework,
  { operation_id, agent_id, resource_provider_id }: SchedulerCallReconcileOperationsOperation,
): OperationStatus {
  const known = state.operations.find(framework.id, operation_id.value)
  if (known !== undefined) return withoutUuid(known.status)
  return {
    operation_id,
    ...operationFacts(state, agent_id?.value as AgentId | undefined, resource_provider_id !== undefined),
    ...(agent_id === undefined ? {} : { agent_id }),
    ...(resource_provider_id === undefined ? {} : { resource_provider_id }),
  }
}

/** An operation that the master does not hold: what its agent tells. */
function operationFacts(
  state: State,
  agentId: AgentId | undefined,
  isOfProvider: boolean,
): Pick<OperationStatus, 'state' | 'message'> {
  const unknown = { state: 'OPERATION_UNKNOWN', message: 'the operation is not known' } as const
  if (agentId === undefined) return unknown
  if (state.recovered.has(agentId)) {
    return { state: 'OPERATION_RECOVERING', message: 'the agent has not come back yet' }
  }
  if (state.agents.has(agentId)) {
    if (!isOfProvider) return unknown
    return { state: 'OPERATION_RECOVERING', message: 'the resource provider is not subscribed' }
  }
  const unreachable = state.unreachable.get(agentId)
  if (unreachable !== undefined) {
    if (isRegistering(state, unreachable.uid)) {
      return { state: 'OPERATION_RECOVERING', message: 'the agent is coming back' }
    }
    return { state: 'OPERATION_UNREACHABLE', message: 'the agent is unreachable' }
  }
  if (!state.gone.has(agentId)) return unknown
  return { state: 'OPERATION_GONE_BY_OPERATOR', message: 'the agent was marked gone by an operator' }
}

/** An answer wants no acknowledgement. */
function withoutUuid({ uuid: _uuid, ...status }: OperationStatus): OperationStatus {
  return status
}
