// What of one machine is free, as offers show it: healthy and nobody's alone. It decides nothing.

import {
  formatThreads,
  isGpuFree,
  isInstanceFree,
  isPartFree,
  isThreadFree,
  memoryFree,
  partKey,
  type View,
} from './ledger.ts'
import type { Place } from './machine.ts'
import type { FreeHardware } from './types.ts'

export function freeHardware(view: View): FreeHardware {
  const { machine } = view
  const { nics } = machine.hardware
  const elsewhere = machine.places.find(({ node }) => node === null)
  return {
    nodes: machine.places.flatMap((place) =>
      place.node === null
        ? []
        : [{ id: place.node, ...freeCpus(view, place), memoryBytes: memoryFree(view, place.index) }],
    ),
    coresElsewhere: elsewhere === undefined ? '' : freeCpus(view, elsewhere).cpus,
    gpus: machine.gpus.flatMap(({ uuid }, gpu) => (isGpuFree(view, gpu) ? [uuid] : [])),
    gpuInstances: machine.gpus.flatMap(({ instances }) =>
      instances.flatMap(({ uuid }) => (isInstanceFree(view, uuid) ? [uuid] : [])),
    ),
    nics: nics.flatMap(({ name }) => (isPartFree(view, partKey('nic', name)) ? [name] : [])),
  }
}

function freeCpus(view: View, { cores }: Place): { readonly cpus: string; readonly cores: number } {
  const threads: number[] = []
  let whole = 0
  for (const core of cores) {
    const free = core.threads.filter((thread) => isThreadFree(view, thread))
    if (free.length === core.threads.length) whole++
    threads.push(...free)
  }
  return { cpus: formatThreads(view.machine, threads), cores: whole }
}
