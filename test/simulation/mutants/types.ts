// What a planted bug is, and how soon it must be found.

import type { Parts } from '../world/world.ts'

export type Mutant = {
  readonly name: string
  /** Checkers of which one must notice. */
  readonly foundBy: readonly string[]
  readonly parts: Parts
}

/** Seeds within which each must be found. */
export const mutantSeedsMax = 60
