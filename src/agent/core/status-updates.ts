// The statuses of tasks on their way to their frameworks: each is on disk before it is sent, and is repeated until its
// framework has acknowledged it, one at a time for each task. It does not know why a task changes its state, nor how the
// agent is registered, only whether it is.

import { isTerminal } from '../../mesos/names.ts'
import type { AgentId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import type { Timers } from '../../model/timers.ts'
import type { Acknowledge } from '../../wire/messages.ts'
import { latestState, type Run, type Runs } from './runs.ts'
import type { Session } from './session.ts'
import { type StatusFacts, taskStatus } from './statuses.ts'
import type { AgentConfig, AgentEffect } from './types.ts'

/** A status is repeated after this, doubled each time, at most the second. */
export const updateRetryMinMs = 10_000
export const updateRetryMaxMs = 600_000

export type StatusUpdatesContext = {
  readonly config: () => AgentConfig
  readonly runs: Runs
  readonly session: Session
  readonly timers: Timers
  readonly random: Random
  /** The id that a master gave; asked for only while there are tasks. */
  readonly agentId: () => AgentId
  readonly emit: (...effects: readonly AgentEffect[]) => void
}

export class StatusUpdates {
  readonly #context: StatusUpdatesContext

  constructor(context: StatusUpdatesContext) {
    this.#context = context
  }

  add(run: Run, facts: StatusFacts, nowMs: number): void {
    const { config, runs, random, agentId, emit } = this.#context
    const { containerId, taskId, frameworkId, grant } = run.record
    const place = { taskId, containerId, agentId: agentId(), pid: run.pid, ip: config().ip, grant }
    const status = taskStatus(facts, place, random.bytes16(), nowMs)
    runs.change(run, { statuses: [...run.record.statuses, status] })
    const fields = { frameworkId, taskId, state: facts.state }
    emit({ kind: 'log', level: 'info', event: 'task.update', message: 'a task changed its state', fields })
    const isNext = run.record.acknowledged === run.record.statuses.length - 1
    if (isNext) this.#sendNext(run, nowMs)
    // The master must learn at once that resources are free, even while an older status waits for its turn.
    else if (isTerminal(facts.state)) this.#send(run, nowMs)
  }

  /** A master took this agent: what waits is told again, from the first repetition on. */
  registered(run: Run, nowMs: number): void {
    run.retries = 0
    this.#sendNext(run, nowMs)
  }

  /** The run that has ended and has nothing left to tell after this acknowledgement, or null. */
  acknowledged({ frameworkId, taskId, uuid }: Acknowledge, nowMs: number): Run | null {
    const { runs } = this.#context
    const run = runs.waitingFor(frameworkId, taskId, uuid)
    if (run === undefined) return null
    run.retries = 0
    this.stop(run)
    const acknowledged = run.record.acknowledged + 1
    if (run.phase === 'ended' && acknowledged === run.record.statuses.length) return run
    runs.change(run, { acknowledged })
    this.#sendNext(run, nowMs)
    return null
  }

  /** The timer of `run` came due. */
  repeat(run: Run, nowMs: number): void {
    run.retries++
    this.#sendNext(run, nowMs)
  }

  stop(run: Run): void {
    this.#context.timers.clear(timerOf(run))
  }

  pause(): void {
    for (const run of this.#context.runs.all()) this.stop(run)
  }

  /** Sends the oldest unacknowledged status and sees to its repetition. */
  #sendNext(run: Run, nowMs: number): void {
    const { session, timers } = this.#context
    if (!session.isRegistered) return
    if (run.record.statuses[run.record.acknowledged] === undefined) return
    this.#send(run, nowMs)
    const delayMs = Math.min(updateRetryMaxMs, updateRetryMinMs * 2 ** Math.min(run.retries, 16))
    timers.set(timerOf(run), nowMs + delayMs)
  }

  #send(run: Run, nowMs: number): void {
    const { session, emit } = this.#context
    const { frameworkId, taskId, statuses, acknowledged } = run.record
    const status = statuses[acknowledged]
    if (status === undefined) return
    const message = { kind: 'statusUpdate', frameworkId, taskId, status, latestState: latestState(run.record) } as const
    emit(...session.send(message, nowMs))
  }
}

function timerOf({ record }: Run): string {
  return `update:${record.containerId}`
}
