// The classic endpoints (scenario O20), redirect and metrics.

import { expect, test } from 'vitest'
import { grantDocument, noGrant } from '../../../src/model/hardware.ts'
import { ask, getJson } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { amount, aTaskInfo, scalars } from '../../support/scheduler.ts'

type Shown = Record<string, unknown>

/** One agent with one running and one finished task of one framework, and an offer for the rest. */
async function aBusyRack() {
  const rack = await Rack.start()
  const agent = await rack.agent({
    resourceMessages: [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 4 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 4096 } },
      { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31000, end: 31005 }] } },
      {
        name: 'cpus',
        type: 'SCALAR',
        scalar: { value: 2 },
        reservations: [{ type: 'STATIC', role: 'kept' }],
      },
    ],
    attributes: [
      { name: 'rack', type: 'TEXT', text: { value: 'r1' } },
      { name: 'level', type: 'SCALAR', scalar: { value: 3 } },
    ],
  })
  const framework = await rack.framework({ info: { webui_url: 'http://ui', failover_timeout: 60 } })
  const offer = await framework.offer()
  await framework.launch(offer, [
    aTaskInfo(offer, 't1', {
      resources: scalars({ cpus: 1.5, mem: 64 }),
      labels: { labels: [{ key: 'a', value: 'b' }, { key: 'c' }] },
      discovery: { visibility: 'CLUSTER', name: 'web', ports: { ports: [{ number: 80, name: 'http' }] } },
    }),
    aTaskInfo(offer, 't2'),
  ])
  for (const id of ['t1', 't2']) await framework.acknowledge(await framework.reaches(id, 'TASK_RUNNING'))
  agent.exit('t2')
  await framework.acknowledge(await framework.reaches('t2', 'TASK_FINISHED'))
  // What was freed may come as an offer of its own: all of it is wanted in one.
  for (let offered = await framework.offer(); amount(offered.resources, 'cpus') !== 2.5; ) {
    await framework.decline(offered, 0)
    offered = await framework.offer()
  }
  return { rack, agent, framework }
}

test('/state has the shape that tools read: plain ids, float seconds, resource summaries', async () => {
  const { rack, agent, framework } = await aBusyRack()
  const state = await getJson(rack.http, '/master/state')
  const { port } = rack.http
  expect(state).toMatchObject({
    version: expect.stringMatching(/^1\.\d+\.\d+$/),
    id: rack.master.masterId,
    pid: `master@127.0.0.1:${port}`,
    leader: `master@127.0.0.1:${port}`,
    leader_info: { id: rack.master.masterId, port, hostname: 'localhost' },
    activated_slaves: 1,
    deactivated_slaves: 0,
    unreachable_slaves: 0,
    flags: {},
    recovered_slaves: [],
    completed_frameworks: [],
    orphan_tasks: [],
    unregistered_frameworks: [],
    start_time: expect.any(Number),
    elected_time: expect.any(Number),
  })
  expect(state.slaves).toEqual([
    {
      id: agent.agentId,
      hostname: agent.hostname,
      port: 5051,
      pid: 'slave(1)@127.0.0.1:5051',
      registered_time: expect.any(Number),
      resources: { cpus: 6, gpus: 0, mem: 4096, disk: 0, ports: '[31000-31005]' },
      used_resources: { cpus: 1.5, gpus: 0, mem: 64, disk: 0 },
      offered_resources: expect.objectContaining({ cpus: 2.5, mem: 4032 }),
      reserved_resources: { kept: { cpus: 2, gpus: 0, mem: 0, disk: 0 } },
      unreserved_resources: { cpus: 4, gpus: 0, mem: 4096, disk: 0, ports: '[31000-31005]' },
      attributes: { rack: 'r1', level: 3 },
      active: true,
      deactivated: false,
      version: '0.0.0',
      capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT', 'AGENT_DRAINING'],
      conditions: [],
      sick_machine: null,
    },
  ])
  expect(state.frameworks).toMatchObject([
    {
      id: framework.frameworkId,
      name: 'test',
      user: 'root',
      hostname: '',
      webui_url: 'http://ui',
      failover_timeout: 60,
      checkpoint: true,
      active: true,
      connected: true,
      recovered: false,
      registered_time: expect.any(Number),
      unregistered_time: 0,
      capabilities: ['MULTI_ROLE', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'],
      roles: ['test'],
      used_resources: { cpus: 1.5, mem: 64 },
      offered_resources: { cpus: 2.5 },
      unreachable_tasks: [],
      offers: [{ slave_id: agent.agentId, framework_id: framework.frameworkId, resources: { cpus: 2.5 } }],
      executors: [],
      completed_tasks: [{ id: 't2', state: 'TASK_FINISHED' }],
    },
  ])
  const [shown] = state.frameworks as { tasks: Shown[] }[]
  expect(shown?.tasks).toEqual([
    {
      id: 't1',
      name: 't1',
      framework_id: framework.frameworkId,
      executor_id: '',
      slave_id: agent.agentId,
      state: 'TASK_RUNNING',
      resources: { cpus: 1.5, gpus: 0, mem: 64, disk: 0 },
      role: 'test',
      statuses: [
        expect.objectContaining({ state: 'TASK_STARTING', timestamp: expect.any(Number) }),
        expect.objectContaining({
          state: 'TASK_RUNNING',
          container_status: expect.objectContaining({
            network_infos: [expect.objectContaining({ ip_addresses: [{ ip_address: '127.0.0.1', protocol: 'IPv4' }] })],
          }),
        }),
      ],
      labels: [{ key: 'a', value: 'b' }, { key: 'c' }],
      discovery: { visibility: 'CLUSTER', name: 'web', ports: { ports: [{ number: 80, name: 'http' }] } },
      grant: grantDocument(noGrant),
    },
  ])
})

test('/state-summary counts tasks by state, per framework and per slave', async () => {
  const { rack, agent, framework } = await aBusyRack()
  const summary = await getJson(rack.http, '/state-summary')
  const counts = { TASK_RUNNING: 1, TASK_FINISHED: 1, TASK_STAGING: 0, TASK_UNREACHABLE: 0 }
  expect(summary.hostname).toBe('localhost')
  expect(summary.frameworks).toMatchObject([{ id: framework.frameworkId, ...counts, slave_ids: [agent.agentId] }])
  expect(summary.slaves).toMatchObject([{ id: agent.agentId, ...counts, framework_ids: [framework.frameworkId] }])
})

test('O20 /slaves shows one or all, with resources in full', async () => {
  const { rack, agent } = await aBusyRack()
  const second = await rack.agent()
  expect(((await getJson(rack.http, '/slaves')).slaves as Shown[]).map((it) => it.id)).toEqual(
    expect.arrayContaining([agent.agentId, second.agentId]),
  )
  const one = await getJson(rack.http, `/slaves?slave_id=${agent.agentId}`)
  expect(one.slaves).toMatchObject([
    {
      id: agent.agentId,
      reserved_resources_full: {
        kept: [
          {
            name: 'cpus',
            type: 'SCALAR',
            scalar: { value: 2 },
            role: 'kept',
            reservations: [{ type: 'STATIC', role: 'kept' }],
          },
        ],
      },
    },
  ])
  expect(await getJson(rack.http, '/slaves?slave_id=nobody')).toEqual({
    slaves: [],
    recovered_slaves: [],
    unreachable_slaves: [],
  })
})

test('O20 /frameworks shows one or all', async () => {
  const { rack, framework } = await aBusyRack()
  const other = await rack.framework()
  const ids = async (path: string) => ((await getJson(rack.http, path)).frameworks as Shown[]).map((it) => it.id)
  expect(await ids('/frameworks')).toEqual([framework.frameworkId, other.frameworkId])
  expect(await ids(`/frameworks?framework_id=${other.frameworkId}`)).toEqual([other.frameworkId])
})

test('O20 /tasks pages and orders by the time of the first status, newest first', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  for (const id of ['t1', 't2', 't3']) await framework.run(id)
  const ids = async (query: string) =>
    ((await getJson(rack.http, `/tasks${query}`)).tasks as Shown[]).map((task) => task.id)
  expect(await ids('')).toEqual(['t3', 't2', 't1'])
  expect(await ids('?order=asc')).toEqual(['t1', 't2', 't3'])
  expect(await ids('?limit=1')).toEqual(['t3'])
  expect(await ids('?limit=1&offset=1')).toEqual(['t2'])
  expect(await ids('?task_id=t2')).toEqual(['t2'])
  expect(await ids(`?framework_id=${framework.frameworkId}&order=asc&limit=2`)).toEqual(['t1', 't2'])
  expect(await ids('?framework_id=nobody')).toEqual([])
  expect((await ask(rack.http, { path: '/tasks?limit=-1' })).status).toBe(400)
})

test('/roles shows who holds what in each role', async () => {
  const { rack, framework } = await aBusyRack()
  const { roles } = await getJson(rack.http, '/roles')
  expect(roles).toContainEqual(
    expect.objectContaining({
      name: 'test',
      weight: 1,
      frameworks: [framework.frameworkId],
      resources: expect.objectContaining({ cpus: 4 }),
      allocated: expect.objectContaining({ cpus: 1.5 }),
      offered: expect.objectContaining({ cpus: 2.5 }),
    }),
  )
})

test('/metrics/snapshot speaks Mesos names, /metrics Prometheus', async () => {
  const { rack } = await aBusyRack()
  const snapshot = await getJson(rack.http, '/metrics/snapshot')
  expect(snapshot).toMatchObject({
    'master/elected': 1,
    'master/slaves_active': 1,
    'master/slaves_connected': 1,
    'master/frameworks_active': 1,
    'master/outstanding_offers': 1,
    'master/tasks_running': 1,
    'master/tasks_finished': 1,
    'master/cpus_total': 6,
    'master/cpus_used': 1.5,
    'master/cpus_percent': 0.25,
    'master/uptime_secs': expect.any(Number),
    'system/cpus_total': expect.any(Number),
  })
  for (const [name, value] of Object.entries(snapshot)) expect(value, name).toEqual(expect.any(Number))
  const metrics = await ask(rack.http, { path: '/metrics' })
  expect(metrics.headers['content-type']).toMatch(/^text\/plain; version=/)
  expect(metrics.text).toMatch(/^tepui_master_tasks_running 1$/m)
  expect(metrics.text).toMatch(/^# TYPE tepui_master_tasks_finished_total counter$/m)
  expect(metrics.text).toMatch(/^process_resident_memory_bytes \d+/m)
})

test('/redirect is 307 to //host:port of the leader; below it is nothing', async () => {
  const rack = await Rack.start()
  for (const path of ['/redirect', '/master/redirect', '/redirect/']) {
    const answer = await ask(rack.http, { path })
    expect(answer.status, path).toBe(307)
    expect(answer.headers.location, path).toBe(`//localhost:${rack.http.port}`)
  }
  expect((await ask(rack.http, { path: '/redirect/below' })).status).toBe(404)
})

test('old names and what is only ever empty are answered; other methods are 405', async () => {
  const rack = await Rack.start()
  for (const path of [
    '/state.json',
    '/master/state.json',
    '/slaves.json',
    '/quota',
    '/weights',
    '/system/stats.json',
  ]) {
    expect((await ask(rack.http, { path })).status, path).toBe(200)
  }
  expect((await ask(rack.http, { path: '/state', method: 'HEAD' })).status).toBe(200)
  const post = await ask(rack.http, { path: '/state', method: 'POST', body: 'x' })
  expect(post.status).toBe(405)
  expect(post.headers.allow).toBe('GET')
  expect((await ask(rack.http, { path: '/state?jsonp=f' })).text).toMatch(/^f\(\{/)
})
