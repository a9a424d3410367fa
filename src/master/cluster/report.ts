// What an agent tells when it registers, from JSON to the cluster's own types. A report that cannot be understood is a
// fault: the agent is refused with the reason. It does not know what the master believes.

import { encodeJson, fromJsonValue } from '../../mesos/json.ts'
import { isTerminal, taskStates } from '../../mesos/names.ts'
import { fromMessages } from '../../mesos/resources.ts'
import type { FrameworkInfo, TaskState, TaskStatus } from '../../mesos/types.ts'
import { frameworkInfoError } from '../../mesos/validate-framework.ts'
import { type FrameworkId, idError, type TaskId } from '../../model/ids.ts'
import { allocatedTo, scalarTotal } from '../../model/resources.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import type { OperationReport, Register, TaskReport } from '../../wire/messages.ts'
import { holdingsError } from './holdings.ts'
import { readOperationStatus } from './operation-updates.ts'
import { readOversubscribed } from './oversubscription.ts'
import { type AgentFacts, type AgentReport, type ReportedOperation, type ReportedTask, uuidBase64 } from './records.ts'

/** The largest AgentInfo without resources, as JSON text: it is part of every offer of the agent. */
export const agentInfoBytesMax = 64 * 1024
/** Above what operations may make of an agent (operation-validation.ts): what is there is never refused for a trifle. */
export const agentIdentitiesLengthMax = 1024 * 1024
/** Names of what an agent has amounts of: the allocator has a place for each in every sum. */
export const amountNamesMax = 256

export function readReport(register: Register): Result<AgentReport> {
  const facts = readFacts(register)
  if (!facts.ok) return facts
  const frameworks = new Map<FrameworkId, FrameworkInfo>()
  for (const json of register.frameworks) {
    const info = fromJsonValue('mesos.v1.FrameworkInfo', json)
    if (!info.ok) return info
    const id = info.value.id?.value ?? ''
    const error = idError(id) ?? frameworkInfoError(info.value)
    if (error !== null) return fail('WIRE_MALFORMED', `the report names a framework that is not valid: ${error}`)
    frameworks.set(id as FrameworkId, info.value)
  }
  const tasks: ReportedTask[] = []
  const seen = new Set<string>()
  for (const json of register.tasks) {
    const task = readTask(json)
    if (!task.ok) return task
    const { id, frameworkId } = task.value
    if (!frameworks.has(frameworkId)) return fail('WIRE_MALFORMED', `task '${id}' is of a framework not in the report`)
    if (seen.has(`${frameworkId}/${id}`)) return fail('WIRE_MALFORMED', `task '${id}' is reported twice`)
    seen.add(`${frameworkId}/${id}`)
    tasks.push(task.value)
  }
  const error = holdingsError(tasks)
  if (error !== null) return fail('WIRE_MALFORMED', `the report cannot be true: ${error}`)
  const operations = readOperations(register.operations)
  if (!operations.ok) return operations
  return ok({ facts: facts.value, frameworks, tasks, operations: operations.value })
}

function readOperations(reports: readonly OperationReport[]): Result<readonly ReportedOperation[]> {
  const byUuid = new Map<string, ReportedOperation>()
  for (const { operationUuid: uuid, frameworkId, operationId: id, operation, status } of reports) {
    const info = fromJsonValue('mesos.v1.Offer.Operation', operation)
    if (!info.ok) return info
    const last = readOperationStatus(status)
    if (last === null) return fail('WIRE_MALFORMED', `the status of operation ${uuid} is not valid`)
    byUuid.set(uuid, { uuid, frameworkId, id, info: info.value, status: last })
  }
  return ok([...byUuid.values()])
}

function readFacts(register: Register): Result<AgentFacts> {
  const { version, capabilities, http, hardware, conditions } = register
  const info = fromJsonValue('mesos.v1.AgentInfo', register.agentInfo)
  if (!info.ok) return info
  // An offer shows resources of its own, not those of the info.
  const infoSizeBytes = encodeJson('mesos.v1.AgentInfo', { ...info.value, resources: [] }).length
  if (infoSizeBytes > agentInfoBytesMax) {
    return fail('WIRE_TOO_LARGE', `the AgentInfo has more than ${agentInfoBytesMax} bytes`)
  }
  const total = fromMessages(info.value.resources ?? [])
  if (!total.ok) return total
  const identitiesLength = total.value.reduce((sum, { key }) => sum + key.length, 0)
  if (identitiesLength > agentIdentitiesLengthMax) {
    return fail(
      'WIRE_TOO_LARGE',
      `the agent's reservations and volumes have more than ${agentIdentitiesLengthMax} letters`,
    )
  }
  const gpus = scalarTotal(total.value, 'gpus') / 1000
  const named = new Set(hardware.gpus.map(({ uuid }) => uuid)).size
  if (gpus > named || named < hardware.gpus.length) {
    return fail('WIRE_MALFORMED', `the agent has ${gpus} gpus to offer but names ${named} of them`)
  }
  const oversubscribed = readOversubscribed(register.oversubscribed)
  if (!oversubscribed.ok) return oversubscribed
  const amounts = [...total.value, ...oversubscribed.value].filter(({ value }) => value.kind === 'scalar')
  if (new Set(amounts.map(({ name }) => name)).size > amountNamesMax) {
    return fail('WIRE_TOO_LARGE', `the agent has more than ${amountNamesMax} kinds of resources`)
  }
  if (total.value.some((item) => item.allocationRole !== undefined)) {
    return fail('WIRE_MALFORMED', `the agent's resources must not be allocated to a role`)
  }
  return ok({
    info: info.value,
    version,
    capabilities,
    http,
    hardware,
    conditions,
    oversubscribed: oversubscribed.value,
    total: total.value,
    infoSizeBytes,
  })
}

function readTask(report: TaskReport): Result<ReportedTask> {
  const info = fromJsonValue('mesos.v1.TaskInfo', report.taskInfo)
  if (!info.ok) return info
  const id = info.value.task_id.value as TaskId
  const error = idError(id)
  if (error !== null) return fail('WIRE_MALFORMED', `the report names a task that is not valid: ${error}`)
  const resources = fromMessages(info.value.resources ?? [])
  if (!resources.ok) return resources
  const role = resources.value[0]?.allocationRole
  if (role === undefined || resources.value.some((item) => item.allocationRole !== role)) {
    return fail('WIRE_MALFORMED', `the resources of task '${id}' are not allocated to one role`)
  }
  const latestState = report.latestState as TaskState
  if (!taskStates.includes(latestState)) return fail('WIRE_MALFORMED', `task '${id}' is in no known state`)
  const statuses: TaskStatus[] = []
  let isUnacknowledged = false
  for (const json of report.statuses) {
    if (isUnacknowledged) break
    const status = fromJsonValue('mesos.v1.TaskStatus', json)
    if (!status.ok) return status
    statuses.push(status.value)
    isUnacknowledged = report.unacknowledgedUuid !== null && uuidBase64(status.value.uuid) === report.unacknowledgedUuid
  }
  const last = statuses.at(-1)
  return ok({
    id,
    frameworkId: report.frameworkId,
    info: info.value,
    role,
    resources: allocatedTo(resources.value, role),
    grant: report.grant,
    latestState: last !== undefined && isTerminal(last.state) ? last.state : latestState,
    statuses,
    isUnacknowledged,
  })
}
