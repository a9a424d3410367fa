// /proc/interrupts: a row a source, a column an online CPU: `MCE:  0  0   Machine check exceptions`.

import { absent, known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

/** The counts of the row `name` (`MCE`), one a CPU; absent where the kernel has no such row. */
export function parseInterruptRow(text: string, name: string): Reading<readonly number[]> {
  const start = text.startsWith(`${name}:`) ? 0 : text.search(new RegExp(`\\n[ \\t]*${name}:`))
  if (start === -1) return absent
  const from = text.indexOf(':', start) + 1
  const end = text.indexOf('\n', from)
  const row = text.slice(from, end === -1 ? undefined : end)
  const counts: number[] = []
  for (const word of row.trim().split(/\s+/)) {
    if (!/^\d{1,15}$/.test(word)) break
    counts.push(Number(word))
  }
  return counts.length === 0 ? implausible(row, 'a row of interrupts without counts') : known(counts)
}
