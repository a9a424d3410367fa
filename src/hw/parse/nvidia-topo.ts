// The matrix of `nvidia-smi topo -m`: how each pair of GPUs is connected, and each GPU with each RDMA NIC. Newer drivers
// underline the header with terminal escapes even into a pipe (FN-0031), and name NICs in a legend below; older ones put
// the name of the NIC into the header. Affinities are not read: the kernel's own files say them.

import { absent, known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

export type GpuPair = {
  readonly from: number
  readonly to: number
  readonly kind: string
  readonly count: number | null
}
export type NvidiaTopo = {
  /** Both directions of every pair, by the tool's numbering. `nvlink` is counted in links, PCIe kinds are not. */
  readonly pairs: readonly GpuPair[]
  /** `name` is that of the RDMA device: `mlx5_0`. */
  readonly nics: readonly { readonly gpu: number; readonly name: string; readonly kind: string }[]
  /** The NUMA node that a GPU's memory is, by GPU. */
  readonly memoryNodes: ReadonlyMap<number, number>
}

/** More GPUs and NICs than any machine shows in one matrix. */
const columnsMax = 512

export function parseNvidiaTopo(text: string): Reading<NvidiaTopo> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the tool prints them.
  const lines = text.replace(/\x1b\[[0-9;]{0,8}[A-Za-z]/g, '').split('\n')
  const headerAt = lines.findIndex((line) => /^\s+GPU\d+(\s|$)/.test(line))
  if (headerAt === -1) return text.trim() === '' ? absent : implausible(text, 'no matrix of GPUs')
  const header = lines[headerAt] as string
  const columns = matrixColumns(header)
  if (columns.length > columnsMax) return implausible(header, 'too many GPUs')
  const hasMemoryNodes = header.includes('GPU NUMA ID')
  const names = legend(lines)
  const topo = {
    pairs: [] as GpuPair[],
    nics: [] as NvidiaTopo['nics'][number][],
    memoryNodes: new Map<number, number>(),
  }
  const seen = new Set<number>()
  for (const line of lines.slice(headerAt + 1)) {
    const row = /^GPU(\d{1,4})\s+(\S.*)$/.exec(line)
    if (row === null) continue
    const from = Number(row[1])
    if (seen.has(from)) return implausible(line, 'a GPU has two rows')
    seen.add(from)
    const cells = (row[2] as string).trim().split(/\s+/)
    for (const [i, column] of columns.entries()) {
      const relation = relationOf(cells[i] ?? '')
      if (relation === null) return implausible(line, 'a cell of the matrix is unknown')
      const gpu = gpuNumber(column)
      if (gpu === null) topo.nics.push({ gpu: from, name: names.get(column) ?? column, kind: relation.kind })
      else if ((relation.kind === 'self') !== (gpu === from))
        return implausible(line, 'the diagonal is not where it should be')
      else if (gpu !== from) topo.pairs.push({ from, to: gpu, ...relation })
    }
    // CPU affinity, NUMA affinity, GPU NUMA ID; a row with fewer words leaves open which one is missing.
    const [, , node, ...more] = cells.slice(columns.length)
    if (hasMemoryNodes && more.length === 0 && /^\d{1,6}$/.test(node ?? '')) topo.memoryNodes.set(from, Number(node))
  }
  return known(topo)
}

/** The names before the affinities: `GPU0`, `NIC0`, `mlx5_0`. */
function matrixColumns(header: string): readonly string[] {
  const words = header.trim().split(/\s+/)
  const end = words.findIndex((word) => word === 'CPU' || word === 'NUMA')
  return end === -1 ? words : words.slice(0, end)
}

function gpuNumber(column: string): number | null {
  return /^GPU\d{1,4}$/.test(column) ? Number(column.slice(3)) : null
}

/** Lines `NIC0: mlx5_0` below the matrix. */
function legend(lines: readonly string[]): ReadonlyMap<string, string> {
  const found = lines.flatMap((line) => {
    const match = /^\s*(NIC\d{1,4}): ([\w.-]{1,40})\s*$/.exec(line)
    return match === null ? [] : [[match[1] as string, match[2] as string] as const]
  })
  return new Map(found)
}

/** From near to far: PIX one switch, PXB several, PHB a host bridge, NODE within a NUMA node, SYS across nodes. */
const pcieKinds = new Set(['PIX', 'PXB', 'PHB', 'NODE', 'SYS', 'SOC', 'C2C'])

function relationOf(cell: string): { kind: string; count: number | null } | null {
  if (cell === 'X') return { kind: 'self', count: null }
  const nvlink = /^NV(\d{1,3})$/.exec(cell)
  if (nvlink !== null) return { kind: 'nvlink', count: Number(nvlink[1]) }
  return pcieKinds.has(cell) ? { kind: cell.toLowerCase(), count: null } : null
}
