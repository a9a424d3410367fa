// An inventory and its health as an SVG picture: the machine's name and conditions, then packages, NUMA nodes and cores as
// they lie in each other with the devices near them, then links, distances, modules and volumes. The layout is made for
// several widths and the one kept whose shape is nearest to a page. It asks nothing of any machine.

import type { Health } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { machineName } from '../hardware-words.ts'
import { clean } from '../letters.ts'
import { memoryModules, volumes } from './below.ts'
import { type Box, column, draw, flow, row, stack, xmlText } from './box.ts'
import { coreLegend, legendEntry } from './cores.ts'
import { heading } from './heading.ts'
import { MachineDrawing } from './machine.ts'
import { gpuLinks, nodeDistances } from './matrices.ts'
import { SickParts } from './sick.ts'
import { deviceColors, deviceNames, paints, theme } from './theme.ts'

const margin = 22

/** Widths that are tried, in pixels: narrower ones cannot hold a card beside cores, wider ones nobody reads. */
const widths = [600, 740, 880, 1020, 1180, 1340, 1500, 1700, 1900, 2200, 2600] as const

/** Width to height of a page that fills a screen. */
const aspectWanted = 1.4

/** The heading is not narrower than this. */
const widthMin = 560

export type Picture = { readonly svg: string; readonly width: number; readonly height: number }

/** The whole document, with its last newline, and its size in CSS pixels. */
export function drawMachine(inventory: Inventory, health: Health): Picture {
  const box = layOut(inventory, health)
  const [width, height] = [Math.ceil(box.width + 2 * margin), Math.ceil(box.height + 2 * margin)]
  const name = xmlText(clean(machineName(inventory)))
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
    ` font-family="${theme.font}" role="img" aria-label="${name}">` +
    `<rect width="${width}" height="${height}" fill="${theme.paper}"/>` +
    `${draw(box, margin, margin)}</svg>\n`
  return { svg, width, height }
}

/** All boxes of the picture, without its margin: of all ways to lay them out the smallest page of a good shape. */
export function layOut(inventory: Inventory, health: Health): Box {
  const sick = new SickParts(health)
  const drawing = new MachineDrawing(inventory, sick)
  const whole = (body: Box, width: number) =>
    stack([heading(inventory, health, width), body, legend(inventory, drawing, width)], sectionGap)
  const pages = widths.flatMap((width) => {
    const machine = drawing.machine(width)
    const used = Math.max(machine.width, widthMin)
    const beside = asideWidths(inventory).flatMap((asideWidth) => {
      const aside = column([drawing.elsewhere(asideWidth), ...below(inventory, sick, asideWidth)], theme.gap)
      if (aside.width === 0 || aside.width > asideWidth) return []
      const body = row([machine, aside], theme.gap)
      return body.width < widthMin ? [] : [whole(body, body.width)]
    })
    // Lists below a small machine may be wider than it.
    const under = [...new Set([used, Math.max(used, width)])].map((wide) =>
      whole(column([machine, drawing.elsewhere(wide), ...below(inventory, sick, wide)], theme.gap), wide),
    )
    return [...under, ...beside]
  })
  return pages.reduce((best, one) => (cost(one) < cost(best) ? one : best))
}

/** For what stands beside the machine rather than below it: the width of the largest table is one that fits. */
function asideWidths(inventory: Inventory): readonly number[] {
  return [260, 400, 540, 740, 1000, Math.ceil(gpuLinks(inventory).width)]
}

function cost({ width, height }: Box): number {
  return Math.log(width * height) + shapeWeight * Math.abs(Math.log(width / height / aspectWanted))
}

/** How much larger a page may be for a better shape. */
const shapeWeight = 0.7

const sectionGap = 14

/** Tables keep their size; modules and volumes take the room beside them, where that is enough. */
function below(inventory: Inventory, sick: SickParts, width: number): readonly Box[] {
  const tables = [gpuLinks(inventory), nodeDistances(inventory)].filter((box) => box.width > 0)
  const lists = (room: number) => [memoryModules(inventory, sick, room), volumes(inventory, sick, room)]
  const beside = flow(tables, Number.POSITIVE_INFINITY, theme.gap)
  const left = width - beside.width - theme.gap
  if (tables.length === 0 || left < 0) return [...tables, ...lists(width)]
  if (left < listWidthMin) return [...(tables.length === 1 ? tables : [beside]), ...lists(width)]
  return [row([beside, column(lists(left), theme.gap)], theme.gap)]
}

const listWidthMin = 280

function legend(inventory: Inventory, drawing: MachineDrawing, width: number): Box {
  const types = new Set(drawing.types)
  if (inventory.volumes.length > 0) types.add('volume')
  if (inventory.memory.dimms.length > 0) types.add('module')
  const devices = (Object.keys(deviceColors) as (keyof typeof deviceColors)[]).filter((type) => types.has(type))
  const bare = inventory.numa.nodes.filter((node) => node.cpus === '' && inventory.cpu.online !== null)
  const entries = [
    ...coreLegend(inventory),
    ...(bare.some((node) => !node.isGpuMemory) ? [legendEntry(paints.memoryNode.stroke, 'memory without CPUs')] : []),
    ...(bare.some((node) => node.isGpuMemory) ? [legendEntry(paints.gpuMemoryNode.stroke, 'memory of a GPU')] : []),
    ...devices.map((type) => legendEntry(deviceColors[type], deviceNames[type])),
  ]
  // One colour alone needs no words.
  return entries.length < 2 ? stack([], 0) : flow(entries, width, 16)
}
