// The operator's list of machines that may be offered: a file of host names, one a line, read again every few seconds,
// so that an editor or a tool changes it under a running master (as Mesos' --whitelist). `*` in it allows all. It does
// not know what the names do.

import { readFileSync, statSync } from 'node:fs'
import { fail, ok, type Result } from '../model/result.ts'
import type { Log } from '../shell/log.ts'

/** As Mesos reads it. */
export const whitelistIntervalMs = 5_000
/** Longer files are a mistake: names of a hundred thousand machines take less. */
const fileBytesMax = 16 * 1024 * 1024

export type Whitelist = { close(): void }

/**
 * Reads the file now, and from then on whenever its text changed; `told` gets the names, or null for all. A file that
 * cannot be read now is WHITELIST_UNREADABLE; one that cannot be read later leaves the names as they were.
 */
export function watchWhitelist(
  file: string,
  log: Log,
  told: (hostnames: ReadonlySet<string> | null) => void,
): Result<Whitelist> {
  const first = readText(file)
  if (!first.ok) return first
  let text = first.value
  let isReadable = true
  told(namesIn(text))
  const timer = setInterval(() => {
    const read = readText(file)
    if (!read.ok && isReadable)
      log('warn', 'whitelist.unreadable', 'the whitelist stays as it was', { reason: read.fault.message })
    isReadable = read.ok
    if (!read.ok || read.value === text) return
    text = read.value
    told(namesIn(text))
  }, whitelistIntervalMs)
  timer.unref()
  return ok({ close: () => clearInterval(timer) })
}

function readText(file: string): Result<string> {
  try {
    // A pipe or a device would hold the master up, or never end.
    const stats = statSync(file)
    if (!stats.isFile()) return unreadable(file, 'it is not a regular file')
    if (stats.size > fileBytesMax) return unreadable(file, `it has more than ${fileBytesMax} bytes`)
    return ok(readFileSync(file, 'utf8'))
  } catch (error) {
    return unreadable(file, (error as Error).message)
  }
}

function unreadable(file: string, why: string): Result<never> {
  return fail('WHITELIST_UNREADABLE', `the whitelist ${file} cannot be read: ${why}`)
}

function namesIn(text: string): ReadonlySet<string> | null {
  const names = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  return names.includes('*') ? null : new Set(names)
}
