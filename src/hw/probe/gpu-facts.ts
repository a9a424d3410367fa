// What looking for GPUs gives, whoever describes them. It does not know where the facts come from.

import type { Firmware, Gpu } from '../../model/inventory.ts'
import { known } from '../../model/reading.ts'
import { parsePositive } from '../parse/numbers.ts'
import { type Bench, listNames, readFact } from './report.ts'

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

/** What a GPU's own sensor device (`hwmon` in its folder) says it is held to, which the kernel counts in microwatts. */
export function powerCapWatts(bench: Bench, folder: string, file: string): number | null {
  const sensor = listNames(bench, `${folder}/hwmon`)[0]
  const microwatts = sensor === undefined ? null : readFact(bench, `${folder}/hwmon/${sensor}/${file}`, parsePositive)
  return microwatts === null ? null : microwatts / 1e6
}

/** A device that sleeps to save power: reading its sensors or error counters would wake it. */
export function isSuspended(bench: Bench, folder: string): boolean {
  return readFact(bench, `${folder}/power/runtime_status`, (text) => known(text.trim())) === 'suspended'
}
