// `tepui why`: why a task runs where it does, or why a framework or the frameworks of a role are offered nothing, machine
// by machine, and what would change it. The reasons are the master's; this only shows them.

import { type Command, InvalidArgumentError } from 'commander'
import type { WhyDocument, WhyFramework, WhyRole } from '../master/api/why.ts'
import { parseResources } from '../mesos/resource-text.ts'
import type { Grant } from '../model/hardware.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import { askWhy } from './client/operator.ts'
import { act, flag } from './command.ts'
import { counted, shortNumber } from './human.ts'
import { jsonFlag, printJson } from './listing.ts'
import { printable, sayFault } from './output.ts'

type WhyFlags = MasterFlags & {
  readonly agent?: string
  readonly framework?: string
  readonly role?: string
  readonly want?: ReadonlyMap<string, string>
  readonly json?: boolean
}

export function define(command: Command): void {
  addMasterFlags(command)
    .argument('<task|framework|role>', 'the id of a task, the id or name of a framework, or a role')
    .addOption(flag('--agent <id|host>', 'one machine alone'))
    .addOption(flag('--framework <id|name>', 'whose task is meant'))
    .addOption(flag('--role <role>', 'in one role of a framework alone'))
    .addOption(flag('--want <amounts>', 'what is to fit: cpus:4,gpus:2,numa:single', readWant))
    .addOption(jsonFlag())
  act(command, (about: string, flags: WhyFlags) => why(about, flags))
}

const wishes: Readonly<Record<string, string>> = {
  exclusive: 'tepui.cpus',
  numa: 'tepui.numa',
  linked: 'tepui.gpus',
  near: 'tepui.near',
  nics: 'tepui.nics',
}

/** Amounts and wishes, as the parameters of the question. */
function readWant(text: string): ReadonlyMap<string, string> {
  const asked = new Map<string, string>()
  const amounts: string[] = []
  for (const part of text.split(/[,;]/)) {
    const [name = '', value = ''] = part.split(':').map((it) => it.trim())
    const wish = wishes[name]
    if (wish !== undefined && value !== '') asked.set(wish, value)
    else amounts.push(`${name}:${value}`)
  }
  const parsed = parseResources(amounts.join(';'))
  if (amounts.length > 0 && !parsed.ok) {
    throw new InvalidArgumentError(`Expected amounts such as cpus:4,mem:1024, and ${Object.keys(wishes).join(', ')}.`)
  }
  if (amounts.length > 0) asked.set('want', amounts.join(';'))
  return asked
}

async function why(about: string, flags: WhyFlags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  const { agent, framework, role } = flags
  const answered = await askWhy(master, {
    about,
    ...Object.fromEntries(flags.want ?? []),
    ...(agent === undefined ? {} : { agent }),
    ...(framework === undefined ? {} : { framework }),
    ...(role === undefined ? {} : { role }),
  })
  master.close()
  if (!answered.ok) return sayFault(answered.fault)
  if (flags.json) printJson(answered.value)
  else process.stdout.write(`${whyLines(answered.value, Date.now()).map(printable).join('\n')}\n`)
  return 0
}

/** For a person; names come from anybody and are cleaned by the caller. */
export function whyLines(document: WhyDocument, nowMs: number): readonly string[] {
  const { kind, id, wanted, task, role, frameworks } = document
  const lines = [`${kind} ${id}${wanted === null ? '' : `, to fit ${wanted}`}`]
  if (task !== null) {
    const place = task.machine === null ? '' : ` on ${task.machine}`
    const said = [task.message, task.reason].find((text) => text !== null)
    lines.push(`  ${task.state}${place}${said === undefined ? '' : `: ${said}`}`, ...grantLines(task.grant))
  }
  if (role !== null) lines.push(`  ${roleLine(role)}`)
  if (kind === 'role' && frameworks.length === 0)
    lines.push('  no framework is in it: nobody is there to be offered anything')
  // Of a task alone nobody asks where it could be instead.
  if (task !== null && wanted === null) return lines
  for (const framework of frameworks) lines.push(...frameworkLines(framework, nowMs))
  return lines
}

function grantLines(grant: Grant): readonly string[] {
  const { cpus, cpusWithin, memory, gpuUuids, gpuInstanceUuids, nics, disks } = grant
  const parts = [
    cpus === null ? (cpusWithin === null ? null : `shared CPUs within ${cpusWithin}`) : `CPUs ${cpus} alone`,
    memory.length === 0 ? null : `memory of NUMA node ${memory.map(({ node }) => node).join(', ')}`,
    ...[gpuUuids, gpuInstanceUuids, nics, disks].map((names) => (names.length === 0 ? null : names.join(', '))),
  ].filter((part) => part !== null)
  return parts.length === 0 ? [] : [`  granted ${parts.join('; ')}`]
}

function roleLine({ name, weight, share, guarantee, limit, consumed }: WhyRole): string {
  const quota = Object.keys({ ...guarantee, ...limit }).map((resource) => {
    const bounds = [
      ...(guarantee[resource] === undefined ? [] : [`${shortNumber(guarantee[resource])} guaranteed`]),
      ...(limit[resource] === undefined ? [] : [`at most ${shortNumber(limit[resource])}`]),
    ]
    return `${resource} ${shortNumber(consumed[resource] ?? 0)} used, ${bounds.join(', ')}`
  })
  const said = quota.length === 0 ? 'no quota' : `quota: ${quota.join('; ')}`
  return `role ${name}: weight ${shortNumber(weight)}, share ${(100 * share).toFixed(1)} %, ${said}`
}

function frameworkLines(framework: WhyFramework, nowMs: number): readonly string[] {
  const { name, role, isConnected, isSuppressed, offers, gangs, groups, reason } = framework
  const state = isConnected ? (isSuppressed ? 'offers suppressed' : 'connected') : 'not connected'
  const holds =
    offers.sinceMs === null ? '' : `, holds ${counted(offers.count, 'offer')} since ${ago(offers.sinceMs, nowMs)}`
  return [
    `  framework ${name} in role ${role}: ${state}${holds}`,
    ...gangs.map((gang) => {
      const where = { ANY: '', SAME: ' in one rack', SPREAD: ' in different racks' }[gang.racks] ?? ''
      return `    waits for ${counted(gang.count, 'machine')} together${where} since ${ago(gang.askedMs, nowMs)}, ${gang.kept} kept`
    }),
    ...(gangs.length === 0 || reason === null ? [] : [`      ${reason}`]),
    ...groups.flatMap(({ text, count, machines, changes, holders }) => [
      `    ${counted(count, 'machine')}: ${text} (${machines.join(', ')}${count > machines.length ? ', …' : ''})`,
      ...holders.map(
        (one) => `      held by ${one.framework} in role ${one.role} on ${counted(one.machines, 'machine')}`,
      ),
      ...changes.map((change) => `      ${change}`),
    ]),
    ...(groups.length === 0 ? ['    no agent is registered'] : []),
  ]
}

function ago(sinceMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - sinceMs) / 1000))
  if (seconds < 120) return `${seconds} s ago`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`
}
