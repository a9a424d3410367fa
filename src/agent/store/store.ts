// The agent's checkpoint: the few facts that let a restarted agent go on where it was killed. One row a fact; each
// call is one durable transaction, so a crash at any point leaves the state before it or after it.
// It does not know what the documents mean.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { AgentId, AgentUid, FrameworkId } from '../../model/ids.ts'
import { ok, type Result, unreachable } from '../../model/result.ts'
import { type DatabaseOptions, databaseFault, openDatabase, transact, unreadable } from '../../shell/database.ts'
import type { MesosJson } from '../../wire/messages.ts'
import type { AgentCheckpoint, AgentStoreOp, RunRecord } from '../core/types.ts'

export type AgentStore = {
  /** As it was when the store was opened. */
  readonly checkpoint: AgentCheckpoint
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

/** Opens or creates the store in `workDir`, which one agent uses at a time. Faults: `openDatabase`. */
export function openAgentStore(workDir: string): Result<AgentStore> {
  const options = {
    file: join(workDir, 'meta', 'agent.db'),
    schema,
    version: 1,
    remedy: 'move it away and start again; this agent then joins as a new one, and tasks that it ran are ended',
  }
  const opened = openDatabase(options)
  if (!opened.ok) return opened
  const database = opened.value
  try {
    const checkpoint = readCheckpoint(database)
    if (checkpoint === null) {
      database.close()
      return unreadable(options, 'a record that is no JSON object')
    }
    return ok(storeOf(database, options, checkpoint))
  } catch (error) {
    database.close()
    return { ok: false, fault: databaseFault(options, error) }
  }
}

function storeOf(database: DatabaseSync, options: DatabaseOptions, checkpoint: AgentCheckpoint): AgentStore {
  const put = (table: string, key: string, column: string) =>
    database.prepare(
      `INSERT INTO ${table} (${key}, ${column}) VALUES (?, ?) ON CONFLICT DO UPDATE SET ${column} = excluded.${column}`,
    )
  const putFact = put('facts', 'name', 'value')
  const putFramework = put('frameworks', 'id', 'info')
  const putRun = put('runs', 'id', 'record')
  const removeFramework = database.prepare('DELETE FROM frameworks WHERE id = ?')
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
      default:
        return unreachable(op)
    }
  }
  return {
    checkpoint,
    apply: (ops) =>
      transact(database, options, () => {
        for (const op of ops) applyOne(op)
      }),
    close: () => database.close(),
  }
}

/** Null when a row is not what `apply` wrote. Rows come in the order in which they were first put. */
function readCheckpoint(database: DatabaseSync): AgentCheckpoint | null {
  const facts = new Map(
    database
      .prepare('SELECT name, value FROM facts')
      .all()
      .map((row) => [row.name, row.value as string]),
  )
  let uid = facts.get('uid')
  if (uid === undefined) {
    uid = randomUUID()
    database.prepare("INSERT INTO facts (name, value) VALUES ('uid', ?)").run(uid)
  }
  const frameworks = database
    .prepare('SELECT id, info FROM frameworks ORDER BY rowid')
    .all()
    .map((row) => ({ frameworkId: row.id as FrameworkId, info: parseObject(row.info as string) }))
  const runs = database
    .prepare('SELECT record FROM runs ORDER BY rowid')
    .all()
    .map((row) => parseObject(row.record as string))
  if (frameworks.some(({ info }) => info === null) || runs.some((run) => run === null)) return null
  return {
    uid: uid as AgentUid,
    agentId: (facts.get('agentId') ?? null) as AgentId | null,
    frameworks: frameworks as AgentCheckpoint['frameworks'],
    runs: runs as unknown as readonly RunRecord[],
  }
}

function parseObject(text: string): MesosJson | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as MesosJson) : null
  } catch {
    return null
  }
}
