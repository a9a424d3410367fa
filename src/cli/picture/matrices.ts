// Tables of what lies between parts: links of GPUs with each other and with network ports, and distances of NUMA nodes.

import type { Gpu, GpuLink, Inventory } from '../../model/inventory.ts'
import { type Box, flow, nothing, panel, patch, placed, stack, table, text, withHint } from './box.ts'
import { legendEntry } from './cores.ts'
import { linkKinds, paints, theme } from './theme.ts'

const cellHeight = 19
const gap = 2

type Cell = { readonly label: string; readonly color: string; readonly hint: string; readonly isDark?: boolean }
type Line = { readonly name: string; readonly cells: readonly Cell[] }

/** Rows and columns with their names; a column is as wide as its widest label. */
function matrix(columns: readonly string[], lines: readonly Line[]): Box {
  const small = { size: theme.small, color: theme.faded }
  const names = lines.map((line) => text(line.name, small))
  const heads = columns.map((name) => text(name, { ...small, widthMax: 62 }))
  const labels = lines.map((line) =>
    line.cells.map((cell) => text(cell.label, { size: theme.small, color: cell.isDark ? '#ffffff' : theme.ink })),
  )
  const widths = heads.map((head, j) => 8 + Math.max(18, head.width, ...labels.map((line) => line[j]?.width ?? 0)))
  const nameWidth = Math.max(0, ...names.map((box) => box.width)) + 4
  const cells = lines.flatMap((line, i) => [
    placed(names[i] ?? nothing, nameWidth, cellHeight, 'right'),
    ...line.cells.map((cell, j) => withHint(patch(widths[j] ?? 0, cellHeight, cell.color, labels[i]?.[j]), cell.hint)),
  ])
  const top = [
    { width: nameWidth, height: cellHeight, parts: [] },
    ...heads.map((head, i) => placed(head, widths[i] ?? 0, cellHeight)),
  ]
  return table([...top, ...cells], columns.length + 1, gap)
}

/** Nothing where no link between GPUs is known. */
export function gpuLinks({ gpus, nics }: Inventory): Box {
  const byPeer = gpus.map(linksByPeer)
  if (gpus.length < 2 || !byPeer.some((peers) => gpus.some((gpu) => peers.has(nameOf(gpu) ?? '')))) return nothing
  const ports = [
    ...new Set(gpus.flatMap((gpu) => gpu.links.filter((one) => one.toKind === 'nic').map((one) => one.to))),
  ]
  const portNames = new Map(nics.flatMap((nic) => (nic.rdma === null ? [] : [[nic.rdma.name, nic.name] as const])))
  const lines = gpus.map((_gpu, i) => ({
    name: `GPU ${i}`,
    cells: [
      ...gpus.map((other, j) =>
        i === j ? self : linkCell(byPeer[i]?.get(nameOf(other) ?? ''), `GPU ${i} to GPU ${j}`),
      ),
      ...ports.map((port) => linkCell(byPeer[i]?.get(port), `GPU ${i} to ${port}`)),
    ],
  }))
  const kinds = new Set(gpus.flatMap((gpu) => gpu.links.filter((one) => one.toKind !== 'disk').map((one) => one.kind)))
  const legend = Object.entries(linkKinds).flatMap(([kind, { color, label, says }]) =>
    kinds.has(kind) ? [legendEntry(color, label === 'NV' || label === 'XGMI' ? says : `${label} ${says}`)] : [],
  )
  const columns = [...gpus.map((_, i) => String(i)), ...ports.map((port) => portNames.get(port) ?? port)]
  const cells = matrix(columns, lines)
  return panel(
    [text('GPU links', { isBold: true })],
    stack([cells, flow(legend, cells.width, theme.padding)], theme.padding),
    paints.package,
  )
}

const self: Cell = { label: '', color: '#e6eaee', hint: 'itself' }
const unknownLink: Cell = { label: '', color: '#f4f6f8', hint: 'unknown' }

function linkCell(link: GpuLink | undefined, between: string): Cell {
  if (link === undefined) return { ...unknownLink, hint: `${between}: unknown` }
  const { color, label } = linkKinds[link.kind] ?? { color: '#d9dee3', label: link.kind.toUpperCase() }
  const count = link.count === null ? '' : link.kind === 'nvlink' ? link.count : ` ${link.count}`
  const isDark = link.kind === 'nvlink' || link.kind === 'xgmi'
  return {
    label: `${label}${count}`,
    color,
    isDark,
    hint: `${between}: ${link.kind}${link.count === null ? '' : ` × ${link.count}`}`,
  }
}

/** The first link to each peer is the best. */
function linksByPeer(gpu: Gpu): ReadonlyMap<string, GpuLink> {
  return new Map(gpu.links.toReversed().map((link) => [link.to, link] as const))
}

function nameOf({ uuid, pciAddress }: Gpu): string | null {
  return uuid ?? pciAddress
}

/** Nothing for a machine of one node. */
export function nodeDistances({ numa }: Inventory): Box {
  const { nodes, distances } = numa
  if (distances === null || nodes.length < 2) return nothing
  const all = distances.flat()
  const [near, far] = [Math.min(...all), Math.max(...all)]
  const between = new Set(distances.flatMap((line, i) => line.filter((_, j) => i !== j)))
  const within = new Set(distances.map((line, i) => line[i]))
  const title = text('NUMA distances', { isBold: true })
  if (between.size === 1 && within.size === 1 && nodes.length > 2) {
    const words = `${[...within][0]} in a node, ${[...between][0]} between any two`
    return panel([title], text(words, { size: theme.small, color: theme.faded }), paints.package)
  }
  const lines = distances.map((distancesOfNode, i) => ({
    name: `node ${nodes[i]?.id ?? '?'}`,
    cells: distancesOfNode.map((distance, j) => ({
      label: String(distance),
      color: heat((distance - near) / Math.max(1, far - near)),
      hint: `from node ${nodes[i]?.id} to node ${nodes[j]?.id}: ${distance}`,
    })),
  }))
  return panel(
    [title],
    matrix(
      nodes.map((node) => String(node.id)),
      lines,
    ),
    paints.package,
  )
}

/** From a cool to a warm light colour, for 0 to 1. */
function heat(share: number): string {
  const cool = [214, 232, 222]
  const warm = [247, 214, 180]
  const mixed = cool.map((value, i) => Math.round(value + ((warm[i] as number) - value) * share))
  return `rgb(${mixed.join(',')})`
}
