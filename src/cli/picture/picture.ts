// An inventory and its health as an SVG picture: the machine's name and conditions, then packages, NUMA nodes and cores as
// they lie in each other with the devices near them, then links, distances, modules and volumes. The layout is made for
// several widths and the one kept whose shape is nearest to a page. It asks nothing of any machine.

import type { Health } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { machineName } from '../hardware-words.ts'
import { clean } from '../letters.ts'
import { memoryModules, volumes } from './below.ts'
import { type Box, draw, flow, row, stack, xmlText } from './box.ts'
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

/** The whole document, with its last newline. Sizes are in CSS pixels. */
export function renderSvg(inventory: Inventory, health: Health): string {
  const box = layOut(inventory, health)
  const [width, height] = [Math.ceil(box.width + 2 * margin), Math.ceil(box.height + 2 * margin)]
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
    ` font-family="${theme.font}" xml:space="preserve" role="img" aria-label="${xmlText(clean(machineName(inventory)))}">` +
    `<rect width="${width}" height="${height}" fill="${theme.paper}"/>` +
    `${draw(box, margin, margin)}</svg>\n`
  )
}

/** All boxes of the picture, without its margin. */
export function layOut(inventory: Inventory, health: Health): Box {
  const sick = new SickParts(health)
  const drawing = new MachineDrawing(inventory, sick)
  const pages = widths.flatMap((width) => {
    const machine = drawing.machine(width)
    // Lists below a small machine may be wider than it, where that makes a better page than a long one.
    return [...new Set([Math.max(machine.width, widthMin), width])].map((used) => {
      const box = page(inventory, health, sick, drawing, machine, used)
      const shape = Math.abs(Math.log(box.width / box.height / aspectWanted))
      return { box, cost: shape + (Math.max(0, used - machine.width) / used) * blankWeight }
    })
  })
  return pages.reduce((best, one) => (one.cost < best.cost ? one : best)).box
}

/** What it costs that nothing is beside the machine, against a page that is too long. */
const blankWeight = 0.6

function page(
  inventory: Inventory,
  health: Health,
  sick: SickParts,
  drawing: MachineDrawing,
  machine: Box,
  width: number,
): Box {
  return stack(
    [
      heading(inventory, health, width),
      stack([machine, drawing.elsewhere(width)], theme.gap),
      below(inventory, sick, width),
      legend(inventory, drawing, width),
    ],
    14,
  )
}

/** Tables keep their size; modules and volumes take the room beside them, where that is enough. */
function below(inventory: Inventory, sick: SickParts, width: number): Box {
  const tables = flow([gpuLinks(inventory), nodeDistances(inventory)], width, theme.gap)
  const lists = (room: number) =>
    stack([memoryModules(inventory, sick, room), volumes(inventory, sick, room)], theme.gap)
  const left = width - tables.width - theme.gap
  if (tables.width === 0 || left < listWidthMin) return stack([tables, lists(width)], theme.gap)
  return row([tables, lists(left)], theme.gap)
}

const listWidthMin = 280

function legend(inventory: Inventory, drawing: MachineDrawing, width: number): Box {
  const types = new Set(drawing.types)
  if (inventory.volumes.length > 0) types.add('volume')
  if (inventory.memory.dimms.length > 0) types.add('module')
  const devices = (Object.keys(deviceColors) as (keyof typeof deviceColors)[]).filter((type) => types.has(type))
  const bare = inventory.numa.nodes.filter((node) => node.cpus === '')
  const entries = [
    ...coreLegend(inventory),
    ...(bare.some((node) => !node.isGpuMemory) ? [legendEntry(paints.memoryNode.stroke, 'memory without CPUs')] : []),
    ...(bare.some((node) => node.isGpuMemory) ? [legendEntry(paints.gpuMemoryNode.stroke, 'memory of a GPU')] : []),
    ...devices.map((type) => legendEntry(deviceColors[type], deviceNames[type])),
  ]
  // One colour alone needs no words.
  return entries.length < 2 ? stack([], 0) : flow(entries, width, 16)
}
