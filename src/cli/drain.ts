// `tepui drain NODE`: takes a machine out without hurting anybody more than it must: it is offered to nobody, its tasks
// are told to end, and the command waits until nothing runs there.

import type { Command } from 'commander'
import type { MasterCall } from '../mesos/types.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import type { HttpClient } from './client/http.ts'
import { type FoundNode, findNode } from './client/nodes.ts'
import { orderMaster } from './client/operator.ts'
import { act, flag, readDurationMs } from './command.ts'
import { shortNumber } from './human.ts'
import { amounts, jsonFlag, printJson } from './listing.ts'
import { say, sayFault } from './output.ts'

const lookMs = 200

type DrainFlags = MasterFlags & {
  readonly maxGrace?: number
  readonly markGone?: boolean
  readonly wait: number
  readonly json?: boolean
}

export function define(command: Command): void {
  addMasterFlags(command)
    .argument('<node>', 'id or host name of the machine')
    .addOption(
      flag(
        '--max-grace <time>',
        'no task gets more time than this to end, whatever it asks for: 5s, 1m …',
        readDurationMs,
      ),
    )
    .addOption(flag('--mark-gone', 'the machine never comes back: refuse its agent once it is drained'))
    .addOption(flag('--wait <time>', 'how long to wait until it is drained', readDurationMs).default(600_000, '10m'))
    .addOption(jsonFlag())
  act(command, (name: string, flags: DrainFlags) => drain(name, flags))
}

async function drain(name: string, flags: DrainFlags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  try {
    const found = await findNode(master, name)
    if (!found.ok) return sayFault(found.fault)
    const { id, hostname } = found.value
    const asked = await orderMaster(master, drainCall(id, flags))
    if (!asked.ok) return sayFault(asked.fault)
    const state = await waitUntilDrained(master, found.value, flags)
    if (flags.json) printJson({ agentId: id, hostname, state })
    else say(`${hostname}: ${state}${state === 'drained' ? ` (\`tepui reactivate ${hostname}\` brings it back)` : ''}`)
    return state === 'draining' ? 1 : 0
  } finally {
    master.close()
  }
}

function drainCall(id: string, { maxGrace, markGone }: DrainFlags): MasterCall {
  const grace = maxGrace === undefined ? {} : { max_grace_period: durationOf(maxGrace) }
  return {
    type: 'DRAIN_AGENT',
    drain_agent: { agent_id: { value: id }, ...grace, mark_gone: markGone ?? false },
  }
}

function durationOf(ms: number): { readonly seconds: bigint; readonly nanos: number } {
  return { seconds: BigInt(Math.trunc(ms / 1000)), nanos: Math.round((ms % 1000) * 1e6) }
}

/** How far it is in the end. What is left is said when it changes. */
async function waitUntilDrained(
  master: HttpClient,
  node: FoundNode,
  flags: DrainFlags,
): Promise<'draining' | 'drained' | 'gone'> {
  const giveUpAtMs = performance.now() + flags.wait
  let said = ''
  for (;;) {
    const now = await findNode(master, node.id)
    // One that is gone is not listed any more.
    if (!now.ok) return flags.markGone && now.fault.code === 'USAGE' ? 'gone' : 'draining'
    if (now.value.agent.drain_info?.state === 'DRAINED') return 'drained'
    if (performance.now() >= giveUpAtMs) return 'draining'
    const left = leftOn(now.value)
    if (left !== said && !flags.json) say(`${node.hostname}: draining, ${left}`)
    said = left
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}

function leftOn({ agent }: FoundNode): string {
  const used = amounts(agent.allocated_resources)
  const cpus = used.cpus ?? 0
  if (Object.keys(used).length === 0) return 'tasks that ended wait for their frameworks to acknowledge it'
  return `tasks still hold ${shortNumber(cpus)} of ${shortNumber(amounts(agent.total_resources).cpus ?? 0)} cpus`
}
