// Which GPUs a task gets: of all sets of so many that it may have, the one whose worst link is best, then on fewest NUMA
// nodes, then where the task's CPUs and memory would be close, then with the most links inside, then the one that leaves
// the most links between the GPUs that stay free, then where fewest CPUs are free, so that CPUs and GPUs fill the same
// nodes. Few GPUs are tried exhaustively, many from each GPU outwards. What is close is asked of its caller.

import { isGpuFree, type View } from './ledger.ts'
import type { Links } from './links.ts'
import type { Machine } from './machine.ts'

export type GpuWish = {
  readonly count: number
  /** Each connected with each by the fastest kind of link on the machine. */
  readonly isLinked: boolean
  /** By uuid; null: any. */
  readonly among: readonly string[] | null
  /** Null: anywhere. */
  readonly place: number | null
  /** How far the task would be from GPUs at these places; 0 is close. */
  readonly distance: (places: readonly number[]) => number
}

/** Starts of the search outwards. */
const seedsMax = 64
/** Larger machines are searched from each GPU outwards: sets are tried no more than so often. */
const setsMax = 200
/** Steps of the exhaustive search, which gives up a set as soon as two of it are not linked. */
const stepsMax = 50_000

/** Numbers of GPUs in ascending order; null where there is no such set. */
export function chooseGpus(view: View, wish: GpuWish): readonly number[] | null {
  const { links } = view.machine
  const free = candidates(view, wish)
  if (free.length < wish.count) return null
  if (wish.count === 0) return []
  const toFree = new Map(free.map((gpu) => [gpu, free.reduce((sum, other) => sum + weight(links, gpu, other), 0)]))
  const isBetter = comparison(view, wish)
  let best: Judged | null = null
  const consider = (set: readonly number[]) => {
    const judged = judge(view.machine, links, toFree, set)
    if (best === null || isBetter(judged, best)) best = judged
  }
  for (const seed of free.slice(0, seedsMax)) {
    const grown = growFrom(seed, free, links, wish)
    if (grown !== null) consider(grown)
  }
  trySets(free, links, wish, consider)
  const found = best as Judged | null
  return found === null ? null : [...found.set].sort((a, b) => a - b)
}

/** Those that are free and that the wish allows. */
export function candidates(view: View, { among, place }: GpuWish): readonly number[] {
  const allowed = among === null ? null : new Set(among)
  return view.machine.gpus.flatMap(({ uuid }, gpu) => {
    const isAllowed = (allowed?.has(uuid) ?? true) && (place === null || placeOfGpu(view.machine, gpu) === place)
    return isAllowed && isGpuFree(view, gpu) ? [gpu] : []
  })
}

/** -1: not known. */
export function placeOfGpu(machine: Machine, gpu: number): number {
  return machine.placeOfPart.get(machine.gpus[gpu]?.uuid ?? '') ?? -1
}

export function placesOfGpus(machine: Machine, gpus: readonly number[]): readonly number[] {
  return [...new Set(gpus.map((gpu) => placeOfGpu(machine, gpu)))].filter((place) => place !== -1).sort((a, b) => a - b)
}

type Judged = {
  readonly set: readonly number[]
  /** The rank of its worst link. */
  readonly worst: number
  readonly places: readonly number[]
  /** Links in it together, and those to the GPUs that stay free, which are lost. */
  readonly inside: number
  readonly lost: number
}

function judge(machine: Machine, links: Links, toFree: ReadonlyMap<number, number>, set: readonly number[]): Judged {
  let worst = Number.POSITIVE_INFINITY
  let inside = 0
  let all = 0
  for (let i = 0; i < set.length; i++) {
    const gpu = set[i] as number
    all += toFree.get(gpu) ?? 0
    for (let j = 0; j < i; j++) {
      const other = set[j] as number
      worst = Math.min(worst, links.ranks[gpu]?.[other] ?? 0)
      inside += weight(links, gpu, other)
    }
  }
  // Links within are in the sum twice.
  return { set, worst, places: placesOfGpus(machine, set), inside, lost: all - 2 * inside }
}

/** How far places are is only asked where all before it is equal: it is the costly question. */
function comparison({ ledger }: View, wish: GpuWish): (a: Judged, b: Judged) => boolean {
  const distances = new Map<string, number>()
  const distance = (places: readonly number[]) => {
    const key = places.join()
    const known = distances.get(key) ?? wish.distance(places)
    distances.set(key, known)
    return known
  }
  const cpusFree = (places: readonly number[]) => places.reduce((sum, place) => sum + (ledger.pool.free[place] ?? 0), 0)
  return (a, b) => {
    if (a.worst !== b.worst) return a.worst > b.worst
    if (a.places.length !== b.places.length) return a.places.length < b.places.length
    const [farA, farB] = [distance(a.places), distance(b.places)]
    if (farA !== farB) return farA < farB
    if (a.inside !== b.inside) return a.inside > b.inside
    if (a.lost !== b.lost) return a.lost < b.lost
    return cpusFree(a.places) < cpusFree(b.places)
  }
}

function weight({ weights }: Links, a: number, b: number): number {
  return weights[a]?.[b] ?? 0
}

function isAllowedPair(links: Links, wish: GpuWish, a: number, b: number): boolean {
  return !wish.isLinked || (links.fastest > 0 && links.ranks[a]?.[b] === links.fastest)
}

/** The set that grows from one GPU by the best connected each time; null where it stops short. */
function growFrom(seed: number, free: readonly number[], links: Links, wish: GpuWish): readonly number[] | null {
  const set = [seed]
  let last = seed
  let around = free.map((gpu) => ({ gpu, worst: Number.POSITIVE_INFINITY, sum: 0 })).filter(({ gpu }) => gpu !== seed)
  while (set.length < wish.count) {
    for (const one of around) {
      one.worst = Math.min(one.worst, links.ranks[one.gpu]?.[last] ?? 0)
      one.sum += weight(links, one.gpu, last)
    }
    if (wish.isLinked) around = around.filter(({ gpu }) => isAllowedPair(links, wish, gpu, last))
    const [first] = around
    if (first === undefined) return null
    const best = around.reduce((a, b) => (b.worst > a.worst || (b.worst === a.worst && b.sum > a.sum) ? b : a), first)
    last = best.gpu
    set.push(last)
    around = around.filter((one) => one !== best)
  }
  return set
}

/** Tries sets in order until the bounds are reached. */
function trySets(
  free: readonly number[],
  links: Links,
  wish: GpuWish,
  consider: (set: readonly number[]) => void,
): void {
  let sets = 0
  let steps = 0
  const set: number[] = []
  const extend = (from: number): void => {
    if (set.length === wish.count) {
      sets++
      consider([...set])
      return
    }
    for (let i = from; i <= free.length - (wish.count - set.length); i++) {
      if (sets >= setsMax || ++steps > stepsMax) return
      const gpu = free[i] as number
      if (!set.every((other) => isAllowedPair(links, wish, gpu, other))) continue
      set.push(gpu)
      extend(i + 1)
      set.pop()
    }
  }
  extend(0)
}
