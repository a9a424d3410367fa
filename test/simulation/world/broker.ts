// The link between agents and master: connections that break without both sides noticing, frames that get lost, come
// twice, overtake each other, or come long after their connection is gone. Frames cross it as bytes through the
// production codec. It does not know what is in them.
//
// Embedded, the broker lives and dies with its master; outside, connections outlive the master, and what is sent while
// there is none may wait for the next one.

import type { AgentUid, SessionId } from '../../../src/model/ids.ts'
import { uuidText } from '../../../src/model/random.ts'
import { decodeDownFrame, decodeUpFrame } from '../../../src/wire/decode.ts'
import { encodeDownFrame, encodeUpFrame } from '../../../src/wire/encode.ts'
import type { DownFrame, UpFrame } from '../../../src/wire/messages.ts'
import { between, chance, type Draws, inRange } from '../engine/plan.ts'
import { Violation } from '../engine/violation.ts'
import type { World } from './world.ts'

/** The agent's end of the link, as its process sees it. */
export type LinkEnd = {
  readonly uid: AgentUid
  readonly name: string
  isCut(direction: 'up' | 'down'): boolean
  up(session: SessionId): void
  down(): void
  frame(frame: DownFrame): void
}

type Connection = {
  readonly end: LinkEnd
  readonly session: SessionId
  /** Whether each side still believes in it. */
  isOpenAtAgent: boolean
  isOpenAtBroker: boolean
  /** Nothing new gets through any more, whoever knows it. */
  isBroken: boolean
  lastUpMs: number
  lastDownMs: number
}

/** How late a frame of a dead connection may come. */
const staleMaxMs = 90_000
const reconnectMaxMs = 30_000

/** One life of a broker. */
export class Broker {
  readonly #world: World
  readonly #random: Draws
  readonly #connections = new Map<AgentUid, Connection>()
  #isClosed = false

  constructor(world: World, random: Draws) {
    this.#world = world
    this.#random = random
  }

  get isUp(): boolean {
    return !this.#isClosed
  }

  accept(end: LinkEnd): Connection {
    const session = uuidText(this.#random.bytes16()) as SessionId
    const connection: Connection = {
      end,
      session,
      isOpenAtAgent: true,
      isOpenAtBroker: true,
      isBroken: false,
      lastUpMs: 0,
      lastDownMs: 0,
    }
    const older = this.#connections.get(end.uid)
    if (older !== undefined) {
      // A newer connection of the same client replaces the old one, and nobody is told.
      older.isOpenAtBroker = false
      older.isBroken = true
      this.#noticeAtAgent(older)
    }
    this.#connections.set(end.uid, connection)
    return connection
  }

  /** Nothing passes from now on; each side learns of it after a while of its own. */
  break(connection: Connection): void {
    if (connection.isBroken) return
    connection.isBroken = true
    this.#noticeAtAgent(connection)
    this.#noticeAtBroker(connection)
  }

  /** The agent's process ended it, or ended itself. */
  closedByAgent(connection: Connection): void {
    connection.isOpenAtAgent = false
    if (connection.isBroken) return
    connection.isBroken = true
    this.#noticeAtBroker(connection)
  }

  disconnect(uid: AgentUid): void {
    const connection = this.#connections.get(uid)
    if (connection !== undefined) this.break(connection)
  }

  /** The broker's process ends: every connection breaks. */
  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections.values()) {
      connection.isOpenAtBroker = false
      connection.isBroken = true
      this.#noticeAtAgent(connection)
    }
  }

  sendUp(connection: Connection, frame: UpFrame): void {
    const encoded = encodeUpFrame(frame)
    if (!encoded.ok) return this.#drop(connection, 'up', encoded.fault.message)
    this.#transmit(connection, 'up', () => {
      const decoded = decodeUpFrame(encoded.value)
      if (!decoded.ok)
        throw new Violation('wire', 'what an agent sends is valid for the master', { fault: decoded.fault })
      this.#world.master.agentFrame(connection.end.uid, decoded.value)
    })
  }

  sendDown(uid: AgentUid, frame: DownFrame): void {
    const connection = this.#connections.get(uid)
    if (connection === undefined || !connection.isOpenAtBroker) return
    const encoded = encodeDownFrame(frame)
    if (!encoded.ok) return this.#drop(connection, 'down', encoded.fault.message)
    this.#transmit(connection, 'down', () => {
      const decoded = decodeDownFrame(encoded.value)
      if (!decoded.ok)
        throw new Violation('wire', 'what a master sends is valid for the agent', { fault: decoded.fault })
      connection.end.frame(decoded.value)
    })
  }

  #transmit(connection: Connection, direction: 'up' | 'down', deliver: () => void): void {
    const { network } = this.#world
    const copies = chance(this.#random, network.duplicatePermille) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (connection.end.isCut(direction) || chance(this.#random, network.lossPermille)) continue
      const nowMs = this.#world.queue.nowMs
      const drawnMs = nowMs + inRange(this.#random, network.delay)
      const lastMs = direction === 'up' ? connection.lastUpMs : connection.lastDownMs
      const atMs = network.reorders ? drawnMs : Math.max(drawnMs, lastMs)
      if (direction === 'up') connection.lastUpMs = atMs
      else connection.lastDownMs = atMs
      this.#world.queue.after(atMs - nowMs, () => this.#arrive(connection, direction, deliver))
    }
  }

  #arrive(connection: Connection, direction: 'up' | 'down', deliver: () => void): void {
    const isLive = !connection.isBroken && !connection.end.isCut(direction)
    if (isLive && connection.isOpenAtAgent && connection.isOpenAtBroker) return deliver()
    if (!chance(this.#random, this.#world.network.stalePermille)) return
    this.#world.queue.after(between(this.#random, 1, staleMaxMs), () => {
      if (this.#isClosed || connection.end.isCut(direction)) return
      this.#world.trace.add(this.#world.queue.nowMs, connection.end.name, `late frame ${direction}`)
      deliver()
    })
  }

  #noticeAtAgent(connection: Connection): void {
    this.#world.queue.after(inRange(this.#random, this.#world.network.detection), () => {
      if (!connection.isOpenAtAgent) return
      connection.isOpenAtAgent = false
      connection.end.down()
    })
  }

  #noticeAtBroker(connection: Connection): void {
    this.#world.queue.after(inRange(this.#random, this.#world.network.detection), () => {
      if (!connection.isOpenAtBroker || this.#isClosed) return
      connection.isOpenAtBroker = false
      if (this.#connections.get(connection.end.uid) !== connection) return
      this.#connections.delete(connection.end.uid)
      this.#world.master.agentDisconnected(connection.end.uid)
    })
  }

  #drop(connection: Connection, direction: string, why: string): void {
    this.#world.trace.add(this.#world.queue.nowMs, connection.end.name, `frame ${direction} refused: ${why}`)
  }
}

/** The agent's client: connects, comes back after every break with a growing pause, and has one connection at a time. */
export class LinkClient {
  readonly #world: World
  readonly #random: Draws
  readonly #end: LinkEnd
  #connection: Connection | null = null
  #broker: Broker | null = null
  #isClosed = false
  #attempts = 0
  /** Counts connections and their attempts, so that a late event of an earlier one changes nothing. */
  #generation = 0

  constructor(world: World, random: Draws, handlers: Omit<LinkEnd, 'up' | 'down' | 'frame'> & LinkHandlers) {
    this.#world = world
    this.#random = random
    this.#end = {
      uid: handlers.uid,
      name: handlers.name,
      isCut: handlers.isCut,
      up: handlers.up,
      down: () => {
        this.#connection = null
        handlers.down()
        this.#reconnect(0)
      },
      frame: (frame) => {
        if (this.#connection?.isOpenAtAgent) handlers.frame(frame)
      },
    }
    this.#reconnect(1_000)
  }

  send(frame: UpFrame): void {
    if (this.#connection?.isOpenAtAgent) this.#broker?.sendUp(this.#connection, frame)
  }

  relink(withinMs: number): void {
    this.#hangUp()
    this.#reconnect(withinMs)
  }

  /** The network breaks the connection, if there is one. */
  break(): void {
    if (this.#connection !== null) this.#broker?.break(this.#connection)
  }

  close(): void {
    this.#isClosed = true
    this.#hangUp()
  }

  #hangUp(): void {
    if (this.#connection !== null) this.#broker?.closedByAgent(this.#connection)
    this.#connection = null
  }

  #reconnect(withinMs: number): void {
    const generation = ++this.#generation
    const backoffMs = this.#attempts === 0 ? 0 : Math.min(reconnectMaxMs, 250 * 2 ** Math.min(this.#attempts, 20))
    const delayMs = between(this.#random, 0, withinMs) + between(this.#random, 0, backoffMs)
    this.#world.queue.after(delayMs + inRange(this.#random, this.#world.network.delay), () => {
      if (this.#isClosed || generation !== this.#generation) return
      const { broker } = this.#world.master
      if (broker === null || !broker.isUp || this.#end.isCut('up') || this.#end.isCut('down')) {
        this.#attempts++
        return this.#reconnect(1_000)
      }
      this.#attempts = 0
      this.#broker = broker
      const connection = broker.accept(this.#end)
      this.#connection = connection
      this.#world.queue.after(inRange(this.#random, this.#world.network.delay), () => {
        if (this.#isClosed || this.#connection !== connection || !connection.isOpenAtAgent) return
        this.#end.up(connection.session)
      })
    })
  }
}

type LinkHandlers = {
  up(session: SessionId): void
  down(): void
  frame(frame: DownFrame): void
}
