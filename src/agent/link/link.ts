// The agent's link to its master: one connection after another, each with a session of its own, and the public state
// that watchers see kept and told again on each. It carries frames and does not know what they mean; what cannot be
// sent now is dropped, and the channel above repeats it.
// Invariant: at most one connection or one timer at a time; `up` and `down` alternate.

import type { SessionId } from '../../model/ids.ts'
import { uuidText } from '../../model/random.ts'
import type { Result } from '../../model/result.ts'
import { decodeDownFrame } from '../../wire/decode.ts'
import { encodeHealth, encodeInventory, encodeStatus, encodeUpFrame } from '../../wire/encode.ts'
import type { AgentHealth, AgentInventory, AgentStatus, UpFrame } from '../../wire/messages.ts'
import { type PublicPart, publicTopic, workTopic } from '../../wire/topics.ts'
import { type Attempts, firstAttempt, nextAttempt } from './attempts.ts'
import { Connection } from './connection.ts'
import type { CreateLink, Link, LinkOptions } from './types.ts'

/** Begins to connect at once, and goes on until `close`. */
export const createLink: CreateLink = (options) => new MqttLink(options)

class MqttLink implements Link {
  readonly #options: LinkOptions
  #attempts: Attempts = firstAttempt
  #connection: Connection | null = null
  #timer: NodeJS.Timeout | null = null
  #dueMs = 0
  #upSinceMs: number | null = null
  #hasBadFrame = false
  #isClosed = false
  /** Public state by part: the newest, and what this connection was told last. */
  readonly #kept = new Map<PublicPart, Uint8Array>()
  readonly #told = new Map<PublicPart, Uint8Array>()

  constructor(options: LinkOptions) {
    this.#options = options
    this.#connectAfter(0)
  }

  send(frame: UpFrame): void {
    const payload = encodeUpFrame(frame)
    if (!payload.ok) return this.#warn('a frame cannot be sent', payload.fault.message)
    // A heartbeat or a bare acknowledgement is soon followed by another.
    const qos = frame.message === null || frame.message.kind === 'heartbeat' ? 0 : 1
    const topic = workTopic(this.#options.uid, 'up')
    this.#connection?.publish({ topic, payload: payload.value, qos, retain: false })
  }

  relink(withinMs: number): void {
    if (this.#isClosed) return
    if (this.#connection !== null) return this.#restart(withinMs)
    // Waiting already: never sooner than planned, or asking often would undo the back-off.
    this.#connectAfter(Math.max(this.#dueMs - performance.now(), this.#options.random.below(withinMs + 1)))
  }

  publishStatus(status: AgentStatus): void {
    this.#keep('status', encodeStatus(status))
  }

  publishInventory(inventory: AgentInventory): void {
    this.#keep('inventory', encodeInventory(inventory))
  }

  publishHealth(health: AgentHealth): void {
    this.#keep('health', encodeHealth(health))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    const connection = this.#connection
    this.#connection = null
    await connection?.end()
  }

  #connectAfter(delayMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#dueMs = performance.now() + delayMs
    this.#timer = setTimeout(() => this.#connect(), delayMs)
  }

  #connect(): void {
    const { uid, masters, token, random, events } = this.#options
    const master = masters[this.#attempts.master]
    if (master === undefined) throw new Error('a link needs a master to connect to')
    const session = uuidText(random.bytes16()) as SessionId
    const will = encodeStatus(this.#options.will(session))
    this.#timer = null
    this.#hasBadFrame = false
    this.#told.clear()
    this.#connection = new Connection({
      uid,
      ...master,
      token,
      will: will.ok ? will.value : null,
      events: {
        up: () => {
          this.#upSinceMs = performance.now()
          events.up(session)
          this.#tell()
        },
        message: (payload) => this.#received(payload),
        drain: () => this.#tell(),
        down: (reason) => {
          this.#options.log('warn', 'link.failed', 'the link to the master failed', { ...master, reason })
          this.#restart(null)
        },
      },
    })
  }

  /** Ends what there is and waits for the next attempt. */
  #restart(relinkWithinMs: number | null): void {
    const upForMs = this.#upSinceMs === null ? null : performance.now() - this.#upSinceMs
    const { masters, random, events } = this.#options
    const next = nextAttempt(this.#attempts, { upForMs, relinkWithinMs }, masters.length, random)
    this.#connection?.destroy()
    this.#connection = null
    this.#upSinceMs = null
    this.#attempts = next.attempts
    this.#connectAfter(next.delayMs)
    if (upForMs !== null) events.down()
  }

  #received(payload: Uint8Array): void {
    const frame = decodeDownFrame(payload)
    if (frame.ok) this.#options.events.frame(frame.value)
    else this.#warn('a message from the master was dropped', frame.fault.message)
  }

  #keep(part: PublicPart, encoded: Result<Uint8Array>): void {
    if (!encoded.ok) return this.#warn('public state cannot be told', encoded.fault.message)
    this.#kept.set(part, encoded.value)
    this.#tell()
  }

  /** Tells watchers what differs from what they were told, as far as there is room; the rest when it drains. */
  #tell(): void {
    for (const [part, payload] of this.#kept) {
      const told = this.#told.get(part)
      if (told !== undefined && Buffer.compare(told, payload) === 0) continue
      const topic = publicTopic(this.#options.uid, part)
      if (this.#connection?.publish({ topic, payload, qos: 0, retain: true })) this.#told.set(part, payload)
    }
  }

  /** Once for each connection: what is wrong once is mostly wrong always. */
  #warn(message: string, why: string): void {
    if (this.#hasBadFrame) return
    this.#hasBadFrame = true
    this.#options.log('warn', 'wire.dropped', message, { why })
  }
}
