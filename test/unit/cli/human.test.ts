import { expect, test } from 'vitest'
import { humanAge, humanBytes, humanMebibytes, shortNumber } from '../../../src/cli/human.ts'

test.each([
  [humanMebibytes, 0, '0'],
  [humanMebibytes, 512, '512 MiB'],
  [humanMebibytes, 1536, '1.5 GiB'],
  [humanMebibytes, 24_064, '23.5 GiB'],
  [humanMebibytes, 2 * 1024 * 1024, '2 TiB'],
  [humanBytes, 1024 * 1024, '1 MiB'],
  [shortNumber, 2, '2'],
  [shortNumber, 0.125, '0.125'],
  [shortNumber, 12.34, '12.3'],
  [humanAge, 59_999, '59s'],
  [humanAge, 60_000, '1m'],
  [humanAge, 7_200_000, '2h'],
  [humanAge, 5 * 86_400_000, '5d'],
  [humanAge, -5, '0s'],
] as const)('%o of %d is %s', (format, amount, text) => {
  expect(format(amount)).toBe(text)
})
