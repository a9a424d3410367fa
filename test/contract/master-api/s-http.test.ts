// Group S: the HTTP contract of `/api/v1/scheduler`. Numbers are the conformance scenarios'.

import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ContentType } from '../../../src/mesos/codec.ts'
import { ask, EventStream, type HttpAnswer, operatorCall, postMessage } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { aFrameworkInfo, Scheduler } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const encodings: readonly ContentType[] = ['application/json', 'application/x-protobuf']
const path = '/api/v1/scheduler'
const json = { 'Content-Type': 'application/json' }
const subscribeText = JSON.stringify({ type: 'SUBSCRIBE', subscribe: { framework_info: { user: 'u', name: 'n' } } })

/** The status line and headers of a stream, which is cut at once. */
async function subscribeHeaders(rack: Rack, headers: Readonly<Record<string, string>>): Promise<HttpAnswer['headers']> {
  const stream = await EventStream.open(
    rack.http,
    { method: 'POST', path, headers: { ...json, ...headers }, body: subscribeText },
    'mesos.v1.scheduler.Event',
  )
  stream.cut()
  return stream.headers
}

test('S01 with authentication, SUBSCRIBE without credentials is 401 with WWW-Authenticate', async () => {
  const rack = await Rack.start({ token: 's3cret' })
  const answer = await ask(rack.http, { method: 'POST', path, headers: json, body: subscribeText })
  expect(answer.status).toBe(401)
  expect(answer.headers['www-authenticate']).toBe('Basic realm="mesos-master-scheduler"')
})

describe('authenticated', () => {
  const headers = { Authorization: `Basic ${btoa('marathon:s3cret')}` }

  test('the principal is filled in where the framework names none', async () => {
    const rack = await Rack.start({ token: 's3cret' })
    const framework = await rack.framework({ headers })
    expect((await framework.call({ type: 'REVIVE' })).status).toBe(202)
    const state = await ask(rack.http, { path: '/state', headers })
    expect(JSON.parse(state.text).frameworks).toMatchObject([{ principal: 'marathon' }])
  })

  test('another principal than the authenticated one is 400', async () => {
    const rack = await Rack.start({ token: 's3cret' })
    await expect(Scheduler.open(rack.http, { headers, info: { principal: 'chronos' } })).rejects.toThrow(
      /^400: .*marathon.*chronos/,
    )
  })

  test('a call of another principal than the framework belongs to is 400', async () => {
    const rack = await Rack.start({ token: 's3cret' })
    const framework = await rack.framework({ headers })
    const stranger = { Authorization: `Basic ${btoa('chronos:s3cret')}` }
    expect((await framework.call({ type: 'REVIVE' }, stranger)).status).toBe(400)
  })
})

test.each([
  ['a required field is absent', '{"type":"SUBSCRIBE","subscribe":{}}', 'framework_info'],
  ['the type is absent', '{}', 'type'],
  ['the type is unknown', '{"type":"CONQUER"}', 'type'],
  ['the body is not an object', '[]', ''],
  ['the body is not JSON', '{"type":', 'JSON'],
  ['the body is empty', '', ''],
  ['the body is nested deeper than its bound', `${'['.repeat(100_000)}`, 'nested'],
])('S03 400 with a sentence when %s', async (_name, body, word) => {
  const rack = await Rack.start()
  const answer = await ask(rack.http, { method: 'POST', path, headers: json, body })
  expect(answer.status).toBe(400)
  expect(answer.text).toMatch(/^[^\n]+\n$/)
  expect(answer.text).toContain(word)
})

test('S03 protobuf that is not a call is 400 with a sentence', async () => {
  const rack = await Rack.start()
  const headers = { 'Content-Type': 'application/x-protobuf' }
  for (const body of [
    Uint8Array.of(0xff, 0xff, 0xff),
    new Uint8Array(1000).fill(0x0b),
    Uint8Array.of(0x1a, 0x00),
    new Uint8Array(),
  ]) {
    const answer = await ask(rack.http, { method: 'POST', path, headers, body })
    expect(answer.status).toBe(400)
    expect(answer.text).toMatch(/^[^\n]+\n$/)
  }
})

describe.each(encodings)('S06 SUBSCRIBE in %s', (contentType) => {
  test('is 200, chunked, with a stream id; SUBSCRIBED, then HEARTBEATs at the announced interval', async () => {
    const rack = await Rack.start({ timers: { schedulerHeartbeatMs: 100 } })
    const framework = await rack.framework({ contentType })
    const { headers, all } = framework.stream
    expect(headers['content-type']).toBe(contentType)
    expect(headers['transfer-encoding']).toBe('chunked')
    expect(headers['content-length']).toBeUndefined()
    expect(headers['mesos-stream-id']).toMatch(/^[0-9a-f-]{36}$/)
    for (let beats = 0; beats < 3; beats++) await framework.stream.take('HEARTBEAT')
    const subscribed = all[0]?.subscribed
    expect(subscribed?.framework_id.value).toMatch(/-0000$/)
    expect(subscribed?.heartbeat_interval_seconds).toBe(0.1)
    expect(subscribed?.master_info).toMatchObject({ id: rack.master.masterId, port: rack.http.port })
    expect(all[1]?.type).toBe('HEARTBEAT')
  })
})

test('S07 a role that is no role gets 200, one ERROR that names it, and the end of the stream', async () => {
  const rack = await Rack.start()
  const framework = await Scheduler.open(rack.http, { info: { roles: ['/test/test1'] } })
  const { error } = await framework.stream.take('ERROR')
  expect(error?.message).toContain('/test/test1')
  await framework.stream.ended()
  expect(framework.stream.all).toHaveLength(1)
})

test('S10 Accept: foo on SUBSCRIBE is 406', async () => {
  const rack = await Rack.start()
  const answer = await ask(rack.http, {
    method: 'POST',
    path,
    headers: { ...json, Accept: 'foo' },
    body: subscribeText,
  })
  expect(answer.status).toBe(406)
})

test('S11 S12 without Accept, and with */*, the stream is JSON', async () => {
  const rack = await Rack.start()
  expect((await subscribeHeaders(rack, {}))['content-type']).toBe('application/json')
  expect((await subscribeHeaders(rack, { Accept: '*/*' }))['content-type']).toBe('application/json')
})

test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('S13 %s is 405 with Allow: POST', async (method) => {
  const rack = await Rack.start()
  const answer = await ask(rack.http, { method, path })
  expect(answer.status).toBe(405)
  expect(answer.headers.allow).toBe('POST')
})

test('S14 S15 TEARDOWN without a stream id, and with that of another, is 400; with its own 202 and empty', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  const other = await rack.framework()
  const call = { type: 'TEARDOWN', framework_id: { value: framework.frameworkId } } as const
  const post = (headers: Readonly<Record<string, string>>) =>
    postMessage(rack.http, path, 'mesos.v1.scheduler.Call', call, { headers })
  expect((await post({})).status).toBe(400)
  expect((await post({ 'Mesos-Stream-Id': other.stream.headers['mesos-stream-id'] as string })).status).toBe(400)
  expect((await post({ 'Mesos-Stream-Id': '' })).status).toBe(400)
  const answer = await framework.call(call)
  expect(answer.status).toBe(202)
  expect(answer.headers['content-type']).toBeUndefined()
  expect(answer.text).toBe('')
  await framework.stream.ended()
  expect(framework.stream.all.map((event) => event.type)).not.toContain('ERROR')
})

test('a SUBSCRIBE with a stream id, or with two different framework ids, is 400', async () => {
  const rack = await Rack.start()
  const info = aFrameworkInfo({ id: { value: 'mine' } })
  const subscribe = { framework_info: info }
  const post = (framework_id: string, headers: Readonly<Record<string, string>> = {}) =>
    postMessage(
      rack.http,
      path,
      'mesos.v1.scheduler.Call',
      { type: 'SUBSCRIBE', framework_id: { value: framework_id }, subscribe },
      { headers },
    )
  expect((await post('mine', { 'Mesos-Stream-Id': 'x' })).status).toBe(400)
  expect((await post('other')).status).toBe(400)
})

test('a call of an unknown framework is 400, of a disconnected one 403', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info: { failover_timeout: 1000 } })
  const answer = await framework.call({ type: 'REVIVE', framework_id: { value: 'nobody' } })
  expect(answer.status).toBe(400)
  framework.disconnect()
  await until('the framework is disconnected', async () => (await framework.call({ type: 'REVIVE' })).status === 403)
})

test.each([
  ['no Content-Type', {}, 400],
  ['an unknown one', { 'Content-Type': 'text/plain' }, 415],
  ['a broken one', { 'Content-Type': 'application' }, 415],
  ['JSON with a charset, which is taken', { 'Content-Type': 'application/json; charset=utf-8' }, 501],
])('a body with %s is answered by its headers', async (_name, headers, status) => {
  const rack = await Rack.start()
  const answer = await ask(rack.http, { method: 'POST', path, headers, body: '{"type":"UNKNOWN"}' })
  expect(answer.status).toBe(status)
})

test('the endpoint is also under /master, with a trailing slash, and below itself', async () => {
  const rack = await Rack.start()
  for (const alias of ['/master/api/v1/scheduler', '/api/v1/scheduler/', '/api/v1/scheduler/below']) {
    const answer = await ask(rack.http, { method: 'POST', path: alias, headers: json, body: '{"type":"UNKNOWN"}' })
    expect(answer.status, alias).toBe(501)
  }
})

test('a body of 100 MB is 413 with one line, sent with a length or in chunks, and the master lives on', async () => {
  const rack = await Rack.start()
  const body = new Uint8Array(100_000_000).fill(0x20)
  const before = process.memoryUsage().rss
  for (const headers of [json, { ...json, 'Transfer-Encoding': 'chunked' }]) {
    const answer = await ask(rack.http, { method: 'POST', path, headers, body })
    expect(answer.status).toBe(413)
    expect(answer.text).toMatch(/^the body is larger than \d+ bytes\n$/)
  }
  expect((await operatorCall(rack.http, { type: 'GET_HEALTH' })).get_health?.healthy).toBe(true)
  expect(process.memoryUsage().rss - before).toBeLessThan(90_000_000)
})

test.each([
  [
    'leave in the middle of a body',
    'POST /api/v1/scheduler HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"type"',
    null,
  ],
  [
    'leave in the middle of a message',
    'POST /api/v1/scheduler HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"type"',
    null,
  ],
  [
    'lie about the length of a chunk',
    'POST /api/v1/scheduler HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    400,
  ],
  ['send a path that is no path', 'GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['send a header of 100 kB', `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
  [
    'send two lengths',
    'POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
    400,
  ],
])('clients that %s do no harm', async (_name, bytes, status) => {
  const rack = await Rack.start()
  const address = rack.http
  const socket = connect(address.port, address.host)
  onTestFinished(() => void socket.destroy())
  const heard = new Promise<string>((resolve) => {
    socket.once('data', (chunk) => resolve(chunk.toString()))
    socket.once('close', () => resolve(''))
    socket.on('error', () => {})
  })
  socket.write(bytes, () => {
    if (status === null) socket.destroy()
  })
  if (status !== null) expect(await heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  else await heard
  expect((await ask(address, { path: '/health' })).status).toBe(200)
})
