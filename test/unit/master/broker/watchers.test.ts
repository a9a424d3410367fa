import { expect, test } from 'vitest'
import type { Outgoing } from '../../../../src/master/broker/connection.ts'
import { PublicState } from '../../../../src/master/broker/public-state.ts'
import { type Watcher, Watchers, watcherBacklogBytesMax } from '../../../../src/master/broker/watchers.ts'
import { parsePublicFilter, publicTopic } from '../../../../src/wire/topics.ts'
import { aUid } from '../../../support/wire.ts'

const uid = aUid(1)
const status = { uid, part: 'status' } as const

/** Takes everything at once, or nothing until it is told to. */
class FakeWatcher implements Watcher {
  readonly told: string[] = []
  readonly #waiting: (() => void)[] = []
  backlogBytes = 0
  publish({ topic, payload, retain }: Outgoing, sent: () => void): void {
    this.told.push(`${topic.split('/').at(-1)} ${payload[0]}${retain ? ' kept' : ''}`)
    this.#waiting.push(sent)
  }
  freeze(): void {
    this.backlogBytes = watcherBacklogBytesMax
  }
  drain(): void {
    this.backlogBytes = 0
    for (const sent of this.#waiting.splice(0)) sent()
  }
}

function aWorld() {
  const state = new PublicState({ agentsMax: 100, bytesMax: 1_000_000 })
  const watchers = new Watchers<FakeWatcher>(state)
  const watcher = new FakeWatcher()
  const subscribe = (filter: string) => {
    const parsed = parsePublicFilter(filter)
    if (parsed !== null) watchers.subscribe(watcher, filter, parsed)
  }
  const change = (value: number, name: Parameters<typeof state.get>[0] = status) => {
    state.put(name, Uint8Array.of(value))
    watchers.changed(name)
  }
  return { watchers, watcher, subscribe, change }
}

test('a watcher is told the state that is there, as kept, and changes after, as changes', () => {
  const { watcher, subscribe, change } = aWorld()
  change(1)
  subscribe('tepui/#')
  change(2)
  expect(watcher.told).toEqual(['status 1 kept', 'status 2'])
})

test('overlapping filters tell a change once', () => {
  const { watcher, subscribe, change } = aWorld()
  for (const filter of ['#', 'tepui/v1/agents/+/status', publicTopic(uid, 'status'), '+/#']) subscribe(filter)
  change(1)
  expect(watcher.told).toEqual(['status 1'])
})

test('a watcher that cannot take more is later told the newest state of each, once', () => {
  const { watcher, subscribe, change } = aWorld()
  subscribe('#')
  change(1)
  watcher.freeze()
  for (const value of [2, 3, 4]) change(value)
  change(8, { uid, part: 'health' })
  expect(watcher.told).toEqual(['status 1'])
  watcher.drain()
  expect(watcher.told).toEqual(['status 1', 'status 4', 'health 8'])
})

test('what a filter does not cover is not told, nor what was unsubscribed', () => {
  const { watchers, watcher, subscribe, change } = aWorld()
  subscribe('tepui/v1/agents/+/health')
  change(1)
  subscribe('#')
  expect(watcher.told).toEqual(['status 1 kept'])
  watchers.unsubscribe(watcher, '#')
  watchers.unsubscribe(watcher, 'never subscribed')
  change(2)
  change(3, { uid, part: 'health' })
  expect(watcher.told).toEqual(['status 1 kept', 'health 3'])
})

test('unsubscribing one of two filters of the same cover leaves the other', () => {
  const { watchers, watcher, subscribe, change } = aWorld()
  subscribe('#')
  subscribe('+/#')
  watchers.unsubscribe(watcher, '#')
  change(1)
  expect(watcher.told).toEqual(['status 1'])
})

test('a watcher that left is told nothing, even if something was due', () => {
  const { watchers, watcher, subscribe, change } = aWorld()
  subscribe('#')
  change(1)
  watcher.freeze()
  change(2)
  watchers.remove(watcher)
  watcher.drain()
  change(3)
  expect(watcher.told).toEqual(['status 1'])
})
