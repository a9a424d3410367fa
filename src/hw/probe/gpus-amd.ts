// AMD GPUs, described by the kernel's own files: the topology of its driver for computing (kfd) and the PCI device's
// attributes. A GPU that is cut into partitions shows as several kfd nodes at one place on the bus; here it is one GPU.

import type { Firmware, Gpu, GpuLink } from '../../model/inventory.ts'
import { parseDmiString } from '../parse/dmi.ts'
import { type KfdGpu, parseKfdBank, parseKfdLink, parseKfdNode } from '../parse/kfd.ts'
import { parseInteger } from '../parse/numbers.ts'
import type { GpuFacts } from './gpu-facts.ts'
import { type Bench, listNumbered, readFact } from './report.ts'

const kfdRoot = '/sys/class/kfd/kfd/topology/nodes'

type KfdNode = KfdGpu & { readonly node: number }

export function describeAmd(bench: Bench, onBus: readonly Gpu[]): GpuFacts {
  if (onBus.length === 0) return { gpus: [], firmware: [] }
  const nodes = kfdGpus(bench)
  const linksOf = xgmiLinks(bench, nodes, onBus)
  const firmware: Firmware[] = []
  const gpus = onBus.map((gpu): Gpu => {
    const own = nodes.filter((node) => node.place === placeOf(gpu))
    const folder = `/sys/bus/pci/devices/${gpu.pciAddress}`
    const vbios = readFact(bench, `${folder}/vbios_version`, parseDmiString)
    if (vbios !== null)
      firmware.push({ component: `vbios@${gpu.pciAddress}`, vendor: 'amd', version: vbios, date: null })
    return {
      ...gpu,
      uuid: own[0]?.uuid ?? null,
      model: readFact(bench, `${folder}/product_name`, parseDmiString),
      memoryBytes: readFact(bench, `${folder}/mem_info_vram_total`, parseInteger) ?? kfdMemory(bench, own),
      isUsable: own[0]?.uuid !== undefined && own[0].uuid !== null,
      links: linksOf(gpu),
    }
  })
  return { gpus, firmware }
}

function kfdGpus(bench: Bench): readonly KfdNode[] {
  return listNumbered(bench, kfdRoot, '').flatMap((node): KfdNode[] => {
    const gpu = readFact(bench, `${kfdRoot}/${node}/properties`, parseKfdNode)
    return gpu === null ? [] : [{ ...gpu, node }]
  })
}

/** Each partition reports its own part of the memory. */
function kfdMemory(bench: Bench, nodes: readonly KfdNode[]): number | null {
  const banks = nodes.flatMap(({ node }) => {
    const folder = `${kfdRoot}/${node}/mem_banks`
    return listNumbered(bench, folder, '').flatMap(
      (bank) => readFact(bench, `${folder}/${bank}/properties`, parseKfdBank) ?? [],
    )
  })
  return banks.length === 0 ? null : banks.reduce((sum, bytes) => sum + bytes, 0)
}

/** One link a pair of GPUs: the driver says that there is one, and not how many wires it has. */
function xgmiLinks(bench: Bench, nodes: readonly KfdNode[], gpus: readonly Gpu[]): (gpu: Gpu) => readonly GpuLink[] {
  const placeOfNode = new Map(nodes.map((one) => [one.node, one.place]))
  const peers = new Map<string, Set<string>>()
  for (const { node, place } of nodes) {
    const folder = `${kfdRoot}/${node}/io_links`
    for (const index of listNumbered(bench, folder, '')) {
      const link = readFact(bench, `${folder}/${index}/properties`, parseKfdLink)
      const far = link === null || link.kind !== 'xgmi' ? undefined : placeOfNode.get(link.to)
      if (far !== undefined && far !== place) peers.set(place, (peers.get(place) ?? new Set()).add(far))
    }
  }
  const nameOf = (place: string) => {
    const uuid = nodes.find((node) => node.place === place)?.uuid
    return uuid ?? gpus.find((gpu) => placeOf(gpu) === place)?.pciAddress ?? place
  }
  return (gpu) =>
    [...(peers.get(placeOf(gpu)) ?? [])].map((place) => ({
      to: nameOf(place),
      toKind: 'gpu' as const,
      kind: 'xgmi',
      count: null,
    }))
}

/** The address without its function. */
function placeOf(gpu: Gpu): string {
  return (gpu.pciAddress ?? '').replace(/\.[0-7]$/, '')
}
