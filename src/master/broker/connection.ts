// One client's connection: its bytes counted on the way to the MQTT parser, what it may do, and what waits to be sent.
// It does not know topics or messages.
// Invariant: `backlogBytes` is what aedes or the socket still holds, so a client that does not read is seen at once.

import type { Socket } from 'node:net'
import type { AgentUid } from '../../model/ids.ts'
import { PacketMeter } from '../../wire/packet-meter.ts'
import type { Client } from './pipe.ts'

/** All that a client may send before it has shown who it is: a CONNECT with will and password, and little more. */
export const connectBytesMax = 64 * 1024

/** The first byte of a CONNECT packet; whatever begins otherwise is no MQTT client. */
const connectByte = 0x10

export type Role = { readonly kind: 'agent'; readonly uid: AgentUid } | { readonly kind: 'watcher' }

export type Outgoing = {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
  readonly retain: boolean
}

export class Connection {
  readonly socket: Socket
  /** Null until the client has shown who it is. */
  role: Role | null = null
  /** Set when the CONNACK is written: nothing may be sent before. */
  isReady = false
  /** Set when we end it: what still comes is not looked at. */
  isEnding = false
  /** One and a half times the client's keep-alive (MQTT 3.1.1 §3.1.2.10); null where it asked for none. */
  silenceMaxMs: number | null = null
  /** On the clock of liveness.ts. */
  heardAtMs: number
  hasBadWill = false
  hasComplaint = false
  malformedInRow = 0
  subscriptions = 0
  readonly #meter = new PacketMeter(connectBytesMax)
  #bytesIn = 0
  #pendingBytes = 0
  #client: Client | null = null

  constructor(socket: Socket, nowMs: number) {
    this.socket = socket
    this.heardAtMs = nowMs
  }

  /** Hands the client over to aedes; `refuse` is called, once, when its bytes break a bound. */
  attach(handle: (socket: Socket) => Client, heard: () => void, refuse: (reason: BytesReason) => void): Client {
    // aedes takes its bytes by `read`, and nothing else does: here they pass before it collects them. A stream in
    // between would be cleaner and cost every message a third more.
    const read = this.socket.read
    this.socket.read = (size?: number): Buffer | null => {
      const chunk = read.call(this.socket, size) as Buffer | null
      if (chunk === null) return null
      heard()
      const reason = this.#judge(chunk)
      if (reason === null) return chunk
      refuse(reason)
      return null
    }
    this.#client = handle(this.socket)
    return this.#client
  }

  /** From now on packets up to this size are taken. */
  admit(role: Role, packetBytesMax: number): void {
    this.role = role
    this.#meter.setBound(packetBytesMax)
  }

  get backlogBytes(): number {
    return this.#pendingBytes + this.socket.writableLength
  }

  /** Sends, whatever the backlog. `sent` is called when the socket has taken it, or has ended. */
  publish(message: Outgoing, sent?: () => void): void {
    const { payload, ...rest } = message
    const bytes = payload.length
    this.#pendingBytes += bytes
    const packet = { cmd: 'publish', dup: false, payload: asBuffer(payload), ...rest } as const
    this.#client?.publish(packet, () => {
      this.#pendingBytes -= bytes
      sent?.()
    })
  }

  /** Ends the connection once what was published before is on its way. */
  end(): void {
    this.isEnding = true
    // aedes writes what it publishes in the next turn of the loop.
    setImmediate(() => this.socket.destroySoon())
  }

  destroy(): void {
    this.isEnding = true
    this.socket.destroy()
  }

  #judge(chunk: Buffer): BytesReason | null {
    if (this.#bytesIn === 0 && chunk[0] !== connectByte) return 'notMqtt'
    this.#bytesIn += chunk.length
    if (!this.#meter.accept(chunk)) return 'packetTooLarge'
    return this.role === null && this.#bytesIn > connectBytesMax ? 'tooMuchBeforeConnect' : null
  }
}

export type BytesReason = 'notMqtt' | 'packetTooLarge' | 'tooMuchBeforeConnect'

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
