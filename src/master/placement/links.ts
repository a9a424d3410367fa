// How well the GPUs of one machine are connected, pair by pair. A link counts in both directions, whoever tells it; of two
// the better. It does not know which GPUs are free.

import type { HardwareGpu } from '../../model/hardware.ts'

export type Links = {
  /** Row and column as the machine's GPUs: 0 where none is known, more is better; for sums. */
  readonly weights: readonly (readonly number[])[]
  /** The kind alone: 0 where none is known, more is better. */
  readonly ranks: readonly (readonly number[])[]
  /** The fastest rank there is on the machine, and its kinds; 0 and none where no link is known. */
  readonly fastest: number
  readonly fastestKinds: readonly string[]
}

/** From the slowest to the fastest, as `nvidia-smi topo` tells them apart; makers' own wires are of one rank. */
const ranks: ReadonlyMap<string, number> = new Map([
  ['sys', 1],
  ['node', 2],
  ['phb', 3],
  ['pxb', 4],
  ['pix', 5],
  ['nvlink', 6],
  ['xgmi', 6],
])
/** A wire is worth more than any way over PCI, and each further one as much again. */
const weightOfRank = [0, 1, 8, 16, 32, 64, 1000]
const wires = 6
const wiresMax = 100

export function linksOf(gpus: readonly HardwareGpu[]): Links {
  const index = new Map(gpus.map(({ uuid }, i) => [uuid, i]))
  const rankOf = gpus.map(() => gpus.map(() => 0))
  const weightOf = gpus.map(() => gpus.map(() => 0))
  const kinds = new Set<string>()
  let fastest = 0
  gpus.forEach(({ links }, a) => {
    for (const { to, kind, count } of links) {
      const b = index.get(to)
      const rank = ranks.get(kind) ?? 0
      if (b === undefined || b === a || rank === 0) continue
      const weight = (weightOfRank[rank] as number) * (rank < wires ? 1 : Math.max(1, Math.min(count ?? 1, wiresMax)))
      if (rank > fastest) kinds.clear()
      fastest = Math.max(fastest, rank)
      if (rank === fastest) kinds.add(kind)
      for (const [x, y] of [[a, b] as const, [b, a] as const]) {
        const [rankRow, weightRow] = [rankOf[x] as number[], weightOf[x] as number[]]
        rankRow[y] = Math.max(rankRow[y] as number, rank)
        weightRow[y] = Math.max(weightRow[y] as number, weight)
      }
    }
  })
  gpus.forEach((one, a) => {
    gpus.forEach((other, b) => {
      const row = weightOf[a] as number[]
      if (a !== b && one.node !== null && one.node === other.node) row[b] = (row[b] as number) + sameNodeWeight
    })
  })
  return { weights: weightOf, ranks: rankOf, fastest, fastestKinds: [...kinds] }
}

/** What a common NUMA node is worth where links do not tell it. */
const sameNodeWeight = 4
