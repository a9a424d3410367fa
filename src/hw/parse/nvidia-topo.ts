// The matrix of `nvidia-smi topo -m`: how each pair of GPUs is connected. Newer drivers underline the header with terminal
// escapes even into a pipe; columns for NICs, affinities and a legend follow and are not looked at.

import { absent, known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

export type GpuPair = {
  readonly from: number
  readonly to: number
  readonly kind: string
  readonly count: number | null
}

/** More GPUs than any machine shows in one matrix. */
const gpusMax = 256

/** Both directions of every pair, by the tool's numbering. `nvlink` is counted in links, PCIe kinds are not. */
export function parseNvidiaTopo(text: string): Reading<readonly GpuPair[]> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the tool prints them.
  const lines = text.replace(/\x1b\[[0-9;]*[A-Za-z]/g, '').split('\n')
  const headerAt = lines.findIndex((line) => /^\s+GPU\d+\s/.test(line))
  if (headerAt === -1) return text.trim() === '' ? absent : implausible(text, 'no matrix of GPUs')
  const columns = gpuColumns(lines[headerAt] as string)
  if (columns.length > gpusMax) return implausible(lines[headerAt] as string, 'too many GPUs')
  const pairs: GpuPair[] = []
  for (const line of lines.slice(headerAt + 1)) {
    const row = /^GPU(\d{1,4})\s+(\S.*)$/.exec(line)
    if (row === null) continue
    const cells = (row[2] as string).trim().split(/\s+/)
    for (const [i, to] of columns.entries()) {
      const from = Number(row[1])
      const relation = relationOf(cells[i] ?? '')
      if (relation === null) return implausible(line, 'a cell of the matrix is unknown')
      if (relation.kind !== 'self') pairs.push({ from, to, ...relation })
    }
  }
  return known(pairs)
}

/** GPUs come first; the first other column ends them. */
function gpuColumns(header: string): readonly number[] {
  const numbers: number[] = []
  for (const word of header.trim().split(/\s+/)) {
    const match = /^GPU(\d{1,4})$/.exec(word)
    if (match === null) break
    numbers.push(Number(match[1]))
  }
  return numbers
}

/** From near to far: PIX one switch, PXB several, PHB a host bridge, NODE within a NUMA node, SYS across nodes. */
const pcieKinds = new Set(['PIX', 'PXB', 'PHB', 'NODE', 'SYS', 'SOC', 'C2C'])

function relationOf(cell: string): { kind: string; count: number | null } | null {
  if (cell === 'X') return { kind: 'self', count: null }
  const nvlink = /^NV(\d{1,3})$/.exec(cell)
  if (nvlink !== null) return { kind: 'nvlink', count: Number(nvlink[1]) }
  return pcieKinds.has(cell) ? { kind: cell.toLowerCase(), count: null } : null
}
