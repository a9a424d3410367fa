// What the comparisons with tools share: lists told in one row while they agree, and what a tool leaves open.

import { judge, notComparable, type Verdict } from '../verdicts.ts'

/** What a tool says of one thing, by the thing's name. */
export type Said = ReadonlyMap<string, unknown>

/** One row for all that are alike, one for all that the tool leaves open, and one for each that differs. */
export function judgeEach(fact: string, told: Said, found: Said): readonly Verdict[] {
  const names = [...new Set([...told.keys(), ...found.keys()])]
  const each = names.map((name) => {
    if (!told.has(name)) return judge(`${fact} ${name}`, 'none', found.get(name))
    if (!found.has(name)) return judge(`${fact} ${name}`, told.get(name), 'none')
    return judgeKnown(`${fact} ${name}`, told.get(name), found.get(name))
  })
  const alike = each.filter(({ verdict }) => verdict === 'agree').length
  const open = each.filter(({ verdict }) => verdict === 'not comparable')
  return [
    ...(alike === 0 ? [] : [judge(`${fact} (${alike})`, 'alike', 'alike')]),
    ...each.filter(({ verdict }) => verdict === 'differ'),
    ...(open[0] === undefined ? [] : [notComparable(`${fact} (${open.length})`, open[0].reason ?? '')]),
  ]
}

/** What a tool does not say, or says without knowing, is no difference. */
export function judgeKnown(fact: string, told: unknown, found: unknown): Verdict {
  const isOpen = told === null || told === undefined || told === ''
  if (isOpen && found !== null && found !== undefined) return notComparable(fact, 'the tool does not say')
  return judge(fact, isOpen ? null : told, found)
}

export function byName<T>(items: readonly T[], name: (item: T) => string, value: (item: T) => unknown): Said {
  return new Map(items.map((item) => [name(item), value(item)]))
}

/** Sets of CPUs that share a label, as lists in ascending order of their first CPU. */
export function groupBy<T>(items: readonly T[], label: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>()
  for (const item of items) groups.set(label(item), [...(groups.get(label(item)) ?? []), item])
  return [...groups.values()]
}
