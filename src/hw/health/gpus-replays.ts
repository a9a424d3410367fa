// Packets that a GPU had to send again over PCI Express, as both makers' drivers count them.

import type { Gpu } from '../../model/inventory.ts'
import { gpuRef } from '../parts.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'

/** PCIe sends a damaged packet again; so many more between two looks mean a bad contact. */
const replayGrowthMin = 100

export function countReplays(bench: HealthBench, gpu: Gpu, source: string, value: number): void {
  const counter = { code: 'PCIE_CORRECTED_ERRORS', part: gpuRef(gpu), source, text: 'packets sent again' } as const
  countSinceBoot(bench, { ...counter, value, growthMin: replayGrowthMin })
}
