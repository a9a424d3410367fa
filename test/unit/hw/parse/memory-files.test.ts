import { expect, it } from 'vitest'
import {
  parseCacheSize,
  parseDistances,
  parseHardwareCorrupted,
  parseHugepageSize,
  parseMemTotal,
} from '../../../../src/hw/parse/memory-files.ts'

it('MemTotal of the machine and of a node is in bytes', () => {
  expect(parseMemTotal('MemTotal:        2097684 kB\nMemFree: 1 kB\n')).toEqual({
    kind: 'known',
    value: 2097684 * 1024,
  })
  expect(parseMemTotal('\nNode 33 MemTotal:  400016779264 kB\n')).toEqual({ kind: 'known', value: 400016779264 * 1024 })
})

it('MemTotal is absent where no line has it, and implausible where it is no size', () => {
  expect(parseMemTotal('MemFree: 1 kB').kind).toBe('absent')
  expect(parseMemTotal('MemTotal: lots').kind).toBe('implausible')
})

it('bad memory is in bytes, none is 0, and a kernel without the line does not say', () => {
  expect(parseHardwareCorrupted('MemTotal: 8 kB\nHardwareCorrupted:    12 kB\n')).toEqual({
    kind: 'known',
    value: 12288,
  })
  expect(parseHardwareCorrupted('HardwareCorrupted:     0 kB')).toEqual({ kind: 'known', value: 0 })
  expect(parseHardwareCorrupted('MemTotal: 8 kB').kind).toBe('absent')
})

it.each([
  ['32K\n', 32 * 1024],
  ['8192K', 8192 * 1024],
  ['1M', 1024 * 1024],
  ['512', 512],
])('a cache of %j has its size in bytes', (text, value) => {
  expect(parseCacheSize(text)).toEqual({ kind: 'known', value })
})

it('a cache of no size is of unknown size, not of 0 bytes', () => {
  expect([parseCacheSize(''), parseCacheSize('0K')]).toEqual([{ kind: 'absent' }, { kind: 'absent' }])
  expect(parseCacheSize('12 parsecs').kind).toBe('implausible')
})

it('a hugepage size is in the name of its folder', () => {
  expect(parseHugepageSize('hugepages-1048576kB')).toEqual({ kind: 'known', value: 1024 ** 3 })
  expect(parseHugepageSize('hugepages').kind).toBe('absent')
})

it('distances are one row of numbers', () => {
  expect(parseDistances('10 20  28\n')).toEqual({ kind: 'known', value: [10, 20, 28] })
  expect(parseDistances('\n').kind).toBe('absent')
  expect(parseDistances('10 -3').kind).toBe('implausible')
  expect(parseDistances('0\n').kind).toBe('implausible')
})
