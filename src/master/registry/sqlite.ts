// The registry of one master on its disk. Each operation is one durable transaction; a crash leaves the state before it
// or after it. It does not know why a record changes (records.ts).

import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { AgentId, AgentUid } from '../../model/ids.ts'
import { ok, type Result } from '../../model/result.ts'
import { type DatabaseOptions, databaseFault, openDatabase, transact } from '../../shell/database.ts'
import { changesOf, type RecordChange, type RegistryRecord, snapshotOf } from './records.ts'
import type { Registry, RegistryAgent } from './types.ts'

const schema = `
  CREATE TABLE starts (count INTEGER NOT NULL);
  INSERT INTO starts VALUES (0);
  CREATE TABLE agents (
    id TEXT PRIMARY KEY, uid TEXT NOT NULL, state TEXT NOT NULL, since_ms INTEGER, hostname TEXT, info TEXT
  )
`

/** Opens or creates the registry in `workDir`, which one master uses at a time, and counts this start. */
export function openRegistry(workDir: string): Result<Registry> {
  const options = {
    file: join(workDir, 'registry.db'),
    schema,
    version: 1,
    remedy: 'restore it from a backup, or move it away and start again; agents then join as new ones',
  }
  const opened = openDatabase(options)
  if (!opened.ok) return opened
  const database = opened.value
  try {
    database.exec('UPDATE starts SET count = count + 1')
    const epoch = Number(database.prepare('SELECT count FROM starts').get()?.count)
    const rows = database.prepare('SELECT * FROM agents ORDER BY rowid').all()
    const snapshot = snapshotOf(epoch, rows.map(recordOf))
    return ok({ snapshot, apply: writer(database, options), close: () => database.close() })
  } catch (error) {
    database.close()
    return { ok: false, fault: databaseFault(options, error) }
  }
}

function writer(database: DatabaseSync, options: DatabaseOptions): Registry['apply'] {
  const find = database.prepare('SELECT state FROM agents WHERE id = ?')
  const put = database.prepare(`
    INSERT INTO agents (id, uid, state, since_ms, hostname, info) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET uid = excluded.uid, state = excluded.state, since_ms = excluded.since_ms,
      hostname = excluded.hostname, info = excluded.info`)
  const remove = database.prepare('DELETE FROM agents WHERE id = ?')
  const stateOf = (agentId: AgentId) => (find.get(agentId)?.state ?? null) as RegistryRecord['state'] | null
  const write = (change: RecordChange) => {
    if (change.kind === 'remove') {
      remove.run(change.agentId)
      return
    }
    const { record } = change
    if (record.state === 'admitted') {
      const { agentId, uid, hostname, agentInfo } = record.agent
      put.run(agentId, uid, record.state, null, hostname, JSON.stringify(agentInfo))
    } else {
      put.run(record.agentId, record.uid, record.state, record.sinceMs, null, null)
    }
  }
  return (op) => {
    const changes = changesOf(op, stateOf)
    if (changes.length === 0) return
    transact(database, options, () => {
      for (const change of changes) write(change)
    })
  }
}

/** A row as `write` made it; a row that is not throws, and the file counts as damaged. */
function recordOf(row: Record<string, unknown>): RegistryRecord {
  const agentId = row.id as AgentId
  const uid = row.uid as AgentUid
  if (row.state === 'admitted') {
    const agentInfo = JSON.parse(row.info as string) as RegistryAgent['agentInfo']
    return { state: 'admitted', agent: { agentId, uid, hostname: row.hostname as string, agentInfo } }
  }
  return { state: row.state as 'unreachable' | 'gone', agentId, uid, sinceMs: row.since_ms as number }
}
