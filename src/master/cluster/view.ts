// What others may read of the cluster between two steps. Everything is made when it is asked for; queries about roles
// and reasons walk what they are about, nothing here is on the way of a message.

import { rolesOf } from './roles.ts'
import type { State } from './state.ts'
import type { ClusterView } from './types.ts'
import { why } from './why.ts'

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
    gangs: () => state.gangs.values(),
    operations: () => state.operations.values(),
    weights: () => state.weights,
    quotas: () => state.quotas,
    consumed: (role) => state.allocator.consumed(role),
    roles: () => rolesOf(state),
    why: (query) => why(state, query),
    counters: () => state.counters.values,
  }
}
