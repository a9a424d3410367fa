// `tepui tasks`: what runs, where, and for whom; with --all also what is over.

import type { Command } from 'commander'
import type { Task } from '../mesos/types.ts'
import { ok } from '../model/result.ts'
import { askMaster } from './client/operator.ts'
import { flag } from './command.ts'
import { humanAge, humanMebibytes, shortNumber } from './human.ts'
import { type Amounts, amounts, defineListing, type ListingFlags } from './listing.ts'

export type TaskRow = {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly frameworkId: string
  readonly frameworkName: string | null
  readonly agentId: string
  readonly hostname: string | null
  readonly resources: Amounts
  /** Exact hardware, by what of it: `cpus`, `memory`, `gpus`, `nics`, `disks`, `near`; the words of its labels. */
  readonly granted: Readonly<Record<string, string>>
  /** When its newest status was made. */
  readonly sinceMs: number | null
  readonly message: string | null
}

const grantedPrefix = 'tepui.granted.'

type TasksFlags = ListingFlags & { readonly all?: boolean }

export function define(command: Command): void {
  command.addOption(flag('-a, --all', 'also tasks that are over'))
  defineListing<TaskRow, TasksFlags>(command, {
    load: async (master, flags) => {
      const asked = await askMaster(master, 'GET_STATE')
      if (!asked.ok) return asked
      const { get_tasks, get_frameworks, get_agents } = asked.value.get_state ?? {}
      const frameworks = [...(get_frameworks?.frameworks ?? []), ...(get_frameworks?.completed_frameworks ?? [])]
      const names = new Map(frameworks.map(({ framework_info: { id, name } }) => [id?.value, name]))
      const hosts = new Map((get_agents?.agents ?? []).map(({ agent_info: { id, hostname } }) => [id?.value, hostname]))
      const over = flags.all ? (get_tasks?.completed_tasks ?? []) : []
      const tasks = [...(get_tasks?.tasks ?? []), ...(get_tasks?.unreachable_tasks ?? []), ...over]
      return ok(tasks.map((task) => taskRow(task, names, hosts)))
    },
    empty: 'no tasks',
    columns: [
      { title: 'TASK', text: (row) => row.id, cut: 'end', isCutLast: true },
      { title: 'STATE', text: (row) => row.state.replace('TASK_', '').toLowerCase() },
      { title: 'FRAMEWORK', text: (row) => row.frameworkName ?? row.frameworkId, cut: 'end' },
      { title: 'HOST', text: (row) => row.hostname ?? row.agentId, cut: 'end' },
      { title: 'CPUS', text: (row) => shortNumber(row.resources.cpus ?? 0), isNumber: true },
      { title: 'MEM', text: (row) => humanMebibytes(row.resources.mem ?? 0), isNumber: true },
      { title: 'SINCE', text: (row) => (row.sinceMs === null ? '-' : humanAge(Date.now() - row.sinceMs)) },
    ],
  })
}

function taskRow(
  task: Task,
  frameworkNames: ReadonlyMap<string | undefined, string>,
  hostnames: ReadonlyMap<string | undefined, string>,
): TaskRow {
  const newest = task.statuses?.at(-1)
  return {
    id: task.task_id.value,
    name: task.name,
    state: task.state,
    frameworkId: task.framework_id.value,
    frameworkName: frameworkNames.get(task.framework_id.value) ?? null,
    agentId: task.agent_id.value,
    hostname: hostnames.get(task.agent_id.value) ?? null,
    resources: amounts(task.resources),
    granted: Object.fromEntries(
      (newest?.labels?.labels ?? []).flatMap(({ key, value }) =>
        key.startsWith(grantedPrefix) ? [[key.slice(grantedPrefix.length), value ?? '']] : [],
      ),
    ),
    sinceMs: newest?.timestamp === undefined ? null : Math.round(newest.timestamp * 1000),
    message: newest?.message ?? null,
  }
}
