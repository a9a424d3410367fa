// What all subcommands share in how they are called: options that also come from TEPUI_<NAME>, and the readers of
// their values. A reader that does not like a value makes the one line that the caller sees. It does not know what
// any command does.

import { type Command, InvalidArgumentError, Option } from 'commander'

/** What a subcommand's file exports: it adds its arguments, options and action to `command`. */
export type CommandModule = { readonly define: (command: Command) => void }

/** An option whose value may also come from the environment: `--http-port` from `TEPUI_HTTP_PORT`. */
export function flag<T>(flags: string, description: string, read?: (text: string) => T): Option {
  const option = new Option(flags, description)
  const variable = `TEPUI_${option.name().toUpperCase().replaceAll('-', '_')}`
  // A flag without a value is on as soon as its variable is there: TEPUI_JSON=0 must not switch it on.
  if (!(option.isBoolean() && isOff(process.env[variable]))) option.env(variable)
  return read === undefined ? option : option.argParser(read)
}

function isOff(text: string | undefined): boolean {
  return text !== undefined && ['', '0', 'false', 'no', 'off'].includes(text.toLowerCase())
}

/** An option that may be given several times; its value is the list of all. */
export function repeatedFlag<T>(flags: string, description: string, read: (text: string) => T): Option {
  return flag(flags, description).argParser((text: string, before: readonly T[] | undefined) => [
    ...(before ?? []),
    read(text),
  ])
}

/** An action that resolves with the exit status. Nothing ends the process early, so all output gets out. */
export function act(command: Command, action: (...values: never[]) => Promise<number>): void {
  command.action(async (...values: unknown[]) => {
    process.exitCode = await action(...(values as never[]))
  })
}

export type HostPort = { readonly host: string; readonly port: number }

const portMax = 65_535

/** A TCP port; 0 lets the system choose one. */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= portMax)) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return port
}

/** `HOST`, `HOST:PORT` or `[V6]:PORT`; null when it is none of them. */
export function parseHostPort(text: string, defaultPort: number): HostPort | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? defaultPort : Number(match[3])
  return host === undefined || port > portMax ? null : { host, port }
}

export function readHostPort(defaultPort: number): (text: string) => HostPort {
  return (text) => {
    const place = parseHostPort(text, defaultPort)
    if (place === null) throw new InvalidArgumentError('Expected HOST or HOST:PORT.')
    return place
  }
}

/** Several of them, separated by commas. */
export function readHostPorts(defaultPort: number): (text: string) => readonly HostPort[] {
  return (text) => text.split(',').map((part) => readHostPort(defaultPort)(part.trim()))
}

/** The path of a file or folder; empty it would be the current folder, which nobody means. */
export function readPath(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a path.')
  return text
}

export type Domain = { readonly region: string; readonly zone: string }

/** `eu-1/a`: a region and a zone in it. */
export function readDomain(text: string): Domain {
  const [region, zone, ...more] = text.split('/').map((part) => part.trim())
  if (!region || !zone || more.length > 0) throw new InvalidArgumentError('Expected REGION/ZONE.')
  return { region, zone }
}

/** A positive amount in at most three decimals. */
export function readAmount(text: string): number {
  const amount = /^\d{1,12}(\.\d{1,3})?$/.test(text) ? Number(text) : 0
  if (amount <= 0) throw new InvalidArgumentError('Expected a number above 0 with at most three decimals.')
  return amount
}

const suffixMebibytes: Readonly<Record<string, number>> = { M: 1, G: 1024, T: 1024 * 1024 }

/** `64`, `64M`, `1.5G`, in mebibytes. */
export function readMebibytes(text: string): number {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)([MGT])?$/.exec(text)
  const mebibytes = match === null ? 0 : Number(match[1]) * (suffixMebibytes[match[2] ?? 'M'] as number)
  if (mebibytes <= 0) throw new InvalidArgumentError('Expected an amount such as 64, 64M or 1.5G.')
  return mebibytes
}

export function readCount(countMax: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
    if (count < 1 || count > countMax) throw new InvalidArgumentError(`Expected a whole number from 1 to ${countMax}.`)
    return count
  }
}

/** Mesos' own names beside the short ones. */
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  secs: 1000,
  m: 60_000,
  mins: 60_000,
  h: 3_600_000,
  hrs: 3_600_000,
  days: 86_400_000,
  weeks: 604_800_000,
}

const timeExpected = 'Expected a time such as 90, 90s, 5m or 1h.'

/** `90`, `90s`, `5m`, `1.5h`, `500ms`, or as Mesos writes them: `90secs`, `5mins`, `2weeks`; in milliseconds. */
export function readDurationMs(text: string): number {
  const durationMs = readWaitMs(text)
  if (durationMs === 0) throw new InvalidArgumentError(timeExpected)
  return durationMs
}

/** A duration, or 0: none at all. */
export function readWaitMs(text: string): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)([a-z]*)$/.exec(text)
  const unit = match?.[2] || 's'
  if (match === null || !Object.hasOwn(unitMs, unit)) throw new InvalidArgumentError(timeExpected)
  return Math.round(Number(match[1]) * Number(unitMs[unit]))
}

export type EnvironmentEntry = { readonly name: string; readonly value: string }

/** `NAME=VALUE`; the value may be empty and may hold further `=`. */
export function readEnvironmentEntry(text: string): EnvironmentEntry {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Expected NAME=VALUE.')
  return { name: text.slice(0, at), value: text.slice(at + 1) }
}
