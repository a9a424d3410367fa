// From a task as the framework described it to a container as the agent will run it: everything decided.
// It does not know cgroups, processes or sandbox paths.

import { fromMessages } from '../../mesos/resources.ts'
import { unsupportedReason } from '../../mesos/supported.ts'
import type { FrameworkInfo, TaskInfo } from '../../mesos/types.ts'
import type { Grant } from '../../model/hardware.ts'
import type { ContainerId, ExecutorId, FrameworkId, TaskId } from '../../model/ids.ts'
import { scalarTotal } from '../../model/resources.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { bytesPerMebibyte, milliFromNumber } from '../../model/units.ts'
import type { AgentConfig, ContainerCommand, ContainerSpec } from './types.ts'

/** Processes and threads of one task; far above what programs use, far below what ends a machine. */
export const taskPidsMax = 16_384

export type LaunchRequest = {
  readonly containerId: ContainerId
  readonly framework: FrameworkInfo
  readonly task: TaskInfo
  readonly grant: Grant
  readonly agentId: string
}

/** The container for a command task; AGENT_UNSUPPORTED when it asks for what this agent cannot do. */
export function containerSpec(config: AgentConfig, request: LaunchRequest): Result<ContainerSpec> {
  const { framework, task } = request
  const unsupported = unsupportedReason(task)
  if (unsupported !== null) return fail('AGENT_UNSUPPORTED', unsupported)
  const command = containerCommand(task)
  if (!command.ok) return command
  const wanted = fromMessages(task.resources ?? [])
  if (!wanted.ok) return wanted
  const cpuMilli = scalarTotal(wanted.value, 'cpus')
  const memoryMilli = scalarTotal(wanted.value, 'mem')
  return ok({
    containerId: request.containerId,
    frameworkId: (framework.id?.value ?? '') as FrameworkId,
    executorId: task.task_id.value as ExecutorId,
    taskId: task.task_id.value as TaskId,
    command: command.value,
    environment: taskEnvironment(config, request),
    user: task.command?.user ?? (config.switchesUser ? framework.user : null),
    limits: {
      cpuMilli,
      cpuLimitMilli: finiteLimit(task, 'cpus', milliFromNumber, null),
      memoryBytes: finiteLimit(
        task,
        'mem',
        (mebibytes) => Math.round(mebibytes * bytesPerMebibyte),
        memoryMilli === 0 ? null : Math.round((memoryMilli / 1000) * bytesPerMebibyte),
      ),
      pidsMax: taskPidsMax,
    },
    grant: request.grant,
  })
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

/** What Mesos promises every command task, and what the framework set, which wins. */
function taskEnvironment(config: AgentConfig, request: LaunchRequest): Record<string, string> {
  const { framework, task, grant, containerId, agentId } = request
  const environment: Record<string, string> = {
    MESOS_AGENT_ENDPOINT: `${config.ip}:${config.http.port}`,
    MESOS_AGENT_ID: agentId,
    MESOS_CONTAINER_ID: containerId,
    MESOS_EXECUTOR_ID: task.task_id.value,
    MESOS_FRAMEWORK_ID: framework.id?.value ?? '',
    MESOS_TASK_ID: task.task_id.value,
  }
  const role = task.resources?.find((item) => item.allocation_info?.role !== undefined)?.allocation_info?.role
  if (role !== undefined) environment.MESOS_ALLOCATION_ROLE = role
  if (config.hardware.gpus.length > 0) {
    // A task that was granted none must not see any: an unset variable would show it all of them.
    const uuids = grant.gpuUuids.join(',')
    environment.CUDA_VISIBLE_DEVICES = uuids
    environment.NVIDIA_VISIBLE_DEVICES = uuids === '' ? 'void' : uuids
  }
  for (const variable of task.command?.environment?.variables ?? []) {
    environment[variable.name] = variable.value ?? ''
  }
  return environment
}
