// Group U: UPDATE_FRAMEWORK. Numbers are the conformance scenarios'.

import { expect, test } from 'vitest'
import type { FrameworkInfo } from '../../../src/mesos/types.ts'
import { EventStream, operatorCall } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import type { Scheduler } from '../../support/scheduler.ts'

function update(framework: Scheduler, more: Partial<FrameworkInfo>, suppressed_roles: readonly string[] = []) {
  const framework_info = { ...framework.info, id: { value: framework.frameworkId }, ...more }
  return framework.call({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info, suppressed_roles } })
}

async function shownInfo(rack: Rack): Promise<FrameworkInfo | undefined> {
  const response = await operatorCall(rack.http, { type: 'GET_FRAMEWORKS' })
  return response.get_frameworks?.frameworks?.[0]?.framework_info
}

test.each<[string, Partial<FrameworkInfo>]>([
  ['user', { user: 'somebody' }],
  ['principal', { principal: 'somebody' }],
  ['checkpoint', { checkpoint: false }],
])('U01 a change of %s is 400 and changes nothing', async (_name, change) => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  const before = await shownInfo(rack)
  const answer = await update(framework, { ...change, name: 'renamed' })
  expect(answer.status).toBe(400)
  expect(answer.text).toMatch(/\S/)
  expect(await shownInfo(rack)).toEqual(before)
})

test('U02 every field that may change is changed: 200, GET_FRAMEWORKS and FRAMEWORK_UPDATED show it', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  const headers = { 'Content-Type': 'application/json' }
  const operator = await EventStream.open(
    rack.http,
    { method: 'POST', path: '/api/v1', headers, body: '{"type":"SUBSCRIBE"}' },
    'mesos.v1.master.Event',
  )
  await operator.take('SUBSCRIBED')
  const change = {
    name: 'renamed',
    roles: ['test', 'more'],
    hostname: 'h',
    webui_url: 'http://ui',
    failover_timeout: 77,
    labels: { labels: [{ key: 'a', value: 'b' }] },
    capabilities: [{ type: 'MULTI_ROLE' }, { type: 'GPU_RESOURCES' }],
  } as const
  const answer = await update(framework, change)
  expect(answer.status).toBe(200)
  expect(answer.headers['content-type']).toBeUndefined()
  expect(await shownInfo(rack)).toMatchObject(change)
  const { framework_updated } = await operator.take('FRAMEWORK_UPDATED')
  expect(framework_updated?.framework.framework_info).toMatchObject(change)
  operator.cut()
})

test('U03 an update that changes nothing is 200 and no event', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  const headers = { 'Content-Type': 'application/json' }
  const operator = await EventStream.open(
    rack.http,
    { method: 'POST', path: '/api/v1', headers, body: '{"type":"SUBSCRIBE"}' },
    'mesos.v1.master.Event',
  )
  await operator.take('SUBSCRIBED')
  expect((await update(framework, {})).status).toBe(200)
  // The next event there is shows that none came before.
  await framework.send({ type: 'TEARDOWN' })
  await operator.take('FRAMEWORK_REMOVED')
  expect(operator.all.map((event) => event.type)).not.toContain('FRAMEWORK_UPDATED')
  operator.cut()
})

test('U04 a framework without roles that adds one gets an offer for it', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework({ info: { roles: [] } })
  expect((await update(framework, { roles: ['late'] })).status).toBe(200)
  expect((await framework.offer()).allocation_info?.role).toBe('late')
})

test('U05 a framework that drops its roles loses the offers it holds', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  expect((await update(framework, { roles: [] })).status).toBe(200)
  expect((await framework.stream.take('RESCIND')).rescind?.offer_id.value).toBe(offer.id.value)
})

test('U06 a role that is added suppressed gets no offer', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework({ info: { roles: [] } })
  expect((await update(framework, { roles: ['late'] }, ['late'])).status).toBe(200)
  const other = await rack.framework()
  await other.offer()
  expect(framework.stream.pending('OFFERS')).toEqual([])
})

test('an update to invalid roles is 400', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  expect((await update(framework, { roles: ['a//b'] })).status).toBe(400)
})
