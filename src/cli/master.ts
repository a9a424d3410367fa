// `tepui master`: the master alone, its log as JSON lines on standard output. It ends with its agents' tasks untouched.

import type { Command } from 'commander'
import type { LogLevel } from '../model/events.ts'
import { createLog } from '../shell/log.ts'
import { readToken } from './client/connection.ts'
import { act, flag, readPath } from './command.ts'
import {
  addListenFlags,
  addMasterPorts,
  crashIntoLog,
  flagTexts,
  logLevelFlag,
  serveUntilAsked,
  workDirFlag,
} from './daemon.ts'
import { sayFault } from './output.ts'
import { addPolicyFlags, type PolicyFlags, policyOf } from './policy-flags.ts'
import { version } from './version.ts'

type MasterFlags = PolicyFlags & {
  readonly host: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly workDir: string
  readonly tokenFile?: string
  readonly hostname?: string
  readonly whitelist?: string
  readonly logLevel: LogLevel
}

export function define(command: Command): void {
  addMasterPorts(addListenFlags(command)).addOption(workDirFlag('master')).addOption(logLevelFlag())
  addPolicyFlags(command).addOption(
    flag('--whitelist <file>', 'host names that may be offered, one a line; read again every 5 s', readPath),
  )
  act(command, (flags: MasterFlags, self: Command) => master(flags, flagTexts(self)))
}

async function master(flags: MasterFlags, texts: Readonly<Record<string, string>>): Promise<number> {
  const token = readToken(flags.tokenFile)
  if (!token.ok) return sayFault(token.fault)
  const log = createLog({ level: flags.logLevel, role: 'master', destination: process.stdout })
  crashIntoLog(log)
  const { startMaster } = await import('../master/main.ts')
  const started = await startMaster({
    host: flags.host,
    httpPort: flags.httpPort,
    mqttPort: flags.mqttPort,
    workDir: flags.workDir,
    token: token.value,
    version,
    log,
    flags: texts,
    ...policyOf(flags),
    ...(flags.whitelist === undefined ? {} : { whitelist: flags.whitelist }),
    ...(flags.hostname === undefined ? {} : { hostname: flags.hostname }),
  })
  if (!started.ok) return sayFault(started.fault)
  return serveUntilAsked({ close: () => started.value.close() })
}
