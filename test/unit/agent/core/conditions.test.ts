import { describe, expect, test } from 'vitest'
import { conditionsToTell, isSameHealth } from '../../../../src/agent/core/conditions.ts'
import type { Condition } from '../../../../src/model/health.ts'
import type { SessionId } from '../../../../src/model/ids.ts'
import { conditionsMax, evidenceMax, frameBytesMax, textLengthMax } from '../../../../src/wire/bounds.ts'
import { decodeUpFrame } from '../../../../src/wire/decode.ts'
import { encodeUpFrame } from '../../../../src/wire/encode.ts'
import type { UpFrame } from '../../../../src/wire/messages.ts'
import { aCondition } from '../../../support/hardware.ts'
import { MasterSide } from '../../../support/master-side.ts'

const lost = aCondition('GPU_FAILED', 'gpu', 'GPU-1')
const hot = aCondition('GPU_THROTTLED', 'gpu', 'GPU-1', { severity: 'warning' })
const odd = aCondition('CPU_CORRECTED_ERRORS', 'cpu', 'package 0', { severity: 'info' })

const frame = (conditions: readonly Condition[]): UpFrame => ({
  v: 1,
  session: '11111111-1111-4111-8111-111111111111' as SessionId,
  epoch: 1,
  seq: 1,
  ack: 0,
  message: { kind: 'machineHealth', conditions },
})

describe('what the master is told of a sick machine', () => {
  test('is the worst first', () => {
    expect(conditionsToTell([odd, hot, lost])).toEqual([lost, hot, odd])
  })

  test.each<[string, Condition[], number]>([
    [
      'many conditions',
      Array.from({ length: 3_000 }, (_, i) => aCondition('DISK_FAILING', 'disk', `sd${i}`)),
      conditionsMax,
    ],
    [
      'long words',
      Array.from({ length: 100 }, (_, i) => ({
        ...aCondition('DISK_FAILING', 'disk', `sd${i}`, { id: 'é'.repeat(200) }),
        sinceMs: 12.5,
        evidence: Array.from({ length: 9 }, () => ({ source: '/sys', text: '\u{1f3d4}'.repeat(5_000) })),
      })),
      101,
    ],
  ])('%s fit into a frame that the master takes', (_what, conditions, kept) => {
    const told = conditionsToTell([...conditions, odd])
    expect(told).toHaveLength(kept)
    for (const { evidence, part } of told) {
      expect(evidence.length).toBeLessThanOrEqual(evidenceMax)
      expect(part.name.length).toBeLessThanOrEqual(textLengthMax)
    }
    const bytes = encodeUpFrame(frame(told))
    expect(bytes.ok && bytes.value.length).toBeLessThan(frameBytesMax)
    expect(bytes.ok && decodeUpFrame(bytes.value)).toMatchObject({ ok: true })
  })

  test('is cut where a part has an endless name', () => {
    const told = conditionsToTell(
      Array.from({ length: 99 }, () => aCondition('DISK_FAILING', 'disk', 'é'.repeat(10_000))),
    )
    expect(told.length).toBeGreaterThan(10)
    expect(encodeUpFrame(frame(told)).ok).toBe(true)
  })

  test('is no news where only the words are others', () => {
    const again = { ...lost, evidence: [{ source: 'dmesg', text: 'Xid 79 again' }] }
    expect(isSameHealth([lost, hot], [again, hot])).toBe(true)
    expect(isSameHealth([lost], [lost, hot])).toBe(false)
    expect(isSameHealth([lost], [{ ...lost, severity: 'warning' }])).toBe(false)
    expect(isSameHealth([lost], [aCondition('GPU_FAILED', 'gpu', 'GPU-2')])).toBe(false)
  })
})

describe('an agent', () => {
  const health = (master: MasterSide) =>
    master.received.flatMap((message) => (message.kind === 'machineHealth' ? [message.conditions] : []))
  const told = (master: MasterSide, ...conditions: Condition[]) => master.step({ kind: 'healthChanged', conditions })

  test('tells what is wrong when it changes, and with its registration', () => {
    const master = new MasterSide()
    told(master, lost)
    expect(master.register().conditions).toEqual([lost])
    told(master, hot, lost)
    told(master, lost, hot)
    told(master)
    expect(health(master).slice(-2)).toEqual([[lost, hot], []])
    master.step({ kind: 'linkDown' })
    told(master, hot)
    expect(master.reconnect().conditions).toEqual([hot])
  })

  test('tells what changed while its registration was on its way', () => {
    const master = new MasterSide()
    master.recover([])
    master.step({ kind: 'linkUp', session: 's0' as SessionId })
    told(master, lost)
    expect(master.reconnect().conditions).toEqual([lost])
    expect(health(master)).toEqual([[lost]])
    const before = health(master).length
    master.step({ kind: 'linkDown' })
    master.reconnect()
    expect(health(master)).toHaveLength(before)
  })
})
