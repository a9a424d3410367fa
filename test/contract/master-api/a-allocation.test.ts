// Group A: allocation, filters and fairness over HTTP. Numbers are the conformance scenarios'; the rules in full are
// tested beside src/master/allocator.

import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/master/cluster/timers.ts'
import type { FrameworkInfo, MasterCall, Offer, Resource } from '../../../src/mesos/types.ts'
import type { MesosJson } from '../../../src/wire/messages.ts'
import { postMessage } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { amount, aTaskInfo, modernCapabilities, type Scheduler, scalars } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const slowIntervalMs = 400
/** Longer than any test. */
const endlessSeconds = 1e6

function reservedFor(role: string, amounts: Readonly<Record<string, number>>): Resource[] {
  return scalars(amounts).map((item) => ({ ...item, reservations: [{ type: 'STATIC', role }] }))
}

const messages = (...items: readonly (readonly Resource[])[]) => items.flat() as unknown as readonly MesosJson[]

const inRole = (role: string, more: Partial<FrameworkInfo> = {}) => ({ info: { name: role, roles: [role], ...more } })

const withCapability = (capability: 'GPU_RESOURCES' | 'SHARED_RESOURCES') => ({
  capabilities: [...modernCapabilities, capability].map((type) => ({ type })),
})

function operate(rack: Rack, call: MasterCall) {
  return postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', call)
}

function setQuota(rack: Rack, role: string, limits: Readonly<Record<string, number>>, guarantees = {}) {
  const amounts = (of: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, { value }]))
  const quota_configs = [{ role, limits: amounts(limits), guarantees: amounts(guarantees) }]
  return operate(rack, { type: 'UPDATE_QUOTA', update_quota: { quota_configs } })
}

const hosts = (offers: readonly Offer[]) => offers.map(({ hostname }) => hostname).sort()

/** Everything that the framework was ever offered. */
const offersOf = (framework: Scheduler) => framework.stream.all.flatMap((event) => event.offers?.offers ?? [])

describe('shares', () => {
  test('A02 what is reserved for a role counts into its share: the other role comes first', async () => {
    const rack = await Rack.start()
    const [a, b] = [await rack.framework(inRole('a')), await rack.framework(inRole('b'))]
    await rack.agent({ resourceMessages: messages(reservedFor('a', { cpus: 4, mem: 1024 })) })
    await a.offer()
    await rack.agent({ hostname: 'free', resources: { cpus: 4, mem: 1024 } })
    expect((await b.offer()).hostname).toBe('free')
  })

  test('A03 a resource that the operator excludes does not count', async () => {
    const rack = await Rack.start({ timers: { policy: { ...defaultPolicy, fairSharingExcluded: new Set(['gpus']) } } })
    const [a, b] = [
      await rack.framework(inRole('a', withCapability('GPU_RESOURCES'))),
      await rack.framework(inRole('b', withCapability('GPU_RESOURCES'))),
    ]
    await rack.agent({ hostname: 'gpus', resources: { cpus: 1, gpus: 1, mem: 64 }, gpuUuids: ['g'] })
    await a.offer()
    await rack.agent({ hostname: 'large', resources: { cpus: 4, mem: 4096 } })
    await b.offer()
    // All GPUs are a's, and yet its share is the smaller one.
    await rack.agent({ hostname: 'third', resources: { cpus: 4, mem: 4096 } })
    expect((await a.offer(({ hostname }) => hostname === 'third')).hostname).toBe('third')
  })

  test('A04 nested roles share by subtree', async () => {
    const rack = await Rack.start()
    const [deep, wide, other] = [
      await rack.framework(inRole('a/b')),
      await rack.framework(inRole('a/c')),
      await rack.framework(inRole('d')),
    ]
    for (let i = 0; i < 4; i++) await rack.agent({ hostname: `n${i}`, resources: { cpus: 1, mem: 1024 } })
    const taken = [await other.offer(), await other.offer()]
    expect(hosts([...taken, await deep.offer(), await wide.offer()])).toEqual(['n0', 'n1', 'n2', 'n3'])
  })

  test('A08 equal shares take turns', async () => {
    const rack = await Rack.start()
    const frameworks = [await rack.framework(), await rack.framework(), await rack.framework()]
    await rack.agent()
    const turns: Scheduler[] = []
    const seen = new Set<string>()
    const all = () => frameworks.flatMap((it) => offersOf(it).map((offer) => [it, offer] as const))
    for (let i = 0; i < 2 * frameworks.length; i++) {
      await until('the next offer comes', () => all().length > i)
      const [framework, offer] = all().find(([, { id }]) => !seen.has(id.value)) as [Scheduler, Offer]
      seen.add(offer.id.value)
      turns.push(framework)
      await framework.decline(offer, 0)
    }
    expect(new Set(turns.slice(0, 3)).size).toBe(3)
    expect(turns.slice(3)).toEqual(turns.slice(0, 3))
  })

  test('A09 an agent goes to one framework as a whole', async () => {
    const rack = await Rack.start()
    const frameworks = [await rack.framework(), await rack.framework()]
    await rack.agent({ resources: { cpus: 8, mem: 8192 } })
    const offer = await Promise.any(frameworks.map((it) => it.offer()))
    expect([amount(offer.resources, 'cpus'), amount(offer.resources, 'mem')]).toEqual([8, 8192])
    expect(frameworks.flatMap(offersOf)).toHaveLength(1)
  })

  test('A10 after an update roles of weights 1, 2 and 3 have agents in that ratio', async () => {
    const rack = await Rack.start()
    const frameworks = await Promise.all(['r1', 'r2', 'r3'].map((role) => rack.framework(inRole(role))))
    for (let i = 0; i < 6; i++) await rack.agent({ resources: { cpus: 2, mem: 1024 } })
    const weight_infos = [1, 2, 3].map((weight) => ({ role: `r${weight}`, weight }))
    expect((await operate(rack, { type: 'UPDATE_WEIGHTS', update_weights: { weight_infos } })).status).toBe(200)
    // What was on offer is taken back and divided anew.
    const live = () =>
      frameworks.map((it) => {
        const rescinded = new Set(it.stream.all.flatMap((event) => event.rescind?.offer_id.value ?? []))
        return offersOf(it).filter(({ id }) => !rescinded.has(id.value)).length
      })
    await expect.poll(live, { timeout: 10_000 }).toEqual([1, 2, 3])
  })
})

describe('filters', () => {
  test('A06 one shorter than the interval still holds through the next round', async () => {
    const rack = await Rack.start({ timers: { allocationIntervalMs: slowIntervalMs } })
    await rack.agent()
    const framework = await rack.framework()
    const declinedMs = performance.now()
    await framework.decline(await framework.offer(), 0.001)
    await framework.offer()
    expect(performance.now() - declinedMs).toBeGreaterThan(slowIntervalMs)
  })

  test('A07 more than was refused gets through', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent({ resources: { cpus: 4, mem: 4096 } })
    const framework = await rack.framework()
    await framework.run('t', { resources: scalars({ cpus: 2, mem: 64 }) })
    await framework.decline(await framework.offer(), endlessSeconds)
    agent.exit('t', 0)
    expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
  })

  test('A11 suppressed in one role and declined in the other: reviving the first offers in the first only', async () => {
    const rack = await Rack.start()
    await rack.agent()
    const framework = await rack.framework({ info: { roles: ['a', 'b'] }, suppressed_roles: ['a'] })
    const offer = await framework.offer()
    expect(offer.allocation_info?.role).toBe('b')
    await framework.decline(offer, endlessSeconds)
    await framework.send({ type: 'REVIVE', revive: { roles: ['a'] } })
    expect((await framework.offer()).allocation_info?.role).toBe('a')
  })

  test('A17 attributes that change when the agent comes back end its filters', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent({ attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }] })
    const framework = await rack.framework()
    await framework.decline(await framework.offer(), endlessSeconds)
    await agent.stop()
    agent.label({ name: 'rack', type: 'TEXT', text: { value: 'r2' } })
    await agent.start()
    expect((await framework.offer()).attributes).toMatchObject([{ name: 'rack', text: { value: 'r2' } }])
  })

  test('A18 a suppressed framework that comes back without suppressed roles is offered again', async () => {
    const rack = await Rack.start()
    await rack.agent()
    const framework = await rack.framework({ info: { failover_timeout: 60 }, suppressed_roles: ['test'] })
    framework.disconnect()
    const back = rack.adopt(await framework.again())
    await back.offer()
  })
})

describe('what is reserved or shared', () => {
  test('A12 a reservation for a role is offered to those below it, and not to a sibling', async () => {
    const rack = await Rack.start()
    const [below, sibling] = [await rack.framework(inRole('a/b')), await rack.framework(inRole('c'))]
    await rack.agent({ resourceMessages: messages(reservedFor('a', { cpus: 2, mem: 64 }), scalars({ mem: 64 })) })
    expect(amount((await below.offer(({ resources }) => amount(resources, 'cpus') > 0)).resources, 'cpus')).toBe(2)
    expect(
      offersOf(sibling)
        .map(({ resources }) => amount(resources, 'cpus'))
        .filter((cpus) => cpus > 0),
    ).toEqual([])
  })

  test('A14 a shared volume is shown to those who can share, also while it is in use', async () => {
    const rack = await Rack.start()
    const volume: Resource = {
      ...(scalars({ disk: 100 })[0] as Resource),
      reservations: [{ type: 'DYNAMIC', role: 'test', principal: 'p' }],
      disk: { persistence: { id: 'v', principal: 'p' }, volume: { container_path: 'data', mode: 'RW' } },
      shared: {},
    }
    await rack.agent({ resourceMessages: messages(scalars({ cpus: 4, mem: 1024 }), [volume]) })
    const hasShared = ({ resources = [] }: Offer) => resources.some((item) => item.shared !== undefined)
    const user = await rack.framework({ info: withCapability('SHARED_RESOURCES') })
    const offer = await user.offer(hasShared)
    // With the volume the rest is more than it refuses, and would be offered to it again.
    await user.send({ type: 'SUPPRESS' })
    const task = aTaskInfo(offer, 't', { resources: [...scalars({ cpus: 1, mem: 64 }), volume] })
    await user.launch(offer, [task], endlessSeconds)
    await user.acknowledge(await user.reaches('t', 'TASK_RUNNING'))
    const unaware = await rack.framework({ info: { name: 'unaware' } })
    const plain = await unaware.offer()
    expect(hasShared(plain)).toBe(false)
    await unaware.decline(plain, endlessSeconds)
    const other = await rack.framework({ info: { name: 'other', ...withCapability('SHARED_RESOURCES') } })
    expect(hasShared(await other.offer())).toBe(true)
  })
})

describe('quota', () => {
  test('A20 a role at its limit gets no more; without the limit it shares again', async () => {
    const rack = await Rack.start()
    await setQuota(rack, 'a', { cpus: 2 })
    const framework = await rack.framework(inRole('a'))
    await rack.agent({ hostname: 'n1', resources: { cpus: 2, mem: 1024 } })
    await framework.run('t', { resources: scalars({ cpus: 2, mem: 64 }) })
    await rack.agent({ hostname: 'n2', resources: { cpus: 2, mem: 1024 } })
    const witness = await rack.framework(inRole('b'))
    await witness.offer(({ hostname }) => hostname === 'n2')
    expect(offersOf(framework).filter(({ resources }) => amount(resources, 'cpus') > 0)).toHaveLength(1)
    await witness.send({ type: 'TEARDOWN' })
    expect((await setQuota(rack, 'a', {})).status).toBe(200)
    expect((await framework.offer(({ resources }) => amount(resources, 'cpus') > 0)).hostname).toBe('n2')
  })

  test('A21 a limit smaller than an agent cuts the offer; a whole disk stays whole', async () => {
    const rack = await Rack.start()
    await setQuota(rack, 'a', { cpus: 1, disk: 50 })
    const framework = await rack.framework(inRole('a'))
    const mount: Resource = {
      ...(scalars({ disk: 100 })[0] as Resource),
      disk: { source: { type: 'MOUNT', mount: { root: '/mnt/d1' } } },
    }
    await rack.agent({ resourceMessages: messages(scalars({ cpus: 4, mem: 1024, disk: 30 }), [mount]) })
    const offer = await framework.offer()
    expect([amount(offer.resources, 'cpus'), amount(offer.resources, 'disk')]).toEqual([1, 30])
  })

  test('A22 a role with quota and without frameworks stalls no other, and A23 reservations count to it', async () => {
    const rack = await Rack.start()
    await rack.agent({
      resourceMessages: messages(reservedFor('a', { cpus: 2, mem: 64 }), scalars({ cpus: 4, mem: 64 })),
    })
    expect((await setQuota(rack, 'a', { cpus: 3 }, { cpus: 3 })).status).toBe(200)
    expect((await setQuota(rack, 'b', { cpus: 2 }, { cpus: 2 })).status).toBe(200)
    const b = await rack.framework(inRole('b'))
    expect(amount((await b.offer()).resources, 'cpus')).toBe(2)
    const a = await rack.framework(inRole('a'))
    // Two are reserved: of the unreserved it may have one more.
    const taken = await a.offer(({ resources }) => amount(resources, 'cpus') > 0)
    expect(amount(taken.resources, 'cpus')).toBe(3)
  })

  test('A24 what is kept back for a guarantee is not taken from what others have reserved', async () => {
    const rack = await Rack.start()
    await rack.agent({
      resourceMessages: messages(reservedFor('r', { cpus: 2, mem: 64 }), scalars({ cpus: 2, mem: 64 })),
    })
    expect((await setQuota(rack, 'q', { cpus: 2 }, { cpus: 2 })).status).toBe(200)
    const other = await rack.framework(inRole('r'))
    const offer = await other.offer()
    expect((offer.resources ?? []).filter(({ name }) => name === 'cpus')).toMatchObject([
      { scalar: { value: 2 }, reservations: [{ role: 'r' }] },
    ])
  })
})
