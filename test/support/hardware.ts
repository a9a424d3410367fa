// Hardware and grants for tests that need little of them.

import { type Grant, type Hardware, type HardwareGpu, noGrant, noHardware } from '../../src/model/hardware.ts'

export function gpuNamed(uuid: string): HardwareGpu {
  return { uuid, model: null, memoryBytes: null, node: null, pciAddress: null, links: [], instances: [] }
}

/** A machine of which nothing is known but its GPUs. */
export function gpusOnly(uuids: readonly string[]): Hardware {
  return { ...noHardware, gpus: uuids.map(gpuNamed) }
}

export function grantOfGpus(gpuUuids: readonly string[]): Grant {
  return { ...noGrant, gpuUuids }
}
