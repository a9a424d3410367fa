// Thermal zones (/sys/class/thermal): what the firmware or the device tree calls too hot. Only trip points at which the
// kernel itself would stop the machine are judged; others are for its own control.

import { valueOr } from '../../model/reading.ts'
import { parseInteger } from '../parse/numbers.ts'
import { naturalOrder } from '../probe/report.ts'
import type { HealthBench } from './bench.ts'
import { namesIn, textAt } from './files.ts'

const root = '/sys/class/thermal'

const tripPointsMax = 16

/** Returns how many zones there are. */
export function lookAtThermalZones({ source, findings }: HealthBench): number {
  const names = namesIn(source, root).filter((name) => /^thermal_zone\d{1,4}$/.test(name))
  const zones = [...names].sort(naturalOrder)
  for (const zone of zones) {
    const folder = `${root}/${zone}`
    const files = namesIn(source, folder)
    const text = (file: string) => textAt(source, `${folder}/${file}`)
    const number = (file: string) => valueOr(parseInteger(text(file)), null)
    const trips = files.filter((file) => /^trip_point_\d{1,2}_type$/.test(file)).slice(0, tripPointsMax)
    const limits = trips
      .filter((file) => /^(critical|hot)$/.test(text(file)))
      .flatMap((file) => number(file.replace('_type', '_temp')) ?? [])
      .filter((limit) => limit > 0)
    const value = limits.length === 0 ? null : number('temp')
    const limit = Math.min(...limits)
    if (value === null || value < limit) continue
    const name = `${text('type')} ${zone}`.trim()
    const said = `${value / 1000} °C, may be ${limit / 1000} °C`
    findings.symptom('TEMPERATURE_HIGH', { kind: 'sensor', name, id: null }, { source: `${folder}/temp`, text: said })
  }
  return zones.length
}
