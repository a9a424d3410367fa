// Quantities are integers: thousandths for every scalar resource (Mesos' own fixed point), bytes, milliseconds.
// Sums go through these functions, so that no float order effect and no silent loss of precision can happen.

import { invariant } from './result.ts'

declare const unit: unique symbol

/** A scalar resource in thousandths: 1500 is 1.5 cpus, or 1.5 MB of `mem`. */
export type Milli = number & { readonly [unit]: 'milli' }

export const zeroMilli = 0 as Milli

/** Brands an integer number of thousandths. */
export function milli(value: number): Milli {
  invariant(Number.isSafeInteger(value), 'a quantity is a safe integer of thousandths', { value })
  return value as Milli
}

/** From the API's floating point to thousandths, rounding half away from zero as Mesos does (values.cpp). */
export function milliFromNumber(value: number): Milli {
  const scaled = Math.abs(value) * 1000
  // Adding zero turns -0 into 0 and keeps NaN, which milli refuses.
  return milli(Math.sign(value) * Math.round(scaled) + 0)
}

export function milliToNumber(value: Milli): number {
  return value / 1000
}

export function addMilli(a: Milli, b: Milli): Milli {
  return milli(a + b)
}

export function subtractMilli(a: Milli, b: Milli): Milli {
  return milli(a - b)
}

export const bytesPerMebibyte = 1024 * 1024

/** `mem` and `disk` are counted in mebibytes by Mesos, whatever its documentation's "MB" says. */
export function bytesToMilliMebibytes(bytes: number): Milli {
  return milli(Math.floor((bytes / bytesPerMebibyte) * 1000))
}
