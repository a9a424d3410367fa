// From a task as the framework described it to a container as the agent will run it: everything decided.
// It does not know cgroups, processes or sandbox paths.

import { fromMessages } from '../../mesos/resources.ts'
import { unsupportedReason } from '../../mesos/supported.ts'
import type { TaskInfo } from '../../mesos/types.ts'
import { parseCpuList } from '../../model/cpu-set.ts'
import type { Grant } from '../../model/hardware.ts'
import type { ExecutorId, FrameworkId, TaskId } from '../../model/ids.ts'
import { type Resources, scalarTotal } from '../../model/resources.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { bytesPerMebibyte, milliFromNumber } from '../../model/units.ts'
import { type GrantedTask, taskEnvironment } from './environment.ts'
import type { AgentConfig, Confinement, ContainerCommand, ContainerLimits, ContainerSpec } from './types.ts'
import { containerVolumes } from './volumes.ts'

/** Processes and threads of one task; far above what programs use, far below what ends a machine. */
export const taskPidsMax = 16_384

export type LaunchRequest = GrantedTask & { readonly confinement: Confinement }

/** The container for a command task; AGENT_UNSUPPORTED when it asks for what this agent cannot do. */
export function containerSpec(config: AgentConfig, request: LaunchRequest): Result<ContainerSpec> {
  const { framework, task } = request
  const unsupported = unsupportedReason(task)
  if (unsupported !== null) return fail('AGENT_UNSUPPORTED', unsupported)
  const command = containerCommand(task)
  if (!command.ok) return command
  const wanted = fromMessages(task.resources ?? [])
  if (!wanted.ok) return wanted
  const volumes = containerVolumes(wanted.value)
  if (!volumes.ok) return volumes
  const { grant } = request
  const refusal = disksRefusal(grant, wanted.value, config)
  if (refusal !== null) return fail('AGENT_LAUNCH_FAILED', refusal)
  return ok({
    containerId: request.containerId,
    frameworkId: (framework.id?.value ?? '') as FrameworkId,
    executorId: task.task_id.value as ExecutorId,
    taskId: task.task_id.value as TaskId,
    command: command.value,
    environment: taskEnvironment(config, request),
    user: task.command?.user ?? (config.switchesUser ? framework.user : null),
    limits: containerLimits(task, wanted.value, grant),
    grant,
    confinement: request.confinement,
    volumes: volumes.value,
  })
}

/** Its master granted disks by the names that they had: by now one may be another disk's, which must not be given. */
function disksRefusal(grant: Grant, wanted: Resources, { devices = {} }: AgentConfig): string | null {
  const names = wanted.flatMap(({ disk }) => {
    const { type, id = '' } = disk?.source ?? {}
    // An id comes from outside: `constructor` is one like any other.
    return (type === 'RAW' || type === 'BLOCK') && Object.hasOwn(devices, id) ? [devices[id] as string] : []
  })
  const strange = grant.disks.find((name) => !names.includes(name))
  if (strange !== undefined) return `the disk ${strange} that it was granted is none of its resources`
  const missing = names.find((name) => !grant.disks.includes(name))
  return missing === undefined ? null : `the disk ${missing} is among its resources and was not granted to it`
}

function containerLimits(task: TaskInfo, wanted: Resources, grant: Grant): ContainerLimits {
  const memoryMilli = scalarTotal(wanted, 'mem')
  return {
    cpuMilli: scalarTotal(wanted, 'cpus'),
    cpuLimitMilli: quotaMilli(finiteLimit(task, 'cpus', milliFromNumber, null), grant),
    memoryBytes: finiteLimit(
      task,
      'mem',
      (mebibytes) => Math.round(mebibytes * bytesPerMebibyte),
      memoryMilli === 0 ? null : Math.round((memoryMilli / 1000) * bytesPerMebibyte),
    ),
    pidsMax: taskPidsMax,
    isLowPriority: wanted.some(({ name, revocable }) => name === 'cpus' && revocable === true),
  }
}

/**
 * A task with CPUs of its own has no quota that these would reach: its CPUs are the limit already, and a quota as large
 * can only stall it, since the kernel hands quota out in slices that expire on CPUs where they are not used. A smaller
 * one is its own wish.
 */
function quotaMilli(limitMilli: number | null, { cpus }: Grant): number | null {
  if (limitMilli === null || cpus === null) return limitMilli
  return limitMilli < 1000 * (parseCpuList(cpus)?.length ?? 0) ? limitMilli : null
}

/** A task's own limit for a resource: its value, null for Infinity, `otherwise` when it sets none. */
function finiteLimit(
  task: TaskInfo,
  name: string,
  convert: (amount: number) => number,
  otherwise: number | null,
): number | null {
  const limit = task.limits?.[name]?.value
  if (limit === undefined) return otherwise
  return Number.isFinite(limit) ? convert(limit) : null
}

function containerCommand(task: TaskInfo): Result<ContainerCommand> {
  const { command } = task
  const value = command?.value
  if (command === undefined) return fail('AGENT_UNSUPPORTED', 'the task has no command')
  if (command.shell ?? true) {
    return value === undefined
      ? fail('AGENT_UNSUPPORTED', 'command.value is required when command.shell is true')
      : ok({ kind: 'shell', value })
  }
  const path = value ?? command.arguments?.[0]
  if (path === undefined) return fail('AGENT_UNSUPPORTED', 'command.value or command.arguments is required')
  return ok({ kind: 'exec', path, argv: command.arguments?.length ? command.arguments : [path] })
}
