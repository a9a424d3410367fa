// Writing a file for the caller: it appears whole or not at all. It does not know what is in it.

import { randomBytes } from 'node:crypto'
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { fail, ok, type Result } from '../model/result.ts'

const advice: Readonly<Record<string, string>> = {
  ENOENT: ': make its folder first, or name another',
  ENOTDIR: ': make its folder first, or name another',
  EISDIR: ': that is a folder, name a file',
  EACCES: ': name a file in a folder of yours',
  EROFS: ': name a file in a folder of yours',
  ENOSPC: ': the disk is full',
}

/** `mode` is of a new file, cut by the umask. What is there and no file (a pipe, a terminal) is written to as it is. */
export function writeWhole(file: string, bytes: Uint8Array | string, mode: number): Result<void> {
  let temporary: string | null = null
  try {
    const there = statSync(file, { throwIfNoEntry: false })
    if (there === undefined || there.isFile()) {
      // A link stays one: the file that it names is replaced.
      const target = there === undefined ? file : realpathSync(file)
      temporary = `${target}.${randomBytes(4).toString('hex')}.part`
      writeFileSync(temporary, bytes, { mode, flag: 'wx' })
      renameSync(temporary, target)
    } else writeFileSync(file, bytes)
    return ok(undefined)
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'EIO'
    if (temporary !== null) removeLeft(temporary)
    return fail('STORE_UNWRITABLE', `writing ${file}: ${errno}${advice[errno] ?? ''}`, { file, errno })
  }
}

/** Where nothing could be written, there may be nothing to remove either. */
function removeLeft(temporary: string): void {
  try {
    rmSync(temporary, { force: true })
  } catch {}
}
