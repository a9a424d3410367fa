// Hardware addresses of network ports, in lower case: six bytes of Ethernet, twenty of IP over InfiniBand.

import { absent, known, type Reading } from '../../model/reading.ts'
import { cleanText } from './numbers.ts'

/** Absent when the text is no address, or one of zeros or ones alone. */
export function parseMac(text: string): Reading<string> {
  const mac = cleanText(text).toLowerCase()
  return /^([0-9a-f]{2}:){5,19}[0-9a-f]{2}$/.test(mac) && !/^([0:]+|[f:]+)$/.test(mac) ? known(mac) : absent
}

/**
 * What of an address stays: all of an Ethernet one; of IP over InfiniBand the GUID of the port, its last eight bytes, for
 * the first four are a queue number of this boot (FN-0061). Null for other lengths.
 */
export function lastingAddress(mac: string): string | null {
  const bytes = mac.split(':')
  if (bytes.length === 20) return bytes.slice(12).join(':')
  return bytes.length === 6 || bytes.length === 8 ? mac : null
}

/** Given out by software, and so by several at once: the second bit of the first byte. */
export function isLocallyAdministered(mac: string): boolean {
  return mac.split(':').length === 6 && (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0
}
