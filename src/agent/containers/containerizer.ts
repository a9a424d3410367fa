// Runs command tasks: the life of each run from the order to start it to its removal. A run's main process is the child
// of a supervisor (supervisor.ts) that outlives the agent; this file starts supervisors, hears them end, finds those of
// an earlier life again, and tells each outcome once. It knows nothing of tasks' meaning, statuses or the master.

import { mkdirSync } from 'node:fs'
import type { ContainerId } from '../../model/ids.ts'
import { fail, fault, invariant, ok, type Result } from '../../model/result.ts'
import type { Confinement, ContainerExit, ContainerSpec, RecoveredRun } from '../core/types.ts'
import { removeGroups } from './cgroup-files.ts'
import { collectSandboxes, noteSandboxEnd, type SandboxCollection } from './collection.ts'
import { Confinements } from './confinement.ts'
import { kernelSets } from './kernel-sets.ts'
import { findLaunchTools, type Launched, launch } from './launch.ts'
import { chooseLimiter, type Limiter } from './limiter.ts'
import { Patience } from './patience.ts'
import { readBootId } from './processes.ts'
import { recoverRun } from './recovery.ts'
import { isTreeGone, killTree, limitationOf, newRun, type Run, sendSignal, treePids } from './run.ts'
import { listRuns, readExit, removeRunDirectory, runDirectory, runsDirectory } from './run-directory.ts'
import { sandboxesPath, sandboxPath } from './sandbox.ts'
import type { LaunchTools } from './supervisor.ts'
import type { ContainerEvents, Containerizer, CreateContainerizer, Isolation } from './types.ts'
import { type ContainerUsage, measureUsage } from './usage.ts'
import { Watch } from './watch.ts'

/** Starts going on at one time; more wait in order. Each holds a few files and a core for some milliseconds. */
export const startsInFlightMax = 16
/** Starts that may wait; one more fails at once. */
export const startsWaitingMax = 20_000
/** How long the rest of a tree may take to die before its container counts as ended all the same. */
const treeEndMaxMs = 30_000
/** How long the kernel may take to let a group go before it is left behind. */
const groupRemovalMaxMs = 30_000
export const createContainerizer: CreateContainerizer = async (options): Promise<Result<Containerizer>> => {
  const tools = findLaunchTools()
  if (!tools.ok) return tools
  try {
    mkdirSync(runsDirectory(options.workDir), { recursive: true, mode: 0o700 })
    const limiter = chooseLimiter(options.workDir, options.isolation)
    return ok(new ProcessContainerizer(options, withConfinement(limiter, tools.value), tools.value, readBootId()))
  } catch (error) {
    return fail('AGENT_UNSUPPORTED', `cannot prepare to run tasks in ${options.workDir}`, {}, error)
  }
}

/** The limiter's own cpusets are best; else threads are kept to CPUs one by one. */
function withConfinement(limiter: Limiter, { taskset }: LaunchTools): Limiter {
  const { isolation } = limiter
  if (isolation.enforced.includes('cpuset')) return limiter
  if (taskset !== null) {
    return { ...limiter, isolation: { ...isolation, enforced: [...isolation.enforced, 'affinity'] } }
  }
  const reason = [isolation.reason, 'no taskset (util-linux)'].filter((why) => why !== null).join('; ')
  return { ...limiter, isolation: { ...isolation, reason } }
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
  readonly #confinements: Confinements
  readonly #watch = new Watch((run, status) => void this.#end(run, status))
  readonly #patience = new Patience()
  readonly #removals = new Map<ContainerId, Promise<void>>()
  #startsInFlight = 0
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
    this.#confinements = new Confinements({
      kind: limiter.isolation.enforced.find((one) => one === 'cpuset' || one === 'affinity') ?? null,
      taskset: tools.taskset,
      numactl: tools.numactl,
      kernelSets,
      runs: () => this.#runs.values(),
      strayed: (containerId, why) => {
        if (!this.#isClosed) options.events.strayed(containerId, why)
      },
    })
  }

  start(spec: ContainerSpec): void {
    invariant(!this.#runs.has(spec.containerId), 'a container is started once', { containerId: spec.containerId })
    const run = this.#newRun(spec.containerId)
    run.confinement = spec.confinement
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
        sendSignal(run, signal)
        return
      case 'ended':
        return
    }
  }

  confine(containerId: ContainerId, confinement: Confinement): void {
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    run.confinement = confinement
    this.#confinements.confine(run)
  }

  usage(containerId: ContainerId): ContainerUsage | null {
    const run = this.#runs.get(containerId)
    if (run === undefined || (run.phase !== 'running' && run.phase !== 'ending')) return null
    return measureUsage(run.groups, () => treePids(run))
  }

  recover(place: {
    readonly containerId: ContainerId
    readonly frameworkId: string
    readonly executorId: string
  }): RecoveredRun {
    const { containerId } = place
    const run = this.#newRun(containerId)
    const state = recoverRun(run, this.#bootId)
    // What never started leaves nothing to watch or to end, and its id may be started afresh.
    if (state.kind === 'neverStarted') this.#discard(run)
    else this.#runs.set(containerId, run)
    if (state.kind === 'running') this.#watch.add(run)
    return { containerId, state }
  }

  removeUnrecovered(): void {
    for (const containerId of listRuns(this.#workDir)) {
      if (this.#runs.has(containerId) || this.#removals.has(containerId)) continue
      const run = this.#newRun(containerId)
      recoverRun(run, this.#bootId)
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
    this.#watch.delete(run)
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
    this.#patience.close()
    this.#watch.close()
    await this.#confinements.close()
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
    for (const run of this.#runs.values()) await this.#patience.until(() => removeGroups(run.groups), groupRemovalMaxMs)
    await Promise.all(this.#removals.values())
  }

  #newRun(containerId: ContainerId): Run {
    return newRun(containerId, runDirectory(this.#workDir, containerId))
  }

  #startNext(): void {
    while (this.#startsInFlight < startsInFlightMax) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      if (next.run.phase !== 'waiting') continue
      next.run.phase = 'starting'
      this.#startsInFlight++
      next.run.start = this.#start(next.run, next.spec)
      void next.run.start.finally(() => {
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
    const { cpus } = spec.grant
    const crowded = cpus === null ? null : await this.#confinements.makeRoom(run, cpus)
    if (crowded !== null) return this.#failStart(run, crowded)
    const launched = await launch({
      workDir: this.#workDir,
      run,
      bootId: this.#bootId,
      spec,
      limiter: this.#limiter,
      confinements: this.#confinements,
      tools: this.#tools,
    })
    if (!launched.ok) {
      this.#failStart(run, launched.fault.message, launched.fault)
      return
    }
    this.#started(run, launched.value)
  }

  #started(run: Run, launched: Launched): void {
    run.supervisor = launched.supervisor
    run.main = launched.main
    run.child = launched.child
    run.phase = 'running'
    if (this.#isClosed) {
      launched.child.unref()
      return
    }
    this.#events.started(run.containerId, launched.main.pid, launched.note)
    if (run.pendingSignal !== null) sendSignal(run, run.pendingSignal)
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

  /** Our child, the supervisor, is gone: with the status written, or, on a full disk, only said; or it was killed. */
  #supervisorEnded(run: Run, code: number | null): void {
    run.child = null
    const status = readExit(run.directory) ?? (code === null ? null : ({ kind: 'exited', code } as const))
    if (status !== null) void this.#end(run, status)
    else this.#watch.add(run)
  }

  /** The main process is gone: nothing of the container may live on when its resources count as free. */
  async #end(run: Run, status: ContainerExit['status']): Promise<void> {
    if (run.phase !== 'running') return
    run.phase = 'ending'
    if (run.wasAsked) {
      await this.#patience.until(() => run.mustDie || isTreeGone(run), Number.POSITIVE_INFINITY)
    }
    await this.#patience.until(() => {
      if (isTreeGone(run)) return true
      killTree(run)
      return false
    }, treeEndMaxMs)
    run.phase = 'ended'
    if (!this.#isClosed) this.#events.exited(run.containerId, { status, limitation: limitationOf(run, status) })
  }

  /** Ends what is left, then removes groups and notes; goes on in the background while the kernel is busy. */
  #discard(run: Run): void {
    const hasTree = run.groups.length > 0 || (run.phase !== 'ended' && run.main !== null)
    // Its end is nobody's news any more.
    run.phase = 'ended'
    // Before the notes go, which keep the sandbox.
    if (run.sandbox !== null) noteSandboxEnd(run.sandbox)
    const removal = this.#patience.until(() => {
      if (hasTree && !isTreeGone(run)) {
        killTree(run)
        return false
      }
      if (!removeGroups(run.groups)) return false
      // Last: as long as the notes are there, a later life of the agent finds the rest and removes it.
      return removeRunDirectory(run.directory)
    }, groupRemovalMaxMs)
    this.#removals.set(run.containerId, removal)
    void removal.finally(() => this.#removals.delete(run.containerId))
  }
}
