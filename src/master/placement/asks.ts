// What is wrong with an ask on a machine whoever has what of it: names that it does not have, numbers that it has nothing
// of. Each is a sentence for a person. What the whole machine is too small for is found by placing on it while it is
// empty, not here.

import { isWholeCores } from './cores.ts'
import type { Machine } from './machine.ts'
import type { Need, Wish } from './types.ts'
import { counted, listed } from './words.ts'

/** A sentence, or null where nothing is. */
export function whatIsWrong(machine: Machine, need: Need, wish: Wish): string | null {
  return (
    wrongCpus(machine, need, wish) ??
    wrongNuma(machine, wish) ??
    wrongGpus(machine, need, wish) ??
    wrongParts(machine, wish)
  )
}

function wrongCpus({ cores, cpuOfThread }: Machine, { cpusMilli }: Need, { cpus }: Wish): string | null {
  if (cpus === 'shared') return null
  const asked = cpusMilli / 1000
  if (cores.length === 0) return 'it asks for CPUs of its own and the cores of this machine are not known'
  if (asked > cpuOfThread.length) {
    return `it asks for ${counted(asked, 'CPU')} of its own and the machine has ${cpuOfThread.length}`
  }
  if (cpus === 'threads') {
    const isWhole = Number.isInteger(asked) && asked > 0
    return isWhole ? null : `cpus ${asked} is not a whole number of CPUs: ask ${Math.max(1, Math.ceil(asked))}`
  }
  if (asked > 0 && Number.isInteger(asked) && isWholeCores(cores, asked)) return null
  const sizes = [...new Set(cores.map(({ threads }) => threads.length))].sort((a, b) => a - b)
  let next = Math.max(1, Math.ceil(asked))
  while (next < cpuOfThread.length && !isWholeCores(cores, next)) next++
  const each = sizes.length === 1 ? counted(sizes[0] as number, 'thread') : `${sizes.join(' or ')} threads`
  return `cpus ${asked} is not a whole number of cores here: each has ${each}, ask ${next}`
}

function wrongNuma({ places }: Machine, { numa }: Wish): string | null {
  if (numa === 'any' || numa === 'preferred') return null
  const nodes = places.flatMap(({ node }) => (node === null ? [] : [node]))
  if (nodes.length === 0) return 'it wishes for NUMA nodes and those of this machine are not known'
  if (typeof numa !== 'number' || nodes.includes(numa)) return null
  return `the machine has no NUMA node ${numa}: it has ${listed(nodes.map(String))}`
}

function wrongGpus({ gpus, gpuOfInstance, links }: Machine, need: Need, { gpus: wish }: Wish): string | null {
  const instances = Object.entries(need.gpuInstances).filter(([, count]) => count > 0)
  const asked = instances.reduce((sum, [, count]) => sum + count, need.gpus)
  if (![need.gpus, ...instances.map(([, count]) => count)].every(Number.isInteger)) {
    return `it asks for a part of a GPU, and ${instances.length > 0 ? 'instances' : 'GPUs'} are given whole`
  }
  if (wish === 'linked') {
    const isLinked = asked < 2 || links.fastest > 0 || need.gpus === 0
    return isLinked ? null : 'it wishes for linked GPUs and no links between those of this machine are known'
  }
  if (wish === 'any') return null
  const known = new Set(gpus.map(({ uuid }) => uuid))
  const strange = wish.filter((uuid) => !known.has(uuid) && !gpuOfInstance.has(uuid))
  if (strange.length > 0) return `the machine has no GPU ${listed(strange)}: it has ${listed([...known])}`
  const whole = new Set(gpus.flatMap(({ uuid, instances }) => (instances.length === 0 ? [uuid] : [])))
  const named = wish.filter((uuid) => whole.has(uuid)).length
  if (named >= need.gpus) return null
  return `it asks for ${counted(need.gpus, 'whole GPU')} and names ${named} that the machine gives whole`
}

function wrongParts({ hardware, placeOfPart }: Machine, { near, nics }: Wish): string | null {
  return wrongPorts(nics, hardware.nics) ?? wrongNear(near, hardware, placeOfPart)
}

function wrongPorts(wish: number | readonly string[], ports: Machine['hardware']['nics']): string | null {
  const names = ports.map(({ name }) => name)
  const given = ports.filter(({ isFree }) => isFree).map(({ name }) => name)
  if (typeof wish === 'number') {
    const few = `it asks for ${counted(wish, 'network port')} of its own; those that the machine does not use itself`
    return wish <= given.length ? null : `${few} are ${listed(given)}`
  }
  const strange = wish.filter((name) => !names.includes(name))
  if (strange.length > 0) return `the machine has no network port ${listed(strange)}: it has ${listed(names)}`
  const used = wish.filter((name) => !given.includes(name))
  if (used.length === 0) return null
  return `the machine itself uses network port ${listed(used)}; tasks are given ${listed(given)}`
}

function wrongNear(near: string | null, hardware: Machine['hardware'], parts: Machine['placeOfPart']): string | null {
  if (near === null || parts.has(near)) return null
  const { gpus, nics, disks } = hardware
  const kind = new Map<string, readonly unknown[]>([
    ['gpu', gpus],
    ['nic', nics],
    ['disk', disks],
  ]).get(near)
  if (kind === undefined) return `it wishes to be near ${near}, which the machine does not have`
  return kind.length > 0 ? null : `it wishes to be near a ${near} and the machine has none`
}
