import { expect, test } from 'vitest'
import { pickGpus } from '../../../../src/master/placement/gpus.ts'

test.each([
  ['none are wanted', ['a', 'b'], [], 0, []],
  ['the lowest free first', ['a', 'b', 'c'], ['a'], 1, ['b']],
  ['gaps are filled', ['a', 'b', 'c'], ['b'], 2, ['a', 'c']],
  ['fewer are free than wanted', ['a', 'b'], ['a'], 2, null],
  ['there are none at all', [], [], 1, null],
] as const)('%s', (_claim, uuids, granted, count, picked) => {
  expect(pickGpus(uuids, new Set<string>(granted), count)).toEqual(picked)
})
