// Text of firmware and devices made fit to be shown, and how wide it is where all letters have one width: a terminal, or
// the picture's font. It does not know who shows it.

/** Control and formatting letters, lone surrogates, private and unassigned ones: they steer terminals or break XML. */
const unfit = /[\p{C}\p{Zl}\p{Zp}]/gu

/** What nearly no text has: other than printable ASCII, other than one space between words. */
const unusual = /[^ -~]|^ | $| {2}/

/** The list of all CPUs of the largest machine is shorter; patterns run out of stack on texts that have no end. */
const lettersMax = 1_000_000

/** One line without anything that could steer a terminal or break a document, and without towers of accents. */
export function clean(text: string): string {
  if (text.length > lettersMax) return `${clean(text.slice(0, lettersMax))}…`
  if (!unusual.test(text)) return text
  return text
    .replace(unfit, '?')
    .replace(/(\p{M})\p{M}+/gu, '$1')
    .replace(/[^\S\u00a0]+/g, ' ')
    .trim()
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u

/** Printable ASCII, which is nearly all text: as many columns as letters. */
const narrow = /^[ -~]*$/

/** Width in columns: letters of East Asia and pictures take two, accents none. */
export function columnsOf(text: string): number {
  if (narrow.test(text)) return text.length
  let columns = 0
  for (const letter of text) columns += columnsOfLetter(letter)
  return columns
}

function columnsOfLetter(letter: string): number {
  if (wide.test(letter)) return 2
  return /\p{Mn}/u.test(letter) ? 0 : 1
}

/** A text that is too wide ends in an ellipsis. */
export function shorten(text: string, columnsMax: number): string {
  return columnsOf(text) <= columnsMax ? text : `${head(text, Math.max(0, columnsMax - 1))}…`
}

/** As many letters as fit into the columns. */
export function head(text: string, columnsMax: number): string {
  if (narrow.test(text)) return text.slice(0, columnsMax)
  let columns = 0
  let end = 0
  for (const letter of text) {
    columns += columnsOfLetter(letter)
    if (columns > columnsMax) break
    end += letter.length
  }
  return text.slice(0, end)
}

/**
 * Lines of at most `room` columns, the first shorter by `indent`. They break after words; a word wider than a line breaks
 * after commas, and anywhere if it has none. A no-break space keeps what is around it together.
 */
export function wrap(text: string, room: number, indent = 0): string[] {
  const lines: string[] = []
  let line = ''
  let used = 0
  let left = room - indent
  for (const word of pieces(text, room)) {
    const bare = columnsOf(word.trimEnd())
    if (used + bare > left && (line !== '' || left < room)) {
      lines.push(shown(line))
      line = ''
      used = 0
      left = room
    }
    line += word
    used += columnsOf(word)
  }
  if (line.trim() !== '') lines.push(shown(line))
  return lines
}

/** What `wrap` does not break at unless it must; it is shown as a space. */
export const noBreak = '\u00a0'

/** The same words, to stay in one line: `L2 1 MiB`. */
export function bound(words: string): string {
  return words.replaceAll(' ', noBreak)
}

function shown(line: string): string {
  return line.replaceAll(noBreak, ' ').trimEnd()
}

/** Words with the space after them, none wider than a line. */
function pieces(text: string, room: number): readonly string[] {
  const words = text.match(/[^ ]+ ?/g) ?? []
  return words.flatMap((word) => {
    if (columnsOf(word) <= room) return [word]
    const parts = word.match(/[^,\u00a0]+[,\u00a0]? ?|[,\u00a0]/g) ?? []
    return parts.flatMap((part) => cut(part, room))
  })
}

function cut(part: string, room: number): readonly string[] {
  const cuts: string[] = []
  for (let rest = part; rest !== ''; ) {
    const piece = head(rest, room) || String.fromCodePoint(rest.codePointAt(0) as number)
    cuts.push(piece)
    rest = rest.slice(piece.length)
  }
  return cuts
}

/** A longer fact is broken where the line ends. */
const boundMax = 32

/** Facts one after the other, each in one line as long as it is short. */
export function joined(facts: readonly string[], separator = ', '): string {
  return facts.map((fact) => (fact.length <= boundMax ? bound(fact) : fact)).join(separator)
}
