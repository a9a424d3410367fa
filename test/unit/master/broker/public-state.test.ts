import { describe, expect, test } from 'vitest'
import { PublicState } from '../../../../src/master/broker/public-state.ts'
import { decodeStatus } from '../../../../src/wire/decode.ts'
import { encodeStatus } from '../../../../src/wire/encode.ts'
import type { PublicFilter } from '../../../../src/wire/topics.ts'
import { aSession, aStatus, aUid } from '../../../support/wire.ts'

const [a, b, c] = [aUid(1), aUid(2), aUid(3)] as const

function aState(bounds: Partial<{ agentsMax: number; bytesMax: number }> = {}): PublicState {
  return new PublicState({ agentsMax: 10, bytesMax: 10_000, ...bounds })
}

function names(state: PublicState, filter: PublicFilter): readonly string[] {
  return [...state.matching(filter)].map(({ uid, part }) => `${[a, b, c].indexOf(uid)}/${part}`)
}

function statusBytes(uid = a): Uint8Array {
  const encoded = encodeStatus(aStatus(uid, { session: aSession(1), tasksRunning: 3 }))
  if (!encoded.ok) throw new Error(encoded.fault.message)
  return encoded.value
}

test('the newest state is kept, as a copy', () => {
  const state = aState()
  const bytes = Uint8Array.of(1, 2)
  state.put({ uid: a, part: 'health' }, Uint8Array.of(9))
  state.put({ uid: a, part: 'health' }, bytes)
  bytes[0] = 7
  expect(state.get({ uid: a, part: 'health' })).toEqual(Uint8Array.of(1, 2))
  expect(state.bytes).toBe(2)
})

test('filters find what they cover', () => {
  const state = aState()
  for (const uid of [a, b])
    for (const part of ['status', 'health'] as const) state.put({ uid, part }, new Uint8Array(1))
  expect(names(state, { uid: null, part: null })).toEqual(['0/status', '0/health', '1/status', '1/health'])
  expect(names(state, { uid: null, part: 'health' })).toEqual(['0/health', '1/health'])
  expect(names(state, { uid: b, part: null })).toEqual(['1/status', '1/health'])
  expect(names(state, { uid: b, part: 'inventory' })).toEqual([])
  expect(names(state, { uid: c, part: null })).toEqual([])
})

test('an agent that is gone keeps its last status, offline and without a session', () => {
  const state = aState()
  state.put({ uid: a, part: 'status' }, statusBytes())
  const offline = state.markGone(a)
  expect(offline !== null && decodeStatus(offline)).toEqual({
    ok: true,
    value: aStatus(a, { online: false, session: null, tasksRunning: 3 }),
  })
  expect(state.get({ uid: a, part: 'status' })).toEqual(offline)
  expect(state.markGone(b)).toBeNull()
})

describe('when it is full', () => {
  test('the agent that left first is forgotten first, and those that are here stay', () => {
    const state = aState({ agentsMax: 3 })
    for (const uid of [a, b, c]) state.put({ uid, part: 'status' }, statusBytes(uid))
    state.markGone(b)
    state.markGone(a)
    expect(state.put({ uid: aUid(4), part: 'health' }, new Uint8Array(1))).toBe(true)
    expect(names(state, { uid: null, part: 'status' })).toEqual(['0/status', '2/status'])
  })

  test('an agent that came back is not forgotten for having been gone', () => {
    const state = aState({ agentsMax: 1 })
    state.put({ uid: a, part: 'status' }, statusBytes())
    state.markGone(a)
    state.put({ uid: a, part: 'status' }, statusBytes())
    expect(state.put({ uid: b, part: 'health' }, new Uint8Array(1))).toBe(false)
  })

  test('bytes count too: an update that does not fit is refused and the old one stays', () => {
    const state = aState({ bytesMax: 100 })
    expect(state.put({ uid: a, part: 'health' }, new Uint8Array(60))).toBe(true)
    expect(state.put({ uid: b, part: 'health' }, new Uint8Array(60))).toBe(false)
    expect(state.put({ uid: a, part: 'health' }, new Uint8Array(101))).toBe(false)
    expect(state.put({ uid: a, part: 'health' }, new Uint8Array(90))).toBe(true)
    expect([state.bytes, state.agentCount]).toEqual([90, 1])
  })

  test('forgetting gives back every byte', () => {
    const state = aState({ bytesMax: 100 })
    state.put({ uid: a, part: 'health' }, new Uint8Array(40))
    state.put({ uid: a, part: 'inventory' }, new Uint8Array(50))
    state.markGone(a)
    expect(state.put({ uid: b, part: 'health' }, new Uint8Array(100))).toBe(true)
    expect([state.bytes, state.agentCount]).toEqual([100, 1])
  })
})
