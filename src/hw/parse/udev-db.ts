// One entry of udev's database, /run/udev/data/b<major>:<minor>: what its rules found out about a block device, among it
// what blkid saw on it. Only the properties (`E:KEY=value`) are of interest.

/** Property values by key; empty values are left out. The first of equal keys wins. */
export type UdevEntry = ReadonlyMap<string, string>

/** More properties than this are not kept; a drive has about a hundred. */
const propertiesMax = 500

const valueCharactersMax = 4096

export function parseUdevEntry(text: string): UdevEntry {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    if (!line.startsWith('E:') || found.size >= propertiesMax) continue
    const at = line.indexOf('=')
    const key = line.slice(2, Math.max(at, 2)).trim()
    const value = line.slice(at + 1).trim()
    if (!/^[A-Za-z0-9_.]{1,80}$/.test(key) || value === '' || value.length > valueCharactersMax) continue
    if (!found.has(key)) found.set(key, value)
  }
  return found
}

/** `EFI\x20System`: udev writes other than plain characters as the bytes of their UTF-8. */
export function decodeUdev(value: string): string {
  if (!value.includes('\\x')) return value
  return value.replace(/(?:\\x[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = run
      .split('\\x')
      .slice(1)
      .map((digits) => Number.parseInt(digits, 16))
    return decoder.decode(Uint8Array.from(bytes))
  })
}

const decoder = new TextDecoder('utf-8')
