// Scalars as short vectors beside the exact Resources, and comparisons of whole collections that make no maps.
// An index stands for one resource name; indices are given in order of first use and never change.

import { contains, type Resource, type Resources } from '../../model/resources.ts'

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

/** Totals of all scalars, whatever their identity. */
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

export function thresholdOf(wanted: Readonly<Record<string, number>>): Threshold {
  return Object.entries(wanted)
}

/** Whether enough of any one threshold is there; no threshold at all asks for nothing. */
export function reachesAny(names: NameTable, amounts: Amounts, thresholds: readonly Threshold[]): boolean {
  if (thresholds.length === 0) return true
  const amountOf = (name: string) => amounts[names.indices.get(name) ?? -1] ?? 0
  return thresholds.some((threshold) => threshold.every(([name, amount]) => amountOf(name) >= amount))
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

function isValueWithin(inner: Resource, outer: Resource): boolean {
  if (inner.value === outer.value) return true
  if (inner.value.kind === 'scalar' && outer.value.kind === 'scalar') return inner.value.milli <= outer.value.milli
  return contains([outer], [inner])
}
