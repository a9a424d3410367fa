// The master's state machine seen from outside: what goes in, what comes out, and the records that views read.
// `step(input, nowMs)` returns effects in the order in which they must happen: persist, then send, then tell.

import type {
  AgentInfo,
  FrameworkInfo,
  MasterEvent,
  MasterInfo,
  OfferOperation,
  OperationStatus,
  QuotaConfig,
  SchedulerCall,
  SchedulerCallSubscribe,
  SchedulerEvent,
  SchedulerOfferConstraints,
  TaskInfo,
  TaskState,
  TaskStatus,
} from '../../mesos/types.ts'
import type { LogEffect } from '../../model/events.ts'
import type { Hardware } from '../../model/hardware.ts'
import type { Condition } from '../../model/health.ts'
import type {
  AgentId,
  AgentUid,
  ExecutorId,
  FrameworkId,
  MasterId,
  OfferId,
  OperationUuid,
  StreamId,
  TaskId,
} from '../../model/ids.ts'
import type { Resources } from '../../model/resources.ts'
import type { DownFrame, Grant, UpFrame } from '../../wire/messages.ts'
import type { AllocatorOptions, Quantities, Quota, Refusal } from '../allocator/types.ts'
import type { FreeHardware, Wish } from '../placement/types.ts'
import type { Drain, RegistryOp } from '../registry/types.ts'
import type { Sickness } from './sick-parts.ts'

/** Timers and limits; defaults are those of Mesos (src/master/constants.hpp). */
export type ClusterConfig = {
  readonly masterId: MasterId
  readonly epoch: number
  readonly masterInfo: MasterInfo
  readonly schedulerHeartbeatMs: number
  readonly agentHeartbeatMs: number
  /** Missed heartbeats until an agent is unreachable. */
  readonly agentHeartbeatMissesMax: number
  /** How long agents of an earlier master may take to come back. */
  readonly agentReregisterTimeoutMs: number
  readonly allocationIntervalMs: number
  readonly offerTimeoutMs: number | null
  readonly completedFrameworksMax: number
  readonly completedTasksPerFrameworkMax: number
  readonly unreachableTasksPerFrameworkMax: number
  readonly operatorStreamsMax: number
  readonly offersPerEventMax: number
  /** So many agents are looked at in one step of a round of offers; what comes meanwhile is handled between steps. */
  readonly agentsPerSliceMax: number
  /** So many pairs of agent and framework are tried in one step, or what is as much work. */
  readonly pairsPerSliceMax: number
  readonly policy: ClusterPolicy
}

/** What an operator decides once, at the start of a master. */
export type ClusterPolicy = Omit<AllocatorOptions, 'allocationIntervalMs' | 'region'> & {
  /** Where this master is; null where nobody says. */
  readonly domain: { readonly region: string; readonly zone: string } | null
  /** Agents that do not say where they are may not join. */
  readonly requireAgentDomain: boolean
  /** The only roles there may be, `*` aside; null: any. */
  readonly roles: ReadonlySet<string> | null
  /** Weights of roles where the registry has none at all, as on the first start. */
  readonly weights: ReadonlyMap<string, number>
}

export type RequestId = number

export type ClusterInput =
  /** A valid SUBSCRIBE whose 200 has been sent; events go to `streamId` from now on. */
  | {
      readonly kind: 'subscribe'
      readonly streamId: StreamId
      readonly frameworkId: FrameworkId | null
      readonly subscribe: SchedulerCallSubscribe
      readonly principal: string | null
    }
  /** Any other scheduler call; answered by one `reply` effect in the same step. */
  | {
      readonly kind: 'call'
      readonly requestId: RequestId
      readonly call: SchedulerCall
      /** The Mesos-Stream-Id header, or null. */
      readonly streamId: StreamId | null
      readonly principal: string | null
    }
  /** The scheduler's connection ended. */
  | { readonly kind: 'streamClosed'; readonly streamId: StreamId }
  | { readonly kind: 'teardown'; readonly requestId: RequestId; readonly frameworkId: FrameworkId }
  /** An operator ends one task, as its own framework could; replied 200, or 404 when there is no such task. */
  | {
      readonly kind: 'operatorKill'
      readonly requestId: RequestId
      readonly frameworkId: FrameworkId
      readonly taskId: TaskId
    }
  /** RESERVE, UNRESERVE, CREATE, DESTROY, GROW_VOLUME or SHRINK_VOLUME; replied 202, 400 or 409. */
  | {
      readonly kind: 'operate'
      readonly requestId: RequestId
      readonly agentId: AgentId
      readonly operation: OfferOperation
      readonly principal: string | null
    }
  /** All or nothing; replied 200 or 400. */
  | {
      readonly kind: 'updateWeights'
      readonly requestId: RequestId
      readonly weights: readonly { readonly role: string; readonly weight: number }[]
    }
  /**
   * All or nothing; replied 200, 400 or (`legacy`) 409. `legacy`: the older calls, of which `set` refuses a role that has
   * quota and `remove` one that has none.
   */
  | {
      readonly kind: 'updateQuota'
      readonly requestId: RequestId
      readonly configs: readonly QuotaConfig[]
      readonly force: boolean
      readonly legacy: 'set' | 'remove' | null
    }
  | {
      readonly kind: 'setAgentActivity'
      readonly requestId: RequestId
      readonly agentId: AgentId
      readonly isActive: boolean
    }
  /** Out of the offers, and what runs there is told to end within `maxGraceMs`, if that is less than its own time. */
  | {
      readonly kind: 'drainAgent'
      readonly requestId: RequestId
      readonly agentId: AgentId
      readonly maxGraceMs: number | null
      readonly markGone: boolean
    }
  /** The machine never comes back. */
  | { readonly kind: 'markAgentGone'; readonly requestId: RequestId; readonly agentId: AgentId }
  /** Host names that may be offered; null: all. */
  | { readonly kind: 'whitelist'; readonly hostnames: ReadonlySet<string> | null }
  | { readonly kind: 'operatorSubscribe'; readonly streamId: StreamId }
  | { readonly kind: 'operatorStreamClosed'; readonly streamId: StreamId }
  | { readonly kind: 'agentFrame'; readonly uid: AgentUid; readonly frame: UpFrame }
  | { readonly kind: 'agentDisconnected'; readonly uid: AgentUid }
  | { readonly kind: 'tick' }

export type ClusterEffect =
  | { readonly kind: 'persist'; readonly op: RegistryOp }
  | { readonly kind: 'sendAgent'; readonly uid: AgentUid; readonly frame: DownFrame }
  | { readonly kind: 'disconnectAgent'; readonly uid: AgentUid }
  | { readonly kind: 'sendEvent'; readonly streamId: StreamId; readonly event: SchedulerEvent }
  | { readonly kind: 'closeStream'; readonly streamId: StreamId }
  | { readonly kind: 'sendOperatorEvent'; readonly streamId: StreamId; readonly event: MasterEvent }
  | { readonly kind: 'closeOperatorStream'; readonly streamId: StreamId }
  /** The answer to a request: an HTTP status and, when it failed, a sentence. */
  | { readonly kind: 'reply'; readonly requestId: RequestId; readonly status: number; readonly message: string | null }
  | LogEffect

// Records. Owned and mutated by the cluster alone; everybody else gets them read-only through ClusterView.

export type FrameworkRecord = {
  readonly id: FrameworkId
  readonly info: FrameworkInfo
  readonly roles: readonly string[]
  readonly suppressedRoles: ReadonlySet<string>
  readonly offerConstraints: SchedulerOfferConstraints | null
  readonly capabilities: ReadonlySet<string>
  readonly principal: string | null
  /** The live subscription, or null while disconnected. */
  readonly streamId: StreamId | null
  readonly isActive: boolean
  /** Known from an agent only: its scheduler has not come back to this master. */
  readonly isRecovered: boolean
  readonly registeredMs: number
  readonly reregisteredMs: number | null
  readonly unregisteredMs: number | null
  readonly tasks: ReadonlyMap<TaskId, TaskRecord>
  readonly offers: ReadonlySet<OfferId>
  /** Newest last, bounded. */
  readonly completedTasks: readonly TaskRecord[]
  readonly unreachableTasks: ReadonlyMap<TaskId, TaskRecord>
}

export type TaskRecord = {
  readonly id: TaskId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly executorId: ExecutorId | null
  /** As launched, without resources, command (but its user), executor, check and data. */
  readonly info: TaskInfo
  readonly role: string
  /** With the allocation role set. */
  readonly resources: Resources
  readonly grant: Grant
  /** What its framework was told of sick parts that it runs on, by condition; one that is over is still to be told. */
  readonly sickNotices: ReadonlyMap<string, { readonly text: string; readonly isOver: boolean }>
  /** The newest state the agent knows; decides when resources are free. */
  readonly latestState: TaskState
  /** The newest status that the framework was (or is to be) sent; uuid as forwarded. */
  readonly status: TaskStatus | null
  /** Oldest first, without data; the first RUNNING one is kept. */
  readonly statuses: readonly TaskStatus[]
  readonly launchedMs: number
}

export type OfferRecord = {
  readonly id: OfferId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly role: string
  /** With the allocation role set. */
  readonly resources: Resources
  readonly sentMs: number
  /** It is kept for a gang of its framework, which does not know of it yet; null for an offer like others. */
  readonly keptFor: { readonly id: string } | null
}

/** Several machines at once that a framework asked for and has not got yet. */
export type GangRecord = {
  readonly id: string
  readonly frameworkId: FrameworkId
  readonly role: string
  readonly count: number
  readonly wanted: Resources
  readonly racks: 'ANY' | 'SAME' | 'SPREAD'
  readonly askedMs: number
  readonly kept: ReadonlyMap<AgentId, OfferRecord>
  readonly keepUntilMs: number | null
}

export type AgentRecord = {
  readonly id: AgentId
  readonly uid: AgentUid
  readonly info: AgentInfo
  readonly version: string
  readonly capabilities: readonly string[]
  readonly http: { readonly host: string; readonly port: number }
  readonly total: Resources
  /** By runs that are not over, those of removed frameworks that still end included; with allocation roles. */
  readonly used: Resources
  readonly offered: Resources
  readonly isConnected: boolean
  /** Connected, and not deactivated by an operator. */
  readonly isActive: boolean
  readonly isDeactivated: boolean
  /** How an operator empties its machine; null: not at all. */
  readonly drain: Drain | null
  /** Why nothing of it may be offered though it is active, or null. */
  readonly sickMachine: string | null
  readonly hardware: Hardware
  readonly conditions: readonly Condition[]
  /** What of it may not be given to tasks because of those that are critical. */
  readonly sickness: Sickness
  readonly books: { free(): FreeHardware }
  /** Revocable, beyond the total. */
  readonly oversubscribed: Resources
  readonly registeredMs: number
  readonly reregisteredMs: number | null
  readonly lastHeardMs: number
  readonly tasks: ReadonlyMap<string, TaskRecord>
  readonly offers: ReadonlySet<OfferId>
}

export type OperationRecord = {
  readonly uuid: OperationUuid
  readonly agentId: AgentId
  readonly frameworkId: FrameworkId | null
  readonly id: string | null
  readonly info: OfferOperation
  readonly status: OperationStatus
  readonly statuses: readonly OperationStatus[]
}

/** A role with all that is in it and in the roles below it; only `frameworks` are its own alone. */
export type RoleRecord = {
  readonly name: string
  readonly weight: number
  readonly frameworks: readonly FrameworkId[]
  /** Held by tasks. */
  readonly allocated: Resources
  readonly offered: Resources
  /** On registered agents, held or not. */
  readonly reserved: Resources
  readonly quota: Quota | null
  /** What counts for its quota, offers aside: what tasks hold, and what is reserved and held by none. */
  readonly consumed: Quantities
  /** Its dominant share by its weight, as the allocator sees it. */
  readonly share: number
}

export type WhyQuery = {
  readonly frameworkId: FrameworkId
  readonly role: string
  /** One machine alone; null: all. */
  readonly agentId: AgentId | null
  /** What a task would need; nothing: any offer will do. */
  readonly wanted: Resources
  readonly wish: Wish
}

export type WhyAnswer = {
  /** Machines by reason: those that are or can be offered first, then those that will be by themselves. */
  readonly groups: readonly WhyGroup[]
  /** All of it in one sentence, that of a gang where it waits for one; null where a machine is offered or can be. */
  readonly sentence: string | null
}

/** Machines with one reason. */
export type WhyGroup = {
  readonly code: WhyCode
  readonly text: string
  readonly count: number
  /** Host names, the first of them. */
  readonly machines: readonly string[]
  /** What would change it, the soonest first; empty where nothing but others can. */
  readonly changes: readonly string[]
  /** Who holds these machines, most machines first; for reasons that are about that. */
  readonly holders: readonly { readonly framework: string; readonly role: string; readonly machines: number }[]
}

export type WhyCode =
  | 'offerable'
  | 'paused'
  | 'hasOffer'
  | 'tooSmall'
  | 'busy'
  | 'placement'
  | 'disconnected'
  | 'deactivated'
  | 'draining'
  | 'drained'
  | 'notOnWhitelist'
  | 'sick'
  | Refusal['kind']

/** An agent of an earlier master that has not come back yet. */
export type RecoveredAgentRecord = { readonly id: AgentId; readonly uid: AgentUid; readonly info: AgentInfo }

/** The master's state machine. */
export type Cluster = {
  /** Effects in the order in which they must happen: persist, then send, then tell. `nowMs` never goes back. */
  step(input: ClusterInput, nowMs: number): ClusterEffect[]
  /** When it wants its next tick, or null. */
  nextTickMs(): number | null
  readonly view: ClusterView
}

/** What queries may read; never to be mutated, and only valid until the next step. */
export type ClusterView = {
  readonly config: ClusterConfig
  readonly startedMs: number
  frameworks(): Iterable<FrameworkRecord>
  framework(id: FrameworkId): FrameworkRecord | undefined
  completedFrameworks(): Iterable<FrameworkRecord>
  agents(): Iterable<AgentRecord>
  agent(id: AgentId): AgentRecord | undefined
  recoveredAgents(): Iterable<RecoveredAgentRecord>
  unreachableAgents(): Iterable<{ readonly id: AgentId; readonly uid: AgentUid; readonly sinceMs: number }>
  offers(): Iterable<OfferRecord>
  offer(id: OfferId): OfferRecord | undefined
  operations(): Iterable<OperationRecord>
  gangs(): Iterable<GangRecord>
  weights(): ReadonlyMap<string, number>
  quotas(): ReadonlyMap<string, Quota>
  /** What counts for a role's quota, offers included. */
  consumed(role: string): Quantities
  /** Every role that anything is known of, and those above it, by name. */
  roles(): Iterable<RoleRecord>
  /** Why a framework is or is not offered machines in a role, and what would change it; null for an unknown framework. */
  why(query: WhyQuery): WhyAnswer | null
  /** Monotonic counters by Mesos' metric name (`master/tasks_finished` …). */
  counters(): ReadonlyMap<string, number>
}
