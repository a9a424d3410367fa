// Two channels over a carrier that loses, repeats and reorders, and the single promises one by one.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionId } from '../../../src/model/ids.ts'
import { type Random, seededRandom } from '../../../src/model/random.ts'
import { Channel, type ChannelOptions, reorderMax, windowMax } from '../../../src/wire/channel.ts'
import type { Frame } from '../../../src/wire/messages.ts'

const session = '3f1f5a6e-6a4c-4f9a-9b3e-0a54c1a7c001' as SessionId

function aChannel(options: Partial<ChannelOptions> = {}): Channel<string, string> {
  return new Channel({ session, epoch: 7, ...options })
}

function sent(channel: Channel<string, string>, message: string, nowMs = 0): readonly Frame<string>[] {
  const result = channel.send(message, nowMs)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

function aFrame(seq: number, message: string | null, over: Partial<Frame<string>> = {}): Frame<string> {
  return { v: 1, session, epoch: 7, seq, ack: 0, message, ...over }
}

describe('over a perfect carrier', () => {
  test('a message arrives once and both sides end quiet', () => {
    const [a, b] = [aChannel(), aChannel()]
    const received = b.receive(sent(a, 'hello')[0] as Frame<string>, 0)
    expect(received.deliver).toEqual(['hello'])
    expect(received.send).toEqual([aFrame(0, null, { ack: 1 })])
    expect(a.receive(received.send[0] as Frame<string>, 0)).toEqual({ deliver: [], send: [] })
    expect([a.unackedCount, a.nextDeadlineMs(), b.nextDeadlineMs()]).toEqual([0, null, null])
  })

  test('a frame that answers carries the acknowledgement, so no bare one follows', () => {
    const [a, b] = [aChannel(), aChannel({ windowMax: 1 })]
    const first = sent(b, 'one')[0] as Frame<string>
    sent(b, 'two')
    a.receive(first, 0)
    const answer = b.receive({ ...(sent(a, 'question')[0] as Frame<string>), ack: 1 }, 0)
    expect(answer.send).toEqual([aFrame(2, 'two', { ack: 1 })])
  })

  test('no more than the window is in flight, and acknowledgements let the rest follow', () => {
    const a = aChannel({ windowMax: 2 })
    expect([1, 2, 3, 4].map((n) => sent(a, `m${n}`).length)).toEqual([1, 1, 0, 0])
    const { send } = a.receive(aFrame(0, null, { ack: 1 }), 0)
    expect(send.map((frame) => frame.message)).toEqual(['m3'])
    expect(a.receive(aFrame(0, null, { ack: 3 }), 0).send.map((frame) => frame.message)).toEqual(['m4'])
  })

  test('a full queue is an answer and loses nothing that was taken', () => {
    const a = aChannel({ unackedMax: 2, windowMax: 1 })
    sent(a, 'one')
    sent(a, 'two')
    expect(a.send('three', 0)).toMatchObject({ ok: false, fault: { code: 'WIRE_OVERFLOW' } })
    expect(a.receive(aFrame(0, null, { ack: 1 }), 0).send.map((frame) => frame.message)).toEqual(['two'])
    expect(sent(a, 'three')).toEqual([])
  })

  test('the window of one side fits into what the other side keeps', () => {
    expect(windowMax).toBeLessThanOrEqual(reorderMax)
  })
})

describe('repetition', () => {
  test('what is in flight is repeated with doubling waits up to the maximum, until it is acknowledged', () => {
    const a = aChannel({ repeatBaseMs: 100, repeatMaxMs: 300 })
    sent(a, 'one', 1_000)
    const repeatedAtMs: number[] = []
    for (let nowMs = 1_000; nowMs <= 2_100; nowMs += 50) if (a.tick(nowMs).length > 0) repeatedAtMs.push(nowMs)
    expect(repeatedAtMs).toEqual([1_100, 1_300, 1_600, 1_900])
    a.receive(aFrame(0, null, { ack: 1 }), 2_100)
    expect([a.nextDeadlineMs(), a.tick(1e9)]).toEqual([null, []])
  })

  test('progress starts the waits anew', () => {
    const a = aChannel({ repeatBaseMs: 100, repeatMaxMs: 10_000 })
    sent(a, 'one', 0)
    sent(a, 'two', 0)
    a.tick(100)
    a.tick(300)
    a.receive(aFrame(0, null, { ack: 1 }), 400)
    expect(a.nextDeadlineMs()).toBe(500)
    expect(a.tick(500).map((frame) => frame.message)).toEqual(['two'])
  })

  test('a duplicate is acknowledged again and not delivered again', () => {
    const b = aChannel()
    b.receive(aFrame(1, 'one'), 0)
    expect(b.receive(aFrame(1, 'one'), 0)).toEqual({ deliver: [], send: [aFrame(0, null, { ack: 1 })] })
  })

  test('a message too far ahead of a gap is dropped, one within the bound waits for the gap to close', () => {
    const b = aChannel({ reorderMax: 2 })
    expect(b.receive(aFrame(3, 'three'), 0)).toEqual({ deliver: [], send: [aFrame(0, null)] })
    expect(b.receive(aFrame(2, 'two'), 0).deliver).toEqual([])
    expect(b.receive(aFrame(1, 'one'), 0)).toEqual({ deliver: ['one', 'two'], send: [aFrame(0, null, { ack: 2 })] })
  })

  test('an acknowledgement of what was never sent is ignored', () => {
    const a = aChannel({ windowMax: 1 })
    sent(a, 'one')
    sent(a, 'two')
    expect(a.receive(aFrame(0, null, { ack: 2 }), 0).send).toEqual([])
    expect(a.receive(aFrame(0, null, { ack: 99 }), 0).send).toEqual([])
    expect(a.unackedCount).toBe(2)
  })
})

describe('stale frames', () => {
  const other = '3f1f5a6e-6a4c-4f9a-9b3e-0a54c1a7c002' as SessionId
  const cases: readonly [claim: string, frame: Frame<string>, isStale: boolean][] = [
    ['the same session and epoch', aFrame(1, 'x'), false],
    ['another session', aFrame(1, 'x', { session: other }), true],
    ['an older epoch', aFrame(1, 'x', { epoch: 6 }), true],
    ['a newer epoch', aFrame(1, 'x', { epoch: 8 }), true],
    ['an older epoch, unnumbered', aFrame(0, 'x', { epoch: 6 }), true],
    ['unnumbered from a side that knows no epoch yet', aFrame(0, 'x', { epoch: 0 }), false],
    ['numbered from a side that knows no epoch yet', aFrame(1, 'x', { epoch: 0 }), true],
  ]
  test.each(cases)('%s', (_claim, frame, isStale) => {
    const channel = aChannel()
    expect(channel.isStale(frame)).toBe(isStale)
    expect(channel.receive(frame, 0).deliver).toEqual(isStale ? [] : ['x'])
  })

  test('a stale acknowledgement frees nothing', () => {
    const a = aChannel()
    sent(a, 'one')
    a.receive(aFrame(0, null, { ack: 1, epoch: 6 }), 0)
    expect(a.unackedCount).toBe(1)
  })
})

test('over a carrier that loses, repeats and reorders, all arrives once and in order, and both sides end quiet', () => {
  const world = fc.record({
    seed: fc.integer(),
    messages: fc.integer({ min: 0, max: 60 }),
    lossPercent: fc.integer({ min: 0, max: 60 }),
    duplicatePercent: fc.integer({ min: 0, max: 60 }),
    delayMsMax: fc.integer({ min: 1, max: 5_000 }),
    windowMax: fc.integer({ min: 1, max: 40 }),
    reorderMax: fc.integer({ min: 1, max: 40 }),
  })
  fc.assert(
    fc.property(world, (setting) => {
      const end = runBothWays(setting)
      const wanted = Array.from({ length: setting.messages }, (_, i) => `${i}`)
      expect(end.receivedByA).toEqual(wanted)
      expect(end.receivedByB).toEqual(wanted)
      expect(end.isQuiet).toBe(true)
    }),
    { numRuns: 100 },
  )
})

type World = {
  readonly seed: number
  readonly messages: number
  readonly lossPercent: number
  readonly duplicatePercent: number
  readonly delayMsMax: number
  readonly windowMax: number
  readonly reorderMax: number
}

/** Both sides send `messages` numbered strings; time moves from one event to the next. */
function runBothWays(world: World) {
  const random: Random = seededRandom(world.seed)
  const options = { windowMax: world.windowMax, reorderMax: world.reorderMax, repeatBaseMs: 500, repeatMaxMs: 4_000 }
  const sides = [aChannel(options), aChannel(options)] as const
  const received: [string[], string[]] = [[], []]
  const carried: { atMs: number; to: 0 | 1; frame: Frame<string> }[] = []
  const carry = (from: 0 | 1, frames: readonly Frame<string>[], nowMs: number) => {
    for (const frame of frames) {
      const copies = 1 + Number(random.below(100) < world.duplicatePercent)
      for (let i = 0; i < copies; i++) {
        if (random.below(100) < world.lossPercent) continue
        carried.push({ atMs: nowMs + random.below(world.delayMsMax), to: from === 0 ? 1 : 0, frame })
      }
    }
  }
  for (let i = 0; i < world.messages; i++) for (const at of [0, 1] as const) carry(at, sent(sides[at], `${i}`, i), i)
  let nowMs = world.messages
  for (let events = 0; events < 200_000; events++) {
    const deadlines = [...sides.map((side) => side.nextDeadlineMs()), ...carried.map((one) => one.atMs)]
    const next = deadlines.filter((at) => at !== null)
    if (next.length === 0) break
    nowMs = Math.max(nowMs, Math.min(...next))
    const due = carried.findIndex((one) => one.atMs <= nowMs)
    const [packet] = due === -1 ? [] : carried.splice(due, 1)
    if (packet !== undefined) {
      const answer = sides[packet.to].receive(packet.frame, nowMs)
      received[packet.to].push(...answer.deliver)
      carry(packet.to, answer.send, nowMs)
    } else {
      for (const at of [0, 1] as const) carry(at, sides[at].tick(nowMs), nowMs)
    }
  }
  const isQuiet = carried.length === 0 && sides.every((side) => side.nextDeadlineMs() === null)
  return { receivedByA: received[0], receivedByB: received[1], isQuiet }
}
