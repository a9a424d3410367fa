// An agent is there: new, back, or back from the unreachable. What it reports is the truth about its tasks; what the
// master believed is corrected by it, and everything that a broken session may have lost is told again.
//
//   believed and reported     goes on; a kill that was asked for and acknowledgements that were given are sent again
//   believed, not reported    the launch never arrived, and no session is left that could still carry it: DROPPED
//   reported, not believed    adopted with its framework (a master that began anew, or an agent that was given up)
//   of a framework that ended told to end, and counted until it has

import { encodeJson } from '../../mesos/json.ts'
import { isTerminal } from '../../mesos/names.ts'
import type { AgentInfo, FrameworkInfo } from '../../mesos/types.ts'
import type { AgentUid, FrameworkId } from '../../model/ids.ts'
import { equal, noResources, scalarTotal } from '../../model/resources.ts'
import { createMachineBooks } from '../placement/books.ts'
import { syncActivity } from './agent-activity.ts'
import { followDrain } from './drain.ts'
import { endEnding, resize, setEnding, supplyOf } from './ending.ts'
import { recoverFramework } from './framework-recovery.ts'
import { registryAgent, rememberEnded } from './handshake.ts'
import { changedHolding } from './holdings.ts'
import { repeatKill, sendKill } from './kill.ts'
import { closeLink, sendToAgent } from './link.ts'
import { forgetAway, removeAgent, watchSilence } from './loss.ts'
import { followHealth, learnMachine } from './machine-health.ts'
import { agentMessage } from './messages.ts'
import { rescindOffersOf } from './offers.ts'
import { reconcileReported } from './operation-losses.ts'
import { tellOperators } from './operators.ts'
import { isOverheld } from './overheld.ts'
import {
  type Agent,
  type AgentReport,
  type Framework,
  type Pending,
  type ReportedTask,
  type Task,
  taskKey,
  uuidBase64,
} from './records.ts'
import { well } from './sick-parts.ts'
import type { State } from './state.ts'
import { forward, masterStatus, recordStatus, type StatusFacts } from './statuses.ts'
import {
  bookTask,
  completeTask,
  concludeTask,
  endTask,
  grantOf,
  learnState,
  shownInfo,
  uncompleteTask,
} from './tasks.ts'

const launchLost: StatusFacts = {
  state: 'TASK_DROPPED',
  reason: 'REASON_RECONCILIATION',
  source: 'SOURCE_AGENT',
  message: 'the agent does not have this task: its launch never arrived',
}

/** The third step of a registration was taken: the agent of `pending` is registered from now on. */
export function agentJoins(state: State, uid: AgentUid, pending: Pending): void {
  const { agentId, link, report } = pending
  const booked = state.agents.get(agentId)
  if (booked !== undefined && booked.uid !== uid) return
  const changed = booked === undefined ? null : changedHolding(booked, report.tasks)
  if (changed !== null) {
    const reason = `task '${changed.id}' holds something else than before`
    return state.log('warn', 'agent.refused', 'an agent was refused', { uid, reason, shutdown: false })
  }
  const former = state.agentIdByUid.get(uid)
  if (former !== undefined && former !== agentId) removeAgent(state, uid, former)
  const present = state.agents.get(agentId)
  const wasUnreachable = state.unreachable.has(agentId)
  const conditionsBefore = present?.conditions ?? []
  const agent = present === undefined ? addAgent(state, uid, pending) : takeBack(state, present, report)
  agent.link = link
  agent.isConnected = true
  agent.lastHeardMs = state.attendedMs
  state.unexpect(`orphan:${agent.id}`)
  watchSilence(state, agent)
  if (present === undefined)
    tellOperators(state, () => ({ type: 'AGENT_ADDED', agent_added: { agent: agentMessage(agent) } }))
  reconcileTasks(state, agent, report, wasUnreachable)
  reconcileReported(state, agent, report.operations)
  if (agent.isOverheld || isOverheld(agent)) resize(state, agent)
  syncActivity(state, agent)
  followDrain(state, agent)
  followHealth(state, agent, conditionsBefore)
}

function addAgent(state: State, uid: AgentUid, { agentId, report }: Pending): Agent {
  const { facts } = report
  const known = state.recovered.get(agentId)
  const wasUnreachable = state.unreachable.delete(agentId)
  state.recovered.delete(agentId)
  if (wasUnreachable) state.persist({ op: 'markReachable', agent: registryAgent(agentId, uid, report) })
  else if (known !== undefined) persistChange(state, agentId, uid, report, known.info)
  const isBack = wasUnreachable || known !== undefined
  const agent: Agent = {
    ...facts,
    id: agentId,
    uid,
    used: noResources,
    isOverheld: false,
    offered: noResources,
    isConnected: true,
    isActive: true,
    isDeactivated: false,
    drain: null,
    sickMachine: null,
    sickness: well,
    books: createMachineBooks(facts.hardware, scalarTotal(facts.total, 'cpus')),
    topologies: null,
    constrained: null,
    registeredMs: state.nowMs,
    reregisteredMs: isBack ? state.nowMs : null,
    lastHeardMs: state.attendedMs,
    tasks: new Map(),
    offers: new Set(),
    link: null,
    ending: new Map(),
    endingUsed: noResources,
  }
  learnMachine(agent, facts)
  state.agents.set(agentId, agent)
  state.agentIdByUid.set(uid, agentId)
  state.allocator.addAgent(agentId, supplyOf(agent), [])
  state.counters.add(isBack ? 'slave_reregistrations' : 'slave_registrations')
  const event = isBack ? 'agent.reregistered' : 'agent.registered'
  state.log('info', event, 'an agent joined', { agentId, uid, hostname: facts.info.hostname, wasUnreachable })
  return agent
}

/** The agent never left the books: its session is a new one. */
function takeBack(state: State, agent: Agent, report: AgentReport): Agent {
  const { facts } = report
  if (agent.link !== null) {
    rememberEnded(state, agent.uid, agent.link.session)
    closeLink(state, agent)
  }
  const isOther = persistChange(state, agent.id, agent.uid, report, agent.info)
  const isChanged =
    isOther ||
    `${agent.capabilities}` !== `${facts.capabilities}` ||
    !equal(agent.total, facts.total) ||
    !equal(agent.oversubscribed, facts.oversubscribed)
  if (isChanged) rescindOffersOf(state, agent)
  const before = { hardware: agent.hardware, total: agent.total }
  Object.assign(agent, facts)
  learnMachine(agent, before)
  if (isChanged) state.allocator.updateAgent(agent.id, supplyOf(agent))
  agent.reregisteredMs = state.nowMs
  state.counters.add('slave_reregistrations')
  state.log('info', 'agent.reregistered', 'an agent came back', { agentId: agent.id, uid: agent.uid })
  return agent
}

/**
 * Whether the agent says something else of itself than before, resources aside: those it had at its last registration
 * are not those that the master believes in now. The registry keeps the newest.
 */
function persistChange(
  state: State,
  agentId: Agent['id'],
  uid: AgentUid,
  report: AgentReport,
  before: AgentInfo,
): boolean {
  const text = (info: AgentInfo) => encodeJson('mesos.v1.AgentInfo', { ...info, id: { value: agentId } })
  const { info } = report.facts
  if (text(before) === text(info)) return false
  state.persist({ op: 'admitAgent', agent: registryAgent(agentId, uid, report) })
  return text({ ...before, resources: [] }) !== text({ ...info, resources: [] })
}

function reconcileTasks(state: State, agent: Agent, report: AgentReport, wasUnreachable: boolean): void {
  const away = state.awayTasks.get(agent.id)
  const reported = new Map(report.tasks.map((task) => [taskKey(task.frameworkId, task.id), task]))
  for (const [key, task] of [...agent.tasks]) {
    if (!reported.has(key)) loseTask(state, agent, task)
  }
  for (const [key, task] of [...(away ?? [])]) {
    if (!reported.has(key)) loseAwayTask(state, task)
  }
  for (const key of [...agent.ending.keys()]) {
    const task = reported.get(key)
    if (task === undefined || isTerminal(task.latestState)) endEnding(state, agent, key)
  }
  const ended = new Set<FrameworkId>()
  for (const task of report.tasks) {
    const isEnding = agent.ending.get(taskKey(task.frameworkId, task.id))?.isDuplicate === false
    const framework = isEnding ? null : frameworkFor(state, task.frameworkId, report.frameworks)
    if (framework === null) {
      ended.add(task.frameworkId)
      if (!isTerminal(task.latestState)) setEnding(state, agent, { ...task, taskId: task.id, isDuplicate: false })
    } else {
      takeReported(state, framework, agent, task, wasUnreachable)
    }
  }
  for (const frameworkId of ended) sendToAgent(state, agent, { kind: 'shutdownFramework', frameworkId })
}

function loseTask(state: State, agent: Agent, task: Task): void {
  const framework = state.frameworks.get(task.frameworkId)
  if (framework !== undefined) endTask(state, framework, agent, task, launchLost)
}

function loseAwayTask(state: State, task: Task): void {
  const framework = state.frameworks.get(task.frameworkId)
  forgetAway(state, task)
  if (framework === undefined) return
  concludeTask(state, framework, task, launchLost)
  completeTask(state, framework, undefined, task)
}

/** The framework of a reported task, recovered from the report where this master does not know it; null when it ended. */
function frameworkFor(state: State, id: FrameworkId, infos: ReadonlyMap<FrameworkId, FrameworkInfo>): Framework | null {
  const present = state.frameworks.get(id)
  if (present !== undefined) return present
  const info = infos.get(id)
  return state.completedFrameworks.has(id) || info === undefined ? null : recoverFramework(state, id, info)
}

function takeReported(
  state: State,
  framework: Framework,
  agent: Agent,
  reported: ReportedTask,
  wasUnreachable: boolean,
): void {
  const key = taskKey(framework.id, reported.id)
  const waiting = reported.isUnacknowledged ? reported.statuses.at(-1) : undefined
  const waitingUuid = uuidBase64(waiting?.uuid)
  const acknowledge = () =>
    sendToAgent(state, agent, {
      kind: 'acknowledge',
      frameworkId: framework.id,
      taskId: reported.id,
      uuid: waitingUuid,
    })
  const completed = framework.completedById.get(reported.id)
  const isOver = completed?.agentId === agent.id && waiting !== undefined && completed.acknowledgedUuid === waitingUuid
  if (isOver && isTerminal(waiting.state)) return acknowledge()
  const held = agent.tasks.get(key)
  const task = held ?? adopt(state, framework, agent, reported)
  if (task === null) return
  learnState(state, agent, task, reported.latestState, reported.statuses.at(-1))
  if (waiting !== undefined && task.acknowledgedUuid === waitingUuid) acknowledge()
  if (isTerminal(task.latestState)) return
  const told = task.status?.state
  const isToldOtherwise = told !== undefined && (isTerminal(told) || told === 'TASK_UNREACHABLE')
  const isBack = held === undefined && (wasUnreachable || isToldOtherwise)
  if (isBack) tellBack(state, framework, task, reported)
  repeatKill(state, agent, task)
}

/** Books a task that this agent has and the master did not count; null when its framework has it elsewhere. */
function adopt(state: State, framework: Framework, agent: Agent, reported: ReportedTask): Task | null {
  const { id, frameworkId, info, role, resources, grant, latestState, statuses } = reported
  if (framework.tasks.has(id)) {
    state.log('warn', 'task.rejected', 'two agents have a task of one id; the later one is ended', {
      frameworkId,
      taskId: id,
      agentId: agent.id,
    })
    if (!isTerminal(latestState)) {
      setEnding(state, agent, { frameworkId, taskId: id, resources, grant, isDuplicate: true })
      sendKill(state, agent, { frameworkId, taskId: id }, null, null)
    }
    return null
  }
  const known = framework.unreachableTasks.get(id) ?? framework.completedById.get(id)
  const former = known?.agentId === agent.id ? known : undefined
  if (framework.unreachableTasks.get(id) === known && known !== undefined) forgetAway(state, known)
  else if (former !== undefined) uncompleteTask(framework, former)
  const task: Task = {
    id,
    frameworkId,
    agentId: agent.id,
    executorId: null,
    info: shownInfo(info),
    role,
    resources,
    grant,
    latestState,
    status: former?.status ?? statuses.at(-1) ?? null,
    statuses: former?.statuses ?? statuses.map(({ data: _data, ...status }) => status),
    launchedMs: former?.launchedMs ?? state.nowMs,
    acknowledgedUuid: former === undefined ? acknowledgedUuidOf(reported) : former.acknowledgedUuid,
    kill: former?.kill ?? null,
    holdsResources: false,
    sickNotices: former?.sickNotices ?? new Map(),
  }
  bookTask(state, framework, agent, task)
  if (task.holdsResources) state.allocator.addAllocation(grantOf(task))
  return task
}

/** The newest status that its framework has acknowledged, so that a master that began anew does not tell it again. */
function acknowledgedUuidOf({ isUnacknowledged, latestState, statuses }: ReportedTask): string | null {
  const newest = statuses.at(-1)?.uuid
  // An end is told until this master itself has heard the acknowledgement: only that completes the task.
  return isUnacknowledged || isTerminal(latestState) || newest === undefined ? null : uuidBase64(newest)
}

/** The framework was told, or may have been told, that the task is out of reach. */
function tellBack(state: State, framework: Framework, task: Task, reported: ReportedTask): void {
  const last = reported.statuses.at(-1)
  const status = {
    ...masterStatus(state, framework, task, {
      state: last?.state ?? 'TASK_STAGING',
      reason: 'REASON_AGENT_REREGISTERED',
      message: 'the agent that was out of reach is back',
    }),
    ...(last?.healthy === undefined ? {} : { healthy: last.healthy }),
    ...(last?.container_status === undefined ? {} : { container_status: last.container_status }),
    ...(last?.executor_id === undefined ? {} : { executor_id: last.executor_id }),
  }
  recordStatus(state, task, status)
  forward(state, framework, status)
}
