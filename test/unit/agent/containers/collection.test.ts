import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sandboxAgeMaxMs } from '../../../../src/agent/containers/collection.ts'

const dayMs = 24 * 3_600_000

test.each([
  ['an empty disk keeps sandboxes for nine tenths of a week', 0, 6.3 * dayMs],
  ['a half full disk for two fifths of a week', 0.5, 2.8 * dayMs],
  ['a disk at the headroom not at all', 0.9, 0],
  ['a full disk not at all', 1, 0],
])('%s', (_, usage, ageMs) => {
  expect(sandboxAgeMaxMs(usage)).toBeCloseTo(ageMs, 3)
})

test('the fuller the disk, the younger sandboxes go', () => {
  const usage = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(usage, usage, (one, other) => {
      const [less, more] = one < other ? [one, other] : [other, one]
      expect(sandboxAgeMaxMs(more)).toBeLessThanOrEqual(sandboxAgeMaxMs(less))
      expect(sandboxAgeMaxMs(more)).toBeGreaterThanOrEqual(0)
    }),
  )
})
