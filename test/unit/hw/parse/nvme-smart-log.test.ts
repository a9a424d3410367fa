import { expect, it } from 'vitest'
import { parseNvmeSmartLog } from '../../../../src/hw/parse/nvme-smart-log.ts'

function report(json: object) {
  const reading = parseNvmeSmartLog(JSON.stringify(json))
  if (reading.kind !== 'known') throw new Error(reading.kind)
  return reading.value
}

it('numbers, digits, floats and objects mean the same', () => {
  const expected = { temperatureC: 37, nvme: { criticalWarning: 4, sparePercent: 100 } }
  expect(report({ critical_warning: 4, temperature: 310, avail_spare: 100 })).toMatchObject(expected)
  expect(report({ critical_warning: '4', temperature: '310', avail_spare: '100' })).toMatchObject(expected)
  expect(report({ critical_warning: 4.0, temperature: 310.0, avail_spare: 100.0 })).toMatchObject(expected)
  expect(report({ critical_warning: { value: 4, ro: 0 }, temperature: 310, avail_spare: 100 })).toMatchObject(expected)
})

it('what is missing, negative, broken or too large to count is unknown', () => {
  const values = [undefined, null, -1, 1.5, '1,5', 'x', {}, [], 2 ** 60, '340282366920938463463374607431768211455']
  for (const media_errors of values) {
    expect(report({ critical_warning: 0, media_errors }).nvme?.mediaErrors).toBeNull()
  }
  expect(report({ critical_warning: 0, temperature: 0 }).temperatureC).toBeNull()
})

it('another JSON is no log', () => {
  expect(parseNvmeSmartLog('{"Devices":[]}').kind).toBe('implausible')
  expect(parseNvmeSmartLog('NVMe status: INVALID_FIELD').kind).toBe('implausible')
})
