// The agent's classic endpoints (Mesos docs/endpoints/, src/slave/http.cpp): health, version, flags, metrics, and
// `/state`, where ids are plain strings, times float seconds and `slave` stands for agent. Files are in files.ts. It
// decides nothing.

import { toJsonValue } from '../../mesos/json.ts'
import type { MessageName } from '../../mesos/plan.ts'
import { attributesSummary, resourcesSummary } from '../../mesos/resource-text.ts'
import type { MessageTypes, TaskStatus } from '../../mesos/types.ts'
import { grantDocument } from '../../model/hardware.ts'
import type { FrameworkId } from '../../model/ids.ts'
import { type Resource, type Resources, resources } from '../../model/resources.ts'
import { type About, aboutEndpoints, versionObject } from '../../shell/http-about.ts'
import { sendDocument } from '../../shell/http-answers.ts'
import { type Endpoint, withSuffix } from '../../shell/http-server.ts'
import type { RunView } from '../core/types.ts'
import type { Metrics } from './metrics.ts'
import {
  agentInfo,
  agentTotal,
  endpointResources,
  executorName,
  frameworkInfo,
  runResources,
  taskInfo,
  taskPlace,
  taskStatuses,
  volumeUsers,
} from './records.ts'
import type { AgentApiView, AgentFacts } from './types.ts'

export type ClassicParts = {
  readonly about: About
  readonly metrics: Metrics
  readonly view: AgentApiView
  readonly startedMs: number
}

type Document = Readonly<Record<string, unknown>>

export function classicEndpoints(parts: ClassicParts): readonly Endpoint<AgentFacts>[] {
  const { about, metrics } = parts
  return [
    ...aboutEndpoints<AgentFacts>(about, 'mesos-agent-readonly'),
    ...reading('/state', (facts) => stateDocument(facts, parts)),
    ...reading('/metrics/snapshot', (facts) => metrics.snapshot(facts)),
    {
      path: '/metrics',
      method: 'GET',
      realm: 'mesos-agent-readonly',
      needs: 'subject',
      handle: async ({ reply, subject: facts }) => {
        const { contentType, text } = await metrics.prometheus(facts)
        return reply.code(200).header('Content-Type', contentType).send(text)
      },
    },
  ]
}

function reading(path: string, read: (facts: AgentFacts) => Document): readonly Endpoint<AgentFacts>[] {
  return withSuffix({
    path,
    method: 'GET',
    realm: 'mesos-agent-readonly',
    needs: 'subject',
    handle: ({ reply, query, subject }) => sendDocument(reply, read(subject), query),
  })
}

function stateDocument(facts: AgentFacts, { about, startedMs, view: api }: ClassicParts): Document {
  const { config, view } = facts
  const total = agentTotal(config)
  const { reserved, unreserved } = byReservation(total)
  const runs = [...view.runs()]
  return {
    id: view.agentId ?? '',
    pid: `slave(1)@${config.ip}:${config.http.port}`,
    hostname: config.hostname,
    ...versionObject(about),
    start_time: startedMs / 1000,
    capabilities: config.capabilities,
    resources: resourcesSummary(total),
    reserved_resources: mapValues(reserved, resourcesSummary),
    unreserved_resources: resourcesSummary(unreserved),
    reserved_resources_full: mapValues(reserved, resourceObjects),
    unreserved_resources_full: resourceObjects(unreserved),
    attributes: attributesSummary(agentInfo(facts).attributes ?? []),
    flags: about.flags,
    // Tepui's own: the persistent volumes and where they lie.
    volumes: view.volumes().map((place) => ({
      id: place.id,
      role: place.role,
      directory: api.volume(place),
      tasks: volumeUsers(place, view),
    })),
    frameworks: [...view.frameworks].map(([id, info]) => {
      const { name, user } = frameworkInfo(info)
      const ours = runs.filter((run) => run.frameworkId === id)
      return {
        id,
        name,
        user,
        executors: ours.map((run) => executorObject(run, id, api)),
        completed_executors: [],
      }
    }),
    completed_frameworks: [],
  }
}

/** The executor that a command task appears to have; `directory` is how tools find the sandbox. */
function executorObject(run: RunView, frameworkId: FrameworkId, api: AgentApiView): Document {
  const info = taskInfo(run)
  const place = taskPlace(run)
  const only = (wanted: typeof place) => (place === wanted ? [taskObject(run)] : [])
  return {
    id: run.taskId,
    name: executorName(info),
    source: run.taskId,
    container: run.containerId,
    directory: api.sandbox({ containerId: run.containerId, frameworkId, executorId: run.taskId }),
    ...(run.pid === null ? {} : { pid: run.pid }),
    resources: resourcesSummary(runResources(run)),
    ...(info.labels === undefined ? {} : { labels: info.labels.labels ?? [] }),
    type: 'DEFAULT',
    tasks: only('launched'),
    queued_tasks: only('queued'),
    completed_tasks: only('terminated'),
  }
}

function taskObject(run: RunView): Document {
  const info = taskInfo(run)
  const items = runResources(run)
  return {
    id: run.taskId,
    name: info.name,
    framework_id: run.frameworkId,
    executor_id: '',
    slave_id: info.agent_id.value,
    state: run.latestState,
    resources: resourcesSummary(items),
    role: items.find((item) => item.allocationRole !== undefined)?.allocationRole ?? '*',
    statuses: taskStatuses(run).map(statusObject),
    ...(info.labels === undefined ? {} : { labels: info.labels.labels ?? [] }),
    ...(info.command?.user === undefined ? {} : { user: info.command.user }),
    ...optional('discovery', 'mesos.v1.DiscoveryInfo', info.discovery),
    // Tepui's own: the exact hardware granted.
    grant: grantDocument(run.grant),
  }
}

function statusObject(status: TaskStatus): Document {
  return {
    state: status.state,
    timestamp: status.timestamp ?? 0,
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
    ...(status.labels === undefined ? {} : { labels: status.labels.labels ?? [] }),
    ...optional('container_status', 'mesos.v1.ContainerStatus', status.container_status),
  }
}

function byReservation(items: Resources): { reserved: ReadonlyMap<string, Resources>; unreserved: Resources } {
  const reserved = new Map<string, Resource[]>()
  const unreserved: Resource[] = []
  for (const item of items) {
    const holder = item.reservations?.at(-1)?.role
    if (holder === undefined) unreserved.push(item)
    else reserved.set(holder, [...(reserved.get(holder) ?? []), item])
  }
  return {
    reserved: new Map([...reserved].map(([role, list]) => [role, resources(list)])),
    unreserved: resources(unreserved),
  }
}

function resourceObjects(items: Resources): unknown[] {
  return endpointResources(items).map((message) => toJsonValue('mesos.v1.Resource', message))
}

function optional<N extends MessageName>(field: string, name: N, message: MessageTypes[N] | undefined): Document {
  return message === undefined ? {} : { [field]: toJsonValue(name, message) }
}

function mapValues<V, W>(map: ReadonlyMap<string, V>, change: (value: V) => W): Record<string, W> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]))
}
