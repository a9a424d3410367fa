// AMD GPUs, described by the kernel's own files: the topology of its driver for computing (kfd) and the PCI device's
// attributes. A GPU that is cut into partitions shows as several kfd nodes at one place on the bus; here it is one GPU
// with instances (FN-0032).

import type { Firmware, Gpu, GpuInstance, GpuLink, PciDevice } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { amdgpuIdKey, parseAmdgpuIds } from '../parse/amdgpu-ids.ts'
import { parseDmiString } from '../parse/dmi.ts'
import { type KfdBank, type KfdGpu, parseAmdUniqueId, parseKfdBank, parseKfdNode } from '../parse/kfd.ts'
import { parsePositive } from '../parse/numbers.ts'
import { withoutFunction } from '../parse/pci.ts'
import { parseRocmSmi } from '../parse/rocm-smi.ts'
import { type GpuFacts, isSuspended, powerCapWatts } from './gpu-facts.ts'
import { gpuName } from './gpu-links.ts'
import { type Bench, listNumbered, readFact, settle } from './report.ts'

const kfdRoot = '/sys/class/kfd/kfd/topology/nodes'

/** libdrm's list of names, where distributions and AMD's own packages put it. */
const namesPaths = ['/usr/share/libdrm/amdgpu.ids', '/opt/amdgpu/share/libdrm/amdgpu.ids']

const rocmTimeoutMs = 20_000

type KfdNode = KfdGpu & { readonly banks: readonly KfdBank[] }

/** A GPU with the partitions that the driver for computing shows of it. */
type Pair = { readonly gpu: Gpu; readonly nodes: readonly KfdNode[] }

export function describeAmd(bench: Bench, onBus: readonly Gpu[], pci: readonly PciDevice[]): GpuFacts {
  if (onBus.length === 0) return { gpus: [], firmware: [] }
  const nodes = kfdGpus(bench)
  const driverVersion = readFact(bench, '/sys/module/amdgpu/version', parseDmiString)
  const pairs = onBus.map((gpu): Pair => {
    const own = nodes
      .filter((node) => node.place === withoutFunction(gpu.pciAddress ?? ''))
      .sort((a, b) => a.part - b.part)
    return {
      gpu: { ...described(bench, gpu, own), driverVersion: gpu.driver === 'amdgpu' ? driverVersion : null },
      nodes: own,
    }
  })
  const names = namesOf(
    bench,
    pairs.map(({ gpu }) => gpu),
    pci,
  )
  const named = pairs.map(({ gpu, nodes: own }) => ({ gpu: { ...gpu, model: gpu.model ?? names(gpu) }, nodes: own }))
  const gpus = named.map((pair): Gpu => ({ ...pair.gpu, links: xgmiLinks(pair, named) }))
  const firmware = gpus.flatMap(({ vbios, pciAddress }): Firmware[] =>
    vbios === null ? [] : [{ component: `gpu ${pciAddress}`, vendor: 'amd', version: vbios, date: null }],
  )
  return { gpus, firmware }
}

/** One a partition: a node that stands there twice is one. */
function kfdGpus(bench: Bench): readonly KfdNode[] {
  const seen = new Set<string>()
  return listNumbered(bench, kfdRoot, '').flatMap((node): KfdNode[] => {
    const gpu = readFact(bench, `${kfdRoot}/${node}/properties`, parseKfdNode)
    if (gpu === null || seen.has(`${gpu.place}.${gpu.part}`)) return []
    seen.add(`${gpu.place}.${gpu.part}`)
    const folder = `${kfdRoot}/${node}/mem_banks`
    const banks = listNumbered(bench, folder, '').flatMap(
      (bank) => readFact(bench, `${folder}/${bank}/properties`, parseKfdBank) ?? [],
    )
    return [{ ...gpu, banks }]
  })
}

function described(bench: Bench, gpu: Gpu, nodes: readonly KfdNode[]): Gpu {
  const folder = `/sys/bus/pci/devices/${gpu.pciAddress}`
  const files = new Set(settle(bench.report, bench.source.list(folder), folder) ?? [])
  const fact = <T>(name: string, parse: (text: string) => Reading<T>) =>
    files.has(name) ? readFact(bench, `${folder}/${name}`, parse) : null
  const first = nodes[0]
  const uuid = first?.uuid ?? fact('unique_id', parseAmdUniqueId)
  const mode = fact('current_compute_partition', parsePartition)
  const memoryMode = fact('current_memory_partition', parsePartition)
  const isCut = nodes.length > 1 || (mode !== null && mode !== 'SPX')
  const cut = [mode ?? 'partitions', ...(memoryMode === null || memoryMode === 'NPS1' ? [] : [memoryMode])].join('/')
  const isAsleep = files.has('power') && isSuspended(bench, folder)
  return {
    ...gpu,
    uuid,
    serial: fact('serial_number', parseDmiString),
    model: fact('product_name', parseDmiString),
    memoryBytes: fact('mem_info_vram_total', parsePositive) ?? memoryOf(nodes),
    vbios: fact('vbios_version', parseDmiString),
    computeCapability: first?.target ?? null,
    clockMaxMhz: first?.clockMaxMhz ?? null,
    memoryClockMaxMhz: first?.banks[0]?.clockMaxMhz ?? null,
    powerLimitWatts: files.has('hwmon') && !isAsleep ? powerCapWatts(bench, folder, 'power1_cap') : null,
    partitioning: isCut ? cut : null,
    instances: isCut ? nodes.map((node) => instanceOf(node, mode)) : [],
    isUsable: gpu.driver === 'amdgpu' && first !== undefined && uuid !== null && !isCut,
  }
}

/** Partitions have no id of their own: they are told apart by the function of their place on the bus. */
function instanceOf(node: KfdNode, mode: string | null): GpuInstance {
  return {
    uuid: null,
    profile: mode,
    memoryBytes: memoryOf([node]),
    gpuInstanceId: node.part,
    computeInstanceId: null,
    multiprocessors: node.computeUnits,
  }
}

/** Each partition reports its own part of the memory. */
function memoryOf(nodes: readonly KfdNode[]): number | null {
  const banks = nodes.flatMap((node) => node.banks)
  return banks.length === 0 ? null : banks.reduce((sum, bank) => sum + bank.sizeBytes, 0)
}

/**
 * GPUs of one hive are linked by XGMI, each with each: the kernel writes a link file for every two nodes of a hive, and
 * nothing else into it that is true of wires. A machine in 64 partitions has 4000 such files; the hive is in one.
 */
function xgmiLinks({ gpu, nodes }: Pair, pairs: readonly Pair[]): readonly GpuLink[] {
  const hive = nodes[0]?.hive ?? null
  if (hive === null) return []
  return pairs.flatMap((other): GpuLink[] => {
    const name = gpuName(other.gpu)
    const isPeer = other.gpu !== gpu && other.nodes[0]?.hive === hive && name !== null
    return isPeer ? [{ to: name, toKind: 'gpu', kind: 'xgmi', count: null }] : []
  })
}

/** Names for GPUs that do not carry one: libdrm's list, else AMD's tool, which is slow and asked last. */
function namesOf(bench: Bench, gpus: readonly Gpu[], pci: readonly PciDevice[]): (gpu: Gpu) => string | null {
  if (gpus.every((gpu) => gpu.model !== null)) return () => null
  const path = namesPaths.find((one) => bench.source.exists(one))
  const listed = path === undefined ? null : readFact(bench, path, (text) => known(parseAmdgpuIds(text)))
  const fromList = (gpu: Gpu) => {
    const device = pci.find((one) => one.address === gpu.pciAddress)
    return device?.deviceId && device.revision
      ? (listed?.get(amdgpuIdKey(device.deviceId, device.revision)) ?? null)
      : null
  }
  const isNameless = (gpu: Gpu) => gpu.model === null && gpu.isUsable && fromList(gpu) === null
  const cards = gpus.some(isNameless) ? rocmCards(bench) : []
  return (gpu) => fromList(gpu) ?? cards.find((card) => card.pciAddress === gpu.pciAddress)?.model ?? null
}

function rocmCards(bench: Bench) {
  const argv = ['rocm-smi', '--showproductname', '--showbus', '--json']
  const done = bench.source.run(argv, { timeoutMs: rocmTimeoutMs, maxAgeMs: 24 * 60 * 60_000 })
  // That nobody knows the name is said by the document; no tool needs to be installed for it.
  if (!done.ok || done.value.exitCode !== 0) return []
  return settle(bench.report, parseRocmSmi(done.value.stdout), argv.join(' ')) ?? []
}

function parsePartition(text: string): Reading<string> {
  const word = text.trim()
  return /^[A-Z]{2,4}\d{0,2}$/.test(word) ? known(word) : absent
}
