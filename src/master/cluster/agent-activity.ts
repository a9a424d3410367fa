// Whether an agent is offered at all: it is connected, no operator took it out, the whitelist has it, and its machine is
// not sick as a whole. What runs on it goes on in any case. It does not know what of the machine is on offer.

import type { AgentId } from '../../model/ids.ts'
import { rescindOffersOf } from './offers.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** Makes the allocator offer the agent or not, as its record now says. */
export function syncActivity(state: State, agent: Agent): void {
  agent.isDeactivated = state.deactivated.has(agent.id)
  agent.drain = state.deactivated.get(agent.id) ?? null
  agent.isActive = agent.isConnected && !agent.isDeactivated
  if (whyNotOffered(state, agent) === null) {
    state.allocator.activateAgent(agent.id)
    state.isAllocationUrgent = true
  } else state.allocator.deactivateAgent(agent.id)
}

export type NotOffered = 'disconnected' | 'draining' | 'drained' | 'deactivated' | 'notOnWhitelist' | 'sick'

/** The reason why nothing of the agent is offered to anybody, or null. */
export function whyNotOffered(state: State, agent: Agent): NotOffered | null {
  if (!agent.isConnected) return 'disconnected'
  if (agent.drain !== null) return agent.drain.isDrained ? 'drained' : 'draining'
  if (agent.isDeactivated) return 'deactivated'
  if (state.whitelist !== null && !state.whitelist.has(agent.info.hostname)) return 'notOnWhitelist'
  return agent.sickMachine === null ? null : 'sick'
}

/** DEACTIVATE_AGENT and REACTIVATE_AGENT: kept in the registry, so that it outlives master, agent and link. */
export function setAgentActivity(state: State, input: Extract<ClusterInput, { kind: 'setAgentActivity' }>): void {
  const { requestId, agentId, isActive } = input
  if (!isKnown(state, agentId)) return state.reply(requestId, 400, `there is no agent '${agentId}'`)
  const isDeactivated = state.deactivated.has(agentId)
  if (isActive && !isDeactivated) return state.reply(requestId, 400, `agent '${agentId}' is not deactivated`)
  if (isActive && state.deactivated.get(agentId)?.isDrained === false) {
    return state.reply(requestId, 400, `agent '${agentId}' is still draining: it can be reactivated once it is drained`)
  }
  if (isActive) reactivate(state, agentId)
  else if (!isDeactivated) deactivate(state, agentId)
  state.reply(requestId, 200)
}

function deactivate(state: State, agentId: AgentId): void {
  state.deactivated.set(agentId, null)
  state.persist({ op: 'deactivateAgent', agentId, drain: null })
  state.log('info', 'agent.deactivated', 'an operator took an agent out of the offers', { agentId })
  const agent = state.agents.get(agentId)
  if (agent === undefined) return
  syncActivity(state, agent)
  rescindOffersOf(state, agent)
}

function reactivate(state: State, agentId: AgentId): void {
  state.deactivated.delete(agentId)
  state.persist({ op: 'reactivateAgent', agentId })
  state.log('info', 'agent.reactivated', 'an operator lets an agent be offered again', { agentId })
  const agent = state.agents.get(agentId)
  if (agent !== undefined) syncActivity(state, agent)
}

/** Whether there is such an agent: registered, or one that may come back. */
export function isKnown(state: State, agentId: AgentId): boolean {
  return state.agents.has(agentId) || state.recovered.has(agentId) || state.unreachable.has(agentId)
}

/** The operator's list of host names that may be offered; null allows all. Offers that are out stay out, as in Mesos. */
export function setWhitelist(state: State, hostnames: ReadonlySet<string> | null): void {
  state.whitelist = hostnames
  for (const agent of state.agents.values()) syncActivity(state, agent)
  state.log('info', 'whitelist.changed', 'the list of machines that may be offered changed', {
    hostnames: hostnames?.size ?? null,
  })
}
