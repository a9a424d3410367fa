// Group C: scheduler calls and events. Numbers are the conformance scenarios'.

import { describe, expect, test } from 'vitest'
import type { ContentType } from '../../../src/mesos/codec.ts'
import { getJson } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { amount, aTaskInfo, plainFramework, Scheduler, scalars } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const encodings: readonly ContentType[] = ['application/json', 'application/x-protobuf']

describe.each(encodings)('in %s', (contentType) => {
  test('a task is offered for, launched, RUNNING with uuid, acknowledged, FINISHED, and then forgotten', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ contentType })
    const offer = await framework.offer()
    expect(offer).toMatchObject({
      agent_id: { value: agent.agentId },
      framework_id: { value: framework.frameworkId },
      hostname: agent.hostname,
      allocation_info: { role: 'test' },
      url: { scheme: 'http', path: '/slave(1)', address: { ip: '127.0.0.1', port: 5051 } },
    })
    expect(amount(offer.resources, 'cpus')).toBe(4)
    expect(offer.resources?.every((it) => it.allocation_info?.role === 'test')).toBe(true)
    await framework.launch(offer, [aTaskInfo(offer, 't1')])
    const starting = await framework.status('t1')
    expect(starting.state).toBe('TASK_STARTING')
    expect(starting.uuid).toHaveLength(16)
    expect(starting.agent_id?.value).toBe(agent.agentId)
    await framework.acknowledge(starting)
    const running = await framework.status('t1')
    expect(running).toMatchObject({ state: 'TASK_RUNNING', source: 'SOURCE_EXECUTOR' })
    await framework.acknowledge(running)
    agent.exit('t1')
    const finished = await framework.status('t1')
    expect(finished.state).toBe('TASK_FINISHED')
    await framework.acknowledge(finished)
    await until('the task is completed', async () => {
      const state = await getJson(rack.http, '/state')
      const [shown] = state.frameworks as { tasks: unknown[]; completed_tasks: { id: string; state: string }[] }[]
      return shown?.tasks.length === 0 && shown.completed_tasks[0]?.state === 'TASK_FINISHED'
    })
  })

  test('C03 RECONCILE of a running task is answered RUNNING, REASON_RECONCILIATION, without uuid', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ contentType })
    await framework.run('t1')
    await framework.reconcile([{ taskId: 't1', agentId: agent.agentId }])
    const status = await framework.status('t1')
    expect(status).toMatchObject({
      state: 'TASK_RUNNING',
      reason: 'REASON_RECONCILIATION',
      source: 'SOURCE_MASTER',
      agent_id: { value: agent.agentId },
    })
    expect(status.uuid).toBeUndefined()
  })

  test('KILL ends the task, KILLED', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ contentType })
    await framework.run('t1')
    await framework.send({ type: 'KILL', kill: { task_id: { value: 't1' } } })
    expect(await framework.reaches('t1', 'TASK_KILLED')).toMatchObject({ agent_id: { value: agent.agentId } })
    expect(agent.isRunning('t1')).toBe(false)
  })
})

test('C06 DECLINE with refuse 0 brings the same resources at the next allocation', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const first = await framework.offer()
  await framework.decline(first, 0)
  const second = await framework.offer()
  expect(second.id.value).not.toBe(first.id.value)
  expect(amount(second.resources, 'cpus')).toBe(amount(first.resources, 'cpus'))
})

test('C07 DECLINE for an hour, then REVIVE, brings the offer again', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  await framework.decline(await framework.offer(), 3600)
  // Another framework gets what was refused: several allocations have passed when it has.
  const other = await rack.framework()
  await other.decline(await other.offer(), 3600)
  expect(framework.stream.pending('OFFERS')).toEqual([])
  await framework.send({ type: 'REVIVE' })
  expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
})

test('C08 SUPPRESS keeps offers away until REVIVE', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.send({ type: 'SUPPRESS' })
  await framework.decline(offer, 0)
  const other = await rack.framework()
  await other.decline(await other.offer(), 3600)
  expect(framework.stream.pending('OFFERS')).toEqual([])
  await framework.send({ type: 'REVIVE' })
  expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
})

test('C10 a framework that suppresses all its roles when it subscribes gets no offer', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const quiet = await rack.framework({ suppressed_roles: ['test'] })
  const other = await rack.framework()
  await other.decline(await other.offer(), 0)
  await other.offer()
  expect(quiet.stream.pending('OFFERS')).toEqual([])
})

test('C12 REQUEST is 202 and changes nothing', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  await framework.send({ type: 'REQUEST', request: { requests: [{ resources: scalars({ cpus: 1 }) }] } })
  expect((await framework.call({ type: 'REVIVE' })).status).toBe(202)
})

test('C15 two agents are offered as two agents', async () => {
  const rack = await Rack.start()
  const agents = [await rack.agent(), await rack.agent()]
  const framework = await rack.framework()
  const offers = [await framework.offer(), await framework.offer()]
  expect(new Set(offers.map((offer) => offer.agent_id.value))).toEqual(new Set(agents.map((agent) => agent.agentId)))
})

test('C16 what a framework held that leaves is offered to another', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const first = await rack.framework()
  await first.offer()
  const second = await rack.framework()
  first.disconnect()
  expect(amount((await second.offer()).resources, 'cpus')).toBe(4)
})

test('C17 what a launch leaves of an offer is offered again', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't1', { resources: scalars({ cpus: 1, mem: 96 }) })])
  const rest = await framework.offer()
  expect(amount(rest.resources, 'cpus')).toBe(3)
  expect(amount(rest.resources, 'mem')).toBe(4000)
})

test('C18 an invalid task is TASK_ERROR and all of the offer comes again', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't1', { resources: [] })])
  expect(await framework.status('t1')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
  expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
})

test.each([
  ['of a partition-aware framework is DROPPED', {}, 'TASK_DROPPED'],
  ['of another is LOST', plainFramework, 'TASK_LOST'],
])('C20 a launch on the offers of two agents %s, and both offers come back', async (_name, info, state) => {
  const rack = await Rack.start()
  await rack.agent()
  await rack.agent()
  const framework = await rack.framework({ info })
  const offers = [await framework.offer(), await framework.offer()] as const
  await framework.accept(offers, [{ type: 'LAUNCH', launch: { task_infos: [aTaskInfo(offers[0], 't1')] } }])
  const status = await framework.status('t1')
  expect(status).toMatchObject({ state, reason: 'REASON_INVALID_OFFERS', source: 'SOURCE_MASTER' })
  expect(status.uuid).toBeUndefined()
  await framework.offer((offer) => offer.agent_id.value === offers[0].agent_id.value)
  await framework.offer((offer) => offer.agent_id.value === offers[1].agent_id.value)
})

test('an offer that was used, and one of nobody, are invalid', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.decline(offer, 3600)
  await framework.launch(offer, [aTaskInfo(offer, 't1')])
  expect((await framework.status('t1')).reason).toBe('REASON_INVALID_OFFERS')
  await framework.launch({ ...offer, id: { value: 'nobody-O1' } }, [aTaskInfo(offer, 't2')])
  expect((await framework.status('t2')).reason).toBe('REASON_INVALID_OFFERS')
})

test('the offer of another framework is invalid, and stays with that framework', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const owner = await rack.framework()
  const offer = await owner.offer()
  const thief = await rack.framework()
  await thief.launch(offer, [aTaskInfo(offer, 't1')])
  expect((await thief.status('t1')).reason).toBe('REASON_INVALID_OFFERS')
  await owner.launch(offer, [aTaskInfo(offer, 't1')])
  expect((await owner.reaches('t1', 'TASK_RUNNING')).state).toBe('TASK_RUNNING')
})

test('C23 an offer older than the offer timeout is rescinded and comes anew', async () => {
  const rack = await Rack.start({ timers: { offerTimeoutMs: 100 } })
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  const rescind = await framework.stream.take('RESCIND')
  expect(rescind.rescind?.offer_id.value).toBe(offer.id.value)
  expect((await framework.offer()).id.value).not.toBe(offer.id.value)
})

test('C25 a task of 0.01 cpus runs', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1', { resources: scalars({ cpus: 0.01, mem: 32 }) })
})

test('C26 a terminal task that is never acknowledged frees its resources at once and stays listed', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1', { resources: scalars({ cpus: 4, mem: 4096, disk: 10_000 }) })
  agent.exit('t1')
  await framework.reaches('t1', 'TASK_FINISHED')
  expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
  const state = await getJson(rack.http, '/state')
  expect(state.frameworks).toMatchObject([{ tasks: [{ id: 't1', state: 'TASK_FINISHED' }], completed_tasks: [] }])
})

test('C27 a framework of two roles is offered resources for either', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info: { roles: ['a', 'b'] } })
  const roles = new Set<string | undefined>()
  for (let agents = 0; agents < 2; agents++) {
    await rack.agent()
    roles.add((await framework.offer()).allocation_info?.role)
  }
  expect(roles).toEqual(new Set(['a', 'b']))
})

test('C29 an empty framework id is none: a new one is given', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info: { id: { value: '' } } })
  expect(framework.frameworkId).toMatch(/-0000$/)
})

test.each([-1, 1e20])('C30 a failover_timeout of %d seconds is an ERROR', async (failover_timeout) => {
  const rack = await Rack.start()
  const framework = await Scheduler.open(rack.http, { info: { failover_timeout } })
  await framework.stream.take('ERROR')
  await framework.stream.ended()
})

test('KILL of an unknown task is answered like its reconciliation', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework()
  await framework.send({ type: 'KILL', kill: { task_id: { value: 'ghost' } } })
  expect(await framework.status('ghost')).toMatchObject({ state: 'TASK_UNKNOWN', reason: 'REASON_RECONCILIATION' })
})
