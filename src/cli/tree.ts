// Draws a tree of labelled lines in a terminal: branches, wrapping, colour. It does not know what the lines say.
// Control characters in a text are replaced, so that a device's name cannot steer the terminal.

export type TreeNode = {
  readonly label: string
  readonly text: string
  readonly children: readonly TreeNode[]
  readonly tone: 'plain' | 'warning'
}

export function branch(
  label: string,
  text: string,
  children: readonly TreeNode[] = [],
  tone: TreeNode['tone'] = 'plain',
): TreeNode {
  return { label, text, children, tone }
}

/** Narrower terminals get lines of this width all the same. */
const widthMin = 40

/** Columns that a text needs at least before it is moved to a line of its own. */
const roomMin = 16

const codes = { bold: '\u001b[1m', dim: '\u001b[2m', warning: '\u001b[33;1m', off: '\u001b[0m' } as const

/** The lines with a newline after each; no line is longer than `width` columns. */
export function drawTree(top: TreeNode, { width, color }: { width: number; color: boolean }): string {
  const columns = Math.max(widthMin, width)
  const lines: string[] = []
  const paint = (tone: Exclude<keyof typeof codes, 'off'>, text: string) =>
    color && text !== '' ? `${codes[tone]}${text}${codes.off}` : text

  function draw(node: TreeNode, own: string, below: string): void {
    const isLeaf = node.children.length === 0
    const hang = `${below}${isLeaf ? '   ' : '│  '}`
    const [label = '', ...labelRest] = wrap(clean(node.label), columns - own.length - 1)
    const head = node.text === '' ? label : `${label}:`
    const isTight = labelRest.length > 0 || columns - own.length - head.length - 1 < roomMin
    const texts = wrap(
      clean(node.text),
      columns - hang.length,
      isTight ? 0 : own.length + head.length + 1 - hang.length,
    )
    const first = isTight ? '' : (texts.shift() ?? '')
    lines.push(
      `${paint('dim', own)}${paint(node.tone === 'warning' ? 'warning' : 'bold', head)}${first && ` ${first}`}`,
    )
    for (const text of [...labelRest, ...texts]) lines.push(`${paint('dim', hang)}${text}`)
    node.children.forEach((child, i) => {
      const isLast = i === node.children.length - 1
      draw(child, `${below}${isLast ? '└─ ' : '├─ '}`, `${below}${isLast ? '   ' : '│  '}`)
    })
  }

  draw(top, '', '')
  return lines.map((line) => `${line.trimEnd()}\n`).join('')
}

/** Lines of at most `room` columns, the first shorter by `indent`; long lists break after a comma. */
function wrap(text: string, room: number, indent = 0): string[] {
  const lines: string[] = []
  let line = ''
  let left = room - indent
  for (const word of pieces(text, room)) {
    if (line.length + word.trimEnd().length > left && (line !== '' || left < room)) {
      lines.push(line.trimEnd())
      line = ''
      left = room
    }
    line += word
  }
  if (line.trim() !== '') lines.push(line.trimEnd())
  return lines
}

/** Words with the space after them; a word longer than a line is cut after commas, and anywhere if it has none. */
function pieces(text: string, room: number): readonly string[] {
  const words = text.match(/\S+ ?/g) ?? []
  return words.flatMap((word) => {
    if (word.length <= room) return [word]
    const parts = word.match(/[^,]+,?\s?|,/g) ?? []
    return parts.flatMap((part) => part.match(new RegExp(`.{1,${room}}`, 'g')) ?? [])
  })
}

function clean(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
    .replace(/ +/g, ' ')
    .trim()
}
