// From a task's need and wish to a grant on one machine as it is now, or what is lacking. Without a wish the machine is
// kept whole: a task that shares CPUs runs on all that nobody has alone, and its memory is planned where the least is left
// beside it; cores alone and GPUs fill the node with the least beside; what has GPUs is close to them where there is room.
// What is wished: `single` and a node's number bind CPUs and memory to that node, or do not fit. `near` is the nearest
// place with room, and refuses nobody. `preferred` is one node, or the nearest to it. It books nothing.

import type { Grant } from '../../model/hardware.ts'
import { noGrant } from '../../model/hardware.ts'
import { type CpuKind, freeThreads } from './cores.ts'
import { chooseDevices, type Devices, freeGpusAt, type Lack, nearestShared } from './devices.ts'
import { cpusOf, formatThreads, memoryFree, type View } from './ledger.ts'
import { byDistance, distanceTo } from './machine.ts'
import { bestFit, bind, boundMemoryFree, type MemoryPlan, near, spread } from './memory.ts'
import { bestStart, takeAcross } from './spans.ts'
import type { Need, Wish } from './types.ts'
import { isPlain } from './wish.ts'
import { counted, cpusOfMilli, gibibytes } from './words.ts'

export function placeIn(view: View, need: Need, wish: Wish): { readonly grant: Grant } | Lack {
  if (isPlain(need, wish)) return placePlain(view, need)
  return wish.numa === 'single' || typeof wish.numa === 'number'
    ? placeAtHome(view, need, wish, wish.numa)
    : placeAround(view, need, wish)
}

function placePlain(view: View, need: Need): { readonly grant: Grant } | Lack {
  if (!view.ledger.pool.hasRoom(need.cpusMilli)) return { lack: sharedLacking(view, need) }
  const memory = bestFit(view, need.memoryBytes)
  return {
    grant: { ...noGrant, cpusWithin: cpusOf(view, null), memory, memoryPolicy: softPolicy(view, memory, false) },
  }
}

/** A node that is sick is avoided where that hurts nobody. */
function softPolicy({ ledger }: View, memory: MemoryPlan, isWished: boolean): Grant['memoryPolicy'] {
  return memory.length > 0 && (isWished || ledger.sick.places.size > 0) ? 'preferred' : null
}

// One node for all.

function placeAtHome(view: View, need: Need, wish: Wish, numa: 'single' | number): { readonly grant: Grant } | Lack {
  const { places } = view.machine
  const homes = numa === 'single' ? homesInOrder(view, need, wish) : places.filter(({ node }) => node === numa)
  const lacks: string[] = []
  for (const home of homes) {
    // A node may have CPUs or memory alone: then the nearest that has the other goes with it.
    const placed = placeAt(view, need, wish, { cpusAt: home.cpuHome, memoryAt: home.memoryHome })
    if ('grant' in placed) return placed
    lacks.push(`node ${home.node ?? '?'}: ${placed.lack}`)
  }
  const shown = lacks.length > 4 ? [...lacks.slice(0, 4), `${lacks.length - 4} more nodes`] : lacks
  return { lack: homes.length === 1 ? shown.join('') : `no NUMA node has all of it: ${shown.join('; ')}` }
}

/** Near to what is wished first, then with its GPUs, then with the least beside it. */
function homesInOrder(view: View, need: Need, wish: Wish): View['machine']['places'] {
  const { machine } = view
  const setting = { only: null, distance: () => 0 }
  const devices = wish.near === null ? null : chooseDevices(view, need, wish, setting)
  const anchors = devices !== null && !('lack' in devices) ? devices.wished.flat() : []
  const key = (place: number) => {
    const gpus = freeGpusAt(view, place)
    const lackOfGpus = Math.max(0, need.gpus - gpus)
    const room = wish.cpus === 'shared' ? view.ledger.pool.roomWithin([place]) : freeThreads(view, place, wish.cpus)
    return [distanceTo(machine.distances, anchors, place), lackOfGpus, gpus, room, memoryFree(view, place)]
  }
  return machine.places
    .filter(({ threads, node }) => threads > 0 && node !== null)
    .map((place) => ({ place, marks: key(place.index) }))
    .sort((a, b) => compare(a.marks, b.marks) || a.place.index - b.place.index)
    .map(({ place }) => place)
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((mark, i) => mark !== b[i])
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number)
}

type Home = { readonly cpusAt: number; readonly memoryAt: number }

function placeAt(view: View, need: Need, wish: Wish, { cpusAt, memoryAt }: Home): { readonly grant: Grant } | Lack {
  const { distances } = view.machine
  const far = (places: readonly number[]) =>
    places.reduce((sum, place) => sum + distanceTo(distances, [cpusAt], place) - (distances[place]?.[place] ?? 0), 0)
  const cpus = cpusOnly(view, need, wish, [cpusAt])
  if ('lack' in cpus) return cpus
  const memory = bind(view, memoryAt, need.memoryBytes)
  if (memory === null) return { lack: `${gibibytes(boundMemoryFree(view, memoryAt))} of memory are free` }
  const devices = chooseDevices(view, need, wish, { only: cpusAt, distance: far })
  if ('lack' in devices) return devices
  const policy = memory.length > 0 ? 'bind' : null
  return {
    grant: grantOf(view, wish, devices, { cpus: cpus.cpus, cpusWithin: cpus.within, memory, policy, at: [cpusAt] }),
  }
}

/** On these places or not at all. */
function cpusOnly(view: View, need: Need, wish: Wish, at: readonly number[]): Cpus | Lack {
  if (wish.cpus === 'shared') {
    const room = view.ledger.pool.roomWithin(at)
    return need.cpusMilli <= room ? { cpus: null, within: cpusOf(view, at) } : { lack: `room for ${cpusOfMilli(room)}` }
  }
  const count = need.cpusMilli / 1000
  const threads = takeAcross(view, { kind: wish.cpus, count, order: at, quota: () => count })
  if (threads !== null) return { cpus: formatThreads(view.machine, threads), within: null }
  return { lack: aloneLacking(view, at, wish.cpus) }
}

// Around something, or anywhere.

type Cpus = { readonly cpus: string | null; readonly within: string | null }
type Placed = Cpus & { readonly at: readonly number[] }

function placeAround(view: View, need: Need, wish: Wish): { readonly grant: Grant } | Lack {
  const devices = chooseDevices(view, need, wish, { only: null, distance: roomNear(view, need, wish) })
  if ('lack' in devices) return devices
  const anchors = anchorsOf(view, need, wish, devices)
  const interleaved = wish.numa === 'interleave' ? spread(view, need.memoryBytes) : null
  if (wish.numa === 'interleave' && interleaved === null) {
    return { lack: `its ${gibibytes(need.memoryBytes)} of memory cannot be spread evenly over the NUMA nodes` }
  }
  const placed =
    wish.cpus === 'shared'
      ? sharedAround(view, need, wish, anchors)
      : aloneAround(view, need, wish.cpus, interleaved === null ? anchors : interleaved.places)
  if ('lack' in placed) return placed
  const at = placed.at.length > 0 ? placed.at : anchors
  const memory =
    interleaved?.plan ?? (at.length > 0 ? near(view, at, need.memoryBytes) : bestFit(view, need.memoryBytes))
  const isWished = wish.numa === 'preferred' || devices.wished.length > 0
  const policy = interleaved === null ? softPolicy(view, memory, isWished) : memory.length > 0 ? 'interleave' : null
  return { grant: grantOf(view, wish, devices, { cpus: placed.cpus, cpusWithin: placed.within, memory, policy, at }) }
}

/** Where it wishes to be: there where it has room, then near its devices, then with the least beside it. */
function anchorsOf(view: View, need: Need, wish: Wish, { wished, own }: Devices): readonly number[] {
  if (wished.length < 2) return cpuHomes(view, wished[0] ?? own)
  const lack = roomNear(view, need, wish)
  const marks = (places: readonly number[]) => {
    const far = places.reduce((sum, place) => sum + distanceTo(view.machine.distances, own, place), 0)
    return [lack(places), far, view.ledger.pool.roomWithin(cpuHomes(view, places))]
  }
  const judged = wished.map((places) => ({ places, marks: marks(places) }))
  const best = judged.reduce((a, b) => (compare(b.marks, a.marks) < 0 ? b : a))
  return cpuHomes(view, best.places)
}

/** How far a task would be from GPUs at some places: 0 where its CPUs and memory have room there. */
function roomNear(view: View, need: Need, wish: Wish): (gpuPlaces: readonly number[]) => number {
  const { pool } = view.ledger
  const { cpus } = wish
  const ableAt = new Map<number, number>()
  const able = (at: number, kind: CpuKind) => {
    const known = ableAt.get(at) ?? 1000 * Math.min(freeThreads(view, at, kind), pool.takeable(at, pool.free))
    ableAt.set(at, known)
    return known
  }
  return (gpuPlaces) => {
    if (gpuPlaces.length === 0) return 0
    const places = cpuHomes(view, gpuPlaces)
    const room = cpus === 'shared' ? pool.roomWithin(places) : places.reduce((sum, at) => sum + able(at, cpus), 0)
    const memory = places.reduce((sum, at) => sum + memoryFree(view, view.machine.places[at]?.memoryHome ?? at), 0)
    return (room >= need.cpusMilli ? 0 : 1) + (memory >= need.memoryBytes ? 0 : 1)
  }
}

function cpuHomes({ machine }: View, places: readonly number[]): readonly number[] {
  return [...new Set(places.map((place) => machine.places[place]?.cpuHome ?? place))]
}

/** Confined where that is wished, or close to its GPUs; else on every CPU that nobody has alone. */
function sharedAround(view: View, need: Need, wish: Wish, anchors: readonly number[]): Placed | Lack {
  const { pool } = view.ledger
  const hasRoom = (places: readonly number[]) => pool.roomWithin(places) >= need.cpusMilli
  for (const at of setsInOrder(view, need, wish, anchors)) {
    if (hasRoom(at)) return { cpus: null, within: cpusOf(view, at), at }
  }
  if (!pool.hasRoom(need.cpusMilli)) return { lack: sharedLacking(view, need) }
  return { cpus: null, within: cpusOf(view, null), at: [] }
}

function setsInOrder(view: View, need: Need, wish: Wish, anchors: readonly number[]): readonly (readonly number[])[] {
  const { distances, places } = view.machine
  const hasCpus = (place: number) => (places[place]?.threads ?? 0) > 0
  if (anchors.length > 0) {
    const isHard = wish.near !== null || wish.numa === 'preferred'
    const outwards = isHard
      ? byDistance(distances, anchors, places.length)
          .filter(hasCpus)
          .map((place) => [place])
      : []
    return [anchors, ...outwards]
  }
  if (wish.numa !== 'preferred') return []
  // The node with the least beside it, one with room for the memory too before all others.
  return places
    .filter(({ index }) => hasCpus(index))
    .map(({ index, memoryHome }) => {
      const memory = memoryFree(view, memoryHome)
      return { index, marks: [memory >= need.memoryBytes ? 0 : 1, view.ledger.pool.roomWithin([index]), memory] }
    })
    .sort((a, b) => compare(a.marks, b.marks) || a.index - b.index)
    .map(({ index }) => [index])
}

function aloneAround(view: View, need: Need, kind: CpuKind, anchors: readonly number[]): Placed | Lack {
  const { distances, places } = view.machine
  const count = need.cpusMilli / 1000
  const share = Math.ceil(count / Math.max(1, anchors.length))
  const ask =
    anchors.length > 0
      ? {
          order: byDistance(distances, anchors, places.length),
          quota: (place: number) => (anchors.includes(place) ? share : 0),
        }
      : bestStart(view, need, kind)
  const threads = takeAcross(view, { kind, count, ...ask })
  if (threads === null)
    return {
      lack: aloneLacking(
        view,
        places.map(({ index }) => index),
        kind,
      ),
    }
  const at = new Set(
    threads.map((thread) => view.machine.cores[view.machine.coreOfThread[thread] as number]?.place ?? 0),
  )
  return { cpus: formatThreads(view.machine, threads), within: null, at: [...at] }
}

// Grants and sentences.

type Parts = {
  readonly cpus: string | null
  readonly cpusWithin: string | null
  readonly memory: MemoryPlan
  readonly policy: Grant['memoryPolicy']
  readonly at: readonly number[]
}

function grantOf(view: View, wish: Wish, devices: Devices, { policy, at, ...parts }: Parts): Grant {
  const { gpuUuids, gpuInstanceUuids, nics, disks } = devices
  const shared = nearestShared(view, wish, devices, at)
  return { ...parts, memoryPolicy: policy, gpuUuids, gpuInstanceUuids, nics, disks, near: shared }
}

function sharedLacking(view: View, need: Need): string {
  const { machine, ledger } = view
  const left = ledger.pool.free.reduce((sum, count) => sum + count, 0)
  const alone = machine.cpuOfThread.length - left - ledger.sick.threads.size
  const rest = alone > 0 ? `: ${counted(alone, 'CPU')} of the machine ${alone === 1 ? 'is' : 'are'} held alone` : ''
  return `there is no room for ${cpusOfMilli(need.cpusMilli)} among those who share ${counted(left, 'CPU')}${rest}`
}

function aloneLacking(view: View, places: readonly number[], kind: CpuKind): string {
  const { pool } = view.ledger
  const free = places.reduce((sum, place) => sum + freeThreads(view, place, kind), 0)
  const able = places.reduce(
    (sum, place) => sum + Math.min(freeThreads(view, place, kind), pool.takeable(place, pool.free)),
    0,
  )
  const what = kind === 'cores' ? 'CPUs of whole cores are free' : 'CPUs are free'
  return able < free ? `${free} ${what}, and tasks that share need all but ${able}` : `${free} ${what}`
}
