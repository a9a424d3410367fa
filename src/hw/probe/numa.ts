// NUMA nodes: their CPUs, memory, hugepages and distances. Node ids are sparse on many machines and never an index.
// A machine whose kernel has no nodes is one node 0 with everything. A node whose CPUs another node already has is a
// contradiction of the firmware (FN-0005): the first one stays. Nodes that the kernel was told to make (`numa=fake`) share
// their CPUs on purpose: all stay, and the first one has the CPUs.

import { type CpuSet, formatCpuList, intersect, union } from '../../model/cpu-set.ts'
import type { Hugepages, NumaNode, NumaSection } from '../../model/inventory.ts'
import { known, valueOr } from '../../model/reading.ts'
import { parseDistances, parseHugepageSize, parseMemTotal } from '../parse/memory-files.ts'
import { parseCount, parseList, parseMask } from '../parse/numbers.ts'
import { parseNvidiaNumaStatus } from '../parse/nvidia-proc.ts'
import { accessOf, memorySideCachesOf, nodeKinds, nodeRoot } from './numa-memory.ts'
import { type Bench, listNames, listNumbered, readFact } from './report.ts'

export type NumaFacts = {
  readonly nodes: readonly NumaNode[]
  readonly distances: NumaSection['distances']
  /** CPUs and id of each node, for whoever asks where something is. */
  readonly sets: ReadonlyMap<number, CpuSet>
}

export function probeNuma(bench: Bench, online: CpuSet): NumaFacts {
  const ids = nodeIds(bench)
  if (ids.length === 0) return oneNode(bench, online)
  const isFake = readFact(bench, '/proc/cmdline', (text) => known(/(^|\s)numa=fake=/.test(text))) ?? false
  const claimed = claimedCpus(bench, ids, online)
  const kept = isFake ? ids : withoutOverlap(bench, ids, claimed)
  const sets = ownCpus(kept, claimed)
  const distances = distancesOf(bench, ids, kept)
  const names = new Map(ids.map((id) => [id, new Set(listNames(bench, `${nodeRoot}/node${id}`))]))
  const has = (id: number, name: string) => names.get(id)?.has(name) ?? false
  const gpus = gpuMemoryNodes(bench)
  const kinds = nodeKinds(bench)
  // The tables of memory performance speak of the nodes that the firmware made.
  const access = new Map(isFake ? [] : kept.map((id) => [id, accessOf(bench, id, (name) => has(id, name))]))
  const local = localCpus(bench, { kept, claimed, distances, gpus, access })
  const nodes = kept.map((id): NumaNode => {
    const folder = `${nodeRoot}/node${id}`
    const hasCaches = !isFake && has(id, 'memory_side_cache')
    return {
      id,
      cpus: formatCpuList(sets.get(id) ?? []),
      localCpus: formatCpuList(local.get(id) ?? []),
      memoryBytes: readFact(bench, `${folder}/meminfo`, parseMemTotal),
      hugepages: has(id, 'hugepages') ? hugepagesOf(bench, `${folder}/hugepages`) : [],
      isGpuMemory: gpus.has(id),
      kind: gpus.has(id) ? 'gpu' : (kinds.get(id) ?? null),
      memorySideCaches: hasCaches ? memorySideCachesOf(bench, id) : [],
      access: access.get(id)?.figures ?? null,
    }
  })
  return { nodes, distances, sets }
}

/** `node/online` where it names nodes that exist, else the folders. */
function nodeIds(bench: Bench): readonly number[] {
  const folders = listNumbered(bench, nodeRoot, 'node')
  if (folders.length === 0) return []
  const online = readFact(bench, `${nodeRoot}/online`, parseList)
  const both = online === null ? [] : intersect(folders, online)
  return both.length > 0 ? both : folders
}

function oneNode(bench: Bench, online: CpuSet): NumaFacts {
  const cpus = formatCpuList(online)
  const node: NumaNode = {
    id: 0,
    cpus,
    localCpus: cpus,
    memoryBytes: readFact(bench, '/proc/meminfo', parseMemTotal),
    hugepages: machineHugepages(bench),
    isGpuMemory: false,
    kind: null,
    memorySideCaches: [],
    access: null,
  }
  return { nodes: [node], distances: null, sets: new Map([[0, online]]) }
}

type Sets = ReadonlyMap<number, CpuSet>

/** What each node says; the mask first, as for CPUs. */
function claimedCpus(bench: Bench, ids: readonly number[], online: CpuSet): Sets {
  return new Map(
    ids.map((id) => {
      const folder = `${nodeRoot}/node${id}`
      const set = readFact(bench, `${folder}/cpumap`, parseMask) ?? readFact(bench, `${folder}/cpulist`, parseList)
      return [id, intersect(set ?? [], online)]
    }),
  )
}

function withoutOverlap(bench: Bench, ids: readonly number[], claimed: Sets): readonly number[] {
  const taken = new Map<number, number>()
  return ids.filter((id) => {
    const cpus = claimed.get(id) ?? []
    const first = cpus.map((cpu) => taken.get(cpu)).find((node) => node !== undefined)
    if (first !== undefined) {
      const message = `node ${id} claims CPUs of node ${first} and is left out`
      bench.report.add({ code: 'HW_CONFLICT', where: `${nodeRoot}/node${id}`, message })
      return false
    }
    for (const cpu of cpus) taken.set(cpu, id)
    return true
  })
}

/** Each CPU once, in the first node that claims it. */
function ownCpus(kept: readonly number[], claimed: Sets): Sets {
  const taken = new Set<number>()
  return new Map(
    kept.map((id) => {
      const own = (claimed.get(id) ?? []).filter((cpu) => !taken.has(cpu))
      for (const cpu of own) taken.add(cpu)
      return [id, own]
    }),
  )
}

/** The matrix of the kept nodes; null where a row is missing or does not have one number a node. */
function distancesOf(bench: Bench, ids: readonly number[], kept: readonly number[]): NumaSection['distances'] {
  const rows = new Map(ids.map((id) => [id, readFact(bench, `${nodeRoot}/node${id}/distance`, parseDistances)]))
  if (kept.every((id) => rows.get(id) === null)) return null
  const odd = kept.find((id) => rows.get(id)?.length !== ids.length)
  if (odd !== undefined) {
    const message = `${rows.get(odd)?.length ?? 'no'} distances for ${ids.length} nodes`
    bench.report.add({ code: 'HW_IMPLAUSIBLE', where: `${nodeRoot}/node${odd}/distance`, message })
    return null
  }
  const columns = new Map(ids.map((id, column) => [id, column]))
  return kept.map((id) =>
    kept.map((other) => (rows.get(id) as readonly number[])[columns.get(other) as number] as number),
  )
}

type Neighbours = {
  readonly kept: readonly number[]
  readonly claimed: Sets
  readonly distances: NumaSection['distances']
  readonly gpus: ReadonlyMap<number, string>
  readonly access: ReadonlyMap<number, { readonly initiators: readonly number[] | null }>
}

/**
 * The CPUs that each node is near to: its own and those of the initiators that the firmware names. For a GPU's memory,
 * those near the GPU. For any other memory without CPUs and initiators, those of the nearest nodes by distance.
 */
function localCpus(bench: Bench, { kept, claimed, distances, gpus, access }: Neighbours): Sets {
  const local = new Map(claimed)
  for (const [id, address] of gpus) {
    const near = readFact(bench, `/sys/bus/pci/devices/${address}/local_cpus`, parseMask)
    local.set(id, intersect(near ?? [], [...claimed.values()].reduce(union, [])))
  }
  const withInitiators = (id: number) => {
    const named = (access.get(id)?.initiators ?? []).filter((node) => node !== id)
    return named.reduce<CpuSet>((all, node) => union(all, local.get(node) ?? []), local.get(id) ?? [])
  }
  const isBare = (id: number) => (local.get(id) ?? []).length === 0
  const [bare, owning] = [kept.filter(isBare), kept.filter((id) => !isBare(id))]
  for (const id of owning) local.set(id, withInitiators(id))
  for (const id of bare) {
    const named = withInitiators(id)
    local.set(id, named.length > 0 ? named : nearestCpus(id, { kept, distances, local }))
  }
  return local
}

/** None where every other node is equally far, or none is nearer than the node calls itself. */
function nearestCpus(
  id: number,
  { kept, distances, local }: Pick<Neighbours, 'kept' | 'distances'> & { readonly local: Sets },
): CpuSet {
  const row = distances?.[kept.indexOf(id)]
  if (row === undefined) return []
  const others = kept.flatMap((other, i) => (other === id ? [] : [{ other, far: row[i] as number }]))
  const nearest = Math.min(...others.map(({ far }) => far))
  const near = others.filter(({ far }) => far === nearest)
  if (near.length === others.length || nearest <= (row[kept.indexOf(id)] as number)) return []
  return near.reduce<CpuSet>((all, { other }) => union(all, local.get(other) ?? []), [])
}

/** Of the whole machine, by size. */
export function machineHugepages(bench: Bench): readonly Hugepages[] {
  return hugepagesOf(bench, '/sys/kernel/mm/hugepages')
}

/** Smallest first: the kernel's order is by chance. A pool whose size or count cannot be read is left out. */
function hugepagesOf(bench: Bench, folder: string): readonly Hugepages[] {
  return listNames(bench, folder)
    .flatMap((name) => {
      const sizeBytes = valueOr(parseHugepageSize(name), null)
      const count = readFact(bench, `${folder}/${name}/nr_hugepages`, parseCount)
      if (sizeBytes === null || count === null) return []
      return [{ sizeBytes, count, freeCount: readFact(bench, `${folder}/${name}/free_hugepages`, parseCount) }]
    })
    .sort((a, b) => a.sizeBytes - b.sizeBytes)
}

/** Memory of NVIDIA GPUs that the kernel shows as nodes (POWER9, Grace), with the PCI address of the GPU. */
function gpuMemoryNodes(bench: Bench): ReadonlyMap<number, string> {
  const root = '/proc/driver/nvidia/gpus'
  return new Map(
    listNames(bench, root).flatMap((gpu) => {
      const node = readFact(bench, `${root}/${gpu}/numa_status`, parseNvidiaNumaStatus)
      return node === null ? [] : [[node, gpu] as const]
    }),
  )
}
