// Retry delays: exponential with full jitter, bounded. Pure: randomness comes in.

import type { Random } from './random.ts'

export type Backoff = { readonly baseMs: number; readonly maxMs: number }

/** The delay before attempt number `attempt` (0 for the first retry): uniform in [0, min(max, base * 2^attempt)]. */
export function backoffMs(backoff: Backoff, attempt: number, random: Random): number {
  const ceiling = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30))
  return random.below(ceiling + 1)
}
