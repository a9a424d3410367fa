// Monotonic counters under the metric names of Mesos docs/monitoring.md, all present from the start.
// It does not know who reads them.

import { terminalStates } from '../../mesos/names.ts'
import type { TaskState, TaskStatus } from '../../mesos/types.ts'

const names = [
  'dropped_messages',
  'messages_register_framework',
  'messages_reregister_framework',
  'messages_unregister_framework',
  'messages_deactivate_framework',
  'messages_update_framework',
  'messages_launch_tasks',
  'messages_decline_offers',
  'messages_revive_offers',
  'messages_suppress_offers',
  'messages_kill_task',
  'messages_reconcile_tasks',
  'messages_resource_request',
  'messages_framework_to_executor',
  'messages_reconcile_operations',
  'messages_operation_status_update',
  'messages_operation_status_update_acknowledgement',
  'messages_status_update',
  'messages_status_update_acknowledgement',
  'valid_status_updates',
  'invalid_status_updates',
  'valid_status_update_acknowledgements',
  'invalid_status_update_acknowledgements',
  'messages_register_slave',
  'messages_reregister_slave',
  'slave_registrations',
  'slave_reregistrations',
  'slave_removals',
  'slave_removals/reason_unhealthy',
  'slave_removals/reason_registered',
  'slave_unreachable_completed',
  'recovery_slave_removals',
] as const

export type CounterName = (typeof names)[number]

/** Rounds of offers, or slices of them. */
export const allocationRuns = 'allocator/mesos/allocation_runs'

export class Counters {
  readonly #values = new Map<string, number>()

  constructor() {
    for (const name of names) this.#values.set(`master/${name}`, 0)
    for (const state of terminalStates) this.#values.set(`master/${stateName(state)}`, 0)
    this.#values.set('master/tasks_unreachable', 0)
    this.#values.set(allocationRuns, 0)
  }

  add(name: CounterName): void {
    this.#add(`master/${name}`)
  }

  addAllocation(): void {
    this.#add(allocationRuns)
  }

  /** A task, or one that was refused, reached a state that counts. */
  addTask(state: TaskState, status: Pick<TaskStatus, 'source' | 'reason'>): void {
    this.#add(`master/${stateName(state)}`)
    if (status.source === undefined || status.reason === undefined) return
    this.#add(
      `master/task_${state.slice(5).toLowerCase()}/${status.source.toLowerCase()}/${status.reason.toLowerCase()}`,
    )
  }

  get values(): ReadonlyMap<string, number> {
    return this.#values
  }

  #add(name: string): void {
    this.#values.set(name, (this.#values.get(name) ?? 0) + 1)
  }
}

function stateName(state: TaskState): string {
  return `tasks_${state.slice('TASK_'.length).toLowerCase()}`
}
