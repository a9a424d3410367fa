// NVMe drives: the SMART / Health Information log. Its words are the specification's and the same for every vendor.

import type { NvmeReport } from '../parse/drive-report.ts'
import { type Patient, say, tally } from './drive-words.ts'

/** Bits of the critical warning (NVMe base specification, log page 02h). */
const warningBits = [
  [1, 'DISK_SPARE_LOW', 'available spare below threshold'],
  [2, 'DISK_HOT', 'temperature outside of its thresholds'],
  [4, 'DISK_FAILING', 'reliability degraded by media or internal errors'],
  [8, 'DISK_READ_ONLY', 'media is read-only'],
  [16, 'DISK_MEMORY_FAILED', 'backup of the volatile memory has failed'],
  [32, 'DISK_MEMORY_FAILED', 'persistent memory region is read-only or unreliable'],
] as const

/** Whether the critical warning alone explains why the drive does not pass. */
export function isExplainedByWarning({ criticalWarning }: NvmeReport): boolean {
  return criticalWarning !== null && warningBits.some(([bit]) => (criticalWarning & bit) !== 0)
}

export function judgeNvme(patient: Patient, log: NvmeReport): void {
  const { criticalWarning, sparePercent, spareThresholdPercent, mediaErrors } = log
  for (const [bit, code, text] of warningBits) {
    if (criticalWarning !== null && (criticalWarning & bit) !== 0) {
      say(patient, code, `critical warning 0x${criticalWarning.toString(16).padStart(2, '0')}: ${text}`)
    }
  }
  if (sparePercent !== null && spareThresholdPercent !== null && sparePercent < spareThresholdPercent) {
    say(patient, 'DISK_SPARE_LOW', `available spare ${sparePercent}%, threshold ${spareThresholdPercent}%`)
  }
  if (mediaErrors !== null && mediaErrors > 0) {
    say(patient, 'DISK_MEDIA_ERRORS', `media and data integrity errors: ${mediaErrors}`)
  }
  tally(patient, 'DISK_MEDIA_ERRORS', 'media and data integrity errors', mediaErrors)
}
