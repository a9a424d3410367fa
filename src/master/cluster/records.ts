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
import type { DownMessage, Grant, OperationReport, UpMessage } from '../../wire/messages.ts'
import type { MachineBooks } from '../placement/types.ts'

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
  kill: { readonly gracePeriodMs: number | null } | null
  /** Whether its resources are counted as used on its agent. */
  holdsResources: boolean
}

export type Offer = {
  readonly id: OfferId
  readonly frameworkId: FrameworkId
  readonly agentId: AgentId
  readonly role: string
  readonly resources: Resources
  readonly sentMs: number
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
  readonly info: OfferOperation
  status: OperationStatus
  readonly statuses: OperationStatus[]
}

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
  readonly operations: readonly OperationReport[]
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
  /** Which exact parts its tasks have. */
  readonly books: MachineBooks
  infoSizeBytes: number
  total: Resources
  oversubscribed: Resources
  used: Resources
  offered: Resources
  isConnected: boolean
  /** Connected, and not deactivated by an operator. */
  isActive: boolean
  /** An operator took it out; it stays so until an operator brings it back. */
  isDeactivated: boolean
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
