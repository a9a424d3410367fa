import { describe, expect, test } from 'vitest'
import { policyOf, readMinAllocatable, readRoles, readWeights } from '../../../src/cli/policy-flags.ts'
import { defaultPolicy } from '../../../src/master/cluster/timers.ts'

describe('a master without flags', () => {
  test('divides as by default', () => {
    expect(policyOf({})).toEqual({ timers: { policy: defaultPolicy } })
  })
})

test('every flag reaches the master', () => {
  const flags = {
    allocationInterval: '500ms',
    offerTimeout: '5secs',
    minAllocatableResources: 'cpus:0.1;mem:64|gpus:1',
    roleSorter: 'random',
    frameworkSorter: 'random',
    fairSharingExcludedResourceNames: 'gpus, ports',
    filterGpuResources: 'false',
    weights: 'a=2,a/b=0.5',
    roles: 'a,a/b',
  } as const
  expect(policyOf(flags)).toEqual({
    timers: {
      allocationIntervalMs: 500,
      offerTimeoutMs: 5_000,
      policy: {
        ...defaultPolicy,
        minAllocatable: [{ cpus: 100, mem: 64_000 }, { gpus: 1_000 }],
        roleSorter: 'random',
        frameworkSorter: 'random',
        fairSharingExcluded: new Set(['gpus', 'ports']),
        filterGpuResources: false,
        weights: new Map([
          ['a', 2],
          ['a/b', 0.5],
        ]),
        roles: new Set(['a', 'a/b']),
      },
    },
  })
})

test('no least amount at all makes everything worth offering', () => {
  expect(readMinAllocatable('')).toEqual([])
})

test.each([
  [readMinAllocatable, 'cpus'],
  [readMinAllocatable, 'cpus:1|'],
  [readMinAllocatable, 'ports:[1-2]'],
  [readMinAllocatable, 'cpus:-1'],
  [readWeights, 'a'],
  [readWeights, 'a=0'],
  [readWeights, 'a=-1'],
  [readWeights, 'a=b'],
  [readWeights, 'a=1=2'],
  [readWeights, '=1'],
  [readWeights, 'a//b=1'],
  [readRoles, ''],
  [readRoles, ' , '],
  [readRoles, '-a'],
] as const)('%o refuses %o with a line for the caller', (read, text) => {
  expect(() => read(text)).toThrow(/\.$/)
})
