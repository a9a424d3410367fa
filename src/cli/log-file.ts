// A log file that cannot fill a disk: at its bound it becomes FILE.1, and a new one begins. Lines are written at once,
// so that what happened before a crash is there. It does not know what a line says.

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../model/result.ts'

/** Two files of this size at most: the current one and the one before. */
export const logFileMaxBytes = 16 * 1024 * 1024

export class LogFile {
  readonly path: string
  readonly #sizeMaxBytes: number
  #fd: number
  #size: number

  private constructor(path: string, sizeMaxBytes: number) {
    this.path = path
    this.#sizeMaxBytes = sizeMaxBytes
    this.#fd = openSync(path, 'a', 0o640)
    this.#size = fstatSync(this.#fd).size
  }

  /** Opens or goes on with a file; its directory is made. */
  static open(path: string, sizeMaxBytes = logFileMaxBytes): Result<LogFile> {
    try {
      mkdirSync(dirname(path), { recursive: true })
      return ok(new LogFile(path, sizeMaxBytes))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return fail(
        'STORE_UNWRITABLE',
        `the log ${path} cannot be written (${code}); choose another --work-dir`,
        { path },
        error,
      )
    }
  }

  /** Adds a line; a full disk loses lines but stops nothing. */
  write(line: string): void {
    const bytes = Buffer.from(line)
    try {
      if (this.#size + bytes.length > this.#sizeMaxBytes) this.#turn()
      this.#size += writeSync(this.#fd, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #turn(): void {
    closeSync(this.#fd)
    renameSync(this.path, `${this.path}.1`)
    this.#fd = openSync(this.path, 'a', 0o640)
    this.#size = 0
  }
}
