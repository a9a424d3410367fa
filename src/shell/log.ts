// The one log of a process: pino to a stream, one JSON line a state transition. Only main.ts files and the command
// line come here; pure rooms return log effects, other rooms take a function.

import { type DestinationStream, type Logger, pino } from 'pino'
import type { LogEffect, LogEvent, LogLevel } from '../model/events.ts'

export type Log = (level: LogLevel, event: LogEvent, message: string, fields: Readonly<Record<string, unknown>>) => void

export type LogSettings = {
  readonly level: LogLevel | 'silent'
  /** Which process, bound to every line. */
  readonly role: 'master' | 'agent'
  readonly destination: DestinationStream
}

export function createLog(settings: LogSettings): Log {
  const logger: Logger = pino(
    { level: settings.level, base: { role: settings.role }, redact: ['token', '*.token', '*.password'] },
    settings.destination,
  )
  return (level, event, message, fields) => logger[level]({ event, ...fields }, message)
}

export function logEffect(log: Log, effect: LogEffect): void {
  log(effect.level, effect.event, effect.message, effect.fields)
}
