// Files of `key: value` or `KEY=value` lines: uevent, os-release, the properties of AMD's kfd, NVIDIA's proc files.

/** Longest value that is kept; a longer one is no property. */
const valueCharactersMax = 4096

/** Longest key; what is longer before the separator is a sentence. */
const keyCharactersMax = 64

/** Lines `KEY=value`; quotes around a value are removed, as in os-release(5). The first of equal keys wins. */
export function parseAssignments(text: string): ReadonlyMap<string, string> {
  return pairs(text, '=', unquote)
}

/** Lines `Some key: \t value`. */
export function parseColonPairs(text: string): ReadonlyMap<string, string> {
  return pairs(text, ':', (value) => value)
}

/** Lines `key value`. */
export function parseSpacePairs(text: string): ReadonlyMap<string, string> {
  return pairs(text, ' ', (value) => value)
}

/** By search and not by pattern, so that no text takes longer than its length. */
function pairs(text: string, separator: string, clean: (value: string) => string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const row = line.trim()
    const at = row.indexOf(separator)
    const key = row.slice(0, Math.max(at, 0)).trim()
    const value = row.slice(at + 1).trim()
    if (key === '' || key.length > keyCharactersMax || value.length > valueCharactersMax || found.has(key)) continue
    found.set(key, clean(value))
  }
  return found
}

function unquote(value: string): string {
  const quote = value.charAt(0)
  if (value.length < 2 || (quote !== '"' && quote !== "'") || !value.endsWith(quote)) return value
  return value.slice(1, -1).replace(/\\(["'\\$`])/g, '$1')
}
