// Event streams over a real server: how far behind a reader may be.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { EventStreams, streamBehindBytes, streamPatienceMs } from '../../../src/master/api/event-streams.ts'
import type { MasterEvent } from '../../../src/mesos/types.ts'
import type { StreamId } from '../../../src/model/ids.ts'
import { until } from '../../support/until.ts'

const streamId = 'stream' as StreamId
const heartbeat: MasterEvent = { type: 'HEARTBEAT' }

/** One open stream, its reader paused, and a clock that stands. */
async function openStream() {
  const cut: boolean[] = []
  const clock = { nowMs: 0 }
  const streams = new EventStreams({
    message: 'mesos.v1.master.Event',
    onClosed: (_id, wasSlow) => cut.push(wasSlow),
    nowMs: () => clock.nowMs,
  })
  const app = fastify()
  app.get('/', (_request, reply) => {
    streams.open(streamId, reply, 'application/json', {})
    return reply
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as { port: number }).port, '127.0.0.1')
  onTestFinished(async () => {
    socket.destroy()
    streams.close()
    await app.close()
  })
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'readable')
  return { streams, clock, cut, socket }
}

/** An event of about this many bytes. */
function large(bytes: number): MasterEvent {
  return { type: 'AGENT_REMOVED', agent_removed: { agent_id: { value: 'x'.repeat(bytes) } } }
}

async function readAll(socket: Socket, streams: { readonly size: number }, bytes: number): Promise<void> {
  let read = socket.read()?.length ?? 0
  socket.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  await until('all is read', () => read >= bytes || streams.size === 0)
  expect(read).toBeGreaterThanOrEqual(bytes)
}

test('a snapshot larger than any buffer, with more behind it, reaches a reader who reads', async () => {
  const { streams, cut, socket } = await openStream()
  streams.send(streamId, large(100_000_000))
  for (let i = 0; i < 5; i++) streams.send(streamId, heartbeat)
  await readAll(socket, streams, 100_000_000)
  expect(cut).toEqual([])
})

test('a reader who stays behind is cut after a while, one who catches up is not', async () => {
  const { streams, clock, cut, socket } = await openStream()
  streams.send(streamId, large(4 * streamBehindBytes))
  streams.send(streamId, heartbeat)
  clock.nowMs = streamPatienceMs
  streams.send(streamId, heartbeat)
  expect(cut).toEqual([])
  await readAll(socket, streams, 4 * streamBehindBytes)
  socket.removeAllListeners('data')
  socket.pause()
  streams.send(streamId, large(4 * streamBehindBytes))
  clock.nowMs += 1
  streams.send(streamId, heartbeat)
  clock.nowMs += streamPatienceMs
  streams.send(streamId, heartbeat)
  expect(cut).toEqual([])
  clock.nowMs += 1
  streams.send(streamId, heartbeat)
  expect(cut).toEqual([true])
  expect(streams.size).toBe(0)
})
