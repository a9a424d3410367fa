// `tepui up`: a whole rack on this machine in one process: a master with broker and store, and one agent with the real
// hardware. Says what the machine is, where to reach what, and `ready` once offers can flow; Ctrl-C ends it with all
// its tasks. The log goes to a file, so that the terminal stays readable.

import { join } from 'node:path'
import type { Command } from 'commander'
import { closeInheritedFiles } from '../agent/containers/inherited-files.ts'
import type { Agent } from '../agent/main.ts'
import type { Master } from '../master/main.ts'
import type { Inventory } from '../model/inventory.ts'
import { scalarTotal } from '../model/resources.ts'
import { ok, type Result } from '../model/result.ts'
import { createLog } from '../shell/log.ts'
import { readToken } from './client/connection.ts'
import { act, flag, type HostPort } from './command.ts'
import {
  addListenFlags,
  addMachineFlags,
  addMasterPorts,
  agentPortFlag,
  crashIntoLog,
  flagTexts,
  serveUntilAsked,
  workDirFlag,
} from './daemon.ts'
import { counted, humanBytes, humanMebibytes, shortNumber } from './human.ts'
import { LogFile } from './log-file.ts'
import { sayFault } from './output.ts'
import { offerTimeoutFlag, type PolicyFlags, policyOf } from './policy-flags.ts'
import { version } from './version.ts'

type UpFlags = Pick<PolicyFlags, 'offerTimeout'> & {
  readonly host: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly agentPort: number
  readonly workDir: string
  readonly tokenFile?: string
  readonly hostname?: string
  readonly attributes?: string
  readonly resources?: string
  readonly disks: 'none' | 'free'
  readonly defaultRole?: string
  readonly isolation: 'auto' | 'process-group'
  readonly verbose?: boolean
}

export function define(command: Command): void {
  addMasterPorts(addListenFlags(command)).addOption(agentPortFlag('--agent-port'))
  addMachineFlags(command)
    .addOption(offerTimeoutFlag())
    .addOption(workDirFlag(null))
    .addOption(flag('-v, --verbose', 'log everything, to standard error instead of the file'))
  act(command, (flags: UpFlags, self: Command) => up(flags, flagTexts(self)))
}

async function up(flags: UpFlags, texts: Readonly<Record<string, string>>): Promise<number> {
  // What the caller left open must not reach every task.
  closeInheritedFiles()
  const rack = await startRack(flags, texts)
  if (!rack.ok) return sayFault(rack.fault)
  const { master, agent, close, logPath } = rack.value
  print(machineLines(agent))
  print([
    `master   http://${address(master.httpAddress)}`,
    `broker   mqtt://${address(master.mqttAddress)}`,
    `agent    http://${address(agent.httpAddress)}`,
    `state    ${flags.workDir}${logPath === null ? '' : `, log in ${logPath}`}`,
  ])
  void agent.whenRegistered().then(() => print(['ready']))
  return serveUntilAsked({
    dismissed: agent.whenDismissed(),
    onAsked: () => print(['ending: tasks first, then agent and master']),
    close,
  })
}

type Rack = {
  readonly master: Master
  readonly agent: Agent
  /** Null when the log goes to standard error. */
  readonly logPath: string | null
  readonly close: () => Promise<void>
}

async function startRack(flags: UpFlags, texts: Readonly<Record<string, string>>): Promise<Result<Rack>> {
  const token = readToken(flags.tokenFile)
  if (!token.ok) return token
  const file = flags.verbose ? ok(null) : LogFile.open(join(flags.workDir, 'tepui.log'))
  if (!file.ok) return file
  const destination = file.value ?? process.stderr
  const level = flags.verbose ? 'debug' : 'info'
  const masterLog = createLog({ level, role: 'master', destination })
  crashIntoLog(masterLog)
  const shared = {
    host: flags.host,
    token: token.value,
    version,
    flags: texts,
    ...(flags.hostname === undefined ? {} : { hostname: flags.hostname }),
  }
  const { startMaster } = await import('../master/main.ts')
  const master = await startMaster({
    ...shared,
    httpPort: flags.httpPort,
    mqttPort: flags.mqttPort,
    workDir: join(flags.workDir, 'master'),
    log: masterLog,
    ...policyOf(flags),
  })
  if (!master.ok) return master
  const { startAgent } = await import('../agent/main.ts')
  const agent = await startAgent({
    ...shared,
    masters: [master.value.mqttAddress],
    httpPort: flags.agentPort,
    httpFlagName: '--agent-port',
    workDir: join(flags.workDir, 'agent'),
    attributes: flags.attributes ?? null,
    resources: flags.resources ?? null,
    disks: flags.disks,
    defaultRole: flags.defaultRole ?? null,
    isolation: flags.isolation,
    log: createLog({ level, role: 'agent', destination }),
  })
  if (!agent.ok) {
    await master.value.close()
    return agent
  }
  return ok({
    master: master.value,
    agent: agent.value,
    logPath: file.value?.path ?? null,
    close: async () => {
      await agent.value.close('kill')
      await master.value.close()
      file.value?.close()
    },
  })
}

/** The machine in a few lines; `tepui probe` shows all of it. */
function machineLines({ inventory, resources, isolation }: Agent): readonly string[] {
  const { cpu, numa, memory, disks, gpus, nics, os, machine, problems } = inventory
  const models = [...new Set(cpu.packages.map(({ model }) => model ?? 'unknown cpu'))].join(', ')
  const offered = (name: string) => scalarTotal(resources, name) / 1000
  const limits = isolation.enforced.filter((one) => one !== 'cpuset' && one !== 'affinity')
  const enforced = limits.length === 0 ? 'no limits' : `limits on ${limits.join(', ')}`
  const gpuCount = gpus.length === 0 ? '' : `, ${shortNumber(offered('gpus'))} gpus`
  return [
    `tepui ${version} on ${os.hostname ?? 'this machine'}${machine.product === null ? '' : ` (${machine.product})`}`,
    `cpu      ${models}: ${counted(cpu.packages.length, 'package')}, ${counted(cpu.cores.length, 'core')}`,
    `memory   ${memory.totalBytes === null ? 'unknown' : humanBytes(memory.totalBytes)}, ${counted(numa.nodes.length, 'NUMA node')}`,
    `devices  ${deviceWords({ disks, nics, gpus })}`,
    `offers   ${shortNumber(offered('cpus'))} cpus, ${humanMebibytes(offered('mem'))} memory, ${humanMebibytes(offered('disk'))} disk${gpuCount}`,
    // The log has every reason; the first one is what a person starts with.
    `tasks    in ${isolation.kind}, ${enforced}${isolation.reason === null ? '' : ` (${isolation.reason.split(';')[0]})`}`,
    ...(problems.length === 0 ? [] : [`problems ${problems.length} met by the probe: \`tepui probe\` shows them`]),
  ]
}

function deviceWords({ disks, nics, gpus }: Pick<Inventory, 'disks' | 'nics' | 'gpus'>): string {
  const gpuModels = [...new Set(gpus.map(({ model, vendor }) => model ?? vendor))].join(', ')
  return [
    counted(disks.length, 'disk'),
    counted(nics.length, 'network port'),
    gpus.length === 0 ? 'no GPU' : `${counted(gpus.length, 'GPU')} (${gpuModels})`,
  ].join(', ')
}

function address({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
