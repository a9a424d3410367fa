// Which sick parts keep a task from being placed: as few as would have to be healthy, each of them needed, found by
// placing it as if others were healthy. It does not know why a part is sick.

import { formatCpuList, parseCpuList } from '../../model/cpu-set.ts'
import { asIfSick, formatThreads, type View } from './ledger.ts'
import { placeIn } from './place.ts'
import { type Need, nothingSick, type SickParts, type Wish } from './types.ts'
import { listed } from './words.ts'

/** Sets of parts that are tried for one answer; what is found by then is enough, and may be more than needed. */
const triesMax = 64

/** The parts for a person (`GPU-3, CPUs 4-7`); null where it would not be placed if all of them were healthy. */
export function whatHeals(view: View, sick: SickParts, need: Need, wish: Wish): string | null {
  const all = singleParts(view, sick)
  if (all.length === 0) return null
  const isEnough = (healed: readonly SickParts[]) => {
    const rest = all.filter((part) => !healed.includes(part))
    return 'grant' in placeIn(asIfSick(view, joined(rest)), need, wish)
  }
  const needed = fewest(all, isEnough)
  return needed === null || needed.length === 0 ? null : nameOf(joined(needed))
}

/**
 * Some of `all` that are enough together, where possible none of them in vain, and of equals the first; null where all
 * are not enough. What is enough may get too little by less, and is expected to stay enough by more.
 */
export function fewest<T>(all: readonly T[], isEnough: (some: readonly T[]) => boolean): readonly T[] | null {
  if (!isEnough(all)) return null
  let tries = 0
  // With the others, all of `parts` are enough.
  const neededOf = (parts: readonly T[], others: readonly T[]): readonly T[] => {
    if (parts.length === 0 || tries++ >= triesMax) return parts
    if (isEnough(others)) return []
    if (parts.length === 1) return parts
    const middle = Math.ceil(parts.length / 2)
    const first = parts.slice(0, middle)
    const last = neededOf(parts.slice(middle), [...others, ...first])
    return [...neededOf(first, [...others, ...last]), ...last]
  }
  return neededOf(all, [])
}

/** Each part by itself; CPUs by their place, for which of them are taken does not matter. */
function singleParts({ machine }: View, sick: SickParts): readonly SickParts[] {
  const cpus = new Set(parseCpuList(sick.cpus) ?? [])
  const isSick = (thread: number) => cpus.has(machine.cpuOfThread[thread] as number)
  const lists = machine.places.flatMap(({ cores }) => {
    const threads = cores.flatMap((core) => core.threads.filter(isSick))
    return threads.length === 0 ? [] : [formatThreads(machine, threads)]
  })
  return [
    ...sick.gpus.map((uuid) => ({ ...nothingSick, gpus: [uuid] })),
    ...sick.nics.map((name) => ({ ...nothingSick, nics: [name] })),
    ...sick.disks.map((name) => ({ ...nothingSick, disks: [name] })),
    ...sick.nodes.map((node) => ({ ...nothingSick, nodes: [node] })),
    ...lists.map((list) => ({ ...nothingSick, cpus: list })),
  ]
}

function joined(parts: readonly SickParts[]): SickParts {
  const cpus = parts.flatMap((part) => parseCpuList(part.cpus) ?? [])
  return {
    cpus: formatCpuList(cpus.sort((a, b) => a - b)),
    nodes: parts.flatMap(({ nodes }) => nodes),
    gpus: parts.flatMap(({ gpus }) => gpus),
    nics: parts.flatMap(({ nics }) => nics),
    disks: parts.flatMap(({ disks }) => disks),
  }
}

function nameOf({ gpus, nics, disks, nodes, cpus }: SickParts): string {
  const list = cpus === '' ? [] : [`${/^\d+$/.test(cpus) ? 'CPU' : 'CPUs'} ${cpus}`]
  return listed([...gpus, ...nics, ...disks, ...nodes.map((node) => `node ${node}`), ...list])
}
