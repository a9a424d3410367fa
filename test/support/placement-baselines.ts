// Two placers to compare with, as schedulers have them that do not know a machine's topology: the first parts in order
// that are free, and by count, from the NUMA node that has fewest free and still enough. Both keep to what a task wishes
// for and to the CPUs that those who share need; neither looks at links, caches or what remains, and instances
// of GPUs are of one kind. They read what is free
// from the machine's books and book nothing.

import type { MachineBooks, Need, Wish } from '../../src/master/placement/types.ts'
import { formatCpuList, parseCpuList } from '../../src/model/cpu-set.ts'
import { type Grant, type Hardware, noGrant } from '../../src/model/hardware.ts'

export type Placer = (books: MachineBooks, need: Need, wish: Wish) => Grant | null

/** `sharedMilli` says how many cpus are shared now. */
export type BaselineOptions = { readonly hardware: Hardware; readonly sharedMilli: () => number }

export function firstFit(options: BaselineOptions): Placer {
  return baseline(options, (candidates) => candidates)
}

export function bestFitByCount(options: BaselineOptions): Placer {
  return baseline(options, (candidates, count) => {
    const enough = candidates.filter(({ free }) => free >= count).sort((a, b) => a.free - b.free)
    return enough.length > 0 ? enough : [...candidates].sort((a, b) => b.free - a.free)
  })
}

type Candidate = { readonly node: number; readonly free: number }
/** The nodes in the order in which they are used. */
type Order = (candidates: readonly Candidate[], count: number) => readonly Candidate[]

function baseline({ hardware, sharedMilli }: BaselineOptions, order: Order): Placer {
  const cores = hardware.cores.map(({ cpus, node }) => ({ cpus: parseCpuList(cpus) ?? [], node: node ?? -1 }))
  const linked = new Set(hardware.gpus.flatMap((gpu) => fastestOf(hardware, gpu.uuid)))
  return (books, need, wish) => {
    const state = books.free()
    const free = new Set(state.nodes.flatMap(({ cpus }) => parseCpuList(cpus) ?? []))
    const whole = cores.filter(({ cpus }) => cpus.every((cpu) => free.has(cpu)))
    const gpuNode = new Map(hardware.gpus.map(({ uuid, node }) => [uuid, node ?? -1]))
    const count = wish.cpus === 'shared' ? 0 : need.cpusMilli / 1000
    if (free.size * 1000 < sharedMilli() + need.cpusMilli) return null
    const nodes = state.nodes.map(({ id, memoryBytes }) => ({ node: id, free: 0, memoryBytes }))
    const inNodes = (ids: ReadonlySet<number> | null, gpus: readonly string[]): Grant | null => {
      const at = ids === null ? nodes : nodes.filter(({ node }) => ids.has(node))
      const threads = at.map((one) => ({
        ...one,
        free: whole.filter(({ node }) => node === one.node).reduce((sum, { cpus }) => sum + cpus.length, 0),
      }))
      const cpus = order(threads, count)
        .flatMap(({ node }) => whole.filter((core) => core.node === node).flatMap((core) => core.cpus))
        .slice(0, count)
      const memory = fillMemory(
        order(
          at.map((one) => ({ ...one, free: one.memoryBytes })),
          need.memoryBytes,
        ),
        need.memoryBytes,
      )
      if (cpus.length < count || (ids !== null && memory === null)) return null
      const sorted = [...cpus].sort((a, b) => a - b)
      return {
        ...noGrant,
        cpus: count > 0 ? formatCpuList(sorted) : null,
        memory: memory ?? [],
        gpuUuids: gpus,
        gpuInstanceUuids: instances,
      }
    }
    const asked = Object.entries(need.gpuInstances).reduce((sum, [, count]) => sum + count, 0)
    const instances = state.gpuInstances.slice(0, asked)
    if (instances.length < asked) return null
    const freeGpus = nodes.map(({ node }) => ({
      node,
      free: state.gpus.filter((uuid) => gpuNode.get(uuid) === node).length,
    }))
    const inOrder = order(freeGpus, need.gpus).flatMap(({ node }) =>
      state.gpus.filter((uuid) => gpuNode.get(uuid) === node),
    )
    const gpus = wish.gpus === 'linked' ? firstClique(inOrder, need.gpus, linked) : inOrder.slice(0, need.gpus)
    if (gpus === null || gpus.length < need.gpus) return null
    if (wish.numa !== 'single') return inNodes(null, gpus)
    for (const { node } of order(
      nodes.map((one) => ({ ...one, free: one.memoryBytes })),
      need.memoryBytes,
    )) {
      const grant = inNodes(new Set([node]), gpus)
      if (grant !== null) return grant
    }
    return null
  }
}

function fillMemory(order: readonly Candidate[], bytes: number): Grant['memory'] | null {
  let left = bytes
  const plan = order.flatMap(({ node, free }) => {
    const part = Math.min(left, free)
    left -= part
    return part > 0 ? [{ node, bytes: part }] : []
  })
  return left > 0 ? null : plan
}

const wires = new Set(['nvlink', 'xgmi'])

/** Pairs with the fastest kind of link of the machine, as `a b` in both directions. */
function fastestOf({ gpus }: Hardware, uuid: string): readonly string[] {
  return gpus
    .filter((gpu) => gpu.uuid === uuid)
    .flatMap(({ links }) => links.filter(({ kind }) => wires.has(kind)))
    .flatMap(({ to }) => [`${uuid} ${to}`, `${to} ${uuid}`])
}

export function linkedPairs(hardware: Hardware): ReadonlySet<string> {
  return new Set(hardware.gpus.flatMap(({ uuid }) => fastestOf(hardware, uuid)))
}

/** The first set in order of which each is linked with each. */
function firstClique(uuids: readonly string[], count: number, pairs: ReadonlySet<string>): readonly string[] | null {
  if (count === 0) return []
  for (let i = 0; i < uuids.length; i++) {
    const uuid = uuids[i] as string
    const others = uuids.slice(i + 1).filter((other) => pairs.has(`${uuid} ${other}`))
    const rest = firstClique(others, count - 1, pairs)
    if (rest !== null) return [uuid, ...rest]
  }
  return null
}
