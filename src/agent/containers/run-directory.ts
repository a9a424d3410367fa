// The agent's own notes about one run, on disk, so that a later life of the agent finds the task again:
// `record` (written before the start), `pid` and `exit` (written by the supervisor), `note` (what sh said).
// A file counts only when it ends with a newline: its writer was interrupted otherwise. It knows no processes.

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerId } from '../../model/ids.ts'
import type { ContainerExit } from '../core/types.ts'
import type { ProcessId } from './processes.ts'

/** What must be known about a run before its first process exists. */
export type RunNote = {
  readonly bootId: string
  /** Absolute cgroup directories of the task; empty where it has none. */
  readonly groups: readonly string[]
  readonly memoryBytes: number | null
  /** The main process is a shell that the agent put before the task's own. */
  readonly isShell: boolean
  /** Absent in notes that were written before it was noted. */
  readonly sandbox?: string
}

export type RunProcesses = { readonly supervisor: ProcessId; readonly main: ProcessId }

export function runDirectory(workDir: string, containerId: ContainerId): string {
  return join(runsDirectory(workDir), containerId)
}

export function runsDirectory(workDir: string): string {
  return join(workDir, 'meta', 'runs')
}

/** Throws when the disk does not take it. */
export function writeRunNote(directory: string, note: RunNote): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  writeFileSync(join(directory, 'record'), `${JSON.stringify(note)}\n`, { flag: 'wx', mode: 0o600 })
}

export function readRunNote(directory: string): RunNote | null {
  const text = readWhole(directory, 'record')
  return text === null ? null : (JSON.parse(text) as RunNote)
}

/** `supervisor start task start`, as the supervisor reports it. */
export function parseRunProcesses(text: string): RunProcesses | null {
  const match = /^(\d+) (\d+) (\d+) (\d+)$/.exec(text)
  if (match === null) return null
  const [supervisor, supervisorStart, main, mainStart] = match.slice(1).map(Number) as [number, number, number, number]
  return { supervisor: { pid: supervisor, start: supervisorStart }, main: { pid: main, start: mainStart } }
}

/** The processes of a run whose `pid` exists; null when its writer never finished the line. */
export function waitForRunProcesses(directory: string): RunProcesses | null {
  for (let look = 0; look < pidLooksMax; look++) {
    const text = readWhole(directory, 'pid')
    if (text !== null) return parseRunProcesses(text)
    // Between its creation and its one write lie microseconds; a recovery that falls between them waits.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  }
  return null
}

/** Looks of one millisecond each. */
const pidLooksMax = 100

/** Takes the right to start this run; false when its supervisor (or an earlier claim) has it. */
export function claimRun(directory: string): boolean {
  try {
    const fd = openSync(join(directory, 'pid'), 'wx', 0o600)
    writeSync(fd, 'claimed\n')
    closeSync(fd)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Whether an earlier recovery found that this run never started. */
export function isClaimed(directory: string): boolean {
  return readWhole(directory, 'pid') === 'claimed'
}

/** How the run ended; null when that is not written, or cannot be read now. */
export function readExit(directory: string): ContainerExit['status'] | null {
  let text: string | null
  try {
    text = readWhole(directory, 'exit')
  } catch {
    return null
  }
  const match = /^(exited|signaled) (\d{1,3})$/.exec(text ?? '')
  if (match === null) return null
  const number = Number(match[2])
  return match[1] === 'exited' ? { kind: 'exited', code: number } : { kind: 'signaled', signal: number }
}

/** What sh complained about, in one line. */
export function readShellNote(directory: string): string {
  try {
    return readFileSync(join(directory, 'note'), 'utf8').slice(0, 500).trim().replaceAll('\n', '; ')
  } catch {
    return ''
  }
}

export function listRuns(workDir: string): readonly ContainerId[] {
  try {
    return readdirSync(runsDirectory(workDir)) as ContainerId[]
  } catch {
    return []
  }
}

/** False when something is left, which a later life of the agent removes. */
export function removeRunDirectory(directory: string): boolean {
  try {
    rmSync(directory, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

function readWhole(directory: string, name: string): string | null {
  let text: string
  try {
    text = readFileSync(join(directory, name), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  return text.endsWith('\n') ? text.slice(0, -1) : null
}
