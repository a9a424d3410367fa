import { describe, expect, it } from 'vitest'
import { parseSmartctlJson, parseSmartctlScan } from '../../../../src/hw/parse/smartctl-json.ts'

function report(json: object) {
  const reading = parseSmartctlJson(JSON.stringify({ smartctl: { exit_status: 0 }, ...json }))
  if (reading.kind !== 'known') throw new Error(reading.kind)
  return reading.value
}

const ata = { device: { name: '/dev/sda', protocol: 'ATA' } }

function attribute(id: number, name: string, string: string, more: object = {}) {
  return {
    id,
    name,
    value: 100,
    worst: 99,
    thresh: 10,
    when_failed: '',
    flags: { prefailure: true },
    raw: { value: 1e9, string },
    ...more,
  }
}

describe('smartctl -j', () => {
  it('is not what holds neither tool nor device', () => {
    expect(parseSmartctlJson('{"a":1}').kind).toBe('implausible')
    expect(parseSmartctlJson('').kind).toBe('implausible')
    expect(parseSmartctlJson('[1]').kind).toBe('implausible')
  })

  it('tells counts by the first number of the raw text, not by the packed raw value', () => {
    const table = [attribute(5, 'Reallocated_Sector_Ct', '0 (2000 0)'), attribute(9, 'Power_On_Hours', '12345h+10m')]
    expect(report({ ...ata, ata_smart_attributes: { table } }).ata?.attributes.map(({ raw }) => raw)).toEqual([
      0, 12345,
    ])
  })

  it('keeps what a drive holds against itself', () => {
    const table = [
      attribute(5, 'X', '7', { when_failed: 'now' }),
      attribute(190, 'Y', '7', { when_failed: 'past', flags: {} }),
    ]
    const found = report({ ...ata, ata_smart_attributes: { table } }).ata?.attributes
    expect(found?.map(({ failed, isPrefail }) => [failed, isPrefail])).toEqual([
      ['now', true],
      ['past', false],
    ])
  })

  it('drops rows that are no attributes and keeps the others', () => {
    const table = [null, 7, { id: 300, value: 1 }, { id: 1 }, attribute(197, 'Current_Pending_Sector', '3')]
    expect(report({ ...ata, ata_smart_attributes: { table } }).ata?.attributes).toHaveLength(1)
  })

  it('finds limits of temperature under the names of each version and protocol', () => {
    const limits = (json: object) => {
      const { temperatureC, temperatureMaxC, temperatureCriticalC } = report(json)
      return [temperatureC, temperatureMaxC, temperatureCriticalC]
    }
    expect(limits({ temperature: { current: 40, op_limit_max: 60, limit_max: 70 } })).toEqual([40, 60, 70])
    expect(limits({ temperature: { current: 34, drive_trip: 85 } })).toEqual([34, null, 85])
    expect(
      limits({ temperature: { current: 54 }, nvme_composite_temperature_threshold: { warning: 82, critical: 85 } }),
    ).toEqual([54, 82, 85])
    expect(limits({ temperature: { current: 0, op_limit_max: 0 } })).toEqual([null, null, null])
  })

  it('knows self-tests of all three protocols', () => {
    const outcomes = (json: object) => report(json).selfTests.map(({ outcome, isExtended }) => [outcome, isExtended])
    const row = (value: number, type = 'Short offline') => ({ type: { string: type }, status: { value, string: 'x' } })
    const table = [row(0, 'Extended offline'), row(121), row(25), row(249)]
    expect(outcomes({ ata_smart_self_test_log: { standard: { table } } })).toEqual([
      ['passed', true],
      ['failed', false],
      ['other', false],
      ['other', false],
    ])
    const nvme = [{ self_test_code: { string: 'Extended' }, self_test_result: { value: 7, string: 'y' } }]
    expect(outcomes({ nvme_self_test_log: { table: nvme } })).toEqual([['failed', true]])
    const scsi = { code: { string: 'Background long' }, result: { value: 4, string: 'z' }, power_on_time: { hours: 9 } }
    expect(outcomes({ scsi_self_test_0: scsi })).toEqual([['failed', true]])
  })

  it('takes wear from the drive, from its log of statistics, or not at all', () => {
    const page = {
      number: 7,
      table: [{ name: 'Percentage Used Endurance Indicator', value: 3, flags: { valid: true } }],
    }
    expect(report({ ata_device_statistics: { pages: [page] } }).endurancePercent).toBe(3)
    expect(report({ endurance_used: { current_percent: 104 } }).endurancePercent).toBe(104)
    expect(report({ scsi_percentage_used_endurance_indicator: 1 }).endurancePercent).toBe(1)
    const table = [attribute(233, 'Media_Wearout_Indicator', '1')]
    expect(report({ ...ata, ata_smart_attributes: { table } }).endurancePercent).toBeNull()
  })

  it('sees a drive that sleeps', () => {
    const messages = [{ string: 'Device is in STANDBY mode, exit(2)', severity: 'information' }]
    expect(report({ smartctl: { messages, exit_status: 2 } })).toMatchObject({ isAsleep: true, isPassed: null })
  })

  it('takes no serial that stands for none', () => {
    expect(['--', 'REDACTED', ' ', 'xxxx'].map((serial_number) => report({ serial_number }).serial)).toEqual([
      null,
      null,
      null,
      null,
    ])
  })
})

describe('smartctl --scan-open -j', () => {
  it('lists devices with the type that reaches them, and nothing that could be an option', () => {
    const devices = [
      { name: '/dev/bus/0', type: 'megaraid,8' },
      { name: '-x', type: 'sat' },
      { name: '/dev/sda', type: 'sat; rm' },
    ]
    expect(parseSmartctlScan(JSON.stringify({ smartctl: {}, devices }))).toEqual({
      kind: 'known',
      value: [{ device: '/dev/bus/0', type: 'megaraid,8' }],
    })
  })

  it('is empty where nothing was found', () => {
    expect(parseSmartctlScan('{"smartctl":{}}')).toEqual({ kind: 'known', value: [] })
  })
})
