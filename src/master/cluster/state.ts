// Everything the cluster holds between two steps, and the one place where effects are gathered. The files around it are
// functions over this state, one concept each. Effects leave a step as: persist, then send to agents, then tell
// schedulers, operators and requesters; inside each class in the order in which they were made.

import type { MasterEvent, SchedulerEvent } from '../../mesos/types.ts'
import type { LogEffect } from '../../model/events.ts'
import type { AgentId, AgentUid, FrameworkId, OfferId, StreamId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import { Timers } from '../../model/timers.ts'
import type { DownFrame } from '../../wire/messages.ts'
import type { Allocator, Quota } from '../allocator/types.ts'
import type { Drain, RegistryOp } from '../registry/types.ts'
import { Counters } from './counters.ts'
import type { GangSearch } from './gang-search.ts'
import { OperationBook } from './operation-book.ts'
import type { Agent, Framework, Gang, Offer, Registrations, Task, TaskKey } from './records.ts'
import type { ClusterConfig, ClusterEffect, RecoveredAgentRecord, RequestId } from './types.ts'

/** An agent that was silent too long, known from the registry or from this master's own life. */
export type UnreachableAgent = { readonly id: AgentId; readonly uid: AgentUid; readonly sinceMs: number }

export class State {
  readonly config: ClusterConfig
  readonly allocator: Allocator
  readonly random: Random
  readonly startedMs: number
  readonly timers = new Timers()
  readonly counters = new Counters()
  /** The time of the step that runs. */
  nowMs: number
  /** How long this master was not there for its agents, in all: time that counts against nobody (cluster.ts). */
  absentMs = 0

  readonly frameworks = new Map<FrameworkId, Framework>()
  readonly frameworkByStream = new Map<StreamId, Framework>()
  /** Oldest first. */
  readonly completedFrameworks = new Map<FrameworkId, Framework>()
  readonly agents = new Map<AgentId, Agent>()
  readonly recovered = new Map<AgentId, RecoveredAgentRecord>()
  /** Oldest first. */
  readonly unreachable = new Map<AgentId, UnreachableAgent>()
  readonly gone = new Set<AgentId>()
  readonly goneUids = new Set<AgentUid>()
  /** Of every agent that is registered, recovered or unreachable. */
  readonly agentIdByUid = new Map<AgentUid, AgentId>()
  readonly registrations: Registrations
  /** Ids in the registry whose agents have not completed a registration. */
  readonly newIds = new Map<AgentId, AgentUid>()
  /** `unreachableTasks` of all frameworks, by agent. */
  readonly awayTasks = new Map<AgentId, Map<TaskKey, Task>>()
  readonly offers = new Map<OfferId, Offer>()
  /** By framework and id, oldest first. */
  readonly gangs = new Map<string, Gang>()
  /** Those that nobody has looked at yet: they wait for no other news. */
  readonly newGangs = new Set<Gang>()
  /** A search that took longer than a step. */
  gangSearch: GangSearch | null = null
  /** No machine is kept for a gang before then. */
  gangRestUntilMs = 0
  /** A gang could be had, or kept for, in the next batch: others come first, or all of them rested until now. */
  isGangInLine = false
  readonly operations = new OperationBook()
  /** Set by operators; every other role weighs 1. */
  readonly weights = new Map<string, number>()
  readonly quotas = new Map<string, Quota>()
  /** Agents that an operator took out of the offers, registered or not; with how those are drained that are. */
  readonly deactivated = new Map<AgentId, Drain | null>()
  /** Host names that may be offered; null: all. */
  whitelist: ReadonlySet<string> | null = null
  /** Operator streams, oldest first. */
  readonly operators = new Set<StreamId>()

  /** Agents whose link is cut at the end of this step, and why. */
  readonly cuts = new Map<Agent, string>()
  /** Agents in a drain that something may have left in this step (drain.ts). */
  readonly emptied = new Set<Agent>()
  /** Whose supply changed in this step while parts are sick: offers may be beyond it (machine-health.ts). */
  readonly resized = new Set<Agent>()
  /** To be taken back before anything is offered (rescinding.ts). */
  readonly doomedOffers = new Set<OfferId>()
  /** Nothing is offered before so many agents are registered (pause.ts); null: no pause. */
  awaitedAgents: number | null = null
  /** Set when something changed that nobody should wait for until the next batch (see cluster.ts). */
  isAllocationUrgent = false
  nextFramework = 0
  nextAgent = 0
  nextOffer = 0

  /** What others have time for, in attended time, by timer (see `expect`). */
  readonly #patience = new Map<string, number>()
  #persists: ClusterEffect[] = []
  #sends: ClusterEffect[] = []
  #tells: ClusterEffect[] = []

  constructor(parts: {
    config: ClusterConfig
    allocator: Allocator
    random: Random
    registrations: Registrations
    nowMs: number
  }) {
    this.config = parts.config
    this.allocator = parts.allocator
    this.random = parts.random
    this.registrations = parts.registrations
    this.startedMs = parts.nowMs
    this.nowMs = parts.nowMs
  }

  /** Time as far as this master attended: what silence is measured in. */
  get attendedMs(): number {
    return this.nowMs - this.absentMs
  }

  /** Sets a timer for what somebody else must do within `ms`: time that this master was not there does not count. */
  expect(key: string, ms: number): void {
    this.#patience.set(key, this.attendedMs + ms)
    this.timers.set(key, this.nowMs + Math.max(0, ms))
  }

  unexpect(key: string): void {
    this.#patience.delete(key)
    this.timers.clear(key)
  }

  get isExpecting(): boolean {
    return this.#patience.size > 0
  }

  /** Whether the time for `key`, whose timer came, is really over; if not, the timer is set for the rest. */
  isOver(key: string): boolean {
    const leftMs = (this.#patience.get(key) ?? this.attendedMs) - this.attendedMs
    if (leftMs > 0) this.timers.set(key, this.nowMs + leftMs)
    else this.#patience.delete(key)
    return leftMs <= 0
  }

  persist(op: RegistryOp): void {
    this.#persists.push({ kind: 'persist', op })
  }

  sendAgent(uid: AgentUid, frame: DownFrame): void {
    this.#sends.push({ kind: 'sendAgent', uid, frame })
  }

  disconnectAgent(uid: AgentUid): void {
    this.#sends.push({ kind: 'disconnectAgent', uid })
  }

  /** Tells a framework's scheduler; a framework without a live stream hears nothing. */
  tell(framework: Framework, event: SchedulerEvent): void {
    if (framework.streamId !== null) this.tellStream(framework.streamId, event)
  }

  tellStream(streamId: StreamId, event: SchedulerEvent): void {
    this.#tells.push({ kind: 'sendEvent', streamId, event })
  }

  closeStream(streamId: StreamId): void {
    this.#tells.push({ kind: 'closeStream', streamId })
  }

  tellOperator(streamId: StreamId, event: MasterEvent): void {
    this.#tells.push({ kind: 'sendOperatorEvent', streamId, event })
  }

  closeOperatorStream(streamId: StreamId): void {
    this.#tells.push({ kind: 'closeOperatorStream', streamId })
  }

  reply(requestId: RequestId, status: number, message: string | null = null): void {
    this.#tells.push({ kind: 'reply', requestId, status, message })
  }

  log(
    level: LogEffect['level'],
    event: LogEffect['event'],
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ): void {
    this.#tells.push({ kind: 'log', level, event, message, fields })
  }

  takeEffects(): ClusterEffect[] {
    const effects = [...this.#persists, ...this.#sends, ...this.#tells]
    this.#persists = []
    this.#sends = []
    this.#tells = []
    return effects
  }
}
