// The agent's side of its registration: asks to be taken, keeps the numbered channel, beats, notices a silent master.
// It does not know tasks; what is registered and what arrives is given to and taken from its owner.

import { type Backoff, backoffMs } from '../../model/backoff.ts'
import type { AgentId, SessionId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import type { Timers } from '../../model/timers.ts'
import { Channel } from '../../wire/channel.ts'
import { type DownFrame, type DownMessage, type Register, type UpMessage, wireVersion } from '../../wire/messages.ts'
import type { AgentEffect } from './types.ts'

/** Between two attempts to register; the first comes at once. */
export const registerBackoff: Backoff = { baseMs: 1_000, maxMs: 60_000 }
/** Attempts in one session: the master may have given the session up, which only a fresh one heals. */
export const registerAttemptsMax = 6
/** Heartbeats without an answer until the master counts as lost. */
export const silentHeartbeatsMax = 3

/** Statuses that wait for the master at a time: after a long absence every task may have one. */
const statusesQueuedMax = 40_000

type State =
  | { readonly kind: 'down' }
  | { readonly kind: 'registering'; readonly session: SessionId; attempt: number }
  | {
      readonly kind: 'registered'
      readonly session: SessionId
      readonly epoch: number
      readonly masterId: string
      readonly channel: Channel<UpMessage, DownMessage>
      readonly heartbeatIntervalMs: number
      readonly reconnectWindowMs: number
      lastHeardMs: number
    }

export type SessionOutcome = {
  readonly effects: readonly AgentEffect[]
  /** Messages to act upon, in order. */
  readonly deliver: readonly DownMessage[]
  /** Set when this frame made the agent a registered one. */
  readonly registeredAs?: AgentId
}

const nothing: SessionOutcome = { effects: [], deliver: [] }

export class Session {
  #state: State = { kind: 'down' }
  readonly #timers: Timers
  readonly #random: Random
  readonly #registration: () => Register

  /** `registration` is asked for at every attempt, so that it tells the newest state. */
  constructor(timers: Timers, random: Random, registration: () => Register) {
    this.#timers = timers
    this.#random = random
    this.#registration = registration
  }

  get isRegistered(): boolean {
    return this.#state.kind === 'registered'
  }

  get masterId(): string | null {
    return this.#state.kind === 'registered' ? this.#state.masterId : null
  }

  linkUp(session: SessionId, nowMs: number): readonly AgentEffect[] {
    this.linkDown()
    this.#state = { kind: 'registering', session, attempt: 0 }
    return this.#register(nowMs)
  }

  /** The connection broke under us: come back at a random moment of the window that the master gave. */
  linkLost(): readonly AgentEffect[] {
    const { kind } = this.#state
    const withinMs = this.#state.kind === 'registered' ? this.#state.reconnectWindowMs : 0
    this.linkDown()
    return kind === 'registered' ? [{ kind: 'relink', withinMs }] : []
  }

  /** What a registration said, though it be on its way, is no longer so: a fresh session says it anew. */
  registerAnew(): readonly AgentEffect[] {
    if (this.#state.kind === 'down') return []
    this.linkDown()
    return [{ kind: 'relink', withinMs: 0 }]
  }

  linkDown(): void {
    this.#state = { kind: 'down' }
    for (const key of ['register', 'heartbeat', 'channel']) this.#timers.clear(key)
  }

  /** Sends in order and at least once while this session lasts; drops otherwise, for the next registration tells it. */
  send(message: UpMessage, nowMs: number): readonly AgentEffect[] {
    if (this.#state.kind !== 'registered') return []
    const { channel, reconnectWindowMs } = this.#state
    const sent = channel.send(message, nowMs)
    if (!sent.ok) {
      // The master takes nothing any more: a fresh session says everything that matters in one message.
      this.linkDown()
      return [
        { kind: 'log', level: 'warn', event: 'wire.dropped', message: 'the queue to the master is full', fields: {} },
        { kind: 'relink', withinMs: reconnectWindowMs },
      ]
    }
    this.#watchChannel(channel)
    return sent.value.map((frame) => ({ kind: 'send', frame }))
  }

  /** The third step of the registration: only this makes it count at the master (wire/messages.ts, Registered). */
  confirm(): readonly AgentEffect[] {
    if (this.#state.kind !== 'registered') return []
    return [{ kind: 'send', frame: this.#state.channel.sendUnnumbered({ kind: 'heartbeat' }) }]
  }

  receive(frame: DownFrame, nowMs: number): SessionOutcome {
    const state = this.#state
    if (state.kind === 'down' || frame.session !== state.session) return nothing
    if (state.kind === 'registering') return this.#receiveWhileRegistering(state.session, frame, nowMs)
    if (frame.epoch !== state.epoch) return nothing
    state.lastHeardMs = nowMs
    if (frame.message?.kind === 'refused') {
      return { effects: this.#refused(frame.message.shutdown, nowMs), deliver: [frame.message] }
    }
    const received = state.channel.receive(frame, nowMs)
    this.#watchChannel(state.channel)
    return { effects: received.send.map((reply) => ({ kind: 'send', frame: reply })), deliver: received.deliver }
  }

  /** The timer `key` came due; null when it is not one of this session's. */
  due(key: string, nowMs: number): readonly AgentEffect[] | null {
    const state = this.#state
    if (key === 'register') return state.kind === 'registering' ? this.#register(nowMs) : []
    if (key === 'channel') {
      if (state.kind !== 'registered') return []
      const frames = state.channel.tick(nowMs)
      this.#watchChannel(state.channel)
      return frames.map((frame) => ({ kind: 'send', frame }))
    }
    if (key === 'heartbeat') return state.kind === 'registered' ? this.#beat(state, nowMs) : []
    return null
  }

  #receiveWhileRegistering(session: SessionId, frame: DownFrame, nowMs: number): SessionOutcome {
    const { message } = frame
    if (message?.kind === 'refused') {
      return { effects: this.#refused(message.shutdown, nowMs), deliver: [message] }
    }
    if (message?.kind !== 'registered') return nothing
    this.#timers.clear('register')
    this.#state = {
      kind: 'registered',
      session,
      epoch: frame.epoch,
      masterId: message.masterId,
      channel: new Channel<UpMessage, DownMessage>({ session, epoch: frame.epoch, unackedMax: statusesQueuedMax }),
      heartbeatIntervalMs: message.heartbeatIntervalMs,
      reconnectWindowMs: message.reconnectWindowMs,
      lastHeardMs: nowMs,
    }
    // A random phase keeps a restarted master's agents from beating in step.
    this.#timers.set('heartbeat', nowMs + this.#random.below(message.heartbeatIntervalMs) + 1)
    return { effects: [], deliver: [], registeredAs: message.agentId }
  }

  #refused(shutdown: boolean, nowMs: number): readonly AgentEffect[] {
    const state = this.#state
    if (shutdown || state.kind === 'down') {
      this.linkDown()
      return []
    }
    if (state.kind === 'registered') this.#state = { kind: 'registering', session: state.session, attempt: 0 }
    const attempt = state.kind === 'registering' ? state.attempt : 0
    this.#timers.set('register', nowMs + registerBackoff.baseMs + backoffMs(registerBackoff, attempt, this.#random))
    return []
  }

  #register(nowMs: number): readonly AgentEffect[] {
    if (this.#state.kind !== 'registering') return []
    const { session, attempt } = this.#state
    if (attempt >= registerAttemptsMax) {
      this.linkDown()
      return [{ kind: 'relink', withinMs: registerBackoff.maxMs }]
    }
    const delayMs = registerBackoff.baseMs + backoffMs(registerBackoff, attempt, this.#random)
    this.#state.attempt++
    this.#timers.set('register', nowMs + delayMs)
    return [
      { kind: 'send', frame: { v: wireVersion, session, epoch: 0, seq: 0, ack: 0, message: this.#registration() } },
    ]
  }

  #beat(state: State & { kind: 'registered' }, nowMs: number): readonly AgentEffect[] {
    if (nowMs - state.lastHeardMs > state.heartbeatIntervalMs * silentHeartbeatsMax) {
      this.linkDown()
      return [
        {
          kind: 'log',
          level: 'warn',
          event: 'agent.disconnected',
          message: 'the master has been silent too long; connecting afresh',
          fields: { silentMs: nowMs - state.lastHeardMs },
        },
        { kind: 'relink', withinMs: state.reconnectWindowMs },
      ]
    }
    this.#timers.set('heartbeat', nowMs + state.heartbeatIntervalMs)
    return [{ kind: 'send', frame: state.channel.sendUnnumbered({ kind: 'heartbeat' }) }]
  }

  #watchChannel(channel: Channel<UpMessage, DownMessage>): void {
    const deadline = channel.nextDeadlineMs()
    if (deadline === null) this.#timers.clear('channel')
    else this.#timers.set('channel', deadline)
  }
}
