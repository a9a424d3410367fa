// The private contract between agents and master: every message that crosses the MQTT link, by direction.
// It does not know MQTT, nor what the embedded Mesos documents (task, framework and agent infos) mean: those are
// JSON in the public API's form and are decoded by the rooms that use them.
//
// A session is one registration. Both sides number their messages inside it from 1 (channel.ts repeats, orders and
// de-duplicates them); everything that must outlive a session is told again by `register`.

import type { Grant, Hardware } from '../model/hardware.ts'
import type { Condition, Health } from '../model/health.ts'
import type { AgentId, AgentUid, ContainerId, FrameworkId, OperationUuid, SessionId, TaskId } from '../model/ids.ts'
import type { Inventory } from '../model/inventory.ts'

export type { Grant } from '../model/hardware.ts'

export const wireVersion = 1

/** A message of the public API in its JSON form, not yet decoded. */
export type MesosJson = { readonly [field: string]: unknown }

/** What every packet on a work topic holds. */
export type Frame<M> = {
  readonly v: typeof wireVersion
  readonly session: SessionId
  /** The master's start count; 0 while the agent does not know it. A frame of another epoch is stale. */
  readonly epoch: number
  /** 0: outside the numbering (register, registered, refused, heartbeat, bare acknowledgements). */
  readonly seq: number
  /** The highest number received without a gap from the other side. */
  readonly ack: number
  readonly message: M | null
}

export type UpFrame = Frame<UpMessage>
export type DownFrame = Frame<DownMessage>

/** From agent to master. */
export type UpMessage = Register | Heartbeat | StatusUpdate | OperationUpdate | MachineHealth | Oversubscribed

/** From master to agent. */
export type DownMessage =
  | Registered
  | Refused
  | HeartbeatEcho
  | Launch
  | Kill
  | Acknowledge
  | ShutdownFramework
  | ApplyOperation
  | AcknowledgeOperation

/** Asks to be taken (or taken back); repeated with back-off until `registered` or `refused` of this session comes. */
export type Register = {
  readonly kind: 'register'
  readonly uid: AgentUid
  /** The id given by an earlier registration, or null. */
  readonly agentId: AgentId | null
  readonly version: string
  /**
   * AgentInfo in post-refinement form: hostname, port, resources (the machine's total with its dynamic reservations and
   * persistent volumes as they are checkpointed), attributes, domain.
   */
  readonly agentInfo: MesosJson
  readonly capabilities: readonly string[]
  /** Where the agent's HTTP API listens, as others reach it. */
  readonly http: { readonly host: string; readonly port: number }
  /** Every part that may be granted. */
  readonly hardware: Hardware
  /** What is wrong with the machine now. */
  readonly conditions: readonly Condition[]
  /** Revocable resources that may be offered beyond the total (Resource messages). */
  readonly oversubscribed: readonly MesosJson[]
  /** FrameworkInfo of every framework with a task below, with its id. */
  readonly frameworks: readonly MesosJson[]
  readonly tasks: readonly TaskReport[]
  /** Operations whose last status is not acknowledged. */
  readonly operations: readonly OperationReport[]
}

/** One task as the agent knows it; tasks whose terminal status is acknowledged are no longer reported. */
export type TaskReport = {
  readonly frameworkId: FrameworkId
  readonly containerId: ContainerId
  readonly taskInfo: MesosJson
  readonly grant: Grant
  /** TaskState names: the newest known to the agent, and the newest that the framework has been sent. */
  readonly latestState: string
  /** Statuses so far, oldest first (TaskStatus in JSON). */
  readonly statuses: readonly MesosJson[]
  /** base64 of the uuid of the status that waits for acknowledgement, or null. */
  readonly unacknowledgedUuid: string | null
}

/** One operation as the agent knows it. */
export type OperationReport = {
  readonly operationUuid: OperationUuid
  /** Null for an operator's. */
  readonly frameworkId: FrameworkId | null
  /** The id by which its framework asked for feedback, or null. */
  readonly operationId: string | null
  /** Offer.Operation as it was sent. */
  readonly operation: MesosJson
  /** OperationStatus in JSON, with its uuid. */
  readonly status: MesosJson
}

export type Heartbeat = { readonly kind: 'heartbeat' }

/** What became of an operation; repeated by the agent until `acknowledgeOperation` with its uuid. */
export type OperationUpdate = { readonly kind: 'operationUpdate' } & Omit<OperationReport, 'operation'>

/** What is wrong with the machine now, all of it; sent when it changes. */
export type MachineHealth = { readonly kind: 'machineHealth'; readonly conditions: readonly Condition[] }

/** What running tasks leave idle, and may be offered as revocable beyond the total; replaces what was said before. */
export type Oversubscribed = { readonly kind: 'oversubscribed'; readonly resources: readonly MesosJson[] }

/** A task's status, in order for each task, one at a time; repeated by the agent until `acknowledge` with its uuid. */
export type StatusUpdate = {
  readonly kind: 'statusUpdate'
  readonly frameworkId: FrameworkId
  readonly taskId: TaskId
  /** TaskStatus in JSON, with uuid. */
  readonly status: MesosJson
  readonly latestState: string
}

/**
 * The agent answers with a heartbeat at once, or with any other frame of the session: only then does its registration
 * count. One that was delayed or repeated on its way finds nobody to answer, and changes nothing.
 */
export type Registered = {
  readonly kind: 'registered'
  readonly agentId: AgentId
  readonly masterId: string
  /** How often the agent must be heard. */
  readonly heartbeatIntervalMs: number
  /** After a lost link, the first attempt waits a uniform time up to this. */
  readonly reconnectWindowMs: number
}

/** The agent may not join; with `shutdown` it must end its tasks and exit, else it may try again later. */
export type Refused = { readonly kind: 'refused'; readonly message: string; readonly shutdown: boolean }

/** The answer to a heartbeat: how the agent notices a silent master. */
export type HeartbeatEcho = { readonly kind: 'heartbeatEcho' }

export type Launch = {
  readonly kind: 'launch'
  readonly frameworkInfo: MesosJson
  readonly taskInfo: MesosJson
  readonly grant: Grant
}

export type Kill = {
  readonly kind: 'kill'
  readonly frameworkId: FrameworkId
  readonly taskId: TaskId
  /** Overrides the task's own; null leaves it. */
  readonly gracePeriodMs: number | null
  /** An operator empties the machine: the task has at most this long, and its framework is told so. */
  readonly drain?: { readonly maxGraceMs: number | null; readonly markGone: boolean }
}

export type Acknowledge = {
  readonly kind: 'acknowledge'
  readonly frameworkId: FrameworkId
  readonly taskId: TaskId
  /** base64 of the 16 bytes. */
  readonly uuid: string
}

/**
 * Changes what the agent's resources are: reservations and volumes. The agent checks that it has what the operation
 * takes, carries it out, checkpoints its new total, and answers with operationUpdate: FINISHED, FAILED, or DROPPED when
 * it has not what is taken.
 */
export type ApplyOperation = {
  readonly kind: 'applyOperation'
  readonly operationUuid: OperationUuid
  readonly frameworkId: FrameworkId | null
  readonly operationId: string | null
  /** Offer.Operation; its resources in post-refinement form without allocation. */
  readonly operation: MesosJson
}

export type AcknowledgeOperation = {
  readonly kind: 'acknowledgeOperation'
  readonly operationUuid: OperationUuid
  /** base64 of the 16 bytes of the status' uuid. */
  readonly statusUuid: string
}

/** The framework is gone: kill its tasks, forget it. */
export type ShutdownFramework = { readonly kind: 'shutdownFramework'; readonly frameworkId: FrameworkId }

/** Public: retained state of one agent for watchers. */
export type AgentStatus = {
  readonly v: typeof wireVersion
  readonly uid: AgentUid
  readonly agentId: AgentId | null
  readonly hostname: string
  /** False only in the last will, which is a hint and not a verdict. */
  readonly online: boolean
  readonly session: SessionId | null
  readonly version: string
  readonly http: { readonly host: string; readonly port: number } | null
  readonly tasksRunning: number
}
export type AgentInventory = {
  readonly v: typeof wireVersion
  readonly uid: AgentUid
  readonly inventory: Inventory
  /** What changed lately, newest last; `machineChangesMax` of them. */
  readonly changes: readonly MachineChange[]
}
/** `text` is for people and names parts by serial and slot; the two documents say the rest. */
export type MachineChange = { readonly atMs: number; readonly text: string }
/** What is wrong with the machine now. */
export type AgentHealth = {
  readonly v: typeof wireVersion
  readonly uid: AgentUid
  readonly health: Health
}
