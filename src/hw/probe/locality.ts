// Which NUMA node a device is near to, and how that was found; the one place where this is decided.
// -1 is what most firmware says, so the kernel's number is only the first question; then the CPUs the device says it is
// near to, then the same of what lies above it. What stays open is unknown: -1 is never taken for node 0 where there are
// several nodes (FN-0004), a number of no node is not believed (FN-0020), and all CPUs are no place.

import type { CpuSet } from '../../model/cpu-set.ts'
import type { LocalitySource } from '../../model/inventory.ts'
import { parseInteger } from '../parse/numbers.ts'
import { pciPlace } from '../parse/pci.ts'
import { readSet } from './cpu-files.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, readFact } from './report.ts'

export type Locality = { readonly node: number | null; readonly source: LocalitySource }

const unknown: Locality = { node: null, source: 'unknown' }

/** `devicePath` is the device's real path under /sys/devices, or that of anything on the device. */
export function numaNodeOf(bench: Bench, numa: NumaFacts, devicePath: string): number | null {
  return localityFinder(bench, numa)(devicePath).node
}

/** The same question for many devices: each folder is read once. */
export function localityFinder(bench: Bench, numa: NumaFacts): (devicePath: string) => Locality {
  const only = onlyNode(numa)
  if (only !== null) return () => ({ node: only, source: 'only-node' })
  const asked = new Map<string, Locality>()
  const ask = (folder: string): Locality => {
    const before = asked.get(folder)
    if (before !== undefined) return before
    const said = saidAt(bench, numa, folder)
    asked.set(folder, said)
    return said
  }
  return (devicePath) => {
    for (const [i, folder] of foldersOf(devicePath).entries()) {
      const said = ask(folder)
      if (said.node !== null) return i === 0 ? said : { node: said.node, source: 'bridge' }
    }
    return unknown
  }
}

/** Devices hang on processors: where one node alone has CPUs, it is that. */
function onlyNode(numa: NumaFacts): number | null {
  const withCpus = numa.nodes.filter((node) => (numa.sets.get(node.id) ?? []).length > 0)
  const homes = withCpus.length > 0 ? withCpus : numa.nodes
  return homes.length === 1 ? (homes[0]?.id ?? null) : null
}

/** Deepest path that is climbed; the kernel's are shallower. */
const foldersMax = 64

/** The PCI functions on the path, innermost first; for a device that is on no PCI bus, all its folders. */
function foldersOf(devicePath: string): readonly string[] {
  const onBus = pciPlace(devicePath).folders
  if (onBus.length > 0 || devicePath.startsWith('/sys/devices/virtual/')) return onBus.slice(0, foldersMax)
  const folders: string[] = []
  for (let at = devicePath; at.startsWith('/sys/devices/'); at = at.slice(0, at.lastIndexOf('/'))) folders.push(at)
  return folders.slice(0, foldersMax)
}

function saidAt(bench: Bench, numa: NumaFacts, folder: string): Locality {
  const said = readFact(bench, `${folder}/numa_node`, parseInteger)
  if (said !== null && numa.sets.has(said)) return { node: said, source: 'numa_node' }
  if (said !== null && said >= 0) {
    const message = `the kernel says NUMA node ${said}, which does not exist; not believed`
    bench.report.add({ code: 'HW_CONFLICT', where: `${folder}/numa_node`, message })
  }
  const cpus = readSet(bench, `${folder}/local_cpulist`, `${folder}/local_cpus`)
  const node = cpus === null ? null : nodeOfCpus(numa, cpus)
  return node === null ? unknown : { node, source: 'local_cpus' }
}

/** The one node that `cpus` are of; CPUs of no node (offline ones) do not count. */
function nodeOfCpus(numa: NumaFacts, cpus: CpuSet): number | null {
  const wanted = new Set(cpus)
  const homes = [...numa.sets].filter(([, set]) => set.some((cpu) => wanted.has(cpu)))
  return homes.length === 1 ? (homes[0]?.[0] ?? null) : null
}
