// Drives, volumes and mounted file systems from one reading of all block devices.

import type { Disk, Filesystem, Volume } from '../../model/inventory.ts'
import { readBlockTable } from './block-table.ts'
import { readUses } from './disk-use.ts'
import { probeDisks } from './disks.ts'
import { probeFilesystems } from './filesystems.ts'
import type { NumaFacts } from './numa.ts'
import type { Bench } from './report.ts'
import { probeVolumes } from './volumes.ts'

export type Storage = {
  readonly disks: readonly Disk[]
  readonly volumes: readonly Volume[]
  readonly filesystems: readonly Filesystem[]
}

export function probeStorage(bench: Bench, numa: NumaFacts): Storage {
  const table = readBlockTable(bench)
  const uses = readUses(bench, table)
  return {
    disks: probeDisks(bench, numa, table, uses),
    volumes: probeVolumes(bench, table, uses),
    filesystems: probeFilesystems(bench, uses),
  }
}
