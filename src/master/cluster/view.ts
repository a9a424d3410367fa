// What others may read of the cluster between two steps. Everything is made when it is asked for; queries about roles
// and reasons walk what they are about, nothing here is on the way of a message.

import { rolesOf } from './roles.ts'
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
    operations: () => state.operations.values(),
    weights: () => state.weights,
    quotas: () => state.quotas,
    consumed: (role) => state.allocator.consumed(role),
    roles: () => rolesOf(state),
    whyNot: (wanted) => whyNot(state.agents.values(), wanted),
    counters: () => state.counters.values,
  }
}

type RoleParts = {
  readonly name: string
  readonly frameworks: FrameworkId[]
  readonly allocated: Resource[]
  readonly offered: Resource[]
}

function rolesOf(state: State): ReturnType<ClusterView['roles']> {
  const roles = new Map<string, RoleParts>()
  const roleOf = (name: string): RoleParts => {
    const present = roles.get(name)
    if (present !== undefined) return present
    const made: RoleParts = { name, frameworks: [], allocated: [], offered: [] }
    roles.set(name, made)
    return made
  }
  for (const framework of state.frameworks.values()) {
    for (const name of framework.roles) roleOf(name).frameworks.push(framework.id)
    for (const task of framework.tasks.values()) {
      if (task.holdsResources) roleOf(task.role).allocated.push(...task.resources)
    }
  }
  for (const offer of state.offers.values()) roleOf(offer.role).offered.push(...offer.resources)
  return [...roles.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((role) => ({ ...role, allocated: sumToShow(role.allocated), offered: sumToShow(role.offered) }))
}
