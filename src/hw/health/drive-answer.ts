// What comes of asking a drive: its report judged, or what could not be asked and why.

import type { PartRef } from '../../model/health.ts'
import type { DriveReport } from '../parse/drive-report.ts'
import type { HealthBench } from './bench.ts'
import type { Answer } from './drive-tools.ts'
import { judgeDrive } from './drive-verdict.ts'

/** The report of a drive that answered, judged; null of one that did not, which is then unchecked. */
export function settleAnswer({ findings }: HealthBench, answer: Answer, part: PartRef): DriveReport | null {
  if (answer.kind === 'report') {
    const { report, source } = answer
    const named: PartRef = { ...part, id: part.id ?? report.serial }
    judgeDrive({ findings, part: named, source }, report)
    return report
  }
  if (answer.kind === 'dead') {
    findings.symptom('DISK_UNRESPONSIVE', part, { source: answer.source, text: answer.text })
    return null
  }
  // What is missing for all drives alike is said once.
  const isGeneral = answer.code === 'HW_TOOL_MISSING' || answer.code === 'HW_NEEDS_ROOT'
  findings.unchecked('what drives say of their health', isGeneral ? null : part, answer.code, answer.message)
  return null
}
