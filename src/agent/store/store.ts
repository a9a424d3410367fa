// The agent's checkpoint: the few facts that let a restarted agent go on where it was killed. One row a fact; each
// call is one durable transaction, so a crash at any point leaves the state before it or after it.
// It does not know what the documents mean.

import { randomUUID } from 'node:crypto'
import { renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { wholeGrant } from '../../model/hardware.ts'
import type { AgentId, AgentUid, FrameworkId } from '../../model/ids.ts'
import { fail, ok, type Result, unreachable } from '../../model/result.ts'
import { type DatabaseOptions, databaseFault, openDatabase, transact, unreadable } from '../../shell/database.ts'
import type { MesosJson } from '../../wire/messages.ts'
import type { AgentCheckpoint, AgentStoreOp, OperationRecord, RunRecord } from '../core/types.ts'

export type AgentStore = {
  /** As it was when the store was opened. */
  readonly checkpoint: AgentCheckpoint
  /** What was kept of the machine's health, as it was when the store was opened; null where nothing was. */
  readonly machine: MesosJson | null
  /** Where the state of another machine was moved to that this directory held; null where it held none. */
  readonly movedTo: string | null
  /** Durable when it returns; throws StoreFailed. */
  keepMachine(memory: object): void
  /**
   * In order and all or none; durable when it returns. Throws StoreFailed when the disk does not take it.
   */
  apply(ops: readonly AgentStoreOp[]): void
  close(): void
}

const schema = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE frameworks (id TEXT PRIMARY KEY, info TEXT NOT NULL);
  CREATE TABLE runs (id TEXT PRIMARY KEY, record TEXT NOT NULL)
`

/** Reservations and volumes (the fact `reserved`) came with version 2, and what changes them. */
const operations = 'CREATE TABLE operations (id TEXT PRIMARY KEY, record TEXT NOT NULL)'

/**
 * Opens or creates the store in `workDir`, which one agent uses at a time. A store that belongs to another machine (a
 * disk that was moved, a copied image) is moved aside and a new one is made: its agent is not this one. `machineId` is
 * null where the machine cannot be told from others; then the store is taken as it is. Faults: `openDatabase`.
 */
export function openAgentStore(workDir: string, machineId: string | null = null): Result<AgentStore> {
  const options = {
    file: join(workDir, 'meta', 'agent.db'),
    schema,
    upgrades: [operations],
    version: 2,
    remedy: 'move it away and start again; this agent then joins as a new one, and tasks that it ran are ended',
  }
  const opened = openIn(options, machineId, null)
  if (!opened.ok || opened.value !== 'of another machine') return opened as Result<AgentStore>
  const movedTo = `${dirname(options.file)}.of-another-machine-${randomUUID().slice(0, 8)}`
  try {
    renameSync(dirname(options.file), movedTo)
  } catch (cause) {
    const message = `${options.file} belongs to another machine and cannot be moved aside: choose another --work-dir`
    return fail('STORE_UNWRITABLE', message, {}, cause)
  }
  return openIn(options, machineId, movedTo) as Result<AgentStore>
}

function openIn(
  options: DatabaseOptions,
  machineId: string | null,
  movedTo: string | null,
): Result<AgentStore | 'of another machine'> {
  const opened = openDatabase(options)
  if (!opened.ok) return opened
  const database = opened.value
  try {
    const facts = readFacts(database)
    const owner = facts.get('machineId')
    if (owner !== undefined && machineId !== null && owner !== machineId) {
      database.close()
      return ok('of another machine')
    }
    const checkpoint = readCheckpoint(database, facts)
    if (checkpoint === null) {
      database.close()
      return unreadable(options, 'a record that is no JSON object')
    }
    if (machineId !== null) putFactIn(database).run('machineId', machineId)
    const machine = parseObject(facts.get('machine') ?? '')
    return ok(storeOf(database, options, { checkpoint, machine, movedTo }))
  } catch (error) {
    database.close()
    return { ok: false, fault: databaseFault(options, error) }
  }
}

type Opened = Pick<AgentStore, 'checkpoint' | 'machine' | 'movedTo'>

function storeOf(database: DatabaseSync, options: DatabaseOptions, read: Opened): AgentStore {
  const putFact = putFactIn(database)
  const putFramework = database.prepare(upsert('frameworks', 'id', 'info'))
  const putRun = database.prepare(upsert('runs', 'id', 'record'))
  const removeFramework = database.prepare('DELETE FROM frameworks WHERE id = ?')
  const putOperation = database.prepare(upsert('operations', 'id', 'record'))
  const removeOperation = database.prepare('DELETE FROM operations WHERE id = ?')
  const removeRun = database.prepare('DELETE FROM runs WHERE id = ?')
  const applyOne = (op: AgentStoreOp) => {
    switch (op.op) {
      case 'setAgentId':
        return putFact.run('agentId', op.agentId)
      case 'putFramework':
        return putFramework.run(op.frameworkId, JSON.stringify(op.info))
      case 'removeFramework':
        return removeFramework.run(op.frameworkId)
      case 'putRun':
        return putRun.run(op.run.containerId, JSON.stringify(op.run))
      case 'removeRun':
        return removeRun.run(op.containerId)
      case 'putOperation':
        if (op.reserved !== null) putFact.run('reserved', JSON.stringify(op.reserved))
        return putOperation.run(op.operation.operationUuid, JSON.stringify(op.operation))
      case 'removeOperation':
        return removeOperation.run(op.operationUuid)
      default:
        return unreachable(op)
    }
  }
  return {
    ...read,
    keepMachine: (memory) => transact(database, options, () => putFact.run('machine', JSON.stringify(memory))),
    apply: (ops) =>
      transact(database, options, () => {
        for (const op of ops) applyOne(op)
      }),
    close: () => database.close(),
  }
}

function upsert(table: string, key: string, column: string): string {
  return `INSERT INTO ${table} (${key}, ${column}) VALUES (?, ?) ON CONFLICT DO UPDATE SET ${column} = excluded.${column}`
}

function putFactIn(database: DatabaseSync) {
  return database.prepare(upsert('facts', 'name', 'value'))
}

function readFacts(database: DatabaseSync): ReadonlyMap<string, string> {
  const rows = database.prepare('SELECT name, value FROM facts').all()
  return new Map(rows.map((row) => [row.name as string, row.value as string]))
}

/** Null when a row is not what `apply` wrote. Rows come in the order in which they were first put. */
function readCheckpoint(database: DatabaseSync, facts: ReadonlyMap<string, string>): AgentCheckpoint | null {
  let uid = facts.get('uid')
  if (uid === undefined) {
    uid = randomUUID()
    database.prepare("INSERT INTO facts (name, value) VALUES ('uid', ?)").run(uid)
  }
  const frameworks = database
    .prepare('SELECT id, info FROM frameworks ORDER BY rowid')
    .all()
    .map((row) => ({ frameworkId: row.id as FrameworkId, info: parseObject(row.info as string) }))
  const recordsOf = (table: 'runs' | 'operations') =>
    database
      .prepare(`SELECT record FROM ${table} ORDER BY rowid`)
      .all()
      .map((row) => parseObject(row.record as string))
  const runs = recordsOf('runs')
  const operations = recordsOf('operations')
  const reserved = parseObjects(facts.get('reserved') ?? '[]')
  if (reserved === null || frameworks.some(({ info }) => info === null)) return null
  if (runs.includes(null) || operations.includes(null)) return null
  return {
    uid: uid as AgentUid,
    agentId: (facts.get('agentId') ?? null) as AgentId | null,
    frameworks: frameworks as AgentCheckpoint['frameworks'],
    runs: (runs as unknown as readonly RunRecord[]).map((run) => ({ ...run, grant: wholeGrant(run.grant) })),
    reserved,
    operations: operations as unknown as readonly OperationRecord[],
  }
}

function parseObjects(text: string): readonly MesosJson[] | null {
  const list = parseObject(`{"list":${text}}`)?.list
  if (!Array.isArray(list)) return null
  return list.every((item) => typeof item === 'object' && item !== null) ? list : null
}

function parseObject(text: string): MesosJson | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as MesosJson) : null
  } catch {
    return null
  }
}
