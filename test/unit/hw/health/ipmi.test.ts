import { describe, expect, it } from 'vitest'
import { lookAtBoardSensors } from '../../../../src/hw/health/ipmi.ts'
import { fakeMachine } from '../../../support/fake-machine.ts'
import { findingsOf } from '../../../support/health-bench.ts'

const bmc = { version: null, ipmiVersion: null, manufacturerId: null, address: null, mac: null }

function look(output: string | number | null, { hasDevice = true, hasBmc = true } = {}) {
  const files: Record<string, string> = hasDevice ? { '/dev/ipmi0': '' } : {}
  const source = fakeMachine(files, output === null ? {} : { 'ipmitool sdr elist': output })
  const machine = { virtualisation: null, bmc: hasBmc ? bmc : null }
  return findingsOf((bench) => void lookAtBoardSensors(bench), source, { inventory: { machine } as never })
}

const symptomsOf = (lines: string) => look(lines).symptoms.map(({ code, part }) => `${code} ${part.kind} ${part.name}`)

it.each([
  ['Fan3             | 32h | cr  |  7.1 | 0 RPM', 'FAN_FAILED fan Fan3'],
  ['CPU1 Temp        | 0Eh | unc |  3.1 | 88 degrees C', 'TEMPERATURE_HIGH sensor CPU1 Temp'],
  ['Planar 12V       | 15h | lcr |  7.1 | 10.20 Volts', 'VOLTAGE_OUT_OF_RANGE sensor Planar 12V'],
  ['Status           | 85h | ok  | 10.1 | Presence detected, Failure detected', 'PSU_FAILED psu Status'],
  ['PS2 Status       | 86h | ok  | 10.2 | Presence detected, Power Supply AC lost', 'PSU_FAILED psu PS2 Status'],
])('%j is a symptom', (line, symptom) => {
  expect(symptomsOf(`${line}\n`)).toEqual([symptom])
})

it.each([
  'Fan3             | 32h | ns  |  7.1 | No Reading',
  'Fan4             | 33h | ok  |  7.1 | 0 RPM',
  'CPU2 Temp        | 0Fh | nr  |  3.2 | 0 degrees C',
  'Inlet Temp       | 04h | lnc |  7.1 | 4 degrees C',
  'P2V5_CPU2        | 16h | nr  |  3.2 | 0 Volts',
  'Power Supply 1   | 03h | ok  | 10.1 | 110 Watts, Presence detected',
  'Intrusion        | 73h | ok  |  7.1 | General Chassis intrusion',
])('%j is none (FN-0022)', (line) => {
  expect(symptomsOf(`${line}\n`)).toEqual([])
})

it('sensors of one name are told apart by the part that they belong to (FN-0025)', () => {
  const lines = ['10.1 | Presence detected', '10.2 | Presence detected, Power Supply AC lost']
  expect(symptomsOf(lines.map((line) => `Status | 85h | ok | ${line}\n`).join(''))).toEqual([
    'PSU_FAILED psu Status 10.2',
  ])
})

describe('what could not be asked is open', () => {
  it.each([
    ['where ipmitool is missing', look(null), 'HW_TOOL_MISSING'],
    ['where it prints no sensors', look(1), 'HW_TOOL_FAILED'],
    ['where the kernel has no way to the controller', look(null, { hasDevice: false }), 'HW_UNKNOWN'],
  ])('%s', (_, { unchecked }, code) => {
    expect(unchecked).toMatchObject([{ question: 'fans, power supplies and voltages of the board', code }])
  })

  it('and keeps what the controller said before from clearing, where it can be asked', () => {
    expect(look(1).unchecked[0]?.about).toContain('PSU_FAILED')
    expect(look(null).unchecked[0]?.about).toEqual([])
  })

  it('and a machine without a controller is not asked', () => {
    expect(look(null, { hasDevice: false, hasBmc: false }).unchecked).toEqual([])
  })
})
