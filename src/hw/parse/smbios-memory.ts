// Memory modules from SMBIOS: memory devices (17) in physical memory arrays (16).
// It does not know what the kernel sees of them; the locator is all that ties them to its counters.

import type { Dimm } from '../../model/inventory.ts'
import { byteAt, doubleWordAt, type Structure, textAt, wordAt } from './smbios-structures.ts'

const mebibyte = 1024 * 1024

/** Modules in the order of the table. Empty sockets, and devices that hold firmware or video memory, are no modules. */
export function dimmsOf(structures: readonly Structure[]): readonly Dimm[] {
  const uses = new Map(structures.flatMap((one) => (one.type === 16 ? [[one.handle, byteAt(one, 5)] as const] : [])))
  return structures.flatMap((one) => {
    if (one.type !== 17 || romTypes.has(byteAt(one, 18) ?? 0)) return []
    const use = uses.get(wordAt(one, 4) ?? -1) ?? null
    return use === null || use <= 3 ? (dimmOf(one) ?? []) : []
  })
}

/** Null for an empty socket, and for a structure too short to tell. */
function dimmOf(one: Structure): Dimm | null {
  const size = wordAt(one, 12)
  if (size === null || size === 0) return null
  return {
    locator: textAt(one, 16),
    bank: textAt(one, 17),
    sizeBytes: dimmBytes(one, size),
    type: memoryTypes[byteAt(one, 18) ?? 0] ?? null,
    isEcc: hasSpareLines(wordAt(one, 8), wordAt(one, 10)),
    speedMtps: speedOf(wordAt(one, 21), doubleWordAt(one, 84)),
    configuredMtps: speedOf(wordAt(one, 32), doubleWordAt(one, 88)),
    manufacturer: textAt(one, 23),
    part: textAt(one, 26),
    serial: textAt(one, 24),
  }
}

/** Bit 15 of the size chooses KiB; 0x7fff points to the 32-bit field in MiB; 0xffff is unknown (§7.18.2). */
function dimmBytes(one: Structure, size: number): number | null {
  if (size === 0xffff) return null
  if (size !== 0x7fff) return size & 0x8000 ? (size & 0x7fff) * 1024 || null : size * mebibyte
  const extended = doubleWordAt(one, 28)
  return extended === null ? null : (extended % 0x80000000) * mebibyte || null
}

/** 72 lines for 64 bits (80 with DDR5). Fewer lines than bits is a filler. */
function hasSpareLines(lines: number | null, bits: number | null): boolean | null {
  const isUnknown = (width: number | null) => width === null || width === 0 || width === 0xffff
  if (isUnknown(lines) || isUnknown(bits)) return null
  const spare = (lines as number) - (bits as number)
  return spare < 0 ? null : spare > 0
}

/** Megatransfers a second; 0xffff points to the field of 31 bits that version 3.3 added. */
function speedOf(speed: number | null, extended: number | null): number | null {
  const said = speed === 0xffff ? (extended ?? 0) % 0x80000000 : speed
  return said === null || said === 0 ? null : said
}

/** ROM, FLASH, EEPROM, FEPROM, EPROM: where firmware lives. */
const romTypes = new Set([8, 9, 10, 11, 12])

/** Table 77 of DSP0134; what is not here is Other, Unknown or not met on machines with this many bits. */
const memoryTypes: Readonly<Record<number, string>> = {
  3: 'DRAM',
  7: 'RAM',
  15: 'SDRAM',
  17: 'RDRAM',
  18: 'DDR',
  19: 'DDR2',
  20: 'DDR2 FB-DIMM',
  24: 'DDR3',
  25: 'FBD2',
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
