// Other names for identities: the same identity always gets the same one, of the same length and the same kinds of
// characters, and nobody without the salt can go back. The salt is of one capture and is not kept.

import { createHmac } from 'node:crypto'

/**
 * `text` is a serial number or a name: digits stay digits, letters letters, all else stays. `hex` is a number written in
 * hexadecimal: MAC, UUID, WWN, GUID. `ip4` and `ip6` are addresses.
 */
export type IdentityKind = 'text' | 'hex' | 'ip4' | 'ip6'

/** Attempts to find a pseudonym that is taken by nobody; very short values may have none. */
const attemptsMax = 64

export class Pseudonyms {
  readonly #salt: Uint8Array
  readonly #known = new Map<string, string>()
  readonly #taken: Set<string>

  /** `taken` are values that no pseudonym may be: the identities themselves, in lower case. */
  constructor(salt: Uint8Array, taken: ReadonlySet<string>) {
    this.#salt = salt
    this.#taken = new Set(taken)
  }

  /** `value` of kind hex is digits alone, in lower case; its first `keep` say whose number it is and stay. */
  of(kind: IdentityKind, value: string, keep = 0): string {
    const key = `${kind} ${value}`
    const before = this.#known.get(key)
    if (before !== undefined) return before
    let other = value
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const draw = this.#stream(`${key} ${attempt}`)
      other = rewrite[kind](value, draw, keep)
      if (!this.#taken.has(other.toLowerCase())) break
    }
    this.#taken.add(other.toLowerCase())
    this.#known.set(key, other)
    return other
  }

  /** Numbers below a bound of at most 256, always the same ones for the same seed. */
  #stream(seed: string): (bound: number) => number {
    let block = Buffer.alloc(0)
    let used = 0
    let count = 0
    return (bound) => {
      // Two bytes a number: what the remainder prefers is less than one in two hundred.
      if (used + 2 > block.length) {
        block = createHmac('sha256', this.#salt).update(`${seed} ${count++}`).digest()
        used = 0
      }
      used += 2
      return block.readUInt16BE(used - 2) % bound
    }
  }
}

type Draw = (bound: number) => number

const rewrite: Readonly<Record<IdentityKind, (value: string, draw: Draw, keep: number) => string>> = {
  text: (value, draw) =>
    value
      .replace(/[0-9]/g, () => `${draw(10)}`)
      .replace(/[a-z]/g, () => String.fromCharCode(97 + draw(26)))
      .replace(/[A-Z]/g, () => String.fromCharCode(65 + draw(26))),
  hex: (value, draw, keep) => {
    const digits = [...value].map((digit, i) => (i < keep ? digit : draw(16).toString(16)))
    // The version and variant of a UUID say how it was made, and readers check them.
    if (value.length === 32 && keep === 0) {
      digits[12] = value.charAt(12)
      digits[16] = (8 | draw(4)).toString(16)
    }
    return digits.join('')
  },
  ip4: (value, draw) =>
    value
      .split('.')
      .map((octet, i) => (i === 0 ? octet : `${inRange(octet.length, draw)}`))
      .join('.'),
  ip6: (value, draw) =>
    value
      .split(':')
      .map((group, i) => (i === 0 || /^0*$/.test(group) ? group : hexGroup(group.length, draw)))
      .join(':'),
}

/** An octet that is written with so many digits. */
function inRange(digits: number, draw: Draw): number {
  const low = [0, 1, 10, 100][digits] ?? 0
  const high = [0, 9, 99, 254][digits] ?? 9
  return low + draw(high - low + 1)
}

function hexGroup(length: number, draw: Draw): string {
  return Array.from({ length }, (_, i) => (i === 0 ? 1 + draw(15) : draw(16)).toString(16)).join('')
}
