// Tables for people: as wide as the terminal at most, uncut where nobody looks (a pipe). Pure; it does not know what
// the rows are.

export type Column<Row> = {
  readonly title: string
  readonly text: (row: Row) => string
  /** Numbers are aligned at their end. */
  readonly isNumber?: boolean
  /** Which end of a text goes first when the table is too wide; without it the column is never cut. */
  readonly cut?: 'start' | 'end'
  /** Cut only when the others are as short as they may be: people copy it. */
  readonly isCutLast?: boolean
  /** Left out when cutting is not enough; the rightmost of these goes first. */
  readonly isOptional?: boolean
}

/** Cut texts keep at least this many characters. */
const cutMin = 6
const gap = '  '

/** The lines of a table with a head; `width` is the terminal's, or null for no limit. */
export function formatTable<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number | null): string {
  const columns = width === null ? all : fitting(all, rows, width)
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => clean(text(row))))]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => length(line[i] as string))))
  if (width !== null) shrink(columns, widths, width)
  return cells
    .map((line) =>
      line
        .map((text, i) => cell(text, widths[i] as number, columns[i] as Column<Row>))
        .join(gap)
        .trimEnd(),
    )
    .join('\n')
}

/** The columns that fit when everything is cut as short as it may be. */
function fitting<Row>(all: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  const least = all.map((column) => {
    const widest = Math.max(length(column.title), ...rows.map((row) => length(clean(column.text(row)))))
    return { column, width: column.cut ? Math.min(cutMin, widest) : widest }
  })
  const needed = () => least.reduce((sum, one) => sum + one.width, 0) + gap.length * (least.length - 1)
  while (needed() > width) {
    const last = least.findLastIndex(({ column }) => column.isOptional)
    if (last === -1) break
    least.splice(last, 1)
  }
  return least.map(({ column }) => column)
}

/** Takes from the widest column that may be cut until the table fits or nothing more can be cut. */
function shrink<Row>(columns: readonly Column<Row>[], widths: number[], width: number): void {
  let excess = widths.reduce((sum, one) => sum + one, 0) + gap.length * (columns.length - 1) - width
  while (excess > 0) {
    const shrinkable = columns.flatMap(({ cut }, i) => (cut && (widths[i] as number) > cutMin ? [i] : []))
    if (shrinkable.length === 0) return
    const others = shrinkable.filter((i) => !columns[i]?.isCutLast)
    const candidates = others.length > 0 ? others : shrinkable
    const widest = candidates.reduce((a, b) => ((widths[b] as number) > (widths[a] as number) ? b : a))
    widths[widest] = (widths[widest] as number) - 1
    excess--
  }
}

function cell<Row>(text: string, width: number, { cut, isNumber }: Column<Row>): string {
  const missing = width - length(text)
  if (missing >= 0) return isNumber ? ' '.repeat(missing) + text : text + ' '.repeat(missing)
  const characters = [...text]
  return cut === 'start' ? `…${characters.slice(1 - width).join('')}` : `${characters.slice(0, width - 1).join('')}…`
}

function length(text: string): number {
  return [...text].length
}

/** Names come from anybody: nothing in them may steer the terminal. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')
}
