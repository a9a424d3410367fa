// One machine's hardware, indexed for placement: its CPUs and cores by number, and its places. A place is a NUMA node;
// cores of which no node is known make up a place of their own at the end. What an agent reports may contradict itself:
// the first of two parts of one name counts. It does not know who has what.

import { parseCpuList } from '../../model/cpu-set.ts'
import type { Hardware, HardwareGpu } from '../../model/hardware.ts'
import type { CoreKind } from '../../model/inventory/cpu.ts'
import { type Links, linksOf } from './links.ts'

export type Machine = {
  readonly hardware: Hardware
  /** Numbers of threads here are places in this list. */
  readonly cpuOfThread: readonly number[]
  readonly threadOfCpu: ReadonlyMap<number, number>
  readonly coreOfThread: readonly number[]
  readonly cores: readonly Core[]
  readonly places: readonly Place[]
  /** Row and column as `places`. */
  readonly distances: readonly (readonly number[])[]
  readonly gpus: readonly HardwareGpu[]
  readonly links: Links
  readonly gpuOfInstance: ReadonlyMap<string, number>
  /** By uuid or name of every device; null: it is not known where it is. */
  readonly placeOfPart: ReadonlyMap<string, number | null>
}

export type Core = {
  readonly index: number
  readonly threads: readonly number[]
  readonly place: number
  /** -1: not known. */
  readonly cache: number
  readonly kind: CoreKind | null
}

export type Place = {
  readonly index: number
  /** Null for cores of which no node is known. */
  readonly node: number | null
  readonly memoryBytes: number
  readonly cores: readonly Core[]
  readonly threads: number
  /** Where CPUs of this place have their memory: here, or where it has none the nearest place that has. */
  readonly memoryHome: number
  /** Where memory of this place has its CPUs. */
  readonly cpuHome: number
}

export function createMachine(hardware: Hardware): Machine {
  const nodes = firstOfEach(hardware.nodes, ({ id }) => id)
  const indexOfNode = new Map(nodes.map(({ id }, index) => [id, index]))
  const { cores, ...threads } = coresOf(hardware, indexOfNode, nodes.length)
  const isLoose = cores.some(({ place }) => place === nodes.length)
  const count = nodes.length + (isLoose ? 1 : 0)
  const distances = distancesOf(
    hardware,
    nodes.map(({ id }) => id),
    count,
  )
  const coresAt: Core[][] = Array.from({ length: count }, () => [])
  for (const core of cores) coresAt[core.place]?.push(core)
  const memoryAt = Array.from({ length: count }, (_, place) => nodes[place]?.memoryBytes ?? 0)
  const hasMemory = (place: number) => (memoryAt[place] as number) > 0
  const hasCores = (place: number) => (coresAt[place] as Core[]).length > 0
  const places = coresAt.map((here, index): Place => {
    const near = byDistance(distances, [index], count)
    return {
      index,
      node: nodes[index]?.id ?? null,
      memoryBytes: memoryAt[index] as number,
      cores: here,
      threads: here.reduce((sum, core) => sum + core.threads.length, 0),
      memoryHome: near.find(hasMemory) ?? index,
      cpuHome: near.find(hasCores) ?? index,
    }
  })
  const placeOf = (node: number | null) => (node === null ? null : (indexOfNode.get(node) ?? null))
  const gpus = firstOfEach(hardware.gpus, ({ uuid }) => uuid)
  return {
    hardware,
    ...threads,
    cores,
    places,
    distances,
    gpus,
    links: linksOf(gpus),
    gpuOfInstance: new Map(gpus.flatMap(({ instances }, gpu) => instances.map(({ uuid }) => [uuid, gpu]))),
    placeOfPart: new Map(
      [
        ...hardware.disks.map(({ name, node }) => [name, placeOf(node)] as const),
        ...hardware.nics.flatMap(({ name, rdma, node }) =>
          [name, ...(rdma === null ? [] : [rdma])].map((one) => [one, placeOf(node)] as const),
        ),
        ...gpus.flatMap(({ uuid, instances, node }) =>
          [uuid, ...instances.map((one) => one.uuid)].map((one) => [one, placeOf(node)] as const),
        ),
      ].reverse(),
    ),
  }
}

/** All places, those first that are near to any of `anchors`; without one, in their own order. */
export function byDistance(
  distances: Machine['distances'],
  anchors: readonly number[],
  count: number,
): readonly number[] {
  const from = (place: number) => distanceTo(distances, anchors, place)
  return Array.from({ length: count }, (_, place) => place).sort((a, b) => from(a) - from(b) || a - b)
}

export function distanceTo(distances: Machine['distances'], anchors: readonly number[], place: number): number {
  let least = anchors.length === 0 ? 0 : Number.POSITIVE_INFINITY
  for (const anchor of anchors) least = Math.min(least, distances[anchor]?.[place] ?? farAway)
  return least
}

/** Of nodes of which the firmware says nothing: as between two sockets. */
const farAway = 20
const atHome = 10

function distancesOf(hardware: Hardware, ids: readonly number[], count: number): readonly (readonly number[])[] {
  const rows = ids.map((id) => hardware.nodes.findIndex((node) => node.id === id))
  return Array.from({ length: count }, (_, a) =>
    Array.from({ length: count }, (_, b) => {
      const told = hardware.distances?.[rows[a] ?? -1]?.[rows[b] ?? -1]
      return told ?? (a === b ? atHome : farAway)
    }),
  )
}

function coresOf(hardware: Hardware, indexOfNode: ReadonlyMap<number, number>, loose: number) {
  const cpuOfThread: number[] = []
  const threadOfCpu = new Map<number, number>()
  const coreOfThread: number[] = []
  const cores: Core[] = []
  for (const { cpus, node, cache, kind } of hardware.cores) {
    const threads = (parseCpuList(cpus) ?? [])
      .filter((cpu) => !threadOfCpu.has(cpu))
      .map((cpu) => {
        threadOfCpu.set(cpu, cpuOfThread.length)
        coreOfThread.push(cores.length)
        return cpuOfThread.push(cpu) - 1
      })
    if (threads.length === 0) continue
    const place = (node === null ? undefined : indexOfNode.get(node)) ?? loose
    cores.push({ index: cores.length, threads, place, cache: cache ?? -1, kind })
  }
  return { cores, cpuOfThread, threadOfCpu, coreOfThread }
}

function firstOfEach<T, K>(items: readonly T[], keyOf: (item: T) => K): readonly T[] {
  const seen = new Set<K>()
  return items.filter((item) => {
    const isNew = !seen.has(keyOf(item))
    seen.add(keyOf(item))
    return isNew
  })
}
