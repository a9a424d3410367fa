// NVIDIA GPUs, described by nvidia-smi, and where that is missing by the files of the driver. The tool runs only when the
// driver is loaded: on a machine without such a GPU nothing here costs more than a look.

import type { Firmware, Gpu, GpuInstance, GpuLink, Nic, PciDevice } from '../../model/inventory.ts'
import { known, type Reading } from '../../model/reading.ts'
import type { Fault, Result } from '../../model/result.ts'
import { type MigDevice, parseComputeCapabilities, parseLostGpus, parseMigDevices } from '../parse/nvidia-lists.ts'
import {
  type NvidiaInformation,
  parseNvidiaInformation,
  parseNvidiaNumaStatus,
  parseNvidiaVersion,
} from '../parse/nvidia-proc.ts'
import type { NvidiaGpu, NvidiaSmi } from '../parse/nvidia-smi.ts'
import { type NvidiaTopo, parseNvidiaTopo } from '../parse/nvidia-topo.ts'
import { normalisePciAddress } from '../parse/pci.ts'
import { type GpuFacts, unknownGpu } from './gpu-facts.ts'
import { gpuName } from './gpu-links.ts'
import { askNvidia, nvidiaQuery, runNvidia } from './nvidia-tool.ts'
import { type Bench, listNames, readFact } from './report.ts'

const procRoot = '/proc/driver/nvidia'

/** What every GPU of the driver is before anybody has described it. */
const blank: Gpu = { ...unknownGpu('nvidia'), driver: 'nvidia' }

/** `pci` may know the place of a GPU of which it does not know what it is. */
type Beside = { readonly pci: readonly PciDevice[]; readonly nics: readonly Nic[] }

type Described = Gpu & { readonly firmware: readonly Firmware[] }

/** `onBus` are the NVIDIA devices that the bus shows. A GPU that only the driver or its tool shows is added. */
export function describeNvidia(bench: Bench, onBus: readonly Gpu[], { pci, nics }: Beside): GpuFacts {
  const folders = procFolders(bench)
  const isKnown = (address: string) => onBus.some((gpu) => gpu.pciAddress === address)
  const hidden = [...folders.keys()].flatMap((address): Gpu[] => {
    const numaNode = pci.find((device) => device.address === address)?.numaNode ?? null
    return isKnown(address) ? [] : [{ ...blank, pciAddress: address, numaNode }]
  })
  const found = [...onBus, ...hidden]
  const isLoaded = found.some((gpu) => gpu.driver === 'nvidia') || bench.source.exists(`${procRoot}/version`)
  if (!isLoaded) return { gpus: found, firmware: [] }
  const answer = askNvidia(bench.source)
  const said = told(bench, nvidiaQuery.join(' '), answer)
  const described = answer.ok
    ? describedByTool(bench, found, answer.value, folders)
    : describedByFiles(bench, found, folders, isAliveAfter(answer.fault))
  const firmware = described.flatMap((gpu) => gpu.firmware)
  const gpus = described.map(({ firmware: _, ...gpu }): Gpu => gpu)
  return { gpus: said === null || said.gpus.length < 2 ? gpus : withTopology(bench, gpus, said, nics), firmware }
}

/** The driver's folders by the address in the form of the document. */
function procFolders(bench: Bench): ReadonlyMap<string, string> {
  const names = listNames(bench, `${procRoot}/gpus`)
  return new Map(
    names.flatMap((name) => {
      const address = normalisePciAddress(name)
      return address === null ? [] : [[address, `${procRoot}/gpus/${name}`] as const]
    }),
  )
}

function describedByTool(
  bench: Bench,
  found: readonly Gpu[],
  said: NvidiaSmi,
  folders: ReadonlyMap<string, string>,
): readonly Described[] {
  const capabilities = said.gpus.length === 0 ? new Map<string, string>() : computeCapabilities(bench)
  const migs = said.gpus.some((one) => one.instances.length > 0) ? migDevices(bench) : []
  const describe = (gpu: Gpu, facts: NvidiaGpu): Described => ({
    ...gpu,
    uuid: facts.uuid ?? informationOf(bench, folders.get(gpu.pciAddress ?? ''))?.uuid ?? null,
    serial: facts.serial,
    model: facts.model,
    memoryBytes: facts.memoryBytes,
    memoryNode: memoryNode(bench, folders.get(gpu.pciAddress ?? '')),
    driverVersion: said.driverVersion,
    vbios: facts.vbios,
    computeCapability: capabilities.get(gpu.pciAddress ?? '') ?? null,
    ecc: facts.isEccOn,
    powerLimitWatts: facts.powerLimitWatts,
    clockMaxMhz: facts.clockMaxMhz,
    memoryClockMaxMhz: facts.memoryClockMaxMhz,
    partitioning: facts.isMig ? 'MIG' : null,
    instances: instancesOf(facts, migs),
    isUsable: facts.uuid !== null && !facts.isMig && facts.health.lost === null,
    firmware: firmwareOf(gpu, facts),
  })
  const onBus = found.map((gpu): Described => {
    const facts = said.gpus.find((one) => one.pciAddress !== null && one.pciAddress === gpu.pciAddress)
    if (facts !== undefined) return describe(gpu, facts)
    if (gpu.driver === 'nvidia') {
      const message = `${gpu.pciAddress} is on the bus, but the driver does not answer for it`
      bench.report.add({ code: 'HW_CONFLICT', where: nvidiaQuery.join(' '), message })
    }
    // Who it is stays known, so that it is told apart from one that was taken out.
    const named = informationOf(bench, folders.get(gpu.pciAddress ?? ''))
    return { ...gpu, uuid: named?.uuid ?? null, model: named?.model ?? null, firmware: [] }
  })
  const others = said.gpus.filter((facts) => !found.some((gpu) => gpu.pciAddress === facts.pciAddress))
  return [...onBus, ...others.map((facts) => describe({ ...blank, pciAddress: facts.pciAddress }, facts))]
}

/** The driver's files know names, UUID and firmware, not the memory, and not whether it is cut into instances. */
function describedByFiles(
  bench: Bench,
  found: readonly Gpu[],
  folders: ReadonlyMap<string, string>,
  isAlive: (address: string) => boolean,
): readonly Described[] {
  const driverVersion = readFact(bench, `${procRoot}/version`, parseNvidiaVersion)
  return found.map((gpu): Described => {
    const folder = folders.get(gpu.pciAddress ?? '')
    if (folder === undefined) return { ...gpu, firmware: [] }
    const facts = informationOf(bench, folder)
    const uuid = facts?.uuid ?? null
    return {
      ...gpu,
      uuid,
      model: facts?.model ?? null,
      vbios: facts?.videoBios ?? null,
      memoryNode: memoryNode(bench, folder),
      driverVersion,
      isUsable: uuid !== null && isAlive(gpu.pciAddress ?? '') && !isCut(bench, facts?.minor ?? null),
      firmware: firmwareOf(gpu, { vbios: facts?.videoBios ?? null, gspFirmware: facts?.gspFirmware ?? null }),
    }
  })
}

/**
 * A tool that is not installed says nothing against a GPU. One that failed and named lost GPUs failed because of those;
 * one that failed and named none means that the driver answers for no GPU, and tasks would fare no better.
 */
function isAliveAfter({ code, details }: Fault): (address: string) => boolean {
  const { output } = (details ?? {}) as { readonly output?: unknown }
  const lost = parseLostGpus(typeof output === 'string' ? output : '')
  if (code === 'HW_TOOL_MISSING') return () => true
  return (address) => lost.size > 0 && !lost.has(address)
}

function informationOf(bench: Bench, folder: string | undefined): NvidiaInformation | null {
  const read = (text: string): Reading<NvidiaInformation> => known(parseNvidiaInformation(text))
  return folder === undefined ? null : readFact(bench, `${folder}/information`, read)
}

/** The driver keeps a folder for each MIG instance, under the number of the GPU's device file. */
function isCut(bench: Bench, minor: number | null): boolean {
  if (minor === null) return false
  return listNames(bench, `${procRoot}/capabilities/gpu${minor}/mig`).some((name) => /^gi\d+$/.test(name))
}

function memoryNode(bench: Bench, folder: string | undefined): number | null {
  return folder === undefined ? null : readFact(bench, `${folder}/numa_status`, parseNvidiaNumaStatus)
}

function instancesOf(facts: NvidiaGpu, migs: readonly MigDevice[]): readonly GpuInstance[] {
  return facts.instances.map((one) => {
    const mig = migs.find((device) => device.gpuUuid === facts.uuid && device.index === one.index)
    return {
      uuid: mig?.uuid ?? null,
      profile: mig?.profile ?? null,
      memoryBytes: one.memoryBytes,
      gpuInstanceId: one.gpuInstanceId,
      computeInstanceId: one.computeInstanceId,
      multiprocessors: one.multiprocessors,
    }
  })
}

function computeCapabilities(bench: Bench): ReadonlyMap<string, string> {
  const argv = ['nvidia-smi', '--query-gpu=pci.bus_id,compute_cap', '--format=csv,noheader']
  // Drivers before 510 refuse the field: that is no problem of the machine's, the fact stays unknown.
  const done = runNvidia(bench.source, argv, (text) => known(parseComputeCapabilities(text)))
  return done.ok ? done.value : new Map()
}

function migDevices(bench: Bench): readonly MigDevice[] {
  const argv = ['nvidia-smi', '-L']
  return (
    told(
      bench,
      argv.join(' '),
      runNvidia(bench.source, argv, (text) => known(parseMigDevices(text))),
    ) ?? []
  )
}

/** Links to GPUs and NICs as the driver tells them, and the NUMA nodes of memory that no file told. */
function withTopology(bench: Bench, gpus: readonly Gpu[], said: NvidiaSmi, nics: readonly Nic[]): readonly Gpu[] {
  const argv = ['nvidia-smi', 'topo', '-m']
  const topo = told(bench, argv.join(' '), runNvidia(bench.source, argv, parseNvidiaTopo))
  if (topo === null) return gpus
  // By the document's own GPUs: the driver's files may know a UUID that the tool did not say.
  const nameOf = (index: number) => {
    const facts = said.gpus[index]
    const peer = gpus.find((gpu) => facts !== undefined && gpu.pciAddress === facts.pciAddress)
    return peer === undefined ? null : gpuName(peer)
  }
  return gpus.map((gpu): Gpu => {
    const index = said.gpus.findIndex((one) => one.pciAddress !== null && one.pciAddress === gpu.pciAddress)
    if (index === -1) return gpu
    const links = [...gpuLinks(topo, index, nameOf), ...nicLinks(topo, nics, index)]
    return { ...gpu, links, memoryNode: gpu.memoryNode ?? topo.memoryNodes.get(index) ?? null }
  })
}

function gpuLinks(topo: NvidiaTopo, index: number, nameOf: (index: number) => string | null): readonly GpuLink[] {
  return topo.pairs.flatMap(({ from, to, kind, count }): GpuLink[] => {
    const name = from === index ? nameOf(to) : null
    return name === null ? [] : [{ to: name, toKind: 'gpu', kind, count }]
  })
}

/** The tool names RDMA devices; the document's name is that of the network interface where there is one. */
function nicLinks(topo: NvidiaTopo, nics: readonly Nic[], index: number): readonly GpuLink[] {
  return topo.nics.flatMap(({ gpu, name, kind }): GpuLink[] => {
    if (gpu !== index) return []
    const nic = nics.find((one) => one.rdma?.name === name || one.name === name)
    return [{ to: nic?.name ?? name, toKind: 'nic', kind, count: null }]
  })
}

type Versions = Pick<NvidiaGpu, 'vbios' | 'gspFirmware'> & { readonly inforom?: string | null }

/** `gpu <address>` is the BIOS of the board; its other firmware has a word more. */
function firmwareOf({ pciAddress }: Gpu, { vbios, gspFirmware, inforom }: Versions): readonly Firmware[] {
  const parts = [
    ['', vbios],
    [' gsp', gspFirmware],
    [' inforom', inforom],
  ] as const
  return parts.flatMap(([word, version]) =>
    version === null || version === undefined || pciAddress === null
      ? []
      : [{ component: `gpu ${pciAddress}${word}`, vendor: 'nvidia', version, date: null }],
  )
}

function told<T>(bench: Bench, where: string, done: Result<T>): T | null {
  if (done.ok) return done.value
  bench.report.add({ code: done.fault.code, where, message: done.fault.message })
  return null
}
