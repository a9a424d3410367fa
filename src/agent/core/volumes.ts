// Which persistent volumes operations make, remove and change, and which ones a task uses and where it wants to find
// them. It does not know which volumes there are.

import { fromJsonValue } from '../../mesos/json.ts'
import { volumeName } from '../../mesos/operations.ts'
import { fromMessages } from '../../mesos/resources.ts'
import type { OfferOperation, Resource } from '../../mesos/types.ts'
import type { Resource as ModelResource } from '../../model/resources.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import type { MesosJson } from '../../wire/messages.ts'
import type { ContainerVolume, VolumePlace } from './types.ts'

/** What an operation makes and removes on disk. */
export function volumeChange(operation: MesosJson): {
  readonly make: readonly VolumePlace[]
  readonly remove: readonly VolumePlace[]
} {
  const decoded = fromJsonValue('mesos.v1.Offer.Operation', operation)
  if (!decoded.ok) return { make: [], remove: [] }
  const { type, create, destroy } = decoded.value
  return {
    make: type === 'CREATE' ? placesOf(create?.volumes) : [],
    remove: type === 'DESTROY' ? placesOf(destroy?.volumes) : [],
  }
}

/** The volumes that an operation destroys or resizes: nobody may use them meanwhile. */
export function touchedVolumes(operation: OfferOperation): readonly VolumePlace[] {
  const { destroy, grow_volume: grow, shrink_volume: shrink } = operation
  switch (operation.type) {
    case 'DESTROY':
      return placesOf(destroy?.volumes)
    case 'GROW_VOLUME':
      return grow === undefined ? [] : placesOf([grow.volume])
    case 'SHRINK_VOLUME':
      return shrink === undefined ? [] : placesOf([shrink.volume])
    default:
      return []
  }
}

/** The volumes among resources that were found valid. */
export function placesOf(messages: readonly Resource[] | undefined): readonly VolumePlace[] {
  const items = fromMessages(messages ?? [])
  return items.ok ? items.value.flatMap((item) => placeOf(item) ?? []) : []
}

/** The volume that a resource is, or null. */
export function placeOf(item: ModelResource): VolumePlace | null {
  const name = volumeName(item)
  return name === null ? null : { ...name, source: item.disk?.source ?? null }
}

/** What is unique to a volume on one machine. */
export function placeName({ role, id }: Pick<VolumePlace, 'role' | 'id'>): string {
  return `${role}\n${id}`
}

type LooseResource = {
  readonly role?: unknown
  readonly reservations?: readonly { readonly role?: unknown }[]
  readonly disk?: { readonly persistence?: { readonly id?: unknown } }
}

/** Of a task as it was sent; it was decoded when it came. */
export function usesVolume({ resources }: MesosJson, volume: VolumePlace): boolean {
  return ((resources ?? []) as readonly LooseResource[]).some(
    ({ role, reservations, disk }) =>
      disk?.persistence?.id === volume.id && (reservations?.at(-1)?.role ?? role) === volume.role,
  )
}

/** The volumes of a task, in the order of their paths. AGENT_LAUNCH_FAILED when one cannot be where it is to be. */
export function containerVolumes(wanted: readonly ModelResource[]): Result<readonly ContainerVolume[]> {
  const volumes: ContainerVolume[] = []
  for (const item of wanted) {
    const place = placeOf(item)
    if (place === null) continue
    const path = item.disk?.volume?.containerPath ?? ''
    const mistake = pathMistake(path)
    if (mistake !== null) {
      return fail('AGENT_LAUNCH_FAILED', `the container_path '${path}' of the volume '${place.id}' ${mistake}`)
    }
    volumes.push({ place, path })
  }
  return ok(volumes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)))
}

/** Volumes of the task that it is to read only, which nothing here can hold it to. */
export function unprotectedVolumes(wanted: readonly ModelResource[]): readonly string[] {
  return wanted.flatMap(({ disk }) =>
    disk?.persistence !== undefined && disk.volume?.mode === 'RO' ? [disk.persistence.id] : [],
  )
}

function pathMistake(path: string): string | null {
  if (path.startsWith('/'))
    return 'is absolute: without file systems of their own tasks find volumes in their sandbox only'
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length === 0) return 'names nothing in the sandbox'
  if (parts.includes('..')) return `leaves the sandbox by '..'`
  return path.includes('\0') ? 'holds a zero byte' : null
}
