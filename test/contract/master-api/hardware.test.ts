// Exact hardware over HTTP: what offers show of it, what tasks are granted of it, and what happens when it is sick.

import { describe, expect, test } from 'vitest'
import { messages } from '../../../src/mesos/schema.ts'
import type { Offer } from '../../../src/mesos/types.ts'
import { grantDocument } from '../../../src/model/hardware.ts'
import { aCondition } from '../../support/hardware.ts'
import { getJson, operatorCall } from '../../support/http-client.ts'
import { aMachine, someGpus, switched } from '../../support/placement-machines.ts'
import { Rack } from '../../support/rack.ts'
import { amount, modernCapabilities, type Scheduler, scalars } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const hardware = aMachine({ gpus: someGpus(8, { linkOf: switched }) })
const resources = { cpus: 16, mem: 32 * 1024, gpus: 8 }
const info = {
  capabilities: [...modernCapabilities, 'GPU_RESOURCES' as const].map((type) => ({ type })),
  failover_timeout: 60,
}
const lostGpu = aCondition('GPU_FAILED', 'gpu', '0000:03:00.0', { id: 'GPU-3' })

async function aRack(contentType: 'application/json' | 'application/x-protobuf' = 'application/json') {
  const rack = await Rack.start()
  const agent = await rack.agent({ hardware, resources })
  return { rack, agent, framework: await rack.framework({ info, contentType }) }
}

const labelsOf = (status: {
  readonly labels?: { readonly labels?: readonly { key: string; value?: string | undefined }[] | undefined } | undefined
}) => Object.fromEntries((status.labels?.labels ?? []).map(({ key, value }) => [key, value]))

describe('an offer', () => {
  test.each(['application/json', 'application/x-protobuf'] as const)(
    'shows what is free of its machine, in %s',
    async (type) => {
      const { framework } = await aRack(type)
      const { topology } = await framework.offer()
      expect(topology?.nodes?.map(({ id, cpus, cores }) => ({ id, cpus, cores }))).toEqual([
        { id: 0, cpus: '0-3,8-11', cores: 4 },
        { id: 1, cpus: '4-7,12-15', cores: 4 },
      ])
      expect(topology?.distances).toEqual([{ distances: [10, 21] }, { distances: [21, 10] }])
      expect(topology?.nodes?.map(({ gpus }) => gpus?.length)).toEqual([4, 4])
      expect(topology?.gpus?.[7]).toMatchObject({ uuid: 'GPU-7', node: 1, model: 'A GPU' })
      expect(topology?.gpus?.[7]?.links).toHaveLength(7)
    },
  )

  test('has one field in JSON that Mesos has not, and nothing of Mesos’ is another', async () => {
    const { framework } = await aRack()
    await framework.offer()
    const record = framework.stream.records.find((bytes) => new TextDecoder().decode(bytes).includes('"OFFERS"'))
    const event = JSON.parse(new TextDecoder().decode(record)) as { offers: { offers: Record<string, unknown>[] } }
    const known = Object.entries(messages['mesos.v1.Offer'] ?? {}).flatMap(([name, [number]]) =>
      number < 60_000 ? [name] : [],
    )
    const offer = event.offers.offers[0] ?? {}
    expect(Object.keys(offer).filter((name) => !known.includes(name))).toEqual(['topology'])
    expect(offer).toMatchObject({ hostname: expect.any(String), resources: expect.any(Array) })
  })

  test('is read in protobuf by a client that skips what it does not know', async () => {
    const { framework } = await aRack('application/x-protobuf')
    const { id } = await framework.offer()
    // Event.type 1 is OFFERS (2); Event.offers 3; offers 1; Offer.id 1.
    const record = framework.stream.records.map(tagsOf).find((fields) => fields.get(1)?.[0] === 2)
    const offer = tagsOf(tagsOf(record?.get(3)?.[0] as Uint8Array).get(1)?.[0] as Uint8Array)
    expect([...offer.keys()].filter((number) => number > 12)).toEqual([60_000])
    const value = tagsOf(offer.get(1)?.[0] as Uint8Array).get(1)?.[0] as Uint8Array
    expect(new TextDecoder().decode(value)).toBe(id.value)
  })
})

test('what a task is granted comes back in its statuses and in /state, also from the next master', async () => {
  const { rack, agent, framework } = await aRack()
  const labels = {
    labels: [
      { key: 'tepui.cpus', value: 'cores' },
      { key: 'tepui.gpus', value: 'linked' },
      { key: 'tepui.numa', value: '1' },
    ],
  }
  await framework.run('t', { resources: scalars({ cpus: 4, mem: 1024, gpus: 2 }), labels })
  const grant = agent.heardOf('launch')[0]?.grant
  if (grant === undefined) throw new Error('nothing was launched')
  const shown = async () => {
    const state = (await getJson(rack.http, '/state')) as { frameworks: { tasks: { grant: unknown }[] }[] }
    return state.frameworks.flatMap(({ tasks }) => tasks.map((task) => task.grant))
  }
  expect(await shown()).toEqual([grantDocument(grant)])
  const { get_tasks } = await operatorCall(rack.http, { type: 'GET_TASKS' })
  const newest = get_tasks?.tasks?.[0]?.statuses?.at(-1)
  expect(labelsOf(newest ?? {})).toEqual({
    'tepui.granted.cpus': grant.cpus,
    'tepui.granted.gpus': grant.gpuUuids.join(','),
    'tepui.granted.memory': `1:${1024 ** 3}`,
    'tepui.granted.memory_policy': 'bind',
  })
  await rack.failover()
  await until(
    'the next master knows the grant',
    async () => JSON.stringify(await shown()) === JSON.stringify([grantDocument(grant)]),
  )
})

test('a GPU that fails leaves the offers alone, its task is told and goes on, and it comes back when it is well', async () => {
  const { rack, agent, framework } = await aRack()
  const labels = { labels: [{ key: 'tepui.gpus', value: 'GPU-3' }] }
  await framework.run('t', { resources: scalars({ cpus: 1, mem: 64, gpus: 1 }), labels })
  // Two of them: the task's, and one that is on offer.
  const seven = await withGpus(framework, 7)
  const other = aCondition('GPU_UNCORRECTED_ERRORS', 'gpu', 'GPU-5')
  agent.ails(lostGpu, other)
  await framework.stream.take('RESCIND', (event) => event.rescind?.offer_id.value === seven.id.value)
  const six = await withGpus(framework, 6)
  expect(six.topology?.gpus?.map(({ uuid }) => uuid)).toEqual([0, 1, 2, 4, 6, 7].map((i) => `GPU-${i}`))
  const notice = await framework.status('t')
  expect(notice).toMatchObject({ state: 'TASK_RUNNING', source: 'SOURCE_MASTER', agent_id: { value: agent.agentId } })
  expect([notice.uuid, labelsOf(notice)]).toEqual([undefined, { 'tepui.sick': 'GPU_FAILED GPU-3' }])
  expect(notice.message).toMatch(/0000:03:00\.0.*GPU_FAILED/)
  const state = (await getJson(rack.http, '/state')) as {
    slaves: { conditions: unknown }[]
    frameworks: { tasks: object[] }[]
  }
  expect(state.frameworks[0]?.tasks).toMatchObject([{ state: 'TASK_RUNNING', sick: ['GPU_FAILED GPU-3'] }])
  expect(state.slaves[0]?.conditions).toMatchObject([
    { code: 'GPU_FAILED', severity: 'critical', part: { id: 'GPU-3' } },
    { code: 'GPU_UNCORRECTED_ERRORS' },
  ])
  const { get_agents } = await operatorCall(rack.http, { type: 'GET_AGENTS' }, 'application/x-protobuf')
  expect(get_agents?.agents?.[0]?.conditions).toMatchObject([
    { code: 'GPU_FAILED', severity: 'critical', kind: 'gpu', name: '0000:03:00.0', id: 'GPU-3' },
    { code: 'GPU_UNCORRECTED_ERRORS' },
  ])
  const again = await framework.again()
  expect(labelsOf(await again.status('t'))).toEqual({ 'tepui.sick': 'GPU_FAILED GPU-3' })
  agent.ails()
  expect(labelsOf(await again.status('t'))).toEqual({ 'tepui.well': 'GPU_FAILED GPU-3' })
  await again.decline(await withGpus(again, 6), 0)
  await withGpus(again, 7)
  expect(agent.isRunning('t')).toBe(true)
  agent.exit('t')
  await again.acknowledge(await again.reaches('t', 'TASK_FINISHED'))
})

test('a machine that is sick as a whole is offered to nobody, after its agent’s restart as well', async () => {
  const { rack, agent, framework } = await aRack()
  const offer = await framework.offer()
  agent.ails(aCondition('MEMORY_UNCORRECTED_ERRORS', 'memory', 'memory'))
  await framework.stream.take('RESCIND', (event) => event.rescind?.offer_id.value === offer.id.value)
  await agent.restart()
  const healthy = await rack.agent()
  expect((await framework.offer()).agent_id.value).toBe(healthy.agentId)
  const { slaves } = (await getJson(rack.http, '/slaves')) as { slaves: { id: string; sick_machine: string | null }[] }
  expect(slaves.find(({ id }) => id === agent.agentId)?.sick_machine).toBe('MEMORY_UNCORRECTED_ERRORS memory')
  agent.ails()
  expect((await framework.offer()).agent_id.value).toBe(agent.agentId)
})

test('/slaves shows what is free of each machine', async () => {
  const { rack, framework } = await aRack()
  await framework.run('t', { resources: scalars({ cpus: 1, mem: 64, gpus: 2 }) })
  const { slaves } = (await getJson(rack.http, '/slaves')) as { slaves: { topology: Offer['topology'] }[] }
  expect(slaves[0]?.topology?.gpus).toHaveLength(6)
  expect(slaves[0]?.topology?.nodes?.map(({ cores }) => cores)).toEqual([4, 4])
})

/** The next offer that has so many GPUs. */
function withGpus(framework: Scheduler, count: number): Promise<Offer> {
  return framework.offer((offer) => amount(offer.resources, 'gpus') === count)
}

/** Fields of a message by number, known or not: numbers for varints, bytes for what has a length. */
function tagsOf(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let at = 0
  const varint = () => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const length = tag % 8 === 1 ? 8 : tag % 8 === 5 ? 4 : tag % 8 === 2 ? varint() : 0
    const value = tag % 8 === 0 ? varint() : bytes.subarray(at, at + length)
    at += length
    const number = Math.floor(tag / 8)
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}
