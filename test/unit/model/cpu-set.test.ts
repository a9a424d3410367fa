// Linux CPU lists and masks, and sets of CPUs.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatCpuList,
  intersect,
  isSubset,
  parseCpuList,
  parseCpuMask,
  subtract,
  union,
} from '../../../src/model/cpu-set.ts'

describe('lists', () => {
  test.each([
    ['', []],
    ['\n', []],
    ['(null)', []],
    ['0', [0]],
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['8,0-3\n', [0, 1, 2, 3, 8]],
    ['0-3, 8', [0, 1, 2, 3, 8]],
    ['1,1-2,2', [1, 2]],
    ['0-7:1/4', [0, 4]],
    ['0-7:2/4', [0, 1, 4, 5]],
    ['0-1\0', [0, 1]],
    ['3-1', null],
    ['a', null],
    ['0-', null],
    ['-1', null],
    ['1,,2', null],
    ['0-7:3/2', null],
    ['0-7:1/0', null],
    ['0-70000', null],
    ['0-9999999', null],
  ])('%j is %j', (text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus)
  })

  test('a set is itself again after it was written as a list', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300)), (numbers) => {
        const cpus = numbers.sort((a, b) => a - b)
        expect(parseCpuList(formatCpuList(cpus))).toEqual(cpus)
      }),
    )
  })

  test('neighbours are written as one range', () => {
    expect(formatCpuList([0, 1, 2, 5, 7, 8])).toBe('0-2,5,7-8')
    expect(formatCpuList([])).toBe('')
  })
})

describe('masks', () => {
  test.each([
    ['', []],
    ['0', []],
    ['ff', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['0x3', [0, 1]],
    ['00000001,00000000', [32]],
    ['80000000\n', [31]],
    ['00000000,80000001', [0, 31]],
    ['g', null],
    ['123456789', null],
    ['1,,1', null],
    [Array(3000).fill('0').join(','), null],
  ])('%.30s is %j', (text, cpus) => {
    expect(parseCpuMask(text)).toEqual(cpus)
  })
})

test('what two sets have in common is what is in both', () => {
  const anySet = fc.uniqueArray(fc.nat(60)).map((numbers) => numbers.sort((a, b) => a - b))
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      expect(intersect(a, b)).toEqual(a.filter((cpu) => b.includes(cpu)))
    }),
  )
})

test('sets meet, join and part', () => {
  expect(intersect([1, 2, 3], [2, 3, 4])).toEqual([2, 3])
  expect(union([3, 1], [2, 3])).toEqual([1, 2, 3])
  expect(subtract([1, 2, 3], [2])).toEqual([1, 3])
  expect(isSubset([1, 3], [1, 2, 3])).toBe(true)
  expect(isSubset([1, 4], [1, 2, 3])).toBe(false)
  expect(isSubset([], [])).toBe(true)
})
