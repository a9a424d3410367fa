// The agent's link against the real broker, and against servers that do what no master should.

import { execFile } from 'node:child_process'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { lostWindowMs } from '../../../src/agent/link/attempts.ts'
import { createLink } from '../../../src/agent/link/link.ts'
import type { Link } from '../../../src/agent/link/types.ts'
import type { SessionId } from '../../../src/model/ids.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { downPacketBytesMax } from '../../../src/wire/bounds.ts'
import type { AgentInventory, DownFrame } from '../../../src/wire/messages.ts'
import { publicTopic, workTopic } from '../../../src/wire/topics.ts'
import { aBroker, aRawWatcher, type LogLine, type TestBroker } from '../../support/broker.ts'
import { packet, packetHeader, publishPacket } from '../../support/raw-mqtt.ts'
import { until } from '../../support/until.ts'
import { aHeartbeat, anEcho, aSession, aStatus, aUid } from '../../support/wire.ts'

type TestLink = {
  readonly link: Link
  readonly ups: { readonly session: SessionId; readonly atMs: number }[]
  readonly downs: number[]
  readonly frames: DownFrame[]
  readonly lines: LogLine[]
}

const owned: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const one of owned.splice(0).reverse()) await one.close()
})

function aLink(ports: readonly number[], n = 1, token: string | null = null): TestLink {
  const uid = aUid(n)
  const seen: Omit<TestLink, 'link'> = { ups: [], downs: [], frames: [], lines: [] }
  const link = createLink({
    uid,
    masters: ports.map((port) => ({ host: '127.0.0.1', port })),
    token,
    will: (session) => aStatus(uid, { session, online: false }),
    random: seededRandom(n),
    log: (level, event, message, fields) => seen.lines.push({ level, event, message, fields }),
    events: {
      up: (session) => seen.ups.push({ session, atMs: performance.now() }),
      down: () => seen.downs.push(performance.now()),
      frame: (frame) => seen.frames.push(frame),
    },
  })
  owned.push(link)
  return { link, ...seen }
}

async function anOwnedBroker(options: { port?: number; token?: string } = {}): Promise<TestBroker> {
  const broker = await aBroker(options)
  owned.push(broker.transport)
  return broker
}

/** A server that lets the agent in and then does as the test says. */
async function aServer(onSubscribed: (socket: Socket) => void): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      if (chunk[0] === 0x10) socket.write(packet(0x20, Buffer.of(0, 0)))
      if (chunk[0] !== 0x82) return
      socket.write(packet(0x90, Buffer.of(chunk[2] as number, chunk[3] as number, 1)))
      onSubscribed(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  owned.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

describe('coming back', () => {
  test('agents whose master restarts come back by themselves, spread over time, each with a fresh session', async () => {
    const broker = await aBroker()
    const links = Array.from({ length: 12 }, (_, n) => aLink([broker.port], n))
    await until('all are up', () => links.every(({ ups }) => ups.length === 1))
    await broker.transport.close()
    await until('all know', () => links.every(({ downs }) => downs.length === 1))
    const again = await anOwnedBroker({ port: broker.port })
    await until('all are back', () => links.every(({ ups }) => ups.length === 2))
    expect(again.transport.counters()).toMatchObject({ agents: 12, connects: 12 })
    expect(new Set(links.flatMap(({ ups }) => ups.map(({ session }) => session))).size).toBe(24)
    const backAtMs = links.map(({ ups }) => ups[1]?.atMs as number)
    expect(Math.max(...backAtMs) - Math.min(...backAtMs)).toBeGreaterThan(lostWindowMs / 4)
  })

  test('masters are tried in turn until one answers', async () => {
    const dead = await aBroker()
    await dead.transport.close()
    const broker = await anOwnedBroker()
    const { ups, lines } = aLink([dead.port, broker.port])
    await until('it is up', () => ups.length === 1)
    expect(lines).toMatchObject([{ event: 'link.failed', fields: { port: dead.port } }])
  })

  test('relink ends the connection and makes another with a fresh session', async () => {
    const broker = await anOwnedBroker()
    const { link, ups, downs } = aLink([broker.port])
    await until('it is up', () => ups.length === 1)
    link.relink(10)
    await until('it is up again', () => ups.length === 2)
    expect(downs).toHaveLength(1)
    expect(ups[0]?.session).not.toBe(ups[1]?.session)
  })

  test('what is sent while there is no link is dropped, not kept', async () => {
    const broker = await anOwnedBroker()
    const { link, ups } = aLink([broker.port])
    link.send(aHeartbeat(aSession(1), { ack: 1 }))
    await until('it is up', () => ups.length === 1)
    link.send(aHeartbeat(aSession(1), { ack: 2 }))
    await until('the frame came', () => broker.frames.length > 0)
    expect(broker.frames.map(({ frame }) => frame.ack)).toEqual([2])
  })

  test('a wrong token is said in the log without the token, and the link does not come up', async () => {
    const broker = await anOwnedBroker({ token: 'right' })
    const { ups, lines } = aLink([broker.port], 1, 'my-wrong-secret')
    await until('it is refused twice', () => lines.length === 2)
    expect(lines[0]).toMatchObject({ event: 'link.failed', fields: { reason: expect.stringMatching(/refused/i) } })
    expect(JSON.stringify([lines, broker.lines])).not.toContain('secret')
    expect(ups).toEqual([])
  })
})

describe('public state', () => {
  test('is told on every connection and when it differs, and not when it does not', async () => {
    const uid = aUid(1)
    const broker = await aBroker()
    const { link, ups } = aLink([broker.port])
    const watcher = await aRawWatcher(broker.port, publicTopic(uid, 'status'))
    link.publishStatus(aStatus(uid, { tasksRunning: 1 }))
    await until('it came', () => watcher.messages().length === 1)
    for (const tasksRunning of [1, 1, 2]) link.publishStatus(aStatus(uid, { tasksRunning }))
    await until('the change came', () => watcher.messages().length === 2)
    expect(watcher.messages().map(({ payload }) => JSON.parse(payload).tasksRunning)).toEqual([1, 2])
    await broker.transport.close()
    const again = await anOwnedBroker({ port: broker.port })
    await until('it is back', () => ups.length === 2)
    await until('the master has it again', () => again.transport.counters().stateAgents === 1)
    const later = await aRawWatcher(again.port, '#')
    await until('a watcher has it', () => later.messages().length === 1)
    expect(JSON.parse(later.messages()[0]?.payload as string)).toEqual(aStatus(uid, { tasksRunning: 2 }))
  })

  test('of megabytes all arrives, and behind it the rest', async () => {
    const uid = aUid(1)
    const broker = await anOwnedBroker()
    const { link } = aLink([broker.port])
    const inventory = {
      schema: 'tepui.inventory/1',
      pad: 'x'.repeat(3_900_000),
    } as unknown as AgentInventory['inventory']
    link.publishInventory({ v: 1, uid, inventory, changes: [] })
    link.publishHealth({ v: 1, uid, health: { schema: 'tepui.health/1', conditions: [], unchecked: [] } })
    link.publishStatus(aStatus(uid))
    await until('all is kept', () => (broker.transport.counters().stateBytes ?? 0) > 3_900_100)
    const watcher = await aRawWatcher(broker.port, '#')
    await until('a watcher has it all', () => watcher.messages().length === 3)
  })

  test('that is too large for the broker is not sent, and the link stays', async () => {
    const uid = aUid(1)
    const broker = await anOwnedBroker()
    const { link, ups, lines } = aLink([broker.port])
    const inventory = {
      schema: 'tepui.inventory/1',
      pad: 'x'.repeat(5_000_000),
    } as unknown as AgentInventory['inventory']
    await until('it is up', () => ups.length === 1)
    link.publishInventory({ v: 1, uid, inventory, changes: [] })
    link.publishStatus(aStatus(uid))
    await until('the status is kept', () => broker.transport.counters().stateAgents === 1)
    expect(lines).toMatchObject([{ event: 'wire.dropped' }])
    expect(ups).toHaveLength(1)
  })
})

describe('a master that misbehaves', () => {
  const down = workTopic(aUid(1), 'down')

  test('and announces a packet beyond the bound loses the link before the packet is there', async () => {
    const server = await aServer((socket) => socket.write(packetHeader(0x30, downPacketBytesMax + 1)))
    const { downs, lines } = aLink([server.port])
    await until('the link is down', () => downs.length === 1)
    expect(lines[0]).toMatchObject({ fields: { reason: expect.stringContaining('larger than allowed') } })
  })

  test('and sends what is no frame, or on another topic, is heard no less', async () => {
    const good = JSON.stringify(anEcho(aSession(1)))
    const server = await aServer((socket) => {
      for (const payload of ['{', 'null', good.replace('"v":1', '"v":7'), '['.repeat(500)]) {
        socket.write(publishPacket(down, payload))
      }
      socket.write(publishPacket(workTopic(aUid(2), 'down'), good))
      socket.write(publishPacket(down, good))
    })
    const { frames, downs, lines } = aLink([server.port])
    await until('the good frame came', () => frames.length > 0)
    expect([frames, downs]).toEqual([[anEcho(aSession(1))], []])
    expect(lines).toMatchObject([{ event: 'wire.dropped' }])
  })

  test('and reads nothing does not fill the agent with what waits', async () => {
    const server = await aServer((socket) => socket.pause())
    const { link, ups } = aLink([server.port])
    await until('it is up', () => ups.length === 1)
    const beforeBytes = process.memoryUsage().arrayBuffers
    const status = { message: 'x'.repeat(100_000) }
    const message = {
      kind: 'statusUpdate',
      frameworkId: 'f',
      taskId: 't',
      status,
      latestState: 'TASK_RUNNING',
    } as never
    for (let seq = 1; seq <= 800; seq++) {
      link.send(aHeartbeat(aSession(1), { seq, message }))
      if (seq % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    // 80 MB were asked for; what the kernel took is still held for its acknowledgement.
    expect(process.memoryUsage().arrayBuffers - beforeBytes).toBeLessThan(30_000_000)
  })

  test('and answers nothing at all can still be left', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { link, lines } = aLink([(server.address() as AddressInfo).port])
    await new Promise((resolve) => server.once('connection', resolve))
    await link.close()
    await new Promise((resolve) => server.close(resolve))
    expect(lines).toEqual([])
  })
})

test('after close no socket and no timer keeps the process alive, whatever the link was doing', async () => {
  const source = new URL('../../../src/', import.meta.url)
  const script = `
    import { createServer } from 'node:net'
    import { createLink } from '${source}agent/link/link.ts'
    import { createBroker } from '${source}master/broker/broker.ts'
    import { seededRandom } from '${source}model/random.ts'
    const uid = '${aUid(1)}'
    const link = (port, events, log = () => {}) => createLink({
      uid, masters: [{ host: '127.0.0.1', port }], token: null, random: seededRandom(1), log,
      will: () => (${JSON.stringify(aStatus(aUid(1)))}),
      events: { up: () => {}, down: () => {}, frame: () => {}, ...events },
    })
    const broker = await createBroker({
      host: '127.0.0.1', port: 0, token: null, log: () => {}, events: { frame: () => {}, disconnected: () => {} },
    })
    await new Promise((resolve) => { const up = link(broker.value.address.port, { up: () => up.close().then(resolve) }) })
    const silent = createServer((socket) => socket.on('error', () => {}))
    await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const connecting = link(silent.address().port)
    await new Promise((resolve) => silent.once('connection', resolve))
    await connecting.close()
    silent.close()
    await broker.value.close()
    await new Promise((resolve) => {
      const waiting = link(broker.value.address.port, {}, () => setImmediate(() => waiting.close().then(resolve)))
    })
    await link(broker.value.address.port).close()
    process.stdout.write('closed')
  `
  const child = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 15_000 })
  expect(child.stdout).toBe('closed')
})
