// Reconciliation (Mesos docs/reconciliation.md): what the master knows of tasks and operations that a framework asks
// about. No answer means: ask again. Nothing changes by asking.

import type {
  OperationState,
  SchedulerCallReconcile,
  SchedulerCallReconcileOperations,
  TaskStatus,
} from '../../mesos/types.ts'
import type { AgentId, TaskId } from '../../model/ids.ts'
import { isRegistering } from './handshake.ts'
import type { Framework, Task } from './records.ts'
import type { State } from './state.ts'
import { forward, masterStatus, type StatusFacts } from './statuses.ts'

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
  const last = task.status
  const status: TaskStatus = {
    ...masterStatus(state, framework, task, {
      state: last?.state ?? 'TASK_STAGING',
      reason: 'REASON_RECONCILIATION',
      message: 'the latest state of the task',
    }),
    ...(last?.executor_id === undefined ? {} : { executor_id: last.executor_id }),
    ...(last?.healthy === undefined ? {} : { healthy: last.healthy }),
    ...(last?.check_status === undefined ? {} : { check_status: last.check_status }),
    ...(last?.container_status === undefined ? {} : { container_status: last.container_status }),
  }
  forward(state, framework, status)
}

/** This version carries out no operations, so that it knows none: what the agent tells is all there is. */
export function reconcileOperations(state: State, framework: Framework, call: SchedulerCallReconcileOperations): void {
  for (const { operation_id, agent_id } of call.operations ?? []) {
    state.tell(framework, {
      type: 'UPDATE_OPERATION_STATUS',
      update_operation_status: {
        status: {
          operation_id,
          state: operationState(state, agent_id?.value as AgentId | undefined),
          message: 'the operation is not known',
          ...(agent_id === undefined ? {} : { agent_id }),
        },
      },
    })
  }
}

function operationState(state: State, agentId: AgentId | undefined): OperationState {
  if (agentId === undefined) return 'OPERATION_UNKNOWN'
  if (state.recovered.has(agentId)) return 'OPERATION_RECOVERING'
  if (state.unreachable.has(agentId)) return 'OPERATION_UNREACHABLE'
  return state.gone.has(agentId) ? 'OPERATION_GONE_BY_OPERATOR' : 'OPERATION_UNKNOWN'
}
