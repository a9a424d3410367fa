// What a comparison found, row by row, and how people see it. Pure; it does not know what is compared.

import { isDeepStrictEqual } from 'node:util'
import { formatTable } from '../../src/cli/table.ts'

export type Verdict = {
  readonly fact: string
  /** What the other side says: what qemu was told, or a tool. */
  readonly expected: unknown
  /** What the probe says. */
  readonly found: unknown
  readonly verdict: 'agree' | 'differ' | 'not comparable'
  /** Why they differ although nobody is wrong, or why they cannot be compared. */
  readonly reason: string | null
}

/** Compares as JSON: a set is a list in order, a missing value is null. A difference with a reason is no failure. */
export function judge(fact: string, expected: unknown, found: unknown, reason: string | null = null): Verdict {
  const isSame = isDeepStrictEqual(plain(expected), plain(found))
  return {
    fact,
    expected: plain(expected),
    found: plain(found),
    verdict: isSame ? 'agree' : 'differ',
    reason: isSame ? null : reason,
  }
}

export function notComparable(fact: string, reason: string): Verdict {
  return { fact, expected: null, found: null, verdict: 'not comparable', reason }
}

/** A difference that nobody explained. */
export function isFailure({ verdict, reason }: Verdict): boolean {
  return verdict === 'differ' && reason === null
}

export function verdictTable(verdicts: readonly Verdict[], expectedTitle: string, width: number | null): string {
  return formatTable(
    [
      { title: 'FACT', text: ({ fact }) => fact, cut: 'end', isCutLast: true },
      {
        title: expectedTitle,
        text: ({ expected, verdict }) => (verdict === 'not comparable' ? '' : shown(expected)),
        cut: 'end',
      },
      { title: 'PROBE', text: ({ found, verdict }) => (verdict === 'not comparable' ? '' : shown(found)), cut: 'end' },
      {
        title: 'VERDICT',
        text: ({ verdict, reason }) => (reason === null ? verdict : `${verdict}: ${reason}`),
        cut: 'end',
      },
    ],
    verdicts,
    width,
  )
}

export function summary(verdicts: readonly Verdict[]): string {
  const count = (kept: (verdict: Verdict) => boolean) => verdicts.filter(kept).length
  const explained = count((one) => one.verdict === 'differ' && one.reason !== null)
  return [
    `${count(({ verdict }) => verdict === 'agree')} agree`,
    `${count(isFailure)} differ`,
    ...(explained > 0 ? [`${explained} differ with a reason`] : []),
    `${count(({ verdict }) => verdict === 'not comparable')} not comparable`,
  ].join(', ')
}

export function shown(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}
