// What of one agent one framework in one role may have in a round, or the first reason why it may have nothing: the
// rules of the simple allocator, in the order in which they are decided. Quota as Mesos' hierarchical allocator has it:
//
// - Quota belongs to a top-level role and counts for all below it. It has consumed what is reserved for it or below,
//   free or held, and what unreserved scalars are held there; never revocable ones.
// - Required headroom: all guarantees, without what has been consumed of each. Available headroom: all unreserved
//   scalars that are free on active agents, without revocable ones. Only what is available beyond what is required may
//   go to anybody whom it does not help to a guarantee.
// - A guarantee is served whatever the headroom: of each name a role may have what it lacks of its guarantee and what is
//   available beyond what is required, within its limits. Mesos cuts twice, for one and for the other, in random order;
//   that differs where a disk that is one thing fits into both together alone.
// - What is shared is given once in a round, and alone only to who does not hold it yet: it would be offered for ever.
// - Reservations, revocable resources and what is no scalar come along: they do not count. To them limits do not apply.
// - Scalars are cut to what is allowed, in the order of the collection; GPUs stay whole, and disks that are one thing
//   (MOUNT, BLOCK, RAW with an id) are left out when they do not fit.

import type { Quantities } from '../../src/master/allocator/types.ts'
import { contains, type Resource, type Resources, scalarTotal, scalarTotals } from '../../src/model/resources.ts'
import { milli } from '../../src/model/units.ts'
import type { Pair, SimpleAllocator } from './simple-allocator.ts'
import { consumedBelow, isBelow, topOf } from './simple-shares.ts'

/** In `guarantee` only those are served whom it helps to a guarantee. */
export type Stage = 'guarantee' | 'fair'

export type Verdict =
  | { readonly kind: 'offered'; readonly resources: Resources }
  | { readonly kind: 'refused'; readonly why: string }

export function verdictOf(all: SimpleAllocator, pair: Pair, agentId: string, stage: Stage): Verdict {
  const why = wrongPair(all, pair, agentId)
  if (why !== null) return { kind: 'refused', why }
  const seen = seenBy(all, pair, agentId)
  if (typeof seen === 'string') return { kind: 'refused', why: seen }
  const inLimits = cut(all, pair, seen, stage, false)
  const whole = cut(all, pair, seen, stage, true)
  if (whole === null || inLimits === null) return { kind: 'refused', why: 'stage' }
  const isEnough = (items: Resources) => items.length > 0 && reachesMinimum(all, pair, items)
  if (!isEnough(seen)) return { kind: 'refused', why: 'belowMinimum' }
  if (!isEnough(inLimits)) return { kind: 'refused', why: 'quotaLimit' }
  if (!isEnough(whole)) return { kind: 'refused', why: 'headroom' }
  const isFiltered = all.filters.some(
    (filter) =>
      filter.frameworkId === pair.frameworkId &&
      filter.role === pair.role &&
      filter.agentId === agentId &&
      contains(filter.refused, whole),
  )
  return isFiltered ? { kind: 'refused', why: 'filter' } : { kind: 'offered', resources: whole }
}

function wrongPair({ frameworks, agents, options }: SimpleAllocator, pair: Pair, agentId: string): string | null {
  const framework = frameworks.get(pair.frameworkId)
  const agent = agents.get(agentId)
  if (framework === undefined || agent === undefined) throw new Error('who?')
  const { demand, suppressed, isActive } = framework
  const { hasGpus, facts, capabilities } = agent.supply
  const can = (capability: string) => demand.capabilities.has(capability)
  if (!isActive) return 'frameworkInactive'
  if (!demand.roles.includes(pair.role)) return 'notSubscribed'
  if (suppressed.has(pair.role)) return 'suppressed'
  if (!agent.isActive) return 'agentInactive'
  if (options.filterGpuResources && hasGpus && !can('GPU_RESOURCES')) return 'capability'
  if (can('MULTI_ROLE') && !capabilities.has('MULTI_ROLE')) return 'agentCapability'
  if (pair.role.includes('/') && !capabilities.has('HIERARCHICAL_ROLE')) return 'agentCapability'
  const isRemote = options.region !== null && facts.region !== null && facts.region !== options.region
  if (isRemote && !can('REGION_AWARE')) return 'region'
  return demand.acceptsByRole.get(pair.role)?.(facts) === false ? 'constraint' : null
}

/** What of the free resources it may see, or why that is nothing. */
function seenBy(all: SimpleAllocator, pair: Pair, agentId: string): Resources | string {
  const given = all.sharedGiven.get(agentId)
  const free = all.free(agentId).filter((item) => !given?.has(item.key))
  const held = new Set(all.heldBy(pair, agentId).map((item) => item.key))
  const isOldNews = (item: Resource) => item.shared === true && held.has(item.key)
  const seen = visible(all, pair, free)
  if (typeof seen === 'string' || !seen.every(isOldNews)) return seen
  const others = visible(
    all,
    pair,
    free.filter((item) => !isOldNews(item)),
  )
  return others.length === 0 ? 'nothingFree' : others
}

function visible(all: SimpleAllocator, { frameworkId, role }: Pair, free: Resources): Resources | string {
  if (free.length === 0) return 'nothingFree'
  const reachable = free.filter((item) => {
    const owner = item.reservations?.at(-1)?.role
    return owner === undefined || isBelow(role, owner)
  })
  if (reachable.length === 0) return 'reserved'
  const { capabilities } = all.framework(frameworkId).demand
  const seen = reachable.filter(
    (item) =>
      ((item.reservations ?? []).length < 2 || capabilities.has('RESERVATION_REFINEMENT')) &&
      (!item.revocable || capabilities.has('REVOCABLE_RESOURCES')) &&
      (!item.shared || capabilities.has('SHARED_RESOURCES')),
  )
  return seen.length === 0 ? 'hidden' : seen
}

/** What quotas leave of it; null in the stage of guarantees, when it helps to none. */
function cut(all: SimpleAllocator, { role }: Pair, seen: Resources, stage: Stage, isHeadroomKept: boolean) {
  if (all.quotas.size === 0) return stage === 'fair' ? seen : null
  const { guarantees, limits } = all.quotaOf(role)
  const consumed = consumedBelow(all, topOf(role))
  const allowed = differences(limits, consumed)
  const unmet = differences(guarantees, consumed)
  const spare = surplus(all)
  const counted = chop(seen.filter(isCounted), (name) => {
    const headroom = isHeadroomKept ? (unmet.get(name) ?? 0) + (spare.get(name) ?? 0) : Infinity
    return Math.min(allowed.get(name) ?? Infinity, headroom)
  })
  if (stage === 'guarantee' && !counted.some((item) => (unmet.get(item.name) ?? 0) > 0)) return null
  return seen.flatMap((item) => (isCounted(item) ? counted.filter(({ key }) => key === item.key) : [item]))
}

/** Whether quotas are about it. */
function isCounted(item: Resource): boolean {
  return item.value.kind === 'scalar' && !item.reservations?.length && !item.revocable
}

/** What is available beyond what is required, by name; nothing below zero. */
function surplus(all: SimpleAllocator): ReadonlyMap<string, number> {
  const free = [...all.agents].flatMap(([id, { isActive }]) => (isActive ? all.free(id).filter(isCounted) : []))
  const sums = new Map<string, number>(scalarTotals(free))
  for (const [role, { guarantees }] of all.quotas) {
    for (const [name, amount] of differences(guarantees, consumedBelow(all, role))) {
      sums.set(name, (sums.get(name) ?? 0) - amount)
    }
  }
  return new Map([...sums].map(([name, amount]) => [name, Math.max(0, amount)]))
}

function differences(from: Quantities, less: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map(Object.entries(from).map(([name, amount]) => [name, Math.max(0, amount - (less.get(name) ?? 0))]))
}

/** What fits into `roomFor` each name. */
function chop(items: Resources, roomFor: (name: string) => number): Resources {
  const taken = new Map<string, number>()
  return items.flatMap((item) => {
    const room = roomFor(item.name) - (taken.get(item.name) ?? 0)
    const amount = Math.min(milliOf(item.value), item.name === 'gpus' ? Math.floor(room / 1000) * 1000 : room)
    const type = item.disk?.source?.type
    const isOneThing = type === 'MOUNT' || type === 'BLOCK' || (type === 'RAW' && item.disk?.source?.id !== undefined)
    if (amount <= 0 || (isOneThing && amount < milliOf(item.value))) return []
    taken.set(item.name, (taken.get(item.name) ?? 0) + amount)
    return [{ ...item, value: { kind: 'scalar', milli: milli(amount) } }]
  })
}

function reachesMinimum({ frameworks, options }: SimpleAllocator, { frameworkId, role }: Pair, items: Resources) {
  const least = frameworks.get(frameworkId)?.demand.minAllocatableByRole.get(role) ?? options.minAllocatable
  const reaches = (wanted: Quantities) =>
    Object.entries(wanted).every(([name, amount]) => scalarTotal(items, name) >= amount)
  return least.length === 0 || least.some(reaches)
}

function milliOf(value: Resource['value']): number {
  return value.kind === 'scalar' ? value.milli : 0
}
