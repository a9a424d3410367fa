// What a drive's report means: symptoms with the drive's own numbers as evidence, and counters of its life.
// What is not in the report is not judged; whoever asked the drive says what could not be asked.

import type { DriveReport, SelfTest } from '../parse/drive-report.ts'
import { type Patient, say } from './drive-words.ts'
import { judgeAta } from './drives-ata.ts'
import { isExplainedByWarning, judgeNvme } from './drives-nvme.ts'
import { conditionOfScsiVerdict, judgeScsi } from './drives-scsi.ts'

export function judgeDrive(patient: Patient, report: DriveReport): void {
  const { ata, nvme, scsi } = report
  if (report.isPassed === false && !(nvme !== null && isExplainedByWarning(nvme))) {
    const verdict = report.verdict ?? 'FAILED'
    const code = scsi === null ? 'DISK_FAILING' : conditionOfScsiVerdict(verdict)
    if (code !== null) say(patient, code, `overall health: ${verdict}`)
  }
  if (ata !== null) judgeAta(patient, ata)
  if (nvme !== null) judgeNvme(patient, nvme)
  if (scsi !== null) judgeScsi(patient, scsi)
  judgeTemperature(patient, report)
  if (report.endurancePercent !== null && report.endurancePercent >= 100) {
    say(patient, 'DISK_WORN', `endurance used: ${report.endurancePercent}%`)
  }
  const failed = failedSelfTest(report.selfTests)
  if (failed !== null) say(patient, 'DISK_SELF_TEST_FAILED', failed)
}

type Temperatures = Pick<DriveReport, 'temperatureC' | 'temperatureMaxC' | 'temperatureCriticalC'>

export function judgeTemperature(patient: Patient, report: Temperatures): void {
  const { temperatureC, temperatureMaxC, temperatureCriticalC } = report
  if (temperatureC === null) return
  if (temperatureCriticalC !== null && temperatureCriticalC >= limitMinC && temperatureC >= temperatureCriticalC) {
    say(patient, 'DISK_HOT', `${temperatureC} °C, critical at ${temperatureCriticalC} °C`)
  } else if (temperatureMaxC !== null && temperatureMaxC >= limitMinC && temperatureC > temperatureMaxC) {
    say(patient, 'DISK_HOT', `${temperatureC} °C, at most ${temperatureMaxC} °C`)
  }
}

/** A lower limit is an unset register: every drive works in a room of 40 °C. */
const limitMinC = 40

/** The newest failure that no later full test has passed after; what was aborted says nothing. */
function failedSelfTest(tests: readonly SelfTest[]): string | null {
  for (const test of tests) {
    if (test.outcome === 'failed') return test.text
    if (test.outcome === 'passed' && test.isExtended) return null
  }
  return null
}
