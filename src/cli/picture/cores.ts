// Cores in the caches that they share, as boxes: a cell a core with the numbers of its CPUs, cells of one cache in a frame.

import { isSubset, parseCpuList } from '../../model/cpu-set.ts'
import type { Core, Inventory } from '../../model/inventory.ts'
import { cpusOf } from '../hardware-words.ts'
import { partName, type Region } from '../regions.ts'
import { type Box, flow, grid, panel, patch, placed, row, stack, table, text, withHint } from './box.ts'
import { coreColors, type Paint, paints, theme } from './theme.ts'

/** Size of the numbers in a cell, by how many cores there are at most. */
const sizes = [
  { coresMax: 24, size: 12, cellWidthMin: 30 },
  { coresMax: 96, size: 9.5, cellWidthMin: 20 },
  { coresMax: Number.POSITIVE_INFINITY, size: 8, cellWidthMin: 15 },
] as const

const gap = 6

export class CoreDrawing {
  readonly #allowed: ReadonlySet<number>
  readonly #isolated: ReadonlySet<number>
  readonly #digits: number
  readonly #size: number
  readonly #cellWidthMin: number

  constructor({ cpu }: Inventory) {
    this.#allowed = new Set(parseCpuList(cpu.allowed ?? cpu.online ?? '') ?? [])
    this.#isolated = new Set(parseCpuList(cpu.isolated ?? '') ?? [])
    this.#digits = String(Math.max(0, ...cpu.cores.flatMap(cpusOf))).length
    const { size, cellWidthMin } = sizes.find((one) => cpu.cores.length <= one.coresMax) ?? sizes[2]
    this.#size = size
    this.#cellWidthMin = cellWidthMin
  }

  /** The cores of a region in frames, those that share nothing last. */
  inside({ regions, cores }: Region, widthMax: number, depth = 0): Box {
    const frames = regions.map((one) => this.#frame(one, widthMax, depth))
    const framed = isUniform(frames) ? grid(frames, { aspect: 2, widthMax, gap }) : flow(frames, widthMax, gap)
    const parts = [framed, this.#cells(cores, widthMax)]
    return stack(firstCpu(cores[0]) < firstCpu(regions[0]?.parts[0]?.of) ? parts.reverse() : parts, gap)
  }

  #frame(region: Region, widthMax: number, depth: number): Box {
    const padding = depth === 0 ? 7 : 5
    const paint: Paint = depth === 0 ? paints.cache : paints.innerCache
    const content = this.inside(region, widthMax - 2 * padding, depth + 1)
    // A cluster of cores is mostly made by its cache.
    const caches = region.parts.filter((part) => part.kind === 'cache')
    const names = (caches.length > 0 ? caches : region.parts).map(partName)
    const titles = names.map((name) => text(name, { size: theme.small, color: theme.faded }))
    const framed = panel(titles, content, paint, { padding, radius: 5, gap: 4 })
    return withHint(framed, `${names.join(', ')}, CPUs ${region.parts[0]?.of.cpus ?? ''}`)
  }

  #cells(cores: readonly Core[], widthMax: number): Box {
    const widest = Math.max(0, ...cores.map((core) => cpusOf(core).length))
    // Kinds apart, in the order of their first core.
    const kinds = [...Map.groupBy(cores, (core) => core.kind).values()]
    const grids = kinds.map((members) => {
      const cells = members.map((core) => this.#cell(core, widest))
      return grid(cells, { aspect: 2.4, widthMax, gap: this.#size < 9 ? 2 : 3 })
    })
    return stack(grids, gap)
  }

  #cell(core: Core, widestThreads: number): Box {
    const cpus = cpusOf(core)
    const size = this.#size
    const columns = widestThreads > 4 ? 2 : 1
    const slot = this.#digits * size * theme.letterWidth + 4
    const line = Math.round(size * 1.25)
    const labels = cpus.map((cpu) => {
      const isAllowed = this.#allowed.has(cpu)
      return placed(text(String(cpu), { size, color: isAllowed ? '#ffffff' : '#e6eaee' }), slot, line)
    })
    const width = Math.max(this.#cellWidthMin, slot * columns + 3)
    const height = Math.ceil(widestThreads / columns) * line + 5
    const cell = patch(
      width,
      height,
      this.#color(core),
      table(labels, Math.min(columns, Math.max(1, labels.length)), 0),
      3,
    )
    return withHint(cell, this.#hint(core))
  }

  #color(core: Core): string {
    const cpus = cpusOf(core)
    if (!cpus.some((cpu) => this.#allowed.has(cpu))) return coreColors.notAllowed
    if (cpus.some((cpu) => this.#isolated.has(cpu))) return coreColors.isolated
    return core.kind === null ? coreColors.only : coreColors[core.kind]
  }

  #hint(core: Core): string {
    const cpus = cpusOf(core)
    const facts = [
      `core ${core.id}`,
      `CPUs ${core.cpus}`,
      core.kind,
      cpus.some((cpu) => this.#isolated.has(cpu)) ? 'isolated' : null,
      cpus.some((cpu) => this.#allowed.has(cpu)) ? null : 'not for this process',
    ]
    return facts.filter((fact) => fact !== null).join('\n')
  }
}

/** What the colours of the cells mean, as far as this machine has them. */
export function coreLegend({ cpu }: Inventory): readonly Box[] {
  const online = parseCpuList(cpu.online ?? '') ?? []
  const isPlain = cpu.cores.some((core) => core.kind === null)
  const entries: readonly (readonly [boolean, string, string])[] = [
    [isPlain, coreColors.only, 'core'],
    [cpu.cores.some((core) => core.kind === 'performance'), coreColors.performance, 'performance core'],
    [cpu.cores.some((core) => core.kind === 'efficiency'), coreColors.efficiency, 'efficiency core'],
    [(cpu.isolated ?? '') !== '', coreColors.isolated, 'isolated core'],
    [
      !isSubset(online, parseCpuList(cpu.allowed ?? cpu.online ?? '') ?? []),
      coreColors.notAllowed,
      'not for this process',
    ],
  ]
  return entries.flatMap(([isHere, color, words]) => (isHere ? [legendEntry(color, words)] : []))
}

export function legendEntry(color: string, words: string): Box {
  return row([patch(9, 9, color), text(words, { size: theme.small, color: theme.faded })], 5, 'middle')
}

function firstCpu(part: { readonly cpus: string } | undefined): number {
  return part === undefined ? Number.POSITIVE_INFINITY : (cpusOf(part)[0] ?? Number.POSITIVE_INFINITY)
}

function isUniform(boxes: readonly Box[]): boolean {
  const [first] = boxes
  return first !== undefined && boxes.every((box) => box.width === first.width && box.height === first.height)
}
