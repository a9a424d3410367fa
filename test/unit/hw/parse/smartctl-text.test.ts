import { describe, expect, it } from 'vitest'
import { parseSmartctlText } from '../../../../src/hw/parse/smartctl-text.ts'

const banner = 'smartctl 6.6 2017-11-05 r4594 [x86_64-linux-3.10] (local build)'

function report(...lines: readonly string[]) {
  const reading = parseSmartctlText([banner, ...lines, ''].join('\n'))
  if (reading.kind !== 'known') throw new Error(reading.kind)
  return reading.value
}

describe('smartctl as text', () => {
  it('reads the tables of -x and of -a alike', () => {
    const brief = '  5 Reallocated_Sector_Ct   PO--CK   001   001   036    NOW  4095'
    const old = '  5 Reallocated_Sector_Ct   0x0033   001   001   036    Pre-fail  Always   FAILING_NOW 4095'
    const expected = {
      id: 5,
      name: 'Reallocated_Sector_Ct',
      value: 1,
      worst: 1,
      threshold: 36,
      isPrefail: true,
      failed: 'now',
      raw: 4095,
    }
    for (const row of [brief, old]) {
      expect(report('Device Model:     X', row).ata?.attributes).toEqual([expected])
    }
  })

  it('knows a value that was once at its threshold, and one without a threshold', () => {
    const rows = [
      '190 Airflow_Temperature_Cel 0x0022   062   040   045    Old_age   Always   In_the_past 38 (Min/Max 18/43)',
      '  5 Retired_Block_Count     PO--CK   100   100   ---    -    3',
    ]
    const found = report('Device Model:     X', ...rows).ata?.attributes
    expect(found?.map(({ failed, threshold, isPrefail, raw }) => [failed, threshold, isPrefail, raw])).toEqual([
      ['past', 45, false, 38],
      [null, null, true, 3],
    ])
  })

  it('takes the temperature from the drive, else from attribute 194 or 190, never from a life left that is called so', () => {
    const attribute = (id: number, raw: string) =>
      `${String(id).padStart(3)} Temperature_Celsius     PO--C-   100   100   000    -    ${raw}`
    const celsius = (...lines: readonly string[]) => report('Device Model:     X', ...lines).temperatureC
    expect(celsius('Current Temperature:                    31 Celsius', attribute(194, '30'))).toBe(31)
    expect(celsius(attribute(194, '30 (Min/Max 25/33)'))).toBe(30)
    expect(celsius(attribute(194, '0'), attribute(190, '29'))).toBe(29)
    expect(celsius(attribute(231, '99'))).toBeNull()
    expect(celsius(attribute(194, '128 (0 127 0 129 0)'))).toBeNull()
  })

  it('reads an NVMe log, also with the separators of another locale', () => {
    const lines = (hours: string) => [
      'SMART overall-health self-assessment test result: FAILED!',
      'SMART/Health Information (NVMe Log 0x02)',
      'Critical Warning:                   0x09',
      'Temperature:                        43 Celsius',
      'Available Spare:                    3%',
      'Available Spare Threshold:          10%',
      'Percentage Used:                    172%',
      `Power On Hours:                     ${hours}`,
      'Media and Data Integrity Errors:    75,664',
    ]
    for (const hours of ['16,467', '16.467', '16 467', '16\u202f467', '16467']) {
      expect(report(...lines(hours))).toMatchObject({
        protocol: 'nvme',
        isPassed: false,
        temperatureC: 43,
        powerOnHours: 16467,
        endurancePercent: 172,
        nvme: { criticalWarning: 9, sparePercent: 3, spareThresholdPercent: 10, mediaErrors: 75664 },
      })
    }
  })

  it.each([
    ['SMART Health Status: OK', true],
    ['SMART Health Status: Warning - specified temperature exceeded [asc=b, ascq=1]', false],
    ['SMART Health Status: Hardware impending failure too many block reassigns [asc=5d, ascq=14]', false],
    ['SMART Health Status: something else', null],
  ])('of a SAS drive reads "%s" as passed: %s', (line, isPassed) => {
    expect(report('Vendor:               X', line).isPassed).toBe(isPassed)
  })

  it.each([
    'Accumulated power on time, hours:minutes 1641:22',
    'Accumulated power on time, hours:minutes 1641:22 [98482 minutes]',
    'number of hours powered up = 1641.37',
    'number of hours powered up = 1641,37',
  ])('of a SAS drive reads its hours in "%s"', (line) => {
    expect(report('Vendor:               X', line).powerOnHours).toBe(1641)
  })

  it('reads a SAS drive', () => {
    const found = report(
      'Vendor:               SEAGATE',
      'Product:              ST4000NM0043',
      'Serial number:        Z1',
      'SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=10]',
      'Current Drive Temperature:     34 C',
      'Drive Trip Temperature:        68 C',
      'Elements in grown defect list: 56',
      'read:   2147483647        0         0  2147483647          0      64396.534           7',
      'Accumulated power on time, hours:minutes 1641:22',
    )
    expect(found).toMatchObject({
      protocol: 'scsi',
      isPassed: false,
      verdict: 'FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=10]',
      model: 'SEAGATE ST4000NM0043',
      serial: 'Z1',
      temperatureC: 34,
      temperatureCriticalC: 68,
      powerOnHours: 1641,
      scsi: { grownDefects: 56, uncorrectedRead: 7, uncorrectedWrite: null },
    })
  })

  it('reads the self-test logs of all three protocols', () => {
    const rows = [
      '# 1  Extended offline    Completed: read failure       90%     12309         2901265099',
      '# 2  Short offline       Self-test routine in progress 50%      1910         -',
      '# 3  Background long   Failed in segment -->       3   12345          16777216 [0x3 0x11 0x0]',
      ' 0   Extended          Completed: failed segments    8234            -     -   2   -    -',
    ]
    expect(report(...rows).selfTests.map(({ outcome, isExtended }) => [outcome, isExtended])).toEqual([
      ['failed', true],
      ['other', false],
      ['failed', true],
      ['failed', true],
    ])
  })

  it('keeps complaints, and sees a drive that sleeps', () => {
    const refused = 'Smartctl open device: /dev/sda failed: Permission denied'
    expect(report(refused)).toMatchObject({ complaints: [refused], isAsleep: false, protocol: null })
    expect(report('Device is in STANDBY mode, exit(2)').isAsleep).toBe(true)
  })

  it('is not what another tool prints', () => {
    expect(parseSmartctlText('hdparm - get/set hard disk parameters').kind).toBe('implausible')
  })
})
