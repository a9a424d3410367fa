// The statuses of a task take a legal path, in order: STARTING, RUNNING, KILLING, an end. A status that came before may
// come again while it is the newest; nothing comes after the end.

import { isTerminal } from '../../../src/mesos/names.ts'
import type { TaskState, TaskStatus } from '../../../src/mesos/types.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'

type Seen = { readonly uuids: Set<string>; newest: string; rank: number; states: TaskState[] }

export function statusOrder(): Observer {
  const tasks = new Map<string, Seen>()
  return (fact: Fact) => {
    if (fact.kind !== 'statusSeen') return
    const { status, frameworkId } = fact
    const key = `${frameworkId}/${status.task_id.value}`
    const seen = tasks.get(key)
    if (status.uuid === undefined) return checkUnreliable(key, seen, status)
    const uuid = Buffer.from(status.uuid).toString('base64')
    if (seen === undefined) {
      tasks.set(key, { uuids: new Set([uuid]), newest: uuid, rank: rankOf(status.state), states: [status.state] })
      return
    }
    if (seen.uuids.has(uuid)) {
      if (seen.newest === uuid) return
      throw new Violation('statusOrder', 'an older status does not come again after a newer one', {
        key,
        ...told(seen, status),
      })
    }
    const rank = rankOf(status.state)
    if (rank <= seen.rank) {
      throw new Violation('statusOrder', 'states of a task go forward', { key, ...told(seen, status) })
    }
    seen.uuids.add(uuid)
    seen.newest = uuid
    seen.rank = rank
    seen.states.push(status.state)
  }
}

/** What the master says of its own accord: nothing that has ended comes alive again. */
function checkUnreliable(key: string, seen: Seen | undefined, status: TaskStatus): void {
  if (seen === undefined || seen.rank < ended) return
  const rank = rankOf(status.state)
  if (rank > 0 && rank < ended) {
    throw new Violation('statusOrder', 'a task that has ended is not said to live', { key, ...told(seen, status) })
  }
}

const ended = 4

function rankOf(state: TaskState): number {
  if (state === 'TASK_UNREACHABLE' || state === 'TASK_UNKNOWN') return 0
  if (isTerminal(state)) return ended
  return { TASK_STAGING: 0.5, TASK_STARTING: 1, TASK_RUNNING: 2, TASK_KILLING: 3 }[state as string] ?? 0
}

function told(seen: Seen, { state, reason, message }: TaskStatus) {
  return { states: seen.states, now: { state, reason, message } }
}
