// How a step says that the world failed (a value) and that we failed (a crash).
// It does not know any particular fault; the codes are in faults.ts.

import type { FaultCode } from './faults.ts'

/** Something in the world went wrong: a stable code, one line that says what to do, and facts for programs. */
export type Fault = {
  readonly code: FaultCode
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

/** A failed result, ready to be returned. */
export function fail(
  code: FaultCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
  cause?: unknown,
): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: fault(code, message, details, cause) }
}

export function fault(
  code: FaultCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
  cause?: unknown,
): Fault {
  return {
    code,
    message,
    ...(details === undefined ? {} : { details }),
    ...(cause === undefined ? {} : { cause }),
  }
}

/** Our own promise was broken. Nothing below a main.ts catches this: the process logs, exits and is restarted. */
export class BrokenInvariant extends Error {
  readonly details: Readonly<Record<string, unknown>>
  constructor(claim: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`broken invariant: ${claim}`)
    this.name = 'BrokenInvariant'
    this.details = details
  }
}

/** Crashes unless `holds`; `claim` is the sentence that should have been true. */
export function invariant(holds: unknown, claim: string, details?: Readonly<Record<string, unknown>>): asserts holds {
  if (!holds) throw new BrokenInvariant(claim, details)
}

/** For the end of a switch over a tagged union: does not compile while a kind is missing. */
export function unreachable(value: never): never {
  throw new BrokenInvariant('a tagged union has a kind that nobody handles', { value })
}
