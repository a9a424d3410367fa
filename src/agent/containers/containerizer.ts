// Runs command tasks: the life of each run from the order to start it to its removal. A run's main process is the child
// of a supervisor (supervisor.ts) that outlives the agent; this file starts supervisors, hears them end, finds those of
// an earlier life again, and tells each outcome once. It knows nothing of tasks' meaning, statuses or the master.

import type { ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { ContainerId } from '../../model/ids.ts'
import { fail, fault, invariant, ok, type Result } from '../../model/result.ts'
import type { ContainerExit, ContainerSpec, RecoveredRun } from '../core/types.ts'
import { areGroupsEmpty, killGroups, readMemoryFacts, removeGroups } from './cgroup-files.ts'
import { collectSandboxes, noteSandboxEnd, type SandboxCollection } from './collection.ts'
import { findLaunchTools, type Launched, launch } from './launch.ts'
import { chooseLimiter, type Limiter } from './limiter.ts'
import { findTree, isAlive, type ProcessId, readBootId, signalPid } from './processes.ts'
import {
  claimRun,
  isClaimed,
  listRuns,
  readExit,
  readRunNote,
  removeRunDirectory,
  runDirectory,
  runsDirectory,
  waitForRunProcesses,
} from './run-directory.ts'
import { sandboxesPath, sandboxPath } from './sandbox.ts'
import type { LaunchTools } from './supervisor.ts'
import type { ContainerEvents, Containerizer, CreateContainerizer, Isolation } from './types.ts'

/** Starts going on at one time; more wait in order. Each holds a few files and a core for some milliseconds. */
export const startsInFlightMax = 16
/** Starts that may wait; one more fails at once. */
export const startsWaitingMax = 20_000
/** How often runs that are not our children (those of an earlier life) are looked at. */
const lookIntervalMs = 200
/** Between two looks passes at least this many times what a look took, so that many runs do not keep the agent busy. */
const lookRestFactor = 20
/** How long the rest of a tree may take to die before its container counts as ended all the same. */
const treeEndMaxMs = 30_000
/** How long the kernel may take to let a group go before it is left behind. */
const groupRemovalMaxMs = 30_000
/** The most between two looks at a dying tree or a busy group; looks begin at 1 ms and double. */
const lookAgainMaxMs = 250

type Run = {
  readonly containerId: ContainerId
  readonly directory: string
  phase: 'waiting' | 'starting' | 'running' | 'ending' | 'ended'
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
}

export const createContainerizer: CreateContainerizer = async (options): Promise<Result<Containerizer>> => {
  const tools = findLaunchTools()
  if (!tools.ok) return tools
  try {
    mkdirSync(runsDirectory(options.workDir), { recursive: true, mode: 0o700 })
    const limiter = chooseLimiter(options.workDir, options.isolation)
    return ok(new ProcessContainerizer(options, limiter, tools.value, readBootId()))
  } catch (error) {
    return fail('AGENT_UNSUPPORTED', `cannot prepare to run tasks in ${options.workDir}`, {}, error)
  }
}

type ContainerizerOptions = Parameters<CreateContainerizer>[0]

class ProcessContainerizer implements Containerizer {
  readonly isolation: Isolation
  readonly sandboxes: string
  readonly #options: ContainerizerOptions
  readonly #workDir: string
  readonly #events: ContainerEvents
  readonly #limiter: Limiter
  readonly #tools: LaunchTools
  readonly #bootId: string
  readonly #runs = new Map<ContainerId, Run>()
  readonly #waiting: { readonly run: Run; readonly spec: ContainerSpec }[] = []
  /** Runs whose end no child's exit will tell. */
  readonly #watched = new Set<Run>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #removals = new Map<ContainerId, Promise<void>>()
  #startsInFlight = 0
  #lookTimer: NodeJS.Timeout | null = null
  #collection: SandboxCollection | null = null
  #isClosed = false

  constructor(options: ContainerizerOptions, limiter: Limiter, tools: LaunchTools, bootId: string) {
    this.isolation = limiter.isolation
    this.sandboxes = sandboxesPath(options.workDir)
    this.#options = options
    this.#workDir = options.workDir
    this.#events = options.events
    this.#limiter = limiter
    this.#tools = tools
    this.#bootId = bootId
  }

  start(spec: ContainerSpec): void {
    invariant(!this.#runs.has(spec.containerId), 'a container is started once', { containerId: spec.containerId })
    const run = this.#newRun(spec.containerId)
    this.#runs.set(spec.containerId, run)
    if (this.#waiting.length >= startsWaitingMax) {
      queueMicrotask(() => this.#failStart(run, 'too many starts are waiting on this agent'))
      return
    }
    this.#waiting.push({ run, spec })
    this.#startNext()
  }

  signal(containerId: ContainerId, signal: 'TERM' | 'KILL'): void {
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    switch (run.phase) {
      case 'waiting':
        queueMicrotask(() => this.#failStart(run, 'the container was stopped before it was started'))
        return
      case 'starting':
        if (run.pendingSignal !== 'KILL') run.pendingSignal = signal
        return
      case 'running':
      case 'ending':
        this.#sendSignal(run, signal)
        return
      case 'ended':
        return
    }
  }

  recover(place: {
    readonly containerId: ContainerId
    readonly frameworkId: string
    readonly executorId: string
  }): RecoveredRun {
    const { containerId } = place
    const run = this.#newRun(containerId)
    const state = this.#recoveredState(run)
    // What never started leaves nothing to watch or to end, and its id may be started afresh.
    if (state.kind === 'neverStarted') this.#discard(run)
    else this.#runs.set(containerId, run)
    return { containerId, state }
  }

  removeUnrecovered(): void {
    for (const containerId of listRuns(this.#workDir)) {
      if (this.#runs.has(containerId) || this.#removals.has(containerId)) continue
      const run = this.#newRun(containerId)
      this.#recoveredState(run)
      this.#watched.delete(run)
      this.#discard(run)
    }
    const { isReported, nowMs = Date.now } = this.#options
    this.#collection = collectSandboxes({
      workDir: this.#workDir,
      isNeeded: (containerId) => this.#runs.has(containerId) || isReported(containerId),
      nowMs,
    })
  }

  remove(containerId: ContainerId): void {
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    this.#runs.delete(containerId)
    this.#watched.delete(run)
    this.#discard(run)
  }

  sandbox(run: {
    readonly containerId: ContainerId
    readonly frameworkId: string
    readonly executorId: string
  }): string {
    return sandboxPath(this.#workDir, run)
  }

  async close(tasks: 'keep' | 'kill'): Promise<void> {
    for (const { run } of this.#waiting.splice(0)) this.#failStart(run, 'the agent is stopping')
    if (tasks === 'kill') await this.#endAll()
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
    if (this.#lookTimer !== null) clearTimeout(this.#lookTimer)
    for (const run of this.#runs.values()) {
      run.child?.removeAllListeners()
      run.child?.unref()
    }
    this.#limiter.close()
    await this.#collection?.close()
  }

  async #endAll(): Promise<void> {
    const deadline = performance.now() + treeEndMaxMs
    const live = () => [...this.#runs.values()].filter((run) => run.phase !== 'ended')
    for (const run of live()) this.signal(run.containerId, 'KILL')
    for (let waitMs = 1; live().length > 0 && performance.now() < deadline; waitMs = Math.min(2 * waitMs, 50)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
    for (const run of this.#runs.values()) await this.#untilGone(() => removeGroups(run.groups), groupRemovalMaxMs)
    await Promise.all(this.#removals.values())
  }

  #newRun(containerId: ContainerId): Run {
    return {
      containerId,
      directory: runDirectory(this.#workDir, containerId),
      phase: 'waiting',
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
    }
  }

  #startNext(): void {
    while (this.#startsInFlight < startsInFlightMax) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      if (next.run.phase !== 'waiting') continue
      next.run.phase = 'starting'
      this.#startsInFlight++
      void this.#start(next.run, next.spec).finally(() => {
        this.#startsInFlight--
        this.#startNext()
      })
    }
  }

  async #start(run: Run, spec: ContainerSpec): Promise<void> {
    run.memoryBytes = spec.limits.memoryBytes
    run.sandbox = this.sandbox(spec)
    run.isShell = spec.command.kind === 'shell'
    // What a first start left under this name must not be taken for the second, nor the second for it.
    await this.#removals.get(run.containerId)
    const launched = await launch({
      workDir: this.#workDir,
      directory: run.directory,
      bootId: this.#bootId,
      spec,
      limiter: this.#limiter,
      tools: this.#tools,
    })
    if (!launched.ok) {
      this.#failStart(run, launched.fault.message, launched.fault)
      return
    }
    this.#started(run, launched.value)
  }

  #started(run: Run, launched: Launched): void {
    run.groups = launched.groups
    run.supervisor = launched.supervisor
    run.main = launched.main
    run.child = launched.child
    run.phase = 'running'
    if (this.#isClosed) {
      launched.child.unref()
      return
    }
    this.#events.started(run.containerId, launched.main.pid)
    if (run.pendingSignal !== null) this.#sendSignal(run, run.pendingSignal)
    // The task may have been so short that its supervisor is gone already.
    const { child } = launched
    if (child.exitCode !== null || child.signalCode !== null) this.#supervisorEnded(run, child.exitCode)
    else child.once('exit', (code) => this.#supervisorEnded(run, code))
  }

  #failStart(run: Run, message: string, because = fault('AGENT_LAUNCH_FAILED', message)): void {
    if (run.phase !== 'waiting' && run.phase !== 'starting') return
    run.phase = 'ended'
    if (!this.#isClosed) this.#events.failed(run.containerId, because)
  }

  #sendSignal(run: Run, signal: 'TERM' | 'KILL'): void {
    if (signal === 'KILL') {
      run.mustDie = true
      this.#killTree(run)
    } else if (run.main !== null && isAlive(run.main)) {
      run.wasAsked = true
      // Between its start and its setsid it leads no group yet.
      const hasAskedGroup = run.isShell && signalPid(-run.main.pid, 'SIGTERM')
      if (!hasAskedGroup) signalPid(run.main.pid, 'SIGTERM')
    }
  }

  #killTree(run: Run): void {
    if (run.groups.length > 0) killGroups(run.groups)
    else if (run.main !== null)
      for (const pid of this.#treeWithoutGroups(run.main, run) ?? []) signalPid(pid, 'SIGKILL')
  }

  #isTreeGone(run: Run): boolean {
    if (run.groups.length > 0) return areGroupsEmpty(run.groups)
    return run.main === null || this.#treeWithoutGroups(run.main, run)?.length === 0
  }

  #treeWithoutGroups(main: ProcessId, run: Run): readonly number[] | null {
    return findTree(main, `MESOS_CONTAINER_ID=${run.containerId}`)
  }

  /** Our child, the supervisor, is gone: with the status written, or, on a full disk, only said; or it was killed. */
  #supervisorEnded(run: Run, code: number | null): void {
    run.child = null
    const status = readExit(run.directory) ?? (code === null ? null : ({ kind: 'exited', code } as const))
    if (status !== null) void this.#end(run, status)
    else this.#watch(run)
  }

  #watch(run: Run): void {
    this.#watched.add(run)
    this.#lookTimer ??= setTimeout(() => this.#look(), lookIntervalMs)
  }

  #look(): void {
    this.#lookTimer = null
    const begunMs = performance.now()
    for (const run of this.#watched) {
      const status = readExit(run.directory) ?? this.#unseenEnd(run)
      if (status === null) continue
      this.#watched.delete(run)
      void this.#end(run, status)
    }
    if (this.#watched.size === 0 || this.#isClosed) return
    const restMs = Math.max(lookIntervalMs, lookRestFactor * (performance.now() - begunMs))
    this.#lookTimer = setTimeout(() => this.#look(), restMs)
  }

  /** What can be said when the task and its supervisor are both gone and no status was left; null while one lives. */
  #unseenEnd(run: Run): ContainerExit['status'] | null {
    if (run.main !== null && isAlive(run.main)) return null
    if (run.supervisor !== null && isAlive(run.supervisor)) return null
    // It may have been written between our looks.
    return readExit(run.directory) ?? { kind: 'unknown', why: 'its supervisor was killed, so nobody saw how it ended' }
  }

  /** The main process is gone: nothing of the container may live on when its resources count as free. */
  async #end(run: Run, status: ContainerExit['status']): Promise<void> {
    if (run.phase !== 'running') return
    run.phase = 'ending'
    if (run.wasAsked) {
      await this.#untilGone(() => run.mustDie || this.#isTreeGone(run), Number.POSITIVE_INFINITY)
    }
    await this.#untilGone(() => {
      if (this.#isTreeGone(run)) return true
      this.#killTree(run)
      return false
    }, treeEndMaxMs)
    run.phase = 'ended'
    if (!this.#isClosed) this.#events.exited(run.containerId, { status, limitation: limitationOf(run, status) })
  }

  #recoveredState(run: Run): RecoveredRun['state'] {
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
    if (note.bootId !== this.#bootId) {
      run.groups = []
      return this.#recoveredEnd(run, status ?? { kind: 'unknown', why: 'the machine was restarted while it ran' })
    }
    run.supervisor = processes?.supervisor ?? null
    run.main = processes?.main ?? null
    const end = status ?? this.#unseenEnd(run)
    if (end !== null) return this.#recoveredEnd(run, end)
    this.#watch(run)
    return { kind: 'running', pid: run.main?.pid ?? 0 }
  }

  #recoveredEnd(run: Run, status: ContainerExit['status']): RecoveredRun['state'] {
    const exit = { status, limitation: limitationOf(run, status) }
    run.phase = 'ended'
    this.#killTree(run)
    return { kind: 'exited', exit }
  }

  /** Ends what is left, then removes groups and notes; goes on in the background while the kernel is busy. */
  #discard(run: Run): void {
    const hasTree = run.groups.length > 0 || (run.phase !== 'ended' && run.main !== null)
    // Its end is nobody's news any more.
    run.phase = 'ended'
    // Before the notes go, which keep the sandbox.
    if (run.sandbox !== null) noteSandboxEnd(run.sandbox)
    const removal = this.#untilGone(() => {
      if (hasTree && !this.#isTreeGone(run)) {
        this.#killTree(run)
        return false
      }
      if (!removeGroups(run.groups)) return false
      // Last: as long as the notes are there, a later life of the agent finds the rest and removes it.
      return removeRunDirectory(run.directory)
    }, groupRemovalMaxMs)
    this.#removals.set(run.containerId, removal)
    void removal.finally(() => this.#removals.delete(run.containerId))
  }

  /** Repeats `attempt`, the first time at once, until it is true, the time is over or the containerizer is closed. */
  #untilGone(attempt: () => boolean, maxMs: number): Promise<void> {
    const deadline = performance.now() + maxMs
    return new Promise((resolve) => {
      const again = (waitMs: number) => {
        if (attempt() || performance.now() > deadline || this.#isClosed) {
          resolve()
          return
        }
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          again(Math.min(2 * waitMs, lookAgainMaxMs))
        }, waitMs)
        this.#timers.add(timer)
      }
      again(1)
    })
  }
}

/** The memory limit ended a run when it killed in it and the run did not end well in spite of that. */
function limitationOf(run: Run, status: ContainerExit['status']): ContainerExit['limitation'] {
  if (run.memoryBytes === null || (status.kind === 'exited' && status.code === 0)) return null
  const facts = readMemoryFacts(run.groups)
  if (facts === null || facts.kills === 0) return null
  return { kind: 'memory', limitBytes: run.memoryBytes, usedBytes: facts.usedBytes }
}
