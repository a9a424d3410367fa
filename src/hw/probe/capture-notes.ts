// What a recorder noted beside a capture because no file of the machine says it: hwloc-gather-topology writes
// /proc/hwloc-nofile-info. The running machine has no such file.

import { absent, known } from '../../model/reading.ts'
import { parseColonPairs } from '../parse/key-values.ts'
import { type Bench, readFact } from './report.ts'

/** `Architecture`, `OSRelease`, `HostName`; null where nothing was noted. */
export function captureNote(bench: Bench, key: string): string | null {
  if (bench.source.kind === 'live') return null
  return readFact(bench, '/proc/hwloc-nofile-info', (text) => {
    const value = parseColonPairs(text).get(key)
    return value === undefined || value === '' ? absent : known(value)
  })
}
