// Temperatures of NVMe drives from the kernel's own sensors: they need no right and no tool. SATA drives have such a sensor
// too (drivetemp), which is not read: reading it may keep a drive from going to sleep, or wake it.

import { plausibleCelsius } from '../parse/drive-report.ts'
import { parseInteger } from '../parse/numbers.ts'
import type { Source } from '../source/source.ts'
import { namesIn, valueAt } from './files.ts'

export type SensorTemperatures = {
  readonly path: string
  readonly temperatureC: number | null
  readonly temperatureMaxC: number | null
  readonly temperatureCriticalC: number | null
}

/** Null where the kernel has no sensor for it. `nvme0n1` is mostly of controller `nvme0`; its link tells. */
export function nvmeTemperatures(source: Source, disk: string): SensorTemperatures | null {
  const folder = `/sys/block/${disk}/device`
  const sensor = sensorFolder(source, folder)
  if (sensor === null) return null
  const names = namesIn(source, sensor)
  const celsius = (name: string) => {
    if (!names.includes(name)) return null
    const milli = valueAt(source, `${sensor}/${name}`, parseInteger)
    return milli === null ? null : plausibleCelsius(Math.round(milli / 1000))
  }
  return {
    path: `${sensor}/temp1_input`,
    temperatureC: celsius('temp1_input'),
    temperatureMaxC: celsius('temp1_max'),
    temperatureCriticalC: celsius('temp1_crit'),
  }
}

/**
 * `hwmon3` below the controller since 5.5, `hwmon/hwmon3` where the sensor hangs below the PCI device. A drive with two
 * ports is of a subsystem, which links to its controllers (FN-0042).
 */
function sensorFolder(source: Source, folder: string): string | null {
  const names = namesIn(source, folder)
  const direct = names.find((name) => /^hwmon\d+$/.test(name))
  if (direct !== undefined) return `${folder}/${direct}`
  const below = names.find((name) => name === 'hwmon' || /^nvme\d+$/.test(name))
  if (below === undefined) return null
  const inner = namesIn(source, `${folder}/${below}`).find((name) => /^hwmon\d+$/.test(name))
  return inner === undefined ? null : `${folder}/${below}/${inner}`
}
