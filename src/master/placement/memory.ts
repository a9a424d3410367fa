// On which nodes a task's memory is counted. Bound memory must be there; other memory is planned where it does the least
// harm, and what no node has room for is counted nowhere, since a machine may offer more than its nodes have. It does not
// know CPUs.

import type { Grant } from '../../model/hardware.ts'
import { memoryFree, type View } from './ledger.ts'
import { byDistance } from './machine.ts'

export type MemoryPlan = Grant['memory']

/** What tasks can still be bound to: what is planned on no node in particular may come to lie anywhere. */
export function boundMemoryFree(view: View, place: number): number {
  return Math.min(memoryFree(view, place), boundMemorySum(view))
}

function boundMemorySum({ machine, ledger }: View): number {
  if (ledger.floatingBytes === 0) return Number.POSITIVE_INFINITY
  const sumBytes = machine.places.reduce((sum, { index }) => sum + memoryFree({ machine, ledger }, index), 0)
  return Math.max(0, sumBytes - ledger.floatingBytes)
}

/** All of it on one place; null where it has no room. */
export function bind(view: View, place: number, bytes: number): MemoryPlan | null {
  return bytes <= boundMemoryFree(view, place) ? entries(view, new Map([[place, bytes]])) : null
}

/** As much as there is room for, from the places nearest to `anchors` outwards. */
export function near(view: View, anchors: readonly number[], bytes: number): MemoryPlan {
  return fill(view, byDistance(view.machine.distances, anchors, view.machine.places.length), bytes)
}

/**
 * Where it leaves the most useful remainder: the node that it fits and that has the least beside, else the nodes that have
 * most. Nodes without CPUs (slow or far memory) come last.
 */
export function bestFit(view: View, bytes: number): MemoryPlan {
  const free = view.machine.places.map(({ index }) => memoryFree(view, index))
  const isFar = (place: number) => view.machine.places[place]?.threads === 0
  const order = free.map((_, place) => place)
  order.sort((a, b) => {
    const [hasA, hasB] = [free[a] as number, free[b] as number]
    const byRoom = hasA >= bytes ? hasA - hasB : hasB - hasA
    return Number(isFar(a)) - Number(isFar(b)) || Number(hasB >= bytes) - Number(hasA >= bytes) || byRoom || a - b
  })
  return fill(view, order, bytes)
}

/** The same part on as many nodes with CPUs as have room for it; the places, or null where there is no room for it. */
export function spread(
  view: View,
  bytes: number,
): { readonly plan: MemoryPlan; readonly places: readonly number[] } | null {
  const places = view.machine.places.filter(({ threads, memoryBytes }) => threads > 0 && memoryBytes > 0)
  const order = places
    .map(({ index }) => ({ index, free: boundMemoryFree(view, index) }))
    .filter(({ free }) => free > 0)
    .sort((a, b) => b.free - a.free || a.index - b.index)
  if (bytes > boundMemorySum(view)) return null
  for (let count = order.length; count > 0; count--) {
    const part = Math.ceil(bytes / count)
    if (part > (order[count - 1]?.free as number)) continue
    const used = order.slice(0, count).map(({ index }) => index)
    const plan = new Map(used.map((place, i) => [place, Math.max(0, Math.min(part, bytes - i * part))]))
    return { plan: entries(view, plan), places: used }
  }
  return bytes === 0 ? { plan: [], places: [] } : null
}

function fill(view: View, order: readonly number[], bytes: number): MemoryPlan {
  const plan = new Map<number, number>()
  let left = bytes
  for (const place of order) {
    const part = Math.min(left, memoryFree(view, place))
    if (part > 0) plan.set(place, part)
    left -= part
    if (left === 0) break
  }
  return entries(view, plan)
}

function entries({ machine }: View, plan: ReadonlyMap<number, number>): MemoryPlan {
  return [...plan]
    .sort(([a], [b]) => a - b)
    .flatMap(([place, bytes]) => {
      const node = machine.places[place]?.node ?? null
      return node === null || bytes === 0 ? [] : [{ node, bytes }]
    })
}
