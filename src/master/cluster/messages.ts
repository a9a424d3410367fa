// The cluster's records as messages of the v1 API: offers, operators' events, and what queries answer. The one place
// that shows a record. Pure functions of records and views. It does not know encodings or requests.

import { isTerminal } from '../../mesos/names.ts'
import { toMessages } from '../../mesos/resources.ts'
import type {
  AgentInfoCapabilityType,
  DrainInfo,
  MasterResponseGetAgents,
  MasterResponseGetAgentsAgent,
  MasterResponseGetFrameworks,
  MasterResponseGetFrameworksFramework,
  MasterResponseGetOperations,
  MasterResponseGetState,
  MasterResponseGetTasks,
  Offer,
  Operation,
  Task,
  TepuiV1Condition,
  TepuiV1Topology,
  TimeInfo,
} from '../../mesos/types.ts'
import type { Condition } from '../../model/health.ts'
import { uuidBytes } from '../../model/random.ts'
import { add, allocatedTo, type Resources, sumToShow } from '../../model/resources.ts'
import type { Drain } from '../registry/types.ts'
import type { AgentRecord, ClusterView, FrameworkRecord, OfferRecord, OperationRecord, TaskRecord } from './types.ts'

export function stateMessage(view: ClusterView): MasterResponseGetState {
  return {
    get_tasks: tasksMessage(view),
    get_executors: {},
    get_frameworks: frameworksMessage(view),
    get_agents: agentsMessage(view),
  }
}

export function tasksMessage(view: ClusterView): MasterResponseGetTasks {
  const frameworks = [...view.frameworks()]
  const completed = [...frameworks, ...view.completedFrameworks()]
  return {
    tasks: frameworks.flatMap(({ tasks }) => [...tasks.values()].map(taskMessage)),
    unreachable_tasks: frameworks.flatMap(({ unreachableTasks }) => [...unreachableTasks.values()].map(taskMessage)),
    completed_tasks: completed.flatMap(({ completedTasks }) => completedTasks.map(taskMessage)),
  }
}

export function frameworksMessage(view: ClusterView): MasterResponseGetFrameworks {
  return {
    frameworks: [...view.frameworks()].map((framework) => ({
      ...frameworkMessage(framework),
      ...heldBy(framework, view),
    })),
    completed_frameworks: [...view.completedFrameworks()].map(frameworkMessage),
  }
}

export function agentsMessage(view: ClusterView): MasterResponseGetAgents {
  return {
    agents: [...view.agents()].map(agentMessage),
    recovered_agents: [...view.recoveredAgents()].map(({ id, info }) => ({ ...info, id: { value: id } })),
  }
}

export function agentMessage(agent: AgentRecord): MasterResponseGetAgentsAgent {
  return {
    agent_info: { ...agent.info, id: { value: agent.id } },
    active: agent.isActive,
    deactivated: agent.isDeactivated,
    version: agent.version,
    pid: agentPid(agent),
    registered_time: timeInfo(agent.registeredMs),
    ...(agent.reregisteredMs === null ? {} : { reregistered_time: timeInfo(agent.reregisteredMs) }),
    total_resources: toMessages(add(agent.total, agent.oversubscribed), 'endpoint'),
    allocated_resources: toMessages(agent.used, 'endpoint'),
    offered_resources: toMessages(agent.offered, 'endpoint'),
    capabilities: agent.capabilities.map((type) => ({ type: type as AgentInfoCapabilityType })),
    ...(agent.drain === null ? {} : drainFacts(agent.drain)),
    ...(agent.conditions.length === 0 ? {} : { conditions: agent.conditions.map(conditionMessage) }),
  }
}

function drainFacts(drain: Drain): Pick<MasterResponseGetAgentsAgent, 'drain_info' | 'estimated_drain_start_time'> {
  return { drain_info: drainInfo(drain), estimated_drain_start_time: timeInfo(drain.sinceMs) }
}

export function drainInfo({ maxGraceMs, markGone, isDrained }: Drain): DrainInfo {
  const grace = maxGraceMs === null ? {} : { max_grace_period: { nanoseconds: BigInt(maxGraceMs) * 1_000_000n } }
  return { state: isDrained ? 'DRAINED' : 'DRAINING', config: { ...grace, mark_gone: markGone } }
}

function conditionMessage({ code, severity, part, sinceMs }: Condition): TepuiV1Condition {
  const { kind, name, id } = part
  return {
    code,
    severity,
    kind,
    name,
    ...(id === null ? {} : { id }),
    ...(sinceMs === null ? {} : { since: timeInfo(sinceMs) }),
  }
}

/** Tools take an agent's address from this form, whatever the agent is. */
export function agentPid({ http }: Pick<AgentRecord, 'http'>): string {
  return `slave(1)@${http.host}:${http.port}`
}

/** Without offers and resources, as FRAMEWORK_ADDED and FRAMEWORK_UPDATED show it. */
export function frameworkMessage(framework: FrameworkRecord): MasterResponseGetFrameworksFramework {
  return {
    framework_info: framework.info,
    active: framework.isActive,
    connected: framework.streamId !== null,
    recovered: framework.isRecovered,
    ...(framework.offerConstraints === null ? {} : { offer_constraints: framework.offerConstraints }),
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

export function operationsMessage(view: ClusterView): MasterResponseGetOperations {
  return { operations: [...view.operations()].map(operationMessage) }
}

function operationMessage({ uuid, agentId, frameworkId, info, status, statuses }: OperationRecord): Operation {
  return {
    ...(frameworkId === null ? {} : { framework_id: { value: frameworkId } }),
    agent_id: { value: agentId },
    info,
    latest_status: status,
    statuses,
    uuid: { value: uuidBytes(uuid) },
  }
}

/**
 * An offer as its framework may see it: the reservation format and the roles that its capabilities know. `topology` is
 * what is free now, so that it belongs to an offer that is being sent.
 */
export function offerMessage(
  framework: Pick<FrameworkRecord, 'id' | 'capabilities'>,
  agent: Pick<AgentRecord, 'id' | 'info' | 'http'>,
  offer: OfferRecord,
  topology?: TepuiV1Topology,
): Offer {
  const knowsRoles = framework.capabilities.has('MULTI_ROLE')
  const format = framework.capabilities.has('RESERVATION_REFINEMENT') ? 'post' : 'pre'
  const resources = knowsRoles ? offer.resources : allocatedTo(offer.resources, undefined)
  const { hostname, attributes, domain } = agent.info
  return {
    id: { value: offer.id },
    framework_id: { value: framework.id },
    agent_id: { value: agent.id },
    hostname,
    url: {
      scheme: 'http',
      address: { hostname, ...(isIp(agent.http.host) ? { ip: agent.http.host } : {}), port: agent.http.port },
      path: '/slave(1)',
    },
    ...(domain === undefined ? {} : { domain }),
    resources: toMessages(resources, format),
    attributes: attributes ?? [],
    executor_ids: [],
    ...(knowsRoles ? { allocation_info: { role: offer.role } } : {}),
    ...(topology === undefined ? {} : { topology }),
  }
}

/** What its tasks hold that are not over. */
export function usedBy(framework: FrameworkRecord): Resources {
  const live = [...framework.tasks.values()].filter((task) => !isTerminal(task.latestState))
  return sumToShow(live.flatMap((task) => task.resources))
}

/** Those that it was told of: what is kept for its gangs is nobody's business yet. */
export function offersOf(framework: FrameworkRecord, view: ClusterView): OfferRecord[] {
  return [...framework.offers].flatMap((id) => view.offer(id) ?? []).filter(({ keptFor }) => keptFor === null)
}

function heldBy(framework: FrameworkRecord, view: ClusterView): Partial<MasterResponseGetFrameworksFramework> {
  const offers = offersOf(framework, view)
  return {
    offers: offers.flatMap((offer) => {
      const agent = view.agent(offer.agentId)
      return agent === undefined ? [] : [offerMessage(framework, agent, offer)]
    }),
    allocated_resources: toMessages(usedBy(framework), 'endpoint'),
    offered_resources: toMessages(sumToShow(offers.flatMap((offer) => offer.resources)), 'endpoint'),
    ...(offers.length === 0 ? {} : { offers_since: timeInfo(Math.min(...offers.map(({ sentMs }) => sentMs))) }),
  }
}

function isIp(host: string): boolean {
  return /^[\d.]+$|:/.test(host)
}

/** Nanoseconds since 1970 do not fit into a double exactly. */
function timeInfo(ms: number): TimeInfo {
  return { nanoseconds: BigInt(Math.round(ms)) * 1_000_000n }
}
