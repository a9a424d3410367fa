// The top of the picture: which machine it is, how much it has, and what is wrong with it, worst first.

import { conditionRules } from '../../model/conditions.ts'
import type { Condition, Health } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { firmwareFacts } from '../device-words.ts'
import {
  conditionName,
  countFacts,
  machineName,
  openQuestions,
  ownCaches,
  partWords,
  systemFacts,
} from '../hardware-words.ts'
import { counted, present } from '../human.ts'
import { joined } from '../letters.ts'
import { type Box, frame, nothing, paragraph, patch, row, stack, text, widened, withHint } from './box.ts'
import { severityColors, severityPaper, theme } from './theme.ts'

/** More conditions than this are counted. */
const conditionsMax = 12

const separator = ' · '

export function heading(inventory: Inventory, health: Health, width: number): Box {
  const line = (facts: readonly string[], color: string, size: number = theme.size) =>
    paragraph(joined(present(facts), separator), { size, color, widthMax: width }, 3)
  return stack(
    [
      text(machineName(inventory), { size: theme.large, isBold: true, widthMax: width }),
      line(countFacts(inventory), theme.ink, theme.size + 1),
      line([models(inventory), ownCaches(inventory).join(', ')], theme.faded),
      line(systemFacts(inventory), theme.faded),
      line(firmwareFacts(inventory), theme.faded, theme.small),
      { width: 1, height: 1, parts: [] },
      conditions(health, inventory, width),
    ],
    4,
  )
}

function conditions(health: Health, inventory: Inventory, width: number): Box {
  const all = health.conditions
  const shown = conditionLines(all.slice(0, conditionsMax), inventory, width)
  const rest = all.length - shown.length
  // What was not asked may be sick: only a machine that answered everything is told in green.
  const color = health.unchecked.length === 0 ? theme.good : theme.faded
  const dot = patch(9, 9, color, nothing, 4.5)
  return stack(
    [
      ...(all.length > 0 ? shown : [row([dot, text('nothing wrong seen', { color, isBold: true })], 6, 'middle')]),
      rest > 0 ? text(`and ${counted(rest, 'condition')} more`, { color: theme.faded }) : nothing,
      paragraph(openQuestions(health), { size: theme.small, color: theme.faded, widthMax: width }, 2),
    ],
    4,
  )
}

/** A line for each: severity, part, what it is and the first evidence, in the colour of the severity. */
function conditionLines(all: readonly Condition[], inventory: Inventory, width: number): readonly Box[] {
  const who = all.map((one) => text(partWords(one.part, inventory), { isBold: true, widthMax: width * 0.25 }))
  const what = all.map((one) => text(conditionName(one), { color: severityColors[one.severity], isBold: true }))
  const [whoWidth, whatWidth] = [who, what].map((boxes) => Math.max(0, ...boxes.map((box) => box.width))) as [
    number,
    number,
  ]
  const room = width - 62 - whoWidth - whatWidth - 4 * gap
  return all.map(({ severity, code, evidence }, i) => {
    const pill = patch(
      62,
      16,
      severityColors[severity],
      text(severity, { size: theme.small, color: '#ffffff', isBold: true }),
      3,
    )
    const why = evidence[0]?.text ?? conditionRules[code].says
    const cells = [
      pill,
      widened(who[i] ?? nothing, whoWidth),
      widened(what[i] ?? nothing, whatWidth),
      room < 80 ? nothing : text(why, { size: theme.small, color: theme.faded, widthMax: room }),
    ]
    const words = row(cells, gap, 'middle')
    const paint = { fill: severityPaper[severity], stroke: severityPaper[severity] }
    const line: Box = {
      width,
      height: words.height + 6,
      parts: [{ box: words, x: 4, y: 3 }],
      paint: (x, y) => frame(x, y, width, words.height + 6, paint, 4),
    }
    const told = evidence.map((one) => `${one.text} (${one.source})`)
    return withHint(line, [conditionRules[code].says, conditionRules[code].todo, ...told].join('\n'))
  })
}

const gap = 12

/** Of all packages, where they are of one model; else each panel names its own. */
function models({ cpu }: Inventory): string {
  const [model, ...others] = new Set(cpu.packages.map((one) => one.model))
  if (model === undefined || model === null || others.length > 0) return ''
  return cpu.packages.length === 1 ? model : `${cpu.packages.length} × ${model}`
}
