// Processes as /proc shows them. A pid alone names nobody: together with the start time it is one process of this boot.
// It does not know containers; it finds and signals what it is told to.

import { readdirSync, readFileSync } from 'node:fs'

/** `start` is in clock ticks since boot: field 22 of /proc/PID/stat. */
export type ProcessId = { readonly pid: number; readonly start: number }

export type ProcessStat = ProcessId & {
  readonly state: string
  readonly parent: number
  readonly group: number
  readonly session: number
}

/** The fields of proc(5) stat that we use; null when the text is none. */
export function parseStat(text: string): ProcessStat | null {
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  const pid = Number.parseInt(text, 10)
  const [state, parent, group, session] = fields
  const start = fields[19]
  if (close === -1 || state === undefined || start === undefined || !Number.isInteger(pid)) return null
  return { pid, start: Number(start), state, parent: Number(parent), group: Number(group), session: Number(session) }
}

export function readStat(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return null
  }
}

/** Whether exactly this process still runs; a zombie does not. Who cannot be looked at (no files left) is not dead. */
export function isAlive(id: ProcessId): boolean {
  let text: string
  try {
    text = readFileSync(`/proc/${id.pid}/stat`, 'utf8')
  } catch (error) {
    return !isGone(error)
  }
  const stat = parseStat(text)
  return stat !== null && stat.start === id.start && stat.state !== 'Z' && stat.state !== 'X'
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}

/** False when there is nobody to take it; a negative number is a process group. */
export function signalPid(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch {
    return false
  }
}

/**
 * Everybody who can be known to belong to `main` without cgroups: its session and process group, its descendants, and
 * every process whose environment has the entry `mark`. A process that left the session, lost its parents and cleaned
 * its environment is not found. Null when nobody can be looked at.
 */
export function findTree(main: ProcessId, mark: string): readonly number[] | null {
  let names: readonly string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return null
  }
  const all = names.filter((name) => /^\d+$/.test(name)).flatMap((name) => readStat(Number(name)) ?? [])
  return treeOf(main, all, (pid) => hasMark(pid, mark)).filter((pid) => pid !== process.pid)
}

/** The same, told from what /proc showed. */
export function treeOf(
  main: ProcessId,
  all: readonly ProcessStat[],
  isMarked: (pid: number) => boolean,
): readonly number[] {
  // The kernel gives a number away only when no session and no group bears it any more: those of another process with
  // the number of ours are its own.
  const isGivenAway = all.some((stat) => stat.pid === main.pid && stat.start !== main.start)
  const live = all.filter((stat) => stat.state !== 'Z' && stat.state !== 'X')
  const found = new Set<number>()
  for (const stat of live) {
    const isOurs = !isGivenAway && stat.start >= main.start && (stat.session === main.pid || stat.group === main.pid)
    if (isOurs || isMarked(stat.pid)) found.add(stat.pid)
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const stat of live) if (found.has(stat.parent)) found.add(stat.pid)
  }
  return [...found]
}

function hasMark(pid: number, mark: string): boolean {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0${mark}\0`)
  } catch {
    return false
  }
}

/** New at each boot of the machine, so that pids of an earlier boot are never believed. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}
