// What `up`, `master` and `agent` share: their flags, where they keep their state, where their log goes, and an end in
// order. It does not know what they start.

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Command, Option } from 'commander'
import type { LogLevel } from '../model/events.ts'
import { StoreFailed } from '../shell/database.ts'
import type { Log } from '../shell/log.ts'
import { agentHttpPort, masterHttpPort, masterMqttPort, tokenFileFlag } from './client/connection.ts'
import { flag, readDomain, readPath, readPort } from './command.ts'
import { say } from './output.ts'
import { type EndSignal, endSignalStatus, onEndRequest } from './signals.ts'

const logLevels: readonly LogLevel[] = ['error', 'warn', 'info', 'debug', 'trace']

export function workDirFlag(part: 'master' | 'agent' | null): Option {
  const directory = defaultWorkDir(part)
  return flag('--work-dir <dir>', 'where state is kept', readPath).default(directory)
}

/** For root `/var/lib/tepui`, else what the XDG base directories say; master and agent each have a part of it. */
export function defaultWorkDir(part: 'master' | 'agent' | null): string {
  const stateHome = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state')
  const base = process.getuid?.() === 0 ? '/var/lib/tepui' : join(stateHome, 'tepui')
  return part === null ? base : join(base, part)
}

export function addListenFlags(command: Command): Command {
  return command
    .addOption(
      flag('--host <address>', 'address to listen on; others than this machine need a token').default('127.0.0.1'),
    )
    .addOption(tokenFileFlag())
    .addOption(flag('--hostname <name>', 'name of this machine for others (default: its own)'))
}

export function addMasterPorts(command: Command): Command {
  return command
    .addOption(flag('--http-port <port>', 'HTTP port of the master, 0 for any', readPort).default(masterHttpPort))
    .addOption(flag('--mqtt-port <port>', 'MQTT port of the master, 0 for any', readPort).default(masterMqttPort))
}

export function agentPortFlag(name: '--http-port' | '--agent-port'): Option {
  return flag(`${name} <port>`, 'HTTP port of the agent, 0 for any', readPort).default(agentHttpPort)
}

export function addMachineFlags(command: Command): Command {
  return command
    .addOption(flag('--attributes <text>', 'facts for frameworks, such as rack:r1;zone:2'))
    .addOption(
      flag(
        '--resources <text>',
        'offer this instead of what was found: cpus:8;mem(role):4096, a JSON list of resources, or file:///path of one',
      ),
    )
    .addOption(
      flag('--disks <which>', 'free: offer blank disks too, each whole, for tasks to write on')
        .choices(['none', 'free'])
        .default('none'),
    )
    .addOption(flag('--default-role <role>', 'reserve for this role what --resources says no role for'))
    .addOption(
      flag('--isolation <kind>', 'process-group: no cgroups even where they work')
        .choices(['auto', 'process-group'])
        .default('auto'),
    )
}

export function domainFlag(): Option {
  return flag('--domain <region/zone>', 'where this machine is: its region and the zone in it', readDomain)
}

export function logLevelFlag(): Option {
  return flag('--log-level <level>', 'least important lines of the log').choices(logLevels).default('info')
}

/** The options as `/flags` shows them: text by name, without the unset ones. */
export function flagTexts(command: Command): Readonly<Record<string, string>> {
  const entries = command.options.flatMap((option): [string, string][] => {
    const value = command.getOptionValue(option.attributeName())
    if (value === undefined) return []
    return [[option.name(), typeof value === 'object' ? JSON.stringify(value) : `${value}`]]
  })
  return Object.fromEntries(entries)
}

/**
 * Waits for a request to end, then closes. A second request leaves without waiting for the close.
 * @returns exit status 0: an end in order is a success
 */
export async function serveUntilAsked(options: {
  /** Resolves with a reason when the process must end by itself. */
  readonly dismissed?: Promise<string>
  readonly onAsked?: (signal: EndSignal) => void
  readonly close: () => Promise<void>
}): Promise<number> {
  const asked = new Promise<null>((resolve) => {
    onEndRequest((signal, times) => {
      if (times > 1) process.exit(endSignalStatus[signal])
      options.onAsked?.(signal)
      resolve(null)
    })
  })
  const reason = await Promise.race([asked, ...(options.dismissed === undefined ? [] : [options.dismissed])])
  if (reason !== null) say(reason)
  await options.close()
  return reason === null ? 0 : 1
}

/** A disk that takes no more, or a promise of ours that was broken: logged, and the process ends, to be started again. */
export function crashIntoLog(log: Log): void {
  process.on('uncaughtException', (error) => {
    if (error instanceof StoreFailed) {
      log('error', 'store.failed', 'state could not be kept; the process ends', { ...error.fault.details })
      say(error.message)
      process.exit(1)
    }
    log('error', 'process.crashed', 'a broken invariant ends the process', { error: error.stack ?? `${error}` })
    say(`internal error: ${error.stack ?? error}`)
    process.exit(70)
  })
}
