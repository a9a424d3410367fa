// Shows a task its persistent volumes: symbolic links in its sandbox, for without a mount namespace there is nothing
// better. A volume becomes its first user's. It does not know tasks or processes.

import { chownSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerVolume } from '../core/types.ts'
import { volumeDirectory } from './paths.ts'

/**
 * Links each volume to its path in a fresh sandbox, and makes the directories above.
 * @param owner who the task runs as; null: as the agent
 * Throws with a sentence when a volume is gone, or its path is taken.
 */
export function linkVolumes(
  workDir: string,
  sandbox: string,
  volumes: readonly ContainerVolume[],
  owner: { readonly uid: number; readonly gid: number } | null,
): void {
  for (const { place, path } of volumes) {
    const directory = volumeDirectory(workDir, place)
    const stats = lstatSync(directory, { throwIfNoEntry: false })
    if (stats?.isDirectory() !== true) {
      throw new Error(`the persistent volume '${place.id}' is not there: ${directory} is no directory`)
    }
    if (owner !== null && stats.uid === process.geteuid?.()) chownSync(directory, owner.uid, owner.gid)
    const above = parentsOf(path).reduce((parent, part) => {
      makeParent(join(parent, part), path, owner)
      return join(parent, part)
    }, sandbox)
    link(directory, join(above, lastOf(path)), path)
  }
}

function makeParent(directory: string, path: string, owner: { readonly uid: number; readonly gid: number } | null) {
  const stats = lstatSync(directory, { throwIfNoEntry: false })
  if (stats?.isDirectory()) return
  // The link to another volume is not gone through: the parents of one volume must not be made in another.
  if (stats !== undefined) throw new Error(`the container_path '${path}' of a volume leads through another volume`)
  mkdirSync(directory, { mode: 0o755 })
  if (owner !== null) chownSync(directory, owner.uid, owner.gid)
}

function link(directory: string, at: string, path: string): void {
  try {
    symlinkSync(directory, at)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new Error(`the container_path '${path}' of a volume is taken in the sandbox`)
  }
}

function parentsOf(path: string): readonly string[] {
  return parts(path).slice(0, -1)
}

function lastOf(path: string): string {
  return parts(path).at(-1) ?? ''
}

function parts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
