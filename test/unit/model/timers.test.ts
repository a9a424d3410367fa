import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Timers } from '../../../src/model/timers.ts'

test('what is due comes earliest first, once, as it was last set, however often it was moved', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const one = (kind: 'set' | 'setEarlier' | 'clear' | 'due', weight: number) => ({
    arbitrary: fc.record({ kind: fc.constant(kind), key, atMs: fc.nat(1_000) }),
    weight,
  })
  // Mostly moves, so that what they leave behind piles up and is dropped.
  const step = fc.oneof(one('set', 40), one('setEarlier', 4), one('clear', 2), one('due', 1))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const timers = new Timers()
      const model = new Map<string, number>()
      for (const { kind, key, atMs } of steps) {
        if (kind === 'set') {
          timers.set(key, atMs)
          model.delete(key)
          model.set(key, atMs)
        } else if (kind === 'setEarlier') {
          const isMoved = atMs < (model.get(key) ?? Number.POSITIVE_INFINITY)
          timers.setEarlier(key, atMs)
          if (isMoved) {
            model.delete(key)
            model.set(key, atMs)
          }
        } else if (kind === 'clear') {
          timers.clear(key)
          model.delete(key)
        } else {
          const due = [...model].filter(([, deadlineMs]) => deadlineMs <= atMs).sort((a, b) => a[1] - b[1])
          expect([...timers.due(atMs)]).toEqual(due.map(([name]) => name))
          for (const [name] of due) model.delete(name)
        }
        expect(timers.nextMs()).toBe(model.size === 0 ? null : Math.min(...model.values()))
        for (const name of ['a', 'b', 'c', 'd']) expect(timers.has(name)).toBe(model.has(name))
      }
    }),
    { numRuns: 50 },
  )
})

test('what is set while others are due waits for the next call, and what is cleared or moved meanwhile is not due', () => {
  const timers = new Timers()
  for (const [i, key] of ['first', 'moved', 'cleared', 'last'].entries()) timers.set(key, i)
  const due: string[] = []
  for (const key of timers.due(10)) {
    due.push(key)
    if (key !== 'first') continue
    timers.set('first', 10)
    timers.set('moved', 10)
    timers.clear('cleared')
  }
  expect(due).toEqual(['first', 'last'])
  expect([...timers.due(10)]).toEqual(['first', 'moved'])
})
