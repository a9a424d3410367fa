// How a look reads the kernel's files. A file that is not there, or cannot be believed, tells nothing: who asks says what
// that leaves open (`Findings.unchecked`), because only the whole of a part's files tells whether anything is.

import { andThen, type Reading, valueOr } from '../../model/reading.ts'
import { cleanText } from '../parse/numbers.ts'
import type { Source } from '../source/source.ts'

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
