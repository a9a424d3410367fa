// The allocator against a second one that is as simple as its rules: random small clusters, random calls, the same
// grants in the same order after every round, the same free resources after every call, and the same judgements.

import { describe, test } from 'vitest'
import { plainWorld, type World } from '../../../support/allocator-actions.ts'
import { AllocatorPair } from '../../../support/allocator-pair.ts'
import { playRandomClusters } from '../../../support/allocator-play.ts'

const worlds: Readonly<Record<string, Partial<World>>> = {
  'frameworks, agents and filters': {},
  'weights and what is excluded from shares': { weights: true },
  'agents that change and tasks that appear': { changes: true },
  'capabilities, regions and constraints': { restrictions: true },
  'reservations that come and go': { conversions: true, weights: true },
  quotas: { quotas: true },
  'quotas on reservations that come and go': { quotas: true, conversions: true },
  'shared volumes': { shared: true, conversions: true },
  everything: { weights: true, quotas: true, conversions: true, shared: true, changes: true, restrictions: true },
}

describe('beside a second, simple allocator more than a thousand random clusters get the same grants', () => {
  test.each(Object.entries(worlds))(
    'with %s',
    (_name, partial) => {
      const play = { world: { ...plainWorld, ...partial }, clusters: 150, lengthMax: 40 }
      playRandomClusters(play, (options, actions) => {
        const pair = new AllocatorPair(options)
        for (const action of actions) pair.do(action)
        pair.round(3000)
      })
    },
    60_000,
  )
})
