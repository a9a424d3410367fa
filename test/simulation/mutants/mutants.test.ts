// The simulator finds every planted bug within a bounded number of seeds.

import { describe, expect, test } from 'vitest'
import { simulate } from '../simulation.ts'
import { mutants } from './mutants.ts'
import { type Mutant, mutantSeedsMax } from './types.ts'

describe('a planted bug is found', () => {
  test.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s', (_name, mutant) => {
    const found = firstFound(mutant)
    expect(found, `not found within ${mutantSeedsMax} seeds`).not.toBeNull()
    expect(mutant.foundBy).toContain(found)
  })
})

/** Which checker noticed first, or null. */
function firstFound({ parts }: Mutant): string | null {
  for (let seed = 1; seed <= mutantSeedsMax; seed++) {
    const { violation } = simulate({ seed, parts })
    if (violation !== null) return 'checker' in violation ? String(violation.checker) : violation.message
  }
  return null
}
