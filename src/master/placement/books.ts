// The books of one machine: which of its parts are whose, and which a task would get.

import { type Grant, type Hardware, noGrant } from '../../model/hardware.ts'
import { fail, ok } from '../../model/result.ts'
import { type MachineBooks, nothingSick } from './types.ts'

/** `cpusMilli` is what the machine offers of cpus, which its operator may have set to more or less than it has. */
export function createMachineBooks(initial: Hardware, _cpusMilli: number): MachineBooks {
  let hardware = initial
  let sick = nothingSick
  const gpus = new Set<string>()
  const isFree = (uuid: string) => !gpus.has(uuid) && !sick.gpus.includes(uuid)
  return {
    place(need) {
      const free = hardware.gpus.map(({ uuid }) => uuid).filter(isFree)
      if (free.length < need.gpus) return fail('PLACEMENT_TAKEN', `the machine has no ${need.gpus} GPUs that are free`)
      return ok({ ...noGrant, gpuUuids: free.slice(0, need.gpus) })
    },
    hold: (grant: Grant) => {
      for (const uuid of grant.gpuUuids) gpus.add(uuid)
    },
    release: (grant: Grant) => {
      for (const uuid of grant.gpuUuids) gpus.delete(uuid)
    },
    setHardware: (newHardware, newSick) => {
      hardware = newHardware
      sick = newSick
    },
    free: () => ({
      nodes: [],
      coresElsewhere: '',
      gpus: hardware.gpus.map(({ uuid }) => uuid).filter(isFree),
      gpuInstances: [],
      nics: [],
      disks: [],
    }),
  }
}
