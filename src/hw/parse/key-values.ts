// Files of `key: value` or `KEY=value` lines: uevent, os-release, the properties of AMD's kfd, NVIDIA's proc files.

/** Longest value that is kept; a longer one is no property. */
const valueCharactersMax = 4096

/** Lines `KEY=value`; quotes around a value are removed, as in os-release(5). The first of equal keys wins. */
export function parseAssignments(text: string): ReadonlyMap<string, string> {
  return pairs(text, /^([A-Za-z0-9_]+)=(.*)$/, unquote)
}

/** Lines `Some key: \t value`. */
export function parseColonPairs(text: string): ReadonlyMap<string, string> {
  return pairs(text, /^\s*([^:]{1,64}?)\s*:\s*(.*)$/, (value) => value.trim())
}

/** Lines `key value`. */
export function parseSpacePairs(text: string): ReadonlyMap<string, string> {
  return pairs(text, /^(\w+)\s+(\S.*)$/, (value) => value.trim())
}

function pairs(text: string, line: RegExp, clean: (value: string) => string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const row of text.split('\n')) {
    const match = line.exec(row.replace(/\r$/, ''))
    if (match === null) continue
    const [, key, value] = match as unknown as [string, string, string]
    if (value.length <= valueCharactersMax && !found.has(key)) found.set(key, clean(value))
  }
  return found
}

function unquote(value: string): string {
  const trimmed = value.trim()
  const quoted = /^(["'])(.*)\1$/.exec(trimmed)
  return quoted === null ? trimmed : (quoted[2] as string).replace(/\\(["'\\$`])/g, '$1')
}
