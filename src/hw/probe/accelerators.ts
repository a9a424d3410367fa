// Devices that compute and are not GPUs: PCI functions by their ids, drivers and classes, and whatever the kernel's accel
// subsystem drives, on a bus or not. Memory behind CXL is memory, not an accelerator.

import type { Accelerator, Gpu, PciDevice } from '../../model/inventory.ts'
import { acceleratorName } from '../parse/accelerator-ids.ts'
import { pciAddressInPath } from '../parse/pci.ts'
import { numaNodeOf } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, linkName, listNames } from './report.ts'

const accelRoot = '/sys/class/accel'

/** What `gpus` lists is not listed here: some makers' accelerators are scheduled like GPUs. */
export function probeAccelerators(
  bench: Bench,
  { numa, pci, gpus }: { readonly numa: NumaFacts; readonly pci: readonly PciDevice[]; readonly gpus: readonly Gpu[] },
): readonly Accelerator[] {
  const listed = new Set(gpus.map((gpu) => gpu.pciAddress))
  const driven = drivenDevices(bench)
  const drivenAddresses = new Set(driven.map((path) => pciAddressInPath(path)))
  const onBus = pci.flatMap((device): readonly Accelerator[] => {
    const { address, driver, numaNode } = device
    const name = acceleratorName(device)
    if (listed.has(address) || (name === null && !drivenAddresses.has(address))) return []
    return [{ ...(name ?? { kind: 'processing', vendor: null, model: null }), driver, numaNode, pciAddress: address }]
  })
  const elsewhere = driven.filter((path) => pciAddressInPath(path) === null)
  return [...onBus, ...elsewhere.map((path) => offBus(bench, numa, path))]
}

/** Real paths of the devices that have an accel node. */
function drivenDevices(bench: Bench): readonly string[] {
  return listNames(bench, accelRoot).flatMap((name) => bench.source.realPath(`${accelRoot}/${name}/device`) ?? [])
}

/** A part of a system on a chip. */
function offBus(bench: Bench, numa: NumaFacts, path: string): Accelerator {
  return {
    kind: 'npu',
    vendor: null,
    model: null,
    driver: linkName(bench, `${path}/driver`),
    numaNode: numaNodeOf(bench, numa, path),
    pciAddress: null,
  }
}
