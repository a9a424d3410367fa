// The whole documents of the classic endpoints (`/state`, `/slaves`, `/tasks` …), put together from the objects of
// render-classic.ts. Pure functions of the view and of parsed parameters. It does not know requests.

import { toJsonValue } from '../../mesos/json.ts'
import { taskStates } from '../../mesos/names.ts'
import { resourcesSummary } from '../../mesos/resource-text.ts'
import type { MasterInfo } from '../../mesos/types.ts'
import type { AgentId } from '../../model/ids.ts'
import { sumToShow } from '../../model/resources.ts'
import { type About, versionObject } from '../../shell/http-about.ts'
import type { Quantities } from '../allocator/types.ts'
import type { AgentRecord, ClusterView, FrameworkRecord, RoleRecord, TaskRecord } from '../cluster/types.ts'
import {
  type ClassicObject,
  frameworkObject,
  frameworkSummaryObject,
  recoveredSlaveObject,
  slaveObject,
  slaveResourcesInFull,
  taskObject,
} from './render-classic.ts'

export function stateDocument(view: ClusterView, about: About): ClassicObject {
  const { masterInfo } = view.config
  const agents = [...view.agents()]
  const active = agents.filter((agent) => agent.isActive).length
  return {
    ...versionObject(about),
    start_time: view.startedMs / 1000,
    elected_time: view.startedMs / 1000,
    id: masterInfo.id,
    pid: masterPid(masterInfo),
    hostname: masterHostname(masterInfo),
    capabilities: capabilityNames(masterInfo),
    activated_slaves: active,
    deactivated_slaves: agents.length - active,
    unreachable_slaves: [...view.unreachableAgents()].length,
    leader: masterPid(masterInfo),
    leader_info: leaderObject(masterInfo),
    flags: about.flags,
    slaves: agents.map(slaveObject),
    recovered_slaves: [...view.recoveredAgents()].map(recoveredSlaveObject),
    ...frameworksDocument(view, null),
    orphan_tasks: [],
  }
}

export function stateSummaryDocument(view: ClusterView): ClassicObject {
  const bySlave = new Map<string, TaskCount>()
  const frameworks = [...view.frameworks()].map((framework) => {
    const own = new TaskCount()
    for (const task of tasksOf(framework)) {
      own.add(task)
      const there = bySlave.get(task.agentId) ?? new TaskCount()
      there.add(task)
      bySlave.set(task.agentId, there)
    }
    return { ...frameworkSummaryObject(framework, view), ...own.byState, slave_ids: [...own.agentIds] }
  })
  const slaves = [...view.agents()].map((agent) => {
    const count = bySlave.get(agent.id) ?? new TaskCount()
    return { ...slaveObject(agent), ...count.byState, framework_ids: [...count.frameworkIds] }
  })
  return { hostname: masterHostname(view.config.masterInfo), slaves, frameworks }
}

export function slavesDocument(view: ClusterView, slaveId: string | null): ClassicObject {
  const isWanted = ({ id }: { readonly id: string }) => slaveId === null || id === slaveId
  const one = slaveId === null ? undefined : view.agent(slaveId as AgentId)
  const agents = slaveId === null ? [...view.agents()] : one === undefined ? [] : [one]
  return {
    slaves: agents.map((agent: AgentRecord) => ({ ...slaveObject(agent), ...slaveResourcesInFull(agent) })),
    recovered_slaves: [...view.recoveredAgents()].filter(isWanted).map(recoveredSlaveObject),
    // Tepui's own: who is silent is not gone.
    unreachable_slaves: [...view.unreachableAgents()]
      .filter(isWanted)
      .map(({ id, sinceMs }) => ({ id, unreachable_time: sinceMs / 1000 })),
  }
}

export function frameworksDocument(view: ClusterView, frameworkId: string | null): ClassicObject {
  const shown = (list: Iterable<FrameworkRecord>) =>
    [...list]
      .filter(({ id }) => frameworkId === null || id === frameworkId)
      .map((framework) => frameworkObject(framework, view))
  return {
    frameworks: shown(view.frameworks()),
    completed_frameworks: shown(view.completedFrameworks()),
    unregistered_frameworks: [],
  }
}

export type TasksQuery = {
  readonly limit: number
  readonly offset: number
  readonly order: 'asc' | 'des'
  readonly frameworkId: string | null
  readonly taskId: string | null
}

/** Tasks of all kinds by the time of their first status. */
export function tasksDocument(view: ClusterView, query: TasksQuery): ClassicObject {
  const found: TaskRecord[] = []
  for (const framework of [...view.frameworks(), ...view.completedFrameworks()]) {
    if (query.frameworkId !== null && framework.id !== query.frameworkId) continue
    for (const task of tasksOf(framework)) if (query.taskId === null || task.id === query.taskId) found.push(task)
  }
  const sign = query.order === 'asc' ? 1 : -1
  found.sort((a, b) => sign * (firstSeenMs(a) - firstSeenMs(b)))
  return { tasks: found.slice(query.offset, query.offset + query.limit).map(taskObject) }
}

/** Amounts are numbers, of ranges and sets texts. */
type Summary = Readonly<Record<string, number | string>>
type AmountsObject = Readonly<Record<string, number>>

/** A role with all that is in it and below it. */
export type RoleObject = {
  readonly name: string
  readonly weight: number
  readonly frameworks: readonly string[]
  readonly resources: Summary
  readonly allocated: Summary
  readonly offered: Summary
  readonly reserved: Summary
  readonly quota: {
    readonly role: string
    readonly guarantee: AmountsObject
    readonly limit: AmountsObject
    readonly consumed: AmountsObject
  }
  /** Tepui's own: the dominant share by weight, as the allocator goes by it. */
  readonly share: number
}

export function rolesDocument(view: ClusterView): { readonly roles: readonly RoleObject[] } {
  return { roles: [...view.roles()].map(roleObject) }
}

function roleObject(role: RoleRecord): RoleObject {
  return {
    name: role.name,
    weight: role.weight,
    frameworks: role.frameworks,
    resources: resourcesSummary(sumToShow([...role.allocated, ...role.offered])),
    allocated: resourcesSummary(role.allocated),
    offered: resourcesSummary(role.offered),
    reserved: resourcesSummary(role.reserved),
    quota: {
      role: role.name,
      guarantee: amountsObject(role.quota?.guarantees ?? {}),
      limit: amountsObject(role.quota?.limits ?? {}),
      consumed: amountsObject(role.consumed),
    },
    share: role.share,
  }
}

function amountsObject(quantities: Quantities): AmountsObject {
  return Object.fromEntries(Object.entries(quantities).map(([name, milli]) => [name, milli / 1000]))
}

/** `host:port` of the leader, for `/redirect`: its host name, as clients resolve it. */
export function leaderAuthority(masterInfo: MasterInfo): string {
  return `${masterHostname(masterInfo)}:${masterInfo.address?.port ?? masterInfo.port}`
}

function leaderObject(masterInfo: MasterInfo): ClassicObject {
  return {
    id: masterInfo.id,
    pid: masterPid(masterInfo),
    port: masterInfo.port,
    hostname: masterHostname(masterInfo),
    capabilities: capabilityNames(masterInfo),
    ...(masterInfo.domain === undefined ? {} : { domain: toJsonValue('mesos.v1.DomainInfo', masterInfo.domain) }),
  }
}

function masterPid(masterInfo: MasterInfo): string {
  const { pid, address, port } = masterInfo
  return pid ?? `master@${address?.ip ?? masterHostname(masterInfo)}:${address?.port ?? port}`
}

function masterHostname({ hostname, address }: MasterInfo): string {
  return hostname ?? address?.hostname ?? address?.ip ?? 'localhost'
}

function capabilityNames(masterInfo: MasterInfo): string[] {
  return (masterInfo.capabilities ?? []).flatMap(({ type }) => type ?? [])
}

function* tasksOf(framework: FrameworkRecord): Generator<TaskRecord> {
  yield* framework.tasks.values()
  yield* framework.unreachableTasks.values()
  yield* framework.completedTasks
}

function firstSeenMs(task: TaskRecord): number {
  const timestamp = task.statuses[0]?.timestamp
  return timestamp === undefined ? task.launchedMs : timestamp * 1000
}

class TaskCount {
  readonly byState: Record<string, number> = Object.fromEntries(taskStates.map((state) => [state, 0]))
  readonly agentIds = new Set<string>()
  readonly frameworkIds = new Set<string>()

  add(task: TaskRecord): void {
    this.byState[task.latestState] = (this.byState[task.latestState] ?? 0) + 1
    this.agentIds.add(task.agentId)
    this.frameworkIds.add(task.frameworkId)
  }
}
