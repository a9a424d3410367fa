// Resources as one line, for tests: `cpus:2;mem:1024;ports:[31000-31009,32000-32000];disk(eng):10;cpus(eng/web)!:1`.
// `name(role)` is statically reserved; a stack is written `name(eng,eng/web)`; `!` marks revocable, `&` shared.

import {
  type Range,
  type Reservation,
  type Resource,
  type Resources,
  resource,
  resources,
} from '../../src/model/resources.ts'
import { milliFromNumber, milliToNumber } from '../../src/model/units.ts'

/** The collection that `text` says; throws on anything else. */
export function parseResources(text: string): Resources {
  return resources(
    text
      .split(';')
      .filter((part) => part !== '')
      .map(parseOne),
  )
}

/** Scalars and ranges as text, without identities other than the reservation's role. */
export function formatResources(items: Resources): string {
  return items.map(formatOne).join(';')
}

function parseOne(part: string): Resource {
  const match = /^([a-z_]+)(?:\(([^)]+)\))?([!&]?):(.+)$/.exec(part)
  if (match === null) throw new Error(`not a resource: ${part}`)
  const [, name = '', stack, mark, amount = ''] = match
  const reservations = stack?.split(',').map(
    (role, depth): Reservation => ({
      type: depth === 0 ? 'STATIC' : 'DYNAMIC',
      role,
    }),
  )
  const identity = {
    name,
    ...(reservations === undefined ? {} : { reservations }),
    ...(mark === '!' ? { revocable: true } : {}),
    ...(mark === '&' ? { shared: true } : {}),
  }
  if (!amount.startsWith('[')) return resource(identity, { kind: 'scalar', milli: milliFromNumber(Number(amount)) })
  const ranges = amount
    .slice(1, -1)
    .split(',')
    .map((range): Range => {
      const [begin, end] = range.split('-').map(Number)
      return { begin: begin as number, end: end as number }
    })
  return resource(identity, { kind: 'ranges', ranges })
}

function formatOne(item: Resource): string {
  const role = item.reservations?.at(-1)?.role
  const name = role === undefined ? item.name : `${item.name}(${role})`
  switch (item.value.kind) {
    case 'scalar':
      return `${name}:${milliToNumber(item.value.milli)}`
    case 'ranges':
      return `${name}:[${item.value.ranges.map(({ begin, end }) => `${begin}-${end}`).join(',')}]`
    case 'set':
      return `${name}:{${item.value.items.join(',')}}`
  }
}
