// What stands on drives: arrays, pools, file systems, and the ways to drives that have several.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'
import { lookAtArrays } from './storage-arrays.ts'
import { lookAtFilesystems } from './storage-filesystems.ts'
import { lookAtPaths } from './storage-paths.ts'
import { lookAtPools } from './storage-pools.ts'

export function lookAtStorage(bench: HealthBench): void {
  lookAtArrays(bench)
  lookAtPools(bench)
  lookAtFilesystems(bench)
  lookAtPaths(bench)
}
