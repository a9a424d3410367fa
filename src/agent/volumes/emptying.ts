// Deletes everything below a directory: not what links there point to, and nothing behind a mount. Nobody can lead it
// elsewhere by changing the tree meanwhile: a directory is held open while its entries go, by names in it alone, and
// one within another is first moved up to the top, so that neither depth nor length of paths matters.

import { constants } from 'node:fs'
import { chmod, type FileHandle, open, opendir, rename, rmdir, unlink } from 'node:fs/promises'

/** Linux' O_PATH, which needs no right to read; Node has no name for it. */
const O_PATH = 0o10000000

/**
 * Empties `directory`, which stays. What cannot be deleted (a mount, a file that may not be changed) is left.
 * @param isAborted asked between entries; then the rest is left
 * @returns why something is left, or null
 */
export async function emptyDirectory(directory: string, isAborted: () => boolean): Promise<string | null> {
  let top: FileHandle
  try {
    top = await openDirectory(directory)
  } catch (error) {
    return (error as Error).message
  }
  try {
    const work: Work = { top, isAborted, removed: 0, lifted: 0, left: null }
    do {
      work.removed = 0
      work.left = null
      await removeEntries(work, top)
      if (isAborted()) return 'it was interrupted'
    } while (work.removed > 0)
    return work.left
  } finally {
    await top.close()
  }
}

type Work = {
  readonly top: FileHandle
  readonly isAborted: () => boolean
  /** In this pass; one that removes nothing is the last. */
  removed: number
  /** Names given so far. */
  lifted: number
  /** Why the first thing of this pass is left. */
  left: string | null
}

/** Of `top` itself, directories are emptied and removed; of one within it they are lifted into `top`, for later. */
async function removeEntries(work: Work, directory: FileHandle): Promise<void> {
  for await (const entry of await opendir(inside(directory))) {
    if (work.isAborted()) return
    const path = inside(directory, entry.name)
    try {
      if (!entry.isDirectory()) await unlink(path)
      else if (directory === work.top) await removeDirectory(work, path)
      else await lift(work, path)
      work.removed++
    } catch (error) {
      work.left ??= `${entry.name}: ${(error as NodeJS.ErrnoException).code ?? error}`
    }
  }
}

async function removeDirectory(work: Work, path: string): Promise<void> {
  const directory = await openDirectory(path)
  try {
    await removeEntries(work, directory)
  } finally {
    await directory.close()
  }
  await rmdir(path)
}

/** Renaming a mount point fails. */
async function lift(work: Work, path: string): Promise<void> {
  const fresh = inside(work.top, `lifted-${process.pid}-${work.lifted++}`)
  try {
    await rename(path, fresh)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    await makeWritable(path)
    await rename(path, fresh)
  }
}

async function openDirectory(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
  try {
    await makeWritable(path)
  } catch {
    // Another's directory: it may be readable all the same.
  }
  return open(path, flags)
}

/** Its owner may have taken the right to change a directory away from himself. */
async function makeWritable(path: string): Promise<void> {
  const { O_DIRECTORY, O_NOFOLLOW } = constants
  const handle = await open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW)
  try {
    await chmod(inside(handle), 0o700)
  } finally {
    await handle.close()
  }
}

/** A path that begins at the open directory itself, wherever it is now. */
function inside(directory: FileHandle, name = '.'): string {
  return `/proc/self/fd/${directory.fd}/${name}`
}
