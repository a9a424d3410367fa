// The rules about checks and health checks (Mesos src/common/validation.cpp) and about what a check reports. It does
// not know how a check is run.

import type { CheckInfo, CheckInfoType, CheckStatusInfo, CommandInfo, HealthCheck, HealthCheckType } from './types.ts'
import { commandError } from './validate-container.ts'

/** Why the check is not valid, or null. */
export function checkError(check: CheckInfo): string | null {
  const { type, command, http, delay_seconds = 0, interval_seconds = 0, timeout_seconds = 0 } = check
  return (
    partsError(type, check) ??
    (type === 'COMMAND' && command !== undefined ? runnableError(command.command) : null) ??
    (type === 'HTTP' ? pathError(http?.path) : null) ??
    secondsError({ delay_seconds, interval_seconds, timeout_seconds })
  )
}

/** Why the health check is not valid, or null. */
export function healthCheckError(check: HealthCheck): string | null {
  const type = healthCheckType(check)
  const {
    command,
    http,
    delay_seconds = 0,
    interval_seconds = 0,
    timeout_seconds = 0,
    grace_period_seconds = 0,
  } = check
  return (
    partsError(type, check) ??
    (type === 'COMMAND' && command !== undefined ? runnableError(command) : null) ??
    (type === 'HTTP' ? (schemeError(http?.scheme) ?? pathError(http?.path)) : null) ??
    secondsError({ delay_seconds, interval_seconds, timeout_seconds, grace_period_seconds })
  )
}

/** The type of a health check; older clients leave it out, and `command` or `http` tells. */
export function healthCheckType({ type, command, http }: HealthCheck): HealthCheckType | undefined {
  if (type !== undefined) return type
  if (command !== undefined) return 'COMMAND'
  return http === undefined ? undefined : 'HTTP'
}

/** Why a check's result in a status update is not valid, or null. */
export function checkStatusError(status: CheckStatusInfo): string | null {
  return partsError(status.type, status)
}

function partsError(
  type: CheckInfoType | undefined,
  parts: { readonly command?: unknown; readonly http?: unknown; readonly tcp?: unknown },
): string | null {
  if (type === undefined || type === 'UNKNOWN') return 'the type must be COMMAND, HTTP or TCP'
  const wanted = { COMMAND: 'command', HTTP: 'http', TCP: 'tcp' } as const
  return parts[wanted[type]] === undefined ? `type ${type} needs '${wanted[type]}'` : null
}

function runnableError(command: CommandInfo): string | null {
  return command.value === undefined ? `the command needs a 'value'` : commandError(command)
}

function schemeError(scheme: string | undefined): string | null {
  return scheme === undefined || scheme === 'http' || scheme === 'https' ? null : 'the scheme must be http or https'
}

function pathError(path: string | undefined): string | null {
  return path === undefined || path.startsWith('/') ? null : `the path must begin with '/'`
}

function secondsError(fields: Readonly<Record<string, number>>): string | null {
  const negative = Object.keys(fields).find((field) => !((fields[field] as number) >= 0))
  return negative === undefined ? null : `${negative} must not be negative`
}
