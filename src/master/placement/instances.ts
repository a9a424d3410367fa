// Which instances of cut GPUs a task gets: from the GPU that has fewest free, so that others stay whole, and together on
// one GPU where they fit. It does not know CPUs.

import type { GpuWish } from './gpus.ts'
import { placeOfGpu } from './gpus.ts'
import { isInstanceFree, type View } from './ledger.ts'
import type { Links } from './links.ts'

/** Resource names (`gpu-1g.10gb`) and how many of each. */
export type Counts = Readonly<Record<string, number>>

/** Uuids; null where there are not so many. `isLinked`: of one GPU, or of GPUs that are. */
export function chooseInstances(view: View, counts: Counts, wish: GpuWish): readonly string[] | null {
  const asked = Object.entries(counts).filter(([, count]) => count > 0)
  if (asked.length === 0) return []
  const { gpus, links } = view.machine
  const free = gpus.map((_, gpu) => freeInstances(view, gpu, wish))
  const order = gpus
    .map((_, gpu) => gpu)
    .filter((gpu) => (free[gpu]?.length ?? 0) > 0)
    .sort((a, b) => far(view, wish, a) - far(view, wish, b) || (free[a]?.length ?? 0) - (free[b]?.length ?? 0) || a - b)
  const alone = order.map((gpu) => pick([free[gpu] ?? []], asked)).find((picked) => picked !== null)
  if (alone !== undefined) return alone
  for (const seed of order) {
    const group = wish.isLinked ? linkedTo(links, seed, order) : order
    const picked = pick(
      group.map((gpu) => free[gpu] ?? []),
      asked,
    )
    if (picked !== null) return picked
    if (!wish.isLinked) return null
  }
  return null
}

type Instance = { readonly uuid: string; readonly resource: string }

/** Those of one GPU that are free and that the wish allows. */
export function freeInstances(view: View, gpu: number, { among, place }: GpuWish): readonly Instance[] {
  if (place !== null && placeOfGpu(view.machine, gpu) !== place) return []
  const uuid = view.machine.gpus[gpu]?.uuid ?? ''
  const isAllowed = (instance: string) => among === null || among.includes(instance) || among.includes(uuid)
  return (view.machine.gpus[gpu]?.instances ?? []).filter(
    (one) => isAllowed(one.uuid) && isInstanceFree(view, one.uuid),
  )
}

function far({ machine }: View, { distance }: GpuWish, gpu: number): number {
  const place = placeOfGpu(machine, gpu)
  return distance(place === -1 ? [] : [place])
}

function linkedTo({ ranks, fastest }: Links, seed: number, gpus: readonly number[]): readonly number[] {
  const group = [seed]
  for (const gpu of gpus) {
    const isLinked = fastest > 0 && group.every((other) => ranks[gpu]?.[other] === fastest)
    if (gpu !== seed && isLinked) group.push(gpu)
  }
  return group
}

function pick(from: readonly (readonly Instance[])[], asked: readonly (readonly [string, number])[]) {
  const picked: string[] = []
  for (const [resource, count] of asked) {
    const fitting = from.flatMap((instances) => instances.filter((one) => one.resource === resource))
    if (fitting.length < count) return null
    picked.push(...fitting.slice(0, count).map(({ uuid }) => uuid))
  }
  return picked
}
