// The output of `nvme smart-log -o json`. Versions differ: the critical warning is a number (2.3) or an object with the
// bits apart (2.11), and numbers come as numbers, digits or floats (FN-0053). Temperatures are in Kelvin.

import { known, type Reading } from '../../model/reading.ts'
import { type DriveReport, emptyDriveReport, plausibleCelsius } from './drive-report.ts'
import { at, count, parseJsonObject } from './json-facts.ts'
import { implausible } from './numbers.ts'

const kelvinOffset = 273

/** Implausible when the text is not a SMART log of nvme-cli. It names no drive: the one asked is the one meant. */
export function parseNvmeSmartLog(text: string): Reading<DriveReport> {
  const reading = parseJsonObject(text)
  if (reading.kind !== 'known') return reading
  const { value: json } = reading
  const warning = at(json, 'critical_warning')
  if (warning === undefined && at(json, 'avail_spare') === undefined) {
    return implausible(text, 'not the SMART log of nvme-cli')
  }
  const kelvin = count(at(json, 'temperature'))
  const usedPercent = count(at(json, 'percent_used') ?? at(json, 'percentage_used'))
  return known({
    ...emptyDriveReport,
    protocol: 'nvme',
    temperatureC: kelvin === null ? null : plausibleCelsius(kelvin - kelvinOffset),
    powerOnHours: count(at(json, 'power_on_hours')),
    endurancePercent: usedPercent,
    nvme: {
      criticalWarning: count(at(warning, 'value') ?? warning),
      sparePercent: count(at(json, 'avail_spare')),
      spareThresholdPercent: count(at(json, 'spare_thresh')),
      usedPercent,
      mediaErrors: count(at(json, 'media_errors')),
      errorLogEntries: count(at(json, 'num_err_log_entries')),
    },
  })
}
