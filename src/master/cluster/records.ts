// The records as the cluster itself holds them: the shapes of types.ts, writable, with what only the cluster needs.
// Nothing outside this room may see them but through ClusterView. They do not know how they change.

import type { AgentTest } from '../../mesos/offer-constraints.ts'
import type {
  AgentInfo,
  FrameworkInfo,
  OfferOperation,
  OperationStatus,
  SchedulerOfferConstraints,
  TaskInfo,
  TaskState,
  TaskStatus,
  TepuiV1Topology,
} from '../../mesos/types.ts'
import type { Hardware } from '../../model/hardware.ts'
import type { Condition } from '../../model/health.ts'
import type {
  AgentId,
  AgentUid,
  ExecutorId,
  FrameworkId,
  OfferId,
  OperationUuid,
  SessionId,
  StreamId,
  TaskId,
} from '../../model/ids.ts'
import type { Resources } from '../../model/resources.ts'
import type { Channel } from '../../wire/channel.ts'
import type { DownMessage, Grant, UpMessage } from '../../wire/messages.ts'
import type { AgentSupply } from '../allocator/types.ts'
import type { FreeHardware, MachineBooks, Wish } from '../placement/types.ts'
import type { Drain } from '../registry/types.ts'
import type { Racks } from './gang-choice.ts'
import type { Sickness } from './sick-parts.ts'

/** A task on its agent: `<framework id>/<task id>`; neither may contain a slash. */
export type TaskKey = string

export type Framework = {
  readonly id: FrameworkId
  info: FrameworkInfo
  roles: readonly string[]
  suppressedRoles: Set<string>
  offerConstraints: SchedulerOfferConstraints | null
  /** `offerConstraints` as what is asked of an agent, by role. */
  acceptsByRole: ReadonlyMap<string, AgentTest>
  capabilities: ReadonlySet<string>
  principal: string | null
  streamId: StreamId | null
  isActive: boolean
  isRecovered: boolean
  registeredMs: number
  reregisteredMs: number | null
  unregisteredMs: number | null
  readonly tasks: Map<TaskId, Task>
  readonly offers: Set<OfferId>
  readonly completedTasks: Task[]
  /** The newest completed run of each task id in `completedTasks`. */
  readonly completedById: Map<TaskId, Task>
  /** Told to the framework as unreachable or lost, but perhaps alive; insertion order is age. */
  readonly unreachableTasks: Map<TaskId, Task>
}

export type Task = {
  readonly id: TaskId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly executorId: ExecutorId | null
  readonly info: TaskInfo
  readonly role: string
  readonly resources: Resources
  readonly grant: Grant
  latestState: TaskState
  status: TaskStatus | null
  readonly statuses: TaskStatus[]
  readonly launchedMs: number
  /** base64 of the newest uuid that the framework acknowledged. */
  acknowledgedUuid: string | null
  /** A kill was asked for; told again to an agent that comes back. */
  kill: { readonly gracePeriodMs: number | null; readonly drain: Drain | null } | null
  /** Whether its resources are counted as used on its agent. */
  holdsResources: boolean
  /** What its framework was told, or is to be told, of sick parts that it runs on; by condition. */
  readonly sickNotices: Map<string, SickNotice>
}

export type SickNotice = {
  /** Code and part. */
  readonly text: string
  /** For a person. */
  readonly message: string
  /** The part is well again, and the framework was not there to hear it. */
  readonly isOver: boolean
  readonly isTold: boolean
}

export type Offer = {
  readonly id: OfferId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly role: string
  readonly resources: Resources
  /** When it was told; of one that is kept for a gang, when it was kept. */
  sentMs: number
  /** The gang it is kept for, not told to anybody; null once it is an offer like others. */
  keptFor: Gang | null
}

/** Several machines at once, as a framework asked for them by REQUEST (gangs.ts). */
export type Gang = {
  readonly id: string
  readonly frameworkId: FrameworkId
  readonly role: string
  readonly count: number
  /** Of each machine. */
  readonly wanted: Resources
  readonly wish: Wish
  readonly racks: Racks
  /** How long machines are kept for it while others are missing, and after that are not. */
  readonly holdMs: number
  readonly askedMs: number
  readonly kept: Map<AgentId, Offer>
  /** Machines are kept for it until then, or null. */
  keepUntilMs: number | null
}

/** A run that no framework of this master owns, but that still occupies its agent: it has been told to end. */
export type EndingTask = {
  readonly frameworkId: FrameworkId
  readonly taskId: TaskId
  readonly resources: Resources
  readonly grant: Grant
  /** Its framework lives but has a task of this id elsewhere; the master acknowledges for it. */
  readonly isDuplicate: boolean
}

/** An operation on an agent's resources, from its acceptance to its last acknowledgement. */
export type Operation = {
  readonly uuid: OperationUuid
  readonly agentId: AgentId
  /** Null for an operator's. */
  readonly frameworkId: FrameworkId | null
  /** The id by which its framework asked for feedback, or null. */
  readonly id: string | null
  /** As the agent was sent it. */
  readonly info: OfferOperation
  status: OperationStatus
  readonly statuses: OperationStatus[]
  /** What waits for the agent before it becomes something else; null for what the master took for done at once. */
  waiting: WaitingConversion | null
  /** Its framework has ended: nobody asks for feedback any more. */
  isAbandoned: boolean
}

export type WaitingConversion = {
  /** Who holds `consumed` in the allocator; null when that framework is gone and nobody does any more. */
  readonly holder: { readonly frameworkId: FrameworkId; readonly role: string } | null
  /** `consumed` as the agent's `used` counts it, with the allocation role. */
  readonly held: Resources
  /** Without allocation. */
  readonly consumed: Resources
  readonly converted: Resources
}

export type ReportedOperation = Pick<Operation, 'uuid' | 'frameworkId' | 'id' | 'info' | 'status'>

/** What an agent says of itself when it registers, decoded. */
export type AgentFacts = {
  readonly info: AgentInfo
  readonly version: string
  readonly capabilities: readonly string[]
  readonly http: { readonly host: string; readonly port: number }
  readonly hardware: Hardware
  readonly conditions: readonly Condition[]
  /** What it may offer beyond its total: all of it revocable. */
  readonly oversubscribed: Resources
  readonly total: Resources
  /** An upper estimate of what the info adds to an offer. */
  readonly infoSizeBytes: number
}

export type AgentLink = { readonly session: SessionId; readonly channel: Channel<DownMessage, UpMessage> }

export type ReportedTask = {
  readonly id: TaskId
  readonly frameworkId: FrameworkId
  readonly info: TaskInfo
  readonly role: string
  readonly resources: Resources
  readonly grant: Grant
  readonly latestState: TaskState
  /** Up to the one that waits for its acknowledgement; later ones will come as updates. */
  readonly statuses: readonly TaskStatus[]
  /** The status that waits for its acknowledgement is the last of `statuses`. */
  readonly isUnacknowledged: boolean
}

/** What an agent tells when it registers. */
export type AgentReport = {
  readonly facts: AgentFacts
  readonly frameworks: ReadonlyMap<FrameworkId, FrameworkInfo>
  readonly tasks: readonly ReportedTask[]
  readonly operations: readonly ReportedOperation[]
}

/** A registration that waits for its third step. */
export type Pending = { readonly agentId: AgentId; readonly link: AgentLink; readonly report: AgentReport }

/** What one agent's registrations have come to (handshake.ts). */
export type Registration = {
  /** Oldest first. */
  readonly pending: Map<SessionId, Pending>
  /** Oldest first. */
  readonly ended: Set<SessionId>
  /** Admitted to the registry for a registration that never came to its end so far. */
  newId: AgentId | null
}

export type Registrations = Map<AgentUid, Registration>

export type Agent = {
  readonly id: AgentId
  readonly uid: AgentUid
  info: AgentInfo
  version: string
  capabilities: readonly string[]
  http: { readonly host: string; readonly port: number }
  hardware: Hardware
  /** What is wrong with its machine. */
  conditions: readonly Condition[]
  /** What of it may not be given because of those. */
  sickness: Sickness
  /** Which exact parts its tasks have. */
  readonly books: MachineBooks
  /** As its offers show what is free, as long as it is (topology.ts). */
  topologies: Topologies | null
  /** What constraints look at, as long as `info` is the one that it is of (ending.ts). */
  constrained: { readonly info: AgentInfo; readonly facts: AgentSupply['facts'] } | null
  infoSizeBytes: number
  total: Resources
  oversubscribed: Resources
  used: Resources
  /** Tasks hold what is not in the total (overheld.ts). */
  isOverheld: boolean
  offered: Resources
  isConnected: boolean
  /** Connected, and not deactivated by an operator. */
  isActive: boolean
  /** An operator took it out; it stays so until an operator brings it back. */
  isDeactivated: boolean
  /** How an operator empties its machine; null: not at all. */
  drain: Drain | null
  /** Why nothing of it may be offered though it is active: its machine is sick as a whole; null: it is not. */
  sickMachine: string | null
  readonly registeredMs: number
  reregisteredMs: number | null
  lastHeardMs: number
  readonly tasks: Map<TaskKey, Task>
  readonly offers: Set<OfferId>
  /** The live session; null while disconnected. */
  link: AgentLink | null
  readonly ending: Map<TaskKey, EndingTask>
  /** What `ending` holds together: the part of `used` that no framework holds. */
  endingUsed: Resources
}

export type OfferTopology = {
  readonly message: TepuiV1Topology | undefined
  /** Of its JSON form, which is the larger one. */
  readonly sizeBytes: number
}

/** Per kind of offer, of what was free: the books make a new list when something is held, released, sick or well. */
export type Topologies = { readonly free: FreeHardware; readonly byKind: Map<string, OfferTopology> }

export function taskKey(frameworkId: FrameworkId, taskId: TaskId): TaskKey {
  return `${frameworkId}/${taskId}`
}

/** Standard base64 of a status uuid, as the wire writes it; empty for a status that wants no acknowledgement. */
export function uuidBase64(uuid: Uint8Array | undefined): string {
  return uuid === undefined ? '' : btoa(String.fromCharCode(...uuid))
}

/** Whether the newest status waits for the framework's acknowledgement. */
export function isUnacknowledged(task: Task): boolean {
  return task.status?.uuid !== undefined && uuidBase64(task.status.uuid) !== task.acknowledgedUuid
}

export function isPartitionAware(framework: Framework): boolean {
  return framework.capabilities.has('PARTITION_AWARE')
}
