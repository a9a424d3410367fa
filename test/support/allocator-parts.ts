// Parts of resources that random calls give back, claim or convert.

import { contains, copiesOf, type Resource, type Resources, resource, resources } from '../../src/model/resources.ts'
import { milli } from '../../src/model/units.ts'
import type { SimpleAllocator } from './simple-allocator.ts'
import { isBelow } from './simple-shares.ts'

/** All of it; half of each scalar that may be cut, in whole thousandths; or one of it. */
export function partOf(items: Resources, part: 'all' | 'half' | 'first'): Resources {
  if (part === 'all') return items
  if (part === 'first') return items.slice(0, 1)
  return items.flatMap((item): Resource[] => {
    if (item.value.kind !== 'scalar' || item.value.milli < 2) return []
    if (item.shared || item.disk !== undefined || item.name === 'gpus') return []
    const half = Math.floor(item.value.milli / 2)
    return [{ ...item, value: { kind: 'scalar', milli: milli(half) } }]
  })
}

/** What an operation on the agent might make of one resource, or null; `into` chooses. */
export function convertedFrom(
  simple: SimpleAllocator,
  [item]: Resources,
  { into, agentId, role }: { readonly into: number; readonly agentId: string; readonly role: string },
): Resources | null {
  if (item === undefined || item.revocable || item.disk?.source !== undefined) return null
  if (!contains(simple.agent(agentId).supply.total, [item])) return null
  const { value, key: _key, ...identity } = item
  if (item.shared) {
    // Only a volume that nobody else holds may be destroyed.
    const held = simple.held.flatMap((grant) => (grant.agentId === agentId ? grant.resources : []))
    const copies = held.reduce((count, other) => count + (other.key === item.key ? copiesOf(other) : 0), 0)
    if (copies > 1 || into % 2 === 0) return null
    const { shared: _shared, disk: _disk, ...plain } = identity
    return resources([resource(plain, value)])
  }
  const stack = item.reservations ?? []
  if (stack.length === 0) {
    // A framework reserves for the role it holds in; nobody reserves for all.
    if (role === '*') return null
    const reservation = { type: 'DYNAMIC', role } as const
    return resources([resource({ ...identity, reservations: [reservation] }, value)])
  }
  if (into % 2 === 0) return resources([resource({ ...identity, reservations: stack.slice(0, -1) }, value)])
  if (stack.at(-1)?.role !== 'a' || !isBelow(role, 'a/b')) return null
  return resources([resource({ ...identity, reservations: [...stack, { type: 'DYNAMIC', role: 'a/b' }] }, value)])
}
