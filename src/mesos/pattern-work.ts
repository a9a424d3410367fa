// What it costs to compile a pattern (RE2 syntax), told from its text alone, before anything is compiled: a few letters
// may stand for a thousand instructions (repeats), for a table of all letters of the world (\p), or for a walk through
// all of Unicode (a range without case). It does not know which patterns are valid: of one that is not, it says no less
// than what is done until the mistake is found.

/** One letter is 1: some microseconds. A table is looked up and sorted; what is made of it is copied by repeats. */
const tableWork = 80
const tableSize = 20
/** A named class (\w, [:alpha:]) whose letters are taken without case, or a search for its end. */
const namedClassWork = 4
/** Letters of a range without case that are as much work as one letter of the pattern. */
const foldedPerWork = 50
/** The first letter that has another case, and the last. */
const foldMin = 0x41
const foldMax = 0x1e943
/** A larger count is refused by whoever compiles. */
const repeatMax = 1000

const quoted = /\\Q(.*?)(?:\\E|$)/sy
const escaped = /\\(?:[pP](?:\{[^}]{0,64}\}|.?)|x\{[^}]{0,64}\}|.)/suy
const repeat = /\{(\d+)(?:,(\d*))?\}/y
const table = /\\[pP](?:\{[^}]{0,64}\}|.?)/suy
const namedEscape = /\\[dswDSW]/y
const letter = /\\x\{([0-9a-fA-F]{1,64})\}|\\x([0-9a-fA-F]{2})|\\([0-7]{1,3})|\\?(.)/suy

/** About how many letters' worth of work it is to compile the pattern; never much less than what it really is. */
export function patternWork(pattern: string): number {
  const isFolded = /\(\?[a-zA-Z]*i/.test(pattern)
  const groups: number[] = []
  /** Of tables and ranges, done once however often they are repeated. */
  let once = 0
  /** Of the group that is open, and of what a repeat would repeat. */
  let size = 1
  let last = 1
  const append = (added: number) => {
    last = added
    size += added
  }
  for (let at = 0; at < pattern.length; ) {
    const [quote, literal = ''] = matchAt(quoted, pattern, at)
    if (quote !== undefined) {
      append(1)
      size += literal.length
      at += quote.length
      continue
    }
    const char = pattern[at] as string
    let end = at + 1
    if (char === '\\') {
      const text = matchAt(escaped, pattern, at)[0] ?? char
      end = at + text.length
      const isTable = /^\\[pP]/.test(text)
      append(isTable ? tableSize : text.length)
      once += isTable ? tableWork : isFolded ? namedClassWork : 0
    } else if (char === '[') {
      const found = classWork(pattern, at, isFolded)
      end = found.end
      append(found.size)
      once += found.once
    } else if (char === '(') {
      groups.push(size)
      size = 1
    } else if (char === ')') {
      const outer = groups.pop() ?? 0
      last = size + 1
      size = outer + last
    } else {
      const [counts, least = '', most] = char === '{' ? matchAt(repeat, pattern, at) : []
      if (counts === undefined) append(1)
      else {
        const times = Math.min(repeatMax, Math.max(1, Number(least), Number(most ?? 0)))
        size += last * (times - 1) + counts.length
        last *= times
        end = at + counts.length
      }
    }
    at = end
  }
  return once + groups.reduce((sum, outer) => sum + outer, size)
}

/** Of the class that begins at `begin`: its work, the size of what is made of it, and where it ends. */
function classWork(pattern: string, begin: number, isFolded: boolean) {
  const lastNameEnd = pattern.lastIndexOf(':]')
  let once = 0
  let size = 1
  let at = pattern[begin + 1] === '^' ? begin + 2 : begin + 1
  const first = at
  while (at < pattern.length && (pattern[at] !== ']' || at === first)) {
    if (pattern.startsWith('[:', at)) {
      once += namedClassWork
      if (at < lastNameEnd) {
        at = pattern.indexOf(':]', at) + 2
        size += namedClassWork
        continue
      }
    }
    const [tableText] = matchAt(table, pattern, at)
    if (tableText !== undefined) {
      once += tableWork
      size += tableSize
      at += tableText.length
      continue
    }
    const [named] = matchAt(namedEscape, pattern, at)
    if (named !== undefined) {
      once += isFolded ? namedClassWork : 1
      size += namedClassWork
      at += named.length
      continue
    }
    const low = letterAt(pattern, at)
    let high = low
    if (pattern[low.end] === '-' && pattern[low.end + 1] !== ']') high = letterAt(pattern, low.end + 1)
    const folded = Math.min(high.code, foldMax) - Math.max(low.code, foldMin)
    if (isFolded && folded > 0) once += Math.ceil(folded / foldedPerWork)
    size += high.end - at
    at = high.end
  }
  return { once, size, end: at + 1 }
}

function letterAt(pattern: string, at: number): { readonly code: number; readonly end: number } {
  const [text = '', long, short, octal, plain] = matchAt(letter, pattern, at)
  const code = plain?.codePointAt(0) ?? (octal === undefined ? parseInt(long ?? short ?? '0', 16) : parseInt(octal, 8))
  return { code, end: at + Math.max(1, text.length) }
}

function matchAt(sticky: RegExp, text: string, at: number): readonly (string | undefined)[] {
  sticky.lastIndex = at
  return sticky.exec(text) ?? []
}
