// What the board's management controller says of fans, power supplies, temperatures and voltages, by way of ipmitool.
// It is asked only where the kernel has a way to it. The controller judges by its own thresholds; which way a threshold was
// passed it does not say here.

import type { ConditionCode } from '../../model/conditions.ts'
import { type IpmiSensor, parseIpmiSensors } from '../parse/ipmi-sdr.ts'
import { refusal } from '../source/answers.ts'
import type { HealthBench } from './bench.ts'
import { namesIn } from './files.ts'

const argv = ['ipmitool', 'sdr', 'elist'] as const

/** Some controllers take a second a sensor. */
const timeoutMs = 60_000

/** What stays open while a controller that can be asked does not answer; chips of the kernel tell temperatures as well. */
const about = ['FAN_FAILED', 'PSU_FAILED', 'VOLTAGE_OUT_OF_RANGE'] as const

/** A power supply, in IPMI's numbers for what a sensor belongs to. */
const powerSupply = /^10\./

/** Nothing that was too cold is warmer than this. */
const warmCelsiusMin = 20

/** True where the controller was asked, or should have been and could not. */
export function lookAtBoardSensors({ source, inventory, findings }: HealthBench): boolean {
  const question = 'fans, power supplies and voltages of the board'
  if (!hasWay({ source })) {
    if (inventory.machine.bmc === null) return false
    const message = 'there is a management controller and no way to it: load ipmi_si and ipmi_devintf'
    findings.unchecked(question, null, 'HW_UNKNOWN', message)
    return true
  }
  const done = source.run(argv, { timeoutMs })
  if (!done.ok) {
    const isMissing = done.fault.code === 'HW_TOOL_MISSING'
    findings.unchecked(question, null, done.fault.code, done.fault.message, isMissing ? [] : about)
    return true
  }
  // An exit code of 1 is usual: one sensor of many could not be read.
  const sensors = parseIpmiSensors(done.value.stdout)
  if (sensors.kind !== 'known') {
    const { code, message } = refusal(argv, done.value)
    findings.unchecked(question, null, code, message, about)
    return true
  }
  const nameOf = distinctNames(sensors.value)
  for (const sensor of sensors.value) {
    const verdict = verdictOf(sensor)
    if (verdict === null) continue
    const part = { kind: verdict.kind, name: nameOf(sensor), id: null } as const
    const reading = sensor.value === null ? [] : [`${sensor.value} ${sensor.unit}`]
    const text = [...reading, sensor.state, ...sensor.words].join(', ')
    findings.symptom(verdict.code, part, { source: argv.join(' '), text })
  }
  return true
}

function hasWay({ source }: Pick<HealthBench, 'source'>): boolean {
  return namesIn(source, '/sys/class/ipmi').length > 0 || source.exists('/dev/ipmi0')
}

/** Some controllers call the sensors of both processors `Temp`, and those of both power supplies `Status` (FN-0025). */
function distinctNames(sensors: readonly IpmiSensor[]): (sensor: IpmiSensor) => string {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { name } of sensors) {
    if (seen.has(name)) repeated.add(name)
    seen.add(name)
  }
  return ({ name, entity }) => (entity !== null && repeated.has(name) ? `${name} ${entity}` : name)
}

type Verdict = { readonly code: ConditionCode; readonly kind: 'fan' | 'psu' | 'sensor' }

/** A temperature or voltage of 0 is what controllers give for what they cannot read; a fan at 0 stands still (FN-0022). */
function verdictOf({ name, state, entity, value, unit, words }: IpmiSensor): Verdict | null {
  if (state === 'absent') return null
  const isSupply = powerSupply.test(entity ?? '') || /^(psu?\d|power supply)/i.test(name)
  if (isSupply && words.some((word) => supplyFault.test(word))) return { code: 'PSU_FAILED', kind: 'psu' }
  if (state === 'ok') return null
  const isBad = state !== 'non-critical'
  switch (unit) {
    case 'degrees C':
      return value !== null && value >= warmCelsiusMin ? { code: 'TEMPERATURE_HIGH', kind: 'sensor' } : null
    case 'RPM':
      return isBad ? { code: 'FAN_FAILED', kind: 'fan' } : null
    case 'Volts':
      return value !== null && value !== 0 ? { code: 'VOLTAGE_OUT_OF_RANGE', kind: 'sensor' } : null
    default:
      return isSupply && isBad && value !== 0 ? { code: 'PSU_FAILED', kind: 'psu' } : null
  }
}

/** As ipmitool words the events of a power supply. */
const supplyFault =
  /^(failure detected|predictive failure|power supply ac lost|ac lost|ac lost or out-of-range|ac out-of-range, but present|ac out-of-range|config error.*)$/i
