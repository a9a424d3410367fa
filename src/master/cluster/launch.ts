// Launching: what of a task only the cluster can judge (Mesos src/master/validation.cpp), the grant of exact hardware,
// the record, the message to the agent. First error wins, in Mesos' order; an error costs that task alone. Nothing is
// launched that the agent would have to refuse.

import { toJsonValue } from '../../mesos/json.ts'
import { fromMessages, toMessages } from '../../mesos/resources.ts'
import { unsupportedReason } from '../../mesos/supported.ts'
import type { OfferOperation, Resource, TaskInfo, TaskStatus, TaskStatusReason } from '../../mesos/types.ts'
import { taskError, taskGroupError } from '../../mesos/validate-task.ts'
import type { FaultCode } from '../../model/faults.ts'
import { idError, type TaskId } from '../../model/ids.ts'
import { allocatedTo, type Resources } from '../../model/resources.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { frameBytesMax } from '../../wire/bounds.ts'
import type { Launch } from '../../wire/messages.ts'
import { grantFor } from './hardware.ts'
import { sendToAgent } from './link.ts'
import { type Task, taskKey } from './records.ts'
import { type Room, shortageIn, takeFrom } from './room.ts'
import type { State } from './state.ts'
import { forward, masterStatus } from './statuses.ts'
import { bookTask, shownInfo } from './tasks.ts'

/** Of a refusal: the fault of placement, for clients that may do better on another machine, or later. */
export const faultLabel = 'tepui.fault'

/** Room in a frame for what is around the message. */
const frameOverheadBytes = 1_024

export function launchTask(state: State, room: Room, info: TaskInfo): void {
  const { framework, agent, role } = room
  const plan = planTask(room, info)
  if (!plan.ok) {
    const { code, message } = plan.fault
    const fault = code.startsWith('PLACEMENT_') ? code : null
    return refuseTask(state, room, info, { reason: 'REASON_TASK_INVALID', message, fault })
  }
  const { resources, launch } = plan.value
  takeFrom(state, room, resources)
  const task: Task = {
    id: info.task_id.value as TaskId,
    frameworkId: framework.id,
    agentId: agent.id,
    executorId: null,
    info: shownInfo(info),
    role,
    resources,
    grant: launch.grant,
    latestState: 'TASK_STAGING',
    status: null,
    statuses: [],
    launchedMs: state.nowMs,
    acknowledgedUuid: null,
    kill: null,
    holdsResources: false,
    sickNotices: new Map(),
  }
  bookTask(state, framework, agent, task)
  sendToAgent(state, agent, launch)
  state.log('info', 'task.launched', 'a task was accepted for launch', {
    frameworkId: framework.id,
    taskId: task.id,
    agentId: agent.id,
  })
}

/** Letters of a reason: it may quote all that was offered or asked for, and one ACCEPT may hold thousands of tasks. */
export const refusalLengthMax = 1024

export function refuseTask(
  state: State,
  { framework, refusals }: Room,
  task: TaskInfo,
  why: { readonly reason: TaskStatusReason; readonly message: string; readonly fault?: FaultCode | null },
): void {
  const place = { id: task.task_id.value, agentId: task.agent_id.value }
  const message = why.message.slice(0, refusalLengthMax)
  const status: TaskStatus = {
    ...masterStatus(state, framework, place, { state: 'TASK_ERROR', reason: why.reason, message }),
    ...(why.fault == null ? {} : { labels: { labels: [{ key: faultLabel, value: why.fault }] } }),
  }
  state.counters.addTask('TASK_ERROR', status)
  forward(state, framework, status)
  refusals.log('task', { taskId: place.id, reason: message })
}

/** Task groups are judged in full, and then refused: agents of this version run command tasks alone. */
export function refuseGroup(state: State, room: Room, operation: OfferOperation, error: string | null): void {
  const { launch_group: launch } = operation
  if (launch === undefined) return
  const message =
    error ?? groupError(room, launch) ?? 'task groups are not supported by this version: launch single tasks'
  for (const task of launch.task_group.tasks ?? []) {
    refuseTask(state, room, task, { reason: 'REASON_TASK_GROUP_INVALID', message })
  }
}

function groupError(
  room: Room,
  { executor, task_group: group }: NonNullable<OfferOperation['launch_group']>,
): string | null {
  for (const task of group.tasks ?? []) {
    const error = identityError(room, task)
    if (error !== null) return `task '${task.task_id.value}': ${error}`
  }
  const tasks = group.tasks ?? []
  return (
    taskGroupError(group, executor) ??
    executorFrameworkError(room, executor) ??
    roomError(room, [...tasks.flatMap((task) => task.resources ?? []), ...(executor.resources ?? [])])
  )
}

type Plan = { readonly resources: Resources; readonly launch: Launch }

function planTask(room: Room, info: TaskInfo): Result<Plan> {
  const { framework, agent, role } = room
  const error =
    identityError(room, info) ??
    taskError(info) ??
    (info.limits !== undefined && !agent.capabilities.includes('TASK_RESOURCE_LIMITS')
      ? 'limits: the agent lacks the capability TASK_RESOURCE_LIMITS'
      : null) ??
    (info.executor === undefined ? null : executorFrameworkError(room, info.executor)) ??
    roomError(room, [...(info.resources ?? []), ...(info.executor?.resources ?? [])]) ??
    unsupportedReason(info)
  if (error !== null) return fail('API_MALFORMED', error)
  const converted = fromMessages(info.resources ?? [])
  if (!converted.ok) return converted
  const resources = allocatedTo(converted.value, role)
  const grant = grantFor(agent, resources, info.labels)
  if (!grant.ok) return grant
  const launch: Launch = {
    kind: 'launch',
    frameworkInfo: toJsonValue('mesos.v1.FrameworkInfo', framework.info),
    taskInfo: toJsonValue('mesos.v1.TaskInfo', { ...info, resources: toMessages(resources, 'post') }),
    grant: grant.value,
  }
  const bytes = new TextEncoder().encode(JSON.stringify(launch)).length
  if (bytes > frameBytesMax - frameOverheadBytes) {
    return fail('API_MALFORMED', `the task's description is too large: ${bytes} of ${frameBytesMax} bytes`)
  }
  return ok({ resources, launch })
}

/** Whose task it is and where: its id is free, its agent is the offer's. */
function identityError({ framework, agent }: Room, info: TaskInfo): string | null {
  const id = info.task_id.value as TaskId
  const error = idError(id)
  if (error !== null) return `task_id: ${error}`
  if (framework.tasks.has(id)) return `task id '${id}' is in use by a task of the framework`
  if (framework.unreachableTasks.has(id)) return `task id '${id}' is in use by an unreachable task of the framework`
  if (agent.ending.has(taskKey(framework.id, id))) return `a former task '${id}' has not ended on the agent yet`
  if (info.agent_id.value !== agent.id) return `agent_id is '${info.agent_id.value}' but the offer is of '${agent.id}'`
  return null
}

function executorFrameworkError({ framework }: Room, executor: NonNullable<TaskInfo['executor']>): string | null {
  const id = executor.framework_id?.value
  return id === undefined || id === framework.id ? null : `executor: framework_id is not '${framework.id}'`
}

/** Whether the resources are of the offer's role and within what the offers still have. */
function roomError(room: Room, messages: readonly Resource[]): string | null {
  const other = messages.find((it) => (it.allocation_info?.role ?? room.role) !== room.role)
  if (other !== undefined) {
    return `resource '${other.name}' is allocated to role '${other.allocation_info?.role}', the offer to '${room.role}'`
  }
  const wanted = fromMessages(messages)
  return wanted.ok ? shortageIn(room, allocatedTo(wanted.value, room.role)) : wanted.fault.message
}
