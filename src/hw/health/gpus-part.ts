// How findings name a GPU: by its place on the bus, and by its UUID, which goes with it wherever it is put.

import type { PartRef } from '../../model/health.ts'
import type { Gpu } from '../../model/inventory.ts'

export function gpuPart(gpu: Gpu): PartRef {
  return { kind: 'gpu', name: gpu.pciAddress ?? gpu.uuid ?? 'gpu', id: gpu.uuid }
}

/** PCIe sends a damaged packet again; so many more between two looks mean a bad contact. */
export const replayGrowthMin = 100
