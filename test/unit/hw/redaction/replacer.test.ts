// The search for many words at once, compared with a slow and simple one.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Replacer } from '../../../../src/hw/redaction/replacer.ts'

function replacer(...words: readonly (readonly [string, string, 'alone' | 'no-digit' | 'anywhere'])[]): Replacer {
  const made = new Replacer()
  for (const word of words) made.add(...word)
  return made
}

it('thousands of words that begin alike take no longer than others', () => {
  const name = (i: number) => `S4YPNX0R${String(i).padStart(6, '0')}`
  const made = new Replacer()
  const count = 50_000
  for (let i = 0; i < count; i++) made.add(name(i), name(i).replace('S4YP', 'A1BC'), 'alone')
  const text = Array.from({ length: count }, (_, i) => name(i)).join(' ')
  expect(made.replace(text)).toBe(text.replaceAll('S4YP', 'A1BC'))
})

describe('a word', () => {
  it.each([
    ['stands anywhere', replacer(['abcd', 'wxyz', 'anywhere']), 'xabcdabcdy abcd', 'xwxyzwxyzy wxyz'],
    ['stands alone', replacer(['abcd', 'wxyz', 'alone']), 'abcd1 1abcd abcd,abcd', 'abcd1 1abcd wxyz,wxyz'],
    ['touches no digit', replacer(['1234', '9876', 'no-digit']), '01234 d1234e 12345', '01234 d9876e 12345'],
    [
      'takes the case that it finds',
      replacer(['ab-Cd', 'wx-Yz', 'anywhere']),
      'AB-CD ab-cd ab-Cd',
      'WX-YZ wx-yz wx-Yz',
    ],
    [
      'is the longest',
      replacer(['abcd', '1111', 'anywhere'], ['abcde', '22222', 'anywhere']),
      'abcdeabcd',
      '222221111',
    ],
    ['has four characters or is none', replacer(['abc', 'xyz', 'anywhere']), 'abc', 'abc'],
  ])('%s', (_, made, text, expected) => {
    expect(made.replace(text)).toBe(expected)
  })

  it('of bytes is found byte for byte, and written so', () => {
    const made = new Replacer()
    made.addBytes('AB\x00\xff', 'ab\x01\xfe')
    expect(made.replace('AB\x00\xff ab\x00\xff')).toBe('ab\x01\xfe ab\x00\xff')
  })
})

it('all words are found that a simple search finds', () => {
  const word = fc.stringMatching(/^[ab1]{4,7}$/)
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 6 }), fc.stringMatching(/^[ab1 ]{0,60}$/), (words, text) => {
      const made = new Replacer()
      for (const one of words) made.add(one, 'z'.repeat(one.length), 'anywhere')
      const longestFirst = [...words].sort((a, b) => b.length - a.length)
      let simple = ''
      for (let at = 0; at < text.length; ) {
        const found = longestFirst.find((one) => text.startsWith(one, at))
        simple += found === undefined ? text.charAt(at) : 'z'.repeat(found.length)
        at += found?.length ?? 1
      }
      expect(made.replace(text)).toBe(simple)
    }),
  )
})
