// Hardware in the words of the tree and the picture: names, speeds, links, kinds. Pure; it does not know where they stand.

import { parseCpuList } from '../model/cpu-set.ts'
import type { Condition, Health, PartKind, PartRef } from '../model/health.ts'
import type { Cache, Dimm, Gpu, Inventory, NumaNode, PciDevice, PcieLink } from '../model/inventory.ts'
import { counted, humanBytes, shortNumber } from './human.ts'
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
    virtual && `on ${virtual}`,
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

/** `L2 1 MiB`, `L1d 32 KiB`. */
export function cacheName({ level, type, sizeBytes }: Cache): string {
  const letter = type === 'unified' ? '' : type.charAt(0)
  return `L${level}${letter}${sizeBytes === null ? '' : ` ${humanBytes(sizeBytes)}`}`
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

/** `25 Gb/s`, of a port that has a link. */
export function networkSpeed(mbps: number | null): string | null {
  if (mbps === null) return null
  return mbps >= 1000 ? `${shortNumber(mbps / 1000)} Gb/s` : `${mbps} Mb/s`
}

const generations: Readonly<Record<string, string>> = {
  2.5: '1.0',
  5: '2.0',
  8: '3.0',
  16: '4.0',
  32: '5.0',
  64: '6.0',
}

/** `PCIe 4.0 ×16`, as the link is now. */
export function pcieLinkNow({ speedGtps, widthLanes }: PcieLink): string {
  const generation = speedGtps === null ? '' : ` ${generations[speedGtps] ?? `${speedGtps} GT/s`}`
  return `PCIe${generation}${widthLanes === null ? '' : ` ×${widthLanes}`}`
}

/** What both ends could do and do not: `could be 4.0 ×16`. Null where it is at its best, or that is not known. */
export function pcieLinkShort(link: PcieLink): { readonly text: string; readonly isNarrow: boolean } | null {
  const { speedGtps, widthLanes, speedMaxGtps, widthMaxLanes } = link
  const isNarrow = widthLanes !== null && widthMaxLanes !== null && widthLanes < widthMaxLanes
  const isSlow = speedGtps !== null && speedMaxGtps !== null && speedGtps < speedMaxGtps
  if (!isNarrow && !isSlow) return null
  const speed = isSlow ? (generations[speedMaxGtps] ?? `${speedMaxGtps} GT/s`) : null
  return { text: `could be ${present([speed, isNarrow ? `×${widthMaxLanes}` : null]).join(' ')}`, isNarrow }
}

/** What a GPU is cut into: `7 × 1g.10gb`. */
export function gpuInstances({ partitioning, instances }: Gpu): readonly string[] {
  if (instances.length === 0) return present([partitioning])
  const profiles = countEach(instances.map((one) => one.profile ?? 'instance'))
  const cut = profiles.map(([profile, times]) => `${times} × ${profile}`).join(', ')
  return [partitioning === null ? cut : `${partitioning}: ${cut}`]
}

/** Model and maker of a memory module, and how fast it runs. */
export function dimmFacts({ type, speedMtps, configuredMtps, manufacturer, part }: Dimm): string {
  const speed = configuredMtps ?? speedMtps
  const slower = configuredMtps !== null && speedMtps !== null && configuredMtps < speedMtps ? ` of ${speedMtps}` : ''
  return present([type, speed && `${speed}${slower} MT/s`, manufacturer, part]).join(' ')
}

/** Classes of PCI functions that people ask for; memory controllers, counters and the like are not here. */
const pciClasses: Readonly<Record<string, string>> = {
  '0100': 'SCSI controller',
  '0101': 'IDE controller',
  '0104': 'RAID controller',
  '0106': 'SATA controller',
  '0107': 'SAS controller',
  '0108': 'NVMe controller',
  '0180': 'storage controller',
  '0200': 'Ethernet controller',
  '0207': 'InfiniBand controller',
  '0208': 'fabric controller',
  '0280': 'network controller',
  '0300': 'VGA controller',
  '0302': '3D controller',
  '0380': 'display controller',
  '0b40': 'coprocessor',
  '0c04': 'Fibre Channel controller',
  '0c06': 'InfiniBand controller',
  '0d80': 'wireless controller',
  '1000': 'encryption controller',
  '1080': 'encryption controller',
  '1200': 'processing accelerator',
}

/** `RAID controller`; null for a function that is a part of the platform rather than a device. */
export function pciClassName({ class: code }: PciDevice): string | null {
  return pciClasses[code.slice(0, 4)] ?? null
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
  const questions = [...new Set(unchecked.map((one) => one.question))].map(bound)
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

/** Without what is null or empty. */
export function present(parts: readonly (string | number | null | false | undefined)[]): readonly string[] {
  return parts.flatMap((part) => (typeof part === 'string' && part !== '' ? [part] : []))
}

/** Each value once, in order, with how often it occurs. */
export function countEach(values: readonly string[]): readonly (readonly [string, number])[] {
  return [...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length])
}
