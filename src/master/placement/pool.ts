// The CPUs that nobody has alone, and the tasks that share them. Some of these tasks stay within certain places. What is
// kept: the shared cpus can be dealt to the pool's CPUs so that each task's lie within its places. By Hall's theorem that
// is so when for each set of places the tasks confined to it ask for no more than its CPUs are; it is decided by dealing
// them out. Amounts are thousandths of cpus. It does not know which task is which, nor cores.
// An operator may offer other cpus than the machine has. More: a CPU of the pool carries as many as are offered for it,
// and one CPU always stays in the pool. Tasks that may run anywhere are then never refused, since the books of offers
// alone know how many cpus are left.

export type Pool = {
  /** Healthy CPUs that nobody has alone, by place. */
  readonly free: number[]
  share(places: readonly number[] | null, milli: number, sign: 1 | -1): void
  /** Whether tasks that may run anywhere can have so much more. */
  hasRoom(milli: number): boolean
  /** How much more tasks can have that stay within these places; may be negative. */
  roomWithin(places: readonly number[]): number
  /** How many CPUs of a place can be given away when `free` are left in the pool. */
  takeable(place: number, free: readonly number[]): number
  /** The same tasks on other CPUs: who shares one pool shares both. */
  withFree(free: number[]): Pool
}

/** Tasks confined to the same places. */
type Confined = { readonly places: readonly number[]; milli: number; tasks: number }

type Sharers = { readonly confined: Map<string, Confined>; readonly anywhere: Confined }

type Size = { readonly threads: number; readonly cpusMilli: number }

export function createPool(free: number[], size: Size): Pool {
  return poolOf(free, size, { confined: new Map(), anywhere: { places: [], milli: 0, tasks: 0 } })
}

function poolOf(free: number[], size: Size, sharers: Sharers): Pool {
  const { threads, cpusMilli } = size
  const { confined, anywhere } = sharers
  const isExact = threads > 0 && cpusMilli === threads * 1000
  /** What one CPU of the pool carries. */
  const unit = threads === 0 ? 1000 : Math.max(1000, Math.floor(cpusMilli / threads))
  const alwaysOne = cpusMilli > threads * 1000

  /** What must be carried within `inside`, whatever is done outside of it. */
  function neededWithin(inside: ReadonlySet<number>, left: readonly number[]): number {
    const spare = left.map((count, place) => (inside.has(place) ? 0 : count * unit))
    const scattered: Confined[] = []
    let needed = 0
    for (const one of confined.values()) {
      if (one.places.length > 1) scattered.push(one)
      else needed += countIn(inside, one, dealOne(one, spare))
    }
    if (scattered.length > 0) {
      // Those who may not be inside have the first choice outside.
      scattered.sort((a, b) => Number(isIn(inside, a)) - Number(isIn(inside, b)))
      dealAll(scattered, spare).forEach((left, i) => {
        needed += countIn(inside, scattered[i] as Confined, left)
      })
    }
    const spareSum = spare.reduce((sum, milli) => sum + milli, 0)
    return needed + Math.max(0, Math.max(demandOf(anywhere), alwaysOne ? 1 : 0) - spareSum)
  }
  return {
    free,
    share(places, milli, sign) {
      const key = places?.join() ?? ''
      const group = places === null ? anywhere : (confined.get(key) ?? { places, milli: 0, tasks: 0 })
      group.milli += sign * milli
      group.tasks += sign
      if (places === null) return
      if (group.tasks === 0) confined.delete(key)
      else confined.set(key, group)
    },
    hasRoom(milli) {
      if (!isExact) return true
      let taken = anywhere.milli
      for (const one of confined.values()) taken += one.milli
      const count = free.reduce((sum, one) => sum + one, 0)
      // Where CPUs fell sick under their tasks there may be less than no room; who asks for none takes none.
      return count > 0 && (milli === 0 || taken + milli <= count * unit)
    },
    roomWithin(places) {
      const here = places.reduce((sum, place) => sum + (free[place] as number), 0)
      return here === 0 ? -1 : here * unit - neededWithin(new Set(places), free)
    },
    takeable(place, left) {
      const count = left[place] as number
      return Math.max(0, Math.floor((count * unit - neededWithin(new Set([place]), left)) / unit))
    },
    withFree: (other) => poolOf(other, size, sharers),
  }
}

/** A task without cpus still has to run somewhere. */
function demandOf({ milli, tasks }: Confined): number {
  return Math.max(milli, tasks > 0 ? 1 : 0)
}

/** What found no room outside is needed inside, unless the group may not be there: then it has no room at all. */
function countIn(inside: ReadonlySet<number>, group: Confined, left: number): number {
  return isIn(inside, group) ? left : 0
}

function isIn(inside: ReadonlySet<number>, { places }: Confined): boolean {
  return places.some((place) => inside.has(place))
}

/** Takes from `spare` at the group's one place; what did not find room. */
function dealOne(group: Confined, spare: number[]): number {
  const place = group.places[0] as number
  const milli = Math.min(demandOf(group), spare[place] as number)
  spare[place] = (spare[place] as number) - milli
  return demandOf(group) - milli
}

/**
 * Takes from `spare` as much as can be dealt to these groups together, moving what was dealt first where that makes room
 * (a maximum flow by shortest ways); of each group, what did not find room.
 */
function dealAll(groups: readonly Confined[], spare: number[]): readonly number[] {
  const dealt = groups.map(() => spare.map(() => 0))
  return groups.map((group, start) => {
    let milli = demandOf(group)
    while (milli > 0) {
      const way = wayToSpare(groups, dealt, spare, start)
      if (way === null) break
      milli -= pushAlong(way, dealt, spare, milli)
    }
    return milli
  })
}

/** A group gives to a place; each further step takes from that place what another group has there. */
type Way = readonly { readonly group: number; readonly place: number }[]

function wayToSpare(
  groups: readonly Confined[],
  dealt: readonly (readonly number[])[],
  spare: readonly number[],
  start: number,
): Way | null {
  const seen = new Set<number>()
  const waiting: Way[] = [[]]
  for (let way = waiting.shift(); way !== undefined; way = waiting.shift()) {
    const last = way.at(-1)
    const from = last === undefined ? [start] : holdersOf(dealt, last.place)
    for (const group of from) {
      for (const place of groups[group]?.places ?? []) {
        if (seen.has(place)) continue
        seen.add(place)
        const longer = [...way, { group, place }]
        if ((spare[place] as number) > 0) return longer
        waiting.push(longer)
      }
    }
  }
  return null
}

function holdersOf(dealt: readonly (readonly number[])[], place: number): readonly number[] {
  return dealt.flatMap((row, group) => ((row[place] as number) > 0 ? [group] : []))
}

function pushAlong(way: Way, dealt: readonly number[][], spare: number[], most: number): number {
  const end = (way.at(-1) as Way[number]).place
  let milli = Math.min(most, spare[end] as number)
  // Whoever moves on leaves the place before.
  for (let i = 1; i < way.length; i++) {
    const { group } = way[i] as Way[number]
    milli = Math.min(milli, dealt[group]?.[(way[i - 1] as Way[number]).place] ?? 0)
  }
  way.forEach(({ group, place }, i) => {
    const row = dealt[group] as number[]
    row[place] = (row[place] as number) + milli
    const before = way[i - 1]?.place
    if (before !== undefined) row[before] = (row[before] as number) - milli
  })
  spare[end] = (spare[end] as number) - milli
  return milli
}
