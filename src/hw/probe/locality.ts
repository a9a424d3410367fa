// Which NUMA node a device is near to. -1 is what most firmware says, so the kernel's number is only the first question;
// then the CPUs the device says it is near to, then the same of the bridges above it. What stays open is unknown: -1 is
// never taken for node 0 where there are several nodes (FN-0004).

import { type CpuSet, isSubset } from '../../model/cpu-set.ts'
import { parseInteger, parseList } from '../parse/numbers.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, readFact } from './report.ts'

/** `devicePath` is the device's real path under /sys/devices. */
export function numaNodeOf(bench: Bench, numa: NumaFacts, devicePath: string): number | null {
  const ordinary = numa.nodes.filter((node) => !node.isGpuMemory)
  if (ordinary.length === 1) return ordinary[0]?.id ?? null
  for (let at = devicePath; at.startsWith('/sys/devices/pci'); at = at.slice(0, at.lastIndexOf('/'))) {
    const said = readFact(bench, `${at}/numa_node`, parseInteger)
    if (said !== null && numa.sets.has(said)) return said
    const cpus = readFact(bench, `${at}/local_cpulist`, parseList)
    const node = cpus === null ? null : nodeWithin(numa, cpus)
    if (node !== null) return node
  }
  return null
}

/** The one node that all of `cpus` belong to. */
function nodeWithin(numa: NumaFacts, cpus: CpuSet): number | null {
  if (cpus.length === 0) return null
  for (const [id, set] of numa.sets) if (isSubset(cpus, set)) return id
  return null
}
