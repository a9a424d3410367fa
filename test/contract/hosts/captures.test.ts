// Every captured machine through the probe: the topology equals what hwloc says of the same files, and a capture that
// nobody described still gives a good document. An archive is unpacked once.

import { describe, expect, it } from 'vitest'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
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
import { type Topology, topologyOf, topologyOfFacts } from './topology.ts'

/** Facts in which we differ from hwloc on purpose, a reason each. A row that is no longer true fails. */
const differences: Readonly<Record<string, { readonly facts: readonly (keyof Topology)[]; readonly why: string }>> = {
  'util-linux-lscpu/vmware_fpe.tar.gz': {
    facts: ['cores', 'smt'],
    why: 'an Opteron 6328: the siblings of a compute unit have core ids and L1d caches of their own, so 16 cores (FN-0002)',
  },
  'nri-plugins/2-socket-4-node-40-core.tar.bz2': {
    facts: ['coreKinds'],
    why: 'the capture carries lists of a hybrid processor (cpu_atom, cpu_core); hwloc does not know its architecture',
  },
  'util-linux-lscpu/arm-A510-A710-A715-X3.tar.gz': {
    facts: ['coreKinds'],
    why: 'the registers name four parts; hwloc does not know the architecture and judges by frequency (FN-0011)',
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
      for (const fact of difference?.facts ?? []) {
        expect(ours[fact], difference?.why).not.toEqual(theirs[fact])
        Object.assign(theirs, { [fact]: ours[fact] })
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
