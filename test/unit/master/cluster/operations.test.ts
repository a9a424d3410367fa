// Reservations and volumes by frameworks in ACCEPT (scenarios W01-W05, W10-W13, V23-V27, C14).

import { describe, expect, test } from 'vitest'
import type { OfferOperation, Resource } from '../../../../src/mesos/types.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import {
  type TestAgent,
  type TestAgentOptions,
  TestCluster,
  type TestScheduler,
} from '../../../support/cluster-harness.ts'
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
  shrink,
  unreserve,
  words,
} from '../../../support/operations.ts'
import { aTaskInfo, plainFramework, scalars } from '../../../support/scheduler.ts'

type Scene = { readonly rack: TestCluster; readonly agent: TestAgent; readonly framework: TestScheduler }

function aScene(options: Partial<TestAgentOptions> = {}): Scene {
  const rack = new TestCluster()
  const agent = rack.agent({ capabilities: operationCapabilities, resources: { cpus: 4, disk: 1000 }, ...options })
  const framework = rack.framework({ principal: 'p' })
  return { rack, agent, framework }
}

/** The newest offer after everything that could be offered was. */
function nextOffer({ rack, framework }: Scene): string {
  rack.pass(2_000)
  return words(framework.offer.resources)
}

describe('reservations', () => {
  test('W01 what is reserved shows in the next offer, and unreserved it is as before', () => {
    const scene = aScene()
    const { framework, agent } = scene
    framework.accept([framework.offer], [reserve(aReserved('cpus', 1.5), aReserved('disk', 100))], 3600)
    expect(nextOffer(scene)).toBe('cpus(test,p):1.5; cpus:2.5; disk(test,p):100; disk:900')
    expect(agent.heardOf('applyOperation')[0]?.operation).toMatchObject({
      type: 'RESERVE',
      reserve: { resources: [{ name: 'cpus', reservations: [{ type: 'DYNAMIC', role: 'test', principal: 'p' }] }, {}] },
    })
    framework.accept(framework.offers.slice(-1), [unreserve(aReserved('cpus', 1.5), aReserved('disk', 100))], 0)
    expect(nextOffer(scene)).toBe('cpus:4; disk:1000')
  })

  test('what an operation changed is offered again at once, whatever filter the ACCEPT had', () => {
    const { rack, framework } = aScene()
    framework.accept([framework.offer], [reserve(aReserved('cpus', 1))], 3600)
    expect(words(framework.offer.resources)).toBe('cpus(test,p):1; cpus:3; disk:1000')
    framework.accept([framework.offer], [named('no', reserve(aReserved('cpus', 9)))], 3600)
    rack.pass(60_000)
    expect(framework.offers).toHaveLength(2)
  })

  test('W02 a launch of the same ACCEPT uses what was just reserved', () => {
    const { framework, agent } = aScene()
    const task = aTaskInfo(framework.offer, 't', { resources: [aReserved('cpus', 1)] })
    framework.accept([framework.offer], [reserve(aReserved('cpus', 1)), launchOf(task)], 0)
    expect(framework.updates()).toEqual([])
    expect(
      agent.heard
        .map(({ kind }) => kind)
        .filter((kind) => kind !== 'heartbeatEcho')
        .slice(1),
    ).toEqual(['applyOperation', 'launch', 'acknowledgeOperation'])
  })

  test('W03 tenths add up without an error', () => {
    const scene = aScene()
    const { framework } = scene
    for (const _ of [1, 2, 3]) {
      framework.accept([framework.offer], [reserve(aReserved('cpus', 0.1))], 0)
      scene.rack.pass(2_000)
    }
    expect(words(framework.offer.resources)).toBe('cpus(test,p):0.3; cpus:3.7; disk:1000')
    framework.accept([framework.offer], [unreserve(aReserved('cpus', 0.3))], 0)
    expect(nextOffer(scene)).toBe('cpus:4; disk:1000')
  })

  test('W04 a framework of the role is offered it, one of another role is not', () => {
    const { rack, framework } = aScene()
    framework.accept([framework.offer], [reserve(aReserved('cpus', 4), aReserved('disk', 1000))], 0)
    framework.close()
    const other = rack.framework({ roles: ['other'] })
    const sibling = rack.framework({ principal: 'p' })
    rack.pass(2_000)
    expect(other.offers).toEqual([])
    expect(words(sibling.offer.resources)).toBe('cpus(test,p):4; disk(test,p):1000')
  })

  test('W05 more than the offer is refused, and the offer comes back', () => {
    const scene = aScene()
    const { framework } = scene
    framework.accept([framework.offer], [named('big', reserve(aReserved('cpus', 5)))], 0)
    expect(framework.operationStatuses()).toMatchObject([{ state: 'OPERATION_ERROR', operation_id: { value: 'big' } }])
    expect(nextOffer(scene)).toBe('cpus:4; disk:1000')
  })

  test('a framework of before refinements reserves and is offered in the older form, never what is refined', () => {
    const scene = aScene()
    const { rack } = scene
    scene.framework.close()
    const below = rack.framework({ roles: ['web/a'], principal: 'p' })
    const stack = [dynamicReservation('web'), dynamicReservation('web/a')]
    const operator = { kind: 'operate', agentId: scene.agent.agentId as AgentId, principal: null } as const
    const outer = reserve(aResource('disk', 100, { reservations: stack.slice(0, 1) }))
    expect(rack.request((requestId) => ({ ...operator, requestId, operation: outer })).status).toBe(202)
    rack.pass(2_000)
    below.accept([below.offer], [reserve(aResource('disk', 100, { reservations: stack }))], 0)
    expect(nextOffer({ ...scene, framework: below })).toContain('disk(web,p)(web/a,p):100')
    below.close()
    const old = rack.framework({ ...plainFramework, role: 'web', principal: 'p' })
    const cpus: Resource = { ...aResource('cpus', 1), role: 'web', reservation: { principal: 'p' } }
    old.accept([old.offer], [reserve(cpus)], 0)
    rack.pass(2_000)
    expect(old.offer.resources).toEqual([
      expect.objectContaining({ name: 'cpus', role: '*', scalar: { value: 3 } }),
      cpus,
      expect.objectContaining({ name: 'disk', role: '*', scalar: { value: 900 } }),
    ])
  })

  test('a reservation below a reservation refines it', () => {
    const scene = aScene()
    const rack = scene.rack
    scene.framework.close()
    const framework = rack.framework({ roles: ['a/b'], principal: 'p' })
    const refined = aResource('cpus', 1, { reservations: [dynamicReservation('a/b')] })
    framework.accept([framework.offer], [reserve(refined)], 0)
    expect(nextOffer({ ...scene, framework })).toBe('cpus(a/b,p):1; cpus:3; disk:1000')
  })
})

describe('volumes', () => {
  const made = create(aVolume('v', 100))
  const reserved = reserve(aReserved('disk', 200))

  test('W10 a volume shows in the next offer, is used by a task, and destroyed it is disk again', () => {
    const scene = aScene()
    const { rack, framework, agent } = scene
    const elsewhere = { ...aVolume('v', 100).disk, volume: { container_path: 'elsewhere', mode: 'RW' as const } }
    framework.accept([framework.offer], [reserved, made], 0)
    expect(nextOffer(scene)).toBe('cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800')
    const resources = [...scalars({ cpus: 1 }), aVolume('v', 100, { disk: elsewhere })]
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources })], 0)
    const sent = agent.heardOf('launch')[0]?.taskInfo.resources as Resource[]
    expect(sent.find(({ name }) => name === 'disk')?.disk?.volume?.container_path).toBe('elsewhere')
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toBe('cpus:3; disk(test,p):100; disk:800')
    agent.update('t', 'TASK_FINISHED')
    rack.settle()
    expect(framework.offer.resources?.find(({ disk }) => disk !== undefined)?.disk?.volume?.container_path).toBe('data')
    framework.accept(freshOffers(scene), [destroy(aVolume('v', 100))], 0)
    expect(nextOffer(scene)).toBe('cpus:4; disk(test,p):200; disk:800')
  })

  test('a volume is used whole', () => {
    const { framework } = aScene()
    const task = aTaskInfo(framework.offer, 't', { resources: [...scalars({ cpus: 1 }), aVolume('v', 50)] })
    framework.accept([framework.offer], [reserved, made, launchOf(task)], 0)
    expect(framework.update('t')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
  })

  test('V14 a task does not name a volume twice', () => {
    const { framework } = aScene()
    const twice = aVolume('v', 100)
    const task = aTaskInfo(framework.offer, 't', { resources: [...scalars({ cpus: 1 }), twice, twice] })
    framework.accept([framework.offer], [reserved, made, launchOf(task)], 0)
    expect(framework.update('t').message).toContain(`persistent volume 'v' is used twice`)
  })

  test.each([
    ['grown', grow(aVolume('v', 100), aReserved('disk', 50)), 'disk(test,p):50; disk(test,p)[v]:150'],
    ['shrunk', shrink(aVolume('v', 100), 40), 'disk(test,p):140; disk(test,p)[v]:60'],
  ])('W11 a volume is %s when its agent has done it', (_how, operation, shown) => {
    const scene = aScene()
    const { framework, agent, rack } = scene
    framework.accept([framework.offer], [reserved, made], 0)
    rack.pass(2_000)
    agent.isSlow = true
    const offered = words(framework.offer.resources)
    expect(offered).toBe('cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800')
    framework.accept([framework.offer], [named('resize', operation)], 0)
    rack.pass(2_000)
    expect(words(framework.offer.resources)).not.toContain('[v]')
    expect(framework.operationStatuses()).toEqual([])
    framework.decline(framework.offer, 3600)
    agent.carryOut()
    rack.settle()
    expect(framework.operationStatuses('resize')).toMatchObject([{ state: 'OPERATION_FINISHED' }])
    framework.call({ type: 'REVIVE' })
    for (const offer of framework.offers) framework.decline(offer, 0)
    expect(nextOffer(scene)).toBe(`cpus:4; ${shown}; disk:800`)
  })

  test.each([
    ['grown', grow(aVolume('v', 100), aReserved('disk', 50)), aVolume('v', 150)],
    ['shrunk', shrink(aVolume('v', 100), 40), aVolume('v', 60)],
  ])('W11 a volume that is being %s cannot be used by the same ACCEPT', (_how, operation, after) => {
    const { framework, agent } = aScene()
    const use = (id: string, volume: Resource) =>
      launchOf(aTaskInfo(framework.offer, id, { resources: [...scalars({ cpus: 1 }), volume] }))
    const uses = [use('new', after), use('old', aVolume('v', 100))]
    framework.accept([framework.offer], [reserved, made, operation, ...uses], 0)
    expect(framework.update('old')).toMatchObject({ state: 'TASK_ERROR' })
    expect(framework.update('new')).toMatchObject({ state: 'TASK_ERROR' })
    expect(agent.heardOf('launch')).toEqual([])
  })

  test('W11 a resize that failed leaves the volume as it was', () => {
    const scene = aScene()
    const { framework, agent } = scene
    framework.accept([framework.offer], [reserved, made], 0)
    scene.rack.pass(2_000)
    agent.isSlow = true
    framework.accept([framework.offer], [named('g', grow(aVolume('v', 100), aReserved('disk', 50)))], 0)
    agent.carryOut('failed')
    expect(framework.operationStatuses('g')).toMatchObject([{ state: 'OPERATION_FAILED' }])
    framework.accept(freshOffers(scene), [], 0)
    expect(nextOffer(scene)).toBe('cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800')
  })

  test('W13 a role has one volume of an id on a machine, another role has its own', () => {
    const { rack, framework, agent } = aScene()
    framework.accept([framework.offer], [reserved, made, named('again', made)], 0)
    expect(framework.operationStatuses('again')).toMatchObject([{ state: 'OPERATION_ERROR' }])
    framework.close()
    const below = rack.framework({ roles: ['test/below'], principal: 'p' })
    const role = dynamicReservation('test/below')
    const own = aVolume('v', 100, { reservations: [role] })
    below.accept([below.offer], [reserve(aReserved('disk', 100, role)), create(own)], 0)
    rack.pass(2_000)
    expect(words(below.offers.at(-1)?.resources)).toContain('disk(test/below,p)[v]:100')
    expect(agent.heardOf('applyOperation')).toHaveLength(4)
  })
})

describe('shared volumes', () => {
  function aSharedScene() {
    const scene = aScene()
    scene.framework.close()
    const framework = scene.rack.framework({ principal: 'p', capabilities: sharingFramework })
    const volume = aSharedVolume('s', 100)
    framework.accept([framework.offer], [reserve(aReserved('disk', 100)), create(volume)], 0)
    scene.rack.pass(2_000)
    return { ...scene, framework, volume }
  }

  const sharing = (framework: TestScheduler, id: string, volume: Resource) =>
    aTaskInfo(framework.offer, id, { resources: [...scalars({ cpus: 1 }), volume] })

  test('several tasks of one ACCEPT use one copy', () => {
    const { framework, volume, agent } = aSharedScene()
    const { offer } = framework
    framework.launch(offer, [sharing(framework, 'a', volume), sharing(framework, 'b', volume)], 0)
    expect(framework.updates()).toEqual([])
    expect([...agent.runs.keys()]).toEqual(['a', 'b'])
  })

  test('it is offered while a task uses it, and cannot be destroyed', () => {
    const scene = aSharedScene()
    const { framework, volume, rack, agent } = scene
    framework.launch(framework.offer, [sharing(framework, 'a', volume)], 0)
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toContain('[s]+:100')
    framework.accept([framework.offer], [named('d', destroy(volume))], 0)
    expect(framework.operationStatuses('d')).toMatchObject([{ state: 'OPERATION_ERROR' }])
    agent.update('a', 'TASK_FINISHED')
    framework.accept(freshOffers(scene), [named('e', destroy(volume))], 0)
    expect(framework.operationStatuses('e')).toMatchObject([{ state: 'OPERATION_FINISHED' }])
    expect(nextOffer(scene)).toBe('cpus:4; disk(test,p):100; disk:900')
  })

  test('W12 its end takes back the offers that show it', () => {
    const { rack, framework, volume } = aSharedScene()
    const { offer } = framework
    const any = { test: { min_allocatable_resources: { quantities: [{ quantities: { disk: { value: 1 } } }] } } }
    const sibling = rack.framework({ principal: 'p', capabilities: sharingFramework, offer_filters: any })
    rack.pass(2_000)
    expect(words(sibling.offers.at(-1)?.resources)).toContain('[s]+:100')
    framework.accept([offer], [named('d', destroy(volume))], 0)
    expect(framework.operationStatuses('d')).toMatchObject([{ state: 'OPERATION_FINISHED' }])
    expect(sibling.all('RESCIND')).toHaveLength(1)
  })
})

describe('what may not be done', () => {
  const shared = aSharedVolume('s', 100)
  const mounted = aResource('disk', 100, {
    reservations: [dynamicReservation()],
    disk: { source: { type: 'MOUNT', mount: { root: '/m' } } },
  })
  const onMount = aVolume('v', 100, { disk: { ...aVolume('v', 1).disk, source: mounted.disk?.source } })
  const foreign = { persistence: { id: 'q', principal: 'q' }, volume: { container_path: 'd', mode: 'RW' as const } }
  const unsigned = { persistence: { id: 'q' }, volume: { container_path: 'd', mode: 'RW' as const } }
  const hosted = { ...foreign, volume: { container_path: 'd', mode: 'RW' as const, host_path: '/h' } }
  const base = [reserve(aReserved('disk', 200)), create(aVolume('v', 100))]

  test.each<[string, OfferOperation, string]>([
    ['V23 for another role', reserve(aReserved('cpus', 1, dynamicReservation('other'))), 'cannot be reserved'],
    ['V23 for *', reserve(aReserved('cpus', 1, dynamicReservation('*'))), 'role *'],
    [
      'V23 in the name of another principal',
      reserve(aReserved('cpus', 1, dynamicReservation('test', 'q'))),
      'principal',
    ],
    ['V23 in nobody’s name', reserve(aReserved('cpus', 1, dynamicReservation('test', null))), 'principal'],
    ['V23 statically', reserve(aReserved('cpus', 1, { type: 'STATIC', role: 'test' })), 'dynamically'],
    ['V23 of a volume', reserve(aVolume('v', 100)), 'volume'],
    [
      'V23 of two providers',
      reserve(aReserved('disk', 1), { ...aReserved('disk', 2), provider_id: { value: 'rp' } }),
      'provider',
    ],
    ['V23 of a provider', reserve({ ...aReserved('disk', 2), provider_id: { value: 'rp' } }), 'no resource providers'],
    ['a source of a framework', { type: 'RESERVE', reserve: { source: scalars({ cpus: 1 }) } }, 'source'],
    [
      'allocated to another role',
      reserve({ ...aReserved('cpus', 1), allocation_info: { role: 'other' } }),
      'cannot be reserved',
    ],
    [
      'V24 unreserving what is static',
      unreserve(aReserved('cpus', 1, { type: 'STATIC', role: 'test' })),
      'dynamically',
    ],
    ['V24 unreserving a volume', unreserve(aVolume('v', 100)), 'destroyed'],
    ['unreserving what is not reserved', unreserve(aReserved('cpus', 1)), 'enough'],
    ['V25 the id of a volume that is there', create(aVolume('v', 100)), 'there already'],
    ['V25 more disk than is reserved', create(aVolume('w', 101)), 'enough'],
    ['V25 a volume of another principal', create(aVolume('q', 1, { disk: foreign })), 'principal'],
    ['V25 a volume of nobody', create(aVolume('q', 1, { disk: unsigned })), 'principal'],
    ['V28 a volume with host_path', create(aVolume('w', 1, { disk: hosted })), 'host_path'],
    ['V28 a revocable volume', create({ ...aVolume('w', 1), revocable: {} }), 'revocable'],
    ['V28 a volume on unreserved disk', create(aResource('disk', 1, { disk: foreign })), 'reserved'],
    ['a shared volume without SHARED_RESOURCES', create(aSharedVolume('w', 1)), 'SHARED_RESOURCES'],
    ['destroying what is not there', destroy(aVolume('w', 100)), 'has no persistent volume'],
    ['V27 growing by nothing', grow(aVolume('v', 100), aReserved('disk', 0)), 'zero'],
    ['V27 growing what is no volume', grow(aReserved('disk', 50), aReserved('disk', 1)), 'not a persistent volume'],
    ['V27 growing a shared volume', grow(shared, aReserved('disk', 1)), 'shared'],
    ['V27 shrinking to nothing', shrink(aVolume('v', 100), 100), 'less than the volume'],
    ['V27 shrinking by nothing', shrink(aVolume('v', 100), 0), 'more than zero'],
    ['V27 shrinking a volume on a MOUNT disk', shrink(onMount, 1), 'MOUNT'],
    [
      'a disk of a provider',
      {
        type: 'CREATE_DISK',
        create_disk: {
          source: aResource('disk', 1, {
            provider_id: { value: 'rp' },
            disk: { source: { type: 'RAW', profile: 'x' } },
          }),
          target_type: 'MOUNT',
        },
      },
      'no resource providers',
    ],
  ])('%s', (_what, operation, why) => {
    const scene = aScene()
    const { framework } = scene
    framework.accept([framework.offer], [...base, named('op', operation)], 0)
    const [status, ...more] = framework.operationStatuses()
    expect(more).toEqual([])
    expect(status).toMatchObject({ operation_id: { value: 'op' }, state: 'OPERATION_ERROR' })
    expect(status?.message).toContain(why)
    expect(status?.uuid).toBeUndefined()
    expect(nextOffer(scene)).toBe('cpus:4; disk(test,p):100; disk(test,p)[v]:100; disk:800')
  })

  test.each<[string, readonly string[], OfferOperation]>([
    ['RESIZE_VOLUME', ['MULTI_ROLE', 'AGENT_OPERATION_FEEDBACK'], grow(aVolume('v', 100), aReserved('disk', 1))],
    ['RESIZE_VOLUME', ['MULTI_ROLE', 'AGENT_OPERATION_FEEDBACK'], shrink(aVolume('v', 100), 1)],
    ['AGENT_OPERATION_FEEDBACK', ['MULTI_ROLE'], reserve(aReserved('cpus', 1))],
  ])('what the agent lacks: %s', (capability, capabilities, operation) => {
    const { framework } = aScene({ capabilities })
    framework.accept([framework.offer], [...base, named('op', operation)], 0)
    expect(framework.operationStatuses()).toMatchObject([{ state: 'OPERATION_ERROR' }])
    expect(framework.operationStatuses()[0]?.message).toContain(capability)
  })

  test.each([
    ['in use', 'op'],
    ['not an id', 'a/b'],
  ])('an id that is %s', (_what, id) => {
    const { framework, agent } = aScene()
    agent.isSlow = true
    const one = (name: string) => named(name, reserve(aReserved('cpus', 1)))
    framework.accept([framework.offer], [one('op'), one(id)], 0)
    expect(framework.operationStatuses()).toMatchObject([{ state: 'OPERATION_ERROR', operation_id: { value: id } }])
  })

  test('a framework without a principal signs with none', () => {
    const scene = aScene()
    scene.framework.close()
    const framework = scene.rack.framework()
    const unsignedOne = aReserved('cpus', 1, dynamicReservation('test', null))
    framework.accept([framework.offer], [named('signed', reserve(aReserved('cpus', 1))), reserve(unsignedOne)], 0)
    expect(framework.operationStatuses()).toMatchObject([
      { operation_id: { value: 'signed' }, state: 'OPERATION_ERROR' },
    ])
    expect(nextOffer({ ...scene, framework })).toBe('cpus(test):1; cpus:3; disk:1000')
  })

  test('more than can be kept until it is acknowledged', () => {
    const { framework, agent } = aScene()
    agent.isSlow = true
    const many = Array.from({ length: 101 }, (_, i) => named(`o${i}`, reserve(aReserved('disk', 1))))
    framework.accept([framework.offer], many, 0)
    expect(framework.operationStatuses()).toMatchObject([{ state: 'OPERATION_ERROR', operation_id: { value: 'o100' } }])
  })

  test('labels beyond what an operation may be', () => {
    const { framework } = aScene()
    const labels = { labels: [{ key: 'k', value: 'x'.repeat(20_000) }] }
    framework.accept(
      [framework.offer],
      [named('op', reserve(aReserved('disk', 1, { ...dynamicReservation(), labels })))],
    )
    expect(framework.operationStatuses()[0]?.message).toContain('too large')
  })
})

function launchOf(...tasks: ReturnType<typeof aTaskInfo>[]): OfferOperation {
  return { type: 'LAUNCH', launch: { task_infos: tasks } }
}

/** Offers that the framework still has, joined in one ACCEPT. */
function freshOffers({ rack, framework }: Scene) {
  rack.pass(2_000)
  const live = new Set([...rack.view.offers()].map(({ id }) => id as string))
  return framework.offers.filter(({ id }) => live.has(id.value))
}
