// The cluster's records as the classic endpoints show them (Mesos src/master/readonly_handler.cpp): ids as plain
// strings, times in float seconds, resources as summaries, and `slave` where the v1 API says agent. Pure functions of
// the view.
// It does not know requests, nor which documents these objects stand in.

import { toJsonValue } from '../../mesos/json.ts'
import type { MessageName } from '../../mesos/plan.ts'
import { attributesSummary, resourcesSummary } from '../../mesos/resource-text.ts'
import { toMessages } from '../../mesos/resources.ts'
import type { MessageTypes, TaskStatus } from '../../mesos/types.ts'
import { grantDocument } from '../../model/hardware.ts'
import type { Condition } from '../../model/health.ts'
import { add, type Resource, type Resources, sumToShow } from '../../model/resources.ts'
import { agentPid, drainInfo, offersOf, usedBy } from '../cluster/messages.ts'
import { wholeTopology } from '../cluster/topology.ts'
import type {
  AgentRecord,
  ClusterView,
  FrameworkRecord,
  OfferRecord,
  RecoveredAgentRecord,
  TaskRecord,
} from '../cluster/types.ts'

export type ClassicObject = { readonly [field: string]: unknown }

export function slaveObject(agent: AgentRecord): ClassicObject {
  const { reserved, unreserved } = byReservation(agent.total)
  return {
    id: agent.id,
    hostname: agent.info.hostname,
    port: agent.http.port,
    pid: agentPid(agent),
    registered_time: agent.registeredMs / 1000,
    ...(agent.reregisteredMs === null ? {} : { reregistered_time: agent.reregisteredMs / 1000 }),
    resources: resourcesSummary(add(agent.total, agent.oversubscribed)),
    used_resources: resourcesSummary(agent.used),
    offered_resources: resourcesSummary(agent.offered),
    reserved_resources: mapValues(reserved, resourcesSummary),
    unreserved_resources: resourcesSummary(unreserved),
    attributes: attributesSummary(agent.info.attributes ?? []),
    active: agent.isActive,
    deactivated: agent.isDeactivated,
    version: agent.version,
    capabilities: agent.capabilities,
    ...optional('domain', 'mesos.v1.DomainInfo', agent.info.domain),
    ...(agent.drain === null ? {} : drainFields(agent.drain)),
    // Tepui's own: what is wrong with the machine, and why nothing of it is offered where it is all of it.
    conditions: agent.conditions.map(conditionObject),
    sick_machine: agent.sickMachine,
  }
}

function drainFields(drain: NonNullable<AgentRecord['drain']>): ClassicObject {
  return {
    drain_info: toJsonValue('mesos.v1.DrainInfo', drainInfo(drain)),
    estimated_drain_start_time_seconds: drain.sinceMs / 1000,
  }
}

function conditionObject({ code, part, severity, sinceMs }: Condition): ClassicObject {
  return { code, severity, part: { ...part }, since: sinceMs === null ? null : sinceMs / 1000 }
}

/** What `/slaves` adds: the same amounts as resource objects, and which exact hardware is free. */
export function slaveResourcesInFull(agent: AgentRecord): ClassicObject {
  const { reserved, unreserved } = byReservation(agent.total)
  return {
    topology: toJsonValue('tepui.v1.Topology', wholeTopology(agent)),
    used_resources_full: resourceObjects(agent.used),
    offered_resources_full: resourceObjects(agent.offered),
    reserved_resources_full: mapValues(reserved, resourceObjects),
    unreserved_resources_full: resourceObjects(unreserved),
  }
}

export function recoveredSlaveObject({ id, info }: RecoveredAgentRecord): ClassicObject {
  return {
    id,
    hostname: info.hostname,
    ...(info.port === undefined ? {} : { port: info.port }),
    attributes: attributesSummary(info.attributes ?? []),
    ...optional('domain', 'mesos.v1.DomainInfo', info.domain),
  }
}

/** The fields that `/state-summary` shows too. */
export function frameworkSummaryObject(framework: FrameworkRecord, view: ClusterView): ClassicObject {
  const { info } = framework
  return {
    id: framework.id,
    name: info.name,
    pid: '',
    used_resources: resourcesSummary(usedBy(framework)),
    offered_resources: resourcesSummary(offeredTo(framework, view)),
    capabilities: (info.capabilities ?? []).flatMap((capability) => capability.type ?? []),
    hostname: info.hostname ?? '',
    webui_url: info.webui_url ?? '',
    active: framework.isActive,
    connected: framework.streamId !== null,
    recovered: framework.isRecovered,
  }
}

export function frameworkObject(framework: FrameworkRecord, view: ClusterView): ClassicObject {
  const { info } = framework
  const all = sumToShow([...usedBy(framework), ...offeredTo(framework, view)])
  return {
    ...frameworkSummaryObject(framework, view),
    user: info.user,
    ...(framework.principal === null && info.principal === undefined
      ? {}
      : { principal: framework.principal ?? info.principal }),
    failover_timeout: info.failover_timeout ?? 0,
    checkpoint: info.checkpoint ?? false,
    registered_time: framework.registeredMs / 1000,
    reregistered_time: (framework.reregisteredMs ?? framework.registeredMs) / 1000,
    unregistered_time: (framework.unregisteredMs ?? 0) / 1000,
    ...(framework.capabilities.has('MULTI_ROLE') ? { roles: framework.roles } : { role: framework.roles[0] ?? '*' }),
    suppressed_roles: [...framework.suppressedRoles],
    ...(framework.offerConstraints === null
      ? {}
      : { offer_constraints: toJsonValue('mesos.v1.scheduler.OfferConstraints', framework.offerConstraints) }),
    resources: resourcesSummary(all),
    ...(info.labels === undefined ? {} : { labels: labelObjects(info.labels) }),
    tasks: [...framework.tasks.values()].map(taskObject),
    unreachable_tasks: [...framework.unreachableTasks.values()].map(taskObject),
    completed_tasks: framework.completedTasks.map(taskObject),
    offers: offersOf(framework, view).map(offerObject),
    executors: [],
  }
}

export function taskObject(task: TaskRecord): ClassicObject {
  const { info } = task
  return {
    id: task.id,
    name: info.name,
    framework_id: task.frameworkId,
    executor_id: task.executorId ?? '',
    slave_id: task.agentId,
    state: task.latestState,
    resources: resourcesSummary(task.resources),
    role: task.role,
    statuses: task.statuses.map(statusObject),
    ...(info.limits === undefined ? {} : { limits: mapValues(new Map(Object.entries(info.limits)), (it) => it.value) }),
    ...(info.labels === undefined ? {} : { labels: labelObjects(info.labels) }),
    ...(info.command?.user === undefined ? {} : { user: info.command.user }),
    ...optional('discovery', 'mesos.v1.DiscoveryInfo', info.discovery),
    ...optional('container', 'mesos.v1.ContainerInfo', info.container),
    ...optional('health_check', 'mesos.v1.HealthCheck', info.health_check),
    // Tepui's own: the exact hardware granted, and what of it is sick.
    grant: grantDocument(task.grant),
    ...(task.sickNotices.size === 0 ? {} : { sick: [...task.sickNotices.values()].flatMap(sickText) }),
  }
}

function sickText({ text, isOver }: { readonly text: string; readonly isOver: boolean }): readonly string[] {
  return isOver ? [] : [text]
}

function statusObject(status: TaskStatus): ClassicObject {
  return {
    state: status.state,
    timestamp: status.timestamp ?? 0,
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
    ...(status.labels === undefined ? {} : { labels: labelObjects(status.labels) }),
    ...optional('container_status', 'mesos.v1.ContainerStatus', status.container_status),
  }
}

function offerObject(offer: OfferRecord): ClassicObject {
  return {
    id: offer.id,
    framework_id: offer.frameworkId,
    slave_id: offer.agentId,
    allocation_info: { role: offer.role },
    resources: resourcesSummary(offer.resources),
  }
}

function labelObjects(labels: MessageTypes['mesos.v1.Labels']): unknown {
  return (labels.labels ?? []).map(({ key, value }) => (value === undefined ? { key } : { key, value }))
}

function offeredTo(framework: FrameworkRecord, view: ClusterView): Resources {
  return sumToShow(offersOf(framework, view).flatMap((offer) => offer.resources))
}

/** Reserved resources by the role that holds them, and the rest. */
function byReservation(items: Resources): { reserved: ReadonlyMap<string, Resources>; unreserved: Resources } {
  const reserved = new Map<string, Resource[]>()
  const unreserved: Resource[] = []
  for (const item of items) {
    const holder = item.reservations?.at(-1)?.role
    if (holder === undefined) unreserved.push(item)
    else reserved.set(holder, [...(reserved.get(holder) ?? []), item])
  }
  return { reserved, unreserved }
}

function resourceObjects(items: Resources): unknown[] {
  return toMessages(items, 'endpoint').map((message) => toJsonValue('mesos.v1.Resource', message))
}

function optional<N extends MessageName>(field: string, name: N, message: MessageTypes[N] | undefined): ClassicObject {
  return message === undefined ? {} : { [field]: toJsonValue(name, message) }
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]))
}
