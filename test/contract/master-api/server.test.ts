// The HTTP server alone, before any cluster stands behind it.

import { connect, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createMasterApi } from '../../../src/master/api/api.ts'
import type { MasterApiOptions } from '../../../src/master/api/types.ts'
import { ask } from '../../support/http-client.ts'

const options: MasterApiOptions = {
  host: '127.0.0.1',
  port: 0,
  httpFlagName: '--http-port',
  token: null,
  version: '1.2.3',
  flags: { quorum: '1' },
  transportCounters: () => ({}),
  allocationRuns: () => ({}),
  log: () => {},
}

async function startApi(more: Partial<MasterApiOptions> = {}) {
  const api = await createMasterApi({ ...options, ...more })
  if (!api.ok) throw new Error(api.fault.message)
  onTestFinished(() => api.value.close())
  return api.value
}

test.each(['0.0.0.0', '::', '192.0.2.1'])('listening on %s without a token is refused', async (host) => {
  const api = await createMasterApi({ ...options, host })
  expect(api).toMatchObject({ ok: false, fault: { code: 'NET_UNPROTECTED' } })
})

test('a port in use is named, with the flag that changes it', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const api = await createMasterApi({ ...options, port })
  expect(api).toMatchObject({ ok: false, fault: { code: 'NET_ADDRESS_IN_USE' } })
  expect(api.ok ? '' : api.fault.message).toMatch(new RegExp(`${port}.*--http-port`))
})

test('a host that is not this machine is wrong usage', async () => {
  const api = await createMasterApi({ ...options, host: '192.0.2.1', token: 't' })
  expect(api).toMatchObject({ ok: false, fault: { code: 'USAGE' } })
})

test('before the cluster stands, health, version and flags are answered and everything else is 503', async () => {
  const { address } = await startApi()
  expect((await ask(address, { path: '/health' })).status).toBe(200)
  const version = await ask(address, { path: '/master/version' })
  expect(JSON.parse(version.text)).toMatchObject({ version: expect.stringMatching(/^1\./), tepui_version: '1.2.3' })
  expect(JSON.parse((await ask(address, { path: '/flags' })).text)).toEqual({ flags: { quorum: '1' } })
  const headers = { 'Content-Type': 'application/json' }
  for (const question of [
    { path: '/state' },
    { path: '/redirect' },
    { path: '/metrics/snapshot' },
    { path: '/api/v1', method: 'POST', headers, body: '{"type":"GET_HEALTH"}' },
    { path: '/api/v1/scheduler', method: 'POST', headers, body: '{}' },
  ]) {
    expect((await ask(address, question)).status, question.path).toBe(503)
  }
})

test('with a token, every endpoint asks for it but health, version and redirect', async () => {
  const { address } = await startApi({ token: 's3cret' })
  for (const path of ['/health', '/version', '/master/version', '/redirect']) {
    expect((await ask(address, { path })).status, path).not.toBe(401)
  }
  const realms = {
    '/state': 'mesos-master-readonly',
    '/flags': 'mesos-master-readonly',
    '/metrics': 'mesos-master-readonly',
    '/master/slaves': 'mesos-master-readonly',
    '/api/v1': 'mesos-master-readwrite',
    '/teardown': 'mesos-master-readwrite',
    '/api/v1/scheduler': 'mesos-master-scheduler',
    '/master/api/v1/scheduler': 'mesos-master-scheduler',
  }
  for (const [path, realm] of Object.entries(realms)) {
    const answer = await ask(address, { path })
    expect(answer.status, path).toBe(401)
    expect(answer.headers['www-authenticate'], path).toBe(`Basic realm="${realm}"`)
  }
})

test.each([
  ['Bearer s3cret', 200],
  [`Basic ${btoa('ops:s3cret')}`, 200],
  ['Bearer s3cre', 401],
  ['Bearer s3cret2', 401],
  [`Basic ${btoa('s3cret:')}`, 401],
  ['s3cret', 401],
])('the credentials %s are answered %i', async (authorization, status) => {
  const { address } = await startApi({ token: 's3cret' })
  const answer = await ask(address, { path: '/flags', headers: { Authorization: authorization } })
  expect(answer.status).toBe(status)
})

test('what is nowhere is 404; a trailing slash and paths below an endpoint reach it', async () => {
  const { address } = await startApi()
  for (const path of ['/nothing', '/', '/master', '/api', '/scheduler(1)/state']) {
    expect((await ask(address, { path })).status, path).toBe(404)
  }
  for (const path of ['/version/', '/master/version/', '/version/below', '/version.json']) {
    expect((await ask(address, { path })).status, path).toBe(200)
  }
})

test('?jsonp= wraps the document, and takes nothing but the name of a function', async () => {
  const { address } = await startApi()
  const wrapped = await ask(address, { path: '/version?jsonp=show' })
  expect(wrapped.text).toMatch(/^show\(\{.*\}\);$/)
  expect((await ask(address, { path: '/version?jsonp=alert(1)//' })).status).toBe(400)
})

test('bytes that are not HTTP are answered 400 and the server lives on', async () => {
  const { address } = await startApi()
  const socket = connect(address.port, address.host)
  onTestFinished(() => void socket.destroy())
  socket.write('\x16\x03\x01garbage\r\n\r\n')
  const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
  expect(first.toString()).toMatch(/^HTTP\/1\.1 400 /)
  expect((await ask(address, { path: '/health' })).status).toBe(200)
})
