// The rules about one resource message alone (Mesos src/common/resources.cpp), each with a sentence for the framework's
// author.
// It does not know other resources of the same request, nor what an agent has.

import { idError } from '../model/ids.ts'
import { isBelowRole, roleError } from './roles.ts'
import type { Int64, Resource, ResourceDiskInfo, ResourceReservationInfo } from './types.ts'

/** No machine and no cluster has more of anything; sums of a few thousand of these are still exact in thousandths. */
export const scalarMax = 1e10

/** Why the resource is not valid, or null. */
export function resourceError(resource: Resource): string | null {
  const error =
    nameError(resource) ??
    valueError(resource) ??
    reservationsError(resource) ??
    (resource.disk === undefined ? null : diskError(resource, resource.disk)) ??
    revocableError(resource) ??
    allocationError(resource)
  return error === null ? null : `resource '${resource.name}': ${error}`
}

/** A resource with a `persistence` is a persistent volume. */
export function isPersistentVolume(resource: Resource): boolean {
  return resource.disk?.persistence !== undefined
}

function nameError({ name }: Resource): string | null {
  return name === '' ? 'a resource must have a name' : null
}

function valueError(resource: Resource): string | null {
  const { type, scalar, ranges, set } = resource
  const given = [scalar && 'scalar', ranges && 'ranges', set && 'set'].filter((it) => it !== undefined)
  if (type === 'TEXT') return 'type TEXT is not a type of resource'
  const wanted = { SCALAR: 'scalar', RANGES: 'ranges', SET: 'set' }[type]
  if (given.length !== 1 || given[0] !== wanted) return `type ${type} needs '${wanted}' and no other value`
  if (scalar !== undefined) return scalarError(resource.name, scalar.value)
  if (ranges !== undefined) return rangesError(ranges.range ?? [])
  const items = set?.item ?? []
  return new Set(items).size === items.length ? null : 'items of a set must be unique'
}

function scalarError(name: string, value: number): string | null {
  if (!Number.isFinite(value)) return 'the amount must be a finite number'
  if (value < 0) return 'the amount must not be negative'
  if (value > scalarMax) return `the amount must not be more than ${scalarMax}`
  if (Math.round(value * 1000) === 0) return 'the amount must not be zero; amounts are counted in thousandths'
  return name === 'gpus' && !Number.isInteger(value) ? 'gpus are given in whole numbers only' : null
}

function rangesError(ranges: readonly { readonly begin: Int64; readonly end: Int64 }[]): string | null {
  if (ranges.length === 0) return 'there must be at least one range'
  const sorted = [...ranges].sort((a, b) => (a.begin < b.begin ? -1 : a.begin > b.begin ? 1 : 0))
  for (const [i, range] of sorted.entries()) {
    if (range.begin > range.end) return `range [${range.begin}-${range.end}] ends before it begins`
    if (range.end > Number.MAX_SAFE_INTEGER) return `range [${range.begin}-${range.end}] reaches too far`
    const before = sorted[i - 1]
    if (before !== undefined && range.begin <= before.end) {
      return `ranges [${before.begin}-${before.end}] and [${range.begin}-${range.end}] overlap`
    }
  }
  return null
}

function reservationsError(resource: Resource): string | null {
  const { role, reservation, reservations = [] } = resource
  if (reservations.length > 0) {
    if (role !== undefined || reservation !== undefined) {
      return `'reservations' excludes the older 'role' and 'reservation'`
    }
    return stackError(reservations)
  }
  if (role !== undefined) {
    const error = roleError(role)
    if (error !== null) return error
  }
  if (reservation === undefined) return null
  if (role === undefined || role === '*') return 'a dynamic reservation must be for a role other than *'
  if (reservation.type !== undefined || reservation.role !== undefined) {
    return `'reservation' must not have a 'type' or 'role'; these belong into 'reservations'`
  }
  return null
}

function stackError(stack: readonly ResourceReservationInfo[]): string | null {
  let parent: string | undefined
  for (const { type, role } of stack) {
    if (type !== 'STATIC' && type !== 'DYNAMIC') return 'a reservation must be STATIC or DYNAMIC'
    if (role === undefined) return 'a reservation must have a role'
    const error = roleError(role)
    if (error !== null) return error
    if (role === '*') return 'nothing can be reserved for role *'
    if (parent !== undefined) {
      if (type === 'STATIC') return 'only the first reservation can be STATIC'
      if (!isBelowRole(role, parent)) return `a reservation for '${role}' cannot refine one for '${parent}'`
    }
    parent = role
  }
  return null
}

function diskError(resource: Resource, disk: ResourceDiskInfo): string | null {
  if (resource.name !== 'disk') return `only a resource named 'disk' has 'disk'`
  const { persistence, volume, source } = disk
  if (source !== undefined) {
    const { type } = source
    if (type === 'UNKNOWN') return 'the type of the disk source is not known'
    if (source.path !== undefined && type !== 'PATH') return `a disk source of type ${type} has no 'path'`
    if (source.mount !== undefined && type !== 'MOUNT') return `a disk source of type ${type} has no 'mount'`
  }
  if (persistence === undefined && volume === undefined) return null
  if (persistence === undefined) return 'a volume on a disk resource must be persistent'
  if (volume === undefined) return 'a persistent volume must say where it is mounted, in `volume`'
  const error = idError(persistence.id)
  if (error !== null) return `persistence: ${error}`
  if (/\s/.test(persistence.id)) return 'persistence: an id must not contain white space'
  if (volume.container_path === '') return 'a persistent volume must have a container_path'
  if (volume.host_path !== undefined) return 'a persistent volume must not have a host_path'
  if (!isReserved(resource)) return 'a persistent volume can only be on a reserved disk'
  return source?.type === 'RAW' || source?.type === 'BLOCK'
    ? `a disk source of type ${source.type} cannot hold a persistent volume`
    : null
}

function revocableError(resource: Resource): string | null {
  if (resource.shared !== undefined && !isPersistentVolume(resource)) return 'only a persistent volume can be shared'
  if (resource.revocable === undefined) return null
  if (isPersistentVolume(resource)) return 'a persistent volume must not be revocable'
  const isDynamic =
    resource.reservation !== undefined || (resource.reservations ?? []).some(({ type }) => type === 'DYNAMIC')
  return isDynamic ? 'a dynamically reserved resource must not be revocable' : null
}

function allocationError({ allocation_info }: Resource): string | null {
  return allocation_info?.role === undefined ? null : roleError(allocation_info.role)
}

function isReserved({ role, reservations }: Resource): boolean {
  return (reservations ?? []).length > 0 || (role !== undefined && role !== '*')
}
