// Opens the one SQLite file in which a process keeps what must survive it: locked against a second process, checked,
// durable at each commit. It does not know what is stored; agent/store and master/registry bring tables and meaning.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Fault, fail, fault, invariant, ok, type Result } from '../model/result.ts'

export type DatabaseOptions = {
  readonly file: string
  /** SQL that makes the tables of version 1. */
  readonly schema: string
  /** SQL that brings a file from version 1 to 2, from 2 to 3 …; a new file goes the same way. */
  readonly upgrades?: readonly string[]
  /** One more than there are upgrades; a file of a later version is refused. */
  readonly version: number
  /** What an operator may do when the file cannot be read: one sentence. */
  readonly remedy: string
}

/**
 * The open database, held alone until it is closed or its process dies. STORE_IN_USE, STORE_UNWRITABLE, or
 * STORE_UNREADABLE for a damaged or newer file, each saying what to do.
 */
export function openDatabase(options: DatabaseOptions): Result<DatabaseSync> {
  let database: DatabaseSync | null = null
  try {
    mkdirSync(dirname(options.file), { recursive: true, mode: 0o755 })
    createPrivate(options.file)
    database = new DatabaseSync(options.file)
    // Exclusive also spares the shared memory file; FULL because an acknowledged fact must survive a power cut.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec('BEGIN EXCLUSIVE')
    const refusal = checkFile(database, options)
    if (refusal !== null) {
      database.close()
      return { ok: false, fault: refusal }
    }
    database.exec('COMMIT')
    return ok(database)
  } catch (error) {
    database?.close()
    return { ok: false, fault: databaseFault(options, error) }
  }
}

/** The disk did not take what must be kept: the process must not go on, and its end says what to do. */
export class StoreFailed extends Error {
  readonly fault: Fault
  constructor(fault: Fault) {
    super(fault.message, { cause: fault.cause })
    this.name = 'StoreFailed'
    this.fault = fault
  }
}

/** Does all of `work` or nothing, durably; throws StoreFailed. */
export function transact(database: DatabaseSync, options: DatabaseOptions, work: () => void): void {
  try {
    // After an error the transaction stays open: the process ends, and SQLite forgets what was not committed.
    database.exec('BEGIN')
    work()
    database.exec('COMMIT')
  } catch (error) {
    throw new StoreFailed(databaseFault(options, error))
  }
}

/** What a failed statement means; for reading rows that turn out not to be what was written. */
export function databaseFault(options: Pick<DatabaseOptions, 'file' | 'remedy'>, error: unknown): Fault {
  const { file, remedy } = options
  const { errcode, code } = error as { errcode?: number; code?: string }
  // The low byte is SQLite's primary result code.
  const primary = errcode === undefined ? null : errcode & 0xff
  if (primary === sqlite.busy || primary === sqlite.locked) {
    return fault('STORE_IN_USE', `another process uses ${file}: stop it, or choose another --work-dir`, { file }, error)
  }
  const isUnwritable = primary === null ? code !== undefined : unwritable.includes(primary)
  if (isUnwritable) {
    return fault('STORE_UNWRITABLE', `cannot write ${file}: check its owner and the free space`, { file }, error)
  }
  return fault('STORE_UNREADABLE', `${file} is damaged: ${remedy}`, { file }, error)
}

/** Result codes of SQLite (sqlite.org/rescode.html). */
const sqlite = { perm: 3, busy: 5, locked: 6, readonly: 8, ioerr: 10, full: 13, cantopen: 14 } as const
const unwritable: readonly number[] = [sqlite.perm, sqlite.readonly, sqlite.ioerr, sqlite.full, sqlite.cantopen]

/**
 * What is stored may hold secrets: nobody else reads it. SQLite gives its other files the same mode. A file that is
 * there is not touched: closing it would let go of a lock that this process may already hold on it.
 */
function createPrivate(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function checkFile(database: DatabaseSync, options: DatabaseOptions): Fault | null {
  const { file, remedy, schema, upgrades = [], version } = options
  invariant(version === upgrades.length + 1, 'each version but the first has its upgrade', { file, version })
  const found = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (found > version) {
    return fault('STORE_UNREADABLE', `${file} was written by a later Tepui: run that one, or choose another --work-dir`)
  }
  const check = database.prepare('PRAGMA quick_check').get()?.quick_check
  if (check !== 'ok') return fault('STORE_UNREADABLE', `${file} is damaged: ${remedy}`, { file, check })
  for (const step of [schema, ...upgrades].slice(found)) database.exec(step)
  if (found < version) database.exec(`PRAGMA user_version = ${version}`)
  return null
}

/** A failed result for something that was stored but cannot be what was stored. */
export function unreadable(options: Pick<DatabaseOptions, 'file' | 'remedy'>, what: string): ReturnType<typeof fail> {
  return fail('STORE_UNREADABLE', `${options.file} holds ${what}: ${options.remedy}`, { file: options.file })
}
