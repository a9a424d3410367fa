// Workloads on many equal agents: all of them allocated at once (`full`), refused for ever until nobody is left to be
// asked (`decline`), with small changes (`churn`), with little left (`steady`), with frameworks that want nothing for
// a while (`suppress`).

import type { AllocationGrant } from '../../../src/master/allocator/types.ts'
import { defaultTimers } from '../../../src/master/cluster/timers.ts'
import type { AgentId } from '../../../src/model/ids.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { type Range, type Resources, resource, resources } from '../../../src/model/resources.ts'
import { type Figures, percentile } from '../main.ts'
import {
  aBench,
  addAgent,
  addFramework,
  agentId,
  amounts,
  type Bench,
  cpuMs,
  emptyMs,
  endlessMs,
  frameworkId,
  peakRssMb,
  recoverAndAllocate,
  roleOf,
  type Size,
} from './bench.ts'

const singlePorts = Array.from({ length: 15 }, (_, i) => ({ begin: 31_000 + 2 * i, end: 31_000 + 2 * i }))
const wholeAgent = withPorts(amounts(24, 4096, 4096), [{ begin: 31_000, end: 32_000 }])
const inUse = withPorts(amounts(16, 2014, 1024), [...singlePorts, { begin: 31_030, end: 32_000 }])
const smallTask = amounts(0.24, 40, 40)
const littleAgent = amounts(0.24, 41)

/** Each round makes one offer of each whole agent. */
export function full(size: Size): Figures {
  const bench = aBench()
  const { addMs } = filled(bench, size)
  let first: readonly AllocationGrant[] = []
  const firstMs = cpuMs(() => {
    first = bench.batch()
  })
  const { recoverMs, allocMs, grants } = recoverAndAllocate(bench, first)
  return {
    addMs,
    firstMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    allocMaxMs: Math.max(...allocMs),
    emptyMs: emptyMs(bench),
    offers: grants.length,
    peakRssMb: peakRssMb(),
    sliceMaxMs: sliceMaxMs(bench, grants),
  }
}

/** The longest that a batch holds up everything else when it is done in slices, as a master does it: of some batches. */
function sliceMaxMs(bench: Bench, held: readonly AllocationGrant[]): number {
  let grants = held
  let longest = 0
  for (let batch = 0; batch < 5; batch++) {
    bench.giveBack(grants, null)
    const slices = bench.slices(defaultTimers.agentsPerSliceMax)
    longest = Math.max(longest, slices.longestMs)
    grants = slices.grants
  }
  return longest
}

/** Each round everything is refused for ever; the batches at the end have nobody left to ask. */
export function decline(size: Size, rounds: number): Figures {
  const bench = aBench()
  const { addMs } = filled(bench, size)
  const recoverMs: number[] = []
  const allocMs: number[] = []
  let offers = 0
  for (let round = 0; round < rounds; round++) {
    let grants: readonly AllocationGrant[] = []
    const tookMs = cpuMs(() => {
      grants = bench.batch()
    })
    if (grants.length === 0) break
    allocMs.push(tookMs)
    offers += grants.length
    recoverMs.push(cpuMs(() => bench.giveBack(grants, endlessMs)))
  }
  const isOver = bench.batch().length === 0
  return {
    addMs,
    recoverMs: percentile(recoverMs, 0.5),
    recoverMaxMs: Math.max(...recoverMs),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    allocMaxMs: Math.max(...allocMs),
    ...(isOver ? { lastBatchMs: emptyMs(bench) } : {}),
    offers,
  }
}

const churnTicks = 200
const churnAgents = 100

/** A few tasks end on random agents, and what they leave is taken at once. */
export function churn(size: Size): Figures {
  const bench = aBench()
  const { addMs } = filled(bench, size)
  bench.batch()
  const holder = new Map<AgentId, Pick<AllocationGrant, 'frameworkId' | 'role'>>()
  for (let i = 0; i < size.agents; i++) {
    const owner = i % size.frameworks
    holder.set(agentId(i), { frameworkId: frameworkId(owner), role: roleOf(owner, size.roles) })
  }
  const random = seededRandom(2)
  const recoverMs: number[] = []
  const allocMs: number[] = []
  let offers = 0
  for (let tick = 0; tick < churnTicks; tick++) {
    const freed = new Set<AgentId>()
    while (freed.size < Math.min(churnAgents, size.agents)) freed.add(agentId(random.below(size.agents)))
    const ended = [...freed].map((id) => ({
      ...(holder.get(id) as AllocationGrant),
      agentId: id,
      resources: smallTask,
    }))
    recoverMs.push(cpuMs(() => bench.giveBack(ended, null)))
    let grants: readonly AllocationGrant[] = []
    allocMs.push(
      cpuMs(() => {
        grants = bench.batch()
      }),
    )
    for (const { agentId: id, frameworkId: by, role } of grants) holder.set(id, { frameworkId: by, role })
    offers += grants.length
  }
  return {
    addMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    allocMaxMs: Math.max(...allocMs),
    emptyMs: emptyMs(bench),
    offers,
  }
}

/** Agents of which little is left, offered again each round. */
export function steady(size: Size): Figures {
  const bench = aBench()
  for (let i = 0; i < size.frameworks; i++) addFramework(bench.allocator, i, roleOf(i, size.roles))
  const addMs = cpuMs(() => {
    for (let i = 0; i < size.agents; i++) addAgent(bench.allocator, i, littleAgent)
  })
  const { recoverMs, allocMs, grants } = recoverAndAllocate(bench, bench.batch())
  return {
    addMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    allocMaxMs: Math.max(...allocMs),
    offers: grants.length,
  }
}

/** Batches with more and more frameworks suppressed, with all of them, and what reviving all in a row costs. */
export function suppress(size: Size): Figures {
  const bench = aBench()
  filled(bench, size)
  let grants = bench.batch()
  const allocMs: number[] = []
  const suppressFirst = (count: number) => {
    for (let i = 0; i < count; i++) bench.allocator.suppress(frameworkId(i), [roleOf(i, size.roles)])
    bench.giveBack(grants, null)
    return cpuMs(() => {
      grants = bench.batch()
    })
  }
  for (let share = 1; share <= 4; share++) allocMs.push(suppressFirst((size.frameworks * share) / 5))
  const offers = grants.length
  const allSuppressedMs = suppressFirst(size.frameworks)
  const reviveMs = cpuMs(() => {
    for (let i = 0; i < size.frameworks; i++) bench.allocator.revive(frameworkId(i), [roleOf(i, size.roles)])
  })
  const revivedBatchMs = cpuMs(() => {
    grants = bench.batch()
  })
  return {
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    allocMaxMs: Math.max(...allocMs),
    allSuppressedMs,
    reviveMs,
    revivedBatchMs,
    offers,
  }
}

/** Frameworks first, without a scheduler; then agents, each with what one framework uses of it; then all are there. */
function filled({ allocator }: Bench, { agents, frameworks, used, roles }: Size): { readonly addMs: number } {
  for (let i = 0; i < frameworks; i++) {
    addFramework(allocator, i, roleOf(i, roles))
    allocator.deactivateFramework(frameworkId(i))
  }
  const addMs = cpuMs(() => {
    for (let i = 0; i < agents; i++) {
      const owner = i % frameworks
      const grant = { frameworkId: frameworkId(owner), role: roleOf(owner, roles), agentId: agentId(i) }
      addAgent(allocator, i, wholeAgent, used === 1 ? [{ ...grant, resources: inUse }] : [])
    }
  })
  for (let i = 0; i < frameworks; i++) allocator.activateFramework(frameworkId(i))
  return { addMs }
}

function withPorts(base: Resources, ranges: readonly Range[]): Resources {
  return resources([...base, resource({ name: 'ports' }, { kind: 'ranges', ranges })])
}
