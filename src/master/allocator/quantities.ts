// Scalars as short vectors beside the exact Resources, and comparisons of whole collections that make no maps.
// An index stands for one resource name; indices are given in order of first use and never change.

import { contains, copiesOf, type Resource, type Resources } from '../../model/resources.ts'
import type { Quantities } from './types.ts'

/** Thousandths by resource index; a missing entry is zero. Mutable: sums are kept in place. */
export type Amounts = number[]

/**
 * Amounts of which each must be reached, by resource name: frameworks may name what no agent has, and that must not
 * take an index.
 */
export type Threshold = readonly (readonly [name: string, amount: number])[]

export type NameTable = { readonly indices: Map<string, number> }

export function createNameTable(): NameTable {
  return { indices: new Map() }
}

export function nameIndex(names: NameTable, name: string): number {
  const present = names.indices.get(name)
  if (present !== undefined) return present
  const index = names.indices.size
  names.indices.set(name, index)
  return index
}

/** Totals of all scalars, whatever their identity; copies of what is shared count once. */
export function amountsOf(names: NameTable, items: Resources): Amounts {
  const amounts: Amounts = new Array(names.indices.size).fill(0)
  for (const item of items) {
    if (item.value.kind !== 'scalar') continue
    const index = nameIndex(names, item.name)
    amounts[index] = (amounts[index] ?? 0) + item.value.milli
  }
  return amounts
}

/** Adds `sign` times `change` to `sum`, in place. */
export function addAmounts(sum: Amounts, change: Amounts, sign: 1 | -1): void {
  for (let i = 0; i < change.length; i++) sum[i] = (sum[i] ?? 0) + sign * (change[i] as number)
}

/** By name, without those that are zero. */
export function quantitiesOf(names: NameTable, amounts: Amounts): Quantities {
  const named = [...names.indices].map(([name, index]): [string, number] => [name, amounts[index] ?? 0])
  return Object.fromEntries(named.filter(([, amount]) => amount !== 0))
}

export function thresholdOf(wanted: Quantities): Threshold {
  return Object.entries(wanted)
}

/** Whether enough of any one threshold is there; no threshold at all asks for something, whatever it is. */
export function reachesAny(items: Resources, thresholds: readonly Threshold[]): boolean {
  if (thresholds.length === 0) return items.length > 0
  for (const threshold of thresholds) if (reaches(items, threshold)) return true
  return false
}

function reaches(items: Resources, threshold: Threshold): boolean {
  for (const [name, amount] of threshold) {
    let there = 0
    for (const item of items) if (item.name === name && item.value.kind === 'scalar') there += item.value.milli
    if (there < amount) return false
  }
  return items.length > 0
}

/** Whether all of `inner` is in `outer`: as the model's `contains`, walking both sorted collections once. */
export function isWithin(inner: Resources, outer: Resources): boolean {
  if (inner === outer) return true
  let at = 0
  for (const item of inner) {
    while (at < outer.length && (outer[at] as Resource).key < item.key) at++
    const other = outer[at]
    if (other === undefined || other.key !== item.key || !isValueWithin(item, other)) return false
  }
  return true
}

export function isSame(a: Resources, b: Resources): boolean {
  return a === b || (a.length === b.length && isWithin(a, b) && isWithin(b, a))
}

function isValueWithin(inner: Resource, outer: Resource): boolean {
  if (inner.shared) return copiesOf(inner) <= copiesOf(outer)
  if (inner.value === outer.value) return true
  if (inner.value.kind === 'scalar' && outer.value.kind === 'scalar') return inner.value.milli <= outer.value.milli
  return contains([outer], [inner])
}
