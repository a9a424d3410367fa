// What the memory of a NUMA node is and how fast: kinds by the DAX devices that became memory, performance and caches by
// the firmware's table of heterogeneous memory (HMAT).

import type { MemoryAccess, MemorySideCache, NumaNode } from '../../model/inventory.ts'
import { parseInteger, parsePositive } from '../parse/numbers.ts'
import { type Bench, listNames, listNumbered, readFact } from './report.ts'

export const nodeRoot = '/sys/devices/system/node'

export type Access = {
  /** Nodes that the firmware names; null where there is no table. */
  readonly initiators: readonly number[] | null
  readonly figures: MemoryAccess | null
}

/**
 * `access1` names processors only and is newer; `access0` may name a GPU or a network card instead (FN-0012). `hasFolder`
 * says whether the node has a folder of that name.
 */
export function accessOf(bench: Bench, id: number, hasFolder: (name: string) => boolean): Access {
  const folder = ['access1', 'access0']
    .filter(hasFolder)
    .map((name) => `${nodeRoot}/node${id}/${name}/initiators`)
    .find((path) => bench.source.exists(path))
  if (folder === undefined) return { initiators: null, figures: null }
  const initiators = listNumbered(bench, folder, 'node')
  const figure = (name: string) => readFact(bench, `${folder}/${name}`, parsePositive)
  const [readMbps, writeMbps] = [figure('read_bandwidth'), figure('write_bandwidth')]
  const [readNs, writeNs] = [figure('read_latency'), figure('write_latency')]
  const isKnown = [readMbps, writeMbps, readNs, writeNs].some((number) => number !== null)
  return { initiators, figures: isKnown ? { initiators, readMbps, writeMbps, readNs, writeNs } : null }
}

/** Farthest from the memory first; one without a size is left out. */
export function memorySideCachesOf(bench: Bench, id: number): readonly MemorySideCache[] {
  const folder = `${nodeRoot}/node${id}/memory_side_cache`
  return listNumbered(bench, folder, 'index').flatMap((level) => {
    const sizeBytes = readFact(bench, `${folder}/index${level}/size`, parsePositive)
    const lineBytes = readFact(bench, `${folder}/index${level}/line_size`, parsePositive)
    return sizeBytes === null ? [] : [{ level, sizeBytes, lineBytes }]
  })
}

/** Kinds of the nodes whose memory came from a DAX device that the driver kmem has taken. */
export function nodeKinds(bench: Bench): ReadonlyMap<number, NumaNode['kind']> {
  const kinds = new Map<number, NumaNode['kind']>()
  const taken = new Set(listNames(bench, '/sys/bus/dax/drivers/kmem'))
  if (taken.size === 0) return kinds
  for (const name of listNames(bench, '/sys/bus/dax/devices')) {
    if (!taken.has(name)) continue
    const node = readFact(bench, `/sys/bus/dax/devices/${name}/target_node`, parseInteger)
    const path = bench.source.realPath(`/sys/bus/dax/devices/${name}`) ?? ''
    if (node !== null && node >= 0 && !kinds.has(node)) kinds.set(node, kindOfParent(path))
  }
  return kinds
}

/** By what the device hangs on: the bus of NVDIMMs (those behind CXL too), a CXL decoder, else memory set apart. */
function kindOfParent(path: string): NumaNode['kind'] {
  if (path.includes('/ndbus')) return 'pmem'
  if (/\/(ACPI0017|decoder|dax_region|cxl_region)/.test(path)) return 'cxl'
  return 'special'
}
