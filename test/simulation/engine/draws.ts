// What a plan and the nodes of a simulation draw with.

import type { SeededRandom } from '../../../src/model/random.ts'

export type Rng = SeededRandom
export type Draws = Pick<Rng, 'below' | 'bytes16'>

export type Range = { readonly minMs: number; readonly maxMs: number }

export function between(rng: Draws, min: number, max: number): number {
  return min + rng.below(max - min + 1)
}

export function inRange(rng: Draws, { minMs, maxMs }: Range): number {
  return between(rng, minMs, maxMs)
}

export function chance(rng: Draws, permille: number): boolean {
  return rng.below(1000) < permille
}

export function oneOf<T>(rng: Draws, items: readonly T[]): T {
  return items[rng.below(items.length)] as T
}
