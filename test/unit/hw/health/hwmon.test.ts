import { describe, expect, it } from 'vitest'
import { lookAtBox } from '../../../../src/hw/health/box.ts'
import { lookAtHwmon } from '../../../../src/hw/health/hwmon.ts'
import { lookAtThermalZones } from '../../../../src/hw/health/thermal-zones.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { findingsOf } from '../../../support/health-bench.ts'

type Files = Readonly<Record<string, FakeFile>>

function symptoms(files: Files, name = 'lm85', device = 'platform/lm85') {
  const place = `/sys/devices/${device}/hwmon/hwmon3`
  const own = Object.entries(files).map(([file, content]) => [`${place}/${file}`, content])
  const machine = { '/sys/class/hwmon/hwmon3': { link: place }, [`${place}/name`]: name, ...Object.fromEntries(own) }
  const look = findingsOf((bench) => void lookAtHwmon(bench), fakeMachine(machine))
  return look.symptoms.map(({ code, part, evidence }) => `${code} ${part.name}: ${evidence[0]?.text}`)
}

describe('a temperature', () => {
  const warm = { temp1_input: '95000\n', temp1_max: '80000', temp1_crit: '90000', temp1_label: 'SYSTIN' }

  it('at what the chip calls critical is high, and named by chip, device and label', () => {
    expect(symptoms(warm)).toEqual(['TEMPERATURE_HIGH lm85 SYSTIN: 95 °C, may be 90 °C'])
  })

  it('is judged by the highest where nothing is critical', () => {
    expect(symptoms({ temp1_input: '81000', temp1_max: '80000' })).toHaveLength(1)
    expect(symptoms({ ...warm, temp1_input: '81000' })).toEqual([])
  })

  it.each([
    ['w83627ehf', 'platform/w83627ehf.656'],
    ['k10temp', 'pci0000:00/0000:00:18.3'],
  ])('of a chip whose bounds nobody has set is judged by what is critical: %s (FN-0026)', (name, device) => {
    expect(symptoms({ temp3_input: '127000', temp3_max: '80000', temp3_alarm: '1' }, name, device)).toEqual([])
    expect(symptoms(warm, name, device)).toHaveLength(1)
  })

  it('is high where the chip raises an alarm', () => {
    expect(symptoms({ temp1_input: '70000', temp1_crit_alarm: '1' })).toEqual([
      'TEMPERATURE_HIGH lm85 temp1: 70 °C, alarm',
    ])
  })

  it.each([
    ['that reads 0 (FN-0022)', { temp1_input: '0', temp1_crit: '0' }],
    ['that cannot be read', { temp1_input: { errno: 'EIO' }, temp1_crit: '90000' }],
    ['of a broken sensor', { ...warm, temp1_fault: '1' }],
    ['without bounds', { temp1_input: '95000' }],
  ])('%s is no evidence', (_, files) => {
    expect(symptoms(files as unknown as Files)).toEqual([])
  })

  it('of a package stands for those of its cores', () => {
    const cores = { temp2_input: '105000', temp2_crit: '100000', temp2_label: 'Core 0' }
    const files = { temp1_input: '50000', temp1_crit: '100000', temp1_label: 'Package id 0', ...cores }
    expect(symptoms(files, 'coretemp')).toEqual([])
    expect(symptoms(cores, 'coretemp')).toHaveLength(1)
  })

  it.each(['drivetemp', 'nvme', 'amdgpu', 'acpitz'])('of a chip %s is not read', (name) => {
    expect(symptoms(warm, name)).toEqual([])
  })
})

describe('a fan', () => {
  it('that turns slower than it should has failed', () => {
    expect(symptoms({ fan2_input: '300', fan2_min: '600', fan2_alarm: '1' })).toEqual([
      'FAN_FAILED lm85 fan2: 300 turns a minute, should be 600',
    ])
  })

  it('that is a little slower than its lowest speed is kept there (FN-0024)', () => {
    expect(symptoms({ fan2_input: '1998', fan2_min: '2000' })).toEqual([])
    expect(symptoms({ fan2_input: '900', fan2_min: '2000' })).toHaveLength(1)
    expect(symptoms({ fan2_input: '900', fan2_min: '2000' }, 'applesmc', 'platform/applesmc.768')).toHaveLength(1)
  })

  it('of a chip whose bounds nobody has set is not judged by them (FN-0026)', () => {
    const files = { fan2_input: '1081', fan2_min: '3668', fan2_alarm: '1' }
    expect(symptoms(files, 'w83627ehf', 'platform/w83627ehf.656')).toEqual([])
    expect(symptoms({ ...files, fan2_fault: '1' }, 'w83627ehf', 'platform/w83627ehf.656')).toHaveLength(1)
  })

  it('of which the chip says fault has failed', () => {
    expect(symptoms({ fan2_input: '0', fan2_fault: '1' })).toHaveLength(1)
  })

  it('may be an empty connector where it stands still (FN-0022)', () => {
    expect(symptoms({ fan2_input: '0', fan2_min: '600', fan2_alarm: '1' })).toEqual([])
  })
})

describe('a voltage', () => {
  it('with a name and an alarm is out of range', () => {
    expect(symptoms({ in1_input: '10100', in1_label: 'vout1', in1_lcrit_alarm: '1', in1_crit_alarm: '0' })).toEqual([
      'VOLTAGE_OUT_OF_RANGE lm85 vout1: 10.1 V, alarm',
    ])
  })

  it('without a name is not judged (FN-0022)', () => {
    expect(symptoms({ in1_input: '1024', in1_alarm: '1', in1_crit_alarm: '1' })).toEqual([])
  })
})

describe('a thermal zone', () => {
  const zone = '/sys/class/thermal/thermal_zone0'
  const look = (temp: FakeFile) =>
    findingsOf(
      (bench) => void lookAtThermalZones(bench),
      fakeMachine({
        [`${zone}/type`]: 'cpu-thermal\n',
        [`${zone}/temp`]: temp,
        [`${zone}/trip_point_0_type`]: 'passive\n',
        [`${zone}/trip_point_0_temp`]: '60000\n',
        [`${zone}/trip_point_1_type`]: 'critical\n',
        [`${zone}/trip_point_1_temp`]: '95000\n',
      }),
    ).symptoms

  it('is too hot where the kernel would stop the machine', () => {
    expect(look('95000\n')).toMatchObject([
      {
        code: 'TEMPERATURE_HIGH',
        part: { name: 'cpu-thermal thermal_zone0' },
        evidence: [{ text: '95 °C, may be 95 °C' }],
      },
    ])
  })

  it('is not where it only slows down, and not where it cannot be read', () => {
    expect([look('94000\n'), look({ errno: 'EAGAIN' })]).toEqual([[], []])
  })
})

describe('a machine on which nothing shows a temperature', () => {
  const questions = (virtualisation: string | null) =>
    findingsOf(lookAtBox, fakeMachine({}), {
      inventory: { machine: { virtualisation, bmc: null } } as never,
    }).unchecked.map((one) => one.question)

  it('leaves that open, where it is not a virtual one', () => {
    expect(questions('none')).toEqual(['the clock', 'temperatures'])
    expect(questions('kvm')).toEqual(['the clock'])
  })
})
