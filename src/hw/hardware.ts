// What of a machine can be given to tasks part by part: the inventory in the short form that placement decides with.
// What is unknown is left out. The memory of all nodes together is never more than the `mem` that resources.ts offers,
// the CPUs of all cores are its `cpus`. It does not know who has what.

import { type CpuSet, formatCpuList, intersect, parseCpuList } from '../model/cpu-set.ts'
import type { Hardware, HardwareCore, HardwareGpu, HardwareNode } from '../model/hardware.ts'
import type { Cache, Inventory, NumaNode } from '../model/inventory.ts'
import { bytesPerMebibyte } from '../model/units.ts'
import { offeredCpus, offeredInstances, offeredMemoryBytes, offeredOf } from './resources.ts'

/** @param usedPorts names of the ports that the machine itself uses */
export function hardwareOf(inventory: Inventory, usedPorts: ReadonlySet<string>): Hardware {
  const nodes = nodesOf(inventory)
  const known = new Set(nodes.map(({ id }) => id))
  const inNode = (id: number | null) => (id !== null && known.has(id) ? id : null)
  return {
    cores: coresOf(inventory, inNode),
    nodes,
    distances: distancesOf(inventory, nodes),
    gpus: gpusOf(inventory, inNode),
    nics: inventory.nics.map(({ name, mac, speedMbps, numaNode, pciAddress, rdma }) => ({
      name,
      mac,
      speedMbps,
      node: inNode(numaNode),
      pciAddress,
      rdma: rdma?.name ?? null,
      isFree: !usedPorts.has(name),
    })),
    disks: inventory.disks.map(({ name, serial, sizeBytes, rotational, numaNode, pciAddress }) => ({
      name,
      serial,
      sizeBytes,
      rotational,
      node: inNode(numaNode),
      pciAddress,
    })),
  }
}

/** Threads that tasks may not use are left out, and with its last one a core. */
function coresOf(inventory: Inventory, inNode: (id: number | null) => number | null): readonly HardwareCore[] {
  const { cpu } = inventory
  const offered = offeredCpus(inventory)
  const cacheOf = lastCaches(cpu.caches)
  return cpu.cores
    .flatMap((core) => {
      const cpus = intersect(parseCpuList(core.cpus) ?? [], offered)
      return cpus.length === 0 ? [] : [{ core, cpus }]
    })
    .sort((a, b) => first(a.cpus) - first(b.cpus))
    .map(({ core, cpus }) => ({
      cpus: formatCpuList(cpus),
      node: inNode(core.numaNode),
      package: core.package,
      cache: cacheOf.get(first(cpus)) ?? null,
      kind: core.kind,
    }))
}

/** By CPU, the number of the last cache it has: they are counted in the order of their first CPUs. */
function lastCaches(caches: readonly Cache[]): ReadonlyMap<number, number> {
  const last = new Map<number, { readonly level: number; readonly cpus: CpuSet }>()
  for (const { level, type, cpus } of caches) {
    if (type === 'instruction') continue
    const found = { level, cpus: parseCpuList(cpus) ?? [] }
    for (const cpu of found.cpus) if (level > (last.get(cpu)?.level ?? 0)) last.set(cpu, found)
  }
  const inOrder = [...new Set(last.values())].sort((a, b) => first(a.cpus) - first(b.cpus))
  const numbers = new Map(inOrder.map((cache, i) => [cache, i]))
  return new Map([...last].map(([cpu, cache]) => [cpu, numbers.get(cache) as number]))
}

/**
 * The nodes whose CPUs or memory tasks may use. What the system keeps for itself is taken from each in proportion to its
 * memory; pages that are set apart as huge are not ordinary memory. A node whose memory is not for tasks has 0 of it.
 */
function nodesOf(inventory: Inventory): readonly HardwareNode[] {
  const { numa } = inventory
  const counted = numa.nodes.filter((node) => !node.isGpuMemory)
  const sumBytes = counted.reduce((sum, node) => sum + (node.memoryBytes ?? 0), 0)
  const offeredBytes = offeredMemoryBytes(inventory) ?? offeredOf(sumBytes)
  const share = sumBytes === 0 ? 0 : Math.min(1, offeredBytes / sumBytes)
  const allowed = numa.allowed === null ? null : parseCpuList(numa.allowed)
  const offered = offeredCpus(inventory)
  return counted
    .filter((node) => node.kind !== 'special')
    .map((node) => ({
      id: node.id,
      memoryBytes: allowed === null || allowed.includes(node.id) ? ordinaryBytes(node, share) : 0,
      hugepages: node.hugepages.map(({ sizeBytes, count }) => ({ sizeBytes, count })),
      hasCpus: intersect(parseCpuList(node.cpus) ?? [], offered).length > 0,
    }))
    .filter(({ memoryBytes, hugepages, hasCpus }) => memoryBytes > 0 || hugepages.length > 0 || hasCpus)
    .sort((a, b) => a.id - b.id)
    .map(({ hasCpus: _, ...node }) => node)
}

function ordinaryBytes({ memoryBytes, hugepages }: NumaNode, share: number): number {
  const hugeBytes = hugepages.reduce((sum, { sizeBytes, count }) => sum + sizeBytes * count, 0)
  const bytes = (memoryBytes ?? 0) * share - hugeBytes
  return Math.max(0, Math.floor(bytes / bytesPerMebibyte) * bytesPerMebibyte)
}

function distancesOf({ numa }: Inventory, nodes: readonly HardwareNode[]): Hardware['distances'] {
  const ids = numa.nodes.map(({ id }) => id).sort((a, b) => a - b)
  const rows = nodes.map(({ id }) => ids.indexOf(id))
  const distances = rows.map((row) => rows.map((column) => numa.distances?.[row]?.[column] ?? null))
  const isWhole = distances.every((row) => row.every((distance) => distance !== null))
  return isWhole && nodes.length > 0 ? (distances as number[][]) : null
}

/** Those that can be given whole or by instance, and what links them to one another. */
function gpusOf({ gpus }: Inventory, inNode: (id: number | null) => number | null): readonly HardwareGpu[] {
  const given = gpus.flatMap((gpu) => {
    const instances = offeredInstances(gpu)
    return gpu.uuid !== null && (gpu.isUsable || instances.length > 0) ? [{ ...gpu, uuid: gpu.uuid, instances }] : []
  })
  const uuids = new Set(given.map(({ uuid }) => uuid))
  return given.map(({ uuid, model, memoryBytes, numaNode, pciAddress, links, instances }) => ({
    uuid,
    model,
    memoryBytes,
    node: inNode(numaNode),
    pciAddress,
    links: links.flatMap(({ to, toKind, kind, count }) =>
      toKind === 'gpu' && uuids.has(to) ? [{ to, kind, count }] : [],
    ),
    instances,
  }))
}

function first(cpus: CpuSet): number {
  return cpus[0] as number
}
