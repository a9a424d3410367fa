// The frame of SMBIOS tables (DMTF DSP0134): structures one after the other, each a block of bytes and the strings that
// follow it. It does not know what a structure means. Firmware gets lengths wrong, so every read is checked, and a
// structure that the table cuts off is left out whole: half a serial number would be a wrong one.

import { valueOr } from '../../model/reading.ts'
import { parseDmiString } from './dmi.ts'

export type Structure = {
  readonly type: number
  readonly handle: number
  readonly data: Uint8Array
  readonly strings: readonly string[]
}

/** More structures than any firmware has; the rest is not looked at. */
const structuresMax = 4096

const endOfTable = 127

export function structuresOf(table: Uint8Array): readonly Structure[] {
  const found: Structure[] = []
  for (let at = 0; at + 4 <= table.length && found.length < structuresMax; ) {
    const type = table[at] as number
    const length = table[at + 1] as number
    if (length < 4 || at + length > table.length) break
    const strings: string[] = []
    let next = at + length
    while (next < table.length && table[next] !== 0) {
      const end = table.indexOf(0, next)
      if (end === -1) return found
      strings.push(latin1(table.subarray(next, end)))
      next = end + 1
    }
    // The end of the table is often cut to its four bytes.
    if (next >= table.length && type !== endOfTable) break
    const handle = (table[at + 2] as number) + (table[at + 3] as number) * 256
    found.push({ type, handle, data: table.subarray(at, at + length), strings })
    if (type === endOfTable) break
    // After the strings stands one NUL; a structure without strings has two.
    at = strings.length === 0 ? next + 2 : next + 1
  }
  return found
}

/** Null where the structure is too short to have the field, as those of older versions are. */
export function byteAt(one: Structure, at: number): number | null {
  return one.data[at] ?? null
}

export function wordAt(one: Structure, at: number): number | null {
  const low = one.data[at]
  const high = one.data[at + 1]
  return low === undefined || high === undefined ? null : low + high * 256
}

export function doubleWordAt(one: Structure, at: number): number | null {
  const low = wordAt(one, at)
  const high = wordAt(one, at + 2)
  return low === null || high === null ? null : low + high * 65536
}

/** The string that a field names; null where there is none or it is a filler. */
export function textAt(one: Structure, at: number): string | null {
  const text = one.strings[(one.data[at] ?? 0) - 1]
  return text === undefined ? null : valueOr(parseDmiString(text), null)
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
