// GPUs and accelerators that share their class: found as PCI devices, described by their drivers.
// The display chip of a management controller or a virtual screen is not one.

import type { Disk, Firmware, Gpu, Nic, PciDevice } from '../../model/inventory.ts'
import { type GpuFacts, unknownGpu } from './gpu-facts.ts'
import { gpusLinkedMax, withNeighbours } from './gpu-links.ts'
import { describeAmd } from './gpus-amd.ts'
import { describeIntel } from './gpus-intel.ts'
import { describeNvidia } from './gpus-nvidia.ts'
import type { NumaFacts } from './numa.ts'
import type { Bench } from './report.ts'

/** By PCI vendor. Habana's accelerators are counted among GPUs: they have the class, and programs use them as such. */
const vendors: Readonly<Record<string, string>> = { '10de': 'nvidia', '1002': 'amd', '8086': 'intel', '1da3': 'habana' }

/** The parts of the machine that a GPU can be near to. */
export type Surroundings = {
  readonly numa: NumaFacts
  readonly pci: readonly PciDevice[]
  readonly nics: readonly Nic[]
  readonly disks: readonly Disk[]
}

export function probeGpus(bench: Bench, { pci, nics, disks }: Surroundings): GpuFacts {
  const found = pci.flatMap((device) => pciGpu(device) ?? [])
  const of = (vendor: string) => found.filter((gpu) => gpu.vendor === vendor)
  const described = [
    describeNvidia(bench, of('nvidia'), { pci, nics }),
    describeAmd(bench, of('amd'), pci),
    describeIntel(bench, of('intel')),
    { gpus: of('habana'), firmware: [] },
  ]
  const gpus = described.flatMap((one): readonly Gpu[] => one.gpus)
  const firmware = described.flatMap((one): readonly Firmware[] => one.firmware)
  for (const gpu of gpus) {
    if (gpu.partitioning === null) continue
    const message = `the GPU is cut into instances (${gpu.partitioning}) and is not offered as a whole`
    bench.report.add({ code: 'HW_CONFLICT', where: `gpus[${gpu.pciAddress}]`, message })
  }
  if (gpus.length > gpusLinkedMax) {
    const message = `${gpus.length} GPUs are more than any machine has: the links between them are left out`
    bench.report.add({ code: 'HW_CONFLICT', where: 'gpus', message })
    return { gpus, firmware }
  }
  return { gpus: withNeighbours(gpus, { pci, nics, disks }), firmware }
}

/** What the bus alone knows of a GPU; null for any other device. */
function pciGpu(device: PciDevice): Gpu | null {
  const vendor = isAccelerator(device.class) ? vendors[device.vendorId ?? ''] : undefined
  if (vendor === undefined) return null
  const { numaNode, address, driver } = device
  return { ...unknownGpu(vendor), numaNode, pciAddress: address, driver }
}

/** Display controllers (class 03) and processing accelerators (1200). */
function isAccelerator(kind: string): boolean {
  return kind.startsWith('03') || kind.startsWith('1200')
}
