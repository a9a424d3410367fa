// Makes an SMBIOS table of what dmidecode printed of one, so that recorded texts test the reader of tables. Only the
// fields that the reader reads are put in; lengths are those that the text names. It is written from DSP0134 alone.

export type PrintedStructure = {
  readonly type: number
  readonly length: number
  readonly handle: number
  /** Lines `Key: value` of the structure, the first of each. */
  readonly facts: Readonly<Record<string, string>>
}

export function printedStructures(text: string): readonly PrintedStructure[] {
  const found: PrintedStructure[] = []
  for (const block of text.split(/^(?=Handle 0x)/m)) {
    const head = /^Handle 0x([0-9A-F]+)(?:,|\s)\s*DMI type (\d+), (\d+) bytes/.exec(block)
    if (head === null) continue
    const lines = block.split('\n').flatMap((line) => /^\s+([A-Z][^:]*): (.*)$/.exec(line) ?? [])
    const facts: Record<string, string> = {}
    for (let i = 0; i + 2 < lines.length; i += 3) facts[lines[i + 1] as string] ??= (lines[i + 2] as string).trim()
    found.push({
      handle: Number.parseInt(head[1] as string, 16),
      type: Number(head[2]),
      length: Number(head[3]),
      facts,
    })
  }
  return found
}

export function encodeTable(structures: readonly PrintedStructure[]): Uint8Array {
  return Uint8Array.from([...structures.flatMap((one) => encode(one)), 127, 4, 0, 0, 0, 0])
}

/** Strings of each type: name as printed, place in the structure. */
const texts: Readonly<Record<number, Readonly<Record<string, number>>>> = {
  0: { Vendor: 4, Version: 5, 'Release Date': 8 },
  1: { Manufacturer: 4, 'Product Name': 5, 'Serial Number': 7, 'SKU Number': 25 },
  2: { Manufacturer: 4, 'Product Name': 5, Version: 6, 'Serial Number': 7 },
  3: { Manufacturer: 4, 'Serial Number': 7, 'Asset Tag': 8 },
  4: { 'Socket Designation': 4, Version: 16 },
  17: { Locator: 16, 'Bank Locator': 17, Manufacturer: 23, 'Serial Number': 24, 'Part Number': 26 },
}

export const chassisCodes: Readonly<Record<string, number>> = {
  'Main Server Chassis': 17,
  'Rack Mount Chassis': 23,
  Tower: 7,
  Blade: 28,
  'Multi-system': 25,
}

export const memoryCodes: Readonly<Record<string, number>> = {
  Other: 1,
  Unknown: 2,
  DRAM: 3,
  Flash: 9,
  DDR3: 24,
  DDR4: 26,
  'Logical non-volatile device': 31,
  DDR5: 34,
}

function encode({ type, length, handle, facts }: PrintedStructure): readonly number[] {
  const data = new Uint8Array(length)
  const view = new DataView(data.buffer)
  const byte = (at: number, value: number) => at < length && view.setUint8(at, value)
  const word = (at: number, value: number) => at + 2 <= length && view.setUint16(at, value, true)
  byte(0, type)
  byte(1, length)
  word(2, handle)
  const strings: string[] = []
  for (const [name, at] of Object.entries(texts[type] ?? {})) {
    const text = facts[name]
    if (text !== undefined && text !== '') byte(at, strings.push(text))
  }
  if (type === 0) {
    const [major, minor] = (facts['BIOS Revision'] ?? '255.255').split('.').map(Number)
    byte(20, major ?? 255)
    byte(21, minor ?? 255)
  }
  if (type === 3) byte(5, chassisCodes[facts.Type ?? ''] ?? 2)
  if (type === 4) {
    byte(5, facts.Type === 'Central Processor' ? 3 : 2)
    byte(24, facts.Status?.startsWith('Populated') ? 0x41 : 0)
  }
  if (type === 16) byte(5, facts.Use === 'System Memory' ? 3 : 5)
  if (type === 38) byte(5, versionByte(facts['Specification Version'] ?? '0.0'))
  if (type === 17) encodeModule({ byte, word, view, length }, facts)
  const tail = strings.flatMap((text) => [...text].map((character) => character.charCodeAt(0) & 255).concat(0))
  return [...data, ...tail, ...(strings.length === 0 ? [0, 0] : [0])]
}

type Writer = {
  readonly byte: (at: number, value: number) => unknown
  readonly word: (at: number, value: number) => unknown
  readonly view: DataView
  readonly length: number
}

function encodeModule({ byte, word, view, length }: Writer, facts: PrintedStructure['facts']): void {
  const number = (text: string | undefined, unknown: number) =>
    /^\d+/.test(text ?? '') ? Number.parseInt(text ?? '', 10) : unknown
  word(4, Number.parseInt(facts['Array Handle'] ?? '0xFFFF', 16))
  word(8, number(facts['Total Width'], 0xffff))
  word(10, number(facts['Data Width'], 0xffff))
  const mebibytes = printedMebibytes(facts.Size ?? '')
  if (mebibytes === null) word(12, /^No Module/.test(facts.Size ?? '') ? 0 : 0xffff)
  else if (mebibytes < 0x7fff) word(12, mebibytes)
  else {
    word(12, 0x7fff)
    if (length >= 32) view.setUint32(28, mebibytes, true)
  }
  byte(18, memoryCodes[facts.Type ?? ''] ?? 2)
  const speed = (text: string | undefined) => (/MT\/s|MHz/.test(text ?? '') ? number(text, 0) : 0)
  word(21, speed(facts.Speed))
  word(32, speed(facts['Configured Memory Speed'] ?? facts['Configured Clock Speed']))
}

/** `16 GB`, `129408 MB`; null for `No Module Installed`. */
export function printedMebibytes(size: string): number | null {
  const match = /^(\d+) (MB|GB|TB)$/.exec(size)
  return match === null ? null : Number(match[1]) * { MB: 1, GB: 1024, TB: 1048576 }[match[2] as 'MB' | 'GB' | 'TB']
}

function versionByte(text: string): number {
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return major * 16 + minor
}
