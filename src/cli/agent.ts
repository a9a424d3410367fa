// `tepui agent`: the agent alone, its log as JSON lines on standard output. It ends with its tasks running on: the next
// agent with the same work directory finds them.

import type { Command } from 'commander'
import { closeInheritedFiles } from '../agent/containers/inherited-files.ts'
import type { LogLevel } from '../model/events.ts'
import { createLog } from '../shell/log.ts'
import { masterMqttPort, readToken } from './client/connection.ts'
import { act, type Domain, flag, type HostPort, readDurationMs, readHostPorts } from './command.ts'
import {
  addListenFlags,
  addMachineFlags,
  agentPortFlag,
  crashIntoLog,
  domainFlag,
  flagTexts,
  logLevelFlag,
  serveUntilAsked,
  workDirFlag,
} from './daemon.ts'
import { sayFault } from './output.ts'
import { version } from './version.ts'

type AgentFlags = {
  readonly master: readonly HostPort[]
  readonly host: string
  readonly httpPort: number
  readonly workDir: string
  readonly tokenFile?: string
  readonly hostname?: string
  readonly attributes?: string
  readonly resources?: string
  readonly disks: 'none' | 'free'
  readonly defaultRole?: string
  readonly isolation: 'auto' | 'process-group'
  readonly acceptMissing?: true
  readonly oversubscribe?: true
  readonly oversubscribedResourcesInterval: number
  readonly domain?: Domain
  readonly logLevel: LogLevel
}

export function define(command: Command): void {
  command.addOption(
    flag('--master <host:port,…>', 'MQTT addresses of the masters', readHostPorts(masterMqttPort)).default(
      [{ host: '127.0.0.1', port: masterMqttPort }],
      `127.0.0.1:${masterMqttPort}`,
    ),
  )
  addMachineFlags(addListenFlags(command).addOption(agentPortFlag('--http-port')))
    .addOption(flag('--oversubscribe', 'offer as revocable the CPUs that tasks leave idle'))
    .addOption(
      flag('--oversubscribed-resources-interval <time>', 'how often that is measured', readDurationMs).default(
        15_000,
        '15s',
      ),
    )
    .addOption(domainFlag())
    .addOption(workDirFlag('agent'))
    .addOption(flag('--accept-missing', 'forget parts that this machine had and has no more'))
    .addOption(logLevelFlag())
  act(command, (flags: AgentFlags, self: Command) => agent(flags, flagTexts(self)))
}

async function agent(flags: AgentFlags, texts: Readonly<Record<string, string>>): Promise<number> {
  // What the caller left open must not reach every task.
  closeInheritedFiles()
  const token = readToken(flags.tokenFile)
  if (!token.ok) return sayFault(token.fault)
  const log = createLog({ level: flags.logLevel, role: 'agent', destination: process.stdout })
  crashIntoLog(log)
  const { startAgent } = await import('../agent/main.ts')
  const started = await startAgent({
    masters: flags.master,
    host: flags.host,
    httpPort: flags.httpPort,
    httpFlagName: '--http-port',
    workDir: flags.workDir,
    attributes: flags.attributes ?? null,
    resources: flags.resources ?? null,
    disks: flags.disks,
    defaultRole: flags.defaultRole ?? null,
    token: token.value,
    isolation: flags.isolation,
    acceptMissing: flags.acceptMissing ?? false,
    version,
    log,
    flags: texts,
    ...(flags.hostname === undefined ? {} : { hostname: flags.hostname }),
    ...(flags.oversubscribe === true && { oversubscribedIntervalMs: flags.oversubscribedResourcesInterval }),
    ...(flags.domain === undefined ? {} : { domain: flags.domain }),
  })
  if (!started.ok) return sayFault(started.fault)
  return serveUntilAsked({
    dismissed: started.value.whenDismissed(),
    close: () => started.value.close('keep'),
  })
}
