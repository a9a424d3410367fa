import { expect, test } from 'vitest'
import {
  type Attempts,
  attemptBackoff,
  firstAttempt,
  lostWindowMs,
  nextAttempt,
  stableMs,
} from '../../../../src/agent/link/attempts.ts'
import { type Random, seededRandom } from '../../../../src/model/random.ts'

/** Always the longest wait that a draw allows. */
const longest: Random = { below: (bound) => bound - 1, bytes16: () => new Uint8Array(16) }
const failed = { upForMs: null, relinkWithinMs: null }
const lost = { upForMs: stableMs, relinkWithinMs: null }

test('failures in a row wait up to twice as long each, up to the maximum', () => {
  let attempts: Attempts = firstAttempt
  const delaysMs: number[] = []
  for (let i = 0; i < 9; i++) {
    const next = nextAttempt(attempts, failed, 1, longest)
    attempts = next.attempts
    delaysMs.push(next.delayMs)
  }
  expect(delaysMs).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
})

test('every failure turns to the next master, and after the last to the first', () => {
  let attempts: Attempts = firstAttempt
  const masters = Array.from({ length: 5 }, () => {
    attempts = nextAttempt(attempts, failed, 3, longest).attempts
    return attempts.master
  })
  expect(masters).toEqual([1, 2, 0, 1, 2])
})

test('a lost link that had lasted tries its own master first, within the window, with failures forgotten', () => {
  const next = nextAttempt({ failures: 7, master: 2 }, lost, 3, longest)
  expect(next).toEqual({ attempts: { failures: 0, master: 2 }, delayMs: lostWindowMs })
})

test('a link that breaks as soon as it is up backs off like one that never was', () => {
  const next = nextAttempt({ failures: 6, master: 0 }, { upForMs: stableMs - 1, relinkWithinMs: null }, 2, longest)
  expect(next).toEqual({ attempts: { failures: 7, master: 1 }, delayMs: 16_000 })
})

test('a relink takes up to the time it was given and turns to the next master', () => {
  const next = nextAttempt(firstAttempt, { upForMs: stableMs, relinkWithinMs: 60_000 }, 2, longest)
  expect(next).toEqual({ attempts: { failures: 0, master: 1 }, delayMs: 60_000 })
})

test('relinking again and again backs off even when no time was given', () => {
  const next = nextAttempt({ failures: 3, master: 0 }, { upForMs: 5, relinkWithinMs: 0 }, 1, longest)
  expect(next.delayMs).toBe(2_000)
})

test('a thousand agents that lose one master come back spread over the window', () => {
  const quarters = [0, 0, 0, 0]
  for (let agent = 0; agent < 1_000; agent++) {
    const { delayMs } = nextAttempt(firstAttempt, lost, 1, seededRandom(agent))
    const quarter = Math.min(3, Math.floor((delayMs * 4) / lostWindowMs))
    quarters[quarter] = (quarters[quarter] as number) + 1
  }
  for (const count of quarters) expect(count).toBeGreaterThan(200)
  expect(attemptBackoff.baseMs).toBeLessThan(lostWindowMs)
})
