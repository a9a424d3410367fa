// What a finding about a drive needs: where it goes, who it is about, who said it.

import type { ConditionCode } from '../../model/conditions.ts'
import type { PartRef } from '../../model/health.ts'
import type { Findings } from './findings.ts'

/** A drive being judged. */
export type Patient = {
  readonly findings: Findings
  readonly part: PartRef
  /** The tool's command line. */
  readonly source: string
}

export function say({ findings, part, source }: Patient, code: ConditionCode, text: string): void {
  findings.symptom(code, part, { source, text })
}

/**
 * Counts of the drive's own life. Without a serial they are not kept: another drive in the same place would look like
 * growth. The source is the tool's name alone, because the device's name may change at each boot.
 */
export function tally(
  { findings, part, source }: Patient,
  code: ConditionCode,
  text: string,
  value: number | null,
  growthMin = 1,
): void {
  if (value === null || part.id === null) return
  const tool = source.split(' ', 1)[0] ?? source
  findings.counter({ code, part, source: tool, text, value, epoch: part.id, growthMin })
}
