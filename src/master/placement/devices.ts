// Which devices a task gets for itself, GPUs first, ports near them, the disks that its resources name, and what it wishes
// to be near to. It does not know CPUs and memory: how far a place is, is asked of its caller.

import { candidates, chooseGpus, type GpuWish, placesOfGpus } from './gpus.ts'
import { chooseInstances } from './instances.ts'
import { isInstanceFree, isPartFree, partKey, type View } from './ledger.ts'
import { distanceTo, type Machine } from './machine.ts'
import type { Need, Wish } from './types.ts'
import { counted, listed } from './words.ts'

export type Devices = {
  readonly gpuUuids: readonly string[]
  readonly gpuInstanceUuids: readonly string[]
  readonly nics: readonly string[]
  readonly disks: readonly string[]
  /**
   * Where it wishes to be: sets of places, one of which is to be chosen; empty where it wishes for nothing, or where that
   * lies is not known.
   */
  readonly wished: readonly (readonly number[])[]
  /** Places of the devices it gets, GPUs before others; empty for none. */
  readonly own: readonly number[]
}

export type Setting = {
  /** The only place that what the wish `near` names may be granted from; null: any. */
  readonly only: number | null
  /** How far the task's CPUs and memory would be from these places; 0 is close. */
  readonly distance: (places: readonly number[]) => number
}

export type Lack = { readonly lack: string }

export function chooseDevices(view: View, need: Need, wish: Wish, { only, distance }: Setting): Devices | Lack {
  const { machine } = view
  const { near } = wish
  const fixed = near === null || isKind(near) ? [] : placesOf(machine, [near])
  const gpuWish: GpuWish = {
    count: need.gpus,
    isLinked: wish.gpus === 'linked',
    among: typeof wish.gpus === 'string' ? null : wish.gpus,
    place: near === 'gpu' ? only : null,
    distance: (places) => distance(places) + spread(machine, fixed, places),
  }
  const gpus = chooseGpus(view, gpuWish)
  if (gpus === null) return { lack: gpusLacking(view, gpuWish) }
  const gpuUuids = gpus.map((gpu) => machine.gpus[gpu]?.uuid as string)
  const gpuPlaces = placesOfGpus(machine, gpus)
  const nearGpus = {
    ...gpuWish,
    distance: (places: readonly number[]) => gpuWish.distance(places) + spread(machine, gpuPlaces, places),
  }
  const gpuInstanceUuids = chooseInstances(view, need.gpuInstances, nearGpus)
  if (gpuInstanceUuids === null) return { lack: instancesLacking(view, need) }
  const compute = placesOf(machine, [...gpuUuids, ...gpuInstanceUuids])
  const partDistance = (place: number | null) =>
    place === null ? unknownPlace : distance([place]) + spread(machine, [...compute, ...fixed], [place])
  const nics = choosePorts(view, wish.nics, near === 'nic' ? only : null, partDistance)
  if ('lack' in nics) return nics
  const { disks } = need
  const away =
    near === 'disk' && only !== null ? disks.filter((name) => (machine.placeOfPart.get(name) ?? only) !== only) : []
  if (away.length > 0) return { lack: `disk ${listed(away)} is not there` }
  const own = [compute, placesOf(machine, nics.names), placesOf(machine, disks)].find((it) => it.length > 0) ?? []
  const granted = { gpu: [...gpuUuids, ...gpuInstanceUuids], nic: nics.names, disk: disks }
  const wished = wishedPlaces(view, near, granted)
  return { gpuUuids, gpuInstanceUuids, nics: nics.names, disks, wished, own }
}

/** Farther than any place that is known. */
const unknownPlace = 10_000

type Kind = 'gpu' | 'nic' | 'disk'

function isKind(near: string): near is Kind {
  return near === 'gpu' || near === 'nic' || near === 'disk'
}

/** Near all devices of the kind that it is granted, or near any one of the kind. */
function wishedPlaces(
  view: View,
  near: string | null,
  granted: Readonly<Record<Kind, readonly string[]>>,
): Devices['wished'] {
  if (near === null) return []
  const parts = isKind(near) ? granted[near] : [near]
  const places = placesOf(view.machine, isKind(near) && parts.length === 0 ? healthyOf(view, near) : parts)
  if (places.length === 0) return []
  return parts.length > 0 ? [places] : places.map((place) => [place])
}

/** The parts that the task is close to and does not have: what it named, or of the kind it named the nearest. */
export function nearestShared(view: View, wish: Wish, devices: Devices, places: readonly number[]): readonly string[] {
  const { near } = wish
  if (near === null) return []
  if (!isKind(near)) return isGranted(devices, near) ? [] : [near]
  const has = {
    gpu: devices.gpuUuids.length + devices.gpuInstanceUuids.length,
    nic: devices.nics.length,
    disk: devices.disks.length,
  }
  if (has[near] > 0) return []
  const { distances, placeOfPart } = view.machine
  const far = (part: string) => {
    const place = placeOfPart.get(part) ?? null
    return place === null ? unknownPlace : distanceTo(distances, places, place)
  }
  const parts = healthyOf(view, near)
  return parts.length === 0 ? [] : [parts.reduce((a, b) => (far(b) < far(a) ? b : a))]
}

function isGranted(devices: Devices, part: string): boolean {
  return [devices.gpuUuids, devices.gpuInstanceUuids, devices.nics, devices.disks].some((parts) => parts.includes(part))
}

/** Of ports, the fastest: a slow one beside them is for managing the machine. */
function healthyOf({ machine, ledger }: View, kind: Kind): readonly string[] {
  const { nics, disks } = machine.hardware
  const { parts } = ledger.sick
  if (kind === 'gpu') return machine.gpus.flatMap(({ uuid }) => (parts.has(uuid) ? [] : [uuid]))
  if (kind === 'disk') return disks.flatMap(({ name }) => (parts.has(partKey('disk', name)) ? [] : [name]))
  const healthy = nics.filter(({ name }) => !parts.has(partKey('nic', name)))
  const fastest = healthy.reduce((most, { speedMbps }) => Math.max(most, speedMbps ?? 0), 0)
  return healthy.flatMap(({ name, speedMbps }) => ((speedMbps ?? 0) === fastest ? [name] : []))
}

function placesOf(machine: Machine, parts: readonly string[]): readonly number[] {
  const places = parts.flatMap((part) => machine.placeOfPart.get(part) ?? [])
  return [...new Set(places)].sort((a, b) => a - b)
}

/** How far each of `places` is from the nearest of `anchors`, together; 0 where all are at home. */
function spread({ distances }: Machine, anchors: readonly number[], places: readonly number[]): number {
  if (anchors.length === 0) return 0
  return places.reduce(
    (sum, place) => sum + distanceTo(distances, anchors, place) - (distances[place]?.[place] ?? 0),
    0,
  )
}

/** Nearest first, then the fastest; never one that the machine itself uses. */
function choosePorts(
  view: View,
  wish: number | readonly string[],
  only: number | null,
  distance: (place: number | null) => number,
): { readonly names: readonly string[] } | Lack {
  if (wish === 0) return { names: [] }
  const { hardware, placeOfPart } = view.machine
  const isFree = (name: string) => isPartFree(view, partKey('nic', name))
  const isThere = (name: string) => only === null || placeOfPart.get(name) === only
  if (typeof wish !== 'number') {
    const taken = wish.filter((name) => !isFree(name) || !isThere(name))
    return taken.length === 0 ? { names: wish } : { lack: `network port ${listed(taken)} is not free` }
  }
  const free = hardware.nics.filter((port) => port.isFree && isFree(port.name) && isThere(port.name))
  if (free.length < wish) {
    const names = listed(free.map(({ name }) => name))
    return {
      lack: `it asks for ${counted(wish, 'network port')} and free${only === null ? '' : ' there'} are ${names}`,
    }
  }
  const far = ({ name }: { readonly name: string }) => distance(placeOfPart.get(name) ?? null)
  const nearest = [...free].sort((a, b) => far(a) - far(b) || (b.speedMbps ?? 0) - (a.speedMbps ?? 0))
  return { names: nearest.slice(0, wish).map(({ name }) => name) }
}

function gpusLacking(view: View, wish: GpuWish): string {
  const { gpus, links } = view.machine
  const free = candidates(view, wish).map((gpu) => gpus[gpu]?.uuid as string)
  const named = wish.among?.filter((uuid) => !free.includes(uuid)) ?? []
  if (named.length > 0) return `of the GPUs it names ${listed(named)} ${named.length === 1 ? 'is' : 'are'} not free`
  const where = wish.place === null ? '' : ' there'
  if (!wish.isLinked || free.length < wish.count) {
    return `it asks for ${counted(wish.count, 'GPU')} and free${where} are ${listed(free)}`
  }
  let most = wish.count - 1
  let set: readonly number[] | null = null
  for (; most > 0 && set === null; most--) set = chooseGpus(view, { ...wish, count: most })
  const names = (set ?? []).map((gpu) => gpus[gpu]?.uuid as string)
  const kinds = links.fastestKinds.join(' or ')
  return `${names.length} of ${wish.count} GPUs that are linked by ${kinds} are free${where}: ${listed(names)}`
}

function instancesLacking(view: View, need: Need): string {
  const lacking = Object.entries(need.gpuInstances).flatMap(([resource, count]) => {
    const all = view.machine.gpus.flatMap(({ instances }) => instances.filter((one) => one.resource === resource))
    const free = all.filter(({ uuid }) => isInstanceFree(view, uuid))
    return count > free.length ? [`${count} ${resource} and free are ${listed(free.map(({ uuid }) => uuid))}`] : []
  })
  const asked = Object.entries(need.gpuInstances).map(([resource, count]) => `${count} ${resource}`)
  return lacking.length > 0
    ? `it asks for ${lacking.join('; ')}`
    : `${asked.join(' and ')} are not free together where it wishes for them`
}

export function freeGpusAt(view: View, place: number): number {
  return candidates(view, { count: 0, isLinked: false, among: null, place, distance: () => 0 }).length
}
