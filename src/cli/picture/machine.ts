// The machine itself: groups, packages and NUMA nodes as panels in each other, in them cores and the devices near them.
// Where there are several ways to lay parts out, the one is kept whose shape is best.

import type { Condition } from '../../model/health.ts'
import type { Inventory, NumaNode } from '../../model/inventory.ts'
import { cacheName, conditionName, nodeFacts, nodePlace } from '../hardware-words.ts'
import { present } from '../human.ts'
import { joined } from '../letters.ts'
import { isLarge, type Part, partName, type Region, type Regions, regionsOf } from '../regions.ts'
import { type Box, filled, flow, nothing, panel, paragraph, row, stack, table, text, withHint } from './box.ts'
import { CoreDrawing } from './cores.ts'
import { cardWidth, type Device, DeviceDrawing } from './devices.ts'
import { type SickParts, sickPaint } from './sick.ts'
import { type DeviceType, type Paint, paints, severityColors, theme } from './theme.ts'

const cardGap = 6
const faded = { size: theme.small, color: theme.faded }

export class MachineDrawing {
  readonly #regions: Regions
  readonly #cores: CoreDrawing
  readonly #devices: readonly Device[]
  readonly #nodes: ReadonlyMap<number, NumaNode>
  readonly #sick: SickParts
  readonly #isOneModel: boolean
  /** Else nobody knows which node has none. */
  readonly #hasCpus: boolean

  constructor(inventory: Inventory, sick: SickParts) {
    this.#regions = regionsOf(inventory)
    this.#cores = new CoreDrawing(inventory)
    this.#devices = new DeviceDrawing(inventory, sick).all()
    this.#nodes = new Map(inventory.numa.nodes.map((node) => [node.id, node]))
    this.#sick = sick
    this.#hasCpus = inventory.cpu.online !== null
    this.#isOneModel = new Set(inventory.cpu.packages.map((one) => one.model)).size < 2
  }

  get types(): readonly DeviceType[] {
    return this.#devices.map((device) => device.type)
  }

  /** Panels, and cores that are in none; it may be wider than `width` where a part does not fit. */
  machine(width: number): Box {
    const { machine, beside } = this.#regions
    // A machine of several packages has no panel of its own.
    if (!machine.parts.some(isLarge)) {
      return stack([this.#large(machine.regions, beside, width), this.#loose(machine, width)], theme.gap)
    }
    return stack([this.#panel(machine, width), this.#large([], beside, width)], theme.gap)
  }

  /** Devices of no NUMA node. */
  elsewhere(width: number): Box {
    const placeless = this.#devices.filter(({ numaNode }) => numaNode === null || !this.#nodes.has(numaNode))
    if (placeless.length === 0) return nothing
    const boxes = placeless.map(({ card }) => card)
    const title = this.#nodes.size < 2 ? 'devices' : 'devices whose place is unknown'
    const cards = filled(boxes, width - 2 * theme.padding, cardGap)
    return panel([text(title, { isBold: true })], cards, paints.group)
  }

  /** Panels beside and below each other; narrower ones are laid out anew for the room they have. */
  #large(regions: readonly Region[], alone: readonly NumaNode[], width: number): Box {
    const large = regions.filter(hasLarge)
    const panels = (room: number) => [
      ...large.map((one) => this.#panel(one, room)),
      ...alone.map((node) => this.#memoryNode(node, true, room)),
    ]
    const count = large.length + alone.length
    if (count === 0) return nothing
    const candidates: Box[] = []
    for (const columns of columnCounts(count)) {
      const room = (width - theme.gap * (columns - 1)) / columns
      if (columns > 1 && room < panelWidthMin) break
      candidates.push(table(panels(room), columns, theme.gap))
    }
    return best(candidates, width)
  }

  /** Cores that are in no panel. */
  #loose(region: Region, width: number): Box {
    return this.#cores.inside({ ...region, regions: region.regions.filter((one) => !hasLarge(one)) }, width)
  }

  #panel(region: Region, width: number): Box {
    const inner = width - 2 * theme.padding
    const near = region.parts.flatMap((part) => (part.kind === 'node' ? this.#near(part.of) : []))
    const middle = (room: number) => {
      const cores = stack([this.#large(region.regions, [], room), this.#loose(region, room)], theme.gap)
      const memories = region.memories.map((node) => this.#memoryNode(node, false, room))
      if (memories.length === 0) return cores
      const left = room - cores.width - theme.gap
      const ways = [stack([cores, flow(memories, room, theme.gap)], theme.gap)]
      if (left > 0) ways.push(row([cores, flow(memories, left, theme.gap)], theme.gap))
      return best(ways, room)
    }
    const content = arrange(middle, near, inner)
    const conditions = this.#sick.of(region.parts.flatMap(refOf))
    const titles = this.#titles(region.parts, Math.max(content.width, Math.min(inner, titleWidthMin)), conditions)
    return withHint(panel(titles, content, sickPaint(paintOf(region.parts), conditions)), hintOf(region.parts))
  }

  /** The names of all parts with these CPUs, what is to be said of them, and what is wrong with them. */
  #titles(parts: readonly Part[], widthMax: number, conditions: readonly Condition[]): readonly Box[] {
    const names = parts.flatMap((part) => (part.kind === 'cache' ? [] : [partName(part)]))
    const facts = parts.flatMap((part): readonly string[] => {
      if (part.kind === 'cache') return [cacheName(part.of)]
      if (part.kind === 'node') return nodeFacts(part.of)
      return part.kind === 'package' && !this.#isOneModel ? present([part.of.model]) : []
    })
    const told = conditions.map((one) =>
      text(conditionName(one), { size: theme.small, color: severityColors[one.severity], isBold: true, widthMax }),
    )
    return [...titleLine(names.join(' · '), facts, widthMax), ...told]
  }

  /** A node that is no region; `isAlone` where its place does not say which CPUs are near. */
  #memoryNode(node: NumaNode, isAlone: boolean, width: number): Box {
    const isGpu = node.isGpuMemory || node.kind === 'gpu'
    const paint = node.cpus === '' && this.#hasCpus ? (isGpu ? paints.gpuMemoryNode : paints.memoryNode) : paints.node
    const content = arrange(() => nothing, this.#near(node), width - 2 * theme.padding)
    const facts = nodeFacts(node).map((fact) => text(fact, { ...faded, widthMax: Math.max(140, content.width) }))
    const where = isAlone && this.#hasCpus ? text(nodePlace(node), { ...faded, widthMax: 180 }) : nothing
    const conditions = this.#sick.of([['numa-node', `node ${node.id}`]])
    return panel(
      [text(`NUMA node ${node.id}`, { isBold: true }), ...facts, where],
      content,
      sickPaint(paint, conditions),
    )
  }

  #near(node: NumaNode): readonly Box[] {
    return this.#devices.filter(({ numaNode }) => numaNode === node.id).map(({ card }) => card)
  }
}

const panelWidthMin = 60
const titleWidthMin = 170

/** Name and facts in one line, or below each other where that is too long. */
function titleLine(name: string, facts: readonly string[], widthMax: number): readonly Box[] {
  const title = text(name, { isBold: true })
  const whole = text(facts.join(', '), faded)
  // In narrow panels all have two lines, so that neighbours look alike.
  if (whole.width === 0 || (widthMax >= titleWidthMin && title.width + 8 + whole.width <= widthMax))
    return [row([title, whole], 8, 'middle')]
  return [title, paragraph(joined(facts), { ...faded, widthMax: Math.max(widthMax, title.width) }, 3)]
}

/** Cards beside or below what lies in the middle. */
function arrange(middle: (width: number) => Box, cards: readonly Box[], width: number): Box {
  const full = middle(width)
  if (cards.length === 0) return full
  const candidates: Box[] = []
  for (let columns = 1; columns <= cards.length; columns++) {
    const cardsWidth = columns * cardWidth + (columns - 1) * cardGap
    if (columns > 1 && cardsWidth > width) break
    const sized = flow(cards, cardsWidth, cardGap)
    candidates.push(stack([full, sized], theme.gap))
    const room = width - cardsWidth - theme.gap
    if (full.width > 0 && room >= panelWidthMin) candidates.push(row([middle(room), sized], theme.gap))
  }
  return best(candidates, width)
}

/** The one that wastes least: little area, and a shape that goes well beside others. Too wide is worse than anything. */
function best(candidates: readonly Box[], widthMax: number): Box {
  const cost = ({ width, height }: Box) =>
    width * height * (1 + Math.abs(Math.log(width / Math.max(1, height) / shapeWanted)) * shapeWeight) +
    (width > widthMax + 0.5 ? 1e9 * width : 0)
  return candidates.reduce((found, one) => (cost(one) < cost(found) ? one : found))
}

const shapeWanted = 1.5
const shapeWeight = 0.35

/** Those that make rows of even length, fewest first. */
function columnCounts(count: number): readonly number[] {
  const rows = Array.from({ length: count }, (_, i) => i + 1)
  return [...new Set(rows.map((n) => Math.ceil(count / n)))].sort((a, b) => a - b)
}

function hasLarge(region: Region): boolean {
  return region.parts.some(isLarge) || region.regions.some(hasLarge)
}

function paintOf([first]: readonly Part[]): Paint {
  return first?.kind === 'group' ? paints.group : first?.kind === 'package' ? paints.package : paints.node
}

function hintOf(parts: readonly Part[]): string {
  return [...parts.map(partName), `CPUs ${parts[0]?.of.cpus ?? ''}`].join(', ')
}

function refOf(part: Part): readonly (readonly ['cpu' | 'numa-node', string])[] {
  if (part.kind === 'package') return [['cpu', `package ${part.of.id}`]]
  return part.kind === 'node' ? [['numa-node', `node ${part.of.id}`]] : []
}
