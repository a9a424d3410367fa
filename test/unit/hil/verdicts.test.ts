// Verdicts of a comparison, and news out of an agent's log.

import { describe, expect, test } from 'vitest'
import { parseNews } from '../../hil/news.ts'
import { byName, judgeEach, judgeKnown } from '../../hil/tools/compare.ts'
import { isFailure, judge, notComparable, summary, verdictTable } from '../../hil/verdicts.ts'

test('a missing value and null are the same, an empty text and null are not', () => {
  expect(judge('x', null, undefined).verdict).toBe('agree')
  expect(judge('x', { a: null }, { a: null }).verdict).toBe('agree')
  expect(judge('x', '', null).verdict).toBe('differ')
  expect(judge('x', [1, 2], [2, 1]).verdict).toBe('differ')
})

test('a difference fails unless it has a reason', () => {
  expect(isFailure(judge('x', 1, 2))).toBe(true)
  expect(isFailure(judge('x', 1, 2, 'another clock'))).toBe(false)
  expect(isFailure(judge('x', 1, 1, 'another clock'))).toBe(false)
  expect(isFailure(notComparable('x', 'not installed'))).toBe(false)
})

test('the summary counts each kind', () => {
  const all = [judge('a', 1, 1), judge('b', 1, 2), judge('c', 1, 2, 'why'), notComparable('d', 'why')]
  expect(summary(all)).toBe('1 agree, 1 differ, 1 differ with a reason, 1 not comparable')
  expect(
    verdictTable(all, 'TOLD', null)
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, '|')),
  ).toEqual(['FACT|TOLD|PROBE|VERDICT', 'a|1|1|agree', 'b|1|2|differ', 'c|1|2|differ: why', 'd|not comparable: why'])
})

describe('lists', () => {
  const pairs = (...entries: [string, unknown][]) =>
    byName(
      entries,
      ([name]) => name,
      ([, value]) => value,
    )

  test('that are alike take one row', () => {
    expect(judgeEach('size', pairs(['a', 1], ['b', 2]), pairs(['b', 2], ['a', 1]))).toEqual([
      judge('size (2)', 'alike', 'alike'),
    ])
  })

  test('tell each difference, what only one side has, and what is open', () => {
    const verdicts = judgeEach(
      'size',
      pairs(['a', 1], ['b', 2], ['c', null]),
      pairs(['a', 1], ['b', 3], ['c', 4], ['d', 5]),
    )
    expect(verdicts).toEqual([
      judge('size (1)', 'alike', 'alike'),
      judge('size b', 2, 3),
      judge('size d', 'none', 5),
      notComparable('size (1)', 'the tool does not say'),
    ])
    expect(judgeEach('size', pairs(['a', 1]), pairs())).toEqual([judge('size a', 1, 'none')])
    expect(judgeEach('size', pairs(), pairs())).toEqual([])
  })

  test('what a tool says and the probe does not know is a difference', () => {
    expect(judgeKnown('x', 'S1', null).verdict).toBe('differ')
    expect(judgeKnown('x', undefined, null).verdict).toBe('agree')
  })
})

test('news are taken from the log, whatever else is in it', () => {
  const log = [
    'not json',
    '{"event":"link.failed","what":"x"}',
    '{"event":"inventory.changed","what":"disk a gone"}',
    '{"event":"health.appeared","what":7}',
    'null',
    '{"event":"health.cleared","wh',
  ]
  expect(parseNews(log.join('\n'))).toEqual([{ event: 'inventory.changed', what: 'disk a gone' }])
})
