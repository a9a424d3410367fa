// What one ACCEPT is refused, in the log: the first of each kind by itself, and then how many more there were. A call may
// ask for tens of thousands of things, and every one of them gets its answer; the log is for people. It does not know
// what was refused, nor why.

import type { FrameworkId } from '../../model/ids.ts'
import type { State } from './state.ts'

/** Tasks, and as many other operations, of one ACCEPT that are logged each by itself. */
export const refusalsLoggedMax = 16

type Kind = 'task' | 'operation'

export type Refusals = {
  log(kind: Kind, fields: Readonly<Record<string, unknown>>): void
  /** When all is answered. */
  close(): void
}

export function openRefusals(state: State, frameworkId: FrameworkId): Refusals {
  const counts: Record<Kind, number> = { task: 0, operation: 0 }
  const line = (kind: Kind, fields: Readonly<Record<string, unknown>>) => {
    if (kind === 'task') state.log('info', 'task.rejected', 'a task was refused', { frameworkId, ...fields })
    else state.log('info', 'operation.rejected', 'an operation was refused', { frameworkId, ...fields })
  }
  return {
    log(kind, fields) {
      counts[kind]++
      if (counts[kind] <= refusalsLoggedMax) line(kind, fields)
    },
    close() {
      for (const kind of ['task', 'operation'] as const) {
        const more = counts[kind] - refusalsLoggedMax
        if (more > 0) line(kind, { more })
      }
    },
  }
}
