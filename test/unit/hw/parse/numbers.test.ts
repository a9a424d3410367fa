import { describe, expect, it } from 'vitest'
import {
  cleanText,
  parseCount,
  parseHex,
  parseInteger,
  parseLine,
  parseList,
  parseMask,
  parsePositive,
} from '../../../../src/hw/parse/numbers.ts'

describe('a number of the kernel', () => {
  it.each([
    ['42\n', 42],
    ['-1\n', -1],
    ['0', 0],
    ['7\n\0\0', 7],
  ])('%j is known', (text, value) => {
    expect(parseInteger(text)).toEqual({ kind: 'known', value })
  })

  it.each(['', '4 2', '0x10', '1e3', '3.5', '99999999999999999', 'x', '--1'])('%j is implausible', (text) => {
    expect(parseInteger(text)).toMatchObject({ kind: 'implausible' })
  })

  it('keeps a short piece of a wrong text as evidence', () => {
    const reading = parseInteger('x'.repeat(10_000))
    expect(reading.kind === 'implausible' && reading.raw.length).toBe(120)
  })

  it('is a count where it is not negative', () => {
    expect([parseCount('0\n'), parseCount('7')]).toEqual([0, 7].map((value) => ({ kind: 'known', value })))
    for (const text of ['-1', '', '9007199254740993', '1e3'])
      expect(parseCount(text)).toMatchObject({ kind: 'implausible' })
  })

  it('is read in hexadecimal with and without a prefix', () => {
    expect([parseHex('0x10de\n'), parseHex('30200')]).toEqual([
      { kind: 'known', value: 0x10de },
      { kind: 'known', value: 0x30200 },
    ])
    expect(parseHex('10.5')).toMatchObject({ kind: 'implausible' })
  })
})

describe('a number above 0', () => {
  it('is absent where a driver says that it does not know', () => {
    expect(['32\n', '0\n', '-1\n', ''].map((text) => parsePositive(text).kind)).toEqual([
      'known',
      'absent',
      'absent',
      'implausible',
    ])
  })
})

describe('a line of the kernel', () => {
  it.each(['', '\n', '(null)\n', '(none)\n', '<NULL>\n'])('%j says nothing', (text) => {
    expect(parseLine(text)).toEqual({ kind: 'absent' })
  })

  it('is kept as it is', () => {
    expect(parseLine(' notsupported \n')).toEqual({ kind: 'known', value: 'notsupported' })
  })
})

it('a line longer than any name is none', () => {
  expect(parseLine('x'.repeat(1024))).toMatchObject({ kind: 'known' })
  expect(parseLine('x'.repeat(1025))).toMatchObject({ kind: 'implausible' })
})

describe('a set of CPUs', () => {
  it('ends at the first NUL, as some kernels write it (FN-0001)', () => {
    expect(cleanText(' 0-3\n\0junk')).toBe('0-3')
    expect(parseList('0-3\n\0')).toEqual({ kind: 'known', value: [0, 1, 2, 3] })
  })

  it('is empty where the kernel writes nothing or (null)', () => {
    for (const text of ['', '\n', '\0', '(null)\n']) expect(parseList(text)).toEqual({ kind: 'known', value: [] })
  })

  it('may be a mask of several words, of which the first may be short', () => {
    expect(parseMask('1,00000000,80000001\n')).toEqual({ kind: 'known', value: [0, 31, 64] })
  })

  it('is implausible when it is neither', () => {
    expect(parseList('3-1')).toMatchObject({ kind: 'implausible' })
    expect(parseMask('0-3')).toMatchObject({ kind: 'implausible' })
  })
})
