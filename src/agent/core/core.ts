// The agent's state machine: registration, the life of every task, statuses that are repeated until acknowledged.
// Inputs in, effects out, in the order in which they must happen. It does not know MQTT, disks, processes or clocks.
//
// What it promises: a task that was accepted is on disk before it is started; a status is on disk before it is sent;
// a terminal status is the last, and is repeated until the framework has acknowledged it (behaviour.md §5.7).

import { fromJsonValue } from '../../mesos/json.ts'
import { isTerminal } from '../../mesos/names.ts'
import type { FrameworkInfo, TaskInfo, TaskState } from '../../mesos/types.ts'
import type { AgentId, ContainerId, FrameworkId, TaskId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import { uuidText } from '../../model/random.ts'
import { invariant, unreachable } from '../../model/result.ts'
import { Timers } from '../../model/timers.ts'
import type { Acknowledge, DownMessage, Kill, Launch, MesosJson, Register, TaskReport } from '../../wire/messages.ts'
import { containerSpec } from './launch.ts'
import { Session, statusesQueuedMax } from './session.ts'
import { type StatusFacts, taskStatus, terminalFacts } from './statuses.ts'
import type {
  AgentCheckpoint,
  AgentConfig,
  AgentEffect,
  AgentInput,
  AgentView,
  ContainerExit,
  Killing,
  RecoveredRun,
  RunRecord,
  RunView,
} from './types.ts'

/** How long a task may take to end after TERM, unless it or the kill says otherwise (behaviour.md §12). */
export const killGraceDefaultMs = 3_000
/** The same for tasks of a framework that is gone. */
export const shutdownGraceMs = 5_000
/** A status is repeated after this, doubled each time, at most the second. */
export const updateRetryMinMs = 10_000
export const updateRetryMaxMs = 600_000
/** Tasks that one agent holds at a time, ended ones that nobody acknowledged included. */
export const runsMax = statusesQueuedMax / 4

type Run = {
  record: RunRecord
  phase: 'starting' | 'running' | 'ended'
  pid: number | null
  retries: number
}

export type AgentCore = {
  step(input: AgentInput, nowMs: number): AgentEffect[]
  nextTickMs(): number | null
  readonly view: AgentView
}

/** `checkpoint` is what the store held when this life of the agent began. */
export function createAgentCore(config: AgentConfig, checkpoint: AgentCheckpoint, random: Random): AgentCore {
  return new Core(config, checkpoint, random)
}

class Core implements AgentCore {
  readonly #config: AgentConfig
  readonly #random: Random
  readonly #timers = new Timers()
  readonly #session: Session
  readonly #runs = new Map<ContainerId, Run>()
  readonly #byTask = new Map<string, ContainerId>()
  readonly #byFramework = new Map<FrameworkId, Set<Run>>()
  #runningCount = 0
  readonly #frameworks = new Map<FrameworkId, MesosJson>()
  readonly #counters = new Map<string, number>()
  #agentId: AgentId | null
  #hasRecovered = false
  #waitingSession: Parameters<Session['linkUp']>[0] | null = null
  #exitMessage: string | null = null
  #effects: AgentEffect[] = []

  constructor(config: AgentConfig, checkpoint: AgentCheckpoint, random: Random) {
    this.#config = config
    this.#random = random
    this.#agentId = checkpoint.agentId
    this.#session = new Session(this.#timers, random, () => this.#registration())
    for (const { frameworkId, info } of checkpoint.frameworks) this.#frameworks.set(frameworkId, info)
    for (const record of checkpoint.runs) this.#track(record)
  }

  step(input: AgentInput, nowMs: number): AgentEffect[] {
    this.#effects = []
    this.#handle(input, nowMs)
    this.#exitWhenEmpty()
    return this.#effects
  }

  nextTickMs(): number | null {
    return this.#timers.nextMs()
  }

  get view(): AgentView {
    return {
      agentId: this.#agentId,
      masterId: this.#session.masterId,
      isRegistered: this.#session.isRegistered,
      frameworks: this.#frameworks,
      runningCount: this.#runningCount,
      runs: () => [...this.#runs.values()].map(runView),
      counters: () => this.#counters,
    }
  }

  #handle(input: AgentInput, nowMs: number): void {
    switch (input.kind) {
      case 'recovered':
        return this.#recovered(input.runs, nowMs)
      case 'linkUp':
        if (this.#exitMessage !== null) return
        if (this.#hasRecovered) this.#effects.push(...this.#session.linkUp(input.session, nowMs))
        else this.#waitingSession = input.session
        return
      case 'linkDown':
        this.#waitingSession = null
        this.#effects.push(...this.#session.linkLost(), { kind: 'statusChanged' })
        this.#pauseRetries()
        return
      case 'frame': {
        const outcome = this.#session.receive(input.frame, nowMs)
        this.#effects.push(...outcome.effects)
        if (outcome.registeredAs !== undefined) this.#registered(outcome.registeredAs, nowMs)
        for (const message of outcome.deliver) this.#obey(message, nowMs)
        return
      }
      case 'containerStarted':
        return this.#started(input.containerId, input.pid, nowMs)
      case 'containerFailed': {
        const run = this.#runs.get(input.containerId)
        if (run === undefined || run.phase === 'ended') return
        return this.#end(run, launchFailed(input.fault.message, run.record.killing), nowMs)
      }
      case 'containerExited': {
        const run = this.#runs.get(input.containerId)
        if (run === undefined || run.phase === 'ended') return
        return this.#exited(run, input.exit, nowMs)
      }
      case 'shutdown':
        return this.#shutdown('the operator stopped this agent', nowMs)
      case 'tick':
        for (const key of this.#timers.due(nowMs)) this.#due(key, nowMs)
        return
      default:
        unreachable(input)
    }
  }

  // --- recovery and registration -------------------------------------------------------------------------------

  #recovered(found: readonly RecoveredRun[], nowMs: number): void {
    invariant(!this.#hasRecovered, 'an agent recovers once')
    this.#hasRecovered = true
    const states = new Map(found.map((run) => [run.containerId, run.state]))
    for (const run of this.#runs.values()) {
      if (run.phase === 'ended') {
        this.#effects.push({ kind: 'remove', containerId: run.record.containerId })
        continue
      }
      const state = states.get(run.record.containerId)
      invariant(state !== undefined, 'every unfinished run was looked at', { containerId: run.record.containerId })
      if (state.kind === 'neverStarted') this.#start(run, nowMs)
      else if (state.kind === 'exited') this.#exited(run, state.exit, nowMs)
      else this.#started(run.record.containerId, state.pid, nowMs)
    }
    const session = this.#waitingSession
    this.#waitingSession = null
    if (session !== null) this.#effects.push(...this.#session.linkUp(session, nowMs))
  }

  #registration(): Register {
    const { uid, version, hostname, http, resources, attributes, capabilities, gpuUuids } = this.#config
    return {
      kind: 'register',
      uid,
      agentId: this.#agentId,
      version,
      agentInfo: {
        hostname,
        port: http.port,
        resources,
        attributes,
        ...(this.#agentId === null ? {} : { id: { value: this.#agentId } }),
      },
      capabilities,
      http,
      gpuUuids,
      frameworks: [...this.#frameworks.values()],
      tasks: [...this.#runs.values()].map((run) => taskReport(run.record)),
    }
  }

  #registered(agentId: AgentId, nowMs: number): void {
    const isNew = agentId !== this.#agentId
    if (isNew) {
      this.#agentId = agentId
      this.#effects.push({ kind: 'persist', op: { op: 'setAgentId', agentId } })
    }
    this.#log('info', isNew ? 'agent.registered' : 'agent.reregistered', 'the master took this agent', { agentId })
    this.#effects.push(...this.#session.confirm(), { kind: 'statusChanged' })
    for (const run of this.#runs.values()) {
      run.retries = 0
      this.#ownAgain(run)
      this.#sendNextStatus(run, nowMs)
    }
  }

  /** A master says anew which frameworks are gone: one that does not is waiting for the end of their tasks. */
  #ownAgain(run: Run): void {
    const { killing } = run.record
    if (killing?.cause === 'frameworkGone') run.record = { ...run.record, killing: { ...killing, cause: 'kill' } }
  }

  // --- what the master says ------------------------------------------------------------------------------------

  #obey(message: DownMessage, nowMs: number): void {
    switch (message.kind) {
      case 'launch':
        return this.#launch(message, nowMs)
      case 'kill':
        return this.#kill(message, nowMs)
      case 'acknowledge':
        return this.#acknowledged(message, nowMs)
      case 'shutdownFramework':
        for (const run of [...(this.#byFramework.get(message.frameworkId) ?? [])]) this.#abandon(run, nowMs)
        return this.#forgetFrameworkIfUnused(message.frameworkId)
      case 'refused':
        this.#log('warn', 'agent.refused', 'the master refuses this agent', { reason: message.message })
        this.#effects.push({ kind: 'statusChanged' })
        if (message.shutdown) this.#shutdown(message.message, nowMs)
        return
      case 'registered':
      case 'heartbeatEcho':
        return
      default:
        unreachable(message)
    }
  }

  #launch({ frameworkInfo, taskInfo, grant }: Launch, nowMs: number): void {
    const framework = fromJsonValue('mesos.v1.FrameworkInfo', frameworkInfo)
    const task = fromJsonValue('mesos.v1.TaskInfo', taskInfo)
    if (!framework.ok || !task.ok || framework.value.id === undefined) {
      this.#log('error', 'wire.dropped', 'the master asks to launch something that is not a task', {})
      return
    }
    const frameworkId = framework.value.id.value as FrameworkId
    const taskId = task.value.task_id.value as TaskId
    const present = this.#byTask.get(taskKey(frameworkId, taskId))
    if (present !== undefined && this.#runs.get(present)?.phase !== 'ended') {
      this.#log('warn', 'task.rejected', 'a task of this id already runs here', { frameworkId, taskId })
      return
    }
    const containerId = uuidText(this.#random.bytes16()) as ContainerId
    if (JSON.stringify(this.#frameworks.get(frameworkId)) !== JSON.stringify(frameworkInfo)) {
      this.#frameworks.set(frameworkId, frameworkInfo)
      this.#effects.push({ kind: 'persist', op: { op: 'putFramework', frameworkId, info: frameworkInfo } })
    }
    const run = this.#track({
      containerId,
      frameworkId,
      taskId,
      taskInfo,
      grant,
      statuses: [],
      acknowledged: 0,
      killing: null,
    })
    this.#count('slave/tasks_launched')
    this.#log('info', 'task.launched', 'a task was accepted', { frameworkId, taskId, containerId })
    if (this.#runs.size > runsMax) {
      return this.#end(run, launchFailed(`this agent already holds ${runsMax} tasks`, null), nowMs)
    }
    this.#addStatus(run, { state: 'TASK_STARTING', source: 'SOURCE_EXECUTOR' }, nowMs)
    this.#start(run, nowMs)
  }

  #kill({ frameworkId, taskId, gracePeriodMs }: Kill, nowMs: number): void {
    const run = this.#runOfTask(frameworkId, taskId)
    if (run === undefined || run.phase === 'ended') {
      this.#log('debug', 'task.rejected', 'no such task to kill', { frameworkId, taskId })
      return
    }
    const graceMs = gracePeriodMs ?? taskKillGraceMs(this.#task(run))
    const isFirst = run.record.killing === null
    this.#setKilling(run, { deadlineMs: nowMs + graceMs, cause: 'kill' })
    if (isFirst && this.#hasCapability(frameworkId, 'TASK_KILLING_STATE')) {
      this.#addStatus(run, { state: 'TASK_KILLING', source: 'SOURCE_EXECUTOR' }, nowMs)
    }
    if (run.phase === 'running' && run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  #acknowledged({ frameworkId, taskId, uuid }: Acknowledge, nowMs: number): void {
    const run = this.#runOfTask(frameworkId, taskId)
    const waiting = run?.record.statuses[run.record.acknowledged]
    if (run === undefined || waiting === undefined || waiting.uuid !== uuid) return
    run.retries = 0
    this.#timers.clear(`update:${run.record.containerId}`)
    run.record = { ...run.record, acknowledged: run.record.acknowledged + 1 }
    if (run.phase === 'ended' && run.record.acknowledged === run.record.statuses.length) return this.#forget(run)
    this.#effects.push({ kind: 'persist', op: { op: 'putRun', run: run.record } })
    this.#sendNextStatus(run, nowMs)
  }

  #shutdown(message: string, nowMs: number): void {
    this.#exitMessage = message
    for (const run of [...this.#runs.values()]) this.#abandon(run, nowMs)
  }

  /** The framework, or this agent's place in the cluster, is gone: end the task, wait for no acknowledgement. */
  #abandon(run: Run, nowMs: number): void {
    if (run.phase === 'ended') return this.#forgetAbandoned(run)
    this.#setKilling(run, { deadlineMs: nowMs + shutdownGraceMs, cause: 'frameworkGone' })
    if (run.phase === 'running' && run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  // --- the life of a container ---------------------------------------------------------------------------------

  #start(run: Run, nowMs: number): void {
    const framework = fromJsonValue('mesos.v1.FrameworkInfo', this.#frameworks.get(run.record.frameworkId) ?? {})
    invariant(framework.ok && this.#agentId !== null, 'a run has a framework and an agent that was registered')
    const spec = containerSpec(this.#config, {
      containerId: run.record.containerId,
      framework: framework.value as FrameworkInfo,
      task: this.#task(run),
      grant: run.record.grant,
      agentId: this.#agentId,
    })
    if (!spec.ok) return this.#end(run, launchFailed(spec.fault.message, run.record.killing), nowMs)
    this.#effects.push({ kind: 'start', spec: spec.value })
  }

  #started(containerId: ContainerId, pid: number, nowMs: number): void {
    const run = this.#runs.get(containerId)
    if (run === undefined || run.phase === 'ended') return
    if (run.phase === 'starting') this.#runningCount++
    run.phase = 'running'
    run.pid = pid
    if (!run.record.statuses.some((status) => status.state === 'TASK_RUNNING') && run.record.killing === null) {
      this.#addStatus(run, { state: 'TASK_RUNNING', source: 'SOURCE_EXECUTOR' }, nowMs)
    }
    this.#log('info', 'container.started', 'a container runs', { containerId, pid, taskId: run.record.taskId })
    this.#effects.push({ kind: 'statusChanged' })
    const limitMs = completionTimeMs(this.#task(run))
    if (limitMs !== null) this.#timers.set(`complete:${containerId}`, startedMs(run.record, nowMs) + limitMs)
    if (run.record.killing !== null) this.#signalForKill(run, run.record.killing, nowMs)
  }

  #exited(run: Run, exit: ContainerExit, nowMs: number): void {
    this.#log('info', 'container.exited', 'a container ended', {
      containerId: run.record.containerId,
      taskId: run.record.taskId,
      status: exit.status,
    })
    if (exit.limitation !== null) {
      this.#log('warn', 'container.limited', 'a container was stopped at a limit', { limitation: exit.limitation })
    }
    this.#end(run, terminalFacts(exit, run.record.killing), nowMs)
  }

  #end(run: Run, facts: StatusFacts, nowMs: number): void {
    const { containerId, killing } = run.record
    if (run.phase === 'running') this.#runningCount--
    run.phase = 'ended'
    for (const timer of ['kill', 'complete']) this.#timers.clear(`${timer}:${containerId}`)
    this.#addStatus(run, facts, nowMs)
    this.#count(`slave/tasks_${facts.state.slice('TASK_'.length).toLowerCase()}`)
    this.#effects.push({ kind: 'remove', containerId }, { kind: 'statusChanged' })
    if (killing?.cause === 'frameworkGone') this.#forgetAbandoned(run)
  }

  /**
   * Nobody is left to acknowledge the end. In a session the master has just been told of it; without one the run stays
   * until the next registration tells it, or a master that counted on it would hold its resources for ever.
   */
  #forgetAbandoned(run: Run): void {
    if (this.#session.isRegistered || this.#exitMessage !== null) this.#forget(run)
  }

  #signalForKill(run: Run, killing: Killing, nowMs: number): void {
    const { containerId } = run.record
    if (killing.deadlineMs <= nowMs) {
      this.#effects.push({ kind: 'signal', containerId, signal: 'KILL' })
      return
    }
    this.#effects.push({ kind: 'signal', containerId, signal: 'TERM' })
    this.#timers.set(`kill:${containerId}`, killing.deadlineMs)
  }

  /** The earliest deadline holds; a framework that is gone outweighs every other cause. */
  #setKilling(run: Run, wanted: Killing): void {
    const present = run.record.killing
    const killing: Killing = {
      deadlineMs: Math.min(present?.deadlineMs ?? wanted.deadlineMs, wanted.deadlineMs),
      cause: wanted.cause === 'frameworkGone' ? wanted.cause : (present?.cause ?? wanted.cause),
    }
    run.record = { ...run.record, killing }
    this.#effects.push({ kind: 'persist', op: { op: 'putRun', run: run.record } })
  }

  // --- statuses ------------------------------------------------------------------------------------------------

  #addStatus(run: Run, facts: StatusFacts, nowMs: number): void {
    const { containerId, taskId, frameworkId, grant } = run.record
    invariant(this.#agentId !== null, 'only a registered agent has tasks')
    const place = {
      taskId,
      containerId,
      agentId: this.#agentId,
      pid: run.pid,
      ip: this.#config.ip,
      gpuUuids: grant.gpuUuids,
    }
    const status = taskStatus(facts, place, this.#random.bytes16(), nowMs)
    run.record = { ...run.record, statuses: [...run.record.statuses, status] }
    this.#log('info', 'task.update', 'a task changed its state', { frameworkId, taskId, state: facts.state })
    this.#effects.push({ kind: 'persist', op: { op: 'putRun', run: run.record } })
    const isNext = run.record.acknowledged === run.record.statuses.length - 1
    if (isNext) this.#sendNextStatus(run, nowMs)
    // The master must learn at once that resources are free, even while an older status waits for its turn.
    else if (isTerminal(facts.state)) this.#resendStatus(run, nowMs)
  }

  /** Sends the oldest unacknowledged status and sees to its repetition. */
  #sendNextStatus(run: Run, nowMs: number): void {
    if (!this.#session.isRegistered) return
    if (run.record.statuses[run.record.acknowledged] === undefined) return
    this.#resendStatus(run, nowMs)
    const delayMs = Math.min(updateRetryMaxMs, updateRetryMinMs * 2 ** Math.min(run.retries, 16))
    this.#timers.set(`update:${run.record.containerId}`, nowMs + delayMs)
  }

  #resendStatus(run: Run, nowMs: number): void {
    const { frameworkId, taskId, statuses, acknowledged } = run.record
    const status = statuses[acknowledged]
    if (status === undefined) return
    const message = { kind: 'statusUpdate', frameworkId, taskId, status, latestState: latestState(run.record) } as const
    this.#effects.push(...this.#session.send(message, nowMs))
  }

  #pauseRetries(): void {
    for (const containerId of this.#runs.keys()) this.#timers.clear(`update:${containerId}`)
  }

  // --- time ----------------------------------------------------------------------------------------------------

  #due(key: string, nowMs: number): void {
    const ofSession = this.#session.due(key, nowMs)
    if (ofSession !== null) {
      this.#effects.push(...ofSession)
      return
    }
    const [what, containerId] = key.split(':') as [string, ContainerId]
    const run = this.#runs.get(containerId)
    if (run === undefined) return
    if (what === 'kill') this.#effects.push({ kind: 'signal', containerId, signal: 'KILL' })
    else if (what === 'complete') {
      this.#setKilling(run, { deadlineMs: nowMs, cause: 'completionTime' })
      this.#effects.push({ kind: 'signal', containerId, signal: 'KILL' })
    } else if (what === 'update') {
      run.retries++
      this.#sendNextStatus(run, nowMs)
    }
  }

  // --- bookkeeping ---------------------------------------------------------------------------------------------

  #track(record: RunRecord): Run {
    const phase = isTerminal(latestState(record)) ? 'ended' : 'starting'
    const run: Run = { record, phase, pid: null, retries: 0 }
    this.#runs.set(record.containerId, run)
    this.#byTask.set(taskKey(record.frameworkId, record.taskId), record.containerId)
    const siblings = this.#byFramework.get(record.frameworkId)
    if (siblings === undefined) this.#byFramework.set(record.frameworkId, new Set([run]))
    else siblings.add(run)
    return run
  }

  #forget(run: Run): void {
    const { containerId, frameworkId, taskId } = run.record
    this.#timers.clear(`update:${containerId}`)
    this.#runs.delete(containerId)
    this.#byFramework.get(frameworkId)?.delete(run)
    if (this.#byTask.get(taskKey(frameworkId, taskId)) === containerId) {
      this.#byTask.delete(taskKey(frameworkId, taskId))
    }
    this.#effects.push({ kind: 'persist', op: { op: 'removeRun', containerId } })
    this.#forgetFrameworkIfUnused(frameworkId)
  }

  #forgetFrameworkIfUnused(frameworkId: FrameworkId): void {
    if ((this.#byFramework.get(frameworkId)?.size ?? 0) > 0) return
    this.#byFramework.delete(frameworkId)
    if (!this.#frameworks.delete(frameworkId)) return
    this.#effects.push({ kind: 'persist', op: { op: 'removeFramework', frameworkId } })
  }

  #exitWhenEmpty(): void {
    if (this.#exitMessage === null || this.#runs.size > 0) return
    this.#effects.push({ kind: 'exit', message: this.#exitMessage })
  }

  #runOfTask(frameworkId: FrameworkId, taskId: TaskId): Run | undefined {
    const containerId = this.#byTask.get(taskKey(frameworkId, taskId))
    return containerId === undefined ? undefined : this.#runs.get(containerId)
  }

  #task(run: Run): TaskInfo {
    const task = fromJsonValue('mesos.v1.TaskInfo', run.record.taskInfo)
    invariant(task.ok, 'a run that was accepted holds a task')
    return task.value
  }

  #hasCapability(frameworkId: FrameworkId, name: string): boolean {
    const capabilities = this.#frameworks.get(frameworkId)?.capabilities
    return Array.isArray(capabilities) && capabilities.some((capability) => capability?.type === name)
  }

  #count(counter: string): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + 1)
  }

  #log(
    level: 'debug' | 'info' | 'warn' | 'error',
    event: Extract<AgentEffect, { kind: 'log' }>['event'],
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    this.#effects.push({ kind: 'log', level, event, message, fields })
  }
}

function taskKey(frameworkId: FrameworkId, taskId: TaskId): string {
  return `${frameworkId}\n${taskId}`
}

function latestState(record: RunRecord): TaskState {
  return (record.statuses.at(-1)?.state ?? 'TASK_STAGING') as TaskState
}

function taskReport(record: RunRecord): TaskReport {
  const waiting = record.statuses[record.acknowledged]
  return {
    frameworkId: record.frameworkId,
    containerId: record.containerId,
    taskInfo: record.taskInfo,
    grant: record.grant,
    latestState: latestState(record),
    statuses: record.statuses.slice(0, record.acknowledged + 1),
    unacknowledgedUuid: typeof waiting?.uuid === 'string' ? waiting.uuid : null,
  }
}

function runView(run: Run): RunView {
  return { ...run.record, phase: run.phase, pid: run.pid, latestState: latestState(run.record) }
}

/** A container that never ran: failed, or, when it was to be killed anyway, killed during its launch. */
function launchFailed(message: string, killing: Killing | null): StatusFacts {
  return killing === null
    ? { state: 'TASK_FAILED', source: 'SOURCE_AGENT', reason: 'REASON_CONTAINER_LAUNCH_FAILED', message }
    : { state: 'TASK_KILLED', source: 'SOURCE_AGENT', reason: 'REASON_TASK_KILLED_DURING_LAUNCH', message }
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
