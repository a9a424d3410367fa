// The same life of one machine for several placers: tasks come and go, and all placers carry the same ones at each moment
// (a task that any of them cannot place is given to none), so that the load is equal. At moments it is asked of each what
// else would still fit, by one judge. Loads go up and down; many tasks are short, much of the load is long.

import { createMachineBooks } from '../../src/master/placement/books.ts'
import type { MachineBooks, Need, Wish } from '../../src/master/placement/types.ts'
import { parseCpuList } from '../../src/model/cpu-set.ts'
import type { Grant, Hardware } from '../../src/model/hardware.ts'
import type { SeededRandom } from '../../src/model/random.ts'
import { bestFitByCount, firstFit, linkedPairs, type Placer } from './placement-baselines.ts'
import { aNeed, aWish, cpusMilliOf } from './placement-machines.ts'

export const placers = ['tepui', 'best fit', 'first fit'] as const
export type PlacerName = (typeof placers)[number]

/** What is asked for beyond the tasks that run: whether it would fit. */
export const probes = ['node', '2 linked', '4 linked', '8 linked', '4 on node'] as const
export type Probe = (typeof probes)[number]

export type Sums = {
  readonly asked: Record<Probe, number>
  readonly fitted: Record<Probe, number>
  moments: number
  /** Of NUMA nodes, those where nobody has anything alone. */
  wholeNodes: number
  nodes: number
  tasks: number
  spanned: number
  caches: number
  leastCaches: number
  pairs: number
  linkedPairs: number
  /** Of GPUs, those whose task stays on CPUs of their node. */
  gpus: number
  nearGpus: number
  placings: number
  refusals: number
  placingMs: number
}

/** One machine, the same life for each placer. */
export function live(hardware: Hardware, steps: number, random: SeededRandom): Record<PlacerName, Sums> {
  const shared = { milli: 0 }
  const options = { hardware, sharedMilli: () => shared.milli }
  const ours: Placer = (books, need, wish) => {
    const placed = books.place(need, wish)
    return placed.ok ? placed.value : null
  }
  const sides = [
    { name: 'tepui' as const, place: ours },
    { name: 'best fit' as const, place: bestFitByCount(options) },
    { name: 'first fit' as const, place: firstFit(options) },
  ].map((side) => ({ ...side, books: createMachineBooks(hardware, cpusMilliOf(hardware)), sums: noSums() }))
  const asks = asksOf(hardware)
  const judge = judgeOf(hardware)
  const running: { endStep: number; need: Need; wish: Wish; grants: readonly Grant[] }[] = []
  const load = { cpusMilli: 0, gpus: 0, instances: 0 }
  const count = (need: Need, wish: Wish, sign: 1 | -1) => {
    load.cpusMilli += sign * need.cpusMilli
    load.gpus += sign * need.gpus
    load.instances += sign * (need.gpuInstances[instanceName] ?? 0)
    if (wish.cpus === 'shared') shared.milli += sign * need.cpusMilli
  }
  for (let step = 0; step < steps; step++) {
    for (let i = running.length - 1; i >= 0; i--) {
      const task = running[i] as (typeof running)[number]
      if (task.endStep > step) continue
      running.splice(i, 1)
      count(task.need, task.wish, -1)
      for (const [at, { books }] of sides.entries()) books.release(task.grants[at] as Grant, task.need)
    }
    const { need, wish, lifeSteps } = asks.next(random, wave(step), load)
    if (need !== null) {
      const grants = sides.map(({ books, place, sums }) => timed(sums, () => place(books, need, wish)))
      if (grants.every((grant) => grant !== null)) {
        sides.forEach(({ books, sums }, at) => {
          const grant = grants[at] as Grant
          books.hold(grant, need)
          judge.task(sums, grant)
        })
        running.push({ endStep: step + lifeSteps, need, wish, grants: grants as Grant[] })
        count(need, wish, 1)
      }
    }
    if (step % 5 !== 0 || step < steps / 20) continue
    for (const { books, sums } of sides) judge.moment(sums, books, asks.probes)
  }
  return Object.fromEntries(sides.map(({ name, sums }) => [name, sums])) as Record<PlacerName, Sums>
}

/** The load goes up and down between a tenth and four fifths, as a slow triangle. */
function wave(step: number): number {
  const phase = (step % waveSteps) / waveSteps
  return 0.1 + 0.7 * (phase < 0.5 ? 2 * phase : 2 - 2 * phase)
}
const waveSteps = 600
const instanceName = 'gpu-1g.10gb'

function timed(sums: Sums, place: () => Grant | null): Grant | null {
  const startMs = performance.now()
  const grant = place()
  sums.placingMs += performance.now() - startMs
  sums.placings++
  if (grant === null) sums.refusals++
  return grant
}

type Load = { readonly cpusMilli: number; readonly gpus: number; readonly instances: number }
type Ask = { readonly need: Need | null; readonly wish: Wish; readonly lifeSteps: number }

/** Tasks as they come, and what is asked for beyond them. */
function asksOf(hardware: Hardware) {
  const sizes = hardware.cores.map(({ cpus }) => (parseCpuList(cpus) ?? []).length)
  const threads = sizes.reduce((sum, size) => sum + size, 0)
  const perCore = Math.max(...sizes)
  const nodes = hardware.nodes.filter(({ id }) => hardware.cores.some(({ node }) => node === id))
  const perNode = Math.floor(threads / nodes.length / perCore) * perCore
  const nodeGib = Math.min(...nodes.map(({ memoryBytes }) => memoryBytes)) / 2 ** 30
  const gpus = hardware.gpus.filter(({ instances }) => instances.length === 0).length
  const instances = hardware.gpus.reduce((sum, gpu) => sum + gpu.instances.length, 0)
  const next = (random: SeededRandom, level: number, load: Load): Ask => {
    // As many short lives as long ones, whatever their length: many tasks are short, much of the load is long.
    const lifeSteps = 5 * 2 ** random.below(7)
    if (gpus > 0 && load.gpus < level * gpus && random.below(2) === 0) {
      const count = [1, 1, 1, 2, 2, 4, 4, gpus > 8 ? 8 : 1][random.below(8)] as number
      const need = aNeed({ cpus: perCore * count, gib: (nodeGib * count) / 32, gpus: count })
      return {
        need,
        wish: aWish({
          gpus: count > 1 && random.below(2) === 0 ? 'linked' : 'any',
          cpus: random.below(2) === 0 ? 'cores' : 'shared',
        }),
        lifeSteps,
      }
    }
    if (load.instances < level * instances && random.below(4) === 0) {
      const need = aNeed({ cpus: 1, gib: nodeGib / 64, instances: 1 + random.below(2) })
      return { need, wish: aWish({}), lifeSteps }
    }
    if (load.cpusMilli >= level * threads * 1000) return { need: null, wish: aWish({}), lifeSteps }
    const sort = random.below(10)
    if (sort < 5) {
      const cpus = (1 + random.below(8)) / 4
      return { need: aNeed({ cpus, gib: (nodeGib * cpus) / perNode / 2 }), wish: aWish({}), lifeSteps }
    }
    const cores = 1 + random.below(Math.max(1, Math.floor(perNode / perCore / (sort < 9 ? 4 : 1))))
    const need = aNeed({ cpus: cores * perCore, gib: (nodeGib * cores * perCore) / perNode / 2 })
    return { need, wish: aWish({ cpus: 'cores', numa: sort === 8 ? 'single' : 'any' }), lifeSteps }
  }
  const cores = { cpus: 'cores', numa: 'single' } as const
  const linked = (count: number) => ({ need: aNeed({ cpus: count, gpus: count }), wish: aWish({ gpus: 'linked' }) })
  const all: Record<Probe, { readonly need: Need; readonly wish: Wish } | null> = {
    node: {
      need: aNeed({ cpus: perNode, gib: nodeGib * 0.5, gpus: Math.floor(hardware.gpus.length / nodes.length) }),
      wish: aWish({ ...cores, near: hardware.gpus.length > 0 ? 'gpu' : null }),
    },
    '2 linked': gpus >= 2 ? linked(2) : null,
    '4 linked': gpus >= 4 ? linked(4) : null,
    '8 linked': gpus >= 8 ? linked(8) : null,
    '4 on node':
      gpus >= 8 ? { need: aNeed({ cpus: 4 * perCore, gpus: 4 }), wish: aWish({ ...cores, near: 'gpu' }) } : null,
  }
  return { next, probes: all }
}

/** What is counted of each grant and at each moment. */
function judgeOf(hardware: Hardware) {
  const coreOfCpu = new Map(
    hardware.cores.flatMap((core) => (parseCpuList(core.cpus) ?? []).map((cpu) => [cpu, core] as const)),
  )
  const nodeOfGpu = new Map(hardware.gpus.map(({ uuid, node }) => [uuid, node]))
  const pairs = linkedPairs(hardware)
  const coresOf = new Map<number | null, number>()
  const cacheSizes = new Map<number | null, number>()
  for (const core of hardware.cores) {
    coresOf.set(core.node, (coresOf.get(core.node) ?? 0) + 1)
    cacheSizes.set(core.cache, (cacheSizes.get(core.cache) ?? 0) + (parseCpuList(core.cpus) ?? []).length)
  }
  const largest = Math.max(...cacheSizes.values())
  const task = (sums: Sums, grant: Grant) => {
    const cpus = parseCpuList(grant.cpus ?? '') ?? []
    const nodes = new Set([
      ...cpus.map((cpu) => coreOfCpu.get(cpu)?.node),
      ...grant.gpuUuids.map((uuid) => nodeOfGpu.get(uuid)),
    ])
    if (nodes.size > 0) {
      sums.tasks++
      sums.spanned += nodes.size
    }
    if (cpus.length > 0) {
      sums.caches += new Set(cpus.map((cpu) => coreOfCpu.get(cpu)?.cache)).size
      sums.leastCaches += Math.ceil(cpus.length / largest)
    }
    const stays = new Set(
      (parseCpuList(grant.cpus ?? grant.cpusWithin ?? '') ?? []).map((cpu) => coreOfCpu.get(cpu)?.node),
    )
    const homes = new Set(grant.gpuUuids.map((uuid) => nodeOfGpu.get(uuid)))
    const isNear = stays.size > 0 && [...stays].every((node) => homes.has(node))
    sums.gpus += grant.gpuUuids.length
    sums.nearGpus += isNear ? grant.gpuUuids.length : 0
    grant.gpuUuids.forEach((a, i) => {
      for (const b of grant.gpuUuids.slice(0, i)) {
        sums.pairs++
        if (pairs.has(`${a} ${b}`)) sums.linkedPairs++
      }
    })
  }
  const moment = (sums: Sums, books: MachineBooks, asks: ReturnType<typeof asksOf>['probes']) => {
    const free = books.free()
    sums.moments++
    for (const { id, cores } of free.nodes) {
      if (!coresOf.has(id)) continue
      const gpusHere = hardware.gpus.filter(({ node, instances }) => node === id && instances.length === 0)
      const isWhole = cores === coresOf.get(id) && gpusHere.every(({ uuid }) => free.gpus.includes(uuid))
      sums.nodes++
      if (isWhole) sums.wholeNodes++
    }
    for (const probe of probes) {
      const ask = asks[probe]
      if (ask === null) continue
      sums.asked[probe]++
      if (books.place(ask.need, ask.wish).ok) sums.fitted[probe]++
    }
  }
  return { task, moment }
}

export function noSums(): Sums {
  const none = () => Object.fromEntries(probes.map((probe) => [probe, 0])) as Record<Probe, number>
  const counts = {
    moments: 0,
    wholeNodes: 0,
    nodes: 0,
    tasks: 0,
    spanned: 0,
    caches: 0,
    leastCaches: 0,
    pairs: 0,
    linkedPairs: 0,
    gpus: 0,
    nearGpus: 0,
  }
  return { asked: none(), fitted: none(), ...counts, placings: 0, refusals: 0, placingMs: 0 }
}
