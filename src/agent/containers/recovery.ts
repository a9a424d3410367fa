// Finds a run of an earlier life of the agent again, from its notes on disk and what the kernel shows. It watches nothing
// and tells nobody.

import type { ContainerExit, RecoveredRun } from '../core/types.ts'
import { killTree, limitationOf, type Run } from './run.ts'
import { claimRun, isClaimed, readExit, readRunNote, waitForRunProcesses } from './run-directory.ts'
import { unseenEnd } from './watch.ts'

/** Fills `run` with what was noted of it; what is left of one that has ended is killed. */
export function recoverRun(run: Run, bootId: string): RecoveredRun['state'] {
  const note = readRunNote(run.directory)
  if (note === null) return { kind: 'neverStarted' }
  run.groups = note.groups
  run.memoryBytes = note.memoryBytes
  run.sandbox = note.sandbox ?? null
  run.isShell = note.isShell
  if (claimRun(run.directory) || isClaimed(run.directory)) return { kind: 'neverStarted' }
  const processes = waitForRunProcesses(run.directory)
  run.phase = 'running'
  const status = readExit(run.directory)
  if (note.bootId !== bootId) {
    run.groups = []
    return ended(run, status ?? { kind: 'unknown', why: 'the machine was restarted while it ran' })
  }
  run.supervisor = processes?.supervisor ?? null
  run.main = processes?.main ?? null
  const end = status ?? unseenEnd(run)
  return end === null ? { kind: 'running', pid: run.main?.pid ?? 0 } : ended(run, end)
}

function ended(run: Run, status: ContainerExit['status']): RecoveredRun['state'] {
  const exit = { status, limitation: limitationOf(run, status) }
  run.phase = 'ended'
  killTree(run)
  return { kind: 'exited', exit }
}
