// Conditions over time: evidence to appear, time to clear, and nothing forgotten by a restart.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emptyMemory, healthOfOneLook, type TrackerMemory, trackHealth } from '../../../../src/hw/health/tracker.ts'
import { type ConditionCode, conditionRules } from '../../../../src/model/conditions.ts'
import type { Counter, HealthLook, PartRef, Symptom, Unchecked } from '../../../../src/model/health.ts'

const fan: PartRef = { kind: 'fan', name: 'Fan 3', id: null }
const disk: PartRef = { kind: 'disk', name: 'nvme0n1', id: 'S5XY' }

function aLook(parts: Partial<HealthLook> = {}): HealthLook {
  return { bootId: 'boot', symptoms: [], counters: [], unchecked: [], ...parts }
}

function sees(code: ConditionCode, part: PartRef, ageMs?: number): Symptom {
  const symptom = { code, part, evidence: [{ source: 'a tool', text: 'it says so' }] }
  return ageMs === undefined ? symptom : { ...symptom, ageMs }
}

function aCounter(value: number, parts: Partial<Counter> = {}): Counter {
  return {
    code: 'DISK_LINK_ERRORS',
    part: disk,
    source: 'smartctl',
    text: 'CRC errors',
    value,
    epoch: 'S5XY',
    growthMin: 1,
    ...parts,
  }
}

/** Looks a minute apart, through JSON each time as if the process had been started anew. */
class Patient {
  memory: TrackerMemory = emptyMemory
  nowMs = 1_000_000_000_000

  look(look: Partial<HealthLook>, afterMs = 60_000) {
    this.nowMs += afterMs
    const step = trackHealth(this.memory, aLook(look), this.nowMs)
    this.memory = JSON.parse(JSON.stringify(step.memory)) as TrackerMemory
    return {
      conditions: step.health.conditions.map(({ code }) => code),
      appeared: step.appeared.map(({ code }) => code),
      cleared: step.cleared.map(({ code }) => code),
      health: step.health,
    }
  }
}

describe('a symptom', () => {
  test('of a source that is sure is a condition at once, since it was seen', () => {
    const patient = new Patient()
    const seen = patient.look({ symptoms: [sees('DISK_FAILING', disk)] })
    expect(seen.appeared).toEqual(['DISK_FAILING'])
    expect(seen.health.conditions).toMatchObject([{ severity: 'critical', sinceMs: patient.nowMs, part: disk }])
  })

  test('that a moment may fake must be seen in as many looks in a row as its rule says', () => {
    const patient = new Patient()
    const still = { symptoms: [sees('FAN_FAILED', fan)] }
    expect(conditionRules.FAN_FAILED.looksMin).toBe(2)
    expect(patient.look(still).conditions).toEqual([])
    expect(patient.look({}).conditions).toEqual([])
    expect(patient.look(still).conditions).toEqual([])
    const sinceMs = patient.nowMs
    const seen = patient.look(still)
    expect(seen.appeared).toEqual(['FAN_FAILED'])
    expect(seen.health.conditions[0]?.sinceMs).toBe(sinceMs)
    expect(patient.look(still).appeared).toEqual([])
  })

  test('clears only after it was gone for as long as its rule says', () => {
    const patient = new Patient()
    const still = { symptoms: [sees('FAN_FAILED', fan)] }
    patient.look(still)
    patient.look(still)
    const clearAfterMs = conditionRules.FAN_FAILED.clearAfterMs
    expect(patient.look({}, clearAfterMs - 1).conditions).toEqual(['FAN_FAILED'])
    expect(patient.look(still, 1).cleared).toEqual([])
    expect(patient.look({}, clearAfterMs - 1).conditions).toEqual(['FAN_FAILED'])
    expect(patient.look({}, 1)).toMatchObject({ conditions: [], cleared: ['FAN_FAILED'] })
  })

  test('stays while its part, or its question, could not be asked', () => {
    const open = (parts: Partial<Unchecked>): Unchecked => {
      return { question: 'q', part: null, code: 'HW_TOOL_FAILED', message: 'm', about: [], ...parts }
    }
    for (const unchecked of [open({ part: disk }), open({ about: ['DISK_FAILING'] })]) {
      const patient = new Patient()
      patient.look({ symptoms: [sees('DISK_FAILING', disk)] })
      expect(
        patient.look({ unchecked: [unchecked] }, 10 * conditionRules.DISK_FAILING.clearAfterMs).conditions,
      ).toEqual(['DISK_FAILING'])
      expect(patient.look({}).cleared).toEqual(['DISK_FAILING'])
    }
  })

  test('that a log tells is as old as the line: it clears though the line stays, and an old one is none', () => {
    const patient = new Patient()
    const hour = 3_600_000
    const { clearAfterMs } = conditionRules.GPU_FAILED
    const gpu: PartRef = { kind: 'gpu', name: '0000:3b:00.0', id: 'GPU-1' }
    expect(patient.look({ symptoms: [sees('GPU_FAILED', gpu, clearAfterMs)] }).conditions).toEqual([])
    const fresh = patient.look({ symptoms: [sees('GPU_FAILED', gpu, 5_000)] })
    expect(fresh.health.conditions[0]?.sinceMs).toBe(patient.nowMs - 5_000)
    expect(patient.look({ symptoms: [sees('GPU_FAILED', gpu, 5_000 + hour)] }, hour)).toMatchObject({
      conditions: [],
      cleared: ['GPU_FAILED'],
    })
  })
})

describe('a counter', () => {
  test('is a symptom when it grows, not for what it was at first', () => {
    const patient = new Patient()
    expect(patient.look({ counters: [aCounter(70)] }).conditions).toEqual([])
    expect(patient.look({ counters: [aCounter(70)] }).conditions).toEqual([])
    const seen = patient.look({ counters: [aCounter(72)] })
    expect(seen.appeared).toEqual(['DISK_LINK_ERRORS'])
    expect(seen.health.conditions[0]?.evidence).toEqual([
      { source: 'smartctl', text: 'CRC errors: 72, 2 more than at the last look' },
    ])
  })

  test('starts anew with its epoch', () => {
    const patient = new Patient()
    patient.look({ counters: [aCounter(70)] })
    expect(patient.look({ counters: [aCounter(90, { epoch: 'another boot' })] }).conditions).toEqual([])
    expect(patient.look({ counters: [aCounter(3, { epoch: 'another boot' })] }).conditions).toEqual([])
  })

  test('that grows slowly is told when it has grown enough over several looks', () => {
    const patient = new Patient()
    const slow = (value: number) => patient.look({ counters: [aCounter(value, { growthMin: 3 })] }).conditions
    expect([slow(0), slow(1), slow(2), slow(3)]).toEqual([[], [], [], ['DISK_LINK_ERRORS']])
  })

  test('is remembered over looks that did not see it', () => {
    const patient = new Patient()
    patient.look({ counters: [aCounter(1)] })
    patient.look({})
    expect(patient.look({ counters: [aCounter(2)] }).conditions).toEqual(['DISK_LINK_ERRORS'])
  })
})

test('the worst conditions come first', () => {
  const patient = new Patient()
  const symptoms = [sees('RAID_REBUILDING', disk), sees('DISK_WORN', disk), sees('DISK_FAILING', disk)]
  expect(patient.look({ symptoms }).conditions).toEqual(['DISK_FAILING', 'DISK_WORN', 'RAID_REBUILDING'])
})

test('one look alone shows all that it saw, of unknown age', () => {
  const { conditions } = healthOfOneLook(aLook({ symptoms: [sees('FAN_FAILED', fan), sees('DISK_FAILING', disk)] }))
  expect(conditions).toMatchObject([
    { code: 'DISK_FAILING', sinceMs: null },
    { code: 'FAN_FAILED', sinceMs: null },
  ])
})

test('over any looks a condition that appeared is told once until it is cleared, and is never cleared before', () => {
  const codes: readonly ConditionCode[] = ['FAN_FAILED', 'DISK_FAILING', 'NIC_LINK_DOWN']
  const look = fc.record({ seen: fc.subarray([...codes]), afterMs: fc.integer({ min: 1, max: 2_000_000 }) })
  fc.assert(
    fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
      const patient = new Patient()
      const shown = new Set<string>()
      for (const { seen, afterMs } of looks) {
        const step = patient.look({ symptoms: seen.map((code) => sees(code, disk)) }, afterMs)
        for (const code of step.cleared) expect(shown.delete(code)).toBe(true)
        for (const code of step.appeared) {
          expect(shown.has(code)).toBe(false)
          shown.add(code)
        }
        expect(new Set(step.conditions)).toEqual(shown)
      }
    }),
  )
})
