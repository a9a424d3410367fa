// What a probe found out about one fact. Unknown is a value of its own and never a zero.

import type { Fault } from './result.ts'

export type Reading<T> =
  | { readonly kind: 'known'; readonly value: T }
  /** The machine has none. */
  | { readonly kind: 'absent' }
  /** The machine may have it; we could not look. */
  | { readonly kind: 'unreadable'; readonly fault: Fault }
  /** We looked, and what stands there cannot be true. */
  | { readonly kind: 'implausible'; readonly raw: string; readonly why: string }

export function known<T>(value: T): Reading<T> {
  return { kind: 'known', value }
}

export const absent: Reading<never> = { kind: 'absent' }

export function valueOr<T, U>(reading: Reading<T>, otherwise: U): T | U {
  return reading.kind === 'known' ? reading.value : otherwise
}

/** Goes on from a known value; anything else stays what it is. */
export function andThen<T, U>(reading: Reading<T>, next: (value: T) => Reading<U>): Reading<U> {
  return reading.kind === 'known' ? next(reading.value) : reading
}
