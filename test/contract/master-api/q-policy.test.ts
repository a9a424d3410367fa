// Weights, quotas and roles over HTTP (scenarios Q01-Q09), by the operator API in both encodings and by the classic
// endpoints. What they do to offers in detail: test/unit/master/cluster.

import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/master/cluster/timers.ts'
import type { ContentType } from '../../../src/mesos/codec.ts'
import type { MasterCall, QuotaConfig } from '../../../src/mesos/types.ts'
import { ask, getJson, operatorCall, postMessage } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { amount, aTaskInfo, scalars } from '../../support/scheduler.ts'

const encodings = ['application/json', 'application/x-protobuf'] as const

const json = (method: string, path: string, body?: unknown) => ({
  method,
  path,
  headers: { 'Content-Type': 'application/json' },
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
})

function call(rack: Rack, message: MasterCall, contentType: ContentType = 'application/json') {
  return postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', message, { contentType })
}

const updateQuota = (configs: readonly QuotaConfig[], force = false): MasterCall => ({
  type: 'UPDATE_QUOTA',
  update_quota: { force, quota_configs: configs },
})

async function quotaStatus(rack: Rack, contentType: ContentType = 'application/json') {
  return (await operatorCall(rack.http, { type: 'GET_QUOTA' }, contentType)).get_quota?.status
}

async function roleOf(rack: Rack, name: string) {
  const { roles } = (await getJson(rack.http, '/roles')) as { roles: Record<string, unknown>[] }
  return roles.find((role) => role.name === name)
}

describe.each(encodings)('in %s', (contentType) => {
  test('Q01 UPDATE_QUOTA of several roles with one that is wrong changes none; a good one is there after a failover', async () => {
    const rack = await Rack.start()
    await rack.agent()
    const good = { role: 'a', guarantees: { cpus: { value: 1 } }, limits: { cpus: { value: 2 }, mem: { value: 64 } } }
    const wrong = { role: 'b', guarantees: { cpus: { value: 2 } }, limits: { cpus: { value: 1 } } }
    expect((await call(rack, updateQuota([good, wrong]), contentType)).status).toBe(400)
    expect(await quotaStatus(rack, contentType)).toEqual({})
    const answer = await call(rack, updateQuota([good]), contentType)
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, '', undefined])
    await rack.failover()
    expect(await quotaStatus(rack, contentType)).toMatchObject({
      infos: [{ role: 'a', guarantee: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }] }],
      configs: [good],
    })
  })

  test('Q07 weights are all or nothing, and last', async () => {
    const rack = await Rack.start()
    const weights = (...weight_infos: { role?: string; weight: number }[]): MasterCall => ({
      type: 'UPDATE_WEIGHTS',
      update_weights: { weight_infos },
    })
    for (const wrong of [
      { role: 'b', weight: 0 },
      { role: 'b', weight: -2 },
      { weight: 2 },
      { role: 'a//b', weight: 1 },
    ]) {
      expect((await call(rack, weights({ role: 'a', weight: 2 }, wrong), contentType)).status).toBe(400)
    }
    const listed = async () => (await operatorCall(rack.http, { type: 'GET_WEIGHTS' }, contentType)).get_weights
    expect(await listed()).toEqual({})
    expect((await call(rack, weights({ role: 'a', weight: 2.5 }), contentType)).status).toBe(200)
    await rack.failover()
    expect(await listed()).toEqual({ weight_infos: [{ role: 'a', weight: 2.5 }] })
  })

  test('Q05 the older calls SET_QUOTA and REMOVE_QUOTA', async () => {
    const rack = await Rack.start()
    await rack.agent({ resources: { cpus: 4, mem: 4096 } })
    const set = (cpus: number, force = false): MasterCall => ({
      type: 'SET_QUOTA',
      set_quota: { quota_request: { role: 'a', force, guarantee: scalars({ cpus }) } },
    })
    const remove: MasterCall = { type: 'REMOVE_QUOTA', remove_quota: { role: 'a' } }
    const statuses: number[] = []
    for (const message of [set(5), set(5, true), set(1), remove, remove]) {
      statuses.push((await call(rack, message, contentType)).status)
    }
    expect(statuses).toEqual([409, 200, 400, 200, 400])
  })

  test('Q04 a guarantee takes back an offer that another holds', async () => {
    const rack = await Rack.start()
    await rack.agent()
    const hoarder = await rack.framework({ info: { roles: ['b'] }, contentType })
    const offer = await hoarder.offer()
    const framework = await rack.framework({ info: { roles: ['a'] }, contentType })
    expect(
      (await call(rack, updateQuota([{ role: 'a', guarantees: { cpus: { value: 1 } } }]), contentType)).status,
    ).toBe(200)
    expect((await hoarder.stream.take('RESCIND')).rescind?.offer_id).toEqual(offer.id)
    expect(amount((await framework.offer()).resources, 'cpus')).toBeGreaterThanOrEqual(1)
  })
})

test('Q05 POST, GET and DELETE of /quota', async () => {
  const rack = await Rack.start()
  await rack.agent({ resources: { cpus: 4, mem: 4096 } })
  const quota = { role: 'a', guarantee: scalars({ cpus: 1, mem: 512 }) }
  expect(await getJson(rack.http, '/quota')).toEqual({})
  expect((await ask(rack.http, json('POST', '/quota', quota))).status).toBe(200)
  expect((await ask(rack.http, json('POST', '/master/quota', quota))).status).toBe(400)
  expect(
    (await ask(rack.http, json('POST', '/quota', { ...quota, role: 'b', guarantee: scalars({ cpus: 4 }) }))).status,
  ).toBe(409)
  expect((await ask(rack.http, json('POST', '/quota', { ...quota, role: 'a/b' }))).status).toBe(400)
  expect(await getJson(rack.http, '/quota')).toMatchObject({
    infos: [
      {
        role: 'a',
        guarantee: [
          { name: 'cpus', scalar: { value: 1 } },
          { name: 'mem', scalar: { value: 512 } },
        ],
      },
    ],
    configs: [{ role: 'a', limits: { cpus: { value: 1 }, mem: { value: 512 } } }],
  })
  expect((await ask(rack.http, json('DELETE', '/quota/a'))).status).toBe(200)
  expect((await ask(rack.http, json('DELETE', '/quota/a'))).status).toBe(400)
  expect((await ask(rack.http, json('DELETE', '/quota'))).status).toBe(400)
  expect(await getJson(rack.http, '/quota')).toEqual({})
  const wrong = await ask(rack.http, json('PUT', '/quota', quota))
  expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET, POST, DELETE'])
})

test.each<[string, unknown]>([
  ['nothing', ''],
  ['no JSON', '{'],
  ['no role', { guarantee: scalars({ cpus: 1 }) }],
  ['no guarantee', { role: 'a' }],
  [
    'what is no amount',
    { role: 'a', guarantee: [{ name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 2 }] } }] },
  ],
  ['what is reserved', { role: 'a', guarantee: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, role: 'b' }] }],
  [
    'what is revocable',
    { role: 'a', guarantee: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, revocable: {} }] },
  ],
  ['one resource twice', { role: 'a', guarantee: [...scalars({ cpus: 1 }), ...scalars({ cpus: 1 })] }],
])('POST /quota with %s is 400', async (_claim, body) => {
  const rack = await Rack.start()
  const answer = await ask(rack.http, json('POST', '/quota', body))
  expect(answer.status).toBe(400)
  expect(answer.text).toMatch(/^[^\n]+\n$/)
})

test('Q07 PUT and GET of /weights', async () => {
  const rack = await Rack.start({ timers: { policy: { ...defaultPolicy, roles: new Set(['a', 'b']) } } })
  const put = async (body: unknown) => (await ask(rack.http, json('PUT', '/weights', body))).status
  const bad = [
    [{ role: 'a', weight: 0 }],
    [{ role: 'a', weight: 'heavy' }],
    [{ role: 'a' }],
    [{ weight: 1 }],
    [
      { role: 'a', weight: 1 },
      { role: 'stranger', weight: 1 },
    ],
    { role: 'a', weight: 1 },
    [7],
    '[',
  ]
  for (const body of bad) expect([body, await put(body)]).toEqual([body, 400])
  expect(JSON.parse((await ask(rack.http, { path: '/weights' })).text)).toEqual([])
  expect(
    await put([
      { role: 'a', weight: 2 },
      { role: '*', weight: 1.5 },
    ]),
  ).toBe(200)
  expect(JSON.parse((await ask(rack.http, { path: '/weights' })).text)).toEqual([
    { weight: 2, role: 'a' },
    { weight: 1.5, role: '*' },
  ])
})

test('Q08 /roles and GET_ROLES list roles known only by weight, quota or reservation, and those above them', async () => {
  const rack = await Rack.start()
  await rack.agent({
    resourceMessages: [
      ...scalars({ mem: 64 }),
      { name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, reservations: [{ type: 'STATIC', role: 'kept/deep' }] },
    ],
  })
  await call(rack, updateQuota([{ role: 'limited', limits: { cpus: { value: 1 } } }]))
  await call(rack, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos: [{ role: 'heavy', weight: 3 }] } })
  const names = ['*', 'heavy', 'kept', 'kept/deep', 'limited']
  const { roles } = (await getJson(rack.http, '/roles')) as { roles: { name: string }[] }
  expect(roles.map(({ name }) => name)).toEqual(names)
  const { get_roles } = await operatorCall(rack.http, { type: 'GET_ROLES' })
  expect(get_roles?.roles?.map(({ name, weight }) => [name, weight])).toEqual(
    names.map((name) => [name, name === 'heavy' ? 3 : 1]),
  )
  expect(await roleOf(rack, 'kept')).toMatchObject({ frameworks: [], reserved: { cpus: 2 }, allocated: { cpus: 0 } })
  expect(await roleOf(rack, 'limited')).toMatchObject({
    weight: 1,
    quota: { role: 'limited', guarantee: {}, limit: { cpus: 1 }, consumed: {} },
  })
})

test('Q09 /roles shows as consumed what is allocated and what is reserved', async () => {
  const rack = await Rack.start()
  await rack.agent({
    resourceMessages: [
      ...scalars({ cpus: 4, mem: 4096 }),
      { name: 'disk', type: 'SCALAR', scalar: { value: 100 }, reservations: [{ type: 'STATIC', role: 'a' }] },
    ],
  })
  const framework = await rack.framework({ info: { roles: ['a'] } })
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't', { resources: scalars({ cpus: 1, mem: 512 }) })], 3600)
  await framework.acknowledge(await framework.reaches('t', 'TASK_RUNNING'))
  expect(await roleOf(rack, 'a')).toMatchObject({
    frameworks: [framework.frameworkId],
    resources: { cpus: 1, mem: 512 },
    allocated: { cpus: 1, mem: 512, disk: 0 },
    offered: { cpus: 0 },
    reserved: { disk: 100 },
    quota: { consumed: { cpus: 1, mem: 512, disk: 100 } },
    share: expect.any(Number),
  })
  expect((await call(rack, updateQuota([{ role: 'a', limits: { mem: { value: 511 } } }]))).status).toBe(400)
  expect((await call(rack, updateQuota([{ role: 'a', limits: { mem: { value: 511 } } }], true))).status).toBe(200)
})

test('roles, quotas and rounds of offers are in both forms of the metrics, whatever roles are called', async () => {
  const rack = await Rack.start()
  await rack.agent({ resources: { cpus: 4, mem: 4096 } })
  const quotas = ['a-b', 'a_b', 'a"b'].map((role) => ({ role, limits: { cpus: { value: 1 } } }))
  expect((await call(rack, updateQuota(quotas))).status).toBe(200)
  const framework = await rack.framework({ info: { roles: ['a-b'] } })
  await framework.offer()
  expect(await getJson(rack.http, '/metrics/snapshot')).toMatchObject({
    'allocator/mesos/allocation_runs': expect.any(Number),
    'allocator/mesos/allocation_run_ms/p99': expect.any(Number),
    'allocator/mesos/quota/roles/a-b/resources/cpus/limit': 1,
    'allocator/mesos/quota/roles/a-b/resources/cpus/offered_or_allocated': 1,
    'allocator/mesos/roles/a-b/shares/dominant': 1,
    'allocator/mesos/resources/cpus/total': 4,
    'allocator/mesos/resources/cpus/offered_or_allocated': 1,
  })
  const { text } = await ask(rack.http, { path: '/metrics' })
  expect(text).toContain('tepui_allocator_mesos_quota_limit{role="a-b",resource="cpus"} 1')
  expect(text).toContain('tepui_allocator_mesos_quota_limit{role="a_b",resource="cpus"} 1')
})
