// `tepui logs TASK`: what a task has written, each of its two outputs to ours; with -f until the task is over.

import type { Command } from 'commander'
import { AgentPlace } from './client/agent-place.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import { findAgent, findTask } from './client/find-task.ts'
import type { HttpClient } from './client/http.ts'
import { OutputFollower } from './client/task-files.ts'
import { act, flag } from './command.ts'
import { jsonFlag, printJson } from './listing.ts'
import { sayFault, writeTo } from './output.ts'

/** How often it is asked whether a followed task is over. */
const lookMs = 1_000

type LogsFlags = MasterFlags & { readonly follow?: boolean; readonly framework?: string; readonly json?: boolean }

export function define(command: Command): void {
  addMasterFlags(command)
    .argument('<task>', 'id of the task')
    .addOption(flag('-f, --follow', 'go on until the task is over').conflicts('json'))
    .addOption(flag('--framework <id>', 'framework of the task, where several have one of this name'))
    .addOption(jsonFlag())
  act(command, (taskId: string, flags: LogsFlags) => logs(taskId, flags))
}

async function logs(taskId: string, flags: LogsFlags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master, token } = connected.value
  try {
    const found = await findTask(master, taskId, flags.framework)
    if (!found.ok) return sayFault(found.fault)
    const task = found.value
    const place = await findAgent(master, task.agentId)
    if (!place.ok) return sayFault(place.fault)
    const agent = new AgentPlace({ agentId: task.agentId, address: place.value, master, token })
    const texts: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
    const followers = (['stdout', 'stderr'] as const).map((file) => {
      const write = flags.json
        ? async (bytes: Uint8Array) => void texts[file].push(Buffer.from(bytes))
        : (bytes: Uint8Array) => writeTo(process[file], bytes)
      return new OutputFollower(agent, { frameworkId: task.frameworkId, taskId, file }, write)
    })
    if (flags.follow && !task.isOver) await untilOver(master, task)
    await Promise.all(followers.map((follower) => follower.finish()))
    agent.close()
    if (flags.json) {
      const [stdout, stderr] = [texts.stdout, texts.stderr].map((chunks) => Buffer.concat(chunks).toString('utf8'))
      printJson({ taskId, frameworkId: task.frameworkId, state: task.state, stdout, stderr })
    }
    return 0
  } finally {
    master.close()
  }
}

async function untilOver(master: HttpClient, task: { readonly taskId: string; readonly frameworkId: string }) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, lookMs))
    const found = await findTask(master, task.taskId, task.frameworkId)
    // A master that is away comes back; a task it no longer knows is over.
    if (found.ok ? found.value.isOver : found.fault.code === 'USAGE') return
  }
}
