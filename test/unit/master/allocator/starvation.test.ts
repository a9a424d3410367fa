// Whoever wants something gets it, whatever the others do: hold what they are offered until it is taken back (an offer
// that was not answered in time comes back as if it had been refused), refuse everything for no time at all, or for
// some time, or use all they get for short tasks, so that something ends on every machine in every round.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAllocator } from '../../../../src/master/allocator/allocator.ts'
import { type AllocationGrant, defaultAllocatorOptions, noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { type Resources, resources, scalar, scalarTotal, subtract } from '../../../../src/model/resources.ts'
import { milli } from '../../../../src/model/units.ts'
import { anAllocator } from '../../../support/allocator-cluster.ts'

const roundMs = 1000

type Framework =
  /** Tasks of one cpu, one an offer; the rest, or all of it, comes back for `refuseMs`. */
  | {
      readonly kind: 'works'
      readonly tasks: number
      readonly refuseMs: number
      /** Its tasks stay, so that its share never falls back to nothing. */
      readonly isEndless: boolean
      /** It wants the next one so long after the last: by then the others have the rest. */
      readonly pauseRounds: number
    }
  /** Answers nothing: what it was offered is taken back after some rounds. */
  | { readonly kind: 'hoards'; readonly rounds: number }
  | { readonly kind: 'refuses'; readonly refuseMs: number }
  /** Uses all it is offered, for tasks of one cpu. */
  | { readonly kind: 'churns' }

type Crowd = {
  readonly seed: number
  readonly agents: number
  readonly frameworks: readonly Framework[]
}

const cpusPerAgent = 4

const aCrowd: fc.Arbitrary<Crowd> = fc.record({
  seed: fc.nat(1e9),
  agents: fc.integer({ min: 1, max: 6 }),
  frameworks: fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('works' as const),
        tasks: fc.integer({ min: 1, max: 6 }),
        refuseMs: fc.constantFrom(0, 5000),
        isEndless: fc.boolean(),
        pauseRounds: fc.constantFrom(0, 0, 10),
      }),
      fc.record({ kind: fc.constant('hoards' as const), rounds: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant('refuses' as const), refuseMs: fc.constantFrom(0, 0, 5000) }),
      fc.record({ kind: fc.constant('churns' as const) }),
    ),
    { minLength: 2, maxLength: 6 },
  ),
})

/** Whether nobody wants more to stay than is its share, and a task beside. */
function isModest({ agents, frameworks }: Crowd): boolean {
  const share = (agents * cpusPerAgent) / frameworks.length
  return frameworks.every((one) => one.kind !== 'works' || !one.isEndless || one.tasks + 1 <= share)
}

/** After how many rounds every task that was wanted had its place; null when that took more than `roundsMax`. */
function roundsUntilServed({ seed, agents, frameworks }: Crowd, roundsMax: number): number | null {
  const allocator = createAllocator(defaultAllocatorOptions)
  const random = seededRandom(seed)
  for (const i of frameworks.keys()) {
    allocator.addFramework(`f${i}` as FrameworkId, {
      roles: [`r${i}`],
      suppressedRoles: [],
      capabilities: new Set(),
      minAllocatableByRole: new Map(),
      acceptsByRole: new Map(),
    })
  }
  for (let i = 0; i < agents; i++) {
    const supply = { total: cpus(cpusPerAgent), hasGpus: false, capabilities: new Set<string>(), facts: noFacts }
    allocator.addAgent(`s${i}` as AgentId, supply, [])
  }
  const left = frameworks.map((one) => (one.kind === 'works' ? one.tasks : 0))
  const wantsFrom = frameworks.map(() => 0)
  let pending: { readonly grant: AllocationGrant; readonly round: number; readonly refuseMs: number | null }[] = []
  for (let round = 0; round < roundsMax; round++) {
    if (left.every((tasks) => tasks === 0)) return round
    const nowMs = round * roundMs
    for (const { grant, refuseMs } of pending.filter((one) => one.round <= round)) {
      allocator.recover(grant, refuseMs, nowMs)
    }
    pending = pending.filter((one) => one.round > round)
    for (const grant of allocator.allocate(nowMs, random)) answer(grant, round)
  }
  return null

  function answer(grant: AllocationGrant, round: number): void {
    const nowMs = round * roundMs
    const i = Number(grant.frameworkId.slice(1))
    const framework = frameworks[i] as Framework
    switch (framework.kind) {
      case 'hoards':
        pending.push({ grant, round: round + framework.rounds, refuseMs: 0 })
        return
      case 'refuses':
        return allocator.recover(grant, framework.refuseMs, nowMs)
      case 'churns':
        return run(grant, round, () => 1 + random.below(4))
      case 'works': {
        const isWanted = (left[i] as number) > 0 && round >= (wantsFrom[i] as number)
        if (!isWanted) return allocator.recover(grant, framework.refuseMs, nowMs)
        left[i] = (left[i] as number) - 1
        wantsFrom[i] = round + framework.pauseRounds
        const rest = subtract(grant.resources, oneCpu)
        if (rest.length > 0) allocator.recover({ ...grant, resources: rest }, framework.refuseMs, nowMs)
        run({ ...grant, resources: oneCpu }, round, () => (framework.isEndless ? Infinity : 1 + random.below(3)))
      }
    }
  }

  /** Tasks of one cpu on all of it. */
  function run(grant: AllocationGrant, round: number, roundsOf: () => number): void {
    for (let cpu = 0; cpu * 1000 < scalarTotal(grant.resources, 'cpus'); cpu++) {
      pending.push({ grant: { ...grant, resources: oneCpu }, round: round + roundsOf(), refuseMs: null })
    }
  }
}

const oneCpu = cpus(1)

function cpus(count: number): Resources {
  return resources([scalar('cpus', milli(count * 1000))])
}

describe('nobody starves', () => {
  test('neither who has something already, among many who want nothing, where something ends all the time', () => {
    const refuses = { kind: 'refuses', refuseMs: 0 } as const
    const works = { kind: 'works', tasks: 3, refuseMs: 0, isEndless: true, pauseRounds: 10 } as const
    const frameworks = [{ kind: 'churns' } as const, works, refuses, refuses, refuses, refuses]
    const rounds = Array.from({ length: 20 }, (_, seed) => roundsUntilServed({ seed, agents: 6, frameworks }, 200))
    expect(rounds).not.toContain(null)
  })

  test('every task that is wanted has its place in a bounded number of rounds', () => {
    fc.assert(
      fc.property(aCrowd.filter(isModest), (crowd) => {
        // Each other framework may have an agent for as long as a hoarder does, or a filter may last, before each task.
        const tasks = crowd.frameworks.reduce((sum, one) => sum + (one.kind === 'works' ? one.tasks : 0), 0)
        const roundsMax = (tasks + 1) * crowd.frameworks.length * 8
        expect(roundsUntilServed(crowd, roundsMax)).not.toBeNull()
      }),
      { numRuns: 300 },
    )
  })
})

test('who is offered its own reservation alone, since another had the rest, has its turn on the agent next', () => {
  const it = anAllocator()
  // It wants nothing, and has the smaller share for ever.
  it.framework('idle', ['x'])
  it.framework('wants', ['y'])
  it.agent('s1', 'cpus:4;mem:512;mem(y):64')
  expect(it.round()).toEqual(['idle x s1 cpus:4;mem:512', 'wants y s1 mem(y):64'])
  it.recover('idle', 's1', 'cpus:4;mem:512', 0, 'x')
  it.recover('wants', 's1', 'mem(y):64', 0, 'y')
  expect(it.round(roundMs)).toEqual(['wants y s1 cpus:4;mem:512;mem(y):64'])
})
