// Resources between messages and quantities: validity, both reservation formats, and the way back.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromMessages, toMessages } from '../../../src/mesos/resources.ts'
import type { Resource } from '../../../src/mesos/types.ts'
import { scalarMax } from '../../../src/mesos/validate-resource.ts'
import type { Resources } from '../../../src/model/resources.ts'

function cpus(extras: Partial<Resource> = {}): Resource {
  return { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, ...extras }
}

function disk(extras: Partial<Resource> = {}): Resource {
  return { name: 'disk', type: 'SCALAR', scalar: { value: 100 }, ...extras }
}

const volume: Partial<Resource> = {
  reservations: [{ type: 'DYNAMIC', role: 'r' }],
  disk: { persistence: { id: 'v1' }, volume: { container_path: 'data', mode: 'RW' } },
}

function converted(messages: readonly Resource[]): Resources {
  const result = fromMessages(messages)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

describe('validity', () => {
  test.each<[string, Resource, string]>([
    ['no name', cpus({ name: '' }), 'must have a name'],
    ['text', cpus({ type: 'TEXT' }), 'type TEXT'],
    ['no value', { name: 'cpus', type: 'SCALAR' }, `needs 'scalar'`],
    ['a value of another type', cpus({ type: 'RANGES' }), `needs 'ranges'`],
    ['two values', cpus({ set: { item: ['a'] } }), 'no other value'],
    ['negative', cpus({ scalar: { value: -1 } }), 'must not be negative'],
    ['zero', cpus({ scalar: { value: 0 } }), 'must not be zero'],
    ['below half a thousandth', cpus({ scalar: { value: 0.00049 } }), 'must not be zero'],
    ['infinite', cpus({ scalar: { value: Number.POSITIVE_INFINITY } }), 'finite'],
    ['not a number', cpus({ scalar: { value: Number.NaN } }), 'finite'],
    ['beyond any machine', cpus({ scalar: { value: scalarMax * 2 } }), 'more than'],
    ['half a gpu', { name: 'gpus', type: 'SCALAR', scalar: { value: 0.5 } }, 'whole numbers'],
    ['no ranges', { name: 'ports', type: 'RANGES', ranges: {} }, 'at least one range'],
    ['a range backwards', { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 2, end: 1 }] } }, 'ends before'],
    [
      'overlapping ranges',
      {
        name: 'ports',
        type: 'RANGES',
        ranges: {
          range: [
            { begin: 5, end: 9 },
            { begin: 1, end: 5 },
          ],
        },
      },
      'overlap',
    ],
    ['a range past 2^53', { name: 'p', type: 'RANGES', ranges: { range: [{ begin: 1, end: 2n ** 60n }] } }, 'too far'],
    ['a set with repetitions', { name: 's', type: 'SET', set: { item: ['a', 'a'] } }, 'unique'],
    ['a bad role', cpus({ role: 'a/*' }), `'*' as a part`],
    ['both formats', cpus({ role: 'r', reservations: [{ type: 'STATIC', role: 'r' }] }), 'excludes'],
    ['both formats, unreserved role', cpus({ role: '*', reservations: [{ type: 'STATIC', role: 'r' }] }), 'excludes'],
    ['dynamic for *', cpus({ role: '*', reservation: {} }), 'other than *'],
    ['dynamic without role', cpus({ reservation: { principal: 'p' } }), 'other than *'],
    ['new fields in the old format', cpus({ role: 'r', reservation: { type: 'DYNAMIC' } }), 'belong into'],
    ['no type of reservation', cpus({ reservations: [{ role: 'r' }] }), 'STATIC or DYNAMIC'],
    ['no role of reservation', cpus({ reservations: [{ type: 'STATIC' }] }), 'must have a role'],
    ['reserved for *', cpus({ reservations: [{ type: 'STATIC', role: '*' }] }), 'role *'],
    [
      'a static one on top',
      cpus({
        reservations: [
          { type: 'DYNAMIC', role: 'a' },
          { type: 'STATIC', role: 'a/b' },
        ],
      }),
      'only the first',
    ],
    [
      'no refinement',
      cpus({
        reservations: [
          { type: 'DYNAMIC', role: 'a' },
          { type: 'DYNAMIC', role: 'ab' },
        ],
      }),
      'cannot refine',
    ],
    ['disk info on cpus', cpus({ disk: { source: { type: 'RAW' } } }), `only a resource named 'disk'`],
    ['path on a mount disk', disk({ disk: { source: { type: 'MOUNT', path: {} } } }), `no 'path'`],
    [
      'volume without persistence',
      disk({ disk: { volume: { container_path: 'a', mode: 'RW' } } }),
      'must be persistent',
    ],
    ['persistence without volume', disk({ role: 'r', disk: { persistence: { id: 'v' } } }), '`volume`'],
    ['persistence on unreserved disk', disk({ ...volume, reservations: undefined }), 'reserved disk'],
    [
      'a persistence id with a slash',
      disk({ role: 'r', disk: { persistence: { id: 'a/b' }, volume: { container_path: 'a', mode: 'RW' } } }),
      'persistence: ',
    ],
    [
      'a host path',
      disk({
        role: 'r',
        disk: { persistence: { id: 'v' }, volume: { container_path: 'a', host_path: '/', mode: 'RW' } },
      }),
      'host_path',
    ],
    ['revocable and dynamic', cpus({ revocable: {}, reservations: [{ type: 'DYNAMIC', role: 'r' }] }), 'revocable'],
    ['revocable volume', disk({ ...volume, revocable: {} }), 'revocable'],
    ['shared cpus', cpus({ shared: {} }), 'shared'],
    ['a bad allocation role', cpus({ allocation_info: { role: '/' } }), 'role'],
  ])('%s is refused', (_claim, message, complaint) => {
    expect(fromMessages([cpus(), message])).toMatchObject({
      ok: false,
      fault: { code: 'API_MALFORMED', message: expect.stringContaining(complaint) },
    })
  })

  test('sums that would be inexact are refused', () => {
    expect(fromMessages(Array.from({ length: 3 }, () => cpus({ scalar: { value: scalarMax / 2 } })))).toMatchObject({
      fault: { message: expect.stringContaining('sum up') },
    })
  })
})

describe('conversion', () => {
  test('amounts are thousandths, equal identities add up, ranges and sets are in order', () => {
    const all = converted([
      cpus({ scalar: { value: 1.0004 } }),
      cpus({ scalar: { value: 0.5 } }),
      {
        name: 'ports',
        type: 'RANGES',
        ranges: {
          range: [
            { begin: 5, end: 9 },
            { begin: 1, end: 4 },
          ],
        },
      },
      { name: 's', type: 'SET', set: { item: ['b', 'a'] } },
    ])
    expect(all.map(({ name, value }) => [name, value])).toEqual([
      ['cpus', { kind: 'scalar', milli: 1500 }],
      ['ports', { kind: 'ranges', ranges: [{ begin: 1, end: 9 }] }],
      ['s', { kind: 'set', items: ['a', 'b'] }],
    ])
  })

  test.each<[string, Partial<Resource>, Partial<Resource>, Partial<Resource>]>([
    ['unreserved', { role: '*' }, {}, { role: '*' }],
    [
      'static',
      { role: 'r' },
      { reservations: [{ type: 'STATIC', role: 'r' }] },
      { role: 'r', reservations: [{ type: 'STATIC', role: 'r' }] },
    ],
    [
      'dynamic',
      { role: 'r', reservation: { principal: 'p', labels: { labels: [{ key: 'k', value: 'v' }] } } },
      {
        reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'p', labels: { labels: [{ key: 'k', value: 'v' }] } }],
      },
      {
        role: 'r',
        reservation: { principal: 'p', labels: { labels: [{ key: 'k', value: 'v' }] } },
        reservations: [{ type: 'DYNAMIC', role: 'r', principal: 'p', labels: { labels: [{ key: 'k', value: 'v' }] } }],
      },
    ],
  ])('%s: the formats mean the same', (_claim, pre, post, endpoint) => {
    const fromPre = converted([cpus(pre)])
    expect(fromPre).toEqual(converted([cpus(post)]))
    expect(toMessages(fromPre, 'pre')).toEqual([cpus(pre)])
    expect(toMessages(fromPre, 'post')).toEqual([cpus(post)])
    expect(toMessages(fromPre, 'endpoint')).toEqual([cpus(endpoint)])
  })

  test('a role left out is unreserved', () => {
    expect(converted([cpus()])).toEqual(converted([cpus({ role: '*' })]))
  })

  test('refined reservations have no older form and are left out of it', () => {
    const refined = cpus({
      reservations: [
        { type: 'STATIC', role: 'a' },
        { type: 'DYNAMIC', role: 'a/b', principal: 'p' },
      ],
    })
    const both = converted([refined, cpus()])
    expect(toMessages(both, 'pre')).toEqual([cpus({ role: '*' })])
    expect(toMessages(converted([refined]), 'post')).toEqual([refined])
    expect(toMessages(converted([refined]), 'endpoint')).toEqual([refined])
  })

  test.each<[string, Resource]>([
    ['a persistent volume', disk({ ...volume, shared: {}, allocation_info: { role: 'r' } })],
    ['a mount disk', disk({ disk: { source: { type: 'MOUNT', mount: { root: '/mnt' } } } })],
    ['a path disk', disk({ disk: { source: { type: 'PATH', path: { root: '/srv' } } } })],
    [
      'a disk of a provider',
      disk({ provider_id: { value: 'rp' }, disk: { source: { type: 'RAW', id: 'x', profile: 'fast', vendor: 'v' } } }),
    ],
    ['something revocable', cpus({ revocable: {} })],
  ])('%s is itself again after a round trip', (_claim, message) => {
    expect(toMessages(converted([message]), 'post')).toEqual([message])
  })

  test('quantities survive either format', () => {
    const name = fc.constantFrom('cpus', 'mem', 'widgets')
    const role = fc.constantFrom('*', 'a', 'a/b', 'c')
    const amount = fc.integer({ min: 1, max: 10 ** 9 }).map((milli) => ({ value: milli / 1000 }))
    const scalar = fc.record({ name, role, scalar: amount }).map((it): Resource => ({ ...it, type: 'SCALAR' }))
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 8 }), (messages) => {
        const quantities = converted(messages)
        expect(converted(toMessages(quantities, 'pre'))).toEqual(quantities)
        expect(converted(toMessages(quantities, 'post'))).toEqual(quantities)
      }),
    )
  })
})
