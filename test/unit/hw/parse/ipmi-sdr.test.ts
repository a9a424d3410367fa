import { expect, it } from 'vitest'
import { parseIpmiSensors } from '../../../../src/hw/parse/ipmi-sdr.ts'

function one(line: string) {
  const reading = parseIpmiSensors(`${line}\n`)
  return reading.kind === 'known' ? reading.value[0] : reading.kind
}

it('a line of five columns has a part and a reading', () => {
  expect(one('Fan1             | 30h | ok  | 29.1 | 5040 RPM')).toEqual({
    name: 'Fan1',
    state: 'ok',
    entity: '29.1',
    value: 5040,
    unit: 'RPM',
    words: [],
  })
})

it('a line of three columns has a reading and no part', () => {
  expect(one('P1 Therm Margin  | -38 degrees C     | ok')).toMatchObject({
    entity: null,
    value: -38,
    unit: 'degrees C',
  })
})

it.each([
  ['SEL              | 72h | ns  |  7.1 | No Reading', 'absent'],
  ['Vcore            | 10h | lcr |  3.1 | 0.60 Volts', 'critical'],
  ['Vcore            | 10h | unr |  3.1 | 2.60 Volts', 'non-recoverable'],
  ['Vcore            | 10h | nc  |  3.1 | 1.60 Volts', 'non-critical'],
])('%j is %s', (line, state) => {
  expect(one(line)).toMatchObject({ state })
})

it('a discrete state without words is no reading', () => {
  expect(one('B                | 0x00              | ok')).toMatchObject({ value: null, unit: null, words: [] })
})

it.each([
  '',
  'Unable to send command: Invalid argument',
  'Fan1 | 30h | gut | 29.1 | 5040 RPM',
  'Fan1 | zzh | ok | 29.1 | 5040 RPM',
  ' | 30h | ok | 29.1 | 5040 RPM',
])('%j is of no sensor', (line) => {
  expect(one(line)).toBe('implausible')
})
