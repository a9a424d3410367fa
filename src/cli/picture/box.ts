// Boxes: each knows its size, the boxes in it with their places, and how to paint itself below them. Rows, stacks, tables
// and panels are boxes of boxes, so that nothing above has to compute a coordinate, and a test can walk the geometry.
// It does not know what is drawn.

import { clean, columnsOf, noBreak, shorten, wrap } from '../letters.ts'
import { type Paint, theme } from './theme.ts'

export type Box = {
  readonly width: number
  readonly height: number
  readonly parts: readonly Placed[]
  /** SVG of what this box itself shows, below its parts. */
  readonly paint?: (x: number, y: number) => string
  /** What a pointer that rests on it is told, in lines. */
  readonly hint?: string
  /** The same box in at least this size, for those that can use more room. */
  readonly grown?: (width: number, height: number) => Box
}

export type Placed = { readonly box: Box; readonly x: number; readonly y: number }

export const nothing: Box = { width: 0, height: 0, parts: [] }

/** The box as SVG, its corner at the given place. */
export function draw({ parts, paint, hint }: Box, x: number, y: number): string {
  const inside = parts.map((part) => draw(part.box, x + part.x, y + part.y)).join('')
  const drawn = `${paint?.(x, y) ?? ''}${inside}`
  if (hint === undefined) return drawn
  const lines = hint.split('\n').map((line) => xmlText(clean(line)))
  return `<g><title>${lines.join('\n')}</title>${drawn}</g>`
}

export type TextStyle = {
  readonly size?: number
  readonly color?: string
  readonly isBold?: boolean
  /** A wider text ends in an ellipsis. */
  readonly widthMax?: number
}

/** One line. The font has one width for all letters, so its length is known without measuring. */
export function text(line: string, style: TextStyle = {}): Box {
  const { size = theme.size, color = theme.ink, isBold = false, widthMax } = style
  const letter = size * theme.letterWidth
  const cleaned = clean(line.replaceAll(noBreak, ' '))
  const shown = widthMax === undefined ? cleaned : shorten(cleaned, Math.floor(widthMax / letter))
  if (shown === '') return nothing
  const width = columnsOf(shown) * letter
  const weight = isBold ? ' font-weight="bold"' : ''
  // Letters that the font lacks come from another one, of any width: they are told how much room they have.
  const fit = /^[ -~\u00a0-\u017f\u2026\u00d7\u00b7]*$/.test(shown)
    ? ''
    : ` textLength="${at(width)}" lengthAdjust="spacingAndGlyphs"`
  return {
    width,
    height: Math.round(size * 1.35),
    parts: [],
    paint: (x, y) =>
      `<text x="${at(x)}" y="${at(y + size)}" font-size="${size}" fill="${color}"${weight}${fit}>${xmlText(shown)}</text>`,
  }
}

/** Several lines, broken after words; what does not fit into `linesMax` ends in an ellipsis. */
export function paragraph(line: string, style: TextStyle & { readonly widthMax: number }, linesMax: number): Box {
  const letter = (style.size ?? theme.size) * theme.letterWidth
  const room = Math.max(1, Math.floor(style.widthMax / letter))
  const lines = wrap(clean(line), room)
  const shown = lines.slice(0, linesMax)
  if (lines.length > linesMax) shown.push(shorten(`${shown.pop() ?? ''} ${lines[linesMax]}…`, room))
  return stack(
    shown.map((one) => text(one, style)),
    0,
  )
}

/** Beside each other, tops aligned, or middles. */
export function row(boxes: readonly Box[], gap: number, align: 'top' | 'middle' = 'top'): Box {
  const shown = boxes.filter((box) => box.width > 0)
  const height = Math.max(0, ...shown.map((box) => box.height))
  let x = 0
  const parts = shown.map((box) => {
    const placed = { box, x, y: align === 'top' ? 0 : (height - box.height) / 2 }
    x += box.width + gap
    return placed
  })
  return { width: Math.max(0, x - gap), height, parts }
}

/** Below each other, left sides aligned. */
export function stack(boxes: readonly Box[], gap: number): Box {
  const shown = boxes.filter((box) => box.height > 0)
  let y = 0
  const parts = shown.map((box) => {
    const placed = { box, x: 0, y }
    y += box.height + gap
    return placed
  })
  return { width: Math.max(0, ...shown.map((box) => box.width)), height: Math.max(0, y - gap), parts }
}

/** Below each other, those that can grow as wide as the widest. */
export function column(boxes: readonly Box[], gap: number): Box {
  const width = Math.max(0, ...boxes.map((box) => box.width))
  return stack(
    boxes.map((box) => (box.width === 0 ? box : (box.grown?.(width, box.height) ?? box))),
    gap,
  )
}

/** One at the left and one at the right end of a line, or below each other where the line is too short. */
export function ends(left: Box, right: Box, width: number): Box {
  if (right.width === 0) return left
  if (left.width + right.width + theme.size > width) return stack([left, right], 1)
  const height = Math.max(left.height, right.height)
  return {
    width,
    height,
    parts: [
      { box: left, x: 0, y: height - left.height },
      { box: right, x: width - right.width, y: height - right.height },
    ],
  }
}

/** In as many columns as fit, rows filled evenly; boxes that can grow fill their cells. */
export function flow(boxes: readonly Box[], widthMax: number, gap: number): Box {
  const shown = boxes.filter((box) => box.width > 0)
  if (shown.length === 0) return nothing
  const narrowest = shown.reduce((width, box) => Math.min(width, box.width), Number.POSITIVE_INFINITY)
  let columns = Math.min(shown.length, Math.max(1, Math.floor((widthMax + gap) / (narrowest + gap))))
  while (columns > 1 && sum(columnWidths(shown, columns)) + gap * (columns - 1) > widthMax) columns--
  const even = Math.ceil(shown.length / Math.ceil(shown.length / columns))
  const fits = sum(columnWidths(shown, even)) + gap * (even - 1) <= widthMax
  return table(shown, fits ? even : columns, gap)
}

/** A flow whose columns share out what is left of the width, as far as its boxes can grow and still look like themselves. */
export function filled(boxes: readonly Box[], width: number, gap: number): Box {
  const shown = boxes.filter((box) => box.width > 0)
  const natural = flow(shown, width, gap)
  const columns = natural.parts[0]?.box.parts.length ?? 1
  const spare = Math.min(width - natural.width, natural.width * growthMax) / columns
  return spare <= 0 ? natural : table(shown, columns, gap, spare)
}

/** Wider than this part of its own width, a box is mostly empty. */
const growthMax = 0.6

/** Rows of `columns` boxes, each column as wide as its widest and `spare`. */
export function table(boxes: readonly Box[], columns: number, gap: number, spare = 0): Box {
  const widths = columnWidths(boxes, columns).map((width) => width + spare)
  const rows: Box[] = []
  for (let i = 0; i < boxes.length; i += columns) {
    const cells = boxes.slice(i, i + columns)
    const height = Math.max(...cells.map((box) => box.height))
    let x = 0
    const parts = cells.map((box, column) => {
      const placed = { box: box.grown?.(widths[column] as number, height) ?? box, x, y: 0 }
      x += (widths[column] as number) + gap
      return placed
    })
    rows.push({ width: sum(widths) + gap * (columns - 1), height, parts })
  }
  return stack(rows, gap)
}

function columnWidths(boxes: readonly Box[], columns: number): readonly number[] {
  const widths = new Array<number>(columns).fill(0)
  boxes.forEach((box, i) => {
    const column = i % columns
    widths[column] = Math.max(widths[column] as number, box.width)
  })
  return widths
}

/** As many columns as come nearest to a shape that is `aspect` times as wide as high, for boxes of one size. */
export function grid(
  boxes: readonly Box[],
  { aspect, widthMax, gap }: { aspect: number; widthMax: number; gap: number },
): Box {
  const [first] = boxes
  if (first === undefined) return nothing
  const columnsMax = Math.max(1, Math.floor((widthMax + gap) / (first.width + gap)))
  const ideal = Math.round(Math.sqrt((boxes.length * aspect * first.height) / Math.max(1, first.width)))
  return table(boxes, evenColumns(boxes.length, Math.max(1, Math.min(columnsMax, ideal)), columnsMax), gap)
}

/** Near `wanted`, preferring a number that fills all rows. */
function evenColumns(count: number, wanted: number, columnsMax: number): number {
  for (const columns of [wanted, wanted + 1, wanted - 1, wanted + 2, wanted - 2]) {
    if (columns > 0 && columns <= columnsMax && count % columns === 0) return columns
  }
  return Math.min(wanted, count)
}

export type PanelStyle = { readonly padding?: number; readonly radius?: number; readonly gap?: number }

/** A frame with title lines above its content. It grows when asked to. */
export function panel(title: readonly Box[], content: Box, paint: Paint, style: PanelStyle = {}): Box {
  const { padding = theme.padding, radius = 7, gap = padding * 0.75 } = style
  const inside = stack([stack(title, 1), content], gap)
  const sized = (width: number, height: number): Box => ({
    width,
    height,
    parts: inside.height === 0 ? [] : [{ box: inside, x: padding, y: padding }],
    paint: (x, y) => frame(x, y, width, height, paint, radius),
    grown: (wider, higher) => sized(Math.max(width, wider), Math.max(height, higher)),
  })
  return sized(inside.width + 2 * padding, inside.height + 2 * padding)
}

export function frame(x: number, y: number, width: number, height: number, paint: Paint, radius: number): string {
  const { fill, stroke, strokeWidth = 1 } = paint
  // The line lies inside, so that a thick one does not touch its neighbours.
  const inset = strokeWidth / 2
  return (
    `<rect x="${at(x + inset)}" y="${at(y + inset)}" width="${at(width - strokeWidth)}"` +
    ` height="${at(height - strokeWidth)}" rx="${radius}" fill="${fill}" stroke="${stroke}" stroke-width="${strokeWidth}"/>`
  )
}

/** A coloured rectangle, with a text in its middle. */
export function patch(width: number, height: number, color: string, label: Box = nothing, radius = 2): Box {
  return {
    width,
    height,
    parts: label.width === 0 ? [] : [{ box: label, x: (width - label.width) / 2, y: (height - label.height) / 2 }],
    paint: (x, y) =>
      `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" rx="${radius}" fill="${color}"/>`,
  }
}

export function withHint(box: Box, hint: string): Box {
  const { grown } = box
  if (grown === undefined) return { ...box, hint }
  return { ...box, hint, grown: (width, height) => withHint(grown(width, height), hint) }
}

/** The same with room to its right, so that what follows begins in one line. */
export function widened(box: Box, width: number): Box {
  return { width: Math.max(width, box.width), height: box.height, parts: [{ box, x: 0, y: 0 }] }
}

/** In the middle of a given room, or at its right end. */
export function placed(box: Box, width: number, height: number, align: 'middle' | 'right' = 'middle'): Box {
  const x = align === 'right' ? width - box.width : (width - box.width) / 2
  return { width, height, parts: box.width === 0 ? [] : [{ box, x, y: (height - box.height) / 2 }] }
}

export function at(value: number): string {
  return String(Math.round(value * 10) / 10)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** What `clean` has left is allowed in XML, but for these. */
export function xmlText(line: string): string {
  return line.replace(/[&<>"]/g, (letter) => entities[letter] as string)
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}
