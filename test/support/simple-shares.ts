// Shares and consumption for the simple allocator, as exact fractions. At each level of the roles' tree a node's share is
// the largest part of one scalar of the whole cluster that is held below it, or is free but reserved for it or below,
// divided by the role's weight; names may be excluded. Of equal shares the one whose last grant is longest ago comes
// first; then the name. A role's own frameworks compete with its children as one node, `.`, of weight 1 and without the
// role's free reservations, which are for the children as well. A node is charged once for what is shared on an agent,
// however many copies it holds.

import { type Resource, resources, scalarTotals } from '../../src/model/resources.ts'
import type { Pair, SimpleAllocator } from './simple-allocator.ts'

type Fraction = readonly [part: bigint, whole: bigint]

/** First to last, whatever they gave back. */
export function inOrder<P extends Pair>(all: SimpleAllocator, pairs: readonly P[]): readonly P[] {
  const paths = new Set(pairs.flatMap(pathsTo))
  const shares = new Map([...paths].map((path) => [path, shareOf(all, path)]))
  const compare = (a: Pair, b: Pair) => {
    const pathsB = pathsTo(b)
    for (const [i, pathA] of pathsTo(a).entries()) {
      const pathB = pathsB[i]
      if (pathB === undefined || pathA === pathB) continue
      const difference = compareFractions(shares.get(pathA) as Fraction, shares.get(pathB) as Fraction)
      const age = (all.lastGrants.get(pathA) ?? 0) - (all.lastGrants.get(pathB) ?? 0)
      return difference || age || (pathA < pathB ? -1 : 1)
    }
    return 0
  }
  return [...pairs].sort(compare)
}

/** A node's dominant share by its weight. */
export function shareOf(all: SimpleAllocator, path: string): Fraction {
  const total = scalarTotals([...all.agents.values()].flatMap((agent) => agent.supply.total))
  const weight = BigInt(Math.round((all.weights.get(path) ?? 1) * 1000))
  let share: Fraction = [0n, 1n]
  for (const [name, amount] of scalarTotals([...heldBelow(all, path), ...freeReservedBelow(all, path)])) {
    const whole = total.get(name) ?? 0
    if (whole === 0 || all.options.fairSharingExcluded.has(name)) continue
    const other: Fraction = [BigInt(amount) * 1000n, BigInt(whole) * weight]
    if (compareFractions(other, share) > 0) share = other
  }
  return share
}

/** What counts for a role's quota: all that is held in it or below, and what is free but reserved for those. */
export function consumedBelow(all: SimpleAllocator, role: string): ReadonlyMap<string, number> {
  const items = [...heldBelow(all, role), ...freeReservedBelow(all, role)]
  return scalarTotals(items.filter((item) => !item.revocable))
}

/** The nodes from the first role to the framework: `a`, `a/b`, `a/b/.`, `a/b/./framework`. */
export function pathsTo({ frameworkId, role }: Pair): readonly string[] {
  const parts = [...role.split('/'), '.', frameworkId]
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

export function pathOf({ frameworkId, role }: Pair): string {
  return `${role}/./${frameworkId}`
}

/** The role of the innermost reservation, or null. */
export function ownerOf(item: Resource): string | null {
  return item.reservations?.at(-1)?.role ?? null
}

export function topOf(role: string): string {
  return role.split('/')[0] as string
}

/** Whether the role (or path) is `other` or below it. */
export function isBelow(role: string, other: string): boolean {
  return role === other || role.startsWith(`${other}/`)
}

/** What is held below a node; of copies of something shared on an agent, one. */
function heldBelow(all: SimpleAllocator, path: string): readonly Resource[] {
  const held = all.held.filter((grant) => isBelow(pathOf(grant), path))
  return [...all.agents.keys()].flatMap((id) =>
    resources(held.filter((grant) => grant.agentId === id).flatMap((grant) => grant.resources)),
  )
}

/** What is reserved for a role or below, and nobody holds. */
function freeReservedBelow(all: SimpleAllocator, path: string): readonly Resource[] {
  return [...all.agents].flatMap(([id, { supply }]) => {
    const isReserved = (item: Resource) => isBelow(ownerOf(item) ?? '', path)
    if (!supply.total.some(isReserved)) return []
    const held = new Set(
      all.held.flatMap((grant) => (grant.agentId === id ? grant.resources : [])).map(({ key }) => key),
    )
    return all.free(id).filter((item) => isReserved(item) && !(item.shared && held.has(item.key)))
  })
}

function compareFractions([a, wholeA]: Fraction, [b, wholeB]: Fraction): number {
  const difference = a * wholeB - b * wholeA
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}
