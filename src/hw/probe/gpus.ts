// GPUs and other accelerators that compute: found as PCI devices, described by their drivers.
// The display chip of a management controller or a virtual screen is not one.

import type { Disk, Gpu, Nic, PciDevice } from '../../model/inventory.ts'
import { parseHex } from '../parse/numbers.ts'
import { normalisePciAddress } from '../parse/pci.ts'
import { type GpuFacts, unknownGpu } from './gpu-facts.ts'
import { describeAmd } from './gpus-amd.ts'
import { describeNvidia } from './gpus-nvidia.ts'
import { numaNodeOf } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, listNames, readFact } from './report.ts'

const vendors: Readonly<Record<number, string>> = { 4318: 'nvidia', 4098: 'amd', 32902: 'intel', 7587: 'habana' }

const pciRoot = '/sys/bus/pci/devices'

/** The parts of the machine that a GPU can be near to. */
export type Surroundings = {
  readonly numa: NumaFacts
  readonly pci: readonly PciDevice[]
  readonly nics: readonly Nic[]
  readonly disks: readonly Disk[]
}

export function probeGpus(bench: Bench, { numa }: Surroundings): GpuFacts {
  const found = listNames(bench, pciRoot).flatMap((name) => pciGpu(bench, numa, name) ?? [])
  const of = (vendor: string) => found.filter((gpu) => gpu.vendor === vendor)
  const nvidia = describeNvidia(bench, of('nvidia'))
  const amd = describeAmd(bench, of('amd'))
  const others = found.filter((gpu) => gpu.vendor !== 'nvidia' && gpu.vendor !== 'amd')
  return { gpus: [...nvidia.gpus, ...amd.gpus, ...others], firmware: [...nvidia.firmware, ...amd.firmware] }
}

/** What the bus alone knows of a GPU; null for any other device. */
function pciGpu(bench: Bench, numa: NumaFacts, name: string): Gpu | null {
  const folder = `${pciRoot}/${name}`
  const kind = readFact(bench, `${folder}/class`, parseHex)
  const vendorId = kind === null || !isAccelerator(kind) ? null : readFact(bench, `${folder}/vendor`, parseHex)
  const vendor = vendorId === null ? undefined : vendors[vendorId]
  if (vendor === undefined) return null
  const path = bench.source.realPath(folder)
  const driver = bench.source.realPath(`${folder}/driver`)
  return {
    ...unknownGpu(vendor),
    numaNode: path === null ? null : numaNodeOf(bench, numa, path),
    pciAddress: normalisePciAddress(name),
    driver: driver === null ? null : driver.slice(driver.lastIndexOf('/') + 1),
  }
}

/** Display controllers (class 03) and processing accelerators (1200). */
function isAccelerator(kind: number): boolean {
  return kind >> 16 === 0x03 || kind >> 8 === 0x1200
}
