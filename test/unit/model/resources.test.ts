// Resource algebra: tables, and properties against a second implementation that counts single units.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  add,
  allocatedTo,
  contains,
  type DiskInfo,
  equal,
  isIndivisible,
  normaliseRanges,
  overlap,
  type Range,
  type Resource,
  type ResourceIdentity,
  type Resources,
  resource,
  resources,
  scalar,
  scalarTotal,
  scalarTotals,
  subtract,
  sumToShow,
} from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'

const cpus = (amount: number, identity: Omit<ResourceIdentity, 'name'> = {}) => scalar('cpus', milli(amount), identity)
const ports = (...ranges: [number, number][]): Resource =>
  resource(
    { name: 'ports' },
    { kind: 'ranges', ranges: normaliseRanges(ranges.map(([begin, end]) => ({ begin, end }))) },
  )
const items = (...names: string[]): Resource => resource({ name: 'zones' }, { kind: 'set', items: names.sort() })

describe('a collection', () => {
  test('adds up what is the same but for the amount, and drops what is empty', () => {
    expect(
      resources([
        cpus(500),
        cpus(1500),
        ports([1, 2]),
        ports([3, 4]),
        items('a'),
        items('b', 'a'),
        cpus(0, { shared: true }),
      ]),
    ).toEqual([cpus(2000), ports([1, 4]), items('a', 'b')])
  })

  test.each<[string, Omit<ResourceIdentity, 'name'>]>([
    ['allocation role', { allocationRole: 'r' }],
    ['reservation', { reservations: [{ type: 'DYNAMIC', role: 'r' }] }],
    ['reservation principal', { reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'p' }] }],
    ['reservation label', { reservations: [{ type: 'DYNAMIC', role: 'r', labels: [{ key: 'k' }] }] }],
    [
      'reservation stack',
      {
        reservations: [
          { type: 'STATIC', role: 'r' },
          { type: 'DYNAMIC', role: 'r/s' },
        ],
      },
    ],
    ['persistence', { disk: { persistence: { id: 'v' } } }],
    ['volume', { disk: { volume: { containerPath: 'a', mode: 'RW' } } }],
    ['disk source', { disk: { source: { type: 'MOUNT', root: '/a' } } }],
    ['revocability', { revocable: true }],
    ['sharing', { shared: true }],
    ['provider', { providerId: 'p' }],
  ])('keeps apart what differs in its %s', (_claim, identity) => {
    const both = resources([cpus(1), cpus(2, identity)])
    expect(both).toHaveLength(2)
    expect(contains([cpus(9)], [cpus(1, identity)])).toBe(false)
    expect(overlap([cpus(9)], [cpus(1, identity)])).toEqual([])
    expect(scalarTotal(both, 'cpus')).toBe(3)
  })

  test('names cannot imitate other identities', () => {
    const imitation = scalar('cpus|scalar', milli(1))
    expect(resources([imitation, cpus(1, { allocationRole: 'scalar' })])).toHaveLength(2)
  })
})

describe('ranges', () => {
  test.each<[Range[], Range[]]>([
    [[], []],
    [
      [
        { begin: 5, end: 9 },
        { begin: 1, end: 4 },
      ],
      [{ begin: 1, end: 9 }],
    ],
    [
      [
        { begin: 1, end: 4 },
        { begin: 6, end: 9 },
      ],
      [
        { begin: 1, end: 4 },
        { begin: 6, end: 9 },
      ],
    ],
    [
      [
        { begin: 1, end: 9 },
        { begin: 2, end: 3 },
      ],
      [{ begin: 1, end: 9 }],
    ],
  ])('%j are %j', (given, expected) => {
    expect(normaliseRanges(given)).toEqual(expected)
  })

  test.each<[[number, number][], [number, number][], [number, number][]]>([
    [
      [[1, 10]],
      [[3, 4]],
      [
        [1, 2],
        [5, 10],
      ],
    ],
    [[[1, 10]], [[1, 10]], []],
    [
      [
        [1, 10],
        [20, 30],
      ],
      [
        [10, 10],
        [20, 20],
        [30, 30],
      ],
      [
        [1, 9],
        [21, 29],
      ],
    ],
  ])('%j without %j is %j', (from, cut, left) => {
    expect(subtract([ports(...from)], [ports(...cut)])).toEqual(left.length === 0 ? [] : [ports(...left)])
  })
})

test('every second port of a machine is taken and given back in no time', () => {
  const odd = [ports(...Array.from({ length: 32_000 }, (_, i): [number, number] => [2 * i + 1, 2 * i + 1]))]
  const all = [ports([0, 64_000])]
  expect(contains(all, odd)).toBe(true)
  const even = subtract(all, odd)
  expect(overlap(even, odd)).toEqual([])
  expect(add(even, odd)).toEqual(all)
})

test('taking away what is not there is our mistake', () => {
  expect(() => subtract([cpus(1)], [cpus(2)])).toThrow(/only what is there/)
  expect(() => subtract([cpus(1)], [ports([1, 1])])).toThrow(/only what is there/)
  expect(() => subtract([ports([1, 5])], [ports([4, 6])])).toThrow(/only what is there/)
})

test('an allocation role is set and taken off again, adding up what becomes the same', () => {
  const allocated = allocatedTo(resources([cpus(1), cpus(2, { revocable: true })]), 'r')
  expect(allocated.every((it) => it.allocationRole === 'r')).toBe(true)
  const mixed = resources([cpus(1, { allocationRole: 'a' }), cpus(2, { allocationRole: 'b' })])
  expect(allocatedTo(mixed, undefined)).toEqual([cpus(3)])
})

test('totals are by name over all identities', () => {
  const all = resources([cpus(1), cpus(2, { allocationRole: 'r' }), scalar('mem', milli(5)), ports([1, 2])])
  expect([...scalarTotals(all)]).toEqual([
    ['cpus', 3],
    ['mem', 5],
  ])
  expect(scalarTotal(all, 'gpus')).toBe(0)
})

describe('properties', () => {
  /** Every single unit of a collection by name: what the algebra must agree with. */
  function units(all: Resources): Map<string, number> {
    const counts = new Map<string, number>()
    const count = (key: string, by: number) => counts.set(key, (counts.get(key) ?? 0) + by)
    for (const { key, value } of all) {
      if (value.kind === 'scalar') count(key, value.milli)
      else if (value.kind === 'set') for (const item of value.items) counts.set(`${key} ${item}`, 1)
      else for (const { begin, end } of value.ranges) for (let i = begin; i <= end; i++) counts.set(`${key} ${i}`, 1)
    }
    return counts
  }

  const identity = fc.constantFrom<Omit<ResourceIdentity, 'name'>>({}, { allocationRole: 'r' }, { revocable: true })
  const anyScalar = fc.tuple(fc.integer({ min: 0, max: 5 }), identity).map(([amount, it]) => cpus(amount, it))
  const anyRange = fc.tuple(fc.nat(12), fc.nat(4)).map(([begin, size]) => ports([begin, begin + size]))
  const anySet = fc.subarray(['a', 'b', 'c']).map((names) => items(...names))
  const any = fc.array(fc.oneof(anyScalar, anyRange, anySet), { maxLength: 6 }).map(resources)

  const isSorted = (all: Resources) => all.every((it, i) => i === 0 || (all[i - 1] as Resource).key < it.key)

  test('sum, difference, containment and overlap agree with counting units', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [inA, inB] = [units(a), units(b)]
        const isContained = [...inB].every(([key, count]) => (inA.get(key) ?? 0) >= count)
        expect(contains(a, b)).toBe(isContained)
        const common = units(overlap(a, b))
        for (const key of new Set([...inA.keys(), ...inB.keys()])) {
          expect(common.get(key) ?? 0).toBe(Math.min(inA.get(key) ?? 0, inB.get(key) ?? 0))
        }
        if (!isContained) return
        const left = subtract(a, b)
        for (const [key, count] of inA) expect(units(left).get(key) ?? 0).toBe(count - (inB.get(key) ?? 0))
        expect(equal(add(left, b), a)).toBe(true)
        expect(isSorted(left)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('a sum does not depend on the order and keeps its own', () => {
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(add(a, b)).toEqual(add(b, a))
        expect(add(add(a, b), c)).toEqual(add(a, add(b, c)))
        expect(isSorted(add(a, b))).toBe(true)
        expect(contains(add(a, b), a)).toBe(true)
      }),
    )
  })
})

describe('sums to show', () => {
  test('are those of the algebra', () => {
    const ports = (begin: number, end: number) =>
      resource({ name: 'ports' }, { kind: 'ranges', ranges: [{ begin, end }] })
    const slots = (...items: string[]) => resource({ name: 'slots' }, { kind: 'set', items })
    const items = [cpus(2), ports(1, 5), slots('b'), cpus(3, { allocationRole: 'r' }), cpus(4), ports(3, 9), slots('a')]
    expect(sumToShow(items)).toEqual(resources(items))
    expect(sumToShow([])).toEqual([])
  })

  test('an amount beyond what can be counted stays at the largest that can', () => {
    const most = cpus(Number.MAX_SAFE_INTEGER)
    expect(scalarTotal(sumToShow([most, cpus(1), most]), 'cpus')).toBe(Number.MAX_SAFE_INTEGER)
  })
})

describe('what is shared', () => {
  const volume = (amount: number) =>
    scalar('disk', milli(amount), {
      shared: true,
      reservations: [{ type: 'DYNAMIC', role: 'r' }],
      disk: { persistence: { id: 'v' } },
    })
  const two = add([volume(64)], [volume(64)])

  test('is counted in copies and keeps its amount', () => {
    expect(two).toEqual([{ ...volume(64), copies: 2 }])
    expect(add(two, [volume(64)])).toEqual([{ ...volume(64), copies: 3 }])
    expect(scalarTotal(two, 'disk')).toBe(64)
    expect(allocatedTo(allocatedTo(two, 'r'), undefined)).toEqual(two)
    expect(sumToShow([...two, ...two])).toEqual([{ ...volume(64), copies: 2 }])
  })

  test('is taken away and compared copy by copy', () => {
    expect(subtract(two, [volume(64)])).toEqual([volume(64)])
    expect(subtract(two, two)).toEqual([])
    expect(() => subtract([volume(64)], two)).toThrow('only what is there is taken away')
    expect(contains(two, [volume(64)])).toBe(true)
    expect(contains([volume(64)], two)).toBe(false)
    expect(overlap(two, [volume(64)])).toEqual([volume(64)])
  })

  test('of another size is something else', () => {
    expect(contains(two, [volume(32)])).toBe(false)
    expect(add([volume(64)], [volume(32)])).toHaveLength(2)
  })
})

test.each<[boolean, DiskInfo | undefined]>([
  [false, undefined],
  [false, { source: { type: 'PATH', root: '/a', id: 'first' } }],
  [false, { source: { type: 'RAW' } }],
  [true, { source: { type: 'RAW', id: 'wwn-1' } }],
  [true, { source: { type: 'BLOCK', id: 'wwn-1' } }],
  [true, { source: { type: 'MOUNT', root: '/a' } }],
  [true, { persistence: { id: 'v' } }],
])('that it exists only as a whole is %s of disk %j', (isWhole, disk) => {
  expect(isIndivisible({ name: 'disk', ...(disk && { disk }) })).toBe(isWhole)
})
