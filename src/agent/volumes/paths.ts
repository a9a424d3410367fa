// Where persistent volumes lie: below the work directory, or the root of a PATH disk, one directory for each role with
// one for each volume in it, as Mesos' agents lay them out; a MOUNT disk is one volume itself. It touches no disk.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { VolumePlace } from '../core/types.ts'

/** Longest file name on Linux' file systems. */
const fileNameMaxBytes = 255

/** What was a volume and is not yet deleted lies here, below the same root. */
const removedName = '.tepui-removed'

/** The volume's own directory. */
export function volumeDirectory(workDir: string, place: VolumePlace): string {
  const root = volumeRoot(workDir, place)
  if (isWholeDisk(place)) return root
  // A role has no blank, so that no two roles share a directory, and none lies in that of another, where volumes are.
  return join(root, 'volumes', 'roles', fileName(place.role.replaceAll('/', ' ')), fileName(place.id))
}

/** The directory that must be there already: the work directory, or the root of the disk. */
export function volumeRoot(workDir: string, { source }: Pick<VolumePlace, 'source'>): string {
  return source?.root ?? workDir
}

export function removedDirectory(workDir: string, place: Pick<VolumePlace, 'source'>): string {
  const root = volumeRoot(workDir, place)
  return isWholeDisk(place) ? join(root, removedName) : join(root, 'volumes', removedName)
}

/** The root of a MOUNT disk is the volume: it stays when the volume goes. */
export function isWholeDisk({ source }: Pick<VolumePlace, 'source'>): boolean {
  return source?.type === 'MOUNT'
}

/** What lies at the root of a disk and is nobody's data: what mke2fs makes, and what waits to be deleted. */
export function isNobodysData(name: string): boolean {
  return name === 'lost+found' || name === removedName
}

/** Itself, or where it is too long in bytes its start and a hash. */
function fileName(name: string): string {
  if (Buffer.byteLength(name) <= fileNameMaxBytes) return name
  return `${name.slice(0, 32)}-${createHash('sha256').update(name).digest('hex')}`
}
