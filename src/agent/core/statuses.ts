// The statuses an agent makes of a task, in the public API's JSON form. It does not know when each is due.

import type { TaskState, TaskStatusReason, TaskStatusSource } from '../../mesos/types.ts'
import type { Grant } from '../../model/hardware.ts'
import type { AgentId, ContainerId, TaskId } from '../../model/ids.ts'
import type { MesosJson } from '../../wire/messages.ts'
import type { ContainerExit, Killing } from './types.ts'

export type StatusFacts = {
  readonly state: TaskState
  readonly source: TaskStatusSource
  readonly reason?: TaskStatusReason
  readonly message?: string
  /** Facts without a field of their own in the API, as labels any client can read. */
  readonly labels?: readonly { readonly key: string; readonly value: string }[]
  readonly limitation?: MesosJson
}

export type StatusPlace = {
  readonly taskId: TaskId
  readonly agentId: AgentId
  readonly containerId: ContainerId
  readonly pid: number | null
  readonly ip: string
  readonly grant: Grant
}

/** How a task ended, for programs: the exit code, or the number of the signal that ended it. */
export const exitCodeLabel = 'tepui.exit_code'
export const signalLabel = 'tepui.signal'

/**
 * What a task was granted, a label for each part of it that says something: lists as the kernel writes them, names and
 * uuids with commas between them, memory as `node:bytes`.
 */
export function grantLabels(grant: Grant): readonly { readonly key: string; readonly value: string }[] {
  const { cpus, cpusWithin, memory, memoryPolicy, gpuUuids, gpuInstanceUuids, nics, disks, near } = grant
  const said: Readonly<Record<string, string | null>> = {
    cpus,
    cpus_within: cpusWithin,
    memory: memory.map(({ node, bytes }) => `${node}:${bytes}`).join(','),
    memory_policy: memoryPolicy,
    gpus: [...gpuUuids, ...gpuInstanceUuids].join(','),
    nics: nics.join(','),
    disks: disks.join(','),
    near: near.join(','),
  }
  return Object.entries(said).flatMap(([part, value]) =>
    value === null || value === '' ? [] : [{ key: `tepui.granted.${part}`, value }],
  )
}

/** A TaskStatus with the uuid that its acknowledgement will name. */
export function taskStatus(facts: StatusFacts, place: StatusPlace, uuid: Uint8Array, nowMs: number): MesosJson {
  const labels = [...(facts.labels ?? []), ...grantLabels(place.grant)]
  return {
    task_id: { value: place.taskId },
    state: facts.state,
    source: facts.source,
    ...(facts.reason === undefined ? {} : { reason: facts.reason }),
    ...(facts.message === undefined ? {} : { message: facts.message }),
    agent_id: { value: place.agentId },
    executor_id: { value: place.taskId },
    timestamp: nowMs / 1000,
    uuid: base64(uuid),
    ...(labels.length === 0 ? {} : { labels: { labels } }),
    ...(facts.limitation === undefined ? {} : { limitation: facts.limitation }),
    container_status: {
      container_id: { value: place.containerId },
      ...(place.pid === null ? {} : { executor_pid: place.pid }),
      network_infos: [{ ip_addresses: [{ protocol: 'IPv4', ip_address: place.ip }] }],
    },
  }
}

/** The terminal status of a task whose container ended. A kill that was asked for wins over how the process ended. */
export function terminalFacts(exit: ContainerExit, killing: Killing | null, isPartitionAware: boolean): StatusFacts {
  const labels = exitLabels(exit)
  const message = exitMessage(exit)
  if (killing?.cause === 'completionTime') {
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_EXECUTOR',
      reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
      message: 'the task ran longer than its max_completion_time',
      labels,
    }
  }
  if (killing?.cause === 'preempted') {
    return {
      state: isPartitionAware ? 'TASK_GONE' : 'TASK_LOST',
      source: 'SOURCE_AGENT',
      reason: 'REASON_CONTAINER_PREEMPTED',
      message: 'it ran on what others left idle, and they need it again',
      labels,
    }
  }
  if (killing !== null) {
    return {
      state: killedState(killing, isPartitionAware),
      source: 'SOURCE_EXECUTOR',
      ...killReason(killing),
      message: isDraining(killing) ? `an operator drains this machine; ${message}` : message,
      labels,
    }
  }
  if (exit.limitation !== null) {
    const mebibytes = exit.limitation.limitBytes / 1024 / 1024
    return {
      state: 'TASK_FAILED',
      source: 'SOURCE_AGENT',
      reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
      message: `the task used more than its ${mebibytes} MiB of memory and was killed`,
      labels,
      limitation: { resources: [{ name: 'mem', type: 'SCALAR', scalar: { value: mebibytes } }] },
    }
  }
  if (exit.status.kind === 'exited' && exit.status.code === 0) {
    return { state: 'TASK_FINISHED', source: 'SOURCE_EXECUTOR', message, labels }
  }
  if (exit.status.kind === 'unknown') {
    return { state: 'TASK_FAILED', source: 'SOURCE_AGENT', reason: 'REASON_EXECUTOR_TERMINATED', message, labels }
  }
  return {
    state: 'TASK_FAILED',
    source: 'SOURCE_EXECUTOR',
    reason: 'REASON_COMMAND_EXECUTOR_FAILED',
    message,
    labels,
  }
}

/** A container that never ran: failed, or, when it was to be killed anyway, killed during its launch. */
export function launchFailed(message: string, killing: Killing | null, isPartitionAware: boolean): StatusFacts {
  if (killing === null) {
    return { state: 'TASK_FAILED', source: 'SOURCE_AGENT', reason: 'REASON_CONTAINER_LAUNCH_FAILED', message }
  }
  const state = killedState(killing, isPartitionAware)
  return { state, source: 'SOURCE_AGENT', reason: 'REASON_TASK_KILLED_DURING_LAUNCH', ...killReason(killing), message }
}

/** An operator empties the machine. */
export function isDraining({ cause }: Killing): boolean {
  return cause === 'drained' || cause === 'goneByOperator'
}

export function killReason(killing: Killing | null): { readonly reason?: TaskStatusReason } {
  return killing !== null && isDraining(killing) ? { reason: 'REASON_AGENT_DRAINING' } : {}
}

/** Mesos docs/high-availability-framework-guide.md: who knows of partitions hears that the machine does not come back. */
function killedState({ cause }: Killing, isPartitionAware: boolean): TaskState {
  return cause === 'goneByOperator' && isPartitionAware ? 'TASK_GONE_BY_OPERATOR' : 'TASK_KILLED'
}

function exitLabels(exit: ContainerExit): readonly { readonly key: string; readonly value: string }[] {
  if (exit.status.kind === 'exited') return [{ key: exitCodeLabel, value: `${exit.status.code}` }]
  if (exit.status.kind === 'signaled') return [{ key: signalLabel, value: `${exit.status.signal}` }]
  return []
}

function exitMessage({ status }: ContainerExit): string {
  switch (status.kind) {
    case 'exited':
      return `the command exited with status ${status.code}`
    case 'signaled':
      return `the command was ended by signal ${status.signal}`
    case 'unknown':
      return `how the command ended is not known: ${status.why}`
  }
}

/** Standard alphabet, padded. */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
