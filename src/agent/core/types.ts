// The agent's state machine seen from outside: what goes in, what comes out, what is kept on disk.
// `step(input, nowMs)` returns effects in the order in which they must happen: persist, then act, then send.

import type { LogEffect } from '../../model/events.ts'
import type { Grant, Hardware } from '../../model/hardware.ts'
import type { Condition } from '../../model/health.ts'
import type {
  AgentId,
  AgentUid,
  ContainerId,
  ExecutorId,
  FrameworkId,
  OperationUuid,
  SessionId,
  TaskId,
} from '../../model/ids.ts'
import type { DiskSource } from '../../model/resources.ts'
import type { Fault } from '../../model/result.ts'
import type { DownFrame, MesosJson, OperationReport, UpFrame } from '../../wire/messages.ts'

/** What the machine is now; a part that is pulled or plugged changes it. */
export type MachineOffer = {
  /**
   * Resource messages in post-refinement form: the machine's own as they are given to the core, the agent's total with
   * its dynamic reservations and volumes as the core tells them (`AgentCore.config`).
   */
  readonly resources: readonly MesosJson[]
  readonly attributes: readonly MesosJson[]
  /** Every part that may be granted; tasks without a grant must not see the GPUs. */
  readonly hardware: Hardware
  /** The kernel's names of the disks that are offered whole, by the ids of their resources. */
  readonly devices?: Readonly<Record<string, string>>
}

/** What the machine and its operator say; all but the machine is fixed for one run of the agent. */
export type AgentConfig = MachineOffer & {
  readonly uid: AgentUid
  readonly version: string
  readonly hostname: string
  /** Where the machine is; null where nobody says. */
  readonly domain: { readonly region: string; readonly zone: string } | null
  readonly http: { readonly host: string; readonly port: number }
  readonly capabilities: readonly string[]
  /** Addresses put into container_status, so that clients find the task. */
  readonly ip: string
  /** The agent runs as root and may become a task's user; else tasks run as the agent's own. */
  readonly switchesUser: boolean
}

export type AgentInput =
  /** Once, after the shell has looked at every checkpointed run. Until then the core registers with nobody. */
  | { readonly kind: 'recovered'; readonly runs: readonly RecoveredRun[] }
  /** The link to the master is usable; `session` is fresh. */
  | { readonly kind: 'linkUp'; readonly session: SessionId }
  | { readonly kind: 'linkDown' }
  | { readonly kind: 'frame'; readonly frame: DownFrame }
  | {
      readonly kind: 'containerStarted'
      readonly containerId: ContainerId
      readonly pid: number
      /** What of its grant is not kept. */
      readonly note?: string | null
    }
  | { readonly kind: 'containerFailed'; readonly containerId: ContainerId; readonly fault: Fault }
  | { readonly kind: 'containerExited'; readonly containerId: ContainerId; readonly exit: ContainerExit }
  /** The machine has other resources than the master was told. */
  | { readonly kind: 'machineChanged'; readonly machine: MachineOffer }
  /** What is wrong with the machine now; the master is told when it is something else than before. */
  | { readonly kind: 'healthChanged'; readonly conditions: readonly Condition[] }
  /** The disk is as `changeVolumes` of this operation wanted it, but for what failed. */
  | {
      readonly kind: 'volumesChanged'
      readonly operationUuid: OperationUuid
      readonly failed: readonly VolumeFailure[]
    }
  /** What containers used, of those that could be measured; at intervals, by an agent that offers what is idle. */
  | { readonly kind: 'usage'; readonly cpuUsageUsec: ReadonlyMap<ContainerId, number> }
  /** The operator ends this agent and its tasks; `exit` follows once they are over. */
  | { readonly kind: 'shutdown' }
  | { readonly kind: 'tick' }

export type AgentEffect =
  | { readonly kind: 'persist'; readonly op: AgentStoreOp }
  | { readonly kind: 'start'; readonly spec: ContainerSpec }
  /** Makes and removes the directories of volumes; `volumesChanged` follows. Harmless to do again. */
  | {
      readonly kind: 'changeVolumes'
      readonly operationUuid: OperationUuid
      readonly make: readonly VolumePlace[]
      readonly remove: readonly VolumePlace[]
    }
  /** From now on a container stays there; in effect before anything that follows is started. */
  | { readonly kind: 'confine'; readonly containerId: ContainerId; readonly confinement: Confinement }
  /** TERM asks the task's main process; KILL ends the whole tree. */
  | { readonly kind: 'signal'; readonly containerId: ContainerId; readonly signal: 'TERM' | 'KILL' }
  /** The run is over and acknowledged: cgroups and bookkeeping may go, the sandbox stays. */
  | { readonly kind: 'remove'; readonly containerId: ContainerId }
  | { readonly kind: 'send'; readonly frame: UpFrame }
  /** Drop the connection and come back with a fresh session, after at most `withinMs` (uniform). */
  | { readonly kind: 'relink'; readonly withinMs: number }
  /** What watchers see has changed. */
  | { readonly kind: 'statusChanged' }
  /** The master or the operator wanted this agent to end, and all its tasks have ended. */
  | { readonly kind: 'exit'; readonly message: string }
  | LogEffect

/** What to run: everything decided, nothing left to the containerizer but how. */
export type ContainerSpec = {
  readonly containerId: ContainerId
  readonly frameworkId: FrameworkId
  /** For a command task, the task's id. */
  readonly executorId: ExecutorId
  readonly taskId: TaskId
  readonly command: ContainerCommand
  readonly environment: Readonly<Record<string, string>>
  /** Null: the agent's own user. */
  readonly user: string | null
  readonly limits: ContainerLimits
  readonly grant: Grant
  readonly confinement: Confinement
  /** Persistent volumes that it finds in its sandbox. */
  readonly volumes: readonly ContainerVolume[]
}

/** What tells one persistent volume from all others of a machine, and the disk that it is on; null is the agent's own. */
export type VolumePlace = { readonly role: string; readonly id: string; readonly source: DiskSource | null }

/** `path` is relative to the sandbox and stays in it. */
export type ContainerVolume = { readonly place: VolumePlace; readonly path: string }

export type VolumeFailure = { readonly place: VolumePlace; readonly fault: Fault }

/** Where a container runs and takes memory: Linux lists of CPUs and of NUMA nodes; null: wherever the agent may. */
export type Confinement = {
  readonly cpus: string | null
  /** The CPUs are its own: it gets every one of them or does not start. */
  readonly isAlone: boolean
  readonly memoryNodes: string | null
}

/** As Mesos does it: a shell command is `/bin/sh -c value`; otherwise `value` is the program and `argv` starts with argv[0]. */
export type ContainerCommand =
  | { readonly kind: 'shell'; readonly value: string }
  | { readonly kind: 'exec'; readonly path: string; readonly argv: readonly string[] }

export type ContainerLimits = {
  /** Thousandths of a cpu: the weight, and the hard quota. */
  readonly cpuMilli: number
  readonly cpuLimitMilli: number | null
  readonly memoryBytes: number | null
  readonly pidsMax: number | null
  /** It gets the time that nobody else wants, as what runs on revocable cpus must. */
  readonly isLowPriority: boolean
}

export type ContainerExit = {
  readonly status:
    | { readonly kind: 'exited'; readonly code: number }
    | { readonly kind: 'signaled'; readonly signal: number }
    /** Nobody saw the end (the machine rebooted, or the supervisor was killed too). */
    | { readonly kind: 'unknown'; readonly why: string }
  /** Set when a limit ended it. */
  readonly limitation: {
    readonly kind: 'memory'
    readonly limitBytes: number
    readonly usedBytes: number | null
  } | null
}

export type RecoveredRun = {
  readonly containerId: ContainerId
  readonly state:
    | { readonly kind: 'running'; readonly pid: number }
    | { readonly kind: 'exited'; readonly exit: ContainerExit }
    /** It was checkpointed but never started. */
    | { readonly kind: 'neverStarted' }
}

/** What survives a restart of the agent. */
export type AgentCheckpoint = {
  readonly uid: AgentUid
  readonly agentId: AgentId | null
  readonly frameworks: readonly { readonly frameworkId: FrameworkId; readonly info: MesosJson }[]
  readonly runs: readonly RunRecord[]
  /** Resource messages in post-refinement form: what of the machine is reserved dynamically or is a volume. */
  readonly reserved: readonly MesosJson[]
  /** In the order of their coming. */
  readonly operations: readonly OperationRecord[]
}

/** One operation on the agent's resources, from its coming to the acknowledgement of its last status. */
export type OperationRecord = OperationReport & {
  /** The status counts only then: until the disk is as the operation wants it, it may still fail. */
  readonly isDone: boolean
}

/** One task on this agent, from its acceptance to its last acknowledgement. */
export type RunRecord = {
  readonly containerId: ContainerId
  readonly frameworkId: FrameworkId
  readonly taskId: TaskId
  readonly taskInfo: MesosJson
  readonly grant: Grant
  /** Statuses so far, oldest first; those from `acknowledged` on still wait for their acknowledgement, in order. */
  readonly statuses: readonly MesosJson[]
  readonly acknowledged: number
  /** Set once the task is to end, so that a restart keeps the promise; at the deadline the tree is killed. */
  readonly killing: Killing | null
}

export type Killing = {
  readonly deadlineMs: number
  /**
   * A framework that is gone acknowledges nothing more. `drained` and `goneByOperator`: an operator empties the machine,
   * and it comes back, or not.
   */
  readonly cause: 'kill' | 'completionTime' | 'preempted' | 'frameworkGone' | 'drained' | 'goneByOperator'
}

export type AgentStoreOp =
  | { readonly op: 'setAgentId'; readonly agentId: AgentId }
  | { readonly op: 'putFramework'; readonly frameworkId: FrameworkId; readonly info: MesosJson }
  | { readonly op: 'removeFramework'; readonly frameworkId: FrameworkId }
  | { readonly op: 'putRun'; readonly run: RunRecord }
  | { readonly op: 'removeRun'; readonly containerId: ContainerId }
  /** What is reserved changes together with the operation that changes it; null leaves it. */
  | {
      readonly op: 'putOperation'
      readonly operation: OperationRecord
      readonly reserved: readonly MesosJson[] | null
    }
  | { readonly op: 'removeOperation'; readonly operationUuid: OperationUuid }

/** One task as views show it. */
export type RunView = RunRecord & {
  readonly phase: 'starting' | 'running' | 'ended'
  readonly pid: number | null
  readonly latestState: string
}

/** What the agent's HTTP API may read; only valid until the next step. */
export type AgentView = {
  readonly agentId: AgentId | null
  readonly masterId: string | null
  readonly isRegistered: boolean
  readonly frameworks: ReadonlyMap<FrameworkId, MesosJson>
  readonly runningCount: number
  runs(): Iterable<RunView>
  /** As a registration reports them. */
  operations(): readonly OperationReport[]
  /** Volumes that the agent has, also those whose disk is not there now. */
  volumes(): readonly VolumePlace[]
  /** Whether `runs` has this one. */
  hasRun(containerId: ContainerId): boolean
  /** Counters by Mesos' metric name (`slave/tasks_finished` ...). */
  counters(): ReadonlyMap<string, number>
}
