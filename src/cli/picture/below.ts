// What has no place among the cores: memory modules as bars by their size, and volumes that stand on drives.

import { dimmParts } from '../../hw/parts.ts'
import type { Condition } from '../../model/health.ts'
import type { Dimm, Inventory, Volume } from '../../model/inventory.ts'
import { dimmFacts } from '../device-words.ts'
import { countEach, humanBytes, present } from '../human.ts'
import { at, type Box, ends, filled, nothing, panel, paragraph, stack, text, withHint } from './box.ts'
import { conditionLine, insideOf, striped } from './card.ts'
import type { SickParts } from './sick.ts'
import { deviceColors, paints, theme } from './theme.ts'

const moduleWidth = 116
const volumeWidth = 208

/** More modules or volumes than this are counted. */
const shownMax = 128

export function memoryModules(inventory: Inventory, sick: SickParts, widthMax: number): Box {
  const { dimms } = inventory.memory
  if (dimms.length === 0) return nothing
  const names = dimmParts(inventory).map((part) => part.ref.name)
  const largest = Math.max(1, ...dimms.map((dimm) => dimm.sizeBytes ?? 0))
  const sorts = countEach(dimms.map((dimm) => dimmFacts(dimm))).map(
    ([facts, times]) => `${times} × ${facts || 'unknown'}`,
  )
  const bars = dimms.slice(0, shownMax).map((dimm, i) => module(dimm, names[i] ?? 'module', largest, sick))
  const content = filled(bars, widthMax - 2 * theme.padding, 5)
  const rest = dimms.length - bars.length
  return panel(
    [
      text('memory modules', { isBold: true }),
      paragraph(sorts.join(', '), { ...faded, widthMax: Math.max(content.width, 240) }, 3),
    ],
    stack([content, rest > 0 ? text(`and ${rest} more`, faded) : nothing], 4),
    paints.package,
  )
}

const faded = { size: theme.small, color: theme.faded }

function module(dimm: Dimm, name: string, largest: number, sick: SickParts): Box {
  const conditions = sick.of([['dimm', name]])
  const size = text(dimm.sizeBytes === null ? '?' : humanBytes(dimm.sizeBytes), { size: theme.small })
  const title = text(name, { size: theme.small, isBold: true, widthMax: insideOf(moduleWidth) - size.width - 6 })
  const wrong = conditions.map((one) => conditionLine(one, insideOf(moduleWidth)))
  const share = (dimm.sizeBytes ?? 0) / largest
  const content = (width: number) => stack([ends(title, size, width), bar(width, share), ...wrong], 3)
  const facts = present([name, dimm.bank, dimmFacts(dimm), dimm.serial && `serial ${dimm.serial}`])
  return withHint(
    striped(content, { type: 'module', width: moduleWidth, conditions }),
    [...facts, ...evidence(conditions)].join('\n'),
  )
}

/** A part of a whole. */
function bar(width: number, share: number): Box {
  const rect = (x: number, y: number, wide: number, color: string) =>
    `<rect x="${at(x)}" y="${at(y)}" width="${at(wide)}" height="5" rx="2" fill="${color}"/>`
  const paint = (x: number, y: number) => rect(x, y, width, '#e6ebf0') + rect(x, y, width * share, deviceColors.module)
  return { width, height: 5, parts: [], paint }
}

function evidence(conditions: readonly Condition[]): readonly string[] {
  return conditions.flatMap((one) => one.evidence.map((each) => each.text))
}

export function volumes({ volumes: all }: Inventory, sick: SickParts, widthMax: number): Box {
  if (all.length === 0) return nothing
  const cards = all.slice(0, shownMax).map((one) => volume(one, sick))
  const rest = all.length - cards.length
  const content = filled(cards, widthMax - 2 * theme.padding, 6)
  const more = rest > 0 ? text(`and ${rest} more`, faded) : nothing
  return panel([text('volumes', { isBold: true })], stack([content, more], 4), paints.package)
}

function volume(one: Volume, sick: SickParts): Box {
  const { name, label, kind, level, sizeBytes, state, members, usedBy } = one
  const inside = insideOf(volumeWidth)
  const conditions = sick.of([
    ...[...new Set([name, label])].map((each) => ['volume', each] as const),
    ...usedBy.flatMap((use) => (use.startsWith('mount ') ? [['filesystem', use.slice(6)] as const] : [])),
  ])
  const size = text(sizeBytes === null ? '' : humanBytes(sizeBytes), { size: theme.small })
  const title = text(label ?? name, { isBold: true, widthMax: inside - size.width - 8 })
  const lines = [
    present([kind === 'dm' ? 'mapped' : kind, level, state]).join(', '),
    members.length === 0 ? '' : `of ${members.join(' ')}`,
    usedBy.join(', '),
  ].map((line) => paragraph(line, { ...faded, widthMax: inside }, 2))
  const wrong = conditions.map((condition) => conditionLine(condition, inside))
  const content = (width: number) => stack([ends(title, size, width), ...lines, ...wrong], 1)
  const box = striped(content, { type: 'volume', width: volumeWidth, conditions })
  return withHint(box, [name, ...evidence(conditions)].join('\n'))
}
