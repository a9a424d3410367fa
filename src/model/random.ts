// The random port: pure rooms get randomness as an argument. The seeded generator makes tests and the simulator
// repeatable; integer arithmetic only, so the same seed gives the same numbers on every engine.

import { invariant } from './result.ts'

export type Random = {
  /** A uniform integer in [0, bound); `bound` is from 1 to 2^32. */
  below(bound: number): number
  /** 16 uniform bytes, for UUIDs. */
  bytes16(): Uint8Array
}

/** A generator with independent branches: what one branch draws does not change what another gets. */
export type SeededRandom = Random & { fork(label: number): SeededRandom }

/** A small fast counter-based generator (splitmix32 finaliser over a Weyl sequence); not for secrets. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    return mix(state)
  }
  const below = (bound: number) => {
    invariant(Number.isInteger(bound) && bound >= 1 && bound <= 0x1_0000_0000, 'a bound is from 1 to 2^32', { bound })
    // Rejection keeps the result uniform; the loop ends with probability one and in practice at once.
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
    for (;;) {
      const value = next()
      if (value < limit) return value % bound
    }
  }
  return {
    below,
    bytes16: () => Uint8Array.from({ length: 16 }, () => next() & 0xff),
    /** An independent stream: a change of draws in one part does not reshuffle another. */
    fork: (label) => seededRandom(mix((seed ^ mix(label + 1)) >>> 0)),
  }
}

function mix(value: number): number {
  let z = value >>> 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return (z ^ (z >>> 15)) >>> 0
}

/** The 16 bytes of a UUID's usual text form. */
export function uuidBytes(text: string): Uint8Array {
  const hex = text.replaceAll('-', '')
  invariant(/^[0-9a-f]{32}$/i.test(hex), 'a UUID has 32 hexadecimal digits', { text })
  return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
}

/** The usual text form of 16 bytes, with version 4 and variant bits set. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte, i) => {
    if (i === 6) return (byte & 0x0f) | 0x40
    if (i === 8) return (byte & 0x3f) | 0x80
    return byte
  }).map((byte) => byte.toString(16).padStart(2, '0'))
  return [hex.slice(0, 4), hex.slice(4, 6), hex.slice(6, 8), hex.slice(8, 10), hex.slice(10)]
    .map((part) => part.join(''))
    .join('-')
}
