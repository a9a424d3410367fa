// numactl beside the probe: nodes, their CPUs and memory, distances.

import { formatCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { judge, type Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

/** `numactl -H`. */
export function compareNumactl(text: string, { numa }: Inventory): readonly Verdict[] {
  const sizes = [...text.matchAll(/^node (\d+) size: (\d+) MB$/gm)]
  const nodes = [...text.matchAll(/^node (\d+) cpus:(.*)$/gm)].map(([, id = '', cpus = '']) => ({
    id,
    cpus: formatCpuList(cpus.split(' ').filter(Boolean).map(Number)),
    megabytes: Number(sizes.find(([, one]) => one === id)?.[2] ?? Number.NaN),
  }))
  const rows = [...text.matchAll(/^\s*\d+:((?:\s+\d+)+)\s*$/gm)].map(([, row = '']) =>
    row.trim().split(/\s+/).map(Number),
  )
  return [
    ...judgeEach(
      'node CPUs, MiB',
      byName(
        nodes,
        ({ id }) => id,
        ({ cpus, megabytes }) => [cpus, megabytes],
      ),
      byName(
        numa.nodes,
        ({ id }) => `${id}`,
        ({ cpus, memoryBytes }) => [cpus, toMebibytes(memoryBytes)],
      ),
    ),
    judge('distances', rows, numa.distances ?? []),
  ]
}

/** numactl cuts off what is left. */
function toMebibytes(bytes: number | null): number | null {
  return bytes === null ? null : Math.floor(bytes / (1024 * 1024))
}
