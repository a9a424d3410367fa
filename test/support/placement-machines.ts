// Hardware of made-up machines for placement's tests and bench: NUMA nodes, cores with threads, caches, GPUs with links,
// ports and disks, numbered as Linux does it (first threads of all cores, then second ones).

import type { Need, Wish } from '../../src/master/placement/types.ts'
import { noWish } from '../../src/master/placement/wish.ts'
import type { Hardware, HardwareGpu } from '../../src/model/hardware.ts'

export const gib = 2 ** 30

export type Shape = {
  readonly nodes: number
  readonly coresPerNode: number
  readonly threadsPerCore: number
  readonly cachesPerNode: number
  readonly gibPerNode: number
  readonly gpus: readonly HardwareGpu[]
  readonly nics: Hardware['nics']
  readonly disks: Hardware['disks']
}

const small: Shape = {
  nodes: 2,
  coresPerNode: 4,
  threadsPerCore: 2,
  cachesPerNode: 1,
  gibPerNode: 16,
  gpus: [],
  nics: [],
  disks: [],
}

/** Two nodes of four cores with two threads and 16 GiB each: CPUs 0-3,8-11 and 4-7,12-15. */
export function aMachine(shape: Partial<Shape> = {}): Hardware {
  const { nodes, coresPerNode, threadsPerCore, cachesPerNode, gibPerNode, ...parts } = { ...small, ...shape }
  const count = nodes * coresPerNode
  const ids = numbers(nodes)
  return {
    cores: numbers(count).map((core) => {
      const node = Math.floor(core / coresPerNode)
      const cache = Math.floor(((core % coresPerNode) * cachesPerNode) / coresPerNode)
      const cpus = numbers(threadsPerCore).map((thread) => core + thread * count)
      return { cpus: cpus.join(), node, package: node, cache: node * cachesPerNode + cache, kind: null }
    }),
    nodes: ids.map((id) => ({ id, memoryBytes: gibPerNode * gib, hugepages: [] })),
    distances: ids.map((a) => ids.map((b) => (a === b ? 10 : 21))),
    ...parts,
  }
}

export type LinkOf = (a: number, b: number) => { readonly kind: string; readonly count: number | null } | null

/** GPUs `GPU-0` … in order over the nodes; `cut` are given by so many instances of 1g.10gb each. */
export function someGpus(
  count: number,
  { nodes = 2, linkOf = () => null, cut = {} }: { nodes?: number; linkOf?: LinkOf; cut?: Record<number, number> } = {},
): readonly HardwareGpu[] {
  return numbers(count).map((gpu) => ({
    uuid: `GPU-${gpu}`,
    model: 'A GPU',
    memoryBytes: 80 * gib,
    node: Math.floor((gpu * nodes) / count),
    pciAddress: null,
    links: numbers(count).flatMap((other) => {
      const link = other === gpu ? null : linkOf(gpu, other)
      return link === null ? [] : [{ to: `GPU-${other}`, ...link }]
    }),
    instances: numbers(cut[gpu] ?? 0).map((i) => ({
      uuid: `MIG-${gpu}-${i}`,
      profile: '1g.10gb',
      resource: 'gpu-1g.10gb',
      memoryBytes: 10 * gib,
    })),
  }))
}

/** Each with each by the same switch of wires. */
export const switched: LinkOf = () => ({ kind: 'nvlink', count: 18 })

/** Bridges join two and two; else over PCI. */
export const inPairs: LinkOf = (a, b) => ({ kind: a >> 1 === b >> 1 ? 'nvlink' : 'phb', count: null })

/** Two boards of eight, each with each by wires; between the boards over the processors. */
export const inHives: LinkOf = (a, b) => ({ kind: a >> 3 === b >> 3 ? 'xgmi' : 'sys', count: null })

/** The hybrid cube mesh of machines with eight GPUs and without a switch: two fours, each with each, joined at corners. */
export const cubeMesh: LinkOf = (a, b) => {
  const count = meshCounts[a]?.[b] ?? 0
  return count > 0 ? { kind: 'nvlink', count } : { kind: 'sys', count: null }
}
const meshCounts = [
  [0, 1, 1, 2, 2, 0, 0, 0],
  [1, 0, 2, 1, 0, 2, 0, 0],
  [1, 2, 0, 2, 0, 0, 1, 0],
  [2, 1, 2, 0, 0, 0, 0, 1],
  [2, 0, 0, 0, 0, 1, 1, 2],
  [0, 2, 0, 0, 1, 0, 2, 1],
  [0, 0, 1, 0, 1, 2, 0, 2],
  [0, 0, 0, 1, 2, 1, 2, 0],
]

export function aNicPart(
  name: string,
  node: number | null,
  speedMbps: number | null = 100_000,
  isFree = true,
): Hardware['nics'][number] {
  return { name, mac: null, speedMbps, node, pciAddress: null, rdma: null, isFree }
}

export function aDiskPart(name: string, node: number | null): Hardware['disks'][number] {
  return { name, serial: null, sizeBytes: 2 ** 40, rotational: false, node, pciAddress: null }
}

/** Two sockets of 56 cores, eight GPUs on a switch, a fast port near each, and drives. */
export function aDgx(): Hardware {
  return aMachine({
    coresPerNode: 56,
    gibPerNode: 1000,
    gpus: someGpus(8, { linkOf: switched }),
    nics: numbers(8).map((i) => aNicPart(`ib${i}`, i >> 2, 400_000)),
    disks: numbers(8).map((i) => aDiskPart(`nvme${i}n1`, i >> 2)),
  })
}

export function aNeed(
  need: { cpus?: number; gib?: number; gpus?: number; instances?: number; disks?: readonly string[] } = {},
): Need {
  const { cpus = 1, gib: memory = 1, gpus = 0, instances = 0, disks = [] } = need
  const gpuInstances: Record<string, number> = instances === 0 ? {} : { 'gpu-1g.10gb': instances }
  return { cpusMilli: Math.round(cpus * 1000), memoryBytes: Math.round(memory * gib), gpus, gpuInstances, disks }
}

export function aWish(wish: Partial<Wish>): Wish {
  return { ...noWish, ...wish }
}

/** As an agent offers it that nobody told otherwise. */
export function cpusMilliOf({ cores }: Hardware): number {
  return cores.reduce((sum, core) => sum + cpuCount(core.cpus), 0) * 1000
}

function cpuCount(list: string): number {
  return list.split(',').reduce((sum, part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return sum + last - first + 1
  }, 0)
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i)
}
