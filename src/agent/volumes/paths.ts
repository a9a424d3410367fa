// Where persistent volumes lie: below the work directory, or the root of a PATH disk, one directory for each role with
// one for each volume in it, as Mesos' agents lay them out; where a name is no file name, in one named by a hash; a MOUNT
// disk is one volume itself. It touches no disk.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { VolumePlace } from '../core/types.ts'

/** Longest file name on Linux' file systems. */
const fileNameMaxBytes = 255

/** What was a volume and is not yet deleted lies here, below the same root. */
const removedName = '.tepui-removed'

/** The volume's own directory. No two volumes of a disk have one, whatever their roles and ids are. */
export function volumeDirectory(workDir: string, place: VolumePlace): string {
  const root = volumeRoot(workDir, place)
  if (isWholeDisk(place)) return root
  const { role, id } = place
  // A role has no blank, so that no two roles share a directory, and none lies in that of another, where volumes are.
  const names = [role.replaceAll('/', ' '), id]
  if (names.every(isFileName)) return join(root, 'volumes', 'roles', ...names)
  // Not below `roles`: whatever name was made up there, somebody's role or id could be just that.
  const hash = createHash('sha256')
    .update(JSON.stringify([role, id]))
    .digest('hex')
  return join(root, 'volumes', 'hashed', hash)
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

/** Whether a file can be called this, and nothing else can be called the same: what is no UTF-16 is written as one letter. */
function isFileName(name: string): boolean {
  return Buffer.byteLength(name) <= fileNameMaxBytes && name.isWellFormed() && !name.includes('\0')
}
