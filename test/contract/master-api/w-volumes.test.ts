// Group W: reservations and volumes over HTTP, on agents with the production state machine. Numbers are the
// conformance scenarios'.

import { expect, test } from 'vitest'
import type { OfferOperation, Resource } from '../../../src/mesos/types.ts'
import { ask, getJson, type HttpAnswer, postMessage } from '../../support/http-client.ts'
import {
  aReserved,
  aResource,
  aSharedVolume,
  aVolume,
  create,
  destroy,
  dynamicReservation,
  grow,
  named,
  operationCapabilities,
  reserve,
  sharingFramework,
  unreserve,
  words,
} from '../../support/operations.ts'
import { Rack } from '../../support/rack.ts'
import { aTaskInfo, type Scheduler, scalars } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const machine = { capabilities: operationCapabilities, resources: { cpus: 4, mem: 1024, disk: 1000 } }
const info = { principal: 'p' }

/** Declines offers until one shows exactly this. */
async function offerOf(framework: Scheduler, shown: string) {
  for (;;) {
    const offer = await framework.offer()
    if (words(offer.resources) === shown) return offer
    await framework.decline(offer, 0)
  }
}

function post(rack: Rack, path: string, fields: Readonly<Record<string, string>>): Promise<HttpAnswer> {
  const body = new URLSearchParams(fields).toString()
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
  return ask(rack.http, { method: 'POST', path, body, headers })
}

test('W01 what is reserved in ACCEPT shows in the next offer and in /slaves; unreserved it is as before', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent(machine)
  const framework = await rack.framework({ info })
  const whole = 'cpus:4; disk:1000; mem:1024'
  const reserved = aReserved('cpus', 1)
  await framework.accept([await offerOf(framework, whole)], [reserve(reserved)], 0)
  const offer = await offerOf(framework, 'cpus(test,p):1; cpus:3; disk:1000; mem:1024')
  const { slaves } = (await getJson(rack.http, '/slaves')) as { slaves: Record<string, unknown>[] }
  expect(slaves[0]).toMatchObject({
    id: agent.agentId,
    resources: { cpus: 4 },
    reserved_resources: { test: { cpus: 1 } },
    unreserved_resources: { cpus: 3 },
    reserved_resources_full: {
      test: [
        {
          name: 'cpus',
          scalar: { value: 1 },
          role: 'test',
          reservation: { principal: 'p' },
          reservations: [{ type: 'DYNAMIC', role: 'test', principal: 'p' }],
        },
      ],
    },
  })
  await framework.accept([offer], [unreserve(reserved)], 0)
  await offerOf(framework, whole)
})

test('W02 a task of the same ACCEPT runs on what was reserved', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent(machine)
  const framework = await rack.framework({ info })
  const offer = await framework.offer()
  const task = aTaskInfo(offer, 't', { resources: [aReserved('cpus', 1), aResource('mem', 64)] })
  await framework.accept(
    [offer],
    [reserve(aReserved('cpus', 1)), { type: 'LAUNCH', launch: { task_infos: [task] } }],
    0,
  )
  await framework.acknowledge(await framework.reaches('t', 'TASK_RUNNING'))
  const rest = await offerOf(framework, 'cpus:3; disk:1000; mem:960')
  agent.exit('t')
  await framework.acknowledge(await framework.reaches('t', 'TASK_FINISHED'))
  await framework.decline(rest, 0)
  await offerOf(framework, 'cpus(test,p):1; cpus:3; disk:1000; mem:1024')
})

test('W04 a framework of the role gets what is reserved, one of another role does not', async () => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info })
  await framework.accept([await framework.offer()], [reserve(aReserved('cpus', 4), aReserved('mem', 1024))], 3600)
  framework.disconnect()
  const other = await rack.framework({ info: { ...info, roles: ['other'] } })
  const sibling = await rack.framework({ info })
  await offerOf(sibling, 'cpus(test,p):4; disk:1000; mem(test,p):1024')
  expect(other.stream.all.filter(({ type }) => type === 'OFFERS')).toEqual([])
})

test('W05 more than the offer is refused, and the offer comes back', async () => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info })
  await framework.accept([await framework.offer()], [named('big', reserve(aReserved('cpus', 5)))], 0)
  const { update_operation_status: update } = await framework.stream.take('UPDATE_OPERATION_STATUS')
  expect(update?.status).toMatchObject({ operation_id: { value: 'big' }, state: 'OPERATION_ERROR' })
  await offerOf(framework, 'cpus:4; disk:1000; mem:1024')
})

test('V23 to V25 what may not be reserved or made: each is refused on its own, and the offer comes back', async () => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info })
  const foreign = { persistence: { id: 'q', principal: 'q' }, volume: { container_path: 'd', mode: 'RW' as const } }
  const wrong: readonly OfferOperation[] = [
    reserve(aReserved('cpus', 1, dynamicReservation('other'))),
    reserve(aReserved('cpus', 1, dynamicReservation('*'))),
    reserve(aReserved('cpus', 1, dynamicReservation('test', 'q'))),
    reserve(aReserved('cpus', 1, { type: 'STATIC', role: 'test' })),
    reserve(aVolume('v', 100)),
    reserve({ ...aReserved('cpus', 1), provider_id: { value: 'a' } }, aReserved('mem', 1)),
    unreserve(aReserved('cpus', 1, { type: 'STATIC', role: 'test' })),
    unreserve(aVolume('v', 100)),
    create(aVolume('v', 1)),
    create(aVolume('w', 101)),
    create(aVolume('q', 1, { disk: foreign })),
    create(aVolume('q', 1, { disk: { ...foreign, volume: { container_path: 'd', mode: 'RO' } } })),
  ]
  const ids = wrong.map((_, i) => `op-${i}`)
  const operations = wrong.map((operation, i) => named(ids[i] ?? '', operation))
  const made = [reserve(aReserved('disk', 200)), create(aVolume('v', 100))]
  await framework.accept([await framework.offer()], [...made, ...operations], 0)
  for (const id of ids) {
    const { update_operation_status: update } = await framework.stream.take('UPDATE_OPERATION_STATUS')
    expect(update?.status).toMatchObject({ operation_id: { value: id }, state: 'OPERATION_ERROR' })
  }
  await offerOf(framework, 'cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800; mem:1024')
})

test('W06 reservations and volumes survive agent and master', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent(machine)
  const framework = await rack.framework({ info: { ...info, failover_timeout: 600 } })
  const operations = [reserve(aReserved('disk', 200)), create(aVolume('v', 100))]
  await framework.accept([await framework.offer()], operations, 0)
  const shown = 'cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800; mem:1024'
  await offerOf(framework, shown)
  // The master is ahead of the agent.
  await until('the agent has done it', () => agent.said.filter(({ kind }) => kind === 'operationUpdate').length >= 2)
  await agent.restart()
  await offerOf(framework, shown)
  await rack.failover()
  await offerOf(await framework.again(), shown)
})

test('W08 an operator reserves what is free and what is offered, with a status for everything else', async () => {
  const rack = await Rack.start({ token: 'secret' })
  const agent = await rack.agent(machine)
  const basic = { Authorization: `Basic ${btoa('p:secret')}` }
  const call = (
    resources: readonly Resource[],
    headers: Readonly<Record<string, string>> = basic,
    agentId = agent.agentId,
  ) =>
    postMessage(
      rack.http,
      '/api/v1',
      'mesos.v1.master.Call',
      { type: 'RESERVE_RESOURCES', reserve_resources: { agent_id: { value: agentId }, resources } },
      { headers },
    )
  expect((await call([aReserved('cpus', 1)])).status).toBe(202)
  const framework = await rack.framework({ info, headers: basic })
  await offerOf(framework, 'cpus(test,p):1; cpus:3; disk:1000; mem:1024')
  expect((await call([aReserved('cpus', 2)])).status).toBe(202)
  await framework.stream.take('RESCIND')
  await offerOf(framework, 'cpus(test,p):3; cpus:1; disk:1000; mem:1024')
  const statuses = await Promise.all([
    call([aReserved('cpus', 5)]),
    call([aReserved('cpus', 1, dynamicReservation('test', 'q'))]),
    call([aResource('cpus', 1)]),
    call([aReserved('cpus', 1)], basic, 'nobody'),
    call([aReserved('cpus', 1)], {}),
  ])
  expect(statuses.map(({ status }) => status)).toEqual([409, 400, 400, 400, 401])
})

test('W09 the classic forms: every operation, and 400 for what is missing', async () => {
  const rack = await Rack.start()
  const { agentId: slaveId } = await rack.agent(machine)
  const framework = await rack.framework({ info })
  const list = (...items: Resource[]) => JSON.stringify(items)
  const old = {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: 200 },
    role: 'test',
    reservation: { principal: 'p' },
  } as const
  const steps: [string, Readonly<Record<string, string>>, string][] = [
    ['/reserve', { slaveId, resources: list(old) }, 'cpus:4; disk(test,p):200; disk:800; mem:1024'],
    [
      '/master/create-volumes',
      { slaveId, volumes: list(aVolume('v', 50)) },
      'cpus:4; disk(test,p):150; disk(test,p)[v]:50; disk:800; mem:1024',
    ],
    ['/destroy-volumes', { slaveId, volumes: list(aVolume('v', 50)) }, 'cpus:4; disk(test,p):200; disk:800; mem:1024'],
    [
      '/reserve',
      { slaveId, source: list(old), resources: list(aReserved('disk', 200, dynamicReservation('test', 'q'))) },
      'cpus:4; disk(test,q):200; disk:800; mem:1024',
    ],
    [
      '/unreserve',
      { slaveId, resources: list(aReserved('disk', 200, dynamicReservation('test', 'q'))) },
      'cpus:4; disk:1000; mem:1024',
    ],
  ]
  for (const [path, fields, shown] of steps) {
    const answer = await post(rack, path, fields)
    expect([path, answer.status, answer.text]).toEqual([path, 202, ''])
    await offerOf(framework, shown)
  }
  const wrong: [string, Readonly<Record<string, string>>, string][] = [
    ['/reserve', { resources: '[]' }, 'slaveId'],
    ['/reserve', { slaveId }, 'resources'],
    ['/unreserve', { slaveId, volumes: '[]' }, 'resources'],
    ['/create-volumes', { slaveId, resources: '[]' }, 'volumes'],
    ['/destroy-volumes', { slaveId, volumes: '{}' }, 'list'],
    ['/destroy-volumes', { slaveId, volumes: '[' }, 'volumes'],
    ['/reserve', { slaveId, resources: '[{}]' }, 'resources'],
    ['/reserve', { slaveId, resources: '[]' }, 'at least one'],
    ['/reserve', { slaveId, resources: list(old), source: 'x' }, 'source'],
    ['/reserve', { slaveId: 'nobody', resources: list(old) }, 'nobody'],
  ]
  for (const [path, fields, why] of wrong) {
    const answer = await post(rack, path, fields)
    expect([path, answer.status]).toEqual([path, 400])
    expect(answer.text).toContain(why)
  }
  expect((await post(rack, '/reserve', { slaveId, resources: list(aReserved('cpus', 9)) })).status).toBe(409)
  expect((await ask(rack.http, { path: '/reserve' })).status).toBe(405)
})

test.each<[string, OfferOperation, string]>([
  ['W10 destroyed it is disk again', destroy(aVolume('v', 100)), 'disk(test,p):200'],
  ['W11 grown it is larger', grow(aVolume('v', 100), aReserved('disk', 60)), 'disk(test,p):40; disk(test,p)[v]:160'],
])('a volume shows in the next offer; %s', async (_what, operation, shown) => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info })
  await framework.accept([await framework.offer()], [reserve(aReserved('disk', 200)), create(aVolume('v', 100))], 0)
  const offer = await offerOf(framework, 'cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800; mem:1024')
  await framework.accept([offer], [named('op', operation)], 0)
  const { update_operation_status: update } = await framework.stream.take('UPDATE_OPERATION_STATUS')
  expect(update?.status).toMatchObject({ state: 'OPERATION_FINISHED', operation_id: { value: 'op' } })
  await offerOf(framework, `cpus:4; ${shown}; disk:800; mem:1024`)
})

test('W12 the end of a shared volume takes back the offers that show it; one in use is not ended', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent(machine)
  const sharing = { ...info, capabilities: sharingFramework }
  const framework = await rack.framework({ info: sharing })
  const volume = aSharedVolume('s', 100)
  await framework.accept([await framework.offer()], [reserve(aReserved('disk', 100)), create(volume)], 0)
  const offer = await offerOf(framework, 'cpus:4; disk(test,p)[s]+:100; disk:900; mem:1024')
  const use = (id: string) => aTaskInfo(offer, id, { resources: [...scalars({ cpus: 1, mem: 64 }), volume] })
  await framework.launch(offer, [use('a'), use('b')])
  for (const id of ['a', 'b']) await framework.acknowledge(await framework.reaches(id, 'TASK_RUNNING'))
  const again = await framework.offer(({ resources }) => words(resources).includes('[s]'))
  const quantities = [{ quantities: { disk: { value: 1 } } }]
  const offer_filters = { test: { min_allocatable_resources: { quantities } } }
  const sibling = await rack.framework({ info: { ...sharing, offer_filters } })
  const seen = await sibling.offer()
  expect(words(seen.resources)).toBe('disk(test,p)[s]+:100')
  await framework.accept([again], [named('no', destroy(volume))], 3600)
  const refused = await framework.stream.take('UPDATE_OPERATION_STATUS')
  expect(refused.update_operation_status?.status.message).toContain('in use')
  for (const id of ['a', 'b']) {
    agent.exit(id)
    await framework.acknowledge(await framework.reaches(id, 'TASK_FINISHED'))
  }
  const fields = { slaveId: agent.agentId, volumes: JSON.stringify([volume]) }
  expect((await post(rack, '/destroy-volumes', fields)).status).toBe(202)
  await sibling.stream.take('RESCIND', ({ rescind }) => rescind?.offer_id.value === seen.id.value)
})
