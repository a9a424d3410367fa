// The agent's HTTP API over real sockets: routing, the order of refusals, documents, messages in both encodings.

import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAgentApi, requestBodyMaxBytes } from '../../../src/agent/api/api.ts'
import { decode, encode } from '../../../src/mesos/codec.ts'
import { grantDocument } from '../../../src/model/hardware.ts'
import type { TaskId } from '../../../src/model/ids.ts'
import { aRunView, frameworkId, openAgentApi, someFacts, type TestAgentApi } from '../../support/agent-api.ts'
import { grantOfGpus } from '../../support/hardware.ts'

let agent: TestAgentApi

beforeEach(async () => {
  agent = await openAgentApi()
})

afterEach(() => agent.close())

const json = { 'Content-Type': 'application/json' }

function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = json,
): Promise<Response> {
  return fetch(`${agent.url}${path}`, { method: 'POST', headers, body })
}

async function ask(body: object): Promise<Record<string, unknown>> {
  const answer = await post('/api/v1', JSON.stringify(body))
  expect(answer.status).toBe(200)
  return (await answer.json()) as Record<string, unknown>
}

describe('routing', () => {
  test.each(['/state', '/state/', '/state.json', '/slave(1)/state', '/slave%281%29/state', '/state?jsonp='])(
    '%s is the state',
    async (path) => {
      const answer = await fetch(`${agent.url}${path}`)
      if (path.endsWith('jsonp=')) expect(answer.status).toBe(400)
      else expect(await answer.json()).toMatchObject({ id: 'm-S1' })
    },
  )

  test.each(['/api/v1', '/api/v1/', '/api/v1/operator', '/slave(1)/api/v1'])('%s takes calls', async (path) => {
    const answer = await post(path, '{"type":"GET_HEALTH"}')
    expect(await answer.json()).toEqual({ type: 'GET_HEALTH', get_health: { healthy: true } })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('content-length')).not.toBeNull()
  })

  test('what is nowhere is 404, and what Mesos has and we do not is 501', async () => {
    expect((await fetch(`${agent.url}/nowhere`)).status).toBe(404)
    expect((await post('/api/v1/executor', '{}')).status).toBe(501)
    expect((await post('/api/v1/resource_provider', '{}')).status).toBe(501)
  })

  test('health is empty, without a content type', async () => {
    const answer = await fetch(`${agent.url}/health`)
    expect([answer.status, await answer.text(), answer.headers.get('content-type')]).toEqual([200, '', null])
  })
})

describe('refusals, in the order in which Mesos checks', () => {
  test.each<[string, string, RequestInit, number]>([
    ['a call by GET', '/api/v1', { method: 'GET' }, 405],
    ['a call by HEAD', '/api/v1', { method: 'HEAD' }, 405],
    ['the state by POST', '/state', { method: 'POST' }, 405],
    ['no content type', '/api/v1', { method: 'POST' }, 400],
    ['another content type', '/api/v1', { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body: '<a/>' }, 415],
    ['bad JSON', '/api/v1', { method: 'POST', headers: json, body: '{' }, 400],
    ['no type', '/api/v1', { method: 'POST', headers: json, body: '{}' }, 400],
    ['an unknown type', '/api/v1', { method: 'POST', headers: json, body: '{"type":"NO_SUCH_CALL"}' }, 400],
    ['a missing part', '/api/v1', { method: 'POST', headers: json, body: '{"type":"READ_FILE"}' }, 400],
    [
      'no acceptable answer',
      '/api/v1',
      { method: 'POST', headers: { ...json, Accept: 'text/html' }, body: '{"type":"GET_HEALTH"}' },
      406,
    ],
    [
      'no acceptable answer to an invalid message',
      '/api/v1',
      { method: 'POST', headers: { ...json, Accept: 'text/html' }, body: '{}' },
      400,
    ],
    ['a call of later', '/api/v1', { method: 'POST', headers: json, body: '{"type":"PRUNE_IMAGES"}' }, 501],
    [
      'bad protobuf',
      '/api/v1',
      { method: 'POST', headers: { 'Content-Type': 'application/x-protobuf' }, body: 'garbage' },
      400,
    ],
  ])('%s', async (_, path, init, status) => {
    const answer = await fetch(`${agent.url}${path}`, init)
    expect(answer.status).toBe(status)
    if (status === 405) expect(answer.headers.get('allow')).toBe(path === '/state' ? 'GET' : 'POST')
  })

  test('while the agent starts, everything but health, version and flags is 503', async () => {
    agent.facts = null
    const statuses = await Promise.all(
      ['/state', '/metrics/snapshot', '/metrics', '/files/debug', '/health', '/version', '/flags'].map(async (path) => {
        return [path, (await fetch(`${agent.url}${path}`)).status]
      }),
    )
    expect(Object.fromEntries(statuses)).toEqual({
      '/state': 503,
      '/metrics/snapshot': 503,
      '/metrics': 503,
      '/files/debug': 503,
      '/health': 200,
      '/version': 200,
      '/flags': 200,
    })
    expect((await post('/api/v1', '{"type":"GET_HEALTH"}')).status).toBe(503)
  })

  test('a body over the bound is 413, and the API goes on', async () => {
    expect((await post('/api/v1', 'x'.repeat(requestBodyMaxBytes + 1))).status).toBe(413)
    expect((await post('/api/v1', '{"type":"GET_HEALTH"}')).status).toBe(200)
  })

  test('what is not HTTP is answered and cut, and the API goes on', async () => {
    const { port } = agent.api.address
    const said = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.write('\x16\x03\x01 this is not HTTP\r\n\r\n'))
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('close', () => resolve(text))
    })
    expect(said).toContain('400')
    expect((await fetch(`${agent.url}/health`)).status).toBe(200)
  })
})

describe('what it tells', () => {
  test('the state shows the task in the executor that it appears to have, with its sandbox', async () => {
    const state = (await (await fetch(`${agent.url}/state`)).json()) as Record<string, unknown>
    expect(state).toMatchObject({
      id: 'm-S1',
      pid: 'slave(1)@127.0.0.1:5051',
      hostname: 'host-1',
      start_time: 5,
      resources: { cpus: 4, mem: 1024 },
      reserved_resources: { db: { mem: 1024 } },
      unreserved_resources: { cpus: 4 },
      attributes: { rack: 'r1' },
      completed_frameworks: [],
      frameworks: [
        {
          id: frameworkId,
          name: 'demo',
          user: 'root',
          executors: [
            {
              id: 't1',
              source: 't1',
              container: 'c1',
              directory: agent.sandbox,
              queued_tasks: [],
              completed_tasks: [],
              tasks: [
                {
                  id: 't1',
                  name: 'web',
                  executor_id: '',
                  slave_id: 'm-S1',
                  state: 'TASK_RUNNING',
                  role: 'web',
                  resources: { cpus: 1.5 },
                  statuses: [{ state: 'TASK_RUNNING', timestamp: 12.5 }],
                  labels: [{ key: 'tier', value: 'front' }],
                  grant: grantDocument(grantOfGpus(['GPU-1'])),
                },
              ],
            },
          ],
        },
      ],
    })
  })

  test('GET_STATE sorts tasks by how far they are', async () => {
    agent.facts = someFacts([
      aRunView(),
      aRunView({ taskId: 't2' as TaskId, phase: 'starting', pid: null, statuses: [], latestState: 'TASK_STAGING' }),
      aRunView({ taskId: 't3' as TaskId, phase: 'ended', pid: null, latestState: 'TASK_FINISHED' }),
    ])
    const { get_state } = (await ask({ type: 'GET_STATE' })) as {
      get_state: { get_tasks: Record<string, unknown[]>; get_executors: { executors: unknown[] } }
    }
    expect(Object.keys(get_state.get_tasks).sort()).toEqual(['launched_tasks', 'queued_tasks', 'terminated_tasks'])
    expect(get_state.get_tasks.launched_tasks).toMatchObject([
      { name: 'web', state: 'TASK_RUNNING', status_update_state: 'TASK_RUNNING', agent_id: { value: 'm-S1' } },
    ])
    expect(get_state.get_executors.executors).toHaveLength(2)
  })

  test.each([
    ['GET_VERSION', 'get_version', { version_info: { version: expect.stringMatching(/^1\./) } }],
    ['GET_FLAGS', 'get_flags', { flags: [{ name: 'work_dir', value: expect.any(String) }] }],
    ['GET_AGENT', 'get_agent', { agent_info: { hostname: 'host-1', port: 5051, id: { value: 'm-S1' } } }],
    ['GET_FRAMEWORKS', 'get_frameworks', { frameworks: [{ framework_info: { name: 'demo' } }] }],
    ['GET_EXECUTORS', 'get_executors', { executors: [{ executor_info: { executor_id: { value: 't1' } } }] }],
    [
      'GET_CONTAINERS',
      'get_containers',
      { containers: [{ container_id: { value: 'c1' }, container_status: { executor_pid: 4242 } }] },
    ],
  ])('%s', async (type, field, answer) => {
    expect(await ask({ type })).toMatchObject({ type, [field]: answer })
  })

  test('both encodings tell the same', async () => {
    const call = encode('application/x-protobuf', 'mesos.v1.agent.Call', { type: 'GET_TASKS' })
    const answer = await post('/api/v1', Buffer.from(call), {
      'Content-Type': 'application/x-protobuf',
      Accept: 'application/x-protobuf',
    })
    expect(answer.headers.get('content-type')).toBe('application/x-protobuf')
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const decoded = decode('application/x-protobuf', 'mesos.v1.agent.Response', bytes)
    expect(decoded.ok && decoded.value.get_tasks?.launched_tasks?.[0]).toMatchObject({
      name: 'web',
      task_id: { value: 't1' },
      status_update_uuid: Uint8Array.from({ length: 16 }, (_, i) => i),
    })
  })

  test('metrics in both forms', async () => {
    const snapshot = (await (await fetch(`${agent.url}/metrics/snapshot?timeout=5secs`)).json()) as object
    expect(snapshot).toMatchObject({
      'slave/tasks_finished': 3,
      'slave/tasks_running': 1,
      'slave/cpus_total': 4,
      'slave/cpus_used': 1.5,
      'slave/registered': 1,
    })
    expect(Object.keys(snapshot)).toEqual(Object.keys(snapshot).sort())
    const { get_metrics } = (await ask({ type: 'GET_METRICS', get_metrics: {} })) as {
      get_metrics: { metrics: { name: string; value: number }[] }
    }
    expect(get_metrics.metrics).toContainEqual({ name: 'slave/cpus_used', value: 1.5 })
    const text = await (await fetch(`${agent.url}/metrics`)).text()
    expect(text).toContain('tepui_slave_tasks_finished_total 3')
    expect(text).toContain('process_cpu_seconds_total')
  })

  test('a document wraps itself in the function that a page names, and in nothing else', async () => {
    expect(await (await fetch(`${agent.url}/version?jsonp=a.b`)).text()).toMatch(/^a\.b\(\{.*\}\);$/)
    expect((await fetch(`${agent.url}/version?jsonp=alert(1)//`)).status).toBe(400)
  })
})

describe('protection', () => {
  const options = (over: object) => ({
    host: '127.0.0.1',
    port: 0,
    flagName: '--agent-port',
    token: null,
    version: '0.1.0',
    flags: {},
    nowMs: () => 0,
    view: { running: () => null, sandbox: () => '/nowhere', volume: () => '/nowhere', sandboxes: '/nowhere' },
    ...over,
  })

  test('beyond loopback it listens only with a token', async () => {
    const refused = await createAgentApi(options({ host: '0.0.0.0' }))
    expect(refused).toMatchObject({ ok: false, fault: { code: 'NET_UNPROTECTED' } })
    const taken = await createAgentApi(options({ host: '0.0.0.0', token: 'secret' }))
    expect(taken.ok).toBe(true)
    if (taken.ok) await taken.value.close()
  })

  test('a port in use is named with the flag that changes it', async () => {
    const { port } = agent.api.address
    const second = await createAgentApi(options({ port }))
    expect(second).toMatchObject({ ok: false, fault: { code: 'NET_ADDRESS_IN_USE' } })
    expect(second.ok ? '' : second.fault.message).toContain(`${port}`)
    expect(second.ok ? '' : second.fault.message).toContain('--agent-port')
  })

  test('an address that is not ours is a fault', async () => {
    const fault = await createAgentApi(options({ host: '203.0.113.7', token: 'secret' }))
    expect(fault).toMatchObject({ ok: false, fault: { code: 'USAGE' } })
  })

  test('with a token, only who shows it gets in; health and version are for all', async () => {
    const guarded = await openAgentApi({ token: 'secret' })
    const status = async (path: string, authorization?: string) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization }
      return (await fetch(`${guarded.url}${path}`, { headers })).status
    }
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
    expect(await status('/state')).toBe(401)
    expect(await status('/state', 'Bearer wrong')).toBe(401)
    expect(await status('/state', basic('secret:'))).toBe(401)
    expect(await status('/state', 'Bearer secret')).toBe(200)
    expect(await status('/state', basic('anybody:secret'))).toBe(200)
    expect(await status('/files/debug')).toBe(401)
    expect(await status('/api/v1')).toBe(401)
    expect(await status('/health')).toBe(200)
    expect(await status('/version')).toBe(200)
    const refused = await fetch(`${guarded.url}/slave(1)/state`)
    expect(refused.headers.get('www-authenticate')).toBe('Basic realm="mesos-agent-readonly"')
    await guarded.close()
  })
})
