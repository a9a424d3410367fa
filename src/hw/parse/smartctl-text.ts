// The output of `smartctl -x` and `-a` as text: all there is before version 7.0, which knows no JSON.
// The same facts come out as of the JSON. A line that is not wholly as expected is no fact.

import { known, type Reading } from '../../model/reading.ts'
import {
  type AtaAttribute,
  type DriveReport,
  emptyDriveReport,
  flagsOf,
  groupedCount,
  identityText,
  leadingCount,
  type NvmeReport,
  plausibleCelsius,
  rowsMax,
  type ScsiReport,
  type SelfTest,
} from './drive-report.ts'
import { implausible } from './numbers.ts'
import { isExtended, isSleepMessage } from './smartctl-json.ts'

/** Longer lines are none of smartctl's, but for hexadecimal dumps. */
const lineCharactersMax = 400

/** Implausible when the text is not smartctl's. A drive that could not be read gives complaints and nulls. */
export function parseSmartctlText(text: string): Reading<DriveReport> {
  if (!/^(smartctl (version )?\d+\.\d+ |=== START OF )/m.test(text))
    return implausible(text, 'not the text of smartctl')
  const lines = text.split('\n', linesMax).filter((line) => line.length <= lineCharactersMax)
  const facts = pairsOf(lines)
  const fact = (...names: readonly string[]) =>
    names.map((name) => facts.get(name)).find((value) => value !== undefined)
  const protocol = protocolOf(lines, facts)
  const verdict = fact('SMART overall-health self-assessment test result', 'SMART Health Status')
  const attributes = protocol === 'ata' ? lines.flatMap((line) => ataAttribute(line) ?? []).slice(0, rowsMax) : []
  const vendor = fact('Vendor')
  const product = fact('Product')
  const complaints = lines.filter(isComplaint).slice(0, rowsMax)
  return known({
    ...emptyDriveReport,
    protocol,
    model: identityText(fact('Device Model', 'Model Number') ?? (product && `${vendor ?? ''} ${product}`)),
    serial: identityText(fact('Serial Number', 'Serial number')),
    firmware: identityText(fact('Firmware Version', 'Revision')),
    isAsleep: complaints.some(isSleepMessage),
    isPassed: isPassed(verdict),
    verdict: verdict?.replace(/!$/, '') ?? null,
    ...temperatures(fact, attributes),
    powerOnHours: powerOnHours(fact, attributes),
    endurancePercent:
      percent(fact('Percentage Used', 'Percentage used endurance indicator')) ?? statistic(lines, endurance),
    ata: protocol === 'ata' ? { attributes, errorCount: ataErrors(lines, fact) } : null,
    nvme: protocol === 'nvme' ? nvmeReport(fact) : null,
    scsi: protocol === 'scsi' ? scsiReport(lines, fact) : null,
    selfTests: lines.flatMap((line) => selfTest(line) ?? []).slice(0, rowsMax),
    complaints,
  })
}

/** `-x` of a drive with long logs prints some thousand. */
const linesMax = 50_000

const endurance = 'Percentage Used Endurance Indicator'

type Fact = (...names: readonly string[]) => string | undefined

/** `Key:   value` and `Key = value` at the start of a line; the first of equal keys wins. */
function pairsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const facts = new Map<string, string>()
  for (const line of lines) {
    const cut = line.search(/[:=]/)
    if (cut < 2 || /^[\s#]/.test(line)) continue
    const key = line.slice(0, cut).trim().replace(/\s+/g, ' ')
    const value = line.slice(cut + 1).trim()
    if (value !== '' && !facts.has(key)) facts.set(key, value)
  }
  return facts
}

function protocolOf(lines: readonly string[], facts: ReadonlyMap<string, string>): DriveReport['protocol'] {
  if (lines.some((line) => /\(NVMe Log 0x0\d/.test(line)) || facts.has('NVMe Version')) return 'nvme'
  if (facts.has('Number of Namespaces')) return 'nvme'
  if (facts.has('Device Model') || lines.some((line) => line.startsWith('Vendor Specific SMART Attributes')))
    return 'ata'
  return facts.has('Vendor') || facts.has('SMART Health Status') ? 'scsi' : null
}

function isPassed(verdict: string | undefined): boolean | null {
  if (verdict === undefined) return null
  if (/^(PASSED|OK)\b/.test(verdict)) return true
  return /^FAILED|\[asc=[0-9a-f]{1,2}, ascq=[0-9a-f]{1,2}\]$/.test(verdict) ? false : null
}

const complaint =
  /^(Smartctl open device|Read .{1,60} failed|A mandatory SMART command|Device does not support SMART|Please specify device type|.{0,80}(Unknown USB bridge|Unsupported USB bridge|Unable to detect device type|INQUIRY failed|Inquiry .{0,20}failed|Device is in \S+.{0,40} mode)|SMART support is: +Unavailable)/

function isComplaint(line: string): boolean {
  return complaint.test(line)
}

/** Both forms: flags as six letters (`-x`), or as a number with the words after it (`-a`). */
const attributeRow =
  /^ {0,2}(\d{1,3}) (\S{1,40}) +(?:([P-][O-][S-][R-][C-][K-]\S{0,2})|0x[0-9a-f]{4}) +(\d{3}) +(\d{3}|---) +(\d{3}|---) +(?:(Pre-fail|Old_age) +\S+ +)?(-|NOW|FAILING_NOW|Past|In_the_past) +(\S.*)$/

function ataAttribute(line: string): AtaAttribute | null {
  const row = attributeRow.exec(line)
  if (row === null) return null
  const [, id, name = '', letters, value, worst = '', threshold = '', type, when = '-', raw = ''] = row
  if (Number(id) > 255) return null
  return {
    id: Number(id),
    name,
    value: Number(value),
    worst: worst === '---' ? null : Number(worst),
    threshold: threshold === '---' ? null : Number(threshold),
    isPrefail: letters === undefined ? type === 'Pre-fail' : letters.startsWith('P'),
    failed: when === '-' ? null : /NOW/.test(when) ? 'now' : 'past',
    raw: leadingCount(raw),
  }
}

function temperatures(fact: Fact, attributes: readonly AtaAttribute[]) {
  const celsius = (text: string | undefined) => plausibleCelsius(numberBefore(text, /^\s*(-?\d{1,3}) ?C(elsius)?\b/))
  const upper = (text: string | undefined) => plausibleCelsius(numberBefore(text, /^\S{1,4}\/ ?(-?\d{1,3}) Celsius/))
  return {
    temperatureC:
      celsius(fact('Current Temperature', 'Temperature', 'Current Drive Temperature')) ?? attributeCelsius(attributes),
    temperatureMaxC:
      celsius(fact('Warning Comp. Temp. Threshold')) ??
      upper(fact('Min/Max recommended Temperature')) ??
      celsius(fact('Specified Max Operating Temperature')),
    temperatureCriticalC:
      celsius(fact('Critical Comp. Temp. Threshold', 'Drive Trip Temperature')) ??
      upper(fact('Min/Max Temperature Limit')) ??
      null,
  }
}

/** 194, else 190, where they are temperatures: 231 has that name on drives that count their life in it (FN-0052). */
function attributeCelsius(attributes: readonly AtaAttribute[]): number | null {
  const found = [194, 190].flatMap(
    (id) => attributes.find((one) => one.id === id && /Temperature/.test(one.name)) ?? [],
  )
  return found.map((one) => plausibleCelsius(one.raw)).find((value) => value !== null) ?? null
}

function powerOnHours(fact: Fact, attributes: readonly AtaAttribute[]): number | null {
  const told = groupedCount(fact('Power On Hours') ?? '')
  if (told !== null) return told
  const scsi = /(\d{1,9}):\d\d(?: \[\d{1,12} minutes\])?$/.exec(fact('Accumulated power on time, hours') ?? '')?.[1]
  if (scsi !== undefined) return Number(scsi)
  const old = /^(\d{1,9})([.,]\d+)?$/.exec(fact('number of hours powered up') ?? '')?.[1]
  if (old !== undefined) return Number(old)
  const nine = attributes.find((one) => one.id === 9 && /Power_On_Hours/.test(one.name))
  return nine?.raw ?? null
}

function ataErrors(lines: readonly string[], fact: Fact): number | null {
  const told = /^\d{1,9}/.exec(fact('ATA Error Count', 'Device Error Count') ?? '')?.[0]
  if (told !== undefined) return Number(told)
  return lines.includes('No Errors Logged') ? 0 : null
}

function nvmeReport(fact: Fact): NvmeReport | null {
  const criticalWarning = flagsOf(fact('Critical Warning') ?? '')
  if (criticalWarning === null && fact('Available Spare') === undefined) return null
  return {
    criticalWarning,
    sparePercent: percent(fact('Available Spare')),
    spareThresholdPercent: percent(fact('Available Spare Threshold')),
    usedPercent: percent(fact('Percentage Used')),
    mediaErrors: groupedCount(fact('Media and Data Integrity Errors') ?? ''),
    errorLogEntries: groupedCount(fact('Error Information Log Entries') ?? ''),
  }
}

function scsiReport(lines: readonly string[], fact: Fact): ScsiReport {
  const uncorrected = (name: string) => {
    const row = new RegExp(`^${name}:(?: +\\d{1,15}){5} +\\d{1,12}[.,]\\d{1,6} +(\\d{1,15})$`)
    const found = lines.map((line) => row.exec(line.trimEnd())?.[1]).find((value) => value !== undefined)
    return found === undefined ? null : Number(found)
  }
  return {
    grownDefects: groupedCount(fact('Elements in grown defect list') ?? ''),
    uncorrectedRead: uncorrected('read'),
    uncorrectedWrite: uncorrected('write'),
    uncorrectedVerify: uncorrected('verify'),
  }
}

function percent(text: string | undefined): number | null {
  return numberBefore(text, /^(\d{1,3}) ?%$/)
}

function numberBefore(text: string | undefined, pattern: RegExp): number | null {
  const digits = pattern.exec(text?.trim() ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}

/** `0x07  0x008  1              17  ---  Percentage Used Endurance Indicator`. */
function statistic(lines: readonly string[], name: string): number | null {
  for (const line of lines) {
    const row = /^0x[0-9a-f]{2} +0x[0-9a-f]{3} +\d +(\d{1,15}) +\S{3} +(\S.*)$/.exec(line.trimEnd())
    if (row?.[2] === name) return Number(row[1])
  }
  return null
}

const ataTest = /^# ?\d{1,2} {2}(\S.{0,30}?) {2,}(\S.{0,40}?) +\d{1,3}% +(\d{1,9}) +(\S{1,20})\s*$/
const scsiTest = /^# ?\d{1,2} {2}(\S.{0,30}?) {2,}(\S.{0,40}?) {2,}\S{1,6} +(\d{1,9}|NOW) +\S{1,20} +\[.*\]\s*$/
const nvmeTest =
  /^ {0,2}\d{1,2} {3}(Short|Extended|Vendor\b.{0,20}?) {2,}(\S.{0,40}?) {2,}(\d{1,9})(?: +\S{1,20}){3,6}\s*$/

function selfTest(line: string): SelfTest | null {
  const row = ataTest.exec(line) ?? scsiTest.exec(line) ?? nvmeTest.exec(line)
  if (row === null) return null
  const [, kind = '', result = '', hours, lba] = row
  const outcome = /^Completed( without error)?$/.test(result) ? 'passed' : isFailure(result) ? 'failed' : 'other'
  const text = `${kind}: ${result}${hours === 'NOW' ? '' : ` at ${hours} hours`}`
  const isBlock = lba !== undefined && /^\d+$/.test(lba)
  return { outcome, isExtended: isExtended(kind), text: isBlock ? `${text}, first at block ${lba}` : text }
}

function isFailure(result: string): boolean {
  return /^(Completed[:,] |Fatal or unknown|Unknown error|Failed in )/.test(result)
}
