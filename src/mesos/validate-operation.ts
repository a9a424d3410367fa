// The rules about offer operations that the message alone can break (Mesos src/master/validation.cpp). Tasks inside
// LAUNCH and LAUNCH_GROUP are judged one by one in validate-task.ts. It does not know what is offered, who may reserve
// for whom, nor what an agent can do.

import type { OfferOperation, OfferOperationType, Resource } from './types.ts'
import { isPersistentVolume, resourceError } from './validate-resource.ts'

/** Operators may send resources that frameworks may not. */
export type OperationSender = 'framework' | 'operator'

const bodies = {
  LAUNCH: 'launch',
  LAUNCH_GROUP: 'launch_group',
  RESERVE: 'reserve',
  UNRESERVE: 'unreserve',
  CREATE: 'create',
  DESTROY: 'destroy',
  GROW_VOLUME: 'grow_volume',
  SHRINK_VOLUME: 'shrink_volume',
  CREATE_DISK: 'create_disk',
  DESTROY_DISK: 'destroy_disk',
} as const satisfies Record<Exclude<OfferOperationType, 'UNKNOWN'>, keyof OfferOperation>

/** Why the operation is not valid, or null. */
export function operationError(operation: OfferOperation, sender: OperationSender = 'framework'): string | null {
  const { type } = operation
  if (type === undefined || type === 'UNKNOWN') return 'an operation must have a known type'
  if (operation[bodies[type]] === undefined) return `an operation of type ${type} needs '${bodies[type]}'`
  return bodyError(operation, sender)
}

function bodyError(operation: OfferOperation, sender: OperationSender): string | null {
  const { reserve, unreserve, create, destroy } = operation
  const { grow_volume, shrink_volume, create_disk, destroy_disk } = operation
  switch (operation.type) {
    case 'LAUNCH':
    case 'LAUNCH_GROUP':
      return operation.id === undefined ? null : `'id' is not allowed on an operation that launches tasks`
    case 'RESERVE':
      if (sender === 'framework' && (reserve?.source ?? []).length > 0) return `a framework must not set 'source'`
      return listError([...(reserve?.source ?? []), ...(reserve?.resources ?? [])]) ?? reserveError(reserve?.resources)
    case 'UNRESERVE':
      return listError(unreserve?.resources) ?? firstError(unreserve?.resources, unreservableError)
    case 'CREATE':
      return listError(create?.volumes) ?? firstError(create?.volumes, creatableError) ?? twiceError(create?.volumes)
    case 'DESTROY':
      return listError(destroy?.volumes) ?? firstError(destroy?.volumes, persistentError)
    case 'GROW_VOLUME':
      return grow_volume === undefined ? null : growError(grow_volume.volume, grow_volume.addition)
    case 'SHRINK_VOLUME':
      return shrink_volume === undefined ? null : shrinkError(shrink_volume.volume, shrink_volume.subtract.value)
    case 'CREATE_DISK':
      return create_disk === undefined ? null : createDiskError(create_disk)
    case 'DESTROY_DISK':
      return destroy_disk === undefined ? null : destroyDiskError(destroy_disk.source)
    default:
      return null
  }
}

function listError(resources: readonly Resource[] | undefined): string | null {
  if ((resources ?? []).length === 0) return 'there must be at least one resource'
  if (new Set(resources?.map(({ provider_id }) => provider_id?.value)).size > 1) {
    return 'all resources must be of the same provider'
  }
  return firstError(resources, resourceError)
}

function firstError(resources: readonly Resource[] | undefined, rule: (it: Resource) => string | null): string | null {
  for (const resource of resources ?? []) {
    const error = rule(resource)
    if (error !== null) return error
  }
  return null
}

function reserveError(resources: readonly Resource[] | undefined): string | null {
  if ((resources ?? []).length === 0) return 'there must be at least one resource to reserve'
  return firstError(resources, (resource) => {
    const role = dynamicRole(resource)
    if (role === null) return `'${resource.name}' is not marked as dynamically reserved`
    const allocated = resource.allocation_info?.role
    if (allocated !== undefined && allocated !== role) {
      return `'${resource.name}' is allocated to role '${allocated}' and cannot be reserved for '${role}'`
    }
    return isPersistentVolume(resource) ? 'a persistent volume cannot be reserved' : null
  })
}

function unreservableError(resource: Resource): string | null {
  if (dynamicRole(resource) === null) return `'${resource.name}' is not dynamically reserved`
  return isPersistentVolume(resource) ? 'a persistent volume must be destroyed before it is unreserved' : null
}

function creatableError(resource: Resource): string | null {
  return persistentError(resource) ?? (resource.disk?.volume?.mode === 'RW' ? null : 'a new volume must have mode RW')
}

function persistentError(resource: Resource): string | null {
  return isPersistentVolume(resource) ? null : `'${resource.name}' is not a persistent volume`
}

function twiceError(volumes: readonly Resource[] | undefined): string | null {
  const ids = (volumes ?? []).map((it) => JSON.stringify([topRole(it), it.disk?.persistence?.id]))
  return new Set(ids).size === ids.length ? null : 'two of the volumes have the same persistence id'
}

function growError(volume: Resource, addition: Resource): string | null {
  return (
    resizableError(volume) ??
    resourceError(addition) ??
    (addition.name !== 'disk' || isPersistentVolume(addition) ? 'the addition must be plain disk' : null) ??
    (topRole(addition) === topRole(volume) ? null : 'the addition must be reserved for the same role as the volume') ??
    (addition.disk?.source?.type === volume.disk?.source?.type ? null : 'the addition must be of the same disk source')
  )
}

function shrinkError(volume: Resource, subtract: number): string | null {
  const error = resizableError(volume)
  if (error !== null) return error
  // Both as amounts are counted: what rounds to all of it would leave a volume of nothing.
  const taken = Math.round(subtract * 1000)
  return taken > 0 && taken < Math.round((volume.scalar?.value ?? 0) * 1000)
    ? null
    : 'what is taken away must be more than zero and less than the volume'
}

function resizableError(volume: Resource): string | null {
  const error = resourceError(volume) ?? persistentError(volume)
  if (error !== null) return error
  if (volume.shared !== undefined) return 'a shared volume cannot be resized'
  if (volume.provider_id !== undefined) return 'a volume of a resource provider cannot be resized'
  return volume.disk?.source?.type === 'MOUNT' ? 'a volume on a MOUNT disk cannot be resized' : null
}

function createDiskError({ source, target_type, target_profile }: NonNullable<OfferOperation['create_disk']>) {
  const error = resourceError(source)
  if (error !== null) return error
  if (source.provider_id === undefined) return `'source' must be of a resource provider`
  if (source.disk?.source?.type !== 'RAW') return `'source' must be a RAW disk`
  if (target_type !== 'MOUNT' && target_type !== 'BLOCK') return 'target_type must be MOUNT or BLOCK'
  return (source.disk.source.profile === undefined) === (target_profile === undefined)
    ? 'a profile is needed either on the source or as target_profile'
    : null
}

function destroyDiskError(source: Resource): string | null {
  const error = resourceError(source)
  if (error !== null) return error
  if (source.provider_id === undefined) return `'source' must be of a resource provider`
  if (isPersistentVolume(source)) return 'a persistent volume must be destroyed before its disk'
  const type = source.disk?.source?.type
  return type === 'MOUNT' || type === 'BLOCK' || (type === 'RAW' && source.disk?.source?.id !== undefined)
    ? null
    : `'source' must be a MOUNT or BLOCK disk`
}

/** The role of the innermost reservation when that one is dynamic, in either format. */
function dynamicRole({ role, reservation, reservations }: Resource): string | null {
  const top = reservations?.at(-1)
  if (top !== undefined) return top.type === 'DYNAMIC' ? (top.role ?? null) : null
  return reservation === undefined ? null : (role ?? null)
}

function topRole({ role, reservations }: Resource): string | undefined {
  return reservations?.at(-1)?.role ?? role
}
