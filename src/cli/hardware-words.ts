// Hardware in the words of the tree and the picture: names, speeds, links, kinds. Pure; it does not know where they stand.

import { isSubset, parseCpuList } from '../model/cpu-set.ts'
import type { Condition, Health, PartKind, PartRef } from '../model/health.ts'
import type { Cache, Inventory, NumaNode } from '../model/inventory.ts'
import { counted, humanBytes, present, shortNumber } from './human.ts'
import { bound } from './letters.ts'

/** Vendor and product, the vendor once: `HP EliteBook` of HP. */
export function machineName({ machine: { vendor, product, virtualisation } }: Inventory): string {
  const first = (text: string) => /^[\p{L}\p{N}-]+/u.exec(text)?.[0].toLowerCase()
  if (vendor !== null && product !== null && first(vendor) === first(product)) return product
  const name = [vendor, product].filter((part) => part !== null).join(' ')
  if (name !== '') return name
  return virtualisation === null || virtualisation === 'none' ? 'unknown machine' : 'virtual machine'
}

/** Serial number, host, distribution and kernel. */
export function systemFacts({ machine, os, cpu }: Inventory): readonly string[] {
  const kernel = os.kernel === null ? null : `Linux ${os.kernel}`
  const virtual = machine.virtualisation === null || machine.virtualisation === 'none' ? null : machine.virtualisation
  return present([
    machine.serial && `serial ${machine.serial}`,
    machine.partition,
    os.hostname,
    os.distribution,
    present([kernel, cpu.architecture]).join(' '),
    virtual && (virtual === 'other' ? 'on an unknown hypervisor' : `on ${virtual}`),
  ])
}

/** How much there is, and what of it may not be used: `16 CPUs`, `8 cores` … */
export function countFacts({ cpu, numa, memory }: Inventory): readonly string[] {
  const cpus = parseCpuList(cpu.online ?? '')?.length ?? 0
  return present([
    cpus === 0 ? 'CPUs unknown' : counted(cpus, 'CPU'),
    cpu.cores.length === 0 ? null : counted(cpu.cores.length, 'core'),
    cpu.packages.length === 0 ? null : counted(cpu.packages.length, 'package'),
    numa.nodes.length === 0 ? null : counted(numa.nodes.length, 'NUMA node'),
    memory.totalBytes === null ? 'memory unknown' : `${humanBytes(memory.totalBytes)} of memory`,
    cpu.offline && `offline ${cpu.offline}`,
    cpu.isolated && `isolated ${cpu.isolated}`,
    cpu.allowed !== null && cpu.allowed !== cpu.online ? `this process may use ${cpu.allowed || 'none'}` : null,
  ])
}

export function cpusOf({ cpus }: { readonly cpus: string }): readonly number[] {
  return parseCpuList(cpus) ?? []
}

/** `L2 1 MiB`, `L1d 32 KiB`. */
export function cacheName({ level, type, sizeBytes }: Cache): string {
  const letter = type === 'unified' ? '' : type.charAt(0)
  return `L${level}${letter}${sizeBytes === null ? '' : ` ${humanBytes(sizeBytes)}`}`
}

/** Sizes of the caches that each core has for itself: `each core L1d 32 KiB`, `L1i 32 KiB`, `L2 1 MiB`. */
export function ownCaches({ cpu }: Inventory): readonly string[] {
  const coreOf = new Map(cpu.cores.flatMap((core) => cpusOf(core).map((one) => [one, core] as const)))
  const sizes = new Map<string, Set<string>>()
  for (const cache of cpu.caches) {
    const set = cpusOf(cache)
    const core = coreOf.get(set[0] ?? -1)
    if (core === undefined || cache.sizeBytes === null || !isSubset(set, cpusOf(core))) continue
    const [level = '', ...size] = cacheName(cache).split(' ')
    sizes.set(level, (sizes.get(level) ?? new Set()).add(size.join(' ')))
  }
  return [...sizes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([level, all], i) => `${i === 0 ? 'each core ' : ''}${level} ${[...all].join(' or ')}`)
}

const memoryKinds = { pmem: 'persistent memory', cxl: 'CXL memory', special: 'special purpose', gpu: "a GPU's memory" }

/** Size, kind, hugepages, speed and caches of a node's memory. */
export function nodeFacts(node: NumaNode): readonly string[] {
  const { memoryBytes, kind, hugepages, access, memorySideCaches } = node
  const named = kind ?? (node.isGpuMemory ? 'gpu' : null)
  return present([
    memoryBytes === null ? 'memory unknown' : memoryBytes === 0 ? 'no memory' : humanBytes(memoryBytes),
    named && memoryKinds[named],
    ...hugepages
      .filter(({ count }) => count > 0)
      .map((one) => `${counted(one.count, 'hugepage')} of ${humanBytes(one.sizeBytes)}`),
    ...memorySideCaches.map((cache) => `${humanBytes(cache.sizeBytes)} memory-side cache`),
    access &&
      present([access.readMbps && megabytes(access.readMbps), access.readNs && `${access.readNs} ns`]).join(' at '),
  ])
}

/** Which CPUs a node has, or has near it. */
export function nodePlace({ cpus, localCpus }: NumaNode): string {
  if (cpus !== '') return `CPUs ${cpus}`
  return localCpus === '' ? 'no CPUs' : `no CPUs, near ${localCpus}`
}

function megabytes(mbps: number): string {
  return mbps >= 1000 ? `${shortNumber(mbps / 1000)} GB/s` : `${mbps} MB/s`
}

const acronyms = /\b(gpu|cpu|nic|pcie|dimm|raid|psu)\b/g

/** `PCIe link degraded` of its code. */
export function conditionName({ code }: Pick<Condition, 'code'>): string {
  const words = code.toLowerCase().replaceAll('_', ' ')
  return words.replaceAll(acronyms, (word) => (word === 'pcie' ? 'PCIe' : word.toUpperCase()))
}

/** What a look could not find out, in short; empty where it found out everything. */
export function openQuestions({ unchecked }: Health): string {
  if (unchecked.length === 0) return ''
  const questions = [...Map.groupBy(unchecked, ({ question }) => question)].map(([question, open]) => {
    const times = open.length > 1 ? ` × ${open.length}` : ''
    const right = open.some(({ code }) => code === 'HW_NEEDS_ROOT') ? ' (needs root)' : ''
    return bound(`${question}${times}${right}`)
  })
  return `${counted(unchecked.length, 'question')} not answered: ${questions.join(', ')}`
}

/** For parts whose names do not say what they are. */
const kindWords: Partial<Readonly<Record<PartKind, string>>> = {
  dimm: 'module',
  pci: 'PCI',
  disk: 'drive',
  volume: 'volume',
  filesystem: 'file system',
  nic: 'port',
  fabric: 'port',
  accelerator: 'accelerator',
  fan: 'fan',
  psu: 'power supply',
  sensor: 'sensor',
}

/** `GPU 2`, as tree and picture number it; `drive sda`, `module A1`, `Fan 3`. */
export function partWords({ kind, name }: PartRef, { gpus }: Inventory): string {
  if (kind === 'gpu') {
    const index = gpus.findIndex((gpu) => gpu.pciAddress === name || gpu.uuid === name)
    return index === -1 ? `GPU ${name}` : `GPU ${index}`
  }
  const word = kindWords[kind] ?? ''
  return word === '' || name.toLowerCase().includes(word.toLowerCase()) ? name : `${word} ${name}`
}
