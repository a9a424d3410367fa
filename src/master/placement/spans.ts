// CPUs for one task alone from several places: which place first, and how many of each, so that those who share keep what
// they need. It does not know which CPUs of a place are taken.

import { type CpuKind, freeThreads, takeThreads } from './cores.ts'
import { freeGpusAt } from './devices.ts'
import { memoryFree, type View } from './ledger.ts'
import { byDistance } from './machine.ts'
import type { Need } from './types.ts'

export type Span = {
  readonly kind: CpuKind
  readonly count: number
  /** Places, those first that are to be used first. */
  readonly order: readonly number[]
  /** How many to take of a place before others are asked for more. */
  readonly quota: (place: number) => number
}

/** Numbers of exactly `count` threads; null where there are not so many. */
export function takeAcross(view: View, { kind, count, order, quota }: Span): readonly number[] | null {
  const { pool } = view.ledger
  const left = [...pool.free]
  const taken = new Map<number, readonly number[]>()
  let missing = count
  const extend = (place: number, most: number) => {
    const had = taken.get(place) ?? []
    left[place] = (left[place] as number) + had.length
    const can = Math.min(had.length + Math.min(most, missing), pool.takeable(place, left))
    const more = can > had.length ? takeThreads(view, place, kind, can) : had
    const kept = more.length > had.length ? more : had
    left[place] = (left[place] as number) - kept.length
    missing -= kept.length - had.length
    taken.set(place, kept)
  }
  for (const place of order) extend(place, quota(place))
  for (const place of order) if (missing > 0) extend(place, missing)
  return missing === 0 ? [...taken.values()].flat() : null
}

/**
 * Where a task without anything to be near to takes its CPUs: all of the place with the least beside it, one with room for
 * the memory before others, and one without free GPUs before one that has some; or from the fewest places, near together.
 */
export function bestStart(view: View, need: Need, kind: CpuKind): Pick<Span, 'order' | 'quota'> {
  const { machine, ledger } = view
  const count = need.cpusMilli / 1000
  const places = machine.places.map(({ index, memoryHome }) => {
    const free = freeThreads(view, index, kind)
    const able = Math.min(free, ledger.pool.takeable(index, ledger.pool.free))
    const memory = memoryFree(view, memoryHome)
    return { index, free, able, marks: [memory >= need.memoryBytes ? 0 : 1, freeGpusAt(view, index), free, memory] }
  })
  const fitting = places.filter(({ able }) => able >= count)
  const alone = fitting.reduce<(typeof places)[number] | null>(
    (best, one) => (best === null || isLess(one.marks, best.marks) ? one : best),
    null,
  )
  const order = (start: number) => byDistance(machine.distances, [start], places.length)
  if (alone !== null) return { order: order(alone.index), quota: (place) => (place === alone.index ? count : 0) }
  let best: { readonly order: readonly number[]; readonly marks: readonly number[] } | null = null
  for (const { index } of places) {
    // Equally near ones: those with more first, so that fewer are enough.
    const around = [...order(index)].sort(
      (a, b) => distance(view, index, a) - distance(view, index, b) || (places[b]?.able ?? 0) - (places[a]?.able ?? 0),
    )
    let missing = count
    let used = 0
    let far = 0
    for (const place of around) {
      const able = places[place]?.able ?? 0
      if (missing <= 0 || able === 0) continue
      missing -= able
      used++
      far += distance(view, index, place)
    }
    const marks = [Math.max(0, missing), used, far]
    if (best === null || isLess(marks, best.marks)) best = { order: around, marks }
  }
  return { order: best?.order ?? [], quota: () => count }
}

function distance({ machine }: View, a: number, b: number): number {
  return machine.distances[a]?.[b] ?? 0
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((mark, i) => mark !== b[i])
  return at !== -1 && (a[at] as number) < (b[at] as number)
}
