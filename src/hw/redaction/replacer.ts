// Replaces many known words in any bytes: text, names, binary tables. Letters match in both cases, and what is written
// takes the case of what stood there. Of several words at one place the longest counts.

/** Words must not touch letters or digits, only digits, or may stand anywhere. */
export type Edges = 'alone' | 'no-digit' | 'anywhere'

/** Fewer characters are no word: they are found everywhere. */
const wordCharactersMin = 4

/** `exact` is what must stand there byte for byte; null where letters match in both cases. */
type Word = { readonly from: string; readonly exact: string | null; readonly to: string; readonly edges: Edges }

/** All texts are latin-1, one character a byte, so that positions in text and bytes are the same. */
export class Replacer {
  readonly #words = new Map<string, Word[]>()
  /** Which beginnings there are, by a hash: nearly every position of a file is passed over by one look into it. */
  readonly #begins = new Uint8Array(65_536)

  /** `to` is as long as `from`. The first meaning of a word stays. */
  add(from: string, to: string, edges: Edges): void {
    this.#add(from, { exact: null, to, edges })
  }

  /** Bytes that are no letters, wherever they stand. */
  addBytes(from: string, to: string): void {
    this.#add(from, { exact: from, to, edges: 'anywhere' })
  }

  #add(from: string, { exact, to, edges }: Omit<Word, 'from'>): void {
    const lower = from.toLowerCase()
    if (lower.length < wordCharactersMin || lower.length !== to.length) return
    const start = lower.slice(0, wordCharactersMin)
    const words = this.#words.get(start) ?? []
    if (words.some((word) => word.from === lower && word.exact === exact)) return
    words.push({ from: lower, exact, to, edges })
    words.sort((a, b) => b.from.length - a.from.length)
    this.#words.set(start, words)
    this.#begins[hashAt(lower, 0)] = 1
  }

  replace(text: string): string {
    const lower = text.toLowerCase()
    if (lower.length !== text.length) return text
    let out = ''
    let done = 0
    for (let at = 0; at + wordCharactersMin <= lower.length; at++) {
      if (this.#begins[hashAt(lower, at)] === 0) continue
      const words = this.#words.get(lower.slice(at, at + wordCharactersMin))
      const word = words?.find(({ from, exact, edges }) => {
        const isHere = exact === null ? lower.startsWith(from, at) : text.startsWith(exact, at)
        return isHere && isFree(lower, at, from.length, edges)
      })
      if (word === undefined) continue
      const end = at + word.from.length
      out += text.slice(done, at) + (word.exact === null ? inCaseOf(text.slice(at, end), word.to) : word.to)
      done = end
      at = end - 1
    }
    return done === 0 ? text : out + text.slice(done)
  }
}

function hashAt(text: string, at: number): number {
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => text.charCodeAt(at + i)) as [number, number, number, number]
  return (a * 4913 + b * 289 + c * 17 + d) & 65_535
}

function isFree(text: string, at: number, length: number, edges: Edges): boolean {
  if (edges === 'anywhere') return true
  const touches = edges === 'alone' ? /[a-z0-9]/ : /[0-9]/
  return !touches.test(text.charAt(at - 1)) && !touches.test(text.charAt(at + length))
}

function inCaseOf(found: string, to: string): string {
  const hasUpper = /[A-Z]/.test(found)
  const hasLower = /[a-z]/.test(found)
  if (hasUpper === hasLower) return to
  return to.replace(/[a-z]/gi, (letter) => (hasUpper ? letter.toUpperCase() : letter.toLowerCase()))
}
