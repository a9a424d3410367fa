// Group V: operations that the message or the moment forbids, over HTTP. Numbers are the conformance scenarios'.

import { expect, test } from 'vitest'
import type { OfferOperation, Resource } from '../../../src/mesos/types.ts'
import {
  aReserved,
  aResource,
  aSharedVolume,
  aVolume,
  create,
  grow,
  named,
  operationCapabilities,
  reserve,
  sharingFramework,
  shrink,
  words,
} from '../../support/operations.ts'
import { Rack } from '../../support/rack.ts'
import { aTaskInfo, modernCapabilities, scalars } from '../../support/scheduler.ts'

const machine = { capabilities: operationCapabilities, resources: { cpus: 4, mem: 1024, disk: 1000 } }
const info = { principal: 'p' }

function mount(amount: number): Resource {
  return { ...aResource('disk', amount), disk: { source: { type: 'MOUNT', mount: { root: '/mnt/d' } } } }
}

test('V27 what may not be grown or shrunk is refused with its id', async () => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info: { ...info, capabilities: sharingFramework } })
  const shared = aSharedVolume('s', 100)
  const wrong: readonly OfferOperation[] = [
    grow(aVolume('v', 100), aResource('disk', 0)),
    grow(aReserved('disk', 100), aReserved('disk', 10)),
    grow(shared, aReserved('disk', 10)),
    shrink(aVolume('v', 100), 0),
    shrink(aVolume('v', 100), 100),
    shrink(shared, 10),
    shrink({ ...aVolume('m', 100), disk: { ...aVolume('m', 100).disk, ...mount(1).disk } }, 10),
  ]
  const operations = wrong.map((operation, i) => named(`op-${i}`, operation))
  const made = [reserve(aReserved('disk', 300)), create(aVolume('v', 100)), create(shared)]
  await framework.accept([await framework.offer()], [...made, ...operations], 0)
  for (const i of wrong.keys()) {
    const { update_operation_status: update } = await framework.stream.take('UPDATE_OPERATION_STATUS')
    expect(update?.status).toMatchObject({ operation_id: { value: `op-${i}` }, state: 'OPERATION_ERROR' })
  }
})

test('V27 an agent that cannot resize volumes is asked to by nobody', async () => {
  const rack = await Rack.start()
  await rack.agent({ ...machine, capabilities: operationCapabilities.filter((it) => it !== 'RESIZE_VOLUME') })
  const framework = await rack.framework({ info })
  const made = [reserve(aReserved('disk', 200)), create(aVolume('v', 100))]
  const operations = [...made, named('grow', grow(aVolume('v', 100), aReserved('disk', 10)))]
  await framework.accept([await framework.offer()], operations, 0)
  const { update_operation_status: update } = await framework.stream.take('UPDATE_OPERATION_STATUS')
  expect(update?.status).toMatchObject({ operation_id: { value: 'grow' }, state: 'OPERATION_ERROR' })
})

test.each<[string, Resource]>([
  ['revocable', { ...aVolume('v', 100), revocable: {} }],
  ['with a host_path', aVolume('v', 100, hostPath())],
  ['on disk that nobody reserved', { ...aVolume('v', 100), reservations: [] }],
])('V28 a task on a volume that is %s is TASK_ERROR', async (_what, volume) => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info })
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't', { resources: [...scalars({ cpus: 1, mem: 64 }), volume] })])
  expect(await framework.status('t')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
})

function hostPath(): Partial<Resource> {
  const persistence = { id: 'v', principal: 'p' }
  return { disk: { persistence, volume: { container_path: 'data', mode: 'RW', host_path: '/etc' } } }
}

test('V14 a task that mixes revocable and other cpus is TASK_ERROR', async () => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const capabilities = [...modernCapabilities, 'REVOCABLE_RESOURCES' as const].map((type) => ({ type }))
  const framework = await rack.framework({ info: { capabilities } })
  const offer = await framework.offer()
  const mixed = [...scalars({ cpus: 1, mem: 64 }), { ...aResource('cpus', 1), revocable: {} }]
  await framework.launch(offer, [aTaskInfo(offer, 't', { resources: mixed })])
  expect(await framework.status('t')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
})

test('W03 fractions that are reserved one after the other add up without an error', async () => {
  const rack = await Rack.start()
  await rack.agent(machine)
  const framework = await rack.framework({ info })
  const tenth = reserve(aReserved('cpus', 0.1))
  await framework.accept([await framework.offer()], [tenth, tenth, tenth], 0)
  expect(words((await framework.offer()).resources)).toBe('cpus(test,p):0.3; cpus:3.7; disk:1000; mem:1024')
})
