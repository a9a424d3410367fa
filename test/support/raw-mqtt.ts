// An MQTT 3.1.1 client of bytes: says exactly what a test wants said, also what no library would. Knows no timers.

import { connect, type Socket } from 'node:net'
import { until } from './until.ts'

export type RawPacket = { readonly type: number; readonly flags: number; readonly body: Buffer }

export const packetTypes = { connack: 2, publish: 3, puback: 4, suback: 9, pingresp: 13 } as const

export type ConnectFields = {
  readonly clientId: string
  readonly userName?: string
  readonly password?: string
  readonly will?: { readonly topic: string; readonly payload: string }
  readonly keepaliveS?: number
  readonly isClean?: boolean
}

export class RawMqtt {
  readonly socket: Socket
  readonly packets: RawPacket[] = []
  #bytes = Buffer.alloc(0)

  constructor(port: number) {
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true })
    // A test looks at what came and whether the connection stands; resets are part of the game.
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  get isClosed(): boolean {
    return this.socket.destroyed
  }

  write(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** Resolves with the return code. */
  async connected(): Promise<number> {
    const packet = await until('the server answers the CONNECT', () => this.first('connack'))
    return packet.body[1] as number
  }

  first(type: keyof typeof packetTypes): RawPacket | undefined {
    return this.packets.find((packet) => packet.type === packetTypes[type])
  }

  /** Topic, payload and retain flag of each message so far. */
  messages(): readonly { readonly topic: string; readonly payload: string; readonly isRetained: boolean }[] {
    return this.packets
      .filter((packet) => packet.type === packetTypes.publish)
      .map(({ body, flags }) => {
        const topicEnd = 2 + body.readUInt16BE(0)
        const payloadStart = topicEnd + ((flags & 0x06) === 0 ? 0 : 2)
        const topic = body.subarray(2, topicEnd).toString()
        return { topic, payload: body.subarray(payloadStart).toString(), isRetained: (flags & 1) === 1 }
      })
  }

  async closed(): Promise<void> {
    await until('the server closes the connection', () => this.isClosed)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    for (;;) {
      const header = fixedHeader(this.#bytes)
      if (header === null || this.#bytes.length < header.end + header.length) return
      const first = this.#bytes[0] as number
      const body = this.#bytes.subarray(header.end, header.end + header.length)
      this.packets.push({ type: first >> 4, flags: first & 0x0f, body })
      this.#bytes = this.#bytes.subarray(header.end + header.length)
    }
  }
}

export function connectPacket(fields: ConnectFields): Buffer {
  const { clientId, userName, password, will, keepaliveS = 0, isClean = true } = fields
  const flags =
    (userName === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will === undefined ? 0 : 0x04) |
    (isClean ? 0x02 : 0)
  const parts = [text('MQTT'), Buffer.of(4, flags, keepaliveS >> 8, keepaliveS & 0xff), text(clientId)]
  if (will !== undefined) parts.push(text(will.topic), text(will.payload))
  if (userName !== undefined) parts.push(text(userName))
  if (password !== undefined) parts.push(text(password))
  return packet(0x10, Buffer.concat(parts))
}

export function publishPacket(topic: string, payload: string, qos: 0 | 1 | 2 = 0): Buffer {
  const id = qos === 0 ? Buffer.alloc(0) : Buffer.of(0, 1)
  return packet(0x30 | (qos << 1), Buffer.concat([text(topic), id, Buffer.from(payload)]))
}

export function subscribePacket(filter: string, qos: 0 | 1 | 2 = 0): Buffer {
  return packet(0x82, Buffer.concat([Buffer.of(0, 2), text(filter), Buffer.of(qos)]))
}

export function unsubscribePacket(filter: string): Buffer {
  return packet(0xa2, Buffer.concat([Buffer.of(0, 3), text(filter)]))
}

export const pingPacket = Buffer.of(0xc0, 0)

export function packet(firstByte: number, body: Buffer): Buffer {
  return Buffer.concat([packetHeader(firstByte, body.length), body])
}

export function packetHeader(firstByte: number, length: number): Buffer {
  const bytes = [firstByte]
  for (let rest = length; ; ) {
    const digit = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? digit | 0x80 : digit)
    if (rest === 0) return Buffer.from(bytes)
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}

function fixedHeader(bytes: Buffer): { readonly end: number; readonly length: number } | null {
  let length = 0
  for (let i = 1; i < Math.min(bytes.length, 5); i++) {
    const digit = bytes[i] as number
    length += (digit & 0x7f) * 128 ** (i - 1)
    if ((digit & 0x80) === 0) return { end: i + 1, length }
  }
  return null
}
