// Finds one task by its id, and the agent that has its files, through the classic endpoints that answer for one task
// instead of all. It does not know what is done with it.

import { parseJson } from '../../mesos/json.ts'
import { isTerminal } from '../../mesos/names.ts'
import type { TaskState } from '../../mesos/types.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { type HostPort, parseHostPort } from '../command.ts'
import { agentHttpPort } from './connection.ts'
import { fromMaster, type HttpClient } from './http.ts'

export type FoundTask = {
  readonly taskId: string
  readonly frameworkId: string
  readonly agentId: string
  readonly state: string
  readonly isOver: boolean
}

/** The task with this id; one that runs is preferred to those that are over. USAGE when it is not clear which one. */
export async function findTask(
  master: HttpClient,
  taskId: string,
  frameworkId: string | undefined,
): Promise<Result<FoundTask>> {
  const query = new URLSearchParams({ task_id: taskId, ...(frameworkId && { framework_id: frameworkId }) })
  const answered = await askJson<{ tasks?: readonly ClassicTask[] }>(master, `/tasks?${query}`)
  if (!answered.ok) return answered
  const tasks = (answered.value.tasks ?? []).map((task) => ({
    taskId: task.id,
    frameworkId: task.framework_id,
    agentId: task.slave_id,
    state: task.state,
    isOver: isTerminal(task.state as TaskState),
  }))
  const live = tasks.filter(({ isOver }) => !isOver)
  const candidates = live.length > 0 ? live : tasks
  const [first] = candidates
  if (first === undefined) return fail('USAGE', `there is no task ${taskId} (\`tepui tasks --all\` lists them)`)
  const owners = new Set(candidates.map((task) => task.frameworkId))
  if (owners.size > 1) {
    return fail(
      'USAGE',
      `several frameworks have a task ${taskId}: choose with --framework ${[...owners].join(' or ')}`,
    )
  }
  return ok(first)
}

/** Where the agent's HTTP API listens. */
export async function findAgent(master: HttpClient, agentId: string): Promise<Result<HostPort>> {
  const query = new URLSearchParams({ slave_id: agentId })
  const answered = await askJson<{ slaves?: readonly { readonly pid: string }[] }>(master, `/slaves?${query}`)
  if (!answered.ok) return answered
  const place = parseHostPort(answered.value.slaves?.[0]?.pid.split('@')[1] ?? '', agentHttpPort)
  return place === null
    ? fail('NET_UNREACHABLE', `the machine of the task (${agentId}) is not here at the moment`)
    : ok(place)
}

type ClassicTask = {
  readonly id: string
  readonly framework_id: string
  readonly slave_id: string
  readonly state: string
}

async function askJson<T>(master: HttpClient, path: string): Promise<Result<T>> {
  const answered = fromMaster(await master.ask({ method: 'GET', path }))
  if (!answered.ok) return answered
  const { status, body } = answered.value
  if (status !== 200) return fail('API_REFUSED', `the master answered ${path} with ${status}`, { status })
  const parsed = parseJson(body, { sizeMaxBytes: body.length })
  return parsed.ok ? ok(parsed.value as T) : parsed
}
