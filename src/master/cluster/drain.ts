// DRAIN_AGENT and MARK_AGENT_GONE: an operator empties a machine, or gives it up.
//
//   offered --DRAIN_AGENT--> draining --nothing runs there--> drained --REACTIVATE_AGENT--> offered
//                                                              drained --mark_gone--> gone
//
// A drained agent is a deactivated one whose tasks were told to end as well (Mesos docs/maintenance.md). It is kept in
// the registry, so it holds for an agent that is away, and for the next master.

import { isTerminal } from '../../mesos/names.ts'
import type { AgentId, AgentUid } from '../../model/ids.ts'
import type { Drain } from '../registry/types.ts'
import { isKnown, syncActivity } from './agent-activity.ts'
import { killTask, sendKill } from './kill.ts'
import { giveUpAgent } from './loss.ts'
import { rescindOffersOf } from './offers.ts'
import { isOver } from './operation-updates.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** Replied 200, or 400. Asked again it says anew how long tasks may take and whether the agent comes back. */
export function drainAgent(state: State, input: Extract<ClusterInput, { kind: 'drainAgent' }>): void {
  const { requestId, agentId, maxGraceMs, markGone } = input
  if (!isKnown(state, agentId)) return state.reply(requestId, 400, `there is no agent '${agentId}'`)
  const agent = state.agents.get(agentId)
  if (agent !== undefined && !agent.capabilities.includes('AGENT_DRAINING')) {
    return state.reply(requestId, 400, `agent '${agentId}' is of a version that cannot be drained`)
  }
  const present = state.deactivated.get(agentId) ?? null
  setDrain(state, agentId, { sinceMs: present?.sinceMs ?? state.nowMs, maxGraceMs, markGone, isDrained: false })
  state.log('info', 'agent.draining', 'an operator empties a machine', { agentId, maxGraceMs, markGone })
  if (agent !== undefined) {
    syncActivity(state, agent)
    rescindOffersOf(state, agent)
    followDrain(state, agent)
  }
  state.reply(requestId, 200)
}

/** The agent is there: what runs on one that is drained, and was not told what its operator said last, has to end. */
export function followDrain(state: State, agent: Agent): void {
  const { drain } = agent
  if (drain === null || drain.isDrained) return
  for (const task of agent.tasks.values()) {
    if (isTerminal(task.latestState) || task.kill?.drain === drain) continue
    killTask(state, task, task.kill?.gracePeriodMs ?? null, drain)
  }
  for (const task of agent.ending.values()) if (task.isDuplicate) sendKill(state, agent, task, null, drain)
  state.emptied.add(agent)
}

/** At the end of a step, for agents that something left: those with nothing any more are drained. */
export function concludeDrains(state: State): void {
  for (const agent of state.emptied) {
    const { drain } = agent
    const isLeft = agent.tasks.size + agent.ending.size > 0 || isOperationLeft(state, agent)
    // While it is away there may be tasks that are counted elsewhere.
    if (drain === null || drain.isDrained || isLeft || !agent.isConnected) continue
    state.log('info', 'agent.drained', 'nothing runs on a machine any more', { agentId: agent.id })
    if (drain.markGone) markGone(state, agent.uid, agent.id)
    else {
      setDrain(state, agent.id, { ...drain, isDrained: true })
      syncActivity(state, agent)
    }
  }
  state.emptied.clear()
}

/** One that has ended, and whose framework is not known to this master, is waited for by nobody: it may never come. */
function isOperationLeft(state: State, { id }: Agent): boolean {
  for (const { status, frameworkId } of state.operations.ofAgent(id)) {
    if (!isOver(status.state) || (frameworkId !== null && state.frameworks.has(frameworkId))) return true
  }
  return false
}

/** Replied 200, for one that is gone already too, or 404. */
export function markAgentGone(state: State, input: Extract<ClusterInput, { kind: 'markAgentGone' }>): void {
  const { requestId, agentId } = input
  if (!state.gone.has(agentId)) {
    const known = state.agents.get(agentId) ?? state.recovered.get(agentId) ?? state.unreachable.get(agentId)
    if (known === undefined) return state.reply(requestId, 404, `there is no agent '${agentId}'`)
    markGone(state, known.uid, agentId)
  }
  state.reply(requestId, 200)
}

function markGone(state: State, uid: AgentUid, id: AgentId): void {
  state.gone.add(id)
  // The machine may be another agent by now.
  if (state.agentIdByUid.get(uid) === id) state.goneUids.add(uid)
  giveUpAgent(state, uid, id)
}

function setDrain(state: State, agentId: AgentId, drain: Drain): void {
  state.deactivated.set(agentId, drain)
  state.persist({ op: 'deactivateAgent', agentId, drain })
}
