// Between resources as messages of the API and as the model's quantities (Mesos src/common/resources_utils.cpp). Both
// reservation formats are accepted, never mixed in one resource. It does not know what anybody holds, nor who may
// reserve what.

import {
  resources as collect,
  type DiskInfo,
  type DiskSource,
  type Resource as ModelResource,
  resource as modelResource,
  normaliseRanges,
  type Reservation,
  type ResourceIdentity,
  type Resources,
  type ResourceValue,
} from '../model/resources.ts'
import { fail, ok, type Result } from '../model/result.ts'
import { milliFromNumber, milliToNumber } from '../model/units.ts'
import type { Labels, Resource, ResourceDiskInfo, ResourceDiskInfoSource, ResourceReservationInfo } from './types.ts'
import { resourceError, scalarMax } from './validate-resource.ts'

/** `pre` is `role` + `reservation`, `post` is `reservations`, `endpoint` is post plus pre where that can say it. */
export type ReservationFormat = 'pre' | 'post' | 'endpoint'

/**
 * The quantities of messages in either format; each one is validated.
 * @returns API_MALFORMED with the first broken rule, also when the sum of a scalar is beyond any machine
 */
export function fromMessages(messages: readonly Resource[]): Result<Resources> {
  const sums = new Map<string, number>()
  for (const message of messages) {
    const error = resourceError(message)
    if (error !== null) return fail('API_MALFORMED', error)
    const sum = (sums.get(message.name) ?? 0) + (message.scalar?.value ?? 0)
    if (sum > scalarMax) return fail('API_MALFORMED', `resources '${message.name}' sum up to more than ${scalarMax}`)
    sums.set(message.name, sum)
  }
  return ok(collect(messages.map((message) => modelResource(identityOf(message), quantityOf(message)))))
}

/**
 * The messages of quantities, one for each identity. The `pre` format cannot express refined reservations: they are
 * left out, as they must not be offered to whom speaks it.
 */
export function toMessages(items: Resources, format: ReservationFormat): Resource[] {
  const messages: Resource[] = []
  for (const item of items) {
    const stack = item.reservations ?? []
    if (format === 'pre' && stack.length > 1) continue
    messages.push({ ...plainMessage(item), ...reservationFields(stack, format) })
  }
  return messages
}

function identityOf(message: Resource): ResourceIdentity {
  const reservations = stackOf(message)
  const role = message.allocation_info?.role
  return {
    name: message.name,
    ...(role === undefined ? {} : { allocationRole: role }),
    ...(reservations.length === 0 ? {} : { reservations }),
    ...(message.disk === undefined ? {} : diskFields(message.disk)),
    ...(message.revocable === undefined ? {} : { revocable: true }),
    ...(message.shared === undefined ? {} : { shared: true }),
    ...(message.provider_id === undefined ? {} : { providerId: message.provider_id.value }),
  }
}

function quantityOf({ scalar, ranges, set }: Resource): ResourceValue {
  if (scalar !== undefined) return { kind: 'scalar', milli: milliFromNumber(scalar.value) }
  if (set !== undefined) return { kind: 'set', items: [...(set.item ?? [])].sort() }
  const list = (ranges?.range ?? []).map(({ begin, end }) => ({ begin: Number(begin), end: Number(end) }))
  return { kind: 'ranges', ranges: normaliseRanges(list) }
}

function stackOf({ role, reservation, reservations = [] }: Resource): Reservation[] {
  if (reservations.length > 0) {
    return reservations.map((it) => ({
      type: it.type === 'STATIC' ? 'STATIC' : 'DYNAMIC',
      role: it.role ?? '',
      ...ownerOf(it),
    }))
  }
  if (role === undefined || role === '*') return []
  return [reservation === undefined ? { type: 'STATIC', role } : { type: 'DYNAMIC', role, ...ownerOf(reservation) }]
}

function ownerOf({ principal, labels }: ResourceReservationInfo): Pick<Reservation, 'principal' | 'labels'> {
  const list = (labels?.labels ?? []).map(({ key, value }) => (value === undefined ? { key } : { key, value }))
  return {
    ...(principal === undefined ? {} : { principal }),
    ...(list.length === 0 ? {} : { labels: list }),
  }
}

/** An empty `disk` says nothing and is no other identity than none. */
function diskFields({ persistence, volume, source }: ResourceDiskInfo): { readonly disk?: DiskInfo } {
  if (persistence === undefined && source === undefined) return {}
  const principal = persistence?.principal
  return {
    disk: {
      ...(persistence && { persistence: { id: persistence.id, ...(principal !== undefined && { principal }) } }),
      ...(volume && { volume: { containerPath: volume.container_path, mode: volume.mode } }),
      ...(source && { source: sourceOf(source) }),
    },
  }
}

function sourceOf({ type, path, mount, id, profile, vendor }: ResourceDiskInfoSource): DiskSource {
  const root = path?.root ?? mount?.root
  return {
    type: type === 'UNKNOWN' ? 'RAW' : type,
    ...(root !== undefined && { root }),
    ...(id !== undefined && { id }),
    ...(profile !== undefined && { profile }),
    ...(vendor !== undefined && { vendor }),
  }
}

function plainMessage(item: ModelResource): Resource {
  return {
    ...(item.providerId !== undefined && { provider_id: { value: item.providerId } }),
    name: item.name,
    ...valueFields(item.value),
    ...(item.allocationRole !== undefined && { allocation_info: { role: item.allocationRole } }),
    ...(item.disk !== undefined && { disk: diskMessage(item.disk) }),
    ...(item.revocable && { revocable: {} }),
    ...(item.shared && { shared: {} }),
  }
}

function valueFields(value: ResourceValue): Pick<Resource, 'type' | 'scalar' | 'ranges' | 'set'> {
  switch (value.kind) {
    case 'scalar':
      return { type: 'SCALAR', scalar: { value: milliToNumber(value.milli) } }
    case 'ranges':
      return { type: 'RANGES', ranges: { range: value.ranges } }
    case 'set':
      return { type: 'SET', set: { item: value.items } }
  }
}

function reservationFields(
  stack: readonly Reservation[],
  format: ReservationFormat,
): Pick<Resource, 'role' | 'reservation' | 'reservations'> {
  const post = stack.length === 0 ? {} : { reservations: stack.map((it) => ({ ...it, ...labelsField(it) })) }
  if (format === 'post' || stack.length > 1) return post as Pick<Resource, 'reservations'>
  const top = stack[0]
  const pre = {
    role: top?.role ?? '*',
    ...(top?.type === 'DYNAMIC' && {
      reservation: { ...(top.principal !== undefined && { principal: top.principal }), ...labelsField(top) },
    }),
  }
  return format === 'pre' ? pre : ({ ...post, ...pre } as Pick<Resource, 'role' | 'reservations'>)
}

function labelsField({ labels }: Reservation): { readonly labels?: Labels } {
  return labels === undefined ? {} : { labels: { labels } }
}

function diskMessage({ persistence, volume, source }: DiskInfo): ResourceDiskInfo {
  return {
    ...(persistence && { persistence }),
    ...(volume && {
      volume: {
        container_path: volume.containerPath,
        mode: volume.mode,
        ...(volume.hostPath !== undefined && { host_path: volume.hostPath }),
      },
    }),
    ...(source && { source: sourceMessage(source) }),
  }
}

function sourceMessage({ type, root, ...rest }: DiskSource): ResourceDiskInfoSource {
  const at = root === undefined ? {} : { root }
  return {
    type,
    ...(type === 'PATH' && root !== undefined && { path: at }),
    ...(type === 'MOUNT' && root !== undefined && { mount: at }),
    ...rest,
  }
}
