// Ways to drives. A drive with several loses one and works on; with all lost, or the only one, it does not answer.
// Drives that can be asked themselves are looked at by drives.ts.

import type { Disk } from '../../model/inventory.ts'
import { diskRef } from '../parts.ts'
import type { HealthBench } from './bench.ts'
import { isPhysical } from './drives.ts'
import { stateAt, textAt } from './files.ts'

/** SCSI's `state` of a device, NVMe's of a controller. */
const down = /^(offline|transport-offline|blocked|dead|deleting|connecting)$/

export function lookAtPaths(bench: HealthBench): void {
  for (const disk of bench.inventory.disks) {
    if (disk.paths.length > 1) lookAtWays(bench, disk)
    else if (!isPhysical(disk)) lookAtOnly(bench, disk)
  }
}

function stateOf(bench: HealthBench, disk: Disk, name: string): { readonly path: string; readonly text: string } {
  const path = `/sys/block/${name}/device/state`
  return { path, text: stateAt(bench, diskRef(disk), path) }
}

function lookAtWays(bench: HealthBench, disk: Disk): void {
  const states = disk.paths.map((name) => stateOf(bench, disk, name))
  const lost = states.filter(({ text }) => down.test(text))
  const code = lost.length === states.length ? 'DISK_UNRESPONSIVE' : 'DISK_PATH_DOWN'
  for (const { path, text } of lost) bench.findings.symptom(code, diskRef(disk), { source: path, text })
}

/** A hypervisor's drive, a controller's volume, a LUN: a size of 0 is a drive that is there and does not answer. */
function lookAtOnly(bench: HealthBench, disk: Disk): void {
  const { path, text } = stateOf(bench, disk, disk.name)
  if (down.test(text)) bench.findings.symptom('DISK_UNRESPONSIVE', diskRef(disk), { source: path, text })
  const size = `/sys/block/${disk.name}/size`
  if (disk.sizeBytes !== null || disk.isRemovable !== false || disk.model === null) return
  if (textAt(bench.source, size) !== '0') return
  bench.findings.symptom('DISK_UNRESPONSIVE', diskRef(disk), { source: size, text: `${disk.model} has no size` })
}
