// What stays out of the offers while tasks hold what their agent does not have.

import { expect, test } from 'vitest'
import { isOverheld, withoutOverheld } from '../../../../src/master/cluster/overheld.ts'
import { formatResources } from '../../../../src/mesos/resource-text.ts'
import { fromMessages } from '../../../../src/mesos/resources.ts'
import type { Resource } from '../../../../src/mesos/types.ts'
import { add, allocatedTo, type Resources } from '../../../../src/model/resources.ts'
import { aReserved, aResource, aSharedVolume, aVolume } from '../../../support/operations.ts'

function some(...messages: Resource[]): Resources {
  const items = fromMessages(messages)
  if (!items.ok) throw new Error(items.fault.message)
  return items.value
}

const total = some(aResource('cpus', 4), aReserved('cpus', 2), aResource('disk', 100), aVolume('v', 50))
const all = formatResources(total)
const port = (begin: number, end: number, more: Partial<Resource> = {}): Resource => ({
  name: 'ports',
  type: 'RANGES',
  ranges: { range: [{ begin, end }] },
  ...more,
})

test.each<[string, Resources, Resources, string | null]>([
  ['nothing is held', total, [], null],
  ['what is held is there', total, some(aResource('cpus', 4), aVolume('v', 50)), null],
  [
    'a shared volume is held twice',
    add(total, some(aSharedVolume('s', 10))),
    add(some(aSharedVolume('s', 10)), some(aSharedVolume('s', 10))),
    null,
  ],
  [
    'a reservation is not there: as much of what nobody reserved is missing',
    some(aResource('cpus', 4), aReserved('cpus', 2), aResource('disk', 100)),
    some(aReserved('cpus', 1, { type: 'DYNAMIC', role: 'other' })),
    'cpus:3; cpus[DYNAMIC test]:2; disk:100',
  ],
  [
    'more is held than nobody reserved: reservations are missing, too',
    some(aResource('cpus', 1), aReserved('cpus', 2)),
    some(aReserved('cpus', 2, { type: 'DYNAMIC', role: 'other' })),
    'cpus[DYNAMIC test]:1',
  ],
  ['a volume is not there', some(aResource('disk', 100)), some(aVolume('v', 30)), 'disk:70'],
  [
    'a volume is larger than what is held of it',
    some(aVolume('v', 50)),
    some(aVolume('v', 30)),
    'disk[DYNAMIC test][v:data]:30',
  ],
  ['what is held is revocable', total, some(aResource('cpus', 9, { revocable: {} })), null],
  [
    'a port is reserved now',
    some(port(1, 9)),
    some(port(3, 4, { reservations: [{ type: 'STATIC', role: 'r' }] })),
    'ports:[1-2,5-9]',
  ],
])('%s', (_what, there, held, shown) => {
  const used = allocatedTo(held, 'r')
  expect(isOverheld({ total: there, used })).toBe(shown !== null)
  const left = withoutOverheld({ total: there, used, endingUsed: [], isOverheld: true }, there)
  expect(formatResources(left)).toBe(shown ?? formatResources(there))
})

test('of what runs that are ending hold, nothing is in the supply', () => {
  const used = allocatedTo(some(aVolume('v', 30), aReserved('cpus', 1)), 'r')
  const there = some(aResource('cpus', 4), aVolume('v', 50))
  const supply = some(aResource('cpus', 4), aVolume('v', 20))
  const left = withoutOverheld({ total: there, used, endingUsed: used, isOverheld: true }, supply)
  expect(formatResources(left)).toBe('cpus:3')
})

test('an agent that is not marked is not looked at', () => {
  const used = allocatedTo(some(aVolume('w', 30)), 'r')
  expect(formatResources(withoutOverheld({ total, used, endingUsed: [], isOverheld: false }, total))).toBe(all)
})
