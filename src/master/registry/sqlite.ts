// The registry of one master on its disk. Each operation is one durable transaction; a crash leaves the state before it
// or after it. It does not know why a record changes (records.ts).

import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { AgentId, AgentUid } from '../../model/ids.ts'
import { ok, type Result, unreachable } from '../../model/result.ts'
import { type DatabaseOptions, databaseFault, openDatabase, transact } from '../../shell/database.ts'
import type { Quantities } from '../allocator/types.ts'
import { changesOf, type RecordChange, type RegistryRecord, snapshotOf } from './records.ts'
import type { Drain, Registry, RegistryAgent, RegistrySnapshot } from './types.ts'

const schema = `
  CREATE TABLE starts (count INTEGER NOT NULL);
  INSERT INTO starts VALUES (0);
  CREATE TABLE agents (
    id TEXT PRIMARY KEY, uid TEXT NOT NULL, state TEXT NOT NULL, since_ms INTEGER, hostname TEXT, info TEXT
  )
`

/** What operators decide came with version 2. */
const policies = `
  ALTER TABLE agents ADD COLUMN deactivated INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE weights (role TEXT PRIMARY KEY, weight REAL NOT NULL);
  CREATE TABLE quotas (role TEXT PRIMARY KEY, guarantees TEXT NOT NULL, limits TEXT NOT NULL)
`

/** How an agent is drained, in JSON, came with version 3. */
const drains = 'ALTER TABLE agents ADD COLUMN drain TEXT'

/** Opens or creates the registry in `workDir`, which one master uses at a time, and counts this start. */
export function openRegistry(workDir: string): Result<Registry> {
  const options = {
    file: join(workDir, 'registry.db'),
    schema,
    upgrades: [policies, drains],
    version: 3,
    remedy: 'restore it from a backup, or move it away and start again; agents then join as new ones',
  }
  const opened = openDatabase(options)
  if (!opened.ok) return opened
  const database = opened.value
  try {
    database.exec('UPDATE starts SET count = count + 1')
    return ok({ snapshot: read(database), apply: writer(database, options), close: () => database.close() })
  } catch (error) {
    database.close()
    return { ok: false, fault: databaseFault(options, error) }
  }
}

/** Rows are as `writer` made them; one that is not throws, and the file counts as damaged. */
function read(database: DatabaseSync): RegistrySnapshot {
  const all = (sql: string) => database.prepare(sql).all()
  return snapshotOf({
    epoch: Number(database.prepare('SELECT count FROM starts').get()?.count),
    records: all('SELECT * FROM agents ORDER BY rowid').map(recordOf),
    weights: all('SELECT * FROM weights ORDER BY rowid').map((row) => ({
      role: row.role as string,
      weight: row.weight as number,
    })),
    quotas: all('SELECT * FROM quotas ORDER BY rowid').map((row) => ({
      role: row.role as string,
      quota: { guarantees: quantitiesOf(row.guarantees), limits: quantitiesOf(row.limits) },
    })),
  })
}

function writer(database: DatabaseSync, options: DatabaseOptions): Registry['apply'] {
  const find = database.prepare('SELECT * FROM agents WHERE id = ?')
  const write = changeWriter(database)
  return (op) => {
    const changes = changesOf(op, (agentId) => {
      const row = find.get(agentId)
      return row === undefined ? null : recordOf(row)
    })
    if (changes.length === 0) return
    transact(database, options, () => {
      for (const change of changes) write(change)
    })
  }
}

function changeWriter(database: DatabaseSync): (change: RecordChange) => void {
  const put = database.prepare(`
    INSERT INTO agents (id, uid, state, since_ms, hostname, info, deactivated, drain)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET uid = excluded.uid, state = excluded.state, since_ms = excluded.since_ms,
      hostname = excluded.hostname, info = excluded.info, deactivated = excluded.deactivated,
      drain = excluded.drain`)
  const remove = database.prepare('DELETE FROM agents WHERE id = ?')
  const putWeight = database.prepare(`
    INSERT INTO weights (role, weight) VALUES (?, ?) ON CONFLICT DO UPDATE SET weight = excluded.weight`)
  const removeWeight = database.prepare('DELETE FROM weights WHERE role = ?')
  const putQuota = database.prepare(`
    INSERT INTO quotas (role, guarantees, limits) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET guarantees = excluded.guarantees, limits = excluded.limits`)
  const removeQuota = database.prepare('DELETE FROM quotas WHERE role = ?')
  const putAgent = (record: RegistryRecord) => {
    const isDeactivated = record.deactivated === null ? 0 : 1
    const drain = record.deactivated?.drain ? JSON.stringify(record.deactivated.drain) : null
    if (record.state === 'admitted') {
      const { agentId, uid, hostname, agentInfo } = record.agent
      return put.run(agentId, uid, record.state, null, hostname, JSON.stringify(agentInfo), isDeactivated, drain)
    }
    return put.run(record.agentId, record.uid, record.state, record.sinceMs, null, null, isDeactivated, drain)
  }
  return (change) => {
    switch (change.kind) {
      case 'put':
        return void putAgent(change.record)
      case 'remove':
        return void remove.run(change.agentId)
      case 'putWeight':
        return void putWeight.run(change.role, change.weight)
      case 'removeWeight':
        return void removeWeight.run(change.role)
      case 'putQuota': {
        const { role, quota } = change
        return void putQuota.run(role, JSON.stringify(quota.guarantees), JSON.stringify(quota.limits))
      }
      case 'removeQuota':
        return void removeQuota.run(change.role)
      default:
        unreachable(change)
    }
  }
}

function recordOf(row: Record<string, unknown>): RegistryRecord {
  const agentId = row.id as AgentId
  const uid = row.uid as AgentUid
  const drain = row.drain === null ? null : (JSON.parse(row.drain as string) as Drain)
  const deactivated = row.deactivated === 0 ? null : { drain }
  if (row.state === 'admitted') {
    const agentInfo = JSON.parse(row.info as string) as RegistryAgent['agentInfo']
    return { state: 'admitted', agent: { agentId, uid, hostname: row.hostname as string, agentInfo }, deactivated }
  }
  return { state: row.state as 'unreachable' | 'gone', agentId, uid, sinceMs: row.since_ms as number, deactivated }
}

function quantitiesOf(text: unknown): Quantities {
  return JSON.parse(text as string) as Quantities
}
