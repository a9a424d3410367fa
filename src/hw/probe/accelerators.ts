// Devices that compute and are not GPUs, by their PCI class.

import type { Accelerator, PciDevice } from '../../model/inventory.ts'
import type { Bench } from './report.ts'

export function probeAccelerators(_bench: Bench, _pci: readonly PciDevice[]): readonly Accelerator[] {
  return []
}
