import { expect, test } from 'vitest'
import { Liveness, sweepIntervalMs } from '../../../../src/master/broker/liveness.ts'

type Client = { heardAtMs: number; readonly silenceMaxMs: number | null }

test('a silent client is found within two sweeps after its time, and not before it', () => {
  const liveness = new Liveness<Client>(0)
  const client: Client = { heardAtMs: 0, silenceMaxMs: 45_000 }
  const foundAtMs: number[] = []
  for (let nowMs = sweepIntervalMs; nowMs <= 60_000; nowMs += sweepIntervalMs) {
    if ([...liveness.sweep(nowMs, [client])].length > 0) foundAtMs.push(nowMs)
  }
  expect(foundAtMs[0]).toBe(55_000)
})

test('a client that is heard, or promised nothing, is never found', () => {
  const liveness = new Liveness<Client>(0)
  const heard: Client = { heardAtMs: 0, silenceMaxMs: 10_000 }
  const silent: Client = { heardAtMs: 0, silenceMaxMs: null }
  for (let nowMs = sweepIntervalMs; nowMs <= 600_000; nowMs += sweepIntervalMs) {
    expect([...liveness.sweep(nowMs, [heard, silent])]).toEqual([])
    heard.heardAtMs = liveness.awakeMs
  }
})

test('an hour without the loop turning counts as little more than one interval', () => {
  const liveness = new Liveness<Client>(0)
  const client: Client = { heardAtMs: 0, silenceMaxMs: 15_000 }
  expect([...liveness.sweep(3_600_000, [client])]).toEqual([])
  expect(liveness.awakeMs).toBeLessThanOrEqual(2 * sweepIntervalMs)
})
