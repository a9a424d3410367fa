// Who gets in, and what each may do: with the real broker and connections of bytes that say what no library would.

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createBroker, malformedInRowMax, subscriptionsMax, watchersMax } from '../../../src/master/broker/broker.ts'
import { complaintsMax } from '../../../src/master/broker/complaints.ts'
import { publicTopic, workTopic } from '../../../src/wire/topics.ts'
import { aBroker, aRawAgent, aRawWatcher, type TestBroker } from '../../support/broker.ts'
import {
  type ConnectFields,
  connectPacket,
  packetTypes,
  pingPacket,
  publishPacket,
  RawMqtt,
  subscribePacket,
  unsubscribePacket,
} from '../../support/raw-mqtt.ts'
import { until } from '../../support/until.ts'
import { aHeartbeat, anEcho, aSession, aStatus, aUid } from '../../support/wire.ts'

const uid = aUid(1)
const other = aUid(2)
const session = aSession(1)
const token = 'a-token-that-is-long-enough'
const heartbeat = JSON.stringify(aHeartbeat(session))
let broker: TestBroker

async function returnCode(port: number, fields: ConnectFields): Promise<number> {
  const client = new RawMqtt(port)
  client.write(connectPacket(fields))
  const code = await client.connected()
  if (code !== 0) await client.closed()
  client.destroy()
  return code
}

function grants(client: RawMqtt): readonly (number | undefined)[] {
  return client.packets.filter(({ type }) => type === packetTypes.suback).map(({ body }) => body[2])
}

describe('with a token', () => {
  beforeEach(async () => {
    broker = await aBroker({ token })
  })
  afterEach(() => broker.transport.close())

  test('only those who show it get in, agents and watchers alike', async () => {
    const codes: Record<string, number> = {}
    for (const userName of ['agent', 'watch']) {
      for (const password of [token, 'wrong', token.slice(1), `${token} `, '']) {
        codes[`${userName} ${password}`] = await returnCode(broker.port, { clientId: uid, userName, password })
      }
      codes[`${userName} without`] = await returnCode(broker.port, { clientId: uid, userName })
    }
    codes.nobody = await returnCode(broker.port, { clientId: uid })
    const letIn = Object.keys(codes).filter((name) => codes[name] === 0)
    expect(letIn).toEqual([`agent ${token}`, `watch ${token}`])
    expect([...new Set(Object.values(codes))].sort()).toEqual([0, 4])
  })

  test('what is said about those who do not show it names neither token', async () => {
    await returnCode(broker.port, { clientId: uid, userName: 'agent', password: 'my-wrong-secret' })
    expect(broker.lines).toMatchObject([{ level: 'warn', event: 'wire.dropped', fields: { reason: 'wrongToken' } }])
    expect(JSON.stringify(broker.lines)).not.toMatch(/secret|long-enough/)
  })

  test('a client that is refused does not end the agent whose name it used', async () => {
    const agent = await aRawAgent(broker.port, uid, { password: token })
    await returnCode(broker.port, { clientId: uid, userName: 'agent', password: 'wrong' })
    agent.write(publishPacket(workTopic(uid, 'up'), heartbeat))
    await until('the agent is still heard', () => broker.frames.length === 1)
    expect(broker.disconnected).toEqual([])
  })
})

describe('without a token, on loopback', () => {
  beforeEach(async () => {
    broker = await aBroker()
  })
  afterEach(() => broker.transport.close())

  test('an agent must have a UUID as its name, and nobody may call himself otherwise', async () => {
    expect(await returnCode(broker.port, { clientId: uid, userName: 'agent' })).toBe(0)
    for (const clientId of ['', 'rack1-7', uid.toUpperCase(), `${uid}/../x`, '#', '+', '__proto__']) {
      expect(await returnCode(broker.port, { clientId, userName: 'agent' })).toBe(5)
    }
    expect(await returnCode(broker.port, { clientId: uid, userName: 'root' })).toBe(5)
  })

  const foreignTopics = [
    workTopic(other, 'up'),
    workTopic(uid, 'down'),
    workTopic(other, 'down'),
    publicTopic(other, 'status'),
    `tepui/v1/agents/${uid}/other`,
    `tepui/v1/agents/${uid}`,
    `tepui/v1/agents/${uid}/status/x`,
    '$SYS/broker/clients',
    'x',
  ]
  test.each(foreignTopics)('an agent that publishes to %s is cut off, and nothing comes of it', async (topic) => {
    const watcher = await aRawWatcher(broker.port, '#')
    const victim = await aRawAgent(broker.port, other)
    const agent = await aRawAgent(broker.port, uid)
    agent.write(publishPacket(topic, topic.includes('agents') ? JSON.stringify(aStatus(other)) : heartbeat))
    await agent.closed()
    victim.write(pingPacket)
    await until('the victim is served', () => victim.first('pingresp'))
    expect([broker.frames, watcher.messages(), victim.messages()]).toEqual([[], [], []])
    expect(broker.transport.counters()).toMatchObject({ foreignTopic: 1, stateAgents: 0 })
  })

  test.each([workTopic(other, 'down'), workTopic(uid, 'up'), 'tepui/v1/work/+/down', '#', publicTopic(uid, 'status')])(
    'an agent that subscribes to %s is cut off',
    async (filter) => {
      const agent = await aRawAgent(broker.port, uid)
      agent.write(subscribePacket(filter))
      await agent.closed()
      expect(grants(agent)).toEqual([])
    },
  )

  test('an agent whose will would speak for another, or about work, is not let in', async () => {
    for (const topic of [publicTopic(other, 'status'), workTopic(uid, 'up'), publicTopic(uid, 'health'), 'x']) {
      const will = { topic, payload: 'x' }
      expect(await returnCode(broker.port, { clientId: uid, userName: 'agent', will })).toBe(5)
    }
    expect(broker.transport.counters()).toMatchObject({ foreignWill: 4 })
  })

  test('public state that names another agent than its topic is dropped', async () => {
    const agent = await aRawAgent(broker.port, uid)
    agent.write(publishPacket(publicTopic(uid, 'status'), JSON.stringify(aStatus(other)), 1))
    await until('it is counted', () => broker.transport.counters().WIRE_MALFORMED === 1)
    expect(broker.transport.counters()).toMatchObject({ stateAgents: 0 })
    expect(agent.isClosed).toBe(false)
  })

  test('a watcher that publishes is cut off, wherever to', async () => {
    const agent = await aRawAgent(broker.port, uid)
    for (const topic of [workTopic(uid, 'down'), workTopic(uid, 'up'), publicTopic(uid, 'status'), 'x']) {
      const watcher = await aRawWatcher(broker.port, '#', { clientId: uid })
      watcher.write(publishPacket(topic, heartbeat))
      await watcher.closed()
    }
    expect([broker.frames, agent.messages()]).toEqual([[], []])
    expect(agent.isClosed).toBe(false)
  })

  test('a watcher never sees work, whatever it subscribes to', async () => {
    const watcher = await aRawWatcher(broker.port, '#')
    for (const filter of [
      'tepui/v1/work/#',
      workTopic(uid, 'up'),
      'tepui/+/work/+/down',
      '$SYS/#',
      'tepui/#',
      '+/+/+/+/+',
    ]) {
      watcher.write(subscribePacket(filter))
    }
    await until('all are answered', () => grants(watcher).length === 7)
    expect(grants(watcher)).toEqual([0, 128, 128, 128, 128, 0, 0])
    const agent = await aRawAgent(broker.port, uid)
    agent.write(publishPacket(workTopic(uid, 'up'), heartbeat, 1))
    await until('the frame came', () => broker.frames.length === 1)
    expect(broker.transport.send(uid, anEcho(session))).toBe(true)
    agent.write(publishPacket(publicTopic(uid, 'status'), JSON.stringify(aStatus(uid)), 1))
    await until('the status came', () => watcher.messages().length === 1)
    expect(watcher.messages().map(({ topic }) => topic)).toEqual([publicTopic(uid, 'status')])
    expect(agent.messages().map(({ topic }) => topic)).toEqual([workTopic(uid, 'down')])
  })

  test('a watcher that unsubscribes is told nothing more', async () => {
    const watcher = await aRawWatcher(broker.port, 'tepui/v1/agents/#')
    const agent = await aRawAgent(broker.port, uid)
    const tell = () => agent.write(publishPacket(publicTopic(uid, 'status'), JSON.stringify(aStatus(uid)), 1))
    tell()
    await until('the status came', () => watcher.messages().length === 1)
    watcher.write(unsubscribePacket('tepui/v1/agents/#'))
    watcher.write(pingPacket)
    await until('the answers came', () => watcher.first('pingresp'))
    tell()
    await until(
      'the status was taken',
      () => agent.packets.filter(({ type }) => type === packetTypes.puback).length === 2,
    )
    watcher.write(subscribePacket('tepui/v1/agents/+/health'))
    await until('it is answered', () => grants(watcher).length === 2)
    expect(watcher.messages()).toHaveLength(1)
  })

  test('a watcher that subscribes without end is cut off', async () => {
    const watcher = await aRawWatcher(broker.port, '#')
    for (let i = 0; i <= subscriptionsMax; i++) watcher.write(subscribePacket('#'))
    await watcher.closed()
    expect(broker.transport.counters()).toMatchObject({ tooManySubscriptions: 1 })
  })

  test('watchers beyond their bound are refused; agents still get in', async () => {
    const watchers = Array.from({ length: watchersMax }, () => {
      const client = new RawMqtt(broker.port)
      client.write(connectPacket({ clientId: '' }))
      return client
    })
    for (const watcher of watchers) expect(await watcher.connected()).toBe(0)
    expect(await returnCode(broker.port, { clientId: '' })).toBe(5)
    expect(await returnCode(broker.port, { clientId: uid, userName: 'agent' })).toBe(0)
    watchers[0]?.destroy()
    await until('one has left', () => (broker.transport.counters().watchers ?? 0) < watchersMax)
    expect(await returnCode(broker.port, { clientId: '' })).toBe(0)
  })

  test('a message of QoS 2 is not taken', async () => {
    const agent = await aRawAgent(broker.port, uid)
    agent.write(publishPacket(workTopic(uid, 'up'), heartbeat, 2))
    await agent.closed()
    expect(broker.frames).toEqual([])
  })

  test('an agent whose messages are not what they promise is heard until it has been wrong too often in a row', async () => {
    const agent = await aRawAgent(broker.port, uid)
    const up = (payload: string) => agent.write(publishPacket(workTopic(uid, 'up'), payload, 1))
    for (let i = 1; i < malformedInRowMax; i++) up('{')
    up(heartbeat)
    for (let i = 1; i < malformedInRowMax; i++) up('[]')
    up(heartbeat)
    await until('both good ones came', () => broker.frames.length === 2)
    for (let i = 0; i < malformedInRowMax; i++) up('null')
    await agent.closed()
    expect(broker.transport.counters()).toMatchObject({ WIRE_MALFORMED: 3 * malformedInRowMax - 2, malformedInRow: 1 })
    expect(broker.lines).toHaveLength(1)
  })

  test('a crowd that breaks the rules fills no log', async () => {
    for (let i = 0; i < complaintsMax + 20; i++) await returnCode(broker.port, { clientId: 'x', userName: 'agent' })
    expect(broker.lines).toHaveLength(complaintsMax)
    expect(broker.transport.counters()).toMatchObject({ notAnAgentId: complaintsMax + 20 })
  })

  test('MQTT 5 is refused in words of the protocol', async () => {
    const five = new RawMqtt(broker.port)
    five.write(Buffer.from([0x10, 0x0d, 0, 4, 0x4d, 0x51, 0x54, 0x54, 5, 2, 0, 60, 0, 0, 0]))
    expect(await five.connected()).toBe(1)
    await five.closed()
  })

  test('garbage on the port ends its own connection and nothing else', async () => {
    const agent = await aRawAgent(broker.port, uid)
    const afterConnect = connectPacket({ clientId: other, userName: 'agent' })
    const beginnings = [Buffer.alloc(0), Buffer.of(0x10), afterConnect, Buffer.from('GET / HTTP/1.1\r\n\r\n')]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 600 }), async (beginning, bytes) => {
        const client = new RawMqtt(broker.port)
        client.write(Buffer.concat([beginning, bytes]))
        client.socket.end()
        await new Promise((resolve) => client.socket.once('close', resolve))
      }),
      { numRuns: 150 },
    )
    expect(agent.isClosed).toBe(false)
    agent.write(publishPacket(workTopic(uid, 'up'), heartbeat))
    await until('the agent is served', () => broker.frames.some((one) => one.uid === uid))
    await until('only the agent is left', () => broker.transport.counters().connections === 1)
  })
})

describe('listening', () => {
  const options = { log: () => {}, events: { frame: () => {}, disconnected: () => {} } }

  test('beyond loopback needs a token, and the fault names the flag', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'rack1.example']) {
      const created = await createBroker({ ...options, host, port: 0, token: null })
      expect(created).toMatchObject({
        ok: false,
        fault: { code: 'NET_UNPROTECTED', message: expect.stringContaining('--token-file') },
      })
    }
    const created = await createBroker({ ...options, host: '0.0.0.0', port: 0, token })
    expect(created.ok).toBe(true)
    if (created.ok) await created.value.close()
  })

  test('on a port in use is a fault that names the port and the flag', async () => {
    broker = await aBroker()
    const created = await createBroker({ ...options, host: '127.0.0.1', port: broker.port, token: null })
    expect(created).toMatchObject({ ok: false, fault: { code: 'NET_ADDRESS_IN_USE' } })
    if (!created.ok) expect(created.fault.message).toMatch(new RegExp(`port ${broker.port} .*--mqtt-port`))
    await broker.transport.close()
  })

  test('on an address of another machine is a fault', async () => {
    const created = await createBroker({ ...options, host: '192.0.2.1', port: 0, token })
    expect(created).toMatchObject({ ok: false, fault: { code: 'USAGE' } })
  })
})
