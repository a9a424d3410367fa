// A client that knows protobuf and nothing of us: bytes written and read by hand, by the field numbers of the API.

import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Rack } from '../../support/rack.ts'
import { until } from '../../support/until.ts'

/** A field of wire type 2: tag, length, bytes; everything here is shorter than 128. */
function field(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return Uint8Array.of((number << 3) | 2, bytes.length, ...bytes)
}

function varint(number: number, value: number): Uint8Array {
  return Uint8Array.of(number << 3, value)
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(fields.flatMap((bytes) => [...bytes]))
}

/** All fields of a message, by number: numbers for varints, bytes for the rest. */
function fieldsOf(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let at = 0
  const readVarint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = readVarint()
    const type = tag & 7
    const length = type === 0 ? 0 : type === 1 ? 8 : type === 5 ? 4 : readVarint()
    const value = type === 0 ? readVarint() : bytes.subarray(at, at + length)
    at += length
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value])
  }
  return fields
}

const inside = (fields: Map<number, (number | Uint8Array)[]>, number: number) =>
  fieldsOf(fields.get(number)?.[0] as Uint8Array)
const text = (fields: Map<number, (number | Uint8Array)[]>, number: number) =>
  new TextDecoder().decode(fields.get(number)?.[0] as Uint8Array)

/** Records of a RecordIO stream in chunked HTTP, as far as they are complete. */
function recordsOf(raw: Buffer): Uint8Array[] {
  const start = raw.indexOf('\r\n\r\n') + 4
  let body = Buffer.alloc(0)
  for (let at = start; at < raw.length; ) {
    const lineEnd = raw.indexOf('\r\n', at)
    if (lineEnd === -1) break
    const size = Number.parseInt(raw.toString('latin1', at, lineEnd), 16)
    if (!(size > 0)) break
    body = Buffer.concat([body, raw.subarray(lineEnd + 2, lineEnd + 2 + size)])
    at = lineEnd + 2 + size + 2
  }
  const records: Uint8Array[] = []
  for (let at = 0; at < body.length; ) {
    const newline = body.indexOf('\n', at)
    if (newline === -1) break
    const end = newline + 1 + Number(body.toString('latin1', at, newline))
    if (end > body.length) break
    records.push(body.subarray(newline + 1, end))
    at = end
  }
  return records
}

function post(path: string, body: Uint8Array, headers: readonly string[] = []): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/x-protobuf',
    'Accept: application/x-protobuf',
    `Content-Length: ${body.length}`,
    ...headers,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

async function open(rack: Rack, request: Buffer): Promise<() => Buffer> {
  const socket = connect(rack.http.port, rack.http.host)
  onTestFinished(() => void socket.destroy())
  let raw = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    raw = Buffer.concat([raw, chunk])
  })
  socket.write(request)
  return () => raw
}

test('SUBSCRIBE, an offer, DECLINE and TEARDOWN in hand-written protobuf', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  // FrameworkInfo: user 1, name 2, capabilities 10 (type 1 = MULTI_ROLE 6), roles 12.
  const info = message(field(1, 'root'), field(2, 'by-hand'), field(10, varint(1, 6)), field(12, 'bytes'))
  // Call: framework_id 1, type 2, subscribe 3 (framework_info 1).
  const subscribe = message(varint(2, 1), field(3, field(1, info)))
  const stream = await open(rack, post('/api/v1/scheduler', subscribe))
  const events = await until('SUBSCRIBED, HEARTBEAT and OFFERS', () => {
    const records = recordsOf(stream()).map(fieldsOf)
    return records.some((event) => event.get(1)?.[0] === 2) && records
  })
  const head = stream().toString('latin1', 0, stream().indexOf('\r\n\r\n'))
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(head).toMatch(/\r\nContent-Type: application\/x-protobuf\r\n/i)
  const streamId = /\r\nMesos-Stream-Id: ([0-9a-f-]{36})/i.exec(head)?.[1]
  // Event: type 1 (SUBSCRIBED 1, HEARTBEAT 8, OFFERS 2), subscribed 2 (framework_id 1, heartbeat_interval_seconds 2).
  expect(events.slice(0, 2).map((event) => event.get(1)?.[0])).toEqual([1, 8])
  const subscribed = inside(events[0] as Map<number, (number | Uint8Array)[]>, 2)
  const frameworkId = text(inside(subscribed, 1), 1)
  expect(frameworkId).toMatch(/-0000$/)
  expect(Buffer.from(subscribed.get(2)?.[0] as Uint8Array).readDoubleLE()).toBe(15)
  // offers 3 (offers 1): Offer: id 1, framework_id 2, agent_id 3, hostname 4, resources 5.
  const offers = inside(events.find((event) => event.get(1)?.[0] === 2) as Map<number, (number | Uint8Array)[]>, 3)
  const offer = inside(offers, 1)
  expect(text(inside(offer, 2), 1)).toBe(frameworkId)
  expect(text(inside(offer, 3), 1)).toBe(agent.agentId)
  expect(text(offer, 4)).toBe(agent.hostname)
  // decline 5 (offer_ids 1); TEARDOWN is type 2, DECLINE 4.
  const id = field(1, field(1, frameworkId))
  const decline = message(id, varint(2, 4), field(5, field(1, offer.get(1)?.[0] as Uint8Array)))
  for (const call of [decline, message(id, varint(2, 2))]) {
    const answer = await open(rack, post('/api/v1/scheduler', call, [`Mesos-Stream-Id: ${streamId}`]))
    const line = await until('an answer', () => answer().includes('\r\n\r\n') && answer().toString('latin1'))
    expect(line).toMatch(/^HTTP\/1\.1 202 Accepted\r\n/)
    expect(line).not.toMatch(/content-type/i)
  }
  await until('the stream ends', () => stream().toString('latin1').endsWith('0\r\n\r\n'))
})
