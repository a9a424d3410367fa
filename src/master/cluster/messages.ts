// The cluster's records as messages of the v1 operator API: what the event stream shows. Pure functions of records and
// views. It does not know encodings or requests.

import { isTerminal } from '../../mesos/names.ts'
import { toMessages } from '../../mesos/resources.ts'
import type {
  AgentInfoCapabilityType,
  MasterResponseGetAgentsAgent,
  MasterResponseGetFrameworksFramework,
  MasterResponseGetState,
  Task,
  TimeInfo,
} from '../../mesos/types.ts'
import { type Resources, resources } from '../../model/resources.ts'
import type { AgentRecord, ClusterView, FrameworkRecord, TaskRecord } from './types.ts'

export function stateMessage(view: ClusterView): MasterResponseGetState {
  const frameworks = [...view.frameworks()]
  const completed = [...view.completedFrameworks()]
  return {
    get_tasks: {
      tasks: frameworks.flatMap(({ tasks }) => [...tasks.values()].map(taskMessage)),
      unreachable_tasks: frameworks.flatMap((framework) => [...framework.unreachableTasks.values()].map(taskMessage)),
      completed_tasks: [...frameworks, ...completed].flatMap(({ completedTasks }) => completedTasks.map(taskMessage)),
    },
    get_executors: {},
    get_frameworks: {
      frameworks: frameworks.map((framework) => ({ ...frameworkMessage(framework), ...heldBy(framework, view) })),
      completed_frameworks: completed.map(frameworkMessage),
    },
    get_agents: {
      agents: [...view.agents()].map(agentMessage),
      recovered_agents: [...view.recoveredAgents()].map(({ id, info }) => ({ ...info, id: { value: id } })),
    },
  }
}

export function agentMessage(agent: AgentRecord): MasterResponseGetAgentsAgent {
  return {
    agent_info: { ...agent.info, id: { value: agent.id } },
    active: agent.isActive,
    deactivated: false,
    version: agent.version,
    pid: `slave(1)@${agent.http.host}:${agent.http.port}`,
    registered_time: timeInfo(agent.registeredMs),
    ...(agent.reregisteredMs === null ? {} : { reregistered_time: timeInfo(agent.reregisteredMs) }),
    total_resources: toMessages(agent.total, 'endpoint'),
    allocated_resources: toMessages(agent.used, 'endpoint'),
    offered_resources: toMessages(agent.offered, 'endpoint'),
    capabilities: agent.capabilities.map((type) => ({ type: type as AgentInfoCapabilityType })),
  }
}

/** Without offers and resources, as FRAMEWORK_ADDED and FRAMEWORK_UPDATED show it. */
export function frameworkMessage(framework: FrameworkRecord): MasterResponseGetFrameworksFramework {
  return {
    framework_info: framework.info,
    active: framework.isActive,
    connected: framework.streamId !== null,
    recovered: framework.isRecovered,
    registered_time: timeInfo(framework.registeredMs),
    ...(framework.reregisteredMs === null ? {} : { reregistered_time: timeInfo(framework.reregisteredMs) }),
    ...(framework.unregisteredMs === null ? {} : { unregistered_time: timeInfo(framework.unregisteredMs) }),
  }
}

export function taskMessage(task: TaskRecord): Task {
  const { info, status } = task
  return {
    name: info.name,
    task_id: { value: task.id },
    framework_id: { value: task.frameworkId },
    ...(task.executorId === null ? {} : { executor_id: { value: task.executorId } }),
    agent_id: { value: task.agentId },
    state: task.latestState,
    resources: toMessages(task.resources, 'endpoint'),
    statuses: [...task.statuses],
    ...(status === null ? {} : { status_update_state: status.state }),
    ...(status?.uuid === undefined ? {} : { status_update_uuid: status.uuid }),
    labels: info.labels,
    discovery: info.discovery,
    container: info.container,
    health_check: info.health_check,
    kill_policy: info.kill_policy,
    user: info.command?.user,
    limits: info.limits,
  }
}

function heldBy(framework: FrameworkRecord, view: ClusterView): Partial<MasterResponseGetFrameworksFramework> {
  const live = [...framework.tasks.values()].filter((task) => !isTerminal(task.latestState))
  const sum = (parts: readonly Resources[]) => toMessages(resources(parts.flat()), 'endpoint')
  return {
    allocated_resources: sum(live.map((task) => task.resources)),
    offered_resources: sum([...framework.offers].map((id) => view.offer(id)?.resources ?? [])),
  }
}

/** Nanoseconds since 1970 do not fit into a double exactly. */
function timeInfo(ms: number): TimeInfo {
  return { nanoseconds: BigInt(Math.round(ms)) * 1_000_000n }
}
