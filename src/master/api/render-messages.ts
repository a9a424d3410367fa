// The cluster's records as messages of the v1 operator API. Pure functions of the view; every operator answer and
// every operator event shows a record through these, so no two answers can disagree.
// It does not know encodings, requests or the classic documents.

import { isTerminal } from '../../mesos/names.ts'
import { toMessages } from '../../mesos/resources.ts'
import type {
  AgentInfo,
  AgentInfoCapabilityType,
  MasterInfo,
  MasterResponseGetAgents,
  MasterResponseGetAgentsAgent,
  MasterResponseGetFrameworks,
  MasterResponseGetFrameworksFramework,
  MasterResponseGetMaster,
  MasterResponseGetRoles,
  MasterResponseGetState,
  MasterResponseGetTasks,
  Offer,
  Resource,
  Task,
  TimeInfo,
} from '../../mesos/types.ts'
import { type Resources, resources } from '../../model/resources.ts'
import type { AgentRecord, ClusterView, FrameworkRecord, OfferRecord, TaskRecord } from '../cluster/types.ts'

/** Every role weighs the same until weights can be set. */
export const defaultWeight = 1

export function getState(view: ClusterView): MasterResponseGetState {
  return {
    get_tasks: getTasks(view),
    get_executors: {},
    get_frameworks: getFrameworks(view),
    get_agents: getAgents(view),
  }
}

export function getAgents(view: ClusterView): MasterResponseGetAgents {
  return {
    agents: [...view.agents()].map(agentMessage),
    recovered_agents: [...view.recoveredAgents()].map(({ id, info }) => ({ ...info, id: { value: id } })),
  }
}

export function getFrameworks(view: ClusterView): MasterResponseGetFrameworks {
  return {
    frameworks: [...view.frameworks()].map((framework) => frameworkMessage(framework, view)),
    completed_frameworks: [...view.completedFrameworks()].map((framework) => frameworkMessage(framework, view)),
  }
}

export function getTasks(view: ClusterView): MasterResponseGetTasks {
  const frameworks = [...view.frameworks()]
  const completed = [...frameworks, ...view.completedFrameworks()]
  return {
    tasks: frameworks.flatMap((framework) => [...framework.tasks.values()].map(taskMessage)),
    unreachable_tasks: frameworks.flatMap((framework) => [...framework.unreachableTasks.values()].map(taskMessage)),
    completed_tasks: completed.flatMap((framework) => framework.completedTasks.map(taskMessage)),
  }
}

export function getRoles(view: ClusterView): MasterResponseGetRoles {
  return {
    roles: [...view.roles()].map((role) => ({
      name: role.name,
      weight: defaultWeight,
      frameworks: role.frameworks.map((value) => ({ value })),
      resources: resourceMessages(resources([...role.allocated, ...role.offered])),
    })),
  }
}

export function getMaster(view: ClusterView): MasterResponseGetMaster {
  const startedSeconds = view.startedMs / 1000
  const master_info: MasterInfo = view.config.masterInfo
  return { master_info, start_time: startedSeconds, elected_time: startedSeconds }
}

export function agentMessage(agent: AgentRecord): MasterResponseGetAgentsAgent {
  return {
    agent_info: agentInfoMessage(agent),
    active: agent.isActive,
    deactivated: false,
    version: agent.version,
    pid: agentPid(agent),
    registered_time: timeInfo(agent.registeredMs),
    ...(agent.reregisteredMs === null ? {} : { reregistered_time: timeInfo(agent.reregisteredMs) }),
    total_resources: resourceMessages(agent.total),
    allocated_resources: resourceMessages(agent.used),
    offered_resources: resourceMessages(agent.offered),
    capabilities: agent.capabilities.map((type) => ({ type: type as AgentInfoCapabilityType })),
  }
}

/** Tools take an agent's address from this form, whatever the agent is. */
export function agentPid(agent: AgentRecord): string {
  return `slave(1)@${agent.http.host}:${agent.http.port}`
}

export function frameworkMessage(framework: FrameworkRecord, view: ClusterView): MasterResponseGetFrameworksFramework {
  const offers = frameworkOffers(framework, view)
  return {
    framework_info: framework.info,
    active: framework.isActive,
    connected: framework.streamId !== null,
    recovered: framework.isRecovered,
    registered_time: timeInfo(framework.registeredMs),
    ...(framework.reregisteredMs === null ? {} : { reregistered_time: timeInfo(framework.reregisteredMs) }),
    ...(framework.unregisteredMs === null ? {} : { unregistered_time: timeInfo(framework.unregisteredMs) }),
    offers: offers.map((offer) => offerMessage(offer, view)),
    allocated_resources: resourceMessages(usedByFramework(framework)),
    offered_resources: resourceMessages(resources(offers.flatMap((offer) => offer.resources))),
  }
}

export function frameworkOffers(framework: FrameworkRecord, view: ClusterView): OfferRecord[] {
  return [...framework.offers].flatMap((id) => view.offer(id) ?? [])
}

/** What its tasks hold that are not over. */
export function usedByFramework(framework: FrameworkRecord): Resources {
  const live = [...framework.tasks.values()].filter((task) => !isTerminal(task.latestState))
  return resources(live.flatMap((task) => task.resources))
}

export function offerMessage(offer: OfferRecord, view: ClusterView): Offer {
  const agent = view.agent(offer.agentId)
  return {
    id: { value: offer.id },
    framework_id: { value: offer.frameworkId },
    agent_id: { value: offer.agentId },
    hostname: agent?.info.hostname ?? '',
    allocation_info: { role: offer.role },
    resources: resourceMessages(offer.resources),
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
    resources: resourceMessages(task.resources),
    statuses: task.statuses,
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

export function timeInfo(ms: number): TimeInfo {
  return { nanoseconds: BigInt(Math.round(ms)) * 1_000_000n }
}

function agentInfoMessage(agent: AgentRecord): AgentInfo {
  return { ...agent.info, id: { value: agent.id } }
}

function resourceMessages(items: Resources): Resource[] {
  return toMessages(items, 'endpoint')
}
