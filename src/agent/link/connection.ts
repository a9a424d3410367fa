// One connection to one master, from the attempt to its end; there is no second life. mqtt.js speaks MQTT 3.1.1 here,
// without its own reconnecting, queueing and resubscribing: those have no jitter and no bounds.
// It does not know what payloads mean, nor what happens next.

import { connect, type Socket } from 'node:net'
import { MqttClient } from 'mqtt'
import type { AgentUid } from '../../model/ids.ts'
import { downPacketBytesMax } from '../../wire/bounds.ts'
import { PacketMeter } from '../../wire/packet-meter.ts'
import { agentUserName, publicTopic, workTopic } from '../../wire/topics.ts'

/** From the attempt to the CONNACK: longer than a master needs to take back all its agents at once. */
export const connectTimeoutMs = 30_000
export const keepaliveS = 30
/** What may wait to be sent before more is refused. */
export const backlogBytesMax = 1024 * 1024
/** How long an orderly end may take before the socket is closed anyway. */
export const endTimeoutMs = 1_000

export type ConnectionOptions = {
  readonly uid: AgentUid
  readonly host: string
  readonly port: number
  readonly token: string | null
  /** The status that an outside broker tells watchers when the connection breaks. */
  readonly will: Uint8Array | null
  readonly events: {
    /** Connected and subscribed to this agent's own topic. */
    readonly up: () => void
    /** The payload of one message on that topic. */
    readonly message: (payload: Uint8Array) => void
    /** Room to send again after something was refused. */
    readonly drain: () => void
    /** The end, once, with the reason as one line; never after `end` or `destroy`. */
    readonly down: (reason: string) => void
  }
}

export type Message = {
  readonly topic: string
  readonly payload: Uint8Array
  readonly qos: 0 | 1
  readonly retain: boolean
}

export class Connection {
  readonly #events: ConnectionOptions['events']
  readonly #downTopic: string
  readonly #socket: Socket
  readonly #client: MqttClient
  readonly #closed: Promise<void>
  #reason = 'the connection was closed'
  #isUp = false
  #isEnded = false

  constructor(options: ConnectionOptions) {
    this.#events = options.events
    this.#downTopic = workTopic(options.uid, 'down')
    this.#socket = connect({ host: options.host, port: options.port, noDelay: true })
    const meter = new PacketMeter(downPacketBytesMax)
    this.#socket.on('data', (chunk: Buffer) => {
      if (!meter.accept(chunk)) this.#break('the master sent a packet larger than allowed')
    })
    this.#socket.on('drain', () => this.#isEnded || this.#events.drain())
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    this.#client = new MqttClient(() => this.#socket, clientOptions(options))
    this.#client.on('error', (error) => this.#break(error.message))
    this.#client.on('connect', () => this.#subscribe())
    this.#client.on('message', (topic, payload) => {
      if (this.#isUp && !this.#isEnded && topic === this.#downTopic) this.#events.message(payload)
    })
    this.#client.on('close', () => this.#ended())
  }

  /** Whether there was room; a message that was refused is forgotten. */
  publish({ topic, payload, qos, retain }: Message): boolean {
    if (!this.#isUp || this.#isEnded || this.#socket.writableLength > backlogBytesMax) return false
    this.#client.publish(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), { qos, retain })
    return true
  }

  /** Takes leave and closes; resolves when no socket and no timer is left. */
  async end(): Promise<void> {
    const wasUp = this.#isUp && !this.#isEnded
    this.#isEnded = true
    if (!wasUp) this.#socket.destroy()
    this.#client.end(!wasUp)
    const timer = setTimeout(() => this.#socket.destroy(), endTimeoutMs)
    await this.#closed
    clearTimeout(timer)
  }

  /** Closes at once. */
  destroy(): void {
    this.#isEnded = true
    this.#socket.destroy()
    this.#client.end(true)
  }

  #subscribe(): void {
    this.#client.subscribe(this.#downTopic, { qos: 1 }, (error) => {
      if (this.#isEnded) return
      if (error !== null) return this.#break(error.message)
      this.#isUp = true
      this.#events.up()
    })
  }

  #break(reason: string): void {
    this.#reason = reason
    this.#socket.destroy()
  }

  #ended(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#client.end(true)
    this.#events.down(this.#reason)
  }
}

function clientOptions({ uid, token, will }: ConnectionOptions): ConstructorParameters<typeof MqttClient>[1] {
  return {
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: uid,
    username: agentUserName,
    ...(token === null ? {} : { password: token }),
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: 'native',
    ...(will === null
      ? {}
      : { will: { topic: publicTopic(uid, 'status'), payload: Buffer.from(will), qos: 0 as const, retain: true } }),
  }
}
