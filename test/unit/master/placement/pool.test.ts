import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { createPool } from '../../../../src/master/placement/pool.ts'

const poolOf = (...free: number[]) => {
  const threads = free.reduce((sum, one) => sum + one, 0)
  return createPool(free, { threads, cpusMilli: threads * 1000 })
}

describe('who shares the pool', () => {
  it('keeps room where it may be, whatever is given away elsewhere', () => {
    const pool = poolOf(4, 4)
    pool.share([0], 2500, 1)
    expect([pool.takeable(0, pool.free), pool.takeable(1, pool.free)]).toEqual([1, 4])
    pool.share(null, 3000, 1)
    expect([pool.takeable(0, [4, 4]), pool.takeable(1, [4, 2])]).toEqual([1, 0])
    expect([pool.roomWithin([0]), pool.roomWithin([1]), pool.roomWithin([0, 1])]).toEqual([1500, 2500, 2500])
    expect([pool.hasRoom(2500), pool.hasRoom(2501)]).toEqual([true, false])
  })

  it('moves those who may be in several places out of the way', () => {
    const pool = poolOf(4, 4, 4)
    pool.share([0, 1], 4000, 1)
    expect([pool.takeable(0, pool.free), pool.takeable(1, pool.free), pool.takeable(2, pool.free)]).toEqual([4, 4, 4])
    pool.share([1, 2], 4000, 1)
    expect([pool.takeable(0, [4, 4, 4]), pool.takeable(1, [0, 4, 4]), pool.takeable(2, [0, 4, 4])]).toEqual([4, 0, 0])
    pool.share([1, 2], 4000, -1)
    expect(pool.takeable(2, [0, 4, 4])).toBe(4)
  })

  it('keeps a CPU for tasks without cpus', () => {
    const pool = poolOf(2, 2)
    pool.share([0], 0, 1)
    expect([pool.takeable(0, pool.free), pool.takeable(1, pool.free)]).toEqual([1, 2])
    expect(poolOf(0, 2).hasRoom(0)).toBe(true)
    expect(poolOf(1).roomWithin([0])).toBe(1000)
    const empty = createPool([0], { threads: 1, cpusMilli: 1000 })
    expect([empty.hasRoom(0), empty.roomWithin([0])]).toEqual([false, -1])
  })

  it('carries more on each CPU where more cpus are offered, and keeps one', () => {
    const pool = createPool([2, 2], { threads: 4, cpusMilli: 8000 })
    pool.share([0], 3000, 1)
    expect([pool.takeable(0, pool.free), pool.takeable(1, pool.free)]).toEqual([0, 2])
    expect(pool.takeable(1, [0, 2])).toBe(1)
    expect(pool.hasRoom(1_000_000)).toBe(true)
  })
})

test('what can be given away is what leaves each union of places enough, no more and no less', () => {
  const places = fc.subarray([0, 1, 2, 3], { minLength: 1, maxLength: 3 })
  const task = fc.record({ within: fc.option(places), milli: fc.integer({ min: 1, max: 3000 }) })
  const arbitrary = fc.record({
    free: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 4 }),
    tasks: fc.array(task, { maxLength: 6 }),
    place: fc.integer({ min: 0, max: 3 }),
  })
  fc.assert(
    fc.property(arbitrary, ({ free, tasks, place }) => {
      const unions = Array.from({ length: 15 }, (_, bits) => [0, 1, 2, 3].filter((one) => ((bits + 1) >> one) & 1))
      const isEnough = (left: readonly number[]) =>
        unions.every((union) => {
          const inside = tasks.filter(({ within }) => (within ?? [0, 1, 2, 3]).every((one) => union.includes(one)))
          const asked = inside.reduce((sum, { milli }) => sum + milli, 0)
          return asked <= union.reduce((sum, one) => sum + (left[one] as number), 0) * 1000
        })
      fc.pre(isEnough(free))
      const pool = createPool([...free], { threads: 24, cpusMilli: 24_000 })
      for (const { within, milli } of tasks) pool.share(within, milli, 1)
      const without = (count: number) => free.map((one, i) => (i === place ? one - count : one))
      const most = pool.takeable(place, free)
      expect(isEnough(without(most))).toBe(true)
      expect(most === free[place] || !isEnough(without(most + 1))).toBe(true)
      for (const { within, milli } of tasks) pool.share(within, milli, -1)
      expect(pool.takeable(place, free)).toBe(free[place])
    }),
    { numRuns: 500 },
  )
})
