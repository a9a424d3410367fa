// SMBIOS structure tables (DMTF DSP0134) as /sys/firmware/dmi/tables/DMI has them: BIOS (0), system (1), board (2),
// processors (4), memory devices (17). Lengths are checked before every read: firmware gets them wrong.
// The byte order of the UUID is that of SMBIOS 2.6 and later, as dmidecode prints it.

import type { Dimm, Firmware, MachineIdentity } from '../../model/inventory.ts'
import { absent, known, type Reading, valueOr } from '../../model/reading.ts'
import { parseDmiString, parseDmiUuid } from './dmi.ts'

export type SmbiosSystem = Pick<MachineIdentity, 'vendor' | 'product' | 'serial' | 'uuid'>

export type Smbios = {
  readonly bios: Omit<Firmware, 'component'> | null
  readonly system: SmbiosSystem | null
  readonly board: Omit<SmbiosSystem, 'uuid'> | null
  readonly processors: readonly { readonly socket: string | null; readonly model: string | null }[]
  readonly dimms: readonly Dimm[]
}

/** More structures than any firmware has; the rest is not looked at. */
const structuresMax = 4096

type Structure = { readonly type: number; readonly data: Uint8Array; readonly strings: readonly string[] }

/** Absent when the bytes hold no structure at all. */
export function parseSmbios(table: Uint8Array): Reading<Smbios> {
  const structures = structuresOf(table)
  if (structures.length === 0) return absent
  const of = (type: number) => structures.filter((one) => one.type === type)
  const [bios] = of(0)
  const [system] = of(1)
  const [board] = of(2)
  return known({
    bios: bios ? { vendor: textAt(bios, 4), version: textAt(bios, 5), date: textAt(bios, 8) } : null,
    system: system
      ? { vendor: textAt(system, 4), product: textAt(system, 5), serial: textAt(system, 7), uuid: uuidAt(system, 8) }
      : null,
    board: board ? { vendor: textAt(board, 4), product: textAt(board, 5), serial: textAt(board, 7) } : null,
    processors: of(4).map((one) => ({ socket: textAt(one, 4), model: textAt(one, 16) })),
    dimms: of(17).flatMap((one) => dimmOf(one) ?? []),
  })
}

function structuresOf(table: Uint8Array): readonly Structure[] {
  const found: Structure[] = []
  for (let at = 0; at + 4 <= table.length && found.length < structuresMax; ) {
    const type = table[at] as number
    const length = table[at + 1] as number
    if (length < 4 || at + length > table.length) break
    const strings: string[] = []
    let next = at + length
    while (next < table.length && table[next] !== 0) {
      let end = next
      while (end < table.length && table[end] !== 0) end++
      strings.push(latin1(table.subarray(next, end)))
      next = end + 1
    }
    found.push({ type, data: table.subarray(at, at + length), strings })
    if (type === 127) break
    // After the strings stands one NUL; a structure without strings has two.
    at = strings.length === 0 ? next + 2 : next + 1
  }
  return found
}

/** Null for an empty slot, and for a structure too short to tell. */
function dimmOf(one: Structure): Dimm | null {
  const size = word(one, 12)
  if (size === null || size === 0) return null
  const speed = word(one, 21)
  return {
    locator: textAt(one, 16),
    bank: textAt(one, 17),
    isEcc: null,
    configuredMtps: null,
    sizeBytes: dimmBytes(one, size),
    type: memoryTypes[one.data[18] ?? 0] ?? null,
    speedMtps: speed === null || speed === 0 || speed === 0xffff ? null : speed,
    manufacturer: textAt(one, 23),
    part: textAt(one, 26),
    serial: textAt(one, 24),
  }
}

/** Bit 15 of the size chooses KiB; 0x7fff points to the 32-bit field in MiB; 0xffff is unknown (§7.18.2). */
function dimmBytes(one: Structure, size: number): number | null {
  if (size === 0xffff) return null
  if (size === 0x7fff) {
    const low = word(one, 28)
    const high = word(one, 30)
    return low === null || high === null ? null : ((high & 0x7fff) * 65536 + low) * 1024 * 1024
  }
  return size & 0x8000 ? (size & 0x7fff) * 1024 : size * 1024 * 1024
}

/** Table 77 of DSP0134, the ones that are still met. */
const memoryTypes: Readonly<Record<number, string>> = {
  15: 'SDRAM',
  18: 'DDR',
  19: 'DDR2',
  24: 'DDR3',
  26: 'DDR4',
  27: 'LPDDR',
  28: 'LPDDR2',
  29: 'LPDDR3',
  30: 'LPDDR4',
  31: 'NVDIMM',
  32: 'HBM',
  33: 'HBM2',
  34: 'DDR5',
  35: 'LPDDR5',
  36: 'HBM3',
}

function word(one: Structure, at: number): number | null {
  const low = one.data[at]
  const high = one.data[at + 1]
  return low === undefined || high === undefined ? null : low + high * 256
}

function textAt(one: Structure, at: number): string | null {
  const text = one.strings[(one.data[at] ?? 0) - 1]
  return text === undefined ? null : valueOr(parseDmiString(text), null)
}

function uuidAt(one: Structure, at: number): string | null {
  if (one.data.length < at + 16) return null
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const hex = order.map((i) => (one.data[at + i] as number).toString(16).padStart(2, '0')).join('')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return valueOr(parseDmiUuid(parts.join('-')), null)
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
