// Mounted file systems that keep data.

import type { Filesystem } from '../../model/inventory.ts'
import type { Bench } from './report.ts'

export function probeFilesystems(_bench: Bench): readonly Filesystem[] {
  return []
}
