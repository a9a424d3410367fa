import { RE2JS } from 're2js'
import { describe, expect, test } from 'vitest'
import { patternWorkMax } from '../../../src/mesos/offer-constraints.ts'
import { patternWork } from '../../../src/mesos/pattern-work.ts'

describe('the work of a pattern', () => {
  test.each<[string, string, number]>([
    ['of letters is their number', 'node-17', 8],
    ['of a repeat is that of what it repeats', 'ab{200}', 207],
    ['of repeats in repeats is their product', '(?:a{30}){30}', 1145],
    ['of what may be repeated without end is the least', 'a{40,}', 46],
    ['of an upper bound counts', 'a{1,300}', 308],
    ['of a repeated class is that of its letters', '[abc]{10}', 45],
    ['of no repeat is that of its letters', 'a{x}', 5],
    ['of a code in braces is no repeat', '\\x{20}', 7],
    ['of quoted letters knows no classes', '\\Q[\\Ea{50}', 57],
  ])('%s', (_claim, pattern, work) => {
    expect(patternWork(pattern)).toBe(work)
  })

  test.each([
    ['a table of letters', '\\pL', 'aaa'],
    ['a table of letters with a long name', '\\p{Greek}', 'a'.repeat(9)],
    ['a table in a class', '[\\PL]', '[aaa]'],
    ['a table after another name', '[[:alpha:]\\pL]', '[[:alpha:]aaa]'],
    ['a wide range without case', '(?i)[a-\\x{ffff}]', '[a-\\x{ffff}]aaaa'],
    ['a wide range of letters without case', 'a(?s-m:b)(?mi:[a-\uffff])', 'a(?s-m:b)(?m:[a-\uffff])'],
    ['a name without an end', `[${'[:'.repeat(100)}a]`, `[${'aa'.repeat(100)}]`],
  ])('of %s is more than of its letters', (_what, pattern, simple) => {
    expect(patternWork(pattern)).toBeGreaterThan(patternWork(simple) + 50)
  })

  test('of a class ends where the class ends', () => {
    for (const text of ['[]a]', '[^]a]', '[a\\]b]', '[[:alpha:]]', '[!-\\]]', '[\\x{5d}-a]', '[a-]']) {
      expect(() => RE2JS.compile(text)).not.toThrow()
      expect(patternWork(`${text}a{500}`)).toBeGreaterThan(500)
    }
  })
})

test('what is too much work is never compiled, whatever it is hidden in', () => {
  for (const pattern of [
    '(a{999})'.repeat(500),
    `(?i)[${'a-\\x{10ffff}'.repeat(330)}]`,
    `(?s)(?i-s:[${'a-\uffff'.repeat(1000)}])`,
    `[${'\\pL'.repeat(1350)}]`,
    `${'\\pL|'.repeat(1000)}a`,
    `\\Q[\\E${'a{999}'.repeat(500)}`,
    `[]]${'a{999}'.repeat(500)}`,
    `\\[${'(?:^){999}'.repeat(300)}`,
  ]) {
    expect(patternWork(pattern), pattern.slice(0, 30)).toBeGreaterThan(patternWorkMax)
  }
})

test.each([
  'node-[0-9]{1,5}\\.rack(1[0-9]|2[0-4])\\.example\\.org',
  '(?i)(linux|freebsd)-(x86_64|aarch64)',
  '[\\p{L}\\p{N}_.-]+',
  Array.from({ length: 200 }, (_, i) => `n${i}`).join('|'),
])('%s is little work', (pattern) => {
  expect(patternWork(pattern)).toBeLessThan(1000)
})
