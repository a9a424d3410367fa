// What each GPU is near to: the links that its driver tells, and for the pairs it does not tell, the way over the PCI tree.
// Of NICs and drives only those are listed that share a switch or a host bridge with the GPU: what is on the same NUMA
// node is said by their `numaNode`, and a list of everything far away helps nobody.

import type { Disk, Gpu, GpuLink, Nic, PciDevice } from '../../model/inventory.ts'
import { type PciTree, pciDistance, pciTree } from './pci-distance.ts'

type Neighbour = { readonly name: string; readonly kind: 'nic' | 'disk'; readonly pciAddress: string }

export type Nearby = {
  readonly pci: readonly PciDevice[]
  readonly nics: readonly Nic[]
  readonly disks: readonly Disk[]
}

/** Links are as many as pairs; a list of more GPUs than this is damaged or made up, and gets none. */
export const gpusLinkedMax = 256

const nearKinds = new Set(['pix', 'pxb', 'phb'])

/** The GPUs with all their links: GPUs first, then NICs, then drives; what the driver told stays as it is. */
export function withNeighbours(gpus: readonly Gpu[], { pci, nics, disks }: Nearby): readonly Gpu[] {
  if (gpus.length === 0) return gpus
  const tree = pciTree(pci)
  const neighbours = [
    ...nics.flatMap(({ name, pciAddress }) =>
      pciAddress === null ? [] : [{ name, kind: 'nic' as const, pciAddress }],
    ),
    ...disks.flatMap(({ name, pciAddress }) =>
      pciAddress === null ? [] : [{ name, kind: 'disk' as const, pciAddress }],
    ),
  ]
  return gpus.map((gpu) => {
    const told = gpu.links
    const toGpus = [...told.filter((link) => link.toKind === 'gpu'), ...gpuLinks(tree, gpu, gpus)]
    const toOthers = [...told.filter((link) => link.toKind !== 'gpu'), ...neighbourLinks(tree, gpu, neighbours)]
    const isNear = (link: GpuLink) => link.toKind === 'gpu' || nearKinds.has(link.kind)
    return { ...gpu, links: [...toGpus, ...toOthers].filter(isNear) }
  })
}

/** How links name a GPU. */
export function gpuName(gpu: Gpu): string | null {
  return gpu.uuid ?? gpu.pciAddress
}

function gpuLinks(tree: PciTree, gpu: Gpu, gpus: readonly Gpu[]): readonly GpuLink[] {
  const told = new Set(gpu.links.flatMap((link) => (link.toKind === 'gpu' ? [link.to] : [])))
  return gpus.flatMap((other): GpuLink[] => {
    const to = gpuName(other)
    if (other === gpu || to === null || told.has(to)) return []
    const kind = distance(tree, gpu, other.pciAddress)
    return kind === null ? [] : [{ to, toKind: 'gpu', kind, count: null }]
  })
}

function neighbourLinks(tree: PciTree, gpu: Gpu, neighbours: readonly Neighbour[]): readonly GpuLink[] {
  const told = new Set(gpu.links.map((link) => `${link.toKind} ${link.to}`))
  return neighbours.flatMap((one): GpuLink[] => {
    const kind = told.has(`${one.kind} ${one.name}`) ? null : distance(tree, gpu, one.pciAddress)
    return kind === null ? [] : [{ to: one.name, toKind: one.kind, kind, count: null }]
  })
}

function distance(tree: PciTree, gpu: Gpu, address: string | null): string | null {
  return gpu.pciAddress === null || address === null ? null : pciDistance(tree, gpu.pciAddress, address)
}
