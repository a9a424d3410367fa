import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bound, clean, columnsOf, head, joined, shorten, wrap } from '../../../src/cli/letters.ts'

describe('text is made fit to be shown', () => {
  it.each([
    ['plain words', 'plain words'],
    ['  two  spaces ', 'two spaces'],
    ['bell\u0007 escape\u001b[2J', 'bell? escape?[2J'],
    ['right\u202eto left', 'right?to left'],
    ['half a pair \ud800', 'half a pair ?'],
    ['no letter \uffff', 'no letter ?'],
    ['e\u0301\u0302\u0303\u0304 tower', 'e\u0301 tower'],
  ])('%j is shown as %j', (text, shown) => expect(clean(text)).toBe(shown))

  it('however long it is, up to a bound', () => {
    for (const part of ['x', 'word ', 'é', '\u0301', '\u001b', '🙂', '   ']) {
      const long = clean(part.repeat(4_000_000))
      expect(long.length <= 1_000_001 && (long === '' || long.endsWith('…') || long.length < 10)).toBe(true)
    }
  })
})

describe('the width of a text is counted in columns', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['Grüße', 5],
    ['磁盘', 4],
    ['disk 🙂', 7],
    ['e\u0301', 1],
  ])('%j has %d', (text, columns) => expect(columnsOf(text)).toBe(columns))

  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 5, 'abcd…'],
    ['磁盘磁盘', 5, '磁盘…'],
    ['abc', 0, '…'],
  ])('%j in %d is %j', (text, columnsMax, shown) => expect(shorten(text, columnsMax)).toBe(shown))

  it('a head is never wider than asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, columnsMax) => {
        const cut = head(text, columnsMax)
        return text.startsWith(cut) && columnsOf(cut) <= columnsMax
      }),
    )
  })
})

describe('lines break', () => {
  it('after words, and never in bound ones that fit', () => {
    expect(wrap(`each core ${bound('L2 1 MiB')}, more`, 14)).toEqual(['each core', 'L2 1 MiB, more'])
    expect(wrap(bound('far too long for one line'), 10)).toEqual(['far too', 'long for', 'one line'])
    expect(wrap(joined(['a short fact', 'another one']), 22)).toEqual(['a short fact,', 'another one'])
  })

  it('so that none is too wide and no letter is lost', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).map(clean)
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 60 }), (words, room) => {
        const lines = wrap(words, room)
        const letters = (all: string) => all.replaceAll(/\s/g, '')
        expect(lines.every((line) => columnsOf(line) <= room)).toBe(true)
        expect(letters(lines.join(''))).toBe(letters(words))
      }),
    )
  })
})
