// Resources: what of a machine is on offer, and their algebra. A collection holds at most one entry per identity;
// entries add up only when everything but the amount is equal (Mesos src/common/resources.cpp). Values are immutable.
// What is shared never adds up: its amount is part of what it is, and the collection counts copies of it.
// It does not know the API's message formats (mesos/resources.ts) nor who holds what.

import { invariant } from './result.ts'
import { addMilli, type Milli, milli, subtractMilli } from './units.ts'

/** Inclusive on both ends, as in the API. */
export type Range = { readonly begin: number; readonly end: number }

export type ResourceValue =
  | { readonly kind: 'scalar'; readonly milli: Milli }
  /** Sorted, disjoint, not touching. */
  | { readonly kind: 'ranges'; readonly ranges: readonly Range[] }
  /** Sorted, unique. */
  | { readonly kind: 'set'; readonly items: readonly string[] }

export type ReservationLabel = { readonly key: string; readonly value?: string }

export type Reservation = {
  readonly type: 'STATIC' | 'DYNAMIC'
  readonly role: string
  readonly principal?: string
  readonly labels?: readonly ReservationLabel[]
}

export type DiskSource = {
  readonly type: 'PATH' | 'MOUNT' | 'BLOCK' | 'RAW'
  readonly root?: string
  readonly id?: string
  readonly profile?: string
  readonly vendor?: string
}

export type DiskInfo = {
  readonly persistence?: { readonly id: string; readonly principal?: string }
  readonly volume?: { readonly containerPath: string; readonly mode: 'RW' | 'RO'; readonly hostPath?: string }
  readonly source?: DiskSource
}

/** Everything about a resource but its amount. */
export type ResourceIdentity = {
  readonly name: string
  /** The role it is allocated to, once offered. */
  readonly allocationRole?: string
  /** The reservation stack, outermost first; empty is unreserved. */
  readonly reservations?: readonly Reservation[]
  readonly disk?: DiskInfo
  readonly revocable?: boolean
  readonly shared?: boolean
  readonly providerId?: string
}

export type Resource = ResourceIdentity & {
  readonly value: ResourceValue
  /** Of something shared: how many times it is there, 2 or more; absent is once. */
  readonly copies?: number
  /** A canonical text of the identity and the kind of value; equal keys add up. */
  readonly key: string
}

/** Sorted by key; no two entries with one key, no empty value. */
export type Resources = readonly Resource[]

export const noResources: Resources = []

export function resource(identity: ResourceIdentity, value: ResourceValue): Resource {
  return { ...identity, value, key: identityKey(identity, value) }
}

export function scalar(name: string, amount: Milli, identity: Omit<ResourceIdentity, 'name'> = {}): Resource {
  return resource({ name, ...identity }, { kind: 'scalar', milli: amount })
}

/** A collection of any resources, in any order, with repetitions added up. */
export function resources(items: Iterable<Resource>): Resources {
  const byKey = new Map<string, Resource>()
  for (const item of items) {
    const present = byKey.get(item.key)
    const sum = present === undefined ? item : sumOf(present, item)
    byKey.set(item.key, sum)
  }
  return [...byKey.values()].filter((item) => !isEmptyValue(item.value)).sort(byKeyOrder)
}

export function add(a: Resources, b: Resources): Resources {
  if (a.length === 0) return b
  if (b.length === 0) return a
  return resources([...a, ...b])
}

/**
 * Resources of a whole cluster added up in one pass, to be shown: an amount beyond what can be counted exactly stays at
 * the largest that can.
 */
export function sumToShow(items: Iterable<Resource>): Resources {
  const byKey = new Map<string, Resource[]>()
  for (const item of items) {
    const present = byKey.get(item.key)
    if (present === undefined) byKey.set(item.key, [item])
    else present.push(item)
  }
  return resources([...byKey.values()].map(sumOfOneKey))
}

function sumOfOneKey(items: readonly Resource[]): Resource {
  const first = items[0] as Resource
  if (items.length === 1 || first.shared) return first
  let milliSum = 0
  const ranges: Range[] = []
  const names = new Set<string>()
  for (const { value } of items) {
    if (value.kind === 'scalar') milliSum = Math.min(milliSum + value.milli, Number.MAX_SAFE_INTEGER)
    else if (value.kind === 'ranges') for (const range of value.ranges) ranges.push(range)
    else for (const name of value.items) names.add(name)
  }
  switch (first.value.kind) {
    case 'scalar':
      return withValue(first, { kind: 'scalar', milli: milli(milliSum) })
    case 'ranges':
      return withValue(first, { kind: 'ranges', ranges: normaliseRanges(ranges) })
    case 'set':
      return withValue(first, { kind: 'set', items: [...names].sort() })
  }
}

/** `a` without `b`; `b` must be contained in `a`. */
export function subtract(a: Resources, b: Resources): Resources {
  if (b.length === 0) return a
  const byKey = new Map(a.map((item) => [item.key, item]))
  for (const item of b) {
    const present = byKey.get(item.key)
    invariant(present !== undefined && containsItem(present, item), 'only what is there is taken away', {
      from: a,
      taken: item,
    })
    if (!item.shared) byKey.set(item.key, withValue(present, subtractValues(present.value, item.value)))
    else if (copiesOf(present) === copiesOf(item)) byKey.delete(item.key)
    else byKey.set(item.key, withCopies(present, copiesOf(present) - copiesOf(item)))
  }
  return [...byKey.values()].filter((item) => !isEmptyValue(item.value))
}

/** Whether all of `b` is in `a`, identity by identity. */
export function contains(a: Resources, b: Resources): boolean {
  if (b.length === 0) return true
  const byKey = new Map(a.map((item) => [item.key, item]))
  return b.every((item) => {
    const present = byKey.get(item.key)
    return present !== undefined && containsItem(present, item)
  })
}

/** What `a` and `b` have in common, amount by amount. */
export function overlap(a: Resources, b: Resources): Resources {
  const byKey = new Map(b.map((item) => [item.key, item]))
  return a.flatMap((item) => {
    const other = byKey.get(item.key)
    if (other === undefined) return []
    if (item.shared) return [withCopies(item, Math.min(copiesOf(item), copiesOf(other)))]
    const value = overlapValues(item.value, other.value)
    return isEmptyValue(value) ? [] : [withValue(item, value)]
  })
}

export function equal(a: Resources, b: Resources): boolean {
  return contains(a, b) && contains(b, a)
}

/** A volume, a mounted disk and a device are one thing each: only taken, offered and used as a whole. */
export function isIndivisible({ disk }: ResourceIdentity): boolean {
  const { persistence, source } = disk ?? {}
  if (persistence !== undefined || source?.type === 'MOUNT' || source?.type === 'BLOCK') return true
  return source?.type === 'RAW' && source.id !== undefined
}

/** How many times it is there: what is not shared is there once. */
export function copiesOf(item: Resource): number {
  return item.copies ?? 1
}

/** The same resources with an allocation role set, or with none. */
export function allocatedTo(items: Resources, role: string | undefined): Resources {
  return resources(
    items.map((item) => {
      const { value, copies, key: _key, allocationRole: _old, ...identity } = item
      const allocated = resource(role === undefined ? identity : { ...identity, allocationRole: role }, value)
      return copies === undefined ? allocated : withCopies(allocated, copies)
    }),
  )
}

/** The total of a scalar over all identities, in thousandths, copies counted once; zero when there is none. */
export function scalarTotal(items: Resources, name: string): Milli {
  let total = 0
  for (const item of items) if (item.name === name && item.value.kind === 'scalar') total += item.value.milli
  return milli(total)
}

/** Totals of all scalars by name, copies counted once. */
export function scalarTotals(items: Resources): ReadonlyMap<string, Milli> {
  const totals = new Map<string, Milli>()
  for (const item of items) {
    if (item.value.kind !== 'scalar') continue
    totals.set(item.name, addMilli(totals.get(item.name) ?? milli(0), item.value.milli))
  }
  return totals
}

export function normaliseRanges(ranges: readonly Range[]): readonly Range[] {
  const sorted = [...ranges].sort((a, b) => a.begin - b.begin)
  const merged: Range[] = []
  for (const range of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && range.begin <= last.end + 1) {
      merged[merged.length - 1] = { begin: last.begin, end: Math.max(last.end, range.end) }
    } else {
      merged.push(range)
    }
  }
  return merged
}

function withValue(item: Resource, value: ResourceValue): Resource {
  return { ...item, value }
}

function withCopies(item: Resource, copies: number): Resource {
  if (copies === copiesOf(item)) return item
  const { copies: _old, ...single } = item
  return copies === 1 ? single : { ...single, copies }
}

function sumOf(a: Resource, b: Resource): Resource {
  return a.shared ? withCopies(a, copiesOf(a) + copiesOf(b)) : withValue(b, addValues(a.value, b.value))
}

/** Both have the same key. */
function containsItem(a: Resource, b: Resource): boolean {
  return a.shared ? copiesOf(a) >= copiesOf(b) : containsValue(a.value, b.value)
}

function byKeyOrder(a: Resource, b: Resource): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

function identityKey(identity: ResourceIdentity, value: ResourceValue): string {
  const { kind } = value
  const { reservations, disk, revocable, shared, providerId } = identity
  const name = escapeBar(identity.name)
  const allocationRole = identity.allocationRole === undefined ? undefined : escapeBar(identity.allocationRole)
  const plain =
    (reservations?.length ?? 0) === 0 && disk === undefined && !revocable && !shared && providerId === undefined
  if (plain) return allocationRole === undefined ? `${name}|${kind}` : `${name}|${kind}|${allocationRole}`
  const stack = (reservations ?? []).map((entry) => [
    entry.type,
    entry.role,
    entry.principal ?? null,
    (entry.labels ?? []).map((label) => [label.key, label.value ?? null]),
  ])
  // How a volume is mounted is said anew by each task that uses it, and is no part of what it is; nor is its maker.
  const place = disk && [
    disk.persistence && [disk.persistence.id],
    disk.source && [disk.source.type, disk.source.root, disk.source.id, disk.source.profile, disk.source.vendor],
  ]
  return `${name}|${kind}|${allocationRole ?? ''}|${JSON.stringify([stack, place ?? null, !!revocable, shared ? value : false, providerId ?? null])}`
}

/** Names come from outside; none may imitate the separators of a key. */
function escapeBar(text: string): string {
  return text.includes('|') ? text.replaceAll('|', '||') : text
}

function isEmptyValue(value: ResourceValue): boolean {
  switch (value.kind) {
    case 'scalar':
      return value.milli === 0
    case 'ranges':
      return value.ranges.length === 0
    case 'set':
      return value.items.length === 0
  }
}

function addValues(a: ResourceValue, b: ResourceValue): ResourceValue {
  if (a.kind === 'scalar' && b.kind === 'scalar') return { kind: 'scalar', milli: addMilli(a.milli, b.milli) }
  if (a.kind === 'ranges' && b.kind === 'ranges') {
    return { kind: 'ranges', ranges: normaliseRanges([...a.ranges, ...b.ranges]) }
  }
  invariant(a.kind === 'set' && b.kind === 'set', 'one identity has one kind of value')
  return { kind: 'set', items: [...new Set([...a.items, ...b.items])].sort() }
}

function subtractValues(a: ResourceValue, b: ResourceValue): ResourceValue {
  if (a.kind === 'scalar' && b.kind === 'scalar') return { kind: 'scalar', milli: subtractMilli(a.milli, b.milli) }
  if (a.kind === 'ranges' && b.kind === 'ranges') return { kind: 'ranges', ranges: cutRanges(a.ranges, b.ranges) }
  invariant(a.kind === 'set' && b.kind === 'set', 'one identity has one kind of value')
  const taken = new Set(b.items)
  return { kind: 'set', items: a.items.filter((item) => !taken.has(item)) }
}

function containsValue(a: ResourceValue, b: ResourceValue): boolean {
  if (a.kind === 'scalar' && b.kind === 'scalar') return a.milli >= b.milli
  if (a.kind === 'ranges' && b.kind === 'ranges') return containsRanges(a.ranges, b.ranges)
  if (a.kind !== 'set' || b.kind !== 'set') return false
  const present = new Set(a.items)
  return b.items.every((item) => present.has(item))
}

function overlapValues(a: ResourceValue, b: ResourceValue): ResourceValue {
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    return { kind: 'scalar', milli: milli(Math.min(a.milli, b.milli)) }
  }
  if (a.kind === 'ranges' && b.kind === 'ranges') {
    const outside = cutRanges(a.ranges, b.ranges)
    return { kind: 'ranges', ranges: cutRanges(a.ranges, outside) }
  }
  invariant(a.kind === 'set' && b.kind === 'set', 'one identity has one kind of value')
  const others = new Set(b.items)
  return { kind: 'set', items: a.items.filter((item) => others.has(item)) }
}

// Ranges are sorted and disjoint, so that one walk along both lists is enough: a task may name thousands of ports.

function containsRanges(wholes: readonly Range[], parts: readonly Range[]): boolean {
  let at = 0
  return parts.every(({ begin, end }) => {
    while (at < wholes.length && (wholes[at] as Range).end < begin) at++
    const whole = wholes[at]
    return whole !== undefined && whole.begin <= begin && end <= whole.end
  })
}

function cutRanges(from: readonly Range[], cuts: readonly Range[]): readonly Range[] {
  const left: Range[] = []
  let at = 0
  for (const { begin, end } of from) {
    let start = begin
    for (; at < cuts.length && (cuts[at] as Range).begin <= end; at++) {
      const cut = cuts[at] as Range
      if (cut.end < start) continue
      if (start < cut.begin) left.push({ begin: start, end: cut.begin - 1 })
      start = cut.end + 1
      // It may reach into the next range.
      if (cut.end > end) break
    }
    if (start <= end) left.push({ begin: start, end })
  }
  return left
}
