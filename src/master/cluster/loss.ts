// Agents that are no longer there: the link broke, silence lasted too long, another agent took their place.
//
//   registered --link broke--> disconnected --silence--> unreachable --registers--> registered
//   recovered (known from the registry only) --not back in time--> unreachable
//
// Nothing is killed for it: an agent keeps its tasks, and what returns is taken back. Frameworks are told what they
// must assume meanwhile (Mesos docs/high-availability-framework-guide.md). Decision 0010 says why a broken link alone
// is not the end of an agent.

import { isTerminal } from '../../mesos/names.ts'
import type { AgentId, AgentUid } from '../../model/ids.ts'
import { syncActivity } from './agent-activity.ts'
import { expirePending, isRegistering, rememberEnded } from './handshake.ts'
import { closeLink } from './link.ts'
import { rescindOffersOf } from './offers.ts'
import { loseOperations } from './operation-losses.ts'
import { tellOperators } from './operators.ts'
import { type Agent, type Framework, type Task, taskKey } from './records.ts'
import type { State } from './state.ts'
import { forward, masterStatus, recordStatus, type StatusFacts } from './statuses.ts'
import { completeTask, concludeTask, releaseTask, unbookResources } from './tasks.ts'

/** Unreachable agents that are remembered, and for how long (Mesos' registry_max_agent_count and _age). */
export const unreachableAgentsMax = 102_400
export const unreachableAgeMaxMs = 14 * 24 * 3_600_000
export const pruneIntervalMs = 15 * 60_000

export function silenceMaxMs(state: State): number {
  return state.config.agentHeartbeatMs * state.config.agentHeartbeatMissesMax
}

/** The link broke, or was cut: no offers, no messages, but every task stays. */
export function disconnectAgent(state: State, agent: Agent): void {
  if (!agent.isConnected) return
  if (agent.link !== null) rememberEnded(state, agent.uid, agent.link.session)
  closeLink(state, agent)
  agent.isConnected = false
  syncActivity(state, agent)
  rescindOffersOf(state, agent)
  state.expect(`orphan:${agent.id}`, state.config.agentHeartbeatMs)
  state.log('info', 'agent.disconnected', 'the link to an agent broke', { agentId: agent.id, uid: agent.uid })
}

/** A heartbeat's time after the link broke: frameworks that do not checkpoint are told that their tasks are lost. */
export function loseUncheckpointed(state: State, agentId: AgentId): void {
  const agent = state.agents.get(agentId)
  if (agent === undefined || agent.isConnected) return
  const facts: StatusFacts = {
    state: 'TASK_LOST',
    reason: 'REASON_AGENT_DISCONNECTED',
    message: 'the agent is disconnected and the framework does not checkpoint',
  }
  for (const task of [...agent.tasks.values()]) {
    const framework = state.frameworks.get(task.frameworkId)
    if (framework !== undefined && framework.info.checkpoint !== true) setAway(state, framework, agent, task, facts)
  }
}

/** Looks at the agent's silence when it may have lasted too long; frames themselves cost nothing. */
export function watchSilence(state: State, agent: Agent): void {
  state.expect(`silence:${agent.id}`, agent.lastHeardMs + silenceMaxMs(state) - state.attendedMs)
}

export function checkSilence(state: State, agentId: AgentId): void {
  const agent = state.agents.get(agentId)
  if (agent === undefined) return
  if (state.attendedMs - agent.lastHeardMs < silenceMaxMs(state)) return watchSilence(state, agent)
  const facts: StatusFacts = {
    state: 'TASK_UNREACHABLE',
    reason: 'REASON_AGENT_REMOVED',
    message: 'the agent is unreachable',
    unreachableSinceMs: state.nowMs,
  }
  markUnreachable(state, agent.id, agent.uid)
  state.counters.add('slave_removals')
  state.counters.add('slave_removals/reason_unhealthy')
  rescindOffersOf(state, agent)
  for (const task of [...agent.tasks.values()]) {
    const framework = state.frameworks.get(task.frameworkId)
    if (framework !== undefined) setAway(state, framework, agent, task, facts)
  }
  loseOperations(state, agent.id, 'OPERATION_UNREACHABLE', 'the agent is unreachable')
  forgetAgent(state, agent)
  state.disconnectAgent(agent.uid)
  tellFailure(state, agent.id)
}

/** The agents of an earlier master had their time to come back. */
export function giveUpRecovered(state: State): void {
  for (const { id, uid } of [...state.recovered.values()]) {
    state.recovered.delete(id)
    state.counters.add('recovery_slave_removals')
    markUnreachable(state, id, uid)
    tellFailure(state, id)
  }
}

function markUnreachable(state: State, id: AgentId, uid: AgentUid): void {
  const sinceMs = state.nowMs
  state.unreachable.set(id, { id, uid, sinceMs })
  state.persist({ op: 'markUnreachable', agentId: id, uid, sinceMs })
  state.counters.add('slave_unreachable_completed')
  state.log('warn', 'agent.unreachable', 'an agent was silent too long', { agentId: id, uid })
  if (!state.timers.has('prune')) state.timers.set('prune', state.nowMs + pruneIntervalMs)
}

/**
 * Forgets unreachable agents that are too old or too many; asked about, their tasks are unknown from then on. What an
 * operator took out stays: it would come back into the offers of itself.
 */
export function pruneUnreachable(state: State): void {
  const agentIds: AgentId[] = []
  for (const { id, uid, sinceMs } of state.unreachable.values()) {
    const isTooOld = state.nowMs - sinceMs > unreachableAgeMaxMs
    if (!isTooOld && state.unreachable.size - agentIds.length <= unreachableAgentsMax) break
    if (isRegistering(state, uid) || state.deactivated.has(id)) continue
    agentIds.push(id)
    if (state.agentIdByUid.get(uid) === id) state.agentIdByUid.delete(uid)
    state.registrations.delete(uid)
  }
  for (const id of agentIds) state.unreachable.delete(id)
  if (agentIds.length > 0) state.persist({ op: 'pruneUnreachable', agentIds })
  if (state.unreachable.size > 0) state.timers.set('prune', state.nowMs + pruneIntervalMs)
}

/** Another agent took the place of this one: its tasks are lost, whatever the framework knows (as in Mesos). */
export function removeAgent(state: State, uid: AgentUid, id: AgentId): void {
  state.persist({ op: 'removeAgent', agentId: id })
  state.counters.add('slave_removals/reason_registered')
  dropAgent(state, uid, id, {
    state: 'TASK_LOST',
    reason: 'REASON_AGENT_REMOVED',
    message: 'the agent was replaced by a new one',
  })
}

/** An operator gives the agent up: so are its tasks. It is told when it registers again. */
export function giveUpAgent(state: State, uid: AgentUid, id: AgentId): void {
  state.persist({ op: 'markGone', agentId: id, uid, sinceMs: state.nowMs })
  expirePending(state, uid)
  dropAgent(state, uid, id, {
    state: 'TASK_GONE_BY_OPERATOR',
    reason: 'REASON_AGENT_REMOVED_BY_OPERATOR',
    message: 'the agent was marked gone by an operator',
  })
  state.disconnectAgent(uid)
}

function dropAgent(state: State, uid: AgentUid, id: AgentId, facts: StatusFacts): void {
  const agent = state.agents.get(id)
  state.counters.add('slave_removals')
  state.recovered.delete(id)
  state.unreachable.delete(id)
  state.deactivated.delete(id)
  if (state.agentIdByUid.get(uid) === id) state.agentIdByUid.delete(uid)
  for (const task of [...(state.awayTasks.get(id)?.values() ?? [])]) {
    forgetAway(state, task)
    concludeAndComplete(state, undefined, task, facts)
  }
  if (agent !== undefined) {
    rescindOffersOf(state, agent)
    for (const task of [...agent.tasks.values()]) {
      unbookResources(agent, task)
      concludeAndComplete(state, agent, task, facts)
    }
    const isGone = facts.state === 'TASK_GONE_BY_OPERATOR'
    loseOperations(state, agent.id, isGone ? 'OPERATION_GONE_BY_OPERATOR' : 'OPERATION_UNKNOWN', facts.message)
    if (agent.link !== null) rememberEnded(state, uid, agent.link.session)
    forgetAgent(state, agent)
    // Mesos says so of agents whose record is removed, neither of unreachable ones nor of those marked gone.
    if (!isGone) tellOperators(state, () => ({ type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: id } } }))
  }
  tellFailure(state, id)
  state.log('info', 'agent.removed', 'an agent left for good', { agentId: id, uid, reason: facts.message })
}

function concludeAndComplete(state: State, agent: Agent | undefined, task: Task, facts: StatusFacts): void {
  const framework = state.frameworks.get(task.frameworkId)
  if (framework === undefined) return
  concludeTask(state, framework, task, facts)
  completeTask(state, framework, agent, task)
}

/** The agent leaves the registered ones; its tasks have been dealt with. */
function forgetAgent(state: State, agent: Agent): void {
  if (agent.link !== null) rememberEnded(state, agent.uid, agent.link.session)
  closeLink(state, agent)
  agent.isConnected = false
  agent.isActive = false
  state.unexpect(`silence:${agent.id}`)
  state.unexpect(`orphan:${agent.id}`)
  state.agents.delete(agent.id)
  state.allocator.removeAgent(agent.id)
}

/**
 * The task is out of reach: its framework is told, and it waits among the unreachable ones for its agent to come back.
 * When its end is known already, it keeps that: it is completed, and comes back if its agent still waits for the ack.
 */
function setAway(state: State, framework: Framework, agent: Agent, task: Task, facts: StatusFacts): void {
  releaseTask(state, agent, task)
  if (task.status !== null && isTerminal(task.status.state)) return completeTask(state, framework, agent, task)
  framework.tasks.delete(task.id)
  agent.tasks.delete(taskKey(framework.id, task.id))
  const status = masterStatus(state, framework, task, facts)
  task.latestState = status.state
  state.counters.addTask(status.state, status)
  recordStatus(state, task, status)
  forward(state, framework, status)
  framework.unreachableTasks.set(task.id, task)
  const away = state.awayTasks.get(agent.id) ?? new Map()
  state.awayTasks.set(agent.id, away.set(taskKey(framework.id, task.id), task))
  if (framework.unreachableTasks.size <= state.config.unreachableTasksPerFrameworkMax) return
  for (const oldest of framework.unreachableTasks.values()) return forgetAway(state, oldest)
}

/** The task is no longer among the unreachable ones. */
export function forgetAway(state: State, task: Task): void {
  state.frameworks.get(task.frameworkId)?.unreachableTasks.delete(task.id)
  const away = state.awayTasks.get(task.agentId)
  away?.delete(taskKey(task.frameworkId, task.id))
  if (away?.size === 0) state.awayTasks.delete(task.agentId)
}

function tellFailure(state: State, agentId: AgentId): void {
  for (const framework of state.frameworkByStream.values()) {
    state.tell(framework, { type: 'FAILURE', failure: { agent_id: { value: agentId } } })
  }
}
