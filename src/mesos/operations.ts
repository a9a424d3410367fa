// What an operation does to resources (Mesos src/common/resources_utils.cpp, getResourceConversions): which it takes and
// what they become. The agent applies it to its total; the master, ahead of the agent, to what was offered. It does not
// know who may do it, nor what a volume is on a disk.

import {
  add,
  contains,
  equal,
  isIndivisible,
  type Resource as ModelResource,
  noResources,
  type Resources,
  resource,
  resources,
  subtract,
} from '../model/resources.ts'
import { fail, invariant, ok, type Result } from '../model/result.ts'
import { addMilli, milliFromNumber, subtractMilli } from '../model/units.ts'
import { fromMessages } from './resources.ts'
import type { OfferOperation, Resource } from './types.ts'
import { operationError } from './validate-operation.ts'

/** `total` is what is there afterwards; `converted` is what became of `consumed`. */
export type Applied = {
  readonly total: Resources
  readonly consumed: Resources
  readonly converted: Resources
}

/**
 * Applies a RESERVE, UNRESERVE, CREATE, DESTROY, GROW_VOLUME or SHRINK_VOLUME to `total`, whose resources the operation
 * names in either format and with the same allocation as they have there. How a volume is to be mounted is no part of
 * what it is: a named volume is the one of `total` with its role and id, and keeps how that one is mounted.
 * @returns API_MALFORMED for an operation that can never be applied; RESOURCES_MISSING when `total` has not what it takes,
 *   or already has a volume of its role and id
 */
export function applied(total: Resources, operation: OfferOperation): Result<Applied> {
  const error = operationError(operation, 'operator')
  if (error !== null) return fail('API_MALFORMED', error)
  const conversion = conversionOf(total, operation)
  if (!conversion.ok) return conversion
  const { consumed, converted } = conversion.value
  const missing = missingReason(total, consumed) ?? takenVolumeReason(total, consumed, converted)
  if (missing !== null) return fail('RESOURCES_MISSING', missing)
  return ok({ total: add(subtract(total, consumed), converted), consumed, converted })
}

export function isVolume(item: ModelResource): boolean {
  return item.disk?.persistence !== undefined
}

/** Whose a volume is and what it is called: unique on one machine. */
export function volumeName(item: ModelResource): { readonly role: string; readonly id: string } | null {
  const id = item.disk?.persistence?.id
  const role = item.reservations?.at(-1)?.role
  return id === undefined || role === undefined ? null : { role, id }
}

/** The reserved disk that a volume is made of. */
export function withoutVolume(volume: ModelResource): ModelResource {
  const { disk, shared: _shared, key: _key, value, ...identity } = volume
  return resource(disk?.source === undefined ? identity : { ...identity, disk: { source: disk.source } }, value)
}

/** The resource with its innermost reservation taken away. */
export function withoutTopReservation(item: ModelResource): ModelResource {
  const { reservations = [], key: _key, value, ...identity } = item
  const rest = reservations.slice(0, -1)
  return resource(rest.length === 0 ? identity : { ...identity, reservations: rest }, value)
}

type Conversion = Pick<Applied, 'consumed' | 'converted'>

function conversionOf(total: Resources, operation: OfferOperation): Result<Conversion> {
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  switch (operation.type) {
    case 'RESERVE':
      if ((reserve?.source ?? []).length > 0) return reservedFrom(reserve?.source, reserve?.resources)
      return converting(reserve?.resources, (item) => [withoutTopReservation(item), item])
    case 'UNRESERVE':
      return converting(unreserve?.resources, (item) => [item, withoutTopReservation(item)])
    case 'CREATE':
      return converting(create?.volumes, (item) => [withoutVolume(item), item])
    case 'DESTROY':
      return converting(destroy?.volumes, (item) => {
        const volume = asIn(total, item)
        return [volume, withoutVolume(volume)]
      })
    case 'GROW_VOLUME':
      return grow === undefined ? unknown() : grown(total, grow.volume, grow.addition)
    case 'SHRINK_VOLUME':
      return shrink === undefined ? unknown() : shrunk(total, shrink.volume, shrink.subtract.value)
    default:
      return unknown()
  }
}

function unknown(): Result<never> {
  return fail('API_MALFORMED', 'only reservations and volumes are operations on the resources of an agent')
}

function converting(
  messages: readonly Resource[] | undefined,
  change: (item: ModelResource) => readonly [consumed: ModelResource, converted: ModelResource],
): Result<Conversion> {
  const items = fromMessages(messages ?? [])
  if (!items.ok) return items
  const changes = items.value.map(change)
  return ok({ consumed: resources(changes.map(([from]) => from)), converted: resources(changes.map(([, to]) => to)) })
}

/** An operator moves resources from one reservation to another. What is static stays as the machine's operator said. */
function reservedFrom(
  source: readonly Resource[] | undefined,
  target: readonly Resource[] | undefined,
): Result<Conversion> {
  const consumed = fromMessages(source ?? [])
  if (!consumed.ok) return consumed
  const converted = fromMessages(target ?? [])
  if (!converted.ok) return converted
  if (consumed.value.some(isVolume)) {
    return fail('API_MALFORMED', 'a persistent volume cannot be reserved for another: destroy it first')
  }
  if (!equal(resources(consumed.value.map(staticPart)), resources(converted.value.map(staticPart)))) {
    return fail('API_MALFORMED', `'source' and 'resources' must be the same but for their dynamic reservations`)
  }
  return ok({ consumed: consumed.value, converted: converted.value })
}

function staticPart(item: ModelResource): ModelResource {
  const { reservations = [], key: _key, value, ...identity } = item
  const first = reservations[0]
  return resource(first?.type === 'STATIC' ? { ...identity, reservations: [first] } : identity, value)
}

function grown(total: Resources, volume: Resource, addition: Resource): Result<Conversion> {
  const items = bothOf(volume, addition)
  if (!items.ok) return items
  const [named, added] = items.value
  const old = asIn(total, named)
  if (withoutVolume(old).key !== added.key) {
    return fail('API_MALFORMED', 'the addition must be of the same disk and reservation as the volume')
  }
  return ok({ consumed: resources([old, added]), converted: [resized(old, addMilli(amountOf(old), amountOf(added)))] })
}

function shrunk(total: Resources, volume: Resource, subtracted: number): Result<Conversion> {
  const items = bothOf(volume, volume)
  if (!items.ok) return items
  const old = asIn(total, items.value[0])
  const freed = milliFromNumber(subtracted)
  const rest = resized(old, subtractMilli(amountOf(old), freed))
  return ok({ consumed: [old], converted: resources([rest, resized(withoutVolume(old), freed)]) })
}

/** Each alone, for what is equal would be added up. */
function bothOf(a: Resource, b: Resource): Result<readonly [ModelResource, ModelResource]> {
  const first = fromMessages([a])
  if (!first.ok) return first
  const second = fromMessages([b])
  if (!second.ok) return second
  const [one, other] = [first.value[0], second.value[0]]
  return one === undefined || other === undefined ? unknown() : ok([one, other])
}

function amountOf({ value }: ModelResource) {
  invariant(value.kind === 'scalar', 'disk is a scalar')
  return value.milli
}

function resized(item: ModelResource, milli: ReturnType<typeof amountOf>): ModelResource {
  return { ...item, value: { kind: 'scalar', milli } }
}

/** The volume as `total` has it, with the amount that was named: its mount path and mode are only how it is used. */
function asIn(total: Resources, named: ModelResource): ModelResource {
  const held = total.find(({ key }) => key === named.key)
  return held === undefined ? named : { ...held, value: named.value }
}

function missingReason(total: Resources, consumed: Resources): string | null {
  for (const item of consumed) {
    const held = total.find(({ key }) => key === item.key) ?? null
    if (held === null || !contains([held], [item])) return `there is not enough ${wordsFor(item)}`
    if (isIndivisible(item) && !contains([item], [held])) return `${wordsFor(item)} is only taken whole`
  }
  return null
}

function takenVolumeReason(total: Resources, consumed: Resources, converted: Resources): string | null {
  const names = new Set(subtractWhole(total, consumed).flatMap(nameOf))
  const twice = converted.flatMap(nameOf).find((name) => names.has(name))
  return twice === undefined ? null : `there is already a persistent volume ${twice}`
}

function nameOf(item: ModelResource): readonly string[] {
  const name = volumeName(item)
  return name === null ? [] : [`'${name.id}' of role '${name.role}'`]
}

function subtractWhole(total: Resources, consumed: Resources): Resources {
  if (consumed.length === 0) return noResources
  const gone = new Set(consumed.map(({ key }) => key))
  return total.filter((item) => !gone.has(item.key))
}

function wordsFor(item: ModelResource): string {
  const [volume] = nameOf(item)
  if (volume !== undefined) return `disk of the persistent volume ${volume}`
  const { type, root, id } = item.disk?.source ?? {}
  const place = type === undefined ? '' : ` of the ${type} disk ${root ?? id ?? ''}`
  const role = item.reservations?.at(-1)?.role
  return `${role === undefined ? 'unreserved' : `for '${role}' reserved`} ${item.name}${place}`
}
