// What the containerizer knows of one run, and how the processes of a run are found and ended: by its cgroups, else by
// what /proc tells of them. It decides nothing.

import type { ChildProcess } from 'node:child_process'
import type { ContainerId } from '../../model/ids.ts'
import type { Confinement, ContainerExit } from '../core/types.ts'
import { areGroupsEmpty, groupMembers, killGroups, readMemoryFacts } from './cgroup-files.ts'
import { findTree, isAlive, type ProcessId, signalPid } from './processes.ts'

export type Run = {
  readonly containerId: ContainerId
  readonly directory: string
  phase: 'waiting' | 'starting' | 'running' | 'ending' | 'ended'
  /** Resolves when its start has succeeded or failed; null before, and for a run of an earlier life. */
  start: Promise<void> | null
  groups: readonly string[]
  memoryBytes: number | null
  sandbox: string | null
  supervisor: ProcessId | null
  main: ProcessId | null
  /** The supervisor, when it is our child. */
  child: ChildProcess | null
  /** The main process is a shell that we put before the task's own: what is asked of the task is asked of its children. */
  isShell: boolean
  /** A signal that came before there was a process to take it. */
  pendingSignal: 'TERM' | 'KILL' | null
  /** It was asked to end: what its main process leaves behind may end in order, until KILL. */
  wasAsked: boolean
  mustDie: boolean
  /** Where it belongs. */
  confinement: Confinement
  /** Where it was put last; null: nobody of this life has put it anywhere. */
  confined: Confinement | null
  /** Why it may be elsewhere than it was put, or null. */
  stray: string | null
}

const anywhere: Confinement = { cpus: null, isAlone: false, memoryNodes: null }

export function newRun(containerId: ContainerId, directory: string): Run {
  return {
    containerId,
    directory,
    phase: 'waiting',
    start: null,
    groups: [],
    memoryBytes: null,
    sandbox: null,
    supervisor: null,
    main: null,
    child: null,
    isShell: false,
    pendingSignal: null,
    wasAsked: false,
    mustDie: false,
    confinement: anywhere,
    confined: null,
    stray: null,
  }
}

export function sendSignal(run: Run, signal: 'TERM' | 'KILL'): void {
  if (signal === 'KILL') {
    run.mustDie = true
    killTree(run)
  } else if (run.main !== null && isAlive(run.main)) {
    run.wasAsked = true
    // Between its start and its setsid it leads no group yet.
    const hasAskedGroup = run.isShell && signalPid(-run.main.pid, 'SIGTERM')
    if (!hasAskedGroup) signalPid(run.main.pid, 'SIGTERM')
  }
}

export function killTree(run: Run): void {
  if (run.groups.length > 0) killGroups(run.groups)
  else for (const pid of treeWithoutGroups(run) ?? []) signalPid(pid, 'SIGKILL')
}

export function isTreeGone(run: Run): boolean {
  if (run.groups.length > 0) return areGroupsEmpty(run.groups)
  return treeWithoutGroups(run)?.length === 0
}

/** The processes of a run; null when they cannot be looked at. */
export function treePids(run: Run): readonly number[] | null {
  return run.groups.length > 0 ? groupMembers(run.groups) : treeWithoutGroups(run)
}

function treeWithoutGroups({ main, containerId }: Run): readonly number[] | null {
  return main === null ? [] : findTree(main, `MESOS_CONTAINER_ID=${containerId}`)
}

/** The memory limit ended a run when it killed in it and the run did not end well in spite of that. */
export function limitationOf(run: Run, status: ContainerExit['status']): ContainerExit['limitation'] {
  if (run.memoryBytes === null || (status.kind === 'exited' && status.code === 0)) return null
  const facts = readMemoryFacts(run.groups)
  if (facts === null || facts.kills === 0) return null
  return { kind: 'memory', limitBytes: run.memoryBytes, usedBytes: facts.usedBytes }
}
