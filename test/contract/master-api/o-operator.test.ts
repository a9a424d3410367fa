// Group O: the operator API and its event stream. Numbers are the conformance scenarios'.

import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { ContentType } from '../../../src/mesos/codec.ts'
import type { MasterCallType, MasterEvent } from '../../../src/mesos/types.ts'
import { ask, EventStream, getJson, type HttpAddress, operatorCall, postMessage } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { aTaskInfo, Scheduler } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const encodings: readonly ContentType[] = ['application/json', 'application/x-protobuf']

function subscribe(address: HttpAddress, accept: ContentType = 'application/json'): Promise<EventStream<MasterEvent>> {
  const headers = { 'Content-Type': 'application/json', Accept: accept }
  const body = '{"type":"SUBSCRIBE"}'
  return EventStream.open(address, { method: 'POST', path: '/api/v1', headers, body }, 'mesos.v1.master.Event')
}

describe.each(encodings)('O01 in %s', (contentType) => {
  const questions: readonly MasterCallType[] = [
    'GET_HEALTH',
    'GET_FLAGS',
    'GET_VERSION',
    'GET_LOGGING_LEVEL',
    'GET_MASTER',
    'GET_STATE',
    'GET_AGENTS',
    'GET_FRAMEWORKS',
    'GET_EXECUTORS',
    'GET_TASKS',
    'GET_ROLES',
    'GET_OPERATIONS',
    'GET_WEIGHTS',
    'GET_QUOTA',
  ]

  test('every question is answered with its own type, exact content type and a length', async () => {
    const rack = await Rack.start()
    for (const type of questions) {
      const answer = await postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', { type }, { contentType })
      expect(answer.status, type).toBe(200)
      expect(answer.headers['content-type'], type).toBe(contentType)
      expect(Number(answer.headers['content-length']), type).toBe(answer.bytes.length)
      expect((await operatorCall(rack.http, { type }, contentType)).type).toBe(type)
    }
  })

  test('agents, frameworks, tasks and roles show what is there', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent({ attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }] })
    const framework = await rack.framework()
    await framework.run('t1')
    await framework.offer()
    const { get_state } = await operatorCall(rack.http, { type: 'GET_STATE' }, contentType)
    const shownAgent = {
      agent_info: { id: { value: agent.agentId }, hostname: agent.hostname, attributes: [{ name: 'rack' }] },
      active: true,
      version: '0.0.0',
      pid: 'slave(1)@127.0.0.1:5051',
      capabilities: expect.arrayContaining([{ type: 'MULTI_ROLE' }]),
    }
    expect(get_state?.get_agents?.agents).toMatchObject([shownAgent])
    const [total] = get_state?.get_agents?.agents?.map((it) => it.total_resources) ?? []
    expect(total).toContainEqual(expect.objectContaining({ name: 'cpus', scalar: { value: 4 }, role: '*' }))
    const shownFramework = {
      framework_info: { id: { value: framework.frameworkId }, name: 'test' },
      active: true,
      connected: true,
      recovered: false,
      offers: [{ agent_id: { value: agent.agentId }, allocation_info: { role: 'test' } }],
    }
    expect(get_state?.get_frameworks?.frameworks).toMatchObject([shownFramework])
    const shownTask = {
      task_id: { value: 't1' },
      state: 'TASK_RUNNING',
      status_update_state: 'TASK_RUNNING',
      agent_id: { value: agent.agentId },
      framework_id: { value: framework.frameworkId },
    }
    expect(get_state?.get_tasks?.tasks).toMatchObject([shownTask])
    const ask = (type: MasterCallType) => operatorCall(rack.http, { type }, contentType)
    expect((await ask('GET_AGENTS')).get_agents?.agents).toMatchObject([shownAgent])
    expect((await ask('GET_FRAMEWORKS')).get_frameworks?.frameworks).toMatchObject([shownFramework])
    expect((await ask('GET_TASKS')).get_tasks?.tasks).toMatchObject([shownTask])
    expect((await ask('GET_ROLES')).get_roles?.roles).toContainEqual(
      expect.objectContaining({ name: 'test', weight: 1, frameworks: [{ value: framework.frameworkId }] }),
    )
    expect((await ask('GET_MASTER')).get_master?.master_info?.id).toBe(rack.master.masterId)
  })

  test('GET_METRICS needs its body and gives numbers by name', async () => {
    const rack = await Rack.start()
    await rack.agent()
    const without = await postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', { type: 'GET_METRICS' })
    expect(without.status).toBe(400)
    const { get_metrics } = await operatorCall(rack.http, { type: 'GET_METRICS', get_metrics: {} }, contentType)
    expect(get_metrics?.metrics).toContainEqual({ name: 'master/slaves_active', value: 1 })
  })
})

test.each<[string, Record<string, unknown>, number]>([
  ['a call that Tepui does not have yet is 501 by name', { type: 'UPDATE_MAINTENANCE_SCHEDULE' }, 501],
  ['UNKNOWN is 501', { type: 'UNKNOWN' }, 501],
  ['no type is 400', {}, 400],
  ['a type that does not exist is 400', { type: 'GET_RICH' }, 400],
])('%s', async (_name, call, status) => {
  const rack = await Rack.start()
  const headers = { 'Content-Type': 'application/json' }
  const answer = await ask(rack.http, { method: 'POST', path: '/api/v1', headers, body: JSON.stringify(call) })
  expect(answer.status).toBe(status)
  expect(answer.text).toMatch(/^[^\n]+\n$/)
})

test('an Accept that cannot be met is 406; paths below /api/v1 and under /master are the same endpoint', async () => {
  const rack = await Rack.start()
  const headers = { 'Content-Type': 'application/json' }
  const body = '{"type":"GET_HEALTH"}'
  const post = (path: string, accept: string) =>
    ask(rack.http, { method: 'POST', path, headers: { ...headers, Accept: accept }, body })
  expect((await post('/api/v1', 'text/html')).status).toBe(406)
  for (const path of ['/api/v1/operator', '/master/api/v1', '/api/v1/']) {
    expect((await post(path, '*/*')).status, path).toBe(200)
  }
})

describe.each(encodings)('O02 SUBSCRIBE in %s', (contentType) => {
  test('SUBSCRIBED with the state, HEARTBEAT at once and on time, TASK_ADDED and TASK_UPDATED as a task runs', async () => {
    const rack = await Rack.start({ timers: { schedulerHeartbeatMs: 100 } })
    const agent = await rack.agent()
    const framework = await rack.framework()
    const stream = await subscribe(rack.http, contentType)
    expect(stream.headers['content-type']).toBe(contentType)
    expect(stream.headers['transfer-encoding']).toBe('chunked')
    expect(stream.headers['mesos-stream-id']).toBeUndefined()
    const { subscribed } = await stream.take('SUBSCRIBED')
    expect(subscribed?.heartbeat_interval_seconds).toBe(0.1)
    expect(subscribed?.get_state?.get_agents?.agents).toMatchObject([{ agent_info: { id: { value: agent.agentId } } }])
    for (let beats = 0; beats < 3; beats++) await stream.take('HEARTBEAT')
    expect(stream.all[1]?.type).toBe('HEARTBEAT')
    await framework.run('t1')
    const { task_added } = await stream.take('TASK_ADDED')
    expect(task_added?.task).toMatchObject({ task_id: { value: 't1' }, agent_id: { value: agent.agentId } })
    const running = await stream.take('TASK_UPDATED', (event) => event.task_updated?.state === 'TASK_RUNNING')
    expect(running.task_updated).toMatchObject({
      framework_id: { value: framework.frameworkId },
      status: { task_id: { value: 't1' }, state: 'TASK_RUNNING' },
    })
    agent.exit('t1')
    await stream.take('TASK_UPDATED', (event) => event.task_updated?.state === 'TASK_FINISHED')
    stream.cut()
  })
})

test('O03 agents and frameworks that come, change and go are events', async () => {
  const rack = await Rack.start()
  const stream = await subscribe(rack.http)
  await stream.take('SUBSCRIBED')
  const agent = await rack.agent()
  const { agent_added } = await stream.take('AGENT_ADDED')
  expect(agent_added?.agent.agent_info.id?.value).toBe(agent.agentId)
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  const { framework_added } = await stream.take('FRAMEWORK_ADDED')
  expect(framework_added?.framework.framework_info.id?.value).toBe(framework.frameworkId)
  const again = rack.adopt(await framework.again())
  await stream.take('FRAMEWORK_UPDATED')
  await again.send({ type: 'TEARDOWN' })
  const { framework_removed } = await stream.take('FRAMEWORK_REMOVED')
  expect(framework_removed?.framework_info.id?.value).toBe(framework.frameworkId)
  const before = agent.agentId
  await agent.restart({ everything: true })
  expect((await stream.take('AGENT_REMOVED')).agent_removed?.agent_id.value).toBe(before)
  stream.cut()
})

test('O06 more streams than their bound: the oldest is closed', async () => {
  const rack = await Rack.start({ timers: { operatorStreamsMax: 2 } })
  const streams: EventStream<MasterEvent>[] = []
  for (let count = 0; count < 3; count++) {
    const stream = await subscribe(rack.http)
    await stream.take('SUBSCRIBED')
    streams.push(stream)
  }
  await streams[0]?.ended()
  expect(streams.slice(1).map((stream) => stream.hasEnded)).toEqual([false, false])
  for (const stream of streams) stream.cut()
})

describe('O08 TEARDOWN by an operator', () => {
  test('ends tasks and stream, and completes the framework', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework()
    await framework.run('t1')
    const teardown = { framework_id: { value: framework.frameworkId } }
    const call = { type: 'TEARDOWN', teardown } as const
    const answer = await postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', call)
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBeUndefined()
    await framework.stream.ended()
    await until('the task is ended', () => !agent.isRunning('t1'))
    expect(await getJson(rack.http, '/frameworks')).toMatchObject({
      frameworks: [],
      completed_frameworks: [{ id: framework.frameworkId }],
    })
  })

  test('by the classic form: 200; 400 without an id and for an unknown one', async () => {
    const rack = await Rack.start()
    const framework = await rack.framework()
    const post = (body: string) => ask(rack.http, { method: 'POST', path: '/master/teardown', body })
    expect((await post('')).status).toBe(400)
    expect((await post('frameworkId=nobody')).status).toBe(400)
    expect((await post(`frameworkId=${framework.frameworkId}`)).status).toBe(200)
    await framework.stream.ended()
    expect((await ask(rack.http, { path: '/teardown' })).status).toBe(405)
  })

  test('works for a framework that is known from its agent only', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ info: { failover_timeout: 3600 } })
    await framework.run('t1')
    await rack.failover()
    await agent.restart()
    const teardown = { framework_id: { value: framework.frameworkId } }
    const call = { type: 'TEARDOWN', teardown } as const
    expect((await postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', call)).status).toBe(200)
    await until('the task is ended', () => !agent.isRunning('t1'))
    const back = await Scheduler.open(rack.http, { info: { id: { value: framework.frameworkId } } })
    await back.stream.take('ERROR')
  })

  test('a form posted by a page of another site is 403', async () => {
    const rack = await Rack.start()
    const framework = await rack.framework()
    const answer = await ask(rack.http, {
      method: 'POST',
      path: '/teardown',
      headers: { Origin: 'http://evil.example', 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `frameworkId=${framework.frameworkId}`,
    })
    expect(answer.status).toBe(403)
    expect((await framework.call({ type: 'REVIVE' })).status).toBe(202)
  })
})

test('an operator ends one task through /tepui/kill; 404 for a task that is not there', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  const post = (body: string) => ask(rack.http, { method: 'POST', path: '/tepui/kill', body })
  const kill = (task_id: unknown) => post(JSON.stringify({ framework_id: framework.frameworkId, task_id }))
  expect((await kill('ghost')).status).toBe(404)
  for (const answer of [await kill(1), await post('null'), await post('{'), await post('')]) {
    expect(answer.status).toBe(400)
  }
  expect((await kill('t1')).status).toBe(200)
  await framework.reaches('t1', 'TASK_KILLED')
  expect(agent.isRunning('t1')).toBe(false)
})

test('a stream whose reader stops reading is cut, and others are not harmed', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const body = '{"type":"SUBSCRIBE"}'
  const socket = connect(rack.http.port, rack.http.host)
  socket.write(
    `POST /api/v1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await new Promise((resolve) => socket.once('readable', resolve))
  const streams = async () => (await getJson(rack.http, '/metrics/snapshot'))['http/streams_operators']
  expect(await streams()).toBe(1)
  // Tasks with a megabyte of labels each make events of that size for a reader that never reads.
  const value = 'x'.repeat(900_000)
  for (let round = 0; (await streams()) === 1; round++) {
    expect(round).toBeLessThan(100)
    const offer = await framework.offer()
    const labels = { labels: [{ key: 'k', value }] }
    // The whole offer, so that what is offered next is the whole again.
    const { resources } = offer
    await framework.launch(offer, [aTaskInfo(offer, `t${round}`, { labels, resources })])
    await framework.acknowledge(await framework.reaches(`t${round}`, 'TASK_RUNNING'))
    rack.agents[0]?.exit(`t${round}`)
    await framework.acknowledge(await framework.reaches(`t${round}`, 'TASK_FINISHED'))
  }
  expect((await framework.call({ type: 'REVIVE' })).status).toBe(202)
  socket.destroy()
})
