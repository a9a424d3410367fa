// Every captured machine through the probe: the topology equals what hwloc says of the same files, and a capture that
// nobody described still gives a good document. An archive is unpacked once.

import { describe, expect, it } from 'vitest'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { formatCpuList, intersect, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import type { Result } from '../../../src/model/result.ts'
import {
  type CaptureEntry,
  captureFacts,
  captureIndex,
  capturesMissing,
  type HostFacts,
  withCapture,
} from './captures.ts'
import { documentFaults } from './document.ts'

/** Facts in which we differ from hwloc on purpose, a reason each. A row that is no longer true fails. */
const differences: Readonly<Record<string, { readonly fact: keyof Topology; readonly why: string }>> = {
  'util-linux-lscpu/vmware_fpe.tar.gz': {
    fact: 'cores',
    why: 'an Opteron 6328: the siblings of a compute unit have core ids and L1d caches of their own, so 16 cores (FN-0002)',
  },
  'nri-plugins/2-socket-4-node-40-core.tar.bz2': {
    fact: 'efficiencyCpus',
    why: 'the capture carries lists of a hybrid processor (cpu_atom, cpu_core); hwloc judges by frequency here',
  },
}

/** Captures that hold a piece of /sys away from its place, so that no machine is to be seen at their root. */
const notMachines = new Set([
  'cadvisor/epyc7402-cpu-topology.tar.gz',
  'amd-kfd/topology-parsing.tar.xz',
  'amd-kfd/topo-mi300-cpx.tar.xz',
  'pcp/bigsystem.tgz',
])

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('captured machines are read as hwloc reads them', (ctx) => ctx.skip(reason))
} else {
  const facts = captureFacts()
  const index = captureIndex()

  describe('the topology of a captured machine equals what hwloc says', () => {
    it.each(index.filter((entry) => entry.hasFacts))('$file', (entry) => {
      const document = documentOf(entry)
      expect(documentFaults(document)).toEqual([])
      // Where hwloc asked the processor of that machine too, its answer from the files alone is the one to compare with.
      const said = { ...(facts[entry.file] as HostFacts), ...facts[`${entry.file}#linuxonly`] }
      const ours = topologyOf(document)
      const theirs = topologyOfFacts(said, ours)
      const difference = differences[entry.file]
      if (difference !== undefined) {
        expect(ours[difference.fact], difference.why).not.toEqual(theirs[difference.fact])
        Object.assign(theirs, { [difference.fact]: ours[difference.fact] })
      }
      expect(ours).toEqual(theirs)
    })
  })

  describe('a capture without facts still gives a good document', () => {
    it.each(index.filter((entry) => !entry.hasFacts && !notMachines.has(entry.file)))('$file', (entry) => {
      expect(documentFaults(documentOf(entry))).toEqual([])
    })
  })

  it.each(index.filter((entry) => notMachines.has(entry.file)))('$file is refused as no machine', (entry) => {
    const result = probeCapture(entry)
    expect(result).toMatchObject({ ok: false, fault: { code: 'HW_NOT_A_MACHINE' } })
  })

  it('the compute units of an Opteron 6328 are two cores each', () => {
    const entry = index.find((one) => one.file === 'util-linux-lscpu/vmware_fpe.tar.gz') as CaptureEntry
    expect(documentOf(entry).cpu.cores.map((core) => core.cpus)).toEqual(Array.from({ length: 16 }, (_, i) => `${i}`))
  })
}

function probeCapture(entry: CaptureEntry): Result<Inventory> {
  return withCapture(entry, (root) => {
    const source = sysrootSource(root)
    return source.ok ? probeInventory(source.value) : source
  })
}

function documentOf(entry: CaptureEntry): Inventory {
  const result = probeCapture(entry)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

/** The same facts from both sides, as sorted texts that a failing test prints readably. */
type Topology = {
  online: string
  packages: readonly string[]
  models: readonly string[]
  dies: readonly string[]
  cores: readonly string[]
  caches: readonly string[]
  nodes: readonly string[]
  distances: readonly (readonly number[])[] | null
  allowed: string
  allowedNodes: string
  efficiencyCpus: string
}

function topologyOf({ cpu, numa }: Inventory): Topology {
  // hwloc hides the memory of GPUs.
  const nodes = numa.nodes.filter((node) => !node.isGpuMemory)
  const rows = numa.nodes.flatMap((node, i) => (node.isGpuMemory ? [] : [i]))
  const letters = { data: 'd', instruction: 'i', unified: 'u' }
  const efficient = cpu.cores.filter((core) => core.kind === 'efficiency')
  return {
    online: cpu.online ?? '',
    packages: cpu.packages.map((one) => one.cpus).sort(),
    models: cpu.packages.map((one) => `${one.cpus} ${one.model}`).sort(),
    dies: cpu.dies.map((one) => `${one.id} ${one.cpus}`).sort(),
    cores: cpu.cores.map((one) => `${one.id} ${one.cpus}`).sort(),
    caches: cpu.caches.map((one) => `L${one.level}${letters[one.type]} ${one.sizeBytes ?? 0} ${one.cpus}`).sort(),
    nodes: nodes.map((node) => `${node.id} ${node.localCpus} ${node.memoryBytes ?? 0}`).sort(),
    distances: numa.distances === null ? null : rows.map((i) => rows.map((j) => numa.distances?.[i]?.[j] ?? -1)),
    allowed: cpu.allowed ?? '',
    allowedNodes: cut(numa.allowed ?? '', formatCpuList(nodes.map((node) => node.id).sort((a, b) => a - b))),
    efficiencyCpus: union(efficient.map((core) => core.cpus)),
  }
}

/** Where hwloc says nothing, `ours` is taken: it leaves out the models of other than x86 and POWER, and a distance of 10. */
function topologyOfFacts(facts: HostFacts, ours: Topology): Topology {
  const online = facts.pus
  const latency = facts.distances?.find((one) => one.name === 'NUMALatency')
  const kinds = facts.cpukinds ?? []
  return {
    online: cut(online, online),
    packages: facts.packages.map((one) => cut(one.cpus, online)).sort(),
    models: facts.packages
      .map((one) => {
        const cpus = cut(one.cpus, online)
        const model = one.info?.CPUModel?.trim()
        return model === undefined
          ? (ours.models.find((name) => name.startsWith(`${cpus} `)) ?? '')
          : `${cpus} ${model}`
      })
      .sort(),
    dies: (facts.dies ?? []).map((one) => `${one.os} ${cut(one.cpus, online)}`).sort(),
    // A core that the kernel gives no number has its place.
    cores: facts.coreIds.map(([id, cpus], i) => `${id ?? i} ${cut(cpus, online)}`).sort(),
    caches: (facts.caches ?? [])
      .flatMap((one) => one.sets.map((set) => `${one.kind} ${one.size} ${cut(set, online)}`))
      .sort(),
    nodes: facts.numa.map((node) => `${node.os} ${cut(node.cpus, online)} ${node.mem}`).sort(),
    distances: latency?.matrix ?? (facts.numa.length === 1 && isOneTen(ours.distances) ? ours.distances : null),
    allowed: cut(facts.allowedView?.pus ?? facts.allowedCpus, online),
    allowedNodes: facts.allowedView?.nodes ?? facts.allowedNodes,
    efficiencyCpus: kinds.length < 2 ? '' : cut(kinds[0]?.cpus ?? '', online),
  }
}

function isOneTen(distances: Topology['distances']): boolean {
  return JSON.stringify(distances) === '[[10]]'
}

function cut(list: string, whole: string): string {
  return formatCpuList(intersect(parseCpuList(list) ?? [], parseCpuList(whole) ?? []))
}

function union(lists: readonly string[]): string {
  return formatCpuList([...new Set(lists.flatMap((list) => parseCpuList(list) ?? []))].sort((a, b) => a - b))
}
