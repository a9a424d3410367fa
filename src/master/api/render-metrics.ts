// The cluster in numbers, by the names that Mesos gives them (`master/tasks_running` …). Pure functions of the view;
// what is not known is not in the result. It does not know how metrics are asked for.

import { isTerminal } from '../../mesos/names.ts'
import { scalarTotals } from '../../model/resources.ts'
import type { ClusterView } from '../cluster/types.ts'

const scalarNames = ['cpus', 'gpus', 'mem', 'disk'] as const

/** Values that go up and down. */
export function gauges(view: ClusterView, nowMs: number): Record<string, number> {
  return {
    'master/elected': 1,
    'master/uptime_secs': (nowMs - view.startedMs) / 1000,
    'master/outstanding_offers': count(view.offers()),
    ...frameworkGauges(view),
    ...agentGauges(view),
    ...taskGauges(view),
    ...resourceGauges(view),
  }
}

/** Values that only go up, since this master started. */
export function counters(view: ClusterView): Record<string, number> {
  return Object.fromEntries(view.counters())
}

function frameworkGauges(view: ClusterView): Record<string, number> {
  const frameworks = [...view.frameworks()]
  const active = frameworks.filter((framework) => framework.isActive).length
  const connected = frameworks.filter((framework) => framework.streamId !== null).length
  return {
    'master/frameworks_active': active,
    'master/frameworks_inactive': frameworks.length - active,
    'master/frameworks_connected': connected,
    'master/frameworks_disconnected': frameworks.length - connected,
  }
}

function agentGauges(view: ClusterView): Record<string, number> {
  const agents = [...view.agents()]
  const active = agents.filter((agent) => agent.isActive).length
  const connected = agents.filter((agent) => agent.isConnected).length
  return {
    'master/slaves_active': active,
    'master/slaves_inactive': agents.length - active,
    'master/slaves_connected': connected,
    'master/slaves_disconnected': agents.length - connected,
    'master/slaves_unreachable': count(view.unreachableAgents()),
    'master/slaves_recovered': count(view.recoveredAgents()),
  }
}

function taskGauges(view: ClusterView): Record<string, number> {
  const names = { TASK_STAGING: 0, TASK_STARTING: 0, TASK_RUNNING: 0, TASK_KILLING: 0 }
  let unreachable = 0
  for (const framework of view.frameworks()) {
    unreachable += framework.unreachableTasks.size
    for (const task of framework.tasks.values()) {
      if (!isTerminal(task.latestState) && task.latestState in names) names[task.latestState as keyof typeof names]++
    }
  }
  return {
    'master/tasks_staging': names.TASK_STAGING,
    'master/tasks_starting': names.TASK_STARTING,
    'master/tasks_running': names.TASK_RUNNING,
    'master/tasks_killing': names.TASK_KILLING,
    'master/tasks_unreachable': unreachable,
  }
}

function resourceGauges(view: ClusterView): Record<string, number> {
  const total = new Map<string, number>()
  const used = new Map<string, number>()
  for (const agent of view.agents()) {
    for (const [name, milli] of scalarTotals(agent.total)) total.set(name, (total.get(name) ?? 0) + milli)
    for (const [name, milli] of scalarTotals(agent.used)) used.set(name, (used.get(name) ?? 0) + milli)
  }
  const values: Record<string, number> = {}
  for (const name of scalarNames) {
    const all = total.get(name) ?? 0
    const held = used.get(name) ?? 0
    values[`master/${name}_total`] = all / 1000
    values[`master/${name}_used`] = held / 1000
    values[`master/${name}_percent`] = all === 0 ? 0 : held / all
  }
  return values
}

function count(items: Iterable<unknown>): number {
  let total = 0
  for (const _ of items) total++
  return total
}
