// What is different between two inventory documents of one machine, named as a person would: by serial and slot.
// It knows no time, and not which of the two is right.

import type { PartRef } from '../model/health.ts'
import type { Inventory } from '../model/inventory.ts'
import { type FactValue, type Part, partsOf } from './parts.ts'

export type Change = {
  readonly kind: 'added' | 'removed' | 'replaced' | 'changed'
  readonly part: PartRef
  /** Where it sits; null where that says nothing more than its name. */
  readonly place: string | null
  /** The part that took its place, for `replaced`. */
  readonly by: PartRef | null
  /** For `changed`: what, from what, to what. */
  readonly facts: readonly { readonly name: string; readonly before: FactValue; readonly after: FactValue }[]
}

/** Changes in the order of the old document, then what is new. Empty where nothing that lasts is different. */
export function diffInventories(before: Inventory, after: Inventory): readonly Change[] {
  return [
    ...wholeMachine(before, after),
    ...diffParts(partsOf(before), partsOf(after)),
    ...diffFilesystems(before, after),
    ...diffFirmware(before, after),
  ]
}

/** One line: `disk S5XY… in 0000:3b:00.0 replaced by S6AB…`. */
export function changeText({ kind, part, place, by, facts }: Change): string {
  const name = partText(part)
  const where = place === null || place === part.name || place === part.id ? '' : ` in ${place}`
  if (kind === 'replaced') return `${name}${where} replaced by ${by?.id ?? by?.name ?? 'another'}`
  if (kind === 'added') return `${name}${where} added`
  if (kind === 'removed') return `${name}${where} gone`
  const said = facts.map((fact) => `${fact.name} ${valueText(fact.before)} → ${valueText(fact.after)}`)
  return `${name}: ${said.join(', ')}`
}

/** `disk nvme0n1 (S5XY…)`, `DIMM A4 (02B3…)`; the kind is said where the name does not say it. */
export function partText({ kind, name, id }: PartRef): string {
  const what = kind === 'dimm' ? 'DIMM' : kind === 'nic' || kind === 'gpu' || kind === 'cpu' ? kind.toUpperCase() : kind
  const title =
    kind === 'machine' ? name : kind === 'cpu' || kind === 'numa-node' ? `${what} ${name}` : `${what} ${name}`
  return id === null || id === name ? title : `${title} (${id})`
}

function valueText(value: FactValue): string {
  return value === null || value === '' ? 'unknown' : String(value)
}

/** Two lists of parts of one machine, by identity, then by place. */
function diffParts(before: readonly Part[], after: readonly Part[]): readonly Change[] {
  const { pairs, onlyBefore, onlyAfter } = matchParts(before, after)
  const changed = pairs.flatMap(([old, now]) => changeOf(old, now) ?? [])
  const takenBy = new Map(onlyAfter.flatMap((one) => (one.place === null ? [] : [[placeKey(one), one] as const])))
  const replaced = new Set<Part>()
  const gone = onlyBefore.map((old): Change => {
    const next = old.place === null ? undefined : takenBy.get(placeKey(old))
    if (next !== undefined) replaced.add(next)
    const kind = next === undefined ? 'removed' : 'replaced'
    return { kind, part: old.ref, place: old.place, by: next?.ref ?? null, facts: [] }
  })
  const added = onlyAfter
    .filter((one) => !replaced.has(one))
    .map((one): Change => ({ kind: 'added', part: one.ref, place: one.place, by: null, facts: [] }))
  return [...gone, ...changed, ...added]
}

export type Matched = {
  readonly pairs: readonly (readonly [Part, Part])[]
  readonly onlyBefore: readonly Part[]
  readonly onlyAfter: readonly Part[]
}

/**
 * The same part on both sides: of the same identity, or, where one side could not read an identity, in the same place.
 * Several parts of one identity (paths of one drive, cloned MACs) are told apart by place.
 */
export function matchParts(before: readonly Part[], after: readonly Part[]): Matched {
  const free = new Set(after)
  const byIdentity = groups(after, identityKey)
  const byPlace = groups(after, placeKey)
  const pairs: [Part, Part][] = []
  const take = (old: Part, now: Part | undefined): boolean => {
    if (now === undefined) return false
    free.delete(now)
    pairs.push([old, now])
    return true
  }
  const same = (old: Part) =>
    old.ref.id === null ? [] : (byIdentity.get(identityKey(old)) ?? []).filter((one) => free.has(one))
  const there = (old: Part) => (byPlace.get(placeKey(old)) ?? []).filter((one) => free.has(one))
  const elsewhere = before.filter(
    (old) =>
      !take(
        old,
        same(old).find((one) => one.place === old.place),
      ),
  )
  const unmatched = elsewhere.filter((old) => !take(old, same(old)[0]))
  const onlyBefore = unmatched.filter((old) => {
    return !take(
      old,
      there(old).find((one) => old.ref.id === null || one.ref.id === null),
    )
  })
  return { pairs, onlyBefore, onlyAfter: after.filter((one) => free.has(one)) }
}

function groups(parts: readonly Part[], keyOf: (part: Part) => string): ReadonlyMap<string, readonly Part[]> {
  const found = new Map<string, Part[]>()
  for (const one of parts) {
    const key = keyOf(one)
    const group = found.get(key)
    if (group === undefined) found.set(key, [one])
    else group.push(one)
  }
  return found
}

function identityKey({ ref }: Part): string {
  return `${ref.kind} ${ref.id}`
}

function placeKey({ ref, place }: Part): string {
  return `${ref.kind} ${place ?? ref.name}`
}

/** A fact that one side could not read is no change: unknown is not a value. Where a part was moved, that is one. */
function changeOf(old: Part, now: Part): Change | null {
  const facts = Object.entries(now.facts).flatMap(([name, after]) => {
    const before = old.facts[name] ?? null
    return before === after || before === null || after === null ? [] : [{ name, before, after }]
  })
  // A drive without a slot of its own has the kernel's name for a place, which any boot may change.
  const isNamed = old.place === old.ref.name && now.place === now.ref.name && now.ref.kind === 'disk'
  const moved = old.place === now.place || isNamed ? [] : [{ name: 'place', before: old.place, after: now.place }]
  if (facts.length + moved.length === 0) return null
  return { kind: 'changed', part: now.ref, place: now.place, by: null, facts: [...moved, ...facts] }
}

function wholeMachine(before: Inventory, after: Inventory): readonly Change[] {
  const facts = (inventory: Inventory): Readonly<Record<string, FactValue>> => ({
    identity: inventory.machine.id,
    product: inventory.machine.product,
    serial: inventory.machine.serial,
    kernel: inventory.os.kernel,
    distribution: inventory.os.distribution,
    hostname: inventory.os.hostname,
    boot: inventory.os.bootId,
    'online CPUs': inventory.cpu.online,
    'hardware threads': inventory.cpu.smt,
  })
  const part = (inventory: Inventory): Part => ({
    ref: { kind: 'machine', name: 'machine', id: null },
    place: 'machine',
    isFixed: true,
    facts: facts(inventory),
  })
  const change = changeOf(part(before), part(after))
  return change === null ? [] : [change]
}

function diffFilesystems(before: Inventory, after: Inventory): readonly Change[] {
  const parts = (inventory: Inventory) =>
    inventory.filesystems.map(
      ({ mountPoint, type, source, isReadOnly }): Part => ({
        ref: { kind: 'filesystem', name: mountPoint, id: null },
        place: mountPoint,
        isFixed: false,
        facts: { type, source, isReadOnly },
      }),
    )
  return diffParts(parts(before), parts(after))
}

/** Versions of parts that came or went are told by the parts themselves. */
function diffFirmware(before: Inventory, after: Inventory): readonly Change[] {
  const isOwn = (component: string) => !/^(disk|nic|gpu|fabric|microcode)\b/.test(component)
  const versions = (inventory: Inventory) =>
    new Map(inventory.firmware.filter((one) => isOwn(one.component)).map((one) => [one.component, one.version]))
  const old = versions(before)
  return [...versions(after)].flatMap(([component, version]): readonly Change[] => {
    const known = old.get(component) ?? null
    if (known === null || version === null || known === version) return []
    const part: PartRef = { kind: 'machine', name: `firmware ${component}`, id: null }
    return [
      { kind: 'changed', part, place: null, by: null, facts: [{ name: 'version', before: known, after: version }] },
    ]
  })
}
