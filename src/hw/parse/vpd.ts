// SCSI vital product data, page 80h (SPC-4 §7.8.14): the drive's serial number.

import type { Reading } from '../../model/reading.ts'
import { parseDmiString } from './dmi.ts'
import { implausible } from './numbers.ts'

export function parseVpdSerial(page: Uint8Array): Reading<string> {
  const length = ((page[2] ?? 0) << 8) | (page[3] ?? 0)
  if (page.length < 4 || page[1] !== 0x80 || page.length < 4 + length) {
    return implausible(`${page.length} bytes`, 'not a unit serial number page')
  }
  let text = ''
  for (const byte of page.subarray(4, 4 + length)) text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ' '
  return parseDmiString(text)
}
