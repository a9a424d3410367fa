// When to connect again, and to whom: the whole of the reconnection logic as one function from what was to what next.
// It does not know sockets or timers.
// A rack that lost its master comes back spread over time, and a link that breaks as soon as it is up is no success.

import { type Backoff, backoffMs } from '../../model/backoff.ts'
import type { Random } from '../../model/random.ts'

export const attemptBackoff: Backoff = { baseMs: 250, maxMs: 30_000 }
/** Only a connection that lasted this long makes earlier failures forgotten. */
export const stableMs = 10_000
/** After a connection that was up is lost, the first attempt waits a uniform time up to this. */
export const lostWindowMs = 1_000

export type Attempts = {
  /** Connections in a row that failed or did not last. */
  readonly failures: number
  /** Which of the masters is next. */
  readonly master: number
}

export type ConnectionEnd = {
  /** Null: it never was up. */
  readonly upForMs: number | null
  /** Set when this side ended it to begin anew within that time. */
  readonly relinkWithinMs: number | null
}

export const firstAttempt: Attempts = { failures: 0, master: 0 }

/** What follows the end of a connection. A master that served well is asked again first; else the next one's turn comes. */
export function nextAttempt(
  past: Attempts,
  end: ConnectionEnd,
  mastersCount: number,
  random: Random,
): { readonly attempts: Attempts; readonly delayMs: number } {
  const isStable = end.upForMs !== null && end.upForMs >= stableMs
  const failures = isStable ? 0 : past.failures + 1
  const isServed = isStable && end.relinkWithinMs === null
  const master = isServed ? past.master : (past.master + 1) % mastersCount
  const windowMs = end.relinkWithinMs ?? (end.upForMs === null ? 0 : lostWindowMs)
  const spreadMs = random.below(windowMs + 1)
  const delayMs = failures === 0 ? spreadMs : Math.max(spreadMs, backoffMs(attemptBackoff, failures - 1, random))
  return { attempts: { failures, master }, delayMs }
}
