// SCSI drives (SAS, old parallel ones): grown defects and errors that could not be corrected. Corrected errors are many
// and normal on them. Their own verdict is one of many warnings and predictions (SPC, additional sense codes 0Bh and 5Dh).

import type { ConditionCode } from '../../model/conditions.ts'
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

/** By the words in which smartctl says the sense code; the first match counts. What is not here is a failing drive. */
const verdicts: readonly (readonly [RegExp, ConditionCode | null])[] = [
  // Someone tries whether alarms arrive.
  [/\(false\)/i, null],
  // Neither cold nor damp air is the drive's fault, nor is it hot.
  [/\blow (critical|operating) temperature|humidity/i, null],
  [/temperature (limit )?exceeded/i, 'DISK_HOT'],
  [/background self-test failed/i, 'DISK_SELF_TEST_FAILED'],
  [/detected medium error/i, 'DISK_MEDIA_ERRORS'],
  [/(now volatile|power to non-volatile cache|power loss protection)/i, 'DISK_MEMORY_FAILED'],
  [/spare area exhaustion/i, 'DISK_SPARE_LOW'],
  [/endurance limit met/i, 'DISK_WORN'],
]

/** What a SCSI drive means that does not call itself well; null for what is no news of the drive. */
export function conditionOfScsiVerdict(verdict: string): ConditionCode | null {
  const found = verdicts.find(([words]) => words.test(verdict))
  return found === undefined ? 'DISK_FAILING' : found[1]
}
