// SCSI vital product data pages, as the kernel keeps them of each device (SPC-4 §7.8, SAT-3 §12.4): 80h the serial
// number, 83h the names of the unit, 89h what the ATA drive behind a SCSI name says of itself.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseDmiString } from './dmi.ts'
import { implausible } from './numbers.ts'

export function parseVpdSerial(page: Uint8Array): Reading<string> {
  const length = ((page[2] ?? 0) << 8) | (page[3] ?? 0)
  if (page.length < 4 || page[1] !== 0x80 || page.length < 4 + length) {
    return implausible(`${page.length} bytes`, 'not a unit serial number page')
  }
  return parseDmiString(ascii(page.subarray(4, 4 + length)))
}

/**
 * The world-wide name of the unit in the kernel's words: `naa.5000c5008ce80ee8`, `eui.…`, else `t10.…`. Names of the port
 * and the target are passed over; of several the longest NAA name wins, as in the kernel's own choice.
 */
export function parseVpdName(page: Uint8Array): Reading<string> {
  const length = ((page[2] ?? 0) << 8) | (page[3] ?? 0)
  if (page.length < 4 || page[1] !== 0x83 || page.length < 4 + length) {
    return implausible(`${page.length} bytes`, 'not a device identification page')
  }
  let best: { readonly rank: number; readonly name: string } | null = null
  for (let at = 4; at + 4 <= 4 + length; ) {
    const [codes = 0, kinds = 0, , size = 0] = page.subarray(at, at + 4)
    const body = page.subarray(at + 4, Math.min(at + 4 + size, 4 + length))
    at += 4 + size
    const name = body.length === size ? designator(codes & 0x0f, kinds, body) : null
    if (name !== null && (best === null || name.rank > best.rank)) best = name
  }
  return best === null ? absent : known(best.name)
}

/**
 * The whole model of an ATA drive from the same page: its `t10` name is the word ATA, padded to 8 characters, 40 of the
 * model and 20 of the serial number. For kernels that do not keep page 89h.
 */
export function parseVpdAtaModel(page: Uint8Array): Reading<string> {
  const text = ascii(page)
  const at = text.indexOf('ATA     ', 4)
  return at === -1 || text.length < at + 68 ? absent : parseDmiString(text.slice(at + 8, at + 48))
}

/** `kinds` holds in bits 4-5 what is named (0 is the unit), in bits 0-3 by which scheme. */
function designator(codeSet: number, kinds: number, body: Uint8Array): { rank: number; name: string } | null {
  if ((kinds & 0x30) !== 0 || body.length === 0 || body.every((byte) => byte === 0)) return null
  const hex = Array.from(body, (byte) => byte.toString(16).padStart(2, '0')).join('')
  switch (kinds & 0x0f) {
    case 3:
      return codeSet === 1 && (body.length === 8 || body.length === 16)
        ? { rank: body.length === 16 ? 4 : 2, name: `naa.${hex}` }
        : null
    case 2:
      return codeSet === 1 && [8, 12, 16].includes(body.length) ? { rank: 3, name: `eui.${hex}` } : null
    case 1: {
      const text = ascii(body).replace(/\s+/g, ' ').trim()
      return text === '' ? null : { rank: 1, name: `t10.${text}` }
    }
    default:
      return null
  }
}

export type AtaIdentity = {
  readonly model: string | null
  readonly serial: string | null
  readonly firmware: string | null
}

/** Where the answer to IDENTIFY DEVICE begins, and how long it is. */
const identifyAt = 60
const identifyBytes = 512

/** Whole model and firmware of a SATA drive, which SCSI's own strings cut at 16 and 4 characters (FN-0040). */
export function parseVpdAta(page: Uint8Array): Reading<AtaIdentity> {
  if (page[1] !== 0x89 || page.length < identifyAt + identifyBytes) {
    return implausible(`${page.length} bytes`, 'not an ATA information page')
  }
  const words = (first: number, last: number) => {
    const bytes = page.subarray(identifyAt + first * 2, identifyAt + (last + 1) * 2)
    const reading = parseDmiString(ascii(bytes.map((_, i) => bytes[i ^ 1] ?? 0)))
    return reading.kind === 'known' ? reading.value : null
  }
  return known({ serial: words(10, 19), firmware: words(23, 26), model: words(27, 46) })
}

function ascii(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ' '
  return text
}
