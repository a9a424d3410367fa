// A running broker with what it told the master, and agents and watchers to put at it.

import { createBroker } from '../../src/master/broker/broker.ts'
import type { Transport } from '../../src/master/broker/types.ts'
import type { AgentUid } from '../../src/model/ids.ts'
import type { UpFrame } from '../../src/wire/messages.ts'
import { publicTopic } from '../../src/wire/topics.ts'
import { type ConnectFields, connectPacket, packetTypes, RawMqtt, subscribePacket } from './raw-mqtt.ts'
import { until } from './until.ts'
import { aStatus } from './wire.ts'

export type LogLine = {
  readonly level: string
  readonly event: string
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export type TestBroker = {
  readonly transport: Transport
  readonly port: number
  readonly frames: { readonly uid: AgentUid; readonly frame: UpFrame }[]
  readonly disconnected: AgentUid[]
  readonly lines: LogLine[]
  /** What else shall happen on each frame. */
  onFrame: (uid: AgentUid, frame: UpFrame) => void
}

export async function aBroker(options: { readonly token?: string; readonly port?: number } = {}): Promise<TestBroker> {
  const broker: Omit<TestBroker, 'transport' | 'port'> = {
    frames: [],
    disconnected: [],
    lines: [],
    onFrame: () => {},
  }
  const created = await createBroker({
    host: '127.0.0.1',
    port: options.port ?? 0,
    token: options.token ?? null,
    log: (level, event, message, fields) => broker.lines.push({ level, event, message, fields }),
    events: {
      frame: (uid, frame) => {
        broker.frames.push({ uid, frame })
        ;(running as TestBroker).onFrame(uid, frame)
      },
      disconnected: (uid) => broker.disconnected.push(uid),
    },
  })
  if (!created.ok) throw new Error(created.fault.message)
  const running: TestBroker = Object.assign(broker, { transport: created.value, port: created.value.address.port })
  return running
}

/** An agent of bytes that has been let in, with its last will as a real one has it. */
export async function aRawAgent(port: number, uid: AgentUid, fields: Partial<ConnectFields> = {}): Promise<RawMqtt> {
  const client = new RawMqtt(port)
  const will = { topic: publicTopic(uid, 'status'), payload: JSON.stringify(aStatus(uid, { online: false })) }
  client.write(connectPacket({ clientId: uid, userName: 'agent', will, ...fields }))
  const code = await client.connected()
  if (code !== 0) throw new Error(`the broker refused the agent: ${code}`)
  return client
}

/** A watcher of bytes, subscribed; its messages are kept in it. */
export async function aRawWatcher(port: number, filter: string, fields: Partial<ConnectFields> = {}): Promise<RawMqtt> {
  const client = new RawMqtt(port)
  client.write(connectPacket({ clientId: '', ...fields }))
  if ((await client.connected()) !== 0) throw new Error('the broker refused the watcher')
  client.write(subscribePacket(filter))
  await until('the broker answers the SUBSCRIBE', () => client.packets.some((p) => p.type === packetTypes.suback))
  return client
}
