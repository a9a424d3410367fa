// NUMA nodes: their CPUs, memory, hugepages and distances. Node ids are sparse on many machines and never an index.
// A machine whose kernel has no nodes is one node 0 with everything. A node whose CPUs another node already has is a
// contradiction of the firmware (FN-0005): the first one stays.

import { type CpuSet, formatCpuList, intersect, union } from '../../model/cpu-set.ts'
import type { Hugepages, NumaNode, NumaSection } from '../../model/inventory.ts'
import { valueOr } from '../../model/reading.ts'
import { parseDistances, parseHugepageSize, parseMemTotal } from '../parse/memory-files.ts'
import { parseInteger, parseList } from '../parse/numbers.ts'
import { parseNvidiaNumaStatus } from '../parse/nvidia-proc.ts'
import { readSet } from './cpu-files.ts'
import { type Bench, listNames, listNumbered, readFact } from './report.ts'

const nodeRoot = '/sys/devices/system/node'

export type NumaFacts = {
  readonly nodes: readonly NumaNode[]
  readonly distances: NumaSection['distances']
  /** CPUs and id of each node, for whoever asks where something is. */
  readonly sets: ReadonlyMap<number, CpuSet>
}

export function probeNuma(bench: Bench, online: CpuSet): NumaFacts {
  const ids = nodeIds(bench)
  if (ids.length === 0) return oneNode(bench, online)
  const rows = new Map(ids.map((id) => [id, readFact(bench, `${nodeRoot}/node${id}/distance`, parseDistances)]))
  const sets = cpusOfNodes(bench, ids, online)
  const kept = ids.filter((id) => sets.has(id))
  const distances = squareOf(bench, ids, kept, rows)
  const gpuNodes = gpuMemoryNodes(bench)
  const nodes = kept.map((id): NumaNode => {
    const cpus = sets.get(id) as CpuSet
    return {
      id,
      cpus: formatCpuList(cpus),
      localCpus: formatCpuList(cpus.length > 0 ? cpus : nearestCpus(bench, id, { kept, sets, distances })),
      memoryBytes: readFact(bench, `${nodeRoot}/node${id}/meminfo`, parseMemTotal),
      hugepages: hugepagesOf(bench, `${nodeRoot}/node${id}/hugepages`),
      isGpuMemory: gpuNodes.has(id),
      kind: null,
      memorySideCaches: [],
      access: null,
    }
  })
  return { nodes, distances, sets }
}

/** `node/online` where it names nodes that exist, else the folders. */
function nodeIds(bench: Bench): readonly number[] {
  const folders = listNumbered(bench, nodeRoot, 'node')
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
    hugepages: hugepagesOf(bench, '/sys/kernel/mm/hugepages'),
    isGpuMemory: false,
    kind: null,
    memorySideCaches: [],
    access: null,
  }
  return { nodes: [node], distances: null, sets: new Map([[0, online]]) }
}

function cpusOfNodes(bench: Bench, ids: readonly number[], online: CpuSet): Map<number, CpuSet> {
  const sets = new Map<number, CpuSet>()
  const taken = new Map<number, number>()
  for (const id of ids) {
    const folder = `${nodeRoot}/node${id}`
    const cpus = intersect(readSet(bench, `${folder}/cpulist`, `${folder}/cpumap`) ?? [], online)
    const first = cpus.map((cpu) => taken.get(cpu)).find((node) => node !== undefined)
    if (first !== undefined) {
      const message = `node ${id} claims CPUs of node ${first} and is left out`
      bench.report.add({ code: 'HW_CONFLICT', where: folder, message })
      continue
    }
    for (const cpu of cpus) taken.set(cpu, id)
    sets.set(id, cpus)
  }
  return sets
}

/** The matrix of the kept nodes; null where a row is missing or does not have one number a node. */
function squareOf(
  bench: Bench,
  ids: readonly number[],
  kept: readonly number[],
  rows: ReadonlyMap<number, readonly number[] | null>,
): NumaSection['distances'] {
  if (kept.every((id) => rows.get(id) === null)) return null
  const odd = kept.find((id) => rows.get(id)?.length !== ids.length)
  if (odd !== undefined) {
    const message = `${rows.get(odd)?.length ?? 'no'} distances for ${ids.length} nodes`
    bench.report.add({ code: 'HW_IMPLAUSIBLE', where: `${nodeRoot}/node${odd}/distance`, message })
    return null
  }
  const columns = kept.map((id) => ids.indexOf(id))
  return kept.map((id) => columns.map((column) => (rows.get(id) as readonly number[])[column] as number))
}

type Neighbours = {
  readonly kept: readonly number[]
  readonly sets: ReadonlyMap<number, CpuSet>
  readonly distances: NumaSection['distances']
}

/**
 * The CPUs that a node of memory alone is near to: those of the initiators that the firmware names, else of the nearest
 * nodes by distance. None where every other node is equally far.
 */
function nearestCpus(bench: Bench, id: number, { kept, sets, distances }: Neighbours): CpuSet {
  const named = initiatorsOf(bench, id).reduce<CpuSet>((all, node) => union(all, sets.get(node) ?? []), [])
  if (named.length > 0) return named
  const row = distances?.[kept.indexOf(id)]
  if (row === undefined) return []
  const others = kept.flatMap((other, i) => (other === id ? [] : [{ other, far: row[i] as number }]))
  const nearest = Math.min(...others.map(({ far }) => far))
  const near = others.filter(({ far }) => far === nearest)
  if (near.length === others.length) return []
  return near.reduce<CpuSet>((all, { other }) => union(all, sets.get(other) ?? []), [])
}

/** access1 names processors only; access0 may name a GPU instead, and is all that older kernels have. */
function initiatorsOf(bench: Bench, id: number): readonly number[] {
  for (const access of ['access1', 'access0']) {
    const found = listNumbered(bench, `${nodeRoot}/node${id}/${access}/initiators`, 'node')
    if (found.length > 0) return found
  }
  return []
}

function hugepagesOf(bench: Bench, folder: string): readonly Hugepages[] {
  return listNames(bench, folder).flatMap((name) => {
    const sizeBytes = valueOr(parseHugepageSize(name), null)
    const count = readFact(bench, `${folder}/${name}/nr_hugepages`, parseInteger)
    return sizeBytes === null || count === null ? [] : [{ sizeBytes, count, freeCount: null }]
  })
}

/** Memory of NVIDIA GPUs that the kernel shows as nodes (POWER9, Grace). */
function gpuMemoryNodes(bench: Bench): ReadonlySet<number> {
  const root = '/proc/driver/nvidia/gpus'
  return new Set(
    listNames(bench, root).flatMap((gpu) => readFact(bench, `${root}/${gpu}/numa_status`, parseNvidiaNumaStatus) ?? []),
  )
}
