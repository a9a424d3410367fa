// Statuses of tasks: those that the master makes itself, how a status enters a task's record, and how it reaches the
// framework. A status without uuid wants no acknowledgement (Mesos include/mesos/v1/mesos.proto).

import { stateForUnaware } from '../../mesos/names.ts'
import type { TaskState, TaskStatus, TaskStatusReason, TaskStatusSource } from '../../mesos/types.ts'
import { tellOperators } from './operators.ts'
import { type Framework, isPartitionAware, type Task } from './records.ts'
import type { State } from './state.ts'

/** Statuses that a task's record keeps; beyond it the oldest goes, but never the first RUNNING one. */
export const statusesPerTaskMax = 16

export type StatusFacts = {
  readonly state: TaskState
  readonly reason: TaskStatusReason
  readonly message: string
  readonly source?: TaskStatusSource
  readonly unreachableSinceMs?: number
}

/** A status in the master's own words for a framework: without PARTITION_AWARE it hears TASK_LOST for newer states. */
export function masterStatus(
  state: State,
  framework: Framework,
  task: { readonly id: string; readonly agentId: string | null },
  facts: StatusFacts,
): TaskStatus {
  return {
    task_id: { value: task.id },
    state: isPartitionAware(framework) ? facts.state : stateForUnaware(facts.state),
    source: facts.source ?? 'SOURCE_MASTER',
    reason: facts.reason,
    message: facts.message,
    ...(task.agentId === null ? {} : { agent_id: { value: task.agentId } }),
    timestamp: state.nowMs / 1000,
    ...(facts.unreachableSinceMs === undefined
      ? {}
      : { unreachable_time: { nanoseconds: BigInt(facts.unreachableSinceMs) * 1_000_000n } }),
  }
}

/** A status that says no more than how the task is, as far as its framework was told: the agent may know of more. */
export function heldStatus(state: State, framework: Framework, task: Task, message: string): TaskStatus {
  const last = task.status
  const latest = last?.state ?? 'TASK_STAGING'
  return {
    ...masterStatus(state, framework, task, { state: latest, reason: 'REASON_RECONCILIATION', message }),
    ...(last?.executor_id === undefined ? {} : { executor_id: last.executor_id }),
    ...(last?.healthy === undefined ? {} : { healthy: last.healthy }),
    ...(last?.check_status === undefined ? {} : { check_status: last.check_status }),
    ...(last?.container_status === undefined ? {} : { container_status: last.container_status }),
  }
}

/** Sends an UPDATE; a framework that is not there hears it from the agent again, or asks by reconciliation. */
export function forward(state: State, framework: Framework, status: TaskStatus): void {
  state.tell(framework, { type: 'UPDATE', update: { status } })
}

/** Makes `status` the newest of the task and shows it to operators. */
export function recordStatus(state: State, task: Task, status: TaskStatus): void {
  task.status = status
  const { data: _data, ...kept } = status
  task.statuses.push(kept)
  if (task.statuses.length > statusesPerTaskMax) {
    const isRunning = (it: TaskStatus | undefined) => it?.state === 'TASK_RUNNING'
    const firstRunning = task.statuses.findIndex(isRunning)
    task.statuses.splice(firstRunning === 0 ? 1 : 0, 1)
  }
  tellTaskUpdated(state, task)
}

export function tellTaskUpdated(state: State, task: Task): void {
  const { status } = task
  if (status === null) return
  tellOperators(state, () => ({
    type: 'TASK_UPDATED',
    task_updated: { framework_id: { value: task.frameworkId }, status, state: task.latestState },
  }))
}
