// `tepui drain NODE`: takes a machine out without hurting anybody more than it must: it is offered to nobody, its tasks
// are told to end, and the command waits until nothing runs there.

import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { MasterCall } from '../mesos/types.ts'
import { type Backoff, backoffMs } from '../model/backoff.ts'
import { systemRandom } from '../shell/random.ts'
import type { MasterFlags } from './client/connection.ts'
import type { HttpClient } from './client/http.ts'
import { type FoundNode, lookAt, type NodeNow } from './client/nodes.ts'
import { act, flag, readWaitMs } from './command.ts'
import { shortNumber } from './human.ts'
import { jsonFlag, printJson } from './listing.ts'
import { nodeArgument, orderNode } from './node-order.ts'
import { say } from './output.ts'

const lookMs = 200
/** While the master does not answer. */
const retry: Backoff = { baseMs: 200, maxMs: 5_000 }

type DrainFlags = MasterFlags & {
  readonly maxGrace?: number
  readonly markGone?: boolean
  readonly wait: number
  readonly json?: boolean
}

export function define(command: Command): void {
  nodeArgument(command)
    .addOption(
      flag('--max-grace <time>', 'no task gets more time than this to end, whatever it asks for: 5s, 1m …', readWaitMs),
    )
    .addOption(
      flag('--mark-gone', 'refuse its agent for good once it is drained; a later drain without this takes it back'),
    )
    .addOption(flag('--wait <time>', 'how long to wait until it is drained', readWaitMs).default(600_000, '10m'))
    .addOption(jsonFlag())
  act(command, (name: string, flags: DrainFlags) =>
    orderNode(
      name,
      flags,
      (id) => drainCall(id, flags),
      (node, master) => wait(node, master, flags),
    ),
  )
}

async function wait(node: FoundNode, master: HttpClient, flags: DrainFlags): Promise<number> {
  const { id, hostname } = node
  const state = await waitUntilDrained(master, node, flags)
  if (flags.json) printJson({ agentId: id, hostname, state })
  else say(`${hostname}: ${endings[state](hostname)}`)
  return state === 'drained' || (state === 'gone' && flags.markGone) ? 0 : 1
}

const endings: Readonly<Record<End, (hostname: string) => string>> = {
  drained: (hostname) => `drained (\`tepui reactivate ${hostname}\` brings it back)`,
  gone: () => 'gone',
  draining: () =>
    'still draining: it goes on without this command (`tepui tasks` shows what runs there, `--max-grace` gives it less time)',
  reactivated: () => 'somebody reactivated it meanwhile: it is not drained',
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

type End = 'draining' | 'drained' | 'reactivated' | 'gone'

/** How far it is in the end. What is left is said when it changes; a master that is away meanwhile is waited for. */
async function waitUntilDrained(master: HttpClient, node: FoundNode, flags: DrainFlags): Promise<End> {
  const giveUpAtMs = performance.now() + flags.wait
  let said = ''
  for (let failures = 0; ; ) {
    const now = await lookAt(master, node.id)
    const end = now.ok ? endOf(now.value) : null
    if (end !== null) return end
    const leftMs = giveUpAtMs - performance.now()
    if (leftMs <= 0) return 'draining'
    const left = now.ok ? leftOn(now.value) : now.fault.message
    if (left !== said && !flags.json) say(`${node.hostname}: draining, ${left}`)
    said = left
    const pauseMs = now.ok ? lookMs : lookMs + backoffMs(retry, failures++, systemRandom)
    await delay(Math.min(leftMs, pauseMs))
  }
}

function endOf(now: NodeNow): End | null {
  if (now.kind === 'gone') return 'gone'
  if (now.kind === 'away' || now.drain === 'DRAINING') return null
  return now.drain === 'DRAINED' ? 'drained' : 'reactivated'
}

function leftOn(now: NodeNow): string {
  if (now.kind !== 'connected') return 'it is not connected: goes on when it is back'
  if (now.isIdle) return 'nothing runs: an operation, an acknowledgement or the machine itself is waited for'
  return `tasks still hold ${shortNumber(now.cpus.used)} of ${shortNumber(now.cpus.total)} cpus`
}
