// Names that differ between the v1 API and the classic endpoints, and what kind of state a task's state is.
// It does not know what an endpoint shows.

import { enums } from './schema.ts'
import type { TaskState } from './types.ts'

/** All task states, in the order of the API's definition. */
export const taskStates = Object.keys(enums['mesos.v1.TaskState'] ?? {}) as readonly TaskState[]

/** A task in one of these runs no more and never will; its resources are free. */
export const terminalStates: ReadonlySet<TaskState> = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
])

export function isTerminal(state: TaskState): boolean {
  return terminalStates.has(state)
}

/** What a framework without PARTITION_AWARE is told instead: these states came with that capability. */
export function stateForUnaware(state: TaskState): TaskState {
  switch (state) {
    case 'TASK_DROPPED':
    case 'TASK_UNREACHABLE':
    case 'TASK_GONE':
    case 'TASK_GONE_BY_OPERATOR':
    case 'TASK_UNKNOWN':
      return 'TASK_LOST'
    default:
      return state
  }
}

/** A field, reason or source as the classic endpoints call it: `agent_id` is `slave_id` there. */
export function classicName(name: string): string {
  return name
    .replace(/^agent(?=_|$)/, 'slave')
    .replace(/^REASON_AGENT_/, 'REASON_SLAVE_')
    .replace(/^SOURCE_AGENT$/, 'SOURCE_SLAVE')
}
