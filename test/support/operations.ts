// Reservations, volumes and operations on them as tests write them, in the form of frameworks of today.
// It knows the API's messages and nothing of the cluster.

import type { OfferOperation, Resource, ResourceReservationInfo } from '../../src/mesos/types.ts'

/** What the agents of today can do. */
export const operationCapabilities = [
  'MULTI_ROLE',
  'HIERARCHICAL_ROLE',
  'RESERVATION_REFINEMENT',
  'RESIZE_VOLUME',
  'AGENT_OPERATION_FEEDBACK',
  'AGENT_DRAINING',
] as const

export const sharingFramework = ['MULTI_ROLE', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT', 'SHARED_RESOURCES'].map(
  (type) => ({ type: type as 'MULTI_ROLE' }),
)

export function dynamicReservation(role = 'test', principal: string | null = 'p'): ResourceReservationInfo {
  return { type: 'DYNAMIC', role, ...(principal === null ? {} : { principal }) }
}

export function aResource(name: string, value: number, more: Partial<Resource> = {}): Resource {
  return { name, type: 'SCALAR', scalar: { value }, ...more }
}

/** Reserved dynamically for role test by p, unless said otherwise. */
export function aReserved(name: string, value: number, reservation = dynamicReservation()): Resource {
  return aResource(name, value, { reservations: [reservation] })
}

/** A persistent volume on reserved disk. */
export function aVolume(id: string, value: number, more: Partial<Resource> = {}): Resource {
  return aResource('disk', value, {
    reservations: [dynamicReservation()],
    disk: { persistence: { id, principal: 'p' }, volume: { container_path: 'data', mode: 'RW' } },
    ...more,
  })
}

export function aSharedVolume(id: string, value: number): Resource {
  return aVolume(id, value, { shared: {} })
}

export function reserve(...resources: Resource[]): OfferOperation {
  return { type: 'RESERVE', reserve: { resources } }
}

export function unreserve(...resources: Resource[]): OfferOperation {
  return { type: 'UNRESERVE', unreserve: { resources } }
}

export function create(...volumes: Resource[]): OfferOperation {
  return { type: 'CREATE', create: { volumes } }
}

export function destroy(...volumes: Resource[]): OfferOperation {
  return { type: 'DESTROY', destroy: { volumes } }
}

export function grow(volume: Resource, addition: Resource): OfferOperation {
  return { type: 'GROW_VOLUME', grow_volume: { volume, addition } }
}

export function shrink(volume: Resource, value: number): OfferOperation {
  return { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract: { value } } }
}

/** The operation with an id, so that its end is told. */
export function named(id: string, operation: OfferOperation): OfferOperation {
  return { ...operation, id: { value: id } }
}

/** `cpus:4; disk(test,p):100; disk(test,p)[v]:50`: what there is of each kind, sorted, for comparing at a glance. */
export function words(resources: readonly Resource[] | undefined): string {
  return (resources ?? [])
    .map((it) => `${it.name}${stackWords(it)}${diskWords(it)}:${it.scalar?.value ?? '?'}`)
    .sort()
    .join('; ')
}

function stackWords({ role, reservation, reservations = [] }: Resource): string {
  const old = role === undefined || role === '*' ? [] : [{ role, ...reservation }]
  const stack = reservations.length > 0 ? reservations : old
  return stack.map((it) => `(${it.role}${it.principal === undefined ? '' : `,${it.principal}`})`).join('')
}

function diskWords({ disk, shared }: Resource): string {
  const { persistence, source } = disk ?? {}
  const place = source === undefined ? '' : `{${source.type}}`
  return `${place}${persistence === undefined ? '' : `[${persistence.id}]`}${shared === undefined ? '' : '+'}`
}
