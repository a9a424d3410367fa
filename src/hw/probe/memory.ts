// The memory of the whole machine: what the kernel has, what is plugged in, and whether that and the NUMA nodes agree.

import type { MemorySection, NumaNode } from '../../model/inventory.ts'
import { parseMemTotal } from '../parse/memory-files.ts'
import type { Smbios } from '../parse/smbios.ts'
import { machineHugepages } from './numa.ts'
import { type Bench, type Report, readFact } from './report.ts'

export function probeMemory(bench: Bench, nodes: readonly NumaNode[], smbios: Smbios | null): MemorySection {
  const totalBytes = readFact(bench, '/proc/meminfo', parseMemTotal)
  compareWithNodes(bench.report, nodes, totalBytes)
  const dimms = smbios?.dimms ?? []
  return { totalBytes, installedBytes: sumOf(dimms), hugepages: machineHugepages(bench), dimms }
}

/** Modules that the firmware lists are all there are; one of unknown size leaves the sum unknown. */
function sumOf(dimms: MemorySection['dimms']): number | null {
  const sizes = dimms.flatMap((dimm) => dimm.sizeBytes ?? [])
  return dimms.length === 0 || sizes.length < dimms.length ? null : sizes.reduce((sum, size) => sum + size, 0)
}

/** The kernel rounds the two differently; a larger difference means that one of them is not the whole memory. */
const differenceMax = 0.05

/** Nodes that together have other memory than the machine: overlapping nodes, or a kernel still taking memory in (FN-0006). */
function compareWithNodes(report: Report, nodes: readonly NumaNode[], totalBytes: number | null): void {
  if (totalBytes === null || nodes.some((node) => node.memoryBytes === null)) return
  const sum = nodes.reduce((bytes, node) => bytes + (node.memoryBytes ?? 0), 0)
  if (Math.abs(sum - totalBytes) <= totalBytes * differenceMax) return
  const message = `the NUMA nodes have ${sum} bytes together, /proc/meminfo says ${totalBytes}`
  report.add({ code: 'HW_CONFLICT', where: 'numa.nodes', message })
}
