// Retry delays: they grow, they are spread, they end somewhere.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../../../src/model/backoff.ts'
import { seededRandom } from '../../../src/model/random.ts'

const backoff = { baseMs: 100, maxMs: 60_000 }
const largest = { below: (bound: number) => bound - 1, bytes16: () => new Uint8Array(16) }

test.each([
  [0, 100],
  [1, 200],
  [5, 3200],
  [10, 60_000],
  [1000, 60_000],
])('attempt %d waits at most %d ms', (attempt, most) => {
  expect(backoffMs(backoff, attempt, largest)).toBe(most)
})

test('any delay is between nothing and the most', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(100), (seed, attempt) => {
      const delay = backoffMs(backoff, attempt, seededRandom(seed))
      expect(delay).toBeGreaterThanOrEqual(0)
      expect(delay).toBeLessThanOrEqual(backoffMs(backoff, attempt, largest))
    }),
  )
})
