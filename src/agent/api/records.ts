// The agent's records as typed messages: the core keeps what it was sent as JSON of the public API. Every answer reads
// tasks, frameworks and resources through these, so no two answers can disagree. It does not know endpoints.

import { fromJsonValue } from '../../mesos/json.ts'
import { isTerminal } from '../../mesos/names.ts'
import type { MessageName } from '../../mesos/plan.ts'
import { fromMessages, toMessages } from '../../mesos/resources.ts'
import type {
  AgentInfo,
  ExecutorInfo,
  FrameworkInfo,
  MessageTypes,
  Operation,
  Resource,
  Task,
  TaskInfo,
  TaskState,
  TaskStatus,
} from '../../mesos/types.ts'
import { noResources, type Resources, resources } from '../../model/resources.ts'
import { invariant, unreachable } from '../../model/result.ts'
import type { MesosJson, OperationReport } from '../../wire/messages.ts'
import type { AgentConfig, AgentView, RunView, VolumePlace } from '../core/types.ts'
import { usesVolume } from '../core/volumes.ts'
import type { AgentFacts } from './types.ts'

export function agentInfo({ config, view }: AgentFacts): AgentInfo {
  return {
    hostname: config.hostname,
    port: config.http.port,
    ...(view.agentId === null ? {} : { id: { value: view.agentId } }),
    resources: endpointResources(agentTotal(config)),
    attributes: config.attributes.map((attribute) => message('mesos.v1.Attribute', attribute)),
  }
}

export function agentTotal(config: AgentConfig): Resources {
  return fromChecked(config.resources.map((item) => message('mesos.v1.Resource', item)))
}

/** What runs hold that are not over. */
export function usedResources(view: AgentView): Resources {
  const live = [...view.runs()].filter((run) => !isTerminal(runState(run)))
  return resources(live.flatMap((run) => runResources(run)))
}

export function runResources(run: RunView): Resources {
  return fromChecked(taskInfo(run).resources ?? [])
}

export function runState(run: RunView): TaskState {
  return run.latestState as TaskState
}

/** Where Mesos lists a task: waiting for its executor, launched, or ended and not acknowledged. */
export function taskPlace(run: RunView): 'queued' | 'launched' | 'terminated' {
  if (isTerminal(runState(run))) return 'terminated'
  switch (run.phase) {
    case 'starting':
      return 'queued'
    case 'running':
    case 'ended':
      return 'launched'
    default:
      return unreachable(run.phase)
  }
}

export function taskInfo(run: RunView): TaskInfo {
  return message('mesos.v1.TaskInfo', run.taskInfo)
}

export function taskStatuses(run: RunView): readonly TaskStatus[] {
  return run.statuses.map((status) => message('mesos.v1.TaskStatus', status))
}

export function frameworkInfo(info: MesosJson): FrameworkInfo {
  return message('mesos.v1.FrameworkInfo', info)
}

export function operationMessage(report: OperationReport, { agentId }: AgentView): Operation {
  const status = message('mesos.v1.OperationStatus', report.status)
  return {
    ...(report.frameworkId === null ? {} : { framework_id: { value: report.frameworkId } }),
    ...(agentId === null ? {} : { agent_id: { value: agentId } }),
    info: message('mesos.v1.Offer.Operation', report.operation),
    latest_status: status,
    statuses: [status],
    uuid: { value: uuidBytes(report.operationUuid) },
  }
}

/** Ids of the tasks that use a volume and are not over. */
export function volumeUsers(place: VolumePlace, view: AgentView): readonly string[] {
  const live = [...view.runs()].filter((run) => run.phase !== 'ended')
  return live.filter((run) => usesVolume(run.taskInfo, place)).map(({ taskId }) => taskId)
}

export function taskMessage(run: RunView): Task {
  const info = taskInfo(run)
  const statuses = taskStatuses(run)
  const sent = statuses[run.acknowledged] ?? statuses.at(-1)
  return {
    name: info.name,
    task_id: info.task_id,
    framework_id: { value: run.frameworkId },
    agent_id: info.agent_id,
    state: runState(run),
    resources: endpointResources(runResources(run)),
    statuses: [...statuses],
    ...(sent === undefined ? {} : { status_update_state: sent.state }),
    ...(sent?.uuid === undefined ? {} : { status_update_uuid: sent.uuid }),
    labels: info.labels,
    discovery: info.discovery,
    container: info.container,
    health_check: info.health_check,
    kill_policy: info.kill_policy,
    user: info.command?.user,
    limits: info.limits,
  }
}

/** The executor that a command task appears to have: its own, named like the task. */
export function executorInfo(run: RunView): ExecutorInfo {
  const info = taskInfo(run)
  return {
    executor_id: { value: info.task_id.value },
    framework_id: { value: run.frameworkId },
    name: executorName(info),
    source: info.task_id.value,
    command: info.command,
  }
}

export function executorName(info: TaskInfo): string {
  const { command } = info
  const line = command?.shell === false ? (command.arguments ?? []).join(' ') : `sh -c '${command?.value ?? ''}'`
  const short = line.length > 60 ? `${line.slice(0, 57)}...` : line
  return `Command Executor (Task: ${info.task_id.value}) (Command: ${short})`
}

export function endpointResources(items: Resources): Resource[] {
  return toMessages(items, 'endpoint')
}

/** The 16 bytes that a UUID's text stands for. */
function uuidBytes(uuid: string): Uint8Array {
  return Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
}

/** Decodes what the agent itself has checked, or made, before it kept it. */
function message<N extends MessageName>(name: N, json: MesosJson): MessageTypes[N] {
  const decoded = fromJsonValue(name, json)
  invariant(decoded.ok, 'what the agent keeps of the public API is valid', { name })
  return decoded.value
}

function fromChecked(messages: readonly Resource[]): Resources {
  if (messages.length === 0) return noResources
  const items = fromMessages(messages)
  invariant(items.ok, 'resources that the agent keeps are valid')
  return items.value
}
