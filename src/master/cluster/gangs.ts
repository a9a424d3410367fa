// Gangs: a framework asked by REQUEST for several machines at once.

import type { SchedulerCallRequest } from '../../mesos/types.ts'
import type { Framework } from './records.ts'
import type { State } from './state.ts'

/** Takes the wishes of a REQUEST, or says why one of them cannot be taken. */
export function request(_state: State, _framework: Framework, _call: SchedulerCallRequest): string | null {
  return null
}

/** After a round: tries to bring gangs together. */
export function assembleGangs(_state: State): void {}

/** The time of a gang is over. */
export function gangDue(_state: State, _key: string): void {}
