// Fixed point: thousandths in, thousandths out, nothing lost on the way.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addMilli,
  bytesPerMebibyte,
  bytesToMilliMebibytes,
  milli,
  milliFromNumber,
  milliToNumber,
  subtractMilli,
} from '../../../src/model/units.ts'

describe('from floating point', () => {
  test.each([
    [1, 1000],
    [1.001, 1001],
    [1.0004, 1000],
    [1.0005, 1001],
    [1.0006, 1001],
    [0.0005, 1],
    [0.00049, 0],
    [0.1, 100],
    [-1.5, -1500],
    [-0.0005, -1],
    [-0.0001, 0],
    [0, 0],
  ])('%d is %d thousandths', (value, expected) => {
    expect(milliFromNumber(value)).toBe(expected)
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])('%d is not a quantity', (value) => {
    expect(() => milliFromNumber(value)).toThrow(/thousandths/)
  })

  test('three decimals survive the way there and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 13), max: 10 ** 13 }), (amount) => {
        expect(milliFromNumber(milliToNumber(milli(amount)))).toBe(amount)
      }),
    )
  })
})

describe('sums', () => {
  test('ten tenths are one, in any order and after any number of steps', () => {
    let sum = milli(0)
    for (let i = 0; i < 10; i++) sum = addMilli(sum, milliFromNumber(0.1))
    expect(milliToNumber(sum)).toBe(1)
    let total = milliFromNumber(1.001)
    for (let i = 0; i < 1000; i++)
      total = subtractMilli(addMilli(total, milliFromNumber(3.789)), milliFromNumber(3.789))
    expect(milliToNumber(total)).toBe(1.001)
  })

  test('a sum that would be inexact is our mistake', () => {
    expect(() => addMilli(milli(Number.MAX_SAFE_INTEGER), milli(1))).toThrow(/safe integer/)
    expect(() => milli(1.5)).toThrow(/safe integer/)
  })
})

test.each([
  [0, 0],
  [bytesPerMebibyte, 1000],
  [bytesPerMebibyte * 1.5, 1500],
  [bytesPerMebibyte - 1, 999],
  [1, 0],
  [64 * 1024 ** 3, 65_536_000],
])('%d bytes are %d thousandths of a mebibyte, rounded down', (bytes, expected) => {
  expect(bytesToMilliMebibytes(bytes)).toBe(expected)
})
