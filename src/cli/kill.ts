// `tepui kill TASK`: asks the master to end a task, whoever's it is, and waits until it has ended.

import type { Command } from 'commander'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import { findTask } from './client/find-task.ts'
import { killTask } from './client/operator.ts'
import { act, flag, readWaitMs } from './command.ts'
import { jsonFlag, printJson } from './listing.ts'
import { say, sayFault } from './output.ts'

const lookMs = 100

type KillFlags = MasterFlags & { readonly framework?: string; readonly wait: number; readonly json?: boolean }

export function define(command: Command): void {
  addMasterFlags(command)
    .argument('<task>', 'id of the task')
    .addOption(flag('--framework <id>', 'framework of the task, where several have one of this name'))
    .addOption(flag('--wait <time>', 'how long to wait for its end', readWaitMs).default(60_000, '60s'))
    .addOption(jsonFlag())
  act(command, (taskId: string, flags: KillFlags) => kill(taskId, flags))
}

async function kill(taskId: string, flags: KillFlags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  try {
    const found = await findTask(master, taskId, flags.framework)
    if (!found.ok) return sayFault(found.fault)
    let task = found.value
    if (!task.isOver) {
      const asked = await killTask(master, task)
      if (!asked.ok) return sayFault(asked.fault)
    }
    const giveUpAtMs = performance.now() + flags.wait
    while (!task.isOver && performance.now() < giveUpAtMs) {
      await new Promise((resolve) => setTimeout(resolve, lookMs))
      const now = await findTask(master, taskId, task.frameworkId)
      if (!now.ok) return sayFault(now.fault)
      task = now.value
    }
    if (flags.json) printJson({ taskId, frameworkId: task.frameworkId, state: task.state })
    else say(`${taskId}: ${task.state.replace('TASK_', '').toLowerCase()}`)
    return task.isOver ? 0 : 1
  } finally {
    master.close()
  }
}
