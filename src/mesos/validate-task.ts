// The rules about a task, an executor and a task group that the message alone can break (Mesos
// src/master/validation.cpp), first error wins, in Mesos' order. It does not know the cluster: ids in use, agents,
// offers, what an executor that is already there looks like, and whose framework it is are the master's to check.

import { idError } from '../model/ids.ts'
import { encodeJson } from './json.ts'
import { fromMessages } from './resources.ts'
import type { ContainerInfo, DurationInfo, ExecutorInfo, Resource, TaskGroupInfo, TaskInfo } from './types.ts'
import { checkError, healthCheckError, healthCheckType } from './validate-check.ts'
import { commandError, containerError } from './validate-container.ts'
import { isPersistentVolume } from './validate-resource.ts'

/** The least an executor of a task group must have (Mesos' MIN_CPUS and MIN_MEM). */
export const groupExecutorMin = { cpus: 0.01, mem: 32 } as const

/** Why a task of a LAUNCH is not valid, or null. */
export function taskError(task: TaskInfo): string | null {
  const { executor } = task
  return (
    commonTaskError(task) ??
    ((executor === undefined) === (task.command === undefined)
      ? `a task must have either 'command' or 'executor', and not both`
      : null) ??
    (executor === undefined ? null : prefixed('executor', launchExecutorError(executor))) ??
    (task.container?.linux_info?.share_cgroups === false
      ? 'share_cgroups can be false only for tasks of a task group'
      : null) ??
    resourcesError([...(task.resources ?? []), ...(executor?.resources ?? [])])
  )
}

/** Why a task group with its executor is not valid, or null; the sentence names the task. */
export function taskGroupError(group: TaskGroupInfo, executor: ExecutorInfo): string | null {
  const tasks = group.tasks ?? []
  if (tasks.length === 0) return 'a task group must have tasks'
  const executorFault = prefixed('executor', groupExecutorError(executor))
  if (executorFault !== null) return executorFault
  const ids = new Set<string>()
  for (const task of tasks) {
    const id = task.task_id.value
    const error = ids.has(id) ? 'its id is used twice in the group' : groupTaskError(task, executor)
    if (error !== null) return `task '${id}': ${error}`
    ids.add(id)
  }
  if (new Set(tasks.map(sharesCgroups)).size > 1) return 'share_cgroups must be the same for all tasks of a group'
  return resourcesError([...tasks.flatMap((task) => task.resources ?? []), ...(executor.resources ?? [])], 'group')
}

/** Why the executor of a LAUNCH is not valid, or null. */
function launchExecutorError(executor: ExecutorInfo): string | null {
  if (executor.type === 'DEFAULT') return 'an executor of type DEFAULT can only run task groups'
  if (executor.command === undefined) return `a custom executor needs 'command'`
  return commonExecutorError(executor)
}

function groupExecutorError(executor: ExecutorInfo): string | null {
  const { type, command, container } = executor
  if (type !== 'DEFAULT' && type !== 'CUSTOM') return 'the type must be DEFAULT or CUSTOM'
  if (type === 'CUSTOM' && command === undefined) return `a custom executor needs 'command'`
  if (type === 'DEFAULT') {
    if (command !== undefined) return `an executor of type DEFAULT must not have 'command'`
    if (container !== undefined && container.type !== 'MESOS') return 'its container must be of type MESOS'
    if (container?.mesos?.image !== undefined) return 'its container must not have an image'
  }
  const resources = executor.resources ?? []
  for (const [name, min] of Object.entries(groupExecutorMin)) {
    if (amountOf(resources, name) < min) return `it must have at least ${min} ${name}`
  }
  if (amountOf(resources, 'disk') === 0) return 'it must have some disk'
  return commonExecutorError(executor)
}

function commonExecutorError(executor: ExecutorInfo): string | null {
  const { command, container, resources = [] } = executor
  return (
    prefixed('executor_id', idError(executor.executor_id.value)) ??
    durationError('shutdown_grace_period', executor.shutdown_grace_period) ??
    resourcesError(resources) ??
    (resources.some(({ shared }) => shared !== undefined) ? 'an executor must not use shared resources' : null) ??
    (command === undefined ? null : commandError(command)) ??
    (container === undefined ? null : containerError(container)) ??
    (container?.linux_info?.share_cgroups === true ? 'the container of an executor must not set share_cgroups' : null)
  )
}

function groupTaskError(task: TaskInfo, executor: ExecutorInfo): string | null {
  const { container, health_check, check } = task
  if (task.executor !== undefined && !isSameExecutor(task.executor, executor)) {
    return 'its executor must be unset or that of the group'
  }
  const error = commonTaskError(task)
  if (error !== null) return error
  if (container?.type === 'DOCKER') return 'a task of a group must not have a container of type DOCKER'
  if ((container?.network_infos ?? []).length > 0) {
    const types = [health_check && healthCheckType(health_check), check?.type]
    const refused = types.find((type) => type === 'HTTP' || type === 'TCP')
    if (refused !== undefined) return `a check of type ${refused} cannot be used with network_infos of its own`
  }
  return task.limits !== undefined && sharesCgroups(task) ? 'limits need linux_info.share_cgroups to be false' : null
}

/** What holds for tasks of a LAUNCH and of a group alike. */
function commonTaskError(task: TaskInfo): string | null {
  const { check, health_check, command, container, resources = [] } = task
  return (
    prefixed('task_id', idError(task.task_id.value)) ??
    durationError('kill_policy.grace_period', task.kill_policy?.grace_period) ??
    durationError('max_completion_time', task.max_completion_time) ??
    (check === undefined ? null : prefixed('check', checkError(check))) ??
    (health_check === undefined ? null : prefixed('health_check', healthCheckError(health_check))) ??
    (resources.length === 0 ? 'a task must have resources' : resourcesError(resources)) ??
    (command === undefined ? null : prefixed('command', commandError(command))) ??
    (container === undefined ? null : prefixed('container', containerError(container))) ??
    limitsError(task)
  )
}

/** Why these resources cannot be used together, or null. Several tasks of a group may use one shared volume. */
function resourcesError(resources: readonly Resource[], users: 'task' | 'group' = 'task'): string | null {
  const converted = fromMessages(resources)
  if (!converted.ok) return converted.fault.message
  // The master fills in what a framework leaves out, so an absent role is no other role.
  const roles = new Set(resources.flatMap(({ allocation_info }) => allocation_info?.role ?? []))
  if (roles.size > 1) return 'all resources must be allocated to the same role'
  const volumes = new Set<string>()
  const revocability = new Map<string, boolean>()
  for (const resource of resources) {
    const isRevocable = resource.revocable !== undefined
    if ((revocability.get(resource.name) ?? isRevocable) !== isRevocable) {
      return `revocable and other '${resource.name}' must not be mixed`
    }
    revocability.set(resource.name, isRevocable)
    if (!isPersistentVolume(resource) || (resource.shared !== undefined && users === 'group')) continue
    const id = JSON.stringify([resource.reservations?.at(-1)?.role ?? resource.role, resource.disk?.persistence?.id])
    if (volumes.has(id)) return `persistent volume '${resource.disk?.persistence?.id}' is used twice`
    volumes.add(id)
  }
  return null
}

function limitsError(task: TaskInfo): string | null {
  for (const [name, { value }] of Object.entries(task.limits ?? {})) {
    if (name !== 'cpus' && name !== 'mem') return `limits: only cpus and mem can be limited, not '${name}'`
    if (!(value > 0)) return `limits: '${name}' must be more than zero`
    if (value < amountOf(task.resources ?? [], name)) return `limits: '${name}' must not be below what is requested`
  }
  return null
}

function durationError(field: string, duration: DurationInfo | undefined): string | null {
  return duration !== undefined && duration.nanoseconds < 0 ? `${field} must not be negative` : null
}

function amountOf(resources: readonly Resource[], name: string): number {
  return resources.reduce((sum, it) => (it.name === name ? sum + (it.scalar?.value ?? 0) : sum), 0)
}

/** The default is to share (the field's default in the API). */
function sharesCgroups({ container }: { readonly container?: ContainerInfo | undefined }): boolean {
  return container?.linux_info?.share_cgroups !== false
}

/** The master fills in framework_id, so its absence is no difference. */
function isSameExecutor(a: ExecutorInfo, b: ExecutorInfo): boolean {
  const [left, right] = [a, b].map((it) => encodeJson('mesos.v1.ExecutorInfo', { ...it, framework_id: undefined }))
  return left === right
}

function prefixed(part: string, error: string | null): string | null {
  return error === null ? null : `${part}: ${error}`
}
