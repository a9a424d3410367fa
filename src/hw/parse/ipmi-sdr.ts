// Sensors of a board's management controller as `ipmitool sdr elist` prints them, and in the older form of three columns:
// `Fan1 | 30h | ok | 7.1 | 5040 RPM` and `Planar 5V | 4.90 Volts | ok`. Discrete sensors have words or a bare hexadecimal
// number instead of a reading. Lines in between (`Unable to send command`) are not of a sensor.

import { known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

/** `absent`: the board has no such part, or it is switched off; the three last are beyond a threshold, worse each time. */
export type IpmiState = 'ok' | 'absent' | 'non-critical' | 'critical' | 'non-recoverable'

export type IpmiSensor = {
  readonly name: string
  readonly state: IpmiState
  /** The part it belongs to, as `kind.instance` in the numbers of IPMI: 10 is a power supply; null in three columns. */
  readonly entity: string | null
  /** Null for a discrete sensor, and where there is no reading. */
  readonly value: number | null
  readonly unit: string | null
  /** What it says in words, without the reading: `Presence detected`. */
  readonly words: readonly string[]
}

/** Boards have hundreds at most. */
const sensorsMax = 2000

const states: Readonly<Record<string, IpmiState>> = {
  ok: 'ok',
  ns: 'absent',
  nc: 'non-critical',
  lnc: 'non-critical',
  unc: 'non-critical',
  cr: 'critical',
  lcr: 'critical',
  ucr: 'critical',
  nr: 'non-recoverable',
  lnr: 'non-recoverable',
  unr: 'non-recoverable',
}

/** Implausible where no line is of a sensor. */
export function parseIpmiSensors(stdout: string): Reading<readonly IpmiSensor[]> {
  const sensors: IpmiSensor[] = []
  for (const line of stdout.split('\n')) {
    const sensor = line.length > 400 ? null : sensorOf(line.split('|').map((cell) => cell.trim()))
    if (sensor !== null && sensors.length < sensorsMax) sensors.push(sensor)
  }
  return sensors.length === 0 ? implausible(stdout, 'no sensors') : known(sensors)
}

function sensorOf(cells: readonly string[]): IpmiSensor | null {
  const [name = '', second = '', third = '', fourth = '', fifth = ''] = cells
  if (name === '') return null
  if (cells.length === 3) return describe(name, states[third], null, second)
  if (cells.length !== 5 || !/^[0-9a-f]{2}h$/i.test(second)) return null
  return /^\d{1,3}\.\d{1,3}$/.test(fourth) ? describe(name, states[third], fourth, fifth) : null
}

const noReading = /^(no reading|not readable|disabled|0x[0-9a-f]+|)$/i

function describe(name: string, state: IpmiState | undefined, entity: string | null, text: string): IpmiSensor | null {
  if (state === undefined) return null
  const [first = '', ...rest] = text.split(',').map((part) => part.trim())
  const reading = /^(-?\d{1,9}(?:\.\d{1,6})?) ([A-Za-z][A-Za-z ]{0,30})$/.exec(first)
  const words = (reading === null ? [first, ...rest] : rest).filter((word) => !noReading.test(word))
  return {
    name,
    state,
    entity,
    value: reading === null ? null : Number(reading[1]),
    unit: reading?.[2] ?? null,
    words,
  }
}
