// Group T of the conformance scenarios: amounts, texts and reservation formats as tables. RecordIO (T04) is tested beside
// recordio.ts; there are no ACLs (T05) and no ZooKeeper (T06) here.

import { describe, expect, test } from 'vitest'
import { formatResources, parseResourceMessages, parseResources } from '../../../src/mesos/resource-text.ts'
import { fromMessages, toMessages } from '../../../src/mesos/resources.ts'
import type { Resource } from '../../../src/mesos/types.ts'
import {
  add,
  contains,
  equal,
  noResources,
  type Resources,
  scalarTotal,
  subtract,
} from '../../../src/model/resources.ts'

const cpus = (value: number): Resource => ({ name: 'cpus', type: 'SCALAR', scalar: { value } })

function read(...messages: readonly Resource[]): Resources {
  const read = fromMessages(messages)
  if (!read.ok) throw new Error(read.fault.message)
  return read.value
}

describe('T01 amounts', () => {
  test.each([
    ['simple', 1.001, 1.001],
    ['lost beyond the third decimal', 1.0004, 1],
    ['rounded half away from zero', 1.0005, 1.001],
    ['rounded up', 1.5015, 1.502],
    ['very large', 1_000_000_000.001, 1_000_000_000.001],
  ])('are counted in thousandths: %s', (_what, given, counted) => {
    expect(scalarTotal(read(cpus(given)), 'cpus') / 1000).toBe(counted)
    expect(toMessages(read(cpus(given)), 'post')[0]?.scalar?.value).toBe(counted)
  })

  test('many operations lose nothing', () => {
    let sum: Resources = noResources
    for (let i = 0; i < 2_000; i++) sum = add(sum, read(cpus(1.001)))
    expect(scalarTotal(sum, 'cpus')).toBe(2_002_000)
    for (let i = 0; i < 2_000; i++) sum = subtract(sum, read(cpus(1.001)))
    expect(sum).toEqual([])
  })

  test('0.1 and 0.2 are 0.3, and what rounds to the same is the same', () => {
    expect(equal(read(cpus(0.1), cpus(0.2)), read(cpus(0.3)))).toBe(true)
    expect(equal(read(cpus(1.0001)), read(cpus(1)))).toBe(true)
    expect(contains(read(cpus(1)), read(cpus(1.0004)))).toBe(true)
    expect(contains(read(cpus(1)), read(cpus(1.0006)))).toBe(false)
  })

  test.each([0, 0.0001, 0.0004, -1, Number.NaN, Number.POSITIVE_INFINITY])('%s is no amount', (value) => {
    expect(fromMessages([cpus(value)]).ok).toBe(false)
  })
})

describe('T02 texts', () => {
  test.each([
    ['cpus:45.55;mem:1;disk:512', 'cpus:45.55; disk:512; mem:1'],
    ['ports:[10000-20000, 30000-50000];disks:{sda1}', 'disks:{sda1}; ports:[10000-20000,30000-50000]'],
    ['ports:[1-3, 4-5]', 'ports:[1-5]'],
    ['cpus(role1):2;cpus:1', 'cpus:1; cpus(role1):2'],
  ])('%s', (text, shown) => {
    const parsed = parseResources(text)
    expect(parsed.ok ? formatResources(parsed.value) : parsed.fault.message).toBe(shown)
  })

  test.each(['cpus', 'cpus:', 'cpus:{1', 'ports:[5-1]', 'ports:[1-5, 3-9]', 'cpus:-1', 'cpus(a:1', ':1'])(
    '%j is none',
    (text) => expect(parseResources(text).ok).toBe(false),
  )

  test('JSON is read as the messages it is, and what is none is refused', () => {
    const parsed = parseResourceMessages(JSON.stringify([cpus(1.5), { ...cpus(2), role: 'a' }]))
    expect(parsed.ok && parsed.value.map(({ name, role }) => [name, role])).toEqual([
      ['cpus', undefined],
      ['cpus', 'a'],
    ])
    for (const text of ['[', '{}', '[1]', '[{"name":"cpus"}]']) expect(parseResourceMessages(text).ok).toBe(false)
  })
})

describe('T03 formats of reservations', () => {
  const stack = (...roles: readonly string[]) =>
    roles.map((role, i) => ({ type: i === 0 ? ('STATIC' as const) : ('DYNAMIC' as const), role }))

  test.each<[string, Partial<Resource>, Partial<Resource>]>([
    ['unreserved', { role: '*' }, {}],
    ['static', { role: 'a' }, { reservations: stack('a') }],
    [
      'dynamic',
      { role: 'a', reservation: { principal: 'p' } },
      { reservations: [{ type: 'DYNAMIC', role: 'a', principal: 'p' }] },
    ],
  ])('%s is the same in both', (_what, pre, post) => {
    const [older, newer] = [read({ ...cpus(1), ...pre }), read({ ...cpus(1), ...post })]
    expect(equal(older, newer)).toBe(true)
    expect(toMessages(newer, 'pre')).toMatchObject([pre])
    expect(toMessages(older, 'post')).toMatchObject([post])
    expect(toMessages(older, 'endpoint')).toMatchObject([{ ...pre, ...post }])
  })

  test('refined ones have no older form', () => {
    const refined = read({ ...cpus(1), reservations: stack('a', 'a/b') })
    expect(toMessages(refined, 'pre')).toEqual([])
    expect(toMessages(refined, 'post')).toMatchObject([{ reservations: stack('a', 'a/b') }])
  })

  test.each<[string, Partial<Resource>]>([
    ['both formats in one', { role: 'a', reservations: stack('a') }],
    ['a role that does not refine the one before', { reservations: stack('a', 'b') }],
    [
      'a static one above another',
      {
        reservations: [
          { type: 'DYNAMIC', role: 'a' },
          { type: 'STATIC', role: 'a/b' },
        ],
      },
    ],
    ['one for everybody', { reservations: stack('*') }],
  ])('%s is refused', (_what, more) => {
    expect(fromMessages([{ ...cpus(1), ...more }]).ok).toBe(false)
  })
})
