// How an agent joins: register -> registered -> any further frame of that session. Only the third step counts: a
// registration that was delayed on its way, or repeated by the carrier, names a session whose agent is no longer there
// to take that step, so an old report can never be mistaken for the present. Until then nothing changes but that a new
// agent's id is in the registry (decision 0012). It does not know what happens to tasks (returns.ts).

import { toJsonValue } from '../../mesos/json.ts'
import { type AgentId, type AgentUid, idError, type SessionId } from '../../model/ids.ts'
import { type Fault, fail, fault, ok, type Result } from '../../model/result.ts'
import { tasksMax, textLengthMax } from '../../wire/bounds.ts'
import { Channel } from '../../wire/channel.ts'
import { type DownMessage, type Register, type UpFrame, type UpMessage, wireVersion } from '../../wire/messages.ts'
import type { RegistryAgent } from '../registry/types.ts'
import { sendUnnumbered } from './link.ts'
import type { AgentLink, AgentReport, Pending, Registration } from './records.ts'
import { readReport } from './report.ts'
import type { State } from './state.ts'

/** Sessions of one agent that wait for their third step; the oldest is forgotten. */
export const pendingSessionsMax = 4
/** Ended sessions of one agent that are remembered, so that their late frames start nothing. */
export const endedSessionsMax = 8
/** How long a registration may wait for its third step. */
export const pendingTimeoutMs = 60_000
/** A drain kills every task of a machine at once; and a return is answered by a kill and an acknowledgement for each. */
export const messagesQueuedMax = 4 * tasksMax
/** After a lost link, agents spread their return over this long, and this much longer for each agent there is. */
export const reconnectWindowBaseMs = 200
export const reconnectWindowPerAgentMs = 1

const markedGone =
  'an operator gave this agent up for good: its machine can join as another one, with an empty work directory'

/** An agent asks to be taken. */
export function register(state: State, uid: AgentUid, frame: UpFrame, message: Register): void {
  if (message.uid !== uid || frame.epoch > state.config.epoch) {
    return dropped(state, uid, 'a registration in the name of another agent, or for a later master')
  }
  const registration = registrationOf(state, uid)
  const live = liveLink(state, uid)
  const known = live?.session === frame.session ? live : registration.pending.get(frame.session)?.link
  if (known !== undefined) return sayRegistered(state, uid, known, registration)
  if (registration.ended.has(frame.session)) return dropped(state, uid, 'a registration of a session that ended')
  state.counters.add(message.agentId === null ? 'messages_register_slave' : 'messages_reregister_slave')
  const report = readReport(message)
  if (!report.ok) return refuse(state, uid, frame.session, report.fault)
  const misplaced = domainError(state, report.value)
  if (misplaced !== null) return refuse(state, uid, frame.session, fault('AGENT_REFUSED', misplaced))
  const identity = identify(state, uid, message.agentId, registration)
  if (!identity.ok) return refuse(state, uid, frame.session, identity.fault)
  const { id: agentId, isNew } = identity.value
  const link: AgentLink = {
    session: frame.session,
    channel: new Channel<DownMessage, UpMessage>({
      session: frame.session,
      epoch: state.config.epoch,
      unackedMax: messagesQueuedMax,
    }),
  }
  if (isNew && registration.newId !== agentId) {
    setNewId(state, uid, registration, agentId)
    state.persist({ op: 'admitAgent', agent: registryAgent(agentId, uid, report.value) })
  }
  registration.pending.set(frame.session, { agentId, link, report: report.value })
  for (const oldest of registration.pending.keys()) {
    if (registration.pending.size <= pendingSessionsMax) break
    endSession(registration, oldest)
  }
  state.timers.set(`pending:${uid}`, state.nowMs + pendingTimeoutMs)
  sayRegistered(state, uid, link, registration)
}

/** Regions mean something only when the master is in one, too. */
function domainError(state: State, { facts }: AgentReport): string | null {
  const { domain, requireAgentDomain } = state.config.policy
  const isSaid = facts.info.domain?.fault_domain !== undefined
  if (isSaid && domain === null)
    return 'this agent has a domain and its master has none: start the master with --domain'
  return isSaid || !requireAgentDomain ? null : 'this master takes agents with a domain only: start it with --domain'
}

/** The third step: takes the waiting registration of this session out, or null when none waits. */
export function takePending(state: State, uid: AgentUid, frame: UpFrame): Pending | null {
  const registration = state.registrations.get(uid)
  const pending = registration?.pending.get(frame.session)
  if (registration === undefined || pending === undefined || frame.epoch !== state.config.epoch) return null
  registration.pending.delete(frame.session)
  for (const session of [...registration.pending.keys()]) endSession(registration, session)
  if (registration.newId === pending.agentId) setNewId(state, uid, registration, null)
  state.timers.clear(`pending:${uid}`)
  return pending
}

/** No agent took the third step in time: an id that was made for it is free to be forgotten. */
export function expirePending(state: State, uid: AgentUid): void {
  const registration = state.registrations.get(uid)
  if (registration === undefined) return
  if (registration.newId !== null) state.persist({ op: 'removeAgent', agentId: registration.newId })
  setNewId(state, uid, registration, null)
  for (const session of [...registration.pending.keys()]) endSession(registration, session)
  if (!state.agentIdByUid.has(uid)) state.registrations.delete(uid)
}

/** Late frames of this session start nothing any more. */
export function rememberEnded(state: State, uid: AgentUid, session: SessionId): void {
  endSession(registrationOf(state, uid), session)
}

export function isRegistering(state: State, uid: AgentUid): boolean {
  return (state.registrations.get(uid)?.pending.size ?? 0) > 0
}

/** What the registry keeps of an agent. */
export function registryAgent(agentId: AgentId, uid: AgentUid, { facts }: AgentReport): RegistryAgent {
  return {
    agentId,
    uid,
    hostname: facts.info.hostname,
    agentInfo: toJsonValue('mesos.v1.AgentInfo', { ...facts.info, id: { value: agentId } }),
  }
}

/**
 * Which agent this is: the one that the uid was, unless it says that it is another now. AGENT_REFUSED when it cannot be;
 * with `shutdown` in its details when it never will.
 */
function identify(
  state: State,
  uid: AgentUid,
  claimed: AgentId | null,
  registration: Registration,
): Result<{ readonly id: AgentId; readonly isNew: boolean }> {
  if (state.goneUids.has(uid) || (claimed !== null && state.gone.has(claimed))) {
    return fail('AGENT_REFUSED', markedGone, { shutdown: true })
  }
  const known = state.agentIdByUid.get(uid)
  if (claimed === null) {
    // An agent that completed a registration has kept its id; when it comes without, it lost what it had.
    const isSame = known !== undefined && !state.agents.has(known)
    if (isSame) return ok({ id: known, isNew: false })
    return ok({ id: registration.newId ?? newAgentId(state), isNew: true })
  }
  if (claimed === known || isOwn(state, claimed, uid)) return ok({ id: claimed, isNew: false })
  const error = idError(claimed)
  if (error !== null) return fail('AGENT_REFUSED', `agent id: ${error}`)
  if (isTaken(state, claimed, uid)) return fail('AGENT_REFUSED', `agent id '${claimed}' belongs to another agent`)
  return ok({ id: claimed, isNew: true })
}

function newAgentId(state: State): AgentId {
  for (;;) {
    const id = `${state.config.masterId}-S${state.nextAgent++}` as AgentId
    if (!isTaken(state, id, null)) return id
  }
}

/**
 * A master that ended while an old registration of the agent waited leaves two ids for one uid in the registry; the
 * agent says which of them it is.
 */
function isOwn(state: State, id: AgentId, uid: AgentUid): boolean {
  return (state.recovered.get(id) ?? state.unreachable.get(id))?.uid === uid
}

/** Whether the id is that of an agent, or waits for one to complete its registration: any but `uid`. */
function isTaken(state: State, id: AgentId, uid: AgentUid | null): boolean {
  const waiting = state.newIds.get(id)
  if (waiting !== undefined && waiting !== uid) return true
  return state.agents.has(id) || state.recovered.has(id) || state.unreachable.has(id)
}

function setNewId(state: State, uid: AgentUid, registration: Registration, id: AgentId | null): void {
  if (registration.newId !== null) state.newIds.delete(registration.newId)
  registration.newId = id
  if (id !== null) state.newIds.set(id, uid)
}

function sayRegistered(state: State, uid: AgentUid, link: AgentLink, registration: Registration): void {
  const agentId = registration.pending.get(link.session)?.agentId ?? state.agentIdByUid.get(uid)
  if (agentId === undefined) return
  sendUnnumbered(state, uid, link, {
    kind: 'registered',
    agentId,
    masterId: state.config.masterId,
    heartbeatIntervalMs: state.config.agentHeartbeatMs,
    reconnectWindowMs: reconnectWindowBaseMs + reconnectWindowPerAgentMs * state.agentIdByUid.size,
  })
}

function refuse(state: State, uid: AgentUid, session: SessionId, { message: reason, details }: Fault): void {
  const shutdown = details?.shutdown === true
  // It may quote what the agent said; a longer text would be no message at all.
  const message = reason.slice(0, textLengthMax)
  const refused: DownMessage = { kind: 'refused', message, shutdown }
  state.sendAgent(uid, { v: wireVersion, session, epoch: state.config.epoch, seq: 0, ack: 0, message: refused })
  state.log('warn', 'agent.refused', 'an agent was refused', { uid, reason: message, shutdown })
  const registration = state.registrations.get(uid)
  if (registration?.pending.size === 0 && !state.agentIdByUid.has(uid)) state.registrations.delete(uid)
}

function dropped(state: State, uid: AgentUid, reason: string): void {
  state.counters.add('dropped_messages')
  state.log('debug', 'wire.dropped', 'a frame of an agent was dropped', { uid, reason })
}

function registrationOf(state: State, uid: AgentUid): Registration {
  const present = state.registrations.get(uid)
  if (present !== undefined) return present
  const made: Registration = { pending: new Map(), ended: new Set(), newId: null }
  state.registrations.set(uid, made)
  return made
}

function endSession(registration: Registration, session: SessionId): void {
  registration.pending.delete(session)
  registration.ended.add(session)
  for (const oldest of registration.ended) {
    if (registration.ended.size <= endedSessionsMax) break
    registration.ended.delete(oldest)
  }
}

function liveLink(state: State, uid: AgentUid): AgentLink | null {
  const id = state.agentIdByUid.get(uid)
  return (id === undefined ? undefined : state.agents.get(id))?.link ?? null
}
