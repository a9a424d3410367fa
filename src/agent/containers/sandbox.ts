// Sandboxes: the directory of each run, laid out as Mesos' agents do below their own work directory:
// frameworks/F/executors/E/runs/C, with `latest` pointing at the newest run. It does not know processes.

import { createHash } from 'node:crypto'
import {
  chownSync,
  closeSync,
  constants,
  fchownSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'

export type RunPlace = { readonly containerId: string; readonly frameworkId: string; readonly executorId: string }

/** Longest file name on Linux' file systems. */
const fileNameMaxBytes = 255

export function sandboxPath(workDir: string, run: RunPlace): string {
  return join(runsPath(workDir, run), fileName(run.containerId))
}

export function sandboxesPath(workDir: string): string {
  return join(workDir, 'frameworks')
}

/** The directory that holds an executor's runs and `latest`. */
export function runsPath(workDir: string, run: Omit<RunPlace, 'containerId'>): string {
  return join(sandboxesPath(workDir), fileName(run.frameworkId), 'executors', fileName(run.executorId), 'runs')
}

/**
 * Makes the sandbox with empty `stdout` and `stderr` for their owner and opens these two; the caller closes them. The
 * run must never have been started.
 * Throws when the disk does not take it.
 */
export function createSandbox(
  workDir: string,
  run: RunPlace,
  owner: { readonly uid: number; readonly gid: number } | null,
): { readonly path: string; readonly stdoutFd: number; readonly stderrFd: number } {
  const path = sandboxPath(workDir, run)
  const runs = runsPath(workDir, run)
  mkdirSync(runs, { recursive: true, mode: 0o755 })
  // Left by an agent that was killed in the middle of this start; nothing ran in it yet.
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { mode: 0o750 })
  pointLatest(runs, fileName(run.containerId))
  const stdoutFd = openLog(join(path, 'stdout'))
  let stderrFd: number | null = null
  try {
    stderrFd = openLog(join(path, 'stderr'))
    if (owner !== null) {
      fchownSync(stdoutFd, owner.uid, owner.gid)
      fchownSync(stderrFd, owner.uid, owner.gid)
      chownSync(path, owner.uid, owner.gid)
    }
    return { path, stdoutFd, stderrFd }
  } catch (error) {
    closeSync(stdoutFd)
    if (stderrFd !== null) closeSync(stderrFd)
    throw error
  }
}

function openLog(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)
}

/** A link cannot be overwritten, but a renamed one replaces it in one step. */
function pointLatest(runs: string, name: string): void {
  const fresh = join(runs, `.latest-${process.pid}`)
  rmSync(fresh, { force: true })
  symlinkSync(name, fresh)
  renameSync(fresh, join(runs, 'latest'))
}

/** An id as a file name: itself, or where it is too long in bytes (ids are bounded in characters) its start and a hash. */
export function fileName(id: string): string {
  if (Buffer.byteLength(id) <= fileNameMaxBytes) return id
  return `${id.slice(0, 32)}-${createHash('sha256').update(id).digest('hex')}`
}
