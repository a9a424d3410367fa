// What others may read of the cluster between two steps. Everything is made when it is asked for; queries about roles
// and reasons walk what they are about, nothing here is on the way of a message.

import type { FrameworkId } from '../../model/ids.ts'
import { add, noResources, type Resources } from '../../model/resources.ts'
import type { State } from './state.ts'
import type { ClusterView } from './types.ts'
import { whyNot } from './why-not.ts'

export function createView(state: State): ClusterView {
  return {
    config: state.config,
    startedMs: state.startedMs,
    frameworks: () => state.frameworks.values(),
    framework: (id) => state.frameworks.get(id),
    completedFrameworks: () => state.completedFrameworks.values(),
    agents: () => state.agents.values(),
    agent: (id) => state.agents.get(id),
    recoveredAgents: () => state.recovered.values(),
    unreachableAgents: () => state.unreachable.values(),
    offers: () => state.offers.values(),
    offer: (id) => state.offers.get(id),
    roles: () => rolesOf(state),
    whyNot: (wanted) => whyNot(state.agents.values(), wanted),
    counters: () => state.counters.values,
  }
}

type RoleView = { name: string; frameworks: FrameworkId[]; allocated: Resources; offered: Resources }

function rolesOf(state: State): Iterable<RoleView> {
  const roles = new Map<string, RoleView>()
  const roleOf = (name: string): RoleView => {
    const present = roles.get(name)
    if (present !== undefined) return present
    const made: RoleView = { name, frameworks: [], allocated: noResources, offered: noResources }
    roles.set(name, made)
    return made
  }
  for (const framework of state.frameworks.values()) {
    for (const name of framework.roles) roleOf(name).frameworks.push(framework.id)
    for (const task of framework.tasks.values()) {
      if (!task.holdsResources) continue
      const role = roleOf(task.role)
      role.allocated = add(role.allocated, task.resources)
    }
  }
  for (const offer of state.offers.values()) {
    const role = roleOf(offer.role)
    role.offered = add(role.offered, offer.resources)
  }
  return [...roles.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
