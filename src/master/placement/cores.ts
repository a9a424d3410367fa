// Which CPUs a task gets for itself alone, place by place. Inside a place: the last-level cache where they fit and fewest
// are left over, else whole caches first; performance cores before efficiency cores, since who wants cores alone wants
// speed, and the pool keeps the others; the highest numbers first, since the kernel's own work gathers on the lowest.
// Whole cores are only those of which nobody has a thread; single threads come from cores already begun. It does not know
// why a place comes before another.

import { isThreadFree, type View } from './ledger.ts'
import type { Core } from './machine.ts'

export type CpuKind = 'cores' | 'threads'

/** What can be taken at once: a whole core, or one thread. */
type Unit = {
  readonly threads: readonly number[]
  readonly cache: number
  readonly core: Core
  readonly isBegun: boolean
}

/** Threads that are free in that way at a place, whatever the pool needs. */
export function freeThreads(view: View, place: number, kind: CpuKind): number {
  let count = 0
  for (const core of view.machine.places[place]?.cores ?? []) {
    const free = freeOf(view, core)
    if (kind === 'threads' || free === core.threads.length) count += free
  }
  return count
}

/** Up to `count` threads of one place, as many as can be had of the kind; the numbers of threads. */
export function takeThreads(view: View, place: number, kind: CpuKind, count: number): readonly number[] {
  const units = unitsOf(view, place, kind)
  for (const coreKind of ['performance', 'efficiency'] as const) {
    const alike = units.filter(({ core }) => (core.kind ?? 'performance') === coreKind)
    const sizes = sizesFor(alike, count)
    if (sizes !== null) return takeSizes(alike, sizes)
  }
  const mixed = sizesFor(units, count)
  return takeSizes(units, mixed ?? greedySizes(units, count))
}

/** Whether so many threads are a whole number of cores of these sizes; a table of sizes and how many cores are of each. */
export function isWholeCores(cores: readonly Core[], threads: number): boolean {
  const units = cores.map((core) => ({ threads: core.threads, cache: 0, core, isBegun: false }))
  return sizesFor(units, threads) !== null
}

function freeOf(view: View, core: Core): number {
  let free = 0
  for (const thread of core.threads) if (isThreadFree(view, thread)) free++
  return free
}

function unitsOf(view: View, place: number, kind: CpuKind): readonly Unit[] {
  return (view.machine.places[place]?.cores ?? []).flatMap((core): readonly Unit[] => {
    const free = core.threads.filter((thread) => isThreadFree(view, thread))
    const isBegun = free.length < core.threads.length
    const { cache } = core
    if (kind === 'cores') return isBegun ? [] : [{ threads: free, cache, core, isBegun }]
    return free.map((thread) => ({ threads: [thread], cache, core, isBegun }))
  })
}

/** Machines have cores of one size, some of two; a report of many sizes is not worth a longer search. */
const stepsMax = 10_000

/** How many units of each size make exactly `count` threads, large ones first; null where none do. */
function sizesFor(units: readonly Unit[], count: number): ReadonlyMap<number, number> | null {
  const table = [...countBySize(units)].sort((a, b) => b[0] - a[0])
  let steps = 0
  const solve = (at: number, left: number): readonly (readonly [number, number])[] | null => {
    if (left === 0) return []
    const [size, there] = table[at] ?? [0, 0]
    if (size === 0 || ++steps > stepsMax) return null
    for (let used = Math.min(there, Math.floor(left / size)); used >= 0; used--) {
      const rest = solve(at + 1, left - used * size)
      if (rest !== null) return [[size, used], ...rest]
      // With cores of one size left there is nothing to try.
      if (at === table.length - 1) return null
    }
    return null
  }
  const solved = solve(0, count)
  return solved === null ? null : new Map(solved)
}

function greedySizes(units: readonly Unit[], count: number): ReadonlyMap<number, number> {
  let left = count
  const table = [...countBySize(units)].sort((a, b) => b[0] - a[0])
  return new Map(
    table.map(([size, there]) => {
      const used = Math.min(there, Math.floor(left / size))
      left -= used * size
      return [size, used]
    }),
  )
}

function countBySize(units: readonly Unit[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  for (const { threads } of units) counts.set(threads.length, (counts.get(threads.length) ?? 0) + 1)
  return counts
}

function takeSizes(units: readonly Unit[], sizes: ReadonlyMap<number, number>): readonly number[] {
  const taken: Unit[] = []
  for (const [size, count] of sizes) {
    const alike = units.filter(({ threads }) => threads.length === size)
    taken.push(...takeByCache(alike, count))
  }
  return taken.flatMap(({ threads }) => threads)
}

/** `count` of these units, which are at least so many, from as few caches as can be, and those with the least beside. */
function takeByCache(units: readonly Unit[], count: number): readonly Unit[] {
  const groups = new Map<number, Unit[]>()
  for (const unit of units) {
    const group = groups.get(unit.cache)
    if (group === undefined) groups.set(unit.cache, [unit])
    else group.push(unit)
  }
  const waiting = [...groups.values()].reverse()
  const taken: Unit[] = []
  while (taken.length < count && waiting.length > 0) {
    const left = count - taken.length
    const best = waiting.reduce((a, b) => (isBetter(b.length, a.length, left) ? b : a))
    waiting.splice(waiting.indexOf(best), 1)
    taken.push(...best.sort(beginFirst).slice(0, left))
  }
  return taken
}

/** Of two groups: one that fits before one that does not, of those the smaller; of others the larger. */
function isBetter(size: number, than: number, count: number): boolean {
  if (size >= count !== than >= count) return size >= count
  return size >= count ? size < than : size > than
}

function beginFirst(a: Unit, b: Unit): number {
  return (
    Number(b.isBegun) - Number(a.isBegun) || b.core.index - a.core.index || (b.threads[0] ?? 0) - (a.threads[0] ?? 0)
  )
}
