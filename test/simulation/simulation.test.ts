// The production state machines under seeds: a few of many (`npm run simulate` runs as many as wanted), those that once
// failed, and the simulator's own promise that a seed takes the same way twice.

import { describe, expect, test } from 'vitest'
import { keptSeeds } from './kept-seeds.ts'
import { type Outcome, simulate } from './simulation.ts'

const seedsInSuite = 60

describe('the rack stays safe under faults and comes to rest after them', () => {
  test(`for ${seedsInSuite} seeds`, () => {
    let tasks = 0
    for (let seed = 1; seed <= seedsInSuite; seed++) {
      const outcome = simulate({ seed })
      expect(outcome.violation, told(outcome)).toBeNull()
      tasks += outcome.tasksDone
    }
    expect(tasks).toBeGreaterThan(seedsInSuite)
  })

  test.each(keptSeeds)('for seed $seed: $once', ({ seed }) => {
    const outcome = simulate({ seed })
    expect(outcome.violation, told(outcome)).toBeNull()
  })
})

test('the same seed takes the same way twice', () => {
  for (const seed of [1, 7, 13]) {
    const [first, second] = [simulate({ seed }), simulate({ seed })]
    expect(second.hash).toBe(first.hash)
    expect(second.events).toBe(first.events)
  }
})

function told({ seed, lastLines }: Outcome): string {
  return [`npm run simulate -- --seed ${seed} --seeds 1 --verbose`, ...lastLines].join('\n')
}
