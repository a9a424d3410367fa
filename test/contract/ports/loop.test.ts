// The loop that drives a state machine, on the event loop of the platform.

import { expect, test } from 'vitest'
import { Loop } from '../../../src/shell/loop.ts'

/** Notes what it is given and gives it back as its effect. */
function aMachine(nextTickMs: number | null = null) {
  const handled: number[] = []
  const machine = {
    step: (input: number): readonly number[] => {
      handled.push(input)
      return [input]
    },
    nextTickMs: () => nextTickMs,
  }
  return { handled, machine }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('all that one turn brought is handled before the next turn can bring more, in order', async () => {
  const { handled, machine } = aMachine()
  const loop = new Loop<number, number>(machine, -1, () => {})
  const inputs = Array.from({ length: 5_000 }, (_, i) => i)
  for (const input of inputs) loop.submit(input)
  await nextTurn()
  expect(handled).toEqual(inputs)
  loop.close()
})

test('what a step brings about waits for the next turn', async () => {
  const { handled, machine } = aMachine()
  const loop = new Loop<number, number>(machine, -1, (effects) => {
    if (effects.includes(1)) loop.submit(2)
  })
  loop.submit(1)
  await nextTurn()
  expect(handled).toEqual([1])
  await nextTurn()
  expect(handled).toEqual([1, 2])
  loop.close()
})

test('the effects of a turn come together, in the order of their steps', async () => {
  const { machine } = aMachine()
  const turns: (readonly number[])[] = []
  const loop = new Loop<number, number>(machine, -1, (effects) => turns.push(effects))
  for (const input of [1, 2, 3]) loop.submit(input)
  await nextTurn()
  expect(turns).toEqual([[1, 2, 3]])
  loop.close()
})

test('after close nothing is handled', async () => {
  const { handled, machine } = aMachine()
  const loop = new Loop<number, number>(machine, -1, () => loop.close())
  for (const input of [1, 2, 3]) loop.submit(input)
  await nextTurn()
  loop.submit(4)
  await nextTurn()
  expect(handled).toEqual([1, 2, 3])
})

test('a tick that was due at the close is not handled either', async () => {
  const { handled, machine } = aMachine(0)
  const loop = new Loop<number, number>(machine, -1, () => {})
  loop.submit(1)
  loop.close()
  await nextTurn()
  expect(handled).toEqual([])
})

test('a tick may have more effects than a call takes arguments', async () => {
  const many = Array.from({ length: 200_000 }, (_, i) => i)
  let nextTickMs: number | null = 0
  const machine = {
    step: (input: number): readonly number[] => {
      if (input === -1) nextTickMs = null
      return input === -1 ? many : []
    },
    nextTickMs: () => nextTickMs,
  }
  const counts: number[] = []
  const loop = new Loop<number, number>(machine, -1, (effects) => counts.push(effects.length))
  loop.submit(1)
  await nextTurn()
  expect(counts).toEqual([200_000])
  loop.close()
})
