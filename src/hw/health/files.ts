// How a look reads the kernel's files. A file that is not there, or cannot be believed, tells nothing: who asks says what
// that leaves open (`Findings.unchecked`), because only the whole of a part's files tells whether anything is. What tells
// of a part that it is sick is read with `stateAt` and `countAt`: a file that is there and gives an error, as those of sick
// parts may, must not make the part well.

import type { FaultCode } from '../../model/faults.ts'
import type { PartRef } from '../../model/health.ts'
import { andThen, type Reading, valueOr } from '../../model/reading.ts'
import { cleanText } from '../parse/numbers.ts'
import type { Source } from '../source/source.ts'
import type { HealthBench } from './bench.ts'

/** The text of a file without line end; empty where there is none. */
export function textAt(source: Source, path: string): string {
  return cleanText(valueOr(source.readText(path), ''))
}

/** The value of a file; null where it says none. */
export function valueAt<T>(source: Source, path: string, parse: (text: string) => Reading<T>): T | null {
  return valueOr<T, null>(andThen(source.readText(path), parse), null)
}

/** Names in a folder; none where there is no folder. */
export function namesIn(source: Source, path: string): readonly string[] {
  return valueOr<readonly string[], readonly string[]>(source.list(path), [])
}

/** As `textAt`; a file that cannot be read leaves everything about its part as it was. */
export function stateAt(bench: HealthBench, part: PartRef, path: string): string {
  return cleanText(valueOr(readOf(bench, part, path), ''))
}

/** As `valueAt`; a file that cannot be read leaves everything about its part as it was. */
export function countAt<T>(
  bench: HealthBench,
  part: PartRef,
  path: string,
  parse: (text: string) => Reading<T>,
): T | null {
  return valueOr<T, null>(andThen(readOf(bench, part, path), parse), null)
}

function readOf({ source, findings }: HealthBench, part: PartRef, path: string): Reading<string> {
  const text = source.readText(path)
  if (text.kind === 'unreadable') {
    findings.unchecked('its files in the kernel', part, text.fault.code as FaultCode, text.fault.message)
  }
  return text
}
