// The kernel's files about memory: /proc/meminfo and a node's meminfo, the sizes of caches and hugepages, distances.
// All sizes become bytes.

import { absent, known, type Reading } from '../../model/reading.ts'
import { cleanText, implausible, parseInteger } from './numbers.ts'

/** Bytes of `MemTotal` in /proc/meminfo (`MemTotal:  2097684 kB`) or in a node's (`Node 3 MemTotal: …`). */
export function parseMemTotal(text: string): Reading<number> {
  const line = /^(?:Node \d+ )?MemTotal:\s*(\d{1,13}) kB\s*$/m.exec(text)
  if (line === null) return text.includes('MemTotal') ? implausible(text, 'MemTotal is not a size in kB') : absent
  return known(Number(line[1]) * 1024)
}

/** Bytes of bad memory that the kernel has taken out of use, `HardwareCorrupted:  0 kB`; absent on older kernels. */
export function parseHardwareCorrupted(text: string): Reading<number> {
  const line = /^HardwareCorrupted:\s*(\d{1,13}) kB\s*$/m.exec(text)
  return line === null ? absent : known(Number(line[1]) * 1024)
}

/** Bytes of a cache: `32K`, and `8M` on some kernels. */
export function parseCacheSize(text: string): Reading<number> {
  const clean = cleanText(text)
  if (clean === '') return absent
  const match = /^(\d{1,10})([KMG]?)B?$/i.exec(clean)
  if (match === null) return implausible(text, 'not a cache size')
  const factor = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[(match[2] as string).toUpperCase()] as number
  const bytes = Number(match[1]) * factor
  return bytes === 0 ? absent : known(bytes)
}

/** Bytes of a page from a folder's name: `hugepages-2048kB`. */
export function parseHugepageSize(folder: string): Reading<number> {
  const match = /^hugepages-(\d{1,12})kB$/.exec(folder)
  return match === null ? absent : known(Number(match[1]) * 1024)
}

/** One number an online node, in ascending order of node id. 0 is of a kernel that was told none: the nearest is 10. */
export function parseDistances(text: string): Reading<readonly number[]> {
  const words = cleanText(text).split(/\s+/)
  if (words.length === 1 && words[0] === '') return absent
  const numbers: number[] = []
  for (const word of words) {
    const number = parseInteger(word)
    if (number.kind !== 'known' || number.value <= 0) return implausible(text, 'not a row of distances')
    numbers.push(number.value)
  }
  return known(numbers)
}
