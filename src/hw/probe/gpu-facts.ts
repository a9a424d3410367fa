// What looking for GPUs gives, whoever describes them. It does not know where the facts come from.

import type { Firmware, Gpu } from '../../model/inventory.ts'

export type GpuFacts = { readonly gpus: readonly Gpu[]; readonly firmware: readonly Firmware[] }

/** A GPU of which only the vendor is known. */
export function unknownGpu(vendor: string): Gpu {
  return {
    uuid: null,
    vendor,
    model: null,
    serial: null,
    memoryBytes: null,
    memoryNode: null,
    numaNode: null,
    pciAddress: null,
    driver: null,
    driverVersion: null,
    vbios: null,
    computeCapability: null,
    ecc: null,
    powerLimitWatts: null,
    clockMaxMhz: null,
    memoryClockMaxMhz: null,
    partitioning: null,
    instances: [],
    isUsable: false,
    links: [],
  }
}
