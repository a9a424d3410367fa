// Collects what a probe could not read or believe, and reads files so that nothing goes missing in silence.
// A problem may name the facts of the document that it leaves unknown; a fact without a problem of its own is reported
// in general words at the end (unknowns.ts), so that every null in the document is explained.

import type { FaultCode } from '../../model/faults.ts'
import type { Problem } from '../../model/inventory.ts'
import { andThen, type Reading } from '../../model/reading.ts'
import { nameOf } from '../source/paths.ts'
import type { Source } from '../source/source.ts'

/** More problems than this are counted, not kept. */
const problemsMax = 200

export class Report {
  readonly #problems: Problem[] = []
  readonly #seen = new Set<string>()
  readonly #explained = new Set<string>()
  #dropped = 0

  /** `facts` are paths in the document, such as `machine.serial` or `disks[sda].serial`. */
  add(problem: Problem, facts: readonly string[] = []): void {
    for (const fact of facts) this.#explained.add(fact)
    const key = `${problem.code} ${problem.where} ${problem.message}`
    if (this.#seen.has(key)) return
    if (this.#problems.length >= problemsMax) {
      this.#dropped++
      return
    }
    this.#seen.add(key)
    this.#problems.push(problem)
  }

  isExplained(fact: string): boolean {
    return this.#explained.has(fact)
  }

  problems(): readonly Problem[] {
    if (this.#dropped === 0) return this.#problems
    const message = `${this.#dropped} more problems are not listed`
    return [...this.#problems, { code: 'HW_UNREADABLE', where: 'problems', message }]
  }
}

/** What every probe is given. */
export type Bench = { readonly source: Source; readonly report: Report }

/** The value of a file; null when there is none, and null with a problem when it cannot be read or believed. */
export function readFact<T>(
  { source, report }: Bench,
  path: string,
  parse: (text: string) => Reading<T>,
  facts: readonly string[] = [],
): T | null {
  return settle(report, andThen(source.readText(path), parse), path, facts)
}

/** The value of a reading; anything but known and absent becomes a problem at `where`. */
export function settle<T>(report: Report, reading: Reading<T>, where: string, facts: readonly string[] = []): T | null {
  switch (reading.kind) {
    case 'known':
      return reading.value
    case 'absent':
      return null
    case 'unreadable':
      report.add({ code: reading.fault.code as FaultCode, where, message: reading.fault.message }, facts)
      return null
    case 'implausible':
      report.add({ code: 'HW_IMPLAUSIBLE', where, message: `${reading.why}: ${JSON.stringify(reading.raw)}` }, facts)
      return null
  }
}

/** The name of what a link leads to: `ahci` of `driver`, `17` of `iommu_group`; null where there is no such link. */
export function linkName({ source }: Bench, path: string): string | null {
  const target = source.linkText(path)
  return target === null ? null : nameOf(target)
}

/** Names in a folder in natural order (`cpu2` before `cpu10`); none where there is no folder. */
export function listNames({ source, report }: Bench, path: string): readonly string[] {
  const names = settle(report, source.list(path), path) ?? []
  return [...new Set(names)].sort(naturalOrder)
}

/** The numbers of `cpu0`, `node33`, `index2` in a folder, ascending. */
export function listNumbered(bench: Bench, path: string, prefix: string): readonly number[] {
  const numbers = new Set<number>()
  for (const name of settle(bench.report, bench.source.list(path), path) ?? []) {
    const digits = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    if (/^(0|[1-9]\d{0,5})$/.test(digits)) numbers.add(Number(digits))
  }
  return [...numbers].sort((a, b) => a - b)
}

export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)
}

const collator = new Intl.Collator('en', { numeric: true })
