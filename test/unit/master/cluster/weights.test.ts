import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../../src/master/cluster/timers.ts'
import { weightedRolesMax } from '../../../../src/master/cluster/weights.ts'
import { TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'

function setWeights(rack: TestCluster, weights: Readonly<Record<string, number>>) {
  const answer = rack.request((requestId) => ({
    kind: 'updateWeights',
    requestId,
    weights: Object.entries(weights).map(([role, weight]) => ({ role, weight })),
  }))
  rack.settle()
  return answer
}

/** How many offers each framework has now. */
function offersOf(rack: TestCluster, frameworks: readonly TestScheduler[]): number[] {
  return frameworks.map(({ id }) => [...rack.view.offers()].filter((offer) => offer.frameworkId === id).length)
}

describe('weights', () => {
  test('A10 weights 1:2:3 set while all is offered show at once, by offers taken back and made anew', () => {
    const rack = new TestCluster()
    for (let i = 0; i < 12; i++) rack.machine()
    const frameworks = ['a', 'b', 'c'].map((role) => rack.framework({ roles: [role] }))
    for (const agent of rack.agents) agent.connect()
    rack.settle()
    expect(offersOf(rack, frameworks)).toEqual([4, 4, 4])
    expect(setWeights(rack, { a: 1, b: 2, c: 3 }).status).toBe(200)
    expect(offersOf(rack, frameworks)).toEqual([2, 4, 6])
    expect(frameworks.map((framework) => framework.all('RESCIND').length)).toEqual([4, 4, 4])
  })

  test('a weight of a nested role concerns those beside it only', () => {
    const rack = new TestCluster()
    for (let i = 0; i < 8; i++) rack.machine({ capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'] })
    const frameworks = ['a/x', 'a/y', 'b'].map((role) => rack.framework({ roles: [role] }))
    for (const agent of rack.agents) agent.connect()
    rack.settle()
    expect(offersOf(rack, frameworks)).toEqual([2, 2, 4])
    setWeights(rack, { 'a/x': 3 })
    expect(offersOf(rack, frameworks)).toEqual([3, 1, 4])
    expect(frameworks[2]?.all('RESCIND')).toEqual([])
  })

  test('a weight that is what it was, or of a role that nobody is in, takes no offer back', () => {
    const rack = new TestCluster()
    const framework = rack.framework({ roles: ['a'] })
    rack.agent()
    setWeights(rack, { a: 1, nobody: 5 })
    expect(framework.all('RESCIND')).toEqual([])
    expect(Object.fromEntries(rack.view.weights())).toEqual({ nobody: 5 })
  })

  test.each<[string, Record<string, number>]>([
    ['zero', { b: 2, a: 0 }],
    ['negative', { b: 2, a: -1 }],
    ['no number', { b: 2, a: Number.NaN }],
    ['endless', { b: 2, a: Number.POSITIVE_INFINITY }],
    ['too small to tell a share by', { b: 2, a: 1e-300 }],
    ['of what is no role', { b: 2, 'a//b': 1 }],
    ['of no name', { b: 2, '': 1 }],
  ])('Q07 a weight that is %s refuses the whole request', (_claim, weights) => {
    const rack = new TestCluster()
    const answer = setWeights(rack, weights)
    expect(answer).toMatchObject({ status: 400, message: expect.stringMatching(/role/) })
    expect(rack.view.weights().size).toBe(0)
    rack.restartMaster()
    expect(rack.view.weights().size).toBe(0)
  })

  test('Q07 where the operator names the roles, others get no weight; `*` may', () => {
    const rack = new TestCluster({ policy: { ...defaultPolicy, roles: new Set(['a']) } })
    expect(setWeights(rack, { a: 2, b: 2 }).status).toBe(400)
    expect(setWeights(rack, { a: 2, '*': 3 }).status).toBe(200)
    expect(Object.fromEntries(rack.view.weights())).toEqual({ a: 2, '*': 3 })
  })

  test('Q07 weights outlive the master, and its first ones do not come back over them', () => {
    const rack = new TestCluster({
      policy: {
        ...defaultPolicy,
        weights: new Map([
          ['a', 2],
          ['b', 4],
        ]),
      },
    })
    expect(Object.fromEntries(rack.view.weights())).toEqual({ a: 2, b: 4 })
    setWeights(rack, { a: 7 })
    rack.restartMaster()
    expect(Object.fromEntries(rack.view.weights())).toEqual({ a: 7, b: 4 })
    const frameworks = ['a', 'b'].map((role) => rack.framework({ roles: [role] }))
    for (let i = 0; i < 11; i++) rack.machine()
    for (const agent of rack.agents) agent.connect()
    rack.settle()
    expect(offersOf(rack, frameworks)).toEqual([7, 4])
  })

  test('a role that weighs 1 again is forgotten, and leaves room for another', () => {
    const rack = new TestCluster()
    const many = (from: number, weight: number) =>
      Object.fromEntries(Array.from({ length: weightedRolesMax }, (_, i) => [`r${from + i}`, weight]))
    expect(setWeights(rack, many(0, 2)).status).toBe(200)
    expect(setWeights(rack, { more: 2 })).toMatchObject({ status: 400, message: expect.stringMatching(/at most/) })
    expect(setWeights(rack, { r0: 1, more: 2 }).status).toBe(200)
    expect(rack.view.weights().size).toBe(weightedRolesMax)
    expect(setWeights(rack, { ...many(0, 1), more: 1 }).status).toBe(200)
    expect(rack.view.weights().size).toBe(0)
    expect([...rack.view.roles()].map(({ name }) => name)).toEqual(['*'])
    rack.restartMaster()
    expect(rack.view.weights().size).toBe(0)
    expect(setWeights(rack, many(weightedRolesMax, 3)).status).toBe(200)
  })

  test.each<[string, readonly Readonly<Record<string, number>>[], Readonly<Record<string, number>>]>([
    ['all were set to 1', [{ a: 1 }], {}],
    ['all were set to 1, one after the other', [{ '*': 3 }, { a: 1 }, { '*': 1 }], {}],
    ['some were', [{ a: 1, b: 4 }], { b: 4 }],
  ])('the first weights of the master do not come back when %s', (_claim, updates, left) => {
    const rack = new TestCluster({ policy: { ...defaultPolicy, weights: new Map([['a', 2]]) } })
    for (const weights of updates) setWeights(rack, weights)
    for (let starts = 0; starts < 2; starts++) {
      expect(Object.fromEntries(rack.view.weights())).toEqual(left)
      rack.restartMaster()
    }
  })
})
