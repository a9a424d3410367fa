// The output of `smartctl -j`, version 7.0 and later, for ATA, NVMe and SCSI drives, and of `smartctl --scan-open -j`.
// Field names have moved between versions; each fact is looked for under all of its names.

import { known, type Reading } from '../../model/reading.ts'
import {
  type AtaAttribute,
  type AtaReport,
  type DriveReport,
  emptyDriveReport,
  identityText,
  leadingCount,
  type NvmeReport,
  plausibleCelsius,
  rowsMax,
  type ScsiReport,
  type SelfTest,
} from './drive-report.ts'
import {
  at,
  booleanOf,
  count,
  entriesOf,
  type Json,
  listOf,
  parseJsonObject,
  textOf,
  wholeNumber,
} from './json-facts.ts'
import { implausible } from './numbers.ts'

/** Implausible when the text is not smartctl's JSON. A drive that could not be read gives complaints and nulls. */
export function parseSmartctlJson(text: string): Reading<DriveReport> {
  const reading = parseJsonObject(text)
  if (reading.kind !== 'known') return reading
  const { value: json } = reading
  if (at(json, 'smartctl') === undefined && at(json, 'device') === undefined) {
    return implausible(text, 'not the JSON of smartctl')
  }
  const protocol = protocolOf(json)
  const complaints = listOf(at(json, 'smartctl', 'messages'))
    .slice(0, rowsMax)
    .flatMap((message) => textOf(at(message, 'string')) ?? [])
  return known({
    ...emptyDriveReport,
    protocol,
    model: identityText(textOf(at(json, 'model_name') ?? at(json, 'scsi_model_name'))),
    serial: identityText(textOf(at(json, 'serial_number'))),
    firmware: identityText(textOf(at(json, 'firmware_version') ?? at(json, 'scsi_revision') ?? at(json, 'revision'))),
    isAsleep: complaints.some(isSleepMessage),
    isPassed: booleanOf(at(json, 'smart_status', 'passed')),
    verdict: verdictOf(json),
    ...temperatures(json),
    powerOnHours: count(at(json, 'power_on_time', 'hours')),
    endurancePercent: endurance(json),
    ata: protocol === 'ata' ? ataReport(json) : null,
    nvme: protocol === 'nvme' ? nvmeReport(at(json, 'nvme_smart_health_information_log')) : null,
    scsi: protocol === 'scsi' ? scsiReport(json) : null,
    selfTests: selfTests(json),
    complaints,
  })
}

/** `Device is in STANDBY mode, exit(2)`; a drive that does not answer the question counts as in SLEEP (FN-0051). */
export function isSleepMessage(message: string): boolean {
  return /Device is in (STANDBY|SLEEP|IDLE)\b.{0,40} mode/.test(message)
}

function protocolOf(json: Json): DriveReport['protocol'] {
  const said = textOf(at(json, 'device', 'protocol'))?.toLowerCase()
  if (said === 'ata' || said === 'nvme' || said === 'scsi') return said
  if (at(json, 'nvme_smart_health_information_log') !== undefined) return 'nvme'
  return at(json, 'ata_smart_attributes') === undefined ? null : 'ata'
}

/** Some recorded outputs have the verdict and no words for it. */
function verdictOf(json: Json): string | null {
  const isPassed = booleanOf(at(json, 'smart_status', 'passed'))
  if (isPassed === null) return null
  const words = textOf(at(json, 'smart_status', 'scsi', 'ie_string'))
  return words ?? (isPassed ? 'PASSED' : 'FAILED')
}

function temperatures(json: Json) {
  const limits = at(json, 'nvme_composite_temperature_threshold')
  const celsius = (...values: readonly Json[]) =>
    values.map((value) => plausibleCelsius(wholeNumber(value))).find((value) => value !== null) ?? null
  const told = at(json, 'temperature')
  return {
    temperatureC: celsius(at(told, 'current')),
    temperatureMaxC: celsius(at(limits, 'warning'), at(told, 'op_limit_max')),
    temperatureCriticalC: celsius(
      at(limits, 'critical'),
      at(told, 'critical_limit_max'),
      at(told, 'limit_max'),
      at(told, 'drive_trip'),
    ),
  }
}

/** Only where the drive or smartctl says it in percent: attributes with such names mean something else on each drive. */
function endurance(json: Json): number | null {
  return (
    count(at(json, 'endurance_used', 'current_percent')) ??
    count(at(json, 'nvme_smart_health_information_log', 'percentage_used')) ??
    count(at(json, 'scsi_percentage_used_endurance_indicator')) ??
    statistic(json, 'Percentage Used Endurance Indicator')
  )
}

/** A row of the ATA device statistics log. */
function statistic(json: Json, name: string): number | null {
  for (const page of listOf(at(json, 'ata_device_statistics', 'pages')).slice(0, rowsMax)) {
    for (const row of listOf(at(page, 'table')).slice(0, rowsMax)) {
      if (at(row, 'name') === name && at(row, 'flags', 'valid') !== false) return count(at(row, 'value'))
    }
  }
  return null
}

function ataReport(json: Json): AtaReport {
  const rows = listOf(at(json, 'ata_smart_attributes', 'table')).slice(0, rowsMax)
  const log = at(json, 'ata_smart_error_log')
  return {
    attributes: rows.flatMap((row) => ataAttribute(row) ?? []),
    errorCount: count(at(log, 'extended', 'count')) ?? count(at(log, 'summary', 'count')),
  }
}

function ataAttribute(row: Json): AtaAttribute | null {
  const id = count(at(row, 'id'))
  const value = count(at(row, 'value'))
  if (id === null || value === null || id > 255) return null
  const failed = textOf(at(row, 'when_failed'))
  return {
    id,
    name: textOf(at(row, 'name')) ?? `attribute ${id}`,
    value,
    worst: count(at(row, 'worst')),
    threshold: count(at(row, 'thresh')),
    isPrefail: at(row, 'flags', 'prefailure') === true,
    failed: failed === 'now' || failed === 'past' ? failed : null,
    raw: leadingCount(textOf(at(row, 'raw', 'string')) ?? ''),
  }
}

function nvmeReport(log: Json): NvmeReport | null {
  if (log === undefined || log === null) return null
  return {
    criticalWarning: count(at(log, 'critical_warning')),
    sparePercent: count(at(log, 'available_spare')),
    spareThresholdPercent: count(at(log, 'available_spare_threshold')),
    usedPercent: count(at(log, 'percentage_used')),
    mediaErrors: count(at(log, 'media_errors')),
    errorLogEntries: count(at(log, 'num_err_log_entries')),
  }
}

function scsiReport(json: Json): ScsiReport {
  const log = at(json, 'scsi_error_counter_log')
  return {
    grownDefects: count(at(json, 'scsi_grown_defect_list')),
    uncorrectedRead: count(at(log, 'read', 'total_uncorrected_errors')),
    uncorrectedWrite: count(at(log, 'write', 'total_uncorrected_errors')),
    uncorrectedVerify: count(at(log, 'verify', 'total_uncorrected_errors')),
  }
}

function selfTests(json: Json): readonly SelfTest[] {
  const log = at(json, 'ata_smart_self_test_log')
  const ata = listOf(at(log, 'extended', 'table') ?? at(log, 'standard', 'table')).slice(0, rowsMax)
  const nvme = listOf(at(json, 'nvme_self_test_log', 'table')).slice(0, rowsMax)
  const scsi = entriesOf(json).filter(([key]) => /^scsi_self_test_\d{1,2}$/.test(key))
  return [...ata.map(ataSelfTest), ...nvme.map(nvmeSelfTest), ...scsi.map(([, test]) => scsiSelfTest(test))]
}

/** The status is two hexadecimal digits; the upper is 0 for passed, 3 to 8 for kinds of failure (ATA8-ACS). */
function ataSelfTest(row: Json): SelfTest {
  const status = count(at(row, 'status', 'value'))
  const code = status === null ? null : status >> 4
  const outcome = code === 0 ? 'passed' : code !== null && code >= 3 && code <= 8 ? 'failed' : 'other'
  const lba = count(at(row, 'lba'))
  const text = words(at(row, 'type', 'string'), at(row, 'status', 'string'), count(at(row, 'lifetime_hours')))
  return { outcome, isExtended: isExtended(text), text: lba === null ? text : `${text}, first at block ${lba}` }
}

/** 0 is passed; 5, 6 and 7 are failures; the rest was aborted (NVMe base specification, device self-test log). */
function nvmeSelfTest(row: Json): SelfTest {
  const result = count(at(row, 'self_test_result', 'value'))
  const outcome = result === 0 ? 'passed' : result !== null && result >= 5 && result <= 7 ? 'failed' : 'other'
  const names = [at(row, 'self_test_code', 'string'), at(row, 'self_test_result', 'string')] as const
  const text = words(...names, count(at(row, 'power_on_hours')))
  return { outcome, isExtended: isExtended(text), text }
}

/** 0 is passed; 3 to 7 are failures (SPC, self-test results log page). */
function scsiSelfTest(row: Json): SelfTest {
  const result = count(at(row, 'result', 'value'))
  const outcome = result === 0 ? 'passed' : result !== null && result >= 3 && result <= 7 ? 'failed' : 'other'
  const names = [at(row, 'code', 'string'), at(row, 'result', 'string')] as const
  const text = words(...names, count(at(row, 'power_on_time', 'hours')))
  return { outcome, isExtended: isExtended(text), text }
}

function words(kind: Json, result: Json, hours: number | null): string {
  const age = hours === null ? '' : ` at ${hours} hours`
  return `${textOf(kind) ?? 'self-test'}: ${textOf(result) ?? 'unknown'}${age}`
}

/** `Extended offline`, `Background long`: a whole look at the media, which outdates what failed before it. */
export function isExtended(text: string): boolean {
  return /^(Extended|Background long|Foreground long)/.test(text)
}

/** A drive found by `smartctl --scan-open -j`. */
export type ScannedDrive = { readonly device: string; readonly type: string }

export function parseSmartctlScan(text: string): Reading<readonly ScannedDrive[]> {
  const reading = parseJsonObject(text)
  if (reading.kind !== 'known') return reading
  const { value: json } = reading
  const devices = at(json, 'devices')
  if (devices === undefined && at(json, 'smartctl') === undefined) {
    return implausible(text, 'not the JSON of smartctl --scan-open')
  }
  return known(
    listOf(devices).flatMap((row) => {
      const device = textOf(at(row, 'name'))
      const type = textOf(at(row, 'type'))
      const isSane =
        device !== null && type !== null && /^\/dev\/[\w/.-]{1,60}$/.test(device) && /^[\w,+/-]{1,40}$/.test(type)
      return isSane ? [{ device, type }] : []
    }),
  )
}
