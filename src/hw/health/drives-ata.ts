// ATA drives: attributes and the error log. Attributes are the vendor's own; only the few whose meaning all vendors share
// are read, and only under names that say that meaning. What the drive holds against its own thresholds counts for all.

import type { AtaAttribute, AtaReport } from '../parse/drive-report.ts'
import { type Patient, say, tally } from './drive-words.ts'

export function judgeAta(patient: Patient, { attributes }: AtaReport): void {
  for (const attribute of attributes) {
    judgeThreshold(patient, attribute)
    judgeCount(patient, attribute)
  }
}

function judgeThreshold(patient: Patient, attribute: AtaAttribute): void {
  const { name, value, worst, threshold, failed, isPrefail } = attribute
  if (failed === null) return
  const isTemperature = /temperature/i.test(name)
  const row = `${name} (${attribute.id}): value ${value}, worst ${worst ?? 'unknown'}, threshold ${threshold ?? 'unknown'}`
  if (failed === 'now') {
    say(patient, isTemperature ? 'DISK_HOT' : isPrefail ? 'DISK_FAILING' : 'DISK_WORN', `${row}: failing now`)
  } else if (!isTemperature) {
    // A drive that was too warm one summer says so for ever; that is not worth a line.
    say(patient, 'DISK_WARNED_BEFORE', `${row}: in the past`)
  }
}

function judgeCount(patient: Patient, { id, name, raw }: AtaAttribute): void {
  if (raw === null || raw > countMax) return
  const text = `${name} (${id}): ${raw}`
  if (id === 5 && /Realloc|Retired/.test(name)) {
    if (raw > 0) say(patient, 'DISK_REMAPPED', text)
    tally(patient, 'DISK_MEDIA_ERRORS', 'reallocated sectors', raw)
  }
  // As `Current_Pending_ECC_Cnt` it goes up to 1 and back on sound SSDs (smartmontools' list of drives, ticket 1227).
  if (id === 197 && /Pending_Sector/.test(name) && raw > 0) say(patient, 'DISK_MEDIA_ERRORS', text)
  if ((id === 187 && /Uncorrect/.test(name)) || (id === 198 && /Offline_Uncorrectable/.test(name))) {
    if (raw > 0) say(patient, 'DISK_MEDIA_ERRORS', text)
    tally(patient, 'DISK_MEDIA_ERRORS', id === 187 ? 'uncorrectable errors' : 'unreadable sectors', raw)
  }
  // Damaged transfers of the past are no fault of today: cables get changed, and the count never goes back.
  if (id === 199 && /CRC/.test(name)) tally(patient, 'DISK_LINK_ERRORS', 'damaged transfers', raw, linkGrowthMin)
}

/** More is a packed or unset register, not a count of sectors: no drive has spares for 2^32. */
const countMax = 0xfffffffe

/** One now and then is a plug pulled under power. */
const linkGrowthMin = 3
