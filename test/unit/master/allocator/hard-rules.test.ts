// What holds whatever is called when, with any sorter and in the middle of a round: no part of a machine is given twice,
// each grant is one that the rules allow at that moment, and when the allocator says that there is nothing more to do,
// nobody could have anything more.

import { describe, test } from 'vitest'
import { plainWorld, type World } from '../../../support/allocator-actions.ts'
import { AllocatorPair } from '../../../support/allocator-pair.ts'
import { playRandomClusters } from '../../../support/allocator-play.ts'

const everything: World = {
  weights: true,
  quotas: true,
  conversions: true,
  shared: true,
  changes: true,
  restrictions: true,
}

describe('no part of a machine is given twice, and nothing is left that somebody could have', () => {
  test.each([
    ['with calls between the slices of a round', everything, {}],
    ['with quota and reservations, between slices', { ...plainWorld, quotas: true, conversions: true }, {}],
    ['with random sorters', everything, { roleSorter: 'random', frameworkSorter: 'random' }],
    ['with a random sorter of frameworks alone', everything, { frameworkSorter: 'random' }],
  ] as const)(
    '%s',
    (_name, world, sorters) => {
      playRandomClusters({ world, clusters: 80, lengthMax: 50 }, (options, actions) => {
        const pair = new AllocatorPair({ ...options, ...sorters })
        for (const action of actions) pair.doUnordered(action)
        pair.finish()
      })
    },
    60_000,
  )
})
