// Strings that firmware vendors were meant to fill in and did not. Such a value is absent, not a name.

import { absent, known, type Reading } from '../../model/reading.ts'
import { cleanText, implausible, nameCharactersMax } from './numbers.ts'

const junk = [
  /^to be filled( by o\.?e\.?m\.?)?\.?$/i,
  /^(system|base ?board|chassis|product) (manufacturer|product name|name|version|serial number)$/i,
  /^default string$/i,
  /^not (specified|applicable|available|provided|defined|present)$/i,
  /^(none|unknown|null|n\/a|na|empty|invalid|oem|o\.e\.m\.?|default|undefined|asset( |-)?\w*tag|no dimm|fill(ed)? by oem|xx+|serial ?num(ber)?|sernum\d*|part ?num(ber)?\d*|manufacturer\d*|array\d+_\w+|\[?empty\]?)$/i,
  /^0?123456789(abcdef)?0?\.?$/i,
  /^[0.\-_ x]+$/i,
  /^f+$/i,
  // The names of fields in the makers' own templates, and numbers that only count: Toshiba, Lenovo, ASUS, VMware (FN-0060).
  /^type ?\d{1,3} ?- /i,
  /^oem chassis (manufacturer|version|serial number|asset tag)$/i,
  /^no (asset (tag|information)|enclosure)$/i,
  /^[a-z]{0,5}-?1234567890(1234567)?$/i,
  // Dell's SKU of boards that were sold without one.
  /^sku=notprovided\b/i,
]

/** A DMI string, trimmed; absent when it is empty or a filler. */
export function parseDmiString(text: string): Reading<string> {
  const clean = cleanText(text).replace(/\s+/g, ' ')
  if (clean.length > nameCharactersMax) return implausible(text, 'longer than any name')
  return clean === '' || junk.some((filler) => filler.test(clean)) ? absent : known(clean)
}

/**
 * Fillers that boards of many makers carry in the place of a system UUID, in both byte orders (FN-0060). They are part
 * of what an identity is made of (decision 0015): a new line gives the machines that have it another identity.
 */
const fillerUuids = new Set([
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '78563412-3412-7856-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
  '00010203-0405-0607-0809-0a0b0c0d0e0f',
  '03020100-0504-0706-0809-0a0b0c0d0e0f',
])

/** One byte sixteen times: all zeros, all ones, erased flash. */
const repeatedByte = /^([0-9a-f]{2})\1{15}$/

/** A system UUID in lower case; absent when it is no UUID or one that thousands of boards share. */
export function parseDmiUuid(text: string): Reading<string> {
  const clean = cleanText(text).toLowerCase()
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(clean)) return absent
  return fillerUuids.has(clean) || repeatedByte.test(clean.replaceAll('-', '')) ? absent : known(clean)
}
