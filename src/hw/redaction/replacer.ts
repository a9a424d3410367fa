// Replaces many known words in any bytes: text, names, binary tables. Letters match in both cases, and what is written
// takes the case of what stood there. Of several words at one place the longest counts.

/** Words must not touch letters or digits, only digits, or may stand anywhere. */
export type Edges = 'alone' | 'no-digit' | 'anywhere'

/** Fewer characters are no word: they are found everywhere. */
const wordCharactersMin = 4

/** `exact` is what must stand there byte for byte; null where letters match in both cases. */
type Word = { readonly from: string; readonly exact: string | null; readonly to: string; readonly edges: Edges }

/** Words of one beginning by their whole text, and how long they are, longest first. */
type Begun = { readonly byText: Map<string, Word[]>; lengths: readonly number[] }

/** All texts are latin-1, one character a byte, so that positions in text and bytes are the same. */
export class Replacer {
  readonly #words = new Map<string, Begun>()
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
    const begun: Begun = this.#words.get(start) ?? { byText: new Map(), lengths: [] }
    const words = begun.byText.get(lower) ?? []
    if (words.some((word) => word.exact === exact)) return
    words.push({ from: lower, exact, to, edges })
    begun.byText.set(lower, words)
    if (!begun.lengths.includes(lower.length)) begun.lengths = [...begun.lengths, lower.length].sort((a, b) => b - a)
    this.#words.set(start, begun)
    this.#begins[hashAt(lower, 0)] = 1
  }

  replace(text: string): string {
    const lower = text.toLowerCase()
    if (lower.length !== text.length) return text
    let out = ''
    let done = 0
    for (let at = 0; at + wordCharactersMin <= lower.length; at++) {
      if (this.#begins[hashAt(lower, at)] === 0) continue
      const word = this.#wordAt(text, lower, at)
      if (word === null) continue
      const end = at + word.from.length
      out += text.slice(done, at) + (word.exact === null ? inCaseOf(text.slice(at, end), word.to) : word.to)
      done = end
      at = end - 1
    }
    return done === 0 ? text : out + text.slice(done)
  }

  #wordAt(text: string, lower: string, at: number): Word | null {
    const begun = this.#words.get(lower.slice(at, at + wordCharactersMin))
    for (const length of begun?.lengths ?? []) {
      const word = begun?.byText
        .get(lower.slice(at, at + length))
        ?.find(({ exact, edges }) => (exact === null || text.startsWith(exact, at)) && isFree(lower, at, length, edges))
      if (word !== undefined) return word
    }
    return null
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
