// GPUs: errors, remapped memory, throttling, links.
// It says what it sees at one look; what that means over time is the tracker's.

import { gpuRef } from '../parts.ts'
import type { HealthBench } from './bench.ts'
import { lookAtAmd } from './gpus-amd.ts'
import { lookAtGpuLog } from './gpus-log.ts'
import { lookAtNvidia } from './gpus-nvidia.ts'

/** Drivers whose reports are read here; those of i915 and xe are in the kernel log alone. */
const readDrivers = new Set(['nvidia', 'amdgpu', 'i915', 'xe'])

export function lookAtGpus(bench: HealthBench): void {
  const { gpus } = bench.inventory
  for (const gpu of gpus) {
    if (gpu.driver !== null && readDrivers.has(gpu.driver)) continue
    const message =
      gpu.driver === null ? 'it has no driver' : `what its driver ${gpu.driver} says of errors is not read`
    bench.findings.unchecked('errors of the GPU', gpuRef(gpu), 'HW_UNKNOWN', message)
  }
  lookAtNvidia(
    bench,
    gpus.filter((gpu) => gpu.driver === 'nvidia'),
  )
  lookAtAmd(
    bench,
    gpus.filter((gpu) => gpu.driver === 'amdgpu'),
  )
  lookAtGpuLog(bench)
}
