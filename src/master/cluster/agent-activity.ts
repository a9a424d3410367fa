// Whether an agent is offered at all: it is connected, no operator took it out, the whitelist has it, and its machine is
// not sick as a whole. What runs on it goes on in any case. It does not know what of the machine is on offer.

import { rescindOffersOf } from './offers.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** Makes the allocator offer the agent or not, as its record now says. */
export function syncActivity(state: State, agent: Agent): void {
  agent.isDeactivated = state.deactivated.has(agent.id)
  agent.isActive = agent.isConnected && !agent.isDeactivated
  if (whyNotOffered(state, agent) === null) {
    state.allocator.activateAgent(agent.id)
    state.isAllocationUrgent = true
  } else state.allocator.deactivateAgent(agent.id)
}

export type NotOffered = 'disconnected' | 'deactivated' | 'notOnWhitelist' | 'sick'

/** The reason why nothing of the agent is offered to anybody, or null. */
export function whyNotOffered(state: State, agent: Agent): NotOffered | null {
  if (!agent.isConnected) return 'disconnected'
  if (agent.isDeactivated) return 'deactivated'
  if (state.whitelist !== null && !state.whitelist.has(agent.info.hostname)) return 'notOnWhitelist'
  return agent.sickMachine === null ? null : 'sick'
}

/** DEACTIVATE_AGENT and REACTIVATE_AGENT: kept in the registry, so that it outlives master, agent and link. */
export function setAgentActivity(state: State, input: Extract<ClusterInput, { kind: 'setAgentActivity' }>): void {
  const { requestId, agentId, isActive } = input
  const agent = state.agents.get(agentId)
  const isKnown = agent !== undefined || state.recovered.has(agentId) || state.unreachable.has(agentId)
  if (!isKnown) return state.reply(requestId, 400, `there is no agent '${agentId}'`)
  const isDeactivated = state.deactivated.has(agentId)
  if (isActive && !isDeactivated) return state.reply(requestId, 400, `agent '${agentId}' is not deactivated`)
  if (isActive === isDeactivated) {
    if (isActive) state.deactivated.delete(agentId)
    else state.deactivated.add(agentId)
    state.persist({ op: 'setAgentActivity', agentId, isDeactivated: !isActive })
    const event = isActive ? 'agent.reactivated' : 'agent.deactivated'
    state.log('info', event, 'an operator changed whether an agent is offered', { agentId })
    if (agent !== undefined) {
      syncActivity(state, agent)
      if (!isActive) rescindOffersOf(state, agent)
    }
  }
  state.reply(requestId, 200)
}

/** The operator's list of host names that may be offered; null allows all. Offers that are out stay out, as in Mesos. */
export function setWhitelist(state: State, hostnames: ReadonlySet<string> | null): void {
  state.whitelist = hostnames
  for (const agent of state.agents.values()) syncActivity(state, agent)
  state.log('info', 'whitelist.changed', 'the list of machines that may be offered changed', {
    hostnames: hostnames?.size ?? null,
  })
}
