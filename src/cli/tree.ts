// Draws a tree of labelled lines in a terminal: branches, wrapping, colour. It does not know what the lines say.
// Control characters in a text are replaced, so that a device's name cannot steer the terminal.

import type { Severity } from '../model/conditions.ts'
import { clean, columnsOf, wrap } from './letters.ts'

/** How a label is painted. */
export type Tone = 'plain' | Severity

export type TreeNode = {
  readonly label: string
  readonly text: string
  readonly children: readonly TreeNode[]
  readonly tone: Tone
}

export function branch(
  label: string,
  text: string,
  children: readonly TreeNode[] = [],
  tone: Tone = 'plain',
): TreeNode {
  return { label, text, children, tone }
}

/** Narrower terminals get lines of this width all the same. */
const widthMin = 40

/** Columns that a text needs at least before it is moved to a line of its own. */
const roomMin = 16

const paints: Readonly<Record<Tone | 'lines', string>> = {
  plain: '\u001b[1m',
  lines: '\u001b[2m',
  info: '\u001b[34;1m',
  warning: '\u001b[33;1m',
  critical: '\u001b[31;1m',
}
const off = '\u001b[0m'

/** The lines with a newline after each; no line is longer than `width` columns. */
export function drawTree(top: TreeNode, { width, color }: { width: number; color: boolean }): string {
  const columns = Math.max(widthMin, width)
  const lines: string[] = []
  const paint = (tone: keyof typeof paints, text: string) =>
    color && text !== '' ? `${paints[tone]}${text}${off}` : text

  function draw(node: TreeNode, own: string, below: string): void {
    const isLeaf = node.children.length === 0
    const hang = `${below}${isLeaf ? '   ' : '│  '}`
    const [label = '', ...labelRest] = wrap(clean(node.label), columns - Math.max(own.length + 1, hang.length))
    const head = node.text === '' ? label : `${label}:`
    const indent = own.length + columnsOf(head) + 1
    const isTight = labelRest.length > 0 || columns - indent < roomMin
    const texts = wrap(clean(node.text), columns - hang.length, isTight ? 0 : indent - hang.length)
    const first = isTight ? '' : (texts.shift() ?? '')
    lines.push(`${paint('lines', own)}${paint(node.tone, head)}${first && ` ${first}`}`)
    for (const text of [...labelRest, ...texts]) lines.push(`${paint('lines', hang)}${text}`)
    node.children.forEach((child, i) => {
      const isLast = i === node.children.length - 1
      draw(child, `${below}${isLast ? '└─ ' : '├─ '}`, `${below}${isLast ? '   ' : '│  '}`)
    })
  }

  draw(top, '', '')
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}
