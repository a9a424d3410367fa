// What of a machine can be given to tasks part by part: the inventory in the short form that placement decides with.
// What is unknown is left out. It does not know who has what.

import type { Hardware } from '../model/hardware.ts'
import type { Inventory } from '../model/inventory.ts'
import { usableGpuUuids } from './resources.ts'

export function hardwareOf(inventory: Inventory): Hardware {
  const usable = new Set(usableGpuUuids(inventory))
  return {
    cores: [],
    nodes: [],
    distances: null,
    gpus: inventory.gpus.flatMap((gpu) =>
      gpu.uuid === null || !usable.has(gpu.uuid)
        ? []
        : [
            {
              uuid: gpu.uuid,
              model: gpu.model,
              memoryBytes: gpu.memoryBytes,
              node: gpu.numaNode,
              pciAddress: gpu.pciAddress,
              links: [],
              instances: [],
            },
          ],
    ),
    nics: [],
    disks: [],
  }
}
