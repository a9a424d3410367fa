// Scalars by name in thousandths, as quota counts them. Names come from outside: `constructor` is one like any other.
// It does not know who holds what.

import type { Resource } from '../../model/resources.ts'
import type { Quantities } from '../allocator/types.ts'

export function amountOf(quantities: Quantities, name: string): number {
  return Object.hasOwn(quantities, name) ? (quantities[name] as number) : 0
}

/** Sums of what resources have, by name. */
export class Amounts {
  readonly #sums = new Map<string, number>()

  add(quantities: Quantities): void {
    for (const [name, milli] of Object.entries(quantities)) this.#add(name, milli)
  }

  /** Revocable resources never count; reserved ones where they are asked for. */
  addResources(items: Iterable<Resource>, which: 'all' | 'unreserved'): void {
    for (const { name, value, revocable, reservations = [] } of items) {
      if (value.kind !== 'scalar' || revocable) continue
      if (which === 'all' || reservations.length === 0) this.#add(name, value.milli)
    }
  }

  get sums(): Quantities {
    return Object.fromEntries(this.#sums)
  }

  #add(name: string, milli: number): void {
    this.#sums.set(name, (this.#sums.get(name) ?? 0) + milli)
  }
}

/** The unreserved part that counts for quota. */
export function unreservedQuantities(items: Iterable<Resource>): Quantities {
  const amounts = new Amounts()
  amounts.addResources(items, 'unreserved')
  return amounts.sums
}

/** `a` without `b`, name by name; what is nothing is left out. */
export function minus(a: Quantities, b: Quantities): Quantities {
  const rests = Object.entries(a).map(([name, milli]) => [name, milli - amountOf(b, name)] as const)
  return Object.fromEntries(rests.filter(([, rest]) => rest > 0))
}
