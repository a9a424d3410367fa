import { describe, expect, it } from 'vitest'
import type { Wish } from '../../../../src/master/placement/types.ts'
import { isPlain, noWish, wishOf } from '../../../../src/master/placement/wish.ts'
import { aNeed, aWish } from '../../../support/placement-machines.ts'

describe('a wish is read from labels', () => {
  it.each<[string, string, Partial<Wish>]>([
    ['tepui.cpus', 'cores', { cpus: 'cores' }],
    ['tepui.cpus', ' threads ', { cpus: 'threads' }],
    ['tepui.numa', 'interleave', { numa: 'interleave' }],
    ['tepui.numa', '12', { numa: 12 }],
    ['tepui.gpus', 'linked', { gpus: 'linked' }],
    ['tepui.gpus', 'GPU-1, MIG-2', { gpus: ['GPU-1', 'MIG-2'] }],
    ['tepui.near', 'eth0', { near: 'eth0' }],
    ['tepui.nics', '2', { nics: 2 }],
    ['tepui.nics', 'eth0,eth1', { nics: ['eth0', 'eth1'] }],
    ['tepui.disks', '1', {}],
    ['rack', 'r1', {}],
    ['constructor', 'x', {}],
    ['hasOwnProperty', 'x', {}],
    ['__proto__', 'x', {}],
  ])('%s=%s', (key, value, expected) => {
    expect(wishOf([{ key, value }])).toEqual({ ok: true, value: { ...noWish, ...expected } })
  })

  it.each([
    ['tepui.cpus', 'all', "label tepui.cpus is 'all': it may be shared, cores or threads"],
    [
      'tepui.numa',
      '-1',
      "label tepui.numa is '-1': it may be any, preferred, single, interleave or the number of a NUMA node",
    ],
    ['tepui.gpus', 'a,,b', "label tepui.gpus is 'a,,b': it may be any, linked or UUIDs separated by commas"],
    ['tepui.gpus', 'a,a', "label tepui.gpus is 'a,a': it may be any, linked or UUIDs separated by commas"],
    ['tepui.near', '', "label tepui.near is '': it may be gpu, nic, disk or the name of one"],
    ['tepui.nics', '5000', "label tepui.nics is '5000': it may be how many, or names separated by commas"],
  ])('%s=%s is refused with what it may be', (key, value, message) => {
    expect(wishOf([{ key, value }])).toMatchObject({ ok: false, fault: { code: 'PLACEMENT_WISH', message } })
  })
})

it.each<[boolean, ReturnType<typeof aNeed>, Partial<Wish>]>([
  [true, aNeed(), {}],
  [true, aNeed(), { gpus: 'linked', nics: [] }],
  [false, aNeed({ gpus: 1 }), {}],
  [false, aNeed({ instances: 1 }), {}],
  [false, aNeed({ disks: ['sda'] }), {}],
  [false, aNeed(), { numa: 0 }],
  [false, aNeed(), { cpus: 'threads' }],
  [false, aNeed(), { nics: 1 }],
  [false, aNeed(), { near: 'disk' }],
])('that any part of the machine can give it is %s of %j %j', (plain, need, wish) => {
  expect(isPlain(need, aWish(wish))).toBe(plain)
})
