// Sensor chips that the kernel drives (/sys/class/hwmon): temperatures in thousandths of a degree, fans in turns a minute,
// voltages in thousandths of a volt. The number of a chip changes at each boot, so a sensor is named by chip and device.
// It judges by what the chip itself is set to, never by a figure of its own.

import { valueOr } from '../../model/reading.ts'
import { cleanText, parseInteger } from '../parse/numbers.ts'
import { naturalOrder } from '../probe/report.ts'
import { nameOf } from '../source/paths.ts'
import type { HealthBench } from './bench.ts'
import { namesIn } from './files.ts'

const root = '/sys/class/hwmon'

/**
 * Chips that others ask, or that must be left alone: reading drivetemp or an NVMe drive wakes it, and so it does a GPU; a
 * thermal zone has a chip of its own beside it; power_meter waits for its next interval.
 */
const notAsked = new Set(['drivetemp', 'nvme', 'amdgpu', 'nouveau', 'i915', 'xe', 'acpitz', 'power_meter'])

/** More sensors than this of one chip are not read. */
const sensorsMax = 256

/** One folder of attributes, listed once. */
type Chip = {
  readonly folder: string
  readonly files: ReadonlySet<string>
  readonly label: string
  readonly name: string
  /** Somebody has set its highest temperatures and lowest speeds for this machine. */
  readonly isBounded: boolean
  readonly number: (file: string) => number | null
  readonly text: (file: string) => string | null
}

/** Returns how many chips were asked. */
export function lookAtHwmon(bench: HealthBench): number {
  let asked = 0
  for (const entry of [...namesIn(bench.source, root)].sort(naturalOrder)) {
    const chip = /^hwmon\d{1,4}$/.test(entry) ? chipAt(bench, entry) : null
    if (chip === null) continue
    asked++
    lookAtTemperatures(bench, chip)
    lookAtFans(bench, chip)
    lookAtVoltages(bench, chip)
  }
  return asked
}

/** Attributes lie in the chip's folder, on old kernels in that of its device. */
function chipAt({ source }: HealthBench, entry: string): Chip | null {
  const real = source.realPath(`${root}/${entry}`)
  if (real?.includes('/thermal_zone')) return null
  const place = /^(.*)\/hwmon\/hwmon\d+$/.exec(real ?? '')?.[1] ?? source.realPath(`${root}/${entry}/device`)
  for (const folder of [`${root}/${entry}`, `${root}/${entry}/device`]) {
    const files = new Set(namesIn(source, folder))
    if (!files.has('name')) continue
    const text = (file: string) => {
      const said = files.has(file) ? source.readText(`${folder}/${file}`) : null
      return said?.kind === 'known' ? cleanText(said.value) : null
    }
    const number = (file: string) => {
      const said = text(file)
      return said === null ? null : valueOr(parseInteger(said), null)
    }
    const name = text('name') ?? ''
    if (notAsked.has(name)) return null
    const device = place === null ? entry : nameOf(place)
    const label = device.startsWith(name) ? device : `${name} ${device}`
    return { folder, files, label, name, isBounded: isBounded(name, device), number, text }
  }
  return null
}

/**
 * Super-I/O chips, which sit at a port of the ISA bus (`w83627ehf.656`), start with the bounds of their factory or with
 * noise, and boards leave inputs of theirs open. k10temp tells 70 °C of every processor (FN-0026).
 */
function isBounded(name: string, device: string): boolean {
  // Apple's controller has such a port and is set for its machine.
  const port = name === 'applesmc' ? undefined : /\.(\d{1,5})$/.exec(device)?.[1]
  return name !== 'k10temp' && (port === undefined || Number(port) < isaPortMin)
}

/** Lower numbers are those of devices: `coretemp.1`. */
const isaPortMin = 256

/** The numbers of `temp1_input`, `temp2_input` … of one kind. */
function channels({ files }: Chip, kind: string): readonly string[] {
  const pattern = new RegExp(`^(${kind}\\d{1,3})_(input|alarm|fault|crit_alarm)$`)
  const found = new Set([...files].flatMap((file) => pattern.exec(file)?.[1] ?? []))
  return [...found].slice(0, sensorsMax)
}

/** Beyond what the chip calls critical, or its highest where it calls nothing critical; or the chip says so itself. */
function lookAtTemperatures(bench: HealthBench, chip: Chip): void {
  const all = channels(chip, 'temp')
  // The package's sensor is the hottest of its cores, and asking each core interrupts it.
  const isPackage = chip.name === 'coretemp' && chip.text('temp1_label')?.startsWith('Package') === true
  for (const channel of isPackage ? ['temp1'] : all) {
    if (chip.number(`${channel}_fault`) === 1) continue
    const value = chip.number(`${channel}_input`)
    if (value === null || value <= 0) continue
    const isAlarm = ['crit_alarm', 'emergency_alarm'].some((alarm) => chip.number(`${channel}_${alarm}`) === 1)
    const highest = chip.isBounded ? positive(chip.number(`${channel}_max`)) : null
    const limit = positive(chip.number(`${channel}_crit`)) ?? highest
    if (!isAlarm && (limit === null || value < limit)) continue
    const bound = limit === null ? '' : `, may be ${degrees(limit)}`
    symptom(bench, chip, channel, 'TEMPERATURE_HIGH', `${degrees(value)}${bound}${isAlarm ? ', alarm' : ''}`)
  }
}

/**
 * A connector without a fan stands still too and may even raise an alarm: 0 is no evidence (FN-0022). A fan kept at its
 * lowest speed turns a little slower at times: without an alarm, only less than half of that is (FN-0024).
 */
function lookAtFans(bench: HealthBench, chip: Chip): void {
  for (const channel of channels(chip, 'fan')) {
    if (chip.number(`${channel}_fault`) === 1) {
      symptom(bench, chip, channel, 'FAN_FAILED', 'the chip says that it has failed')
      continue
    }
    const least = chip.isBounded && chip.files.has(`${channel}_min`) ? positive(chip.number(`${channel}_min`)) : null
    const value = least === null ? null : chip.number(`${channel}_input`)
    if (least === null || value === null || value <= 0) continue
    if (value >= (chip.number(`${channel}_alarm`) === 1 ? least : least / 2)) continue
    symptom(bench, chip, channel, 'FAN_FAILED', `${value} turns a minute, should be ${least}`)
  }
}

/** Only rails that somebody has named: unnamed inputs of a board's chip are scaled in ways that the kernel does not know. */
function lookAtVoltages(bench: HealthBench, chip: Chip): void {
  for (const channel of channels(chip, 'in')) {
    if (!chip.files.has(`${channel}_label`)) continue
    const alarm = ['crit_alarm', 'lcrit_alarm'].find((one) => chip.number(`${channel}_${one}`) === 1)
    const value = alarm === undefined ? null : chip.number(`${channel}_input`)
    if (alarm === undefined || value === null || value === 0) continue
    symptom(bench, chip, channel, 'VOLTAGE_OUT_OF_RANGE', `${value / 1000} V, alarm`)
  }
}

function symptom(
  { findings }: HealthBench,
  chip: Chip,
  channel: string,
  code: 'TEMPERATURE_HIGH' | 'FAN_FAILED' | 'VOLTAGE_OUT_OF_RANGE',
  text: string,
): void {
  const kind = code === 'FAN_FAILED' ? 'fan' : 'sensor'
  const name = `${chip.label} ${chip.text(`${channel}_label`) ?? channel}`
  findings.symptom(code, { kind, name, id: null }, { source: `${chip.folder}/${channel}_input`, text })
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null
}

function degrees(thousandths: number): string {
  return `${Math.round(thousandths / 100) / 10} °C`
}
