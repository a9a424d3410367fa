// What operations do to resources: tables of each kind, of what is refused, and properties of sequences.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applied } from '../../../src/mesos/operations.ts'
import { toMessages } from '../../../src/mesos/resources.ts'
import type { OfferOperation, Resource as ResourceMessage } from '../../../src/mesos/types.ts'
import {
  type DiskInfo,
  equal,
  type Reservation,
  type Resource,
  type Resources,
  resource,
  resources,
  scalar,
  scalarTotals,
} from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'

const forA: readonly Reservation[] = [{ type: 'DYNAMIC', role: 'a', principal: 'p' }]
const forAB: readonly Reservation[] = [...forA, { type: 'DYNAMIC', role: 'a/b', principal: 'p' }]
const staticA: readonly Reservation[] = [{ type: 'STATIC', role: 'a' }]
const mount: DiskInfo = { source: { type: 'MOUNT', root: '/mnt/1' } }
/** A name makes it no less divisible. */
const path: DiskInfo = { source: { type: 'PATH', root: '/mnt/2', id: 'second' } }

const cpus = (amount: number, reservations?: readonly Reservation[]) =>
  scalar('cpus', milli(amount * 1000), reservations === undefined ? {} : { reservations })
const disk = (amount: number, reservations?: readonly Reservation[], place?: DiskInfo) =>
  scalar('disk', milli(amount * 1000), {
    ...(reservations === undefined ? {} : { reservations }),
    ...(place === undefined ? {} : { disk: place }),
  })
const volume = (
  id: string,
  amount: number,
  options: { on?: DiskInfo; at?: string; of?: readonly Reservation[] } = {},
) =>
  disk(amount, options.of ?? forA, {
    ...options.on,
    persistence: { id, principal: 'p' },
    volume: { containerPath: options.at ?? 'data', mode: 'RW' },
  })
const shared = (id: string, amount: number) =>
  resource({ ...withoutKey(volume(id, amount)), shared: true }, { kind: 'scalar', milli: milli(amount * 1000) })

function withoutKey({ key: _key, value: _value, ...identity }: Resource) {
  return identity
}

const say = (...items: readonly Resource[]): ResourceMessage[] => toMessages(items, 'post')
const one = (item: Resource): ResourceMessage => say(item)[0] as ResourceMessage
const reserve = (...items: readonly Resource[]): OfferOperation => ({
  type: 'RESERVE',
  reserve: { resources: say(...items) },
})
const rereserve = (source: Resource, target: Resource): OfferOperation => ({
  type: 'RESERVE',
  reserve: { source: say(source), resources: say(target) },
})
const unreserve = (...items: readonly Resource[]): OfferOperation => ({
  type: 'UNRESERVE',
  unreserve: { resources: say(...items) },
})
const create = (...items: readonly Resource[]): OfferOperation => ({
  type: 'CREATE',
  create: { volumes: say(...items) },
})
const destroy = (...items: readonly Resource[]): OfferOperation => ({
  type: 'DESTROY',
  destroy: { volumes: say(...items) },
})
const grow = (old: Resource, addition: Resource): OfferOperation => ({
  type: 'GROW_VOLUME',
  grow_volume: { volume: one(old), addition: one(addition) },
})
const shrink = (old: Resource, value: number): OfferOperation => ({
  type: 'SHRINK_VOLUME',
  shrink_volume: { volume: one(old), subtract: { value } },
})

type Row = [
  claim: string,
  total: readonly Resource[],
  operation: OfferOperation,
  becomes: { consumed: readonly Resource[]; converted: readonly Resource[]; rest?: readonly Resource[] },
]

describe('an operation', () => {
  test.each<Row>([
    [
      'RESERVE takes what is one reservation less',
      [cpus(4), disk(10)],
      reserve(cpus(1.5, forA)),
      { consumed: [cpus(1.5)], converted: [cpus(1.5, forA)], rest: [cpus(2.5), disk(10)] },
    ],
    [
      'RESERVE takes several resources at once',
      [cpus(4), disk(10)],
      reserve(cpus(4, forA), disk(10, forA)),
      { consumed: [cpus(4), disk(10)], converted: [cpus(4, forA), disk(10, forA)] },
    ],
    [
      'RESERVE adds fractions without an error',
      [cpus(0.7), cpus(0.3, forA)],
      reserve(cpus(0.1, forA)),
      { consumed: [cpus(0.1)], converted: [cpus(0.1, forA)], rest: [cpus(0.6), cpus(0.3, forA)] },
    ],
    [
      'RESERVE refines a reservation',
      [cpus(4, forA)],
      reserve(cpus(1, forAB)),
      { consumed: [cpus(1, forA)], converted: [cpus(1, forAB)], rest: [cpus(3, forA)] },
    ],
    [
      'RESERVE with a source moves a reservation',
      [cpus(4, forA)],
      rereserve(cpus(1, forA), cpus(1, [{ type: 'DYNAMIC', role: 'b' }])),
      { consumed: [cpus(1, forA)], converted: [cpus(1, [{ type: 'DYNAMIC', role: 'b' }])], rest: [cpus(3, forA)] },
    ],
    [
      'UNRESERVE gives back',
      [cpus(4, forA)],
      unreserve(cpus(1, forA)),
      { consumed: [cpus(1, forA)], converted: [cpus(1)], rest: [cpus(3, forA)] },
    ],
    [
      'UNRESERVE takes away the innermost reservation alone',
      [cpus(4, forAB)],
      unreserve(cpus(4, forAB)),
      { consumed: [cpus(4, forAB)], converted: [cpus(4, forA)] },
    ],
    [
      'CREATE makes a volume of reserved disk',
      [disk(10, forA)],
      create(volume('v', 4)),
      { consumed: [disk(4, forA)], converted: [volume('v', 4)], rest: [disk(6, forA)] },
    ],
    [
      'CREATE makes two volumes',
      [disk(10, forA)],
      create(volume('v', 4), volume('w', 6)),
      { consumed: [disk(10, forA)], converted: [volume('v', 4), volume('w', 6)] },
    ],
    [
      'CREATE works on disk that is reserved statically',
      [disk(10, staticA)],
      create(volume('v', 4, { of: staticA })),
      { consumed: [disk(4, staticA)], converted: [volume('v', 4, { of: staticA })], rest: [disk(6, staticA)] },
    ],
    [
      'CREATE takes a mounted disk whole',
      [disk(10, forA, mount)],
      create(volume('v', 10, { on: mount })),
      { consumed: [disk(10, forA, mount)], converted: [volume('v', 10, { on: mount })] },
    ],
    [
      'CREATE takes a part of a PATH disk',
      [disk(10, forA, path)],
      create(volume('v', 4, { on: path })),
      { consumed: [disk(4, forA, path)], converted: [volume('v', 4, { on: path })], rest: [disk(6, forA, path)] },
    ],
    [
      'CREATE makes a shared volume of disk that is not',
      [disk(10, forA)],
      create(shared('v', 4)),
      { consumed: [disk(4, forA)], converted: [shared('v', 4)], rest: [disk(6, forA)] },
    ],
    [
      'DESTROY gives the disk back',
      [volume('v', 4), disk(6, forA)],
      destroy(volume('v', 4)),
      { consumed: [volume('v', 4)], converted: [disk(4, forA)], rest: [disk(6, forA)] },
    ],
    [
      'DESTROY finds a volume by its role and id, however it is to be mounted',
      [volume('v', 4)],
      destroy(volume('v', 4, { at: 'elsewhere' })),
      { consumed: [volume('v', 4)], converted: [disk(4, forA)] },
    ],
    [
      'DESTROY of a shared volume gives disk that is not shared',
      [shared('v', 4)],
      destroy(shared('v', 4)),
      { consumed: [shared('v', 4)], converted: [disk(4, forA)] },
    ],
    [
      'GROW_VOLUME adds disk to a volume',
      [volume('v', 4), disk(6, forA)],
      grow(volume('v', 4), disk(2, forA)),
      { consumed: [volume('v', 4), disk(2, forA)], converted: [volume('v', 6)], rest: [disk(4, forA)] },
    ],
    [
      'SHRINK_VOLUME takes disk from a volume',
      [volume('v', 4), disk(6, forA)],
      shrink(volume('v', 4), 1.5),
      { consumed: [volume('v', 4)], converted: [volume('v', 2.5), disk(1.5, forA)], rest: [disk(6, forA)] },
    ],
  ])('%s', (_claim, total, operation, { consumed, converted, rest = [] }) => {
    const result = applied(resources(total), operation)
    expect(result).toMatchObject({ ok: true })
    if (!result.ok) return
    expect(result.value.consumed).toEqual(resources(consumed))
    expect(result.value.converted).toEqual(resources(converted))
    expect(result.value.total).toEqual(resources([...rest, ...converted]))
  })

  test('keeps the role that resources are allocated to', () => {
    const allocated = (item: Resource) => resource({ ...withoutKey(item), allocationRole: 'a' }, item.value)
    const result = applied([allocated(cpus(4))], reserve(allocated(cpus(1, forA))))
    expect(result).toMatchObject({ ok: true, value: { converted: [allocated(cpus(1, forA))] } })
  })

  test.each<[string, readonly Resource[], OfferOperation, string]>([
    ['more than there is', [cpus(4)], reserve(cpus(5, forA)), 'not enough unreserved cpus'],
    ['a refinement of what is not reserved', [cpus(4)], reserve(cpus(1, forAB)), `for 'a' reserved cpus`],
    ['the reservation of another principal', [cpus(4, staticA)], unreserve(cpus(1, forA)), `for 'a' reserved cpus`],
    ['a volume on disk that is not reserved', [disk(4)], create(volume('v', 1)), `for 'a' reserved disk`],
    ['a part of a mounted disk', [disk(10, undefined, mount)], reserve(disk(4, forA, mount)), 'only taken whole'],
    [
      'two volumes on one mounted disk',
      [disk(10, forA, mount)],
      create(volume('v', 10, { on: mount }), volume('w', 10, { on: mount })),
      'not enough',
    ],
    ['a volume that is there', [disk(10, forA), volume('v', 1)], create(volume('v', 2)), `volume 'v' of role 'a'`],
    ['a volume of another size', [volume('v', 2)], destroy(volume('v', 1)), 'only taken whole'],
    ['a volume that is not there', [disk(4, forA)], destroy(volume('v', 1)), `volume 'v' of role 'a'`],
    ['a volume whose size is not so', [volume('v', 2)], shrink(volume('v', 3), 1), 'not enough disk'],
    ['a growth by what is not there', [volume('v', 2)], grow(volume('v', 2), disk(1, forA)), `for 'a' reserved disk`],
  ])('on %s is missing its resources', (_claim, total, operation, words) => {
    const result = applied(resources(total), operation)
    expect(result).toMatchObject({ ok: false, fault: { code: 'RESOURCES_MISSING' } })
    expect(result.ok ? '' : result.fault.message).toContain(words)
  })

  test('may name an id that another role uses', () => {
    const total = resources([disk(10, forAB), volume('v', 1)])
    expect(applied(total, create(volume('v', 2, { of: forAB })))).toMatchObject({ ok: true })
  })

  test.each<[string, OfferOperation]>([
    ['no type', {}],
    ['no body', { type: 'RESERVE' }],
    ['tasks', { type: 'LAUNCH', launch: { task_infos: [] } }],
    ['a disk of a provider', { type: 'DESTROY_DISK', destroy_disk: { source: one(disk(1)) } }],
    ['no dynamic reservation', reserve(cpus(1, staticA))],
    ['a source of another size', rereserve(cpus(1), cpus(2, forA))],
    ['a source that is static', rereserve(cpus(1, staticA), cpus(1, forA))],
    ['a source that is a volume', rereserve(volume('v', 1), volume('v', 1, { of: forAB }))],
    ['an addition of another role', grow(volume('v', 1), disk(1, forAB))],
    ['an addition of another disk', grow(volume('v', 1), disk(1, forA, path))],
    ['all of a volume to be cut off', shrink(volume('v', 1), 1)],
    ['a volume that says nothing of its mount', create(disk(1, forA, { persistence: { id: 'v' } }))],
  ])('with %s is malformed', (_claim, operation) => {
    const total = resources([cpus(9), cpus(9, staticA), disk(9), disk(9, forA), volume('v', 1)])
    expect(applied(total, operation)).toMatchObject({ ok: false, fault: { code: 'API_MALFORMED' } })
  })
})

const anOperation: fc.Arbitrary<OfferOperation> = fc
  .tuple(
    fc.constantFrom('reserve', 'unreserve', 'create', 'destroy', 'grow', 'shrink'),
    fc.integer({ min: 1, max: 4 }),
    fc.constantFrom(forA, forAB),
    fc.constantFrom('v', 'w'),
  )
  .map(([kind, n, of, id]) => {
    if (kind === 'reserve') return reserve(disk(n, of))
    if (kind === 'unreserve') return unreserve(disk(n, of))
    if (kind === 'create') return create(volume(id, n, { of }))
    if (kind === 'destroy') return destroy(volume(id, n, { of }))
    return kind === 'grow' ? grow(volume(id, n, { of }), disk(1, of)) : shrink(volume(id, n, { of }), 0.5)
  })

test('no sequence of operations makes or loses anything', () => {
  fc.assert(
    fc.property(fc.array(anOperation, { maxLength: 30 }), (operations) => {
      const start = resources([disk(10), cpus(2)])
      let total: Resources = start
      for (const operation of operations) {
        const result = applied(total, operation)
        if (!result.ok) continue
        const { consumed, converted } = result.value
        expect(scalarTotals(consumed)).toEqual(scalarTotals(converted))
        expect(equal(result.value.total, total)).toBe(false)
        total = result.value.total
        expect(scalarTotals(total)).toEqual(scalarTotals(start))
      }
    }),
  )
})
