// The life of a task on its agent: launched, running, killed, ended, told (status-updates.ts), acknowledged, forgotten.
// It does not know how the agent is registered, only whether it is.

import { fromJsonValue } from '../../mesos/json.ts'
import { fromMessages } from '../../mesos/resources.ts'
import type { TaskInfo } from '../../mesos/types.ts'
import { type AgentId, type ContainerId, type FrameworkId, idError, type TaskId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import { uuidText } from '../../model/random.ts'
import { invariant } from '../../model/result.ts'
import type { Timers } from '../../model/timers.ts'
import { registerBytesMax, tasksMax } from '../../wire/bounds.ts'
import type { Acknowledge, Kill, Launch, MesosJson } from '../../wire/messages.ts'
import { containerSpec } from './launch.ts'
import { Pool } from './pool.ts'
import { type Run, type Runs, reportBytesOf } from './runs.ts'
import type { Session } from './session.ts'
import { StatusUpdates, type StatusUpdatesContext } from './status-updates.ts'
import { isDraining, killReason, launchFailed, type StatusFacts, terminalFacts } from './statuses.ts'
import type { AgentConfig, AgentEffect, ContainerExit, Killing, RunRecord, VolumePlace } from './types.ts'
import { placesOf, unprotectedVolumes } from './volumes.ts'

/** From TERM to KILL, unless the task or the kill says otherwise (as Mesos src/launcher/executor.cpp). */
export const killGraceDefaultMs = 3_000
/** The same for tasks of a framework that is gone. */
export const shutdownGraceMs = 5_000
/**
 * Tasks that one agent holds at a time, ended ones that nobody acknowledged included, and what they may take in a
 * registration. More are refused; what is refused is held too until its end is acknowledged, and one registration must
 * tell it all, so both leave room below what the wire takes.
 */
export const runsMax = 0.8 * tasksMax
export const reportBytesMax = 0.75 * registerBytesMax

export type TasksContext = StatusUpdatesContext & {
  readonly volumes: {
    readonly isThere: (place: VolumePlace) => boolean
    /** Whether one of them is still made on disk. */
    readonly isChanging: (places: readonly VolumePlace[]) => boolean
  }
}

export class Tasks {
  readonly counters = new Map<string, number>()
  runningCount = 0
  /** The agent itself ends: nobody will acknowledge anything any more. */
  isEnding = false
  readonly #config: () => AgentConfig
  readonly #runs: Runs
  readonly #session: Session
  readonly #timers: Timers
  readonly #random: Random
  readonly #volumes: TasksContext['volumes']
  /** Not started before their volumes are there. */
  readonly #waiting = new Set<Run>()
  readonly #agentId: () => AgentId
  readonly #emit: (...effects: readonly AgentEffect[]) => void
  readonly #pool: Pool
  readonly #updates: StatusUpdates

  constructor(context: TasksContext) {
    this.#config = context.config
    this.#runs = context.runs
    this.#session = context.session
    this.#timers = context.timers
    this.#random = context.random
    this.#volumes = context.volumes
    this.#agentId = context.agentId
    this.#emit = context.emit
    this.#updates = new StatusUpdates(context)
    this.#pool = new Pool(context.runs, context.config().hardware)
  }

  launch({ frameworkInfo, taskInfo, grant }: Launch, nowMs: number): void {
    const framework = fromJsonValue('mesos.v1.FrameworkInfo', frameworkInfo)
    const task = fromJsonValue('mesos.v1.TaskInfo', taskInfo)
    if (!framework.ok || !task.ok || framework.value.id === undefined) {
      this.#log('error', 'wire.dropped', 'the master asks to launch something that is not a task', {})
      return
    }
    const frameworkId = framework.value.id.value as FrameworkId
    const taskId = task.value.task_id.value as TaskId
    const mistake = idError(frameworkId) ?? idError(taskId)
    if (mistake !== null) {
      this.#log('error', 'wire.dropped', 'the master asks to launch something that has no id', { mistake })
      return
    }
    const present = this.#runs.ofTask(frameworkId, taskId)
    if (present !== undefined && present.phase !== 'ended') {
      this.#log('warn', 'task.rejected', 'a task of this id already runs here', { frameworkId, taskId })
      return
    }
    const containerId = uuidText(this.#random.bytes16()) as ContainerId
    const refusal = this.#refusal(taskInfo) ?? this.#pool.refusal(grant)
    this.#runs.setFramework(frameworkId, frameworkInfo)
    const run = this.#runs.add({
      containerId,
      frameworkId,
      taskId,
      taskInfo: refusal === null ? taskInfo : essentials(taskInfo),
      grant,
      statuses: [],
      acknowledged: 0,
      killing: null,
    })
    this.#count('slave/tasks_launched')
    this.#log('info', 'task.launched', 'a task was accepted', { frameworkId, taskId, containerId })
    if (refusal !== null) {
      this.failed(run, refusal, nowMs)
      if (this.isEnding) this.abandon(run, nowMs)
      return
    }
    const note = unprotectedNote(task.value)
    const message = note === null ? {} : { message: note }
    this.#updates.add(run, { state: 'TASK_STARTING', source: 'SOURCE_EXECUTOR', ...message }, nowMs)
    this.#start(run, nowMs)
  }

  /** Why this agent does not take another task, or null. */
  #refusal(taskInfo: MesosJson): string | null {
    if (this.isEnding) return 'this agent is stopping'
    if (this.#runs.size >= runsMax) return `this agent already holds ${runsMax} tasks`
    if (this.#runs.reportBytes + reportBytesOf(taskInfo) > reportBytesMax) {
      return 'the descriptions of the tasks that this agent holds are too large for one more'
    }
    return null
  }

  kill({ frameworkId, taskId, gracePeriodMs, drain }: Kill, nowMs: number): void {
    const run = this.#runs.ofTask(frameworkId, taskId)
    if (run === undefined || run.phase === 'ended') {
      this.#log('debug', 'task.rejected', 'no such task to kill', { frameworkId, taskId })
      return
    }
    const ownGraceMs = gracePeriodMs ?? taskKillGraceMs(this.#task(run))
    const graceMs = Math.min(ownGraceMs, drain?.maxGraceMs ?? ownGraceMs)
    const isFirst = run.record.killing === null
    const cause = drain === undefined ? 'kill' : drain.markGone ? 'goneByOperator' : 'drained'
    this.#setKilling(run, { deadlineMs: nowMs + graceMs, cause })
    if (isFirst && this.#runs.hasCapability(frameworkId, 'TASK_KILLING_STATE')) {
      this.#updates.add(
        run,
        { state: 'TASK_KILLING', source: 'SOURCE_EXECUTOR', ...killReason(run.record.killing) },
        nowMs,
      )
    }
    if (run.phase === 'running' && run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  /** What it ran on belongs to others, who want it back: it is ended at once, and that is told as what it is. */
  preempt(run: Run, nowMs: number): void {
    if (run.record.killing !== null) return
    this.#setKilling(run, { deadlineMs: nowMs, cause: 'preempted' })
    if (run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  /** A master took this agent: what waits is told again, from the first repetition on. */
  registered(run: Run, nowMs: number): void {
    const { killing } = run.record
    // A master says anew which frameworks are gone: one that does not is waiting for the end of their tasks. An agent
    // that is ending waits for nobody.
    if (killing?.cause === 'frameworkGone' && !this.isEnding)
      run.record = { ...run.record, killing: { ...killing, cause: 'kill' } }
    this.#updates.registered(run, nowMs)
  }

  /** The framework, or this agent's place in the cluster, is gone: end the task, wait for no acknowledgement. */
  abandon(run: Run, nowMs: number): void {
    if (run.phase === 'ended') return this.#forgetAbandoned(run)
    this.#setKilling(run, { deadlineMs: nowMs + shutdownGraceMs, cause: 'frameworkGone' })
    if (run.phase === 'running' && run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  acknowledged(message: Acknowledge, nowMs: number): void {
    const over = this.#updates.acknowledged(message, nowMs)
    if (over !== null) this.#forget(over)
  }

  /** Before anything is started: every container of an earlier life stays where it belongs. */
  recovering(): void {
    this.#emit(...this.#pool.all())
  }

  machineChanged(): void {
    this.#emit(...this.#pool.setHardware(this.#config().hardware))
  }

  /** Recovery found no trace of a start. */
  neverStarted(run: Run, nowMs: number): void {
    if (wasToldRunning(run.record)) {
      // It did start: a power cut took the notes that were not yet on the disk. A second start would be a second task.
      const why = 'what was noted of it on this machine is gone'
      return this.exited(run, { status: { kind: 'unknown', why }, limitation: null }, nowMs)
    }
    if (run.record.killing !== null) return this.failed(run, 'the task was to end before it was started', nowMs)
    this.#start(run, nowMs)
  }

  #start(run: Run, nowMs: number): void {
    const framework = fromJsonValue('mesos.v1.FrameworkInfo', this.#runs.frameworks.get(run.record.frameworkId) ?? {})
    invariant(framework.ok, 'a run has a framework')
    const task = this.#task(run)
    const places = placesOf(task.resources)
    const missing = places.find((place) => !this.#volumes.isThere(place))
    if (missing !== undefined) {
      const message = `this agent has no persistent volume '${missing.id}' of role '${missing.role}'`
      return this.failed(run, message, nowMs)
    }
    if (this.#volumes.isChanging(places)) {
      this.#waiting.add(run)
      return
    }
    const { containerId, grant } = run.record
    if (grant.cpus !== null) {
      this.#emit(...this.#pool.changed())
      for (const homeless of this.#pool.homeless()) this.preempt(homeless, nowMs)
    }
    const spec = containerSpec(this.#config(), {
      containerId,
      framework: framework.value,
      task,
      grant,
      confinement: this.#pool.confinement(grant),
      agentId: this.#agentId(),
    })
    if (!spec.ok) return this.failed(run, spec.fault.message, nowMs)
    this.#emit({ kind: 'start', spec: spec.value })
  }

  /** What was waited for on disk may be there now, or never. */
  volumesChanged(nowMs: number): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const run of waiting) if (run.phase === 'starting') this.neverStarted(run, nowMs)
  }

  started(run: Run, pid: number, nowMs: number, note: string | null = null): void {
    const { containerId } = run.record
    if (run.phase === 'starting') this.runningCount++
    run.phase = 'running'
    run.pid = pid
    if (!wasToldRunning(run.record) && run.record.killing === null) {
      const told = note === null ? {} : { message: note }
      this.#updates.add(run, { state: 'TASK_RUNNING', source: 'SOURCE_EXECUTOR', ...told }, nowMs)
    }
    this.#log('info', 'container.started', 'a container runs', { containerId, pid, taskId: run.record.taskId })
    this.#emit({ kind: 'statusChanged' })
    const limitMs = completionTimeMs(this.#task(run))
    if (limitMs !== null) this.#timers.set(`complete:${containerId}`, startedMs(run.record, nowMs) + limitMs)
    if (run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  exited(run: Run, exit: ContainerExit, nowMs: number): void {
    this.#log('info', 'container.exited', 'a container ended', {
      containerId: run.record.containerId,
      taskId: run.record.taskId,
      status: exit.status,
    })
    if (exit.limitation !== null) {
      this.#log('warn', 'container.limited', 'a container was stopped at a limit', { limitation: exit.limitation })
    }
    this.#end(run, terminalFacts(exit, run.record.killing, this.#isPartitionAware(run)), nowMs)
  }

  /** The container could not be started at all. */
  failed(run: Run, message: string, nowMs: number): void {
    this.#end(run, launchFailed(message, run.record.killing, this.#isPartitionAware(run)), nowMs)
  }

  #isPartitionAware(run: Run): boolean {
    return this.#runs.hasCapability(run.record.frameworkId, 'PARTITION_AWARE')
  }

  #end(run: Run, facts: StatusFacts, nowMs: number): void {
    const { containerId, killing } = run.record
    if (run.phase === 'running') this.runningCount--
    run.phase = 'ended'
    for (const timer of ['kill', 'complete']) this.#timers.clear(`${timer}:${containerId}`)
    this.#updates.add(run, facts, nowMs)
    this.#count(`slave/tasks_${facts.state.slice('TASK_'.length).toLowerCase()}`)
    this.#emit({ kind: 'remove', containerId }, { kind: 'statusChanged' })
    if (run.record.grant.cpus !== null) this.#emit(...this.#pool.changed())
    if (killing?.cause === 'frameworkGone') this.#forgetAbandoned(run)
  }

  /**
   * Nobody is left to acknowledge the end. In a session the master has just been told of it; without one the run stays
   * until the next registration tells it, or a master that counted on it would hold its resources for ever.
   */
  #forgetAbandoned(run: Run): void {
    if (this.#session.isRegistered || this.isEnding) this.#forget(run)
  }

  #signalForKill(run: Run, killing: Killing, nowMs: number): void {
    const { containerId } = run.record
    if (killing.deadlineMs <= nowMs) {
      this.#emit({ kind: 'signal', containerId, signal: 'KILL' })
      return
    }
    this.#emit({ kind: 'signal', containerId, signal: 'TERM' })
    this.#timers.set(`kill:${containerId}`, killing.deadlineMs)
  }

  /**
   * The earliest deadline holds. A framework that is gone outweighs every other cause, and an operator who empties the
   * machine outweighs the framework's own kill (as in Mesos).
   */
  #setKilling(run: Run, wanted: Killing): void {
    const present = run.record.killing
    const isAskedFor = present === null || present.cause === 'kill' || isDraining(present)
    const outweighs = present === null || wanted.cause === 'frameworkGone' || (isDraining(wanted) && isAskedFor)
    const killing: Killing = {
      deadlineMs: Math.min(present?.deadlineMs ?? wanted.deadlineMs, wanted.deadlineMs),
      cause: outweighs ? wanted.cause : present.cause,
    }
    this.#runs.change(run, { killing })
  }

  pauseRetries(): void {
    this.#updates.pause()
  }

  /** A timer of a run came due. */
  due(key: string, nowMs: number): void {
    const [what, containerId] = key.split(':') as [string, ContainerId]
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    if (what === 'kill') this.#emit({ kind: 'signal', containerId, signal: 'KILL' })
    else if (what === 'complete') {
      this.#setKilling(run, { deadlineMs: nowMs, cause: 'completionTime' })
      this.#emit({ kind: 'signal', containerId, signal: 'KILL' })
    } else if (what === 'update') this.#updates.repeat(run, nowMs)
  }

  #forget(run: Run): void {
    this.#updates.stop(run)
    this.#runs.remove(run)
  }

  #task(run: Run): TaskInfo {
    const task = fromJsonValue('mesos.v1.TaskInfo', run.record.taskInfo)
    invariant(task.ok, 'a run that was accepted holds a task')
    return task.value
  }

  #count(counter: string): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1)
  }

  #log(
    level: 'debug' | 'info' | 'warn' | 'error',
    event: Extract<AgentEffect, { kind: 'log' }>['event'],
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    this.#emit({ kind: 'log', level, event, message, fields })
  }
}

/** What must be told of a task that is not run. */
function essentials({ name, task_id, agent_id, resources }: MesosJson): MesosJson {
  return { name, task_id, agent_id, resources }
}

/** A promise of the API that is not kept is told. */
function unprotectedNote(task: TaskInfo): string | null {
  const wanted = fromMessages(task.resources ?? [])
  const ids = wanted.ok ? unprotectedVolumes(wanted.value) : []
  if (ids.length === 0) return null
  return `mode RO is not enforced, the task could write: ${ids.map((id) => `volume '${id}'`).join(', ')}`
}

function wasToldRunning(record: RunRecord): boolean {
  return record.statuses.some((status) => status.state === 'TASK_RUNNING')
}

function taskKillGraceMs(task: TaskInfo): number {
  return durationMs(task.kill_policy?.grace_period) ?? killGraceDefaultMs
}

function completionTimeMs(task: TaskInfo): number | null {
  return durationMs(task.max_completion_time)
}

function durationMs(duration: { readonly nanoseconds: number | bigint } | undefined): number | null {
  return duration === undefined ? null : Math.round(Number(duration.nanoseconds) / 1e6)
}

/** When the task was first seen running; now, when that is not recorded. */
function startedMs(record: RunRecord, nowMs: number): number {
  const running = record.statuses.find((status) => status.state === 'TASK_RUNNING')
  return typeof running?.timestamp === 'number' ? running.timestamp * 1000 : nowMs
}
