// SCSI drives (SAS, old parallel ones): grown defects and errors that could not be corrected. Corrected errors are many
// and normal on them.

import type { ScsiReport } from '../parse/drive-report.ts'
import { type Patient, say, tally } from './drive-words.ts'

export function judgeScsi(patient: Patient, log: ScsiReport): void {
  if (log.grownDefects !== null && log.grownDefects > 0) {
    say(patient, 'DISK_REMAPPED', `elements in grown defect list: ${log.grownDefects}`)
  }
  tally(patient, 'DISK_MEDIA_ERRORS', 'grown defects', log.grownDefects)
  const uncorrected = [
    ['reading', log.uncorrectedRead],
    ['writing', log.uncorrectedWrite],
    ['verifying', log.uncorrectedVerify],
  ] as const
  for (const [when, value] of uncorrected) {
    if (value !== null && value > 0) say(patient, 'DISK_MEDIA_ERRORS', `uncorrected errors ${when}: ${value}`)
    tally(patient, 'DISK_MEDIA_ERRORS', `uncorrected errors ${when}`, value)
  }
}
