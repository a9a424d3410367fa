// The agent's checkpoint on disk: what was applied is there after any end of the process, for one agent at a time.

import { spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentStoreOp } from '../../../src/agent/core/types.ts'
import { type AgentStore, openAgentStore } from '../../../src/agent/store/store.ts'
import { noGrant } from '../../../src/model/hardware.ts'
import type { AgentId, ContainerId, FrameworkId } from '../../../src/model/ids.ts'
import { StoreFailed } from '../../../src/shell/database.ts'
import { anOperationRecord, aRunRecord } from '../../support/agent-store.ts'
import { until } from '../../support/until.ts'

let workDir: string

beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'tepui-store-'))
})

afterEach(() => {
  rmSync(workDir, { recursive: true, force: true })
})

function open(): AgentStore {
  const opened = openAgentStore(workDir)
  if (!opened.ok) throw new Error(opened.fault.message)
  return opened.value
}

function reopened(...ops: readonly AgentStoreOp[]) {
  const store = open()
  for (const op of ops) store.apply([op])
  store.close()
  const next = open()
  next.close()
  return next.checkpoint
}

const f1 = 'f1' as FrameworkId
const file = () => join(workDir, 'meta', 'agent.db')

test('a record of version 0.1.0, whose grant knows GPUs alone, is read as a whole one', () => {
  const old = { ...aRunRecord(1), grant: { gpuUuids: ['GPU-1'] } } as unknown as ReturnType<typeof aRunRecord>
  const { runs } = reopened({ op: 'putRun', run: old })
  expect(runs.map(({ grant }) => grant)).toEqual([{ ...noGrant, gpuUuids: ['GPU-1'] }])
})

test('a new store makes a uid that stays', () => {
  const store = open()
  expect(store.checkpoint).toMatchObject({ agentId: null, frameworks: [], runs: [] })
  expect(store.checkpoint.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  store.close()
  expect(reopened().uid).toBe(store.checkpoint.uid)
})

test('everything that was put is found again, newest version, in the order of its first coming', () => {
  const { agentId, frameworks, runs } = reopened(
    { op: 'setAgentId', agentId: 'm-S1' as AgentId },
    { op: 'setAgentId', agentId: 'm-S2' as AgentId },
    { op: 'putFramework', frameworkId: f1, info: { name: 'old' } },
    { op: 'putFramework', frameworkId: f1, info: { name: 'new', nested: { list: [1, 'two', null, true] } } },
    ...[3, 1, 2].map((n): AgentStoreOp => ({ op: 'putRun', run: aRunRecord(n) })),
    { op: 'putRun', run: aRunRecord(3, 7) },
  )
  expect(agentId).toBe('m-S2')
  expect(frameworks).toEqual([{ frameworkId: 'f1', info: { name: 'new', nested: { list: [1, 'two', null, true] } } }])
  expect(runs).toEqual([aRunRecord(3, 7), aRunRecord(1), aRunRecord(2)])
})

test('what was removed stays removed, and removing what is not there does nothing', () => {
  const { frameworks, runs } = reopened(
    { op: 'putFramework', frameworkId: f1, info: {} },
    { op: 'putRun', run: aRunRecord(1) },
    { op: 'putRun', run: aRunRecord(2) },
    { op: 'removeFramework', frameworkId: f1 },
    { op: 'removeRun', containerId: 'c1' as ContainerId },
    { op: 'removeRun', containerId: 'nobody' as ContainerId },
  )
  expect(frameworks).toEqual([])
  expect(runs).toEqual([aRunRecord(2)])
})

test('operations are found again in their order, with what is reserved as the last of them left it', () => {
  const cpus = (value: number) => ({ name: 'cpus', type: 'SCALAR', scalar: { value } })
  const { operations, reserved } = reopened(
    ...[3, 1, 2].map(
      (n): AgentStoreOp => ({ op: 'putOperation', operation: anOperationRecord(n), reserved: [cpus(n)] }),
    ),
    { op: 'putOperation', operation: anOperationRecord(3, true), reserved: null },
    { op: 'removeOperation', operationUuid: anOperationRecord(1).operationUuid },
    { op: 'removeOperation', operationUuid: anOperationRecord(9).operationUuid },
  )
  expect(operations).toEqual([anOperationRecord(3, true), anOperationRecord(2)])
  expect(reserved).toEqual([cpus(2)])
})

test('an operation and what it reserves are kept together or not at all', () => {
  reopened({ op: 'putRun', run: aRunRecord(1) })
  withDatabase((database) =>
    database.exec("CREATE TRIGGER full BEFORE INSERT ON operations BEGIN SELECT RAISE(ABORT, 'full'); END"),
  )
  const store = open()
  expect(() =>
    store.apply([{ op: 'putOperation', operation: anOperationRecord(1), reserved: [{ name: 'cpus' }] }]),
  ).toThrow(StoreFailed)
  store.close()
  expect(reopened()).toMatchObject({ reserved: [], operations: [] })
})

test('a store of version 1 keeps everything when it is upgraded, and is one of version 2 then', () => {
  const before = reopened(
    { op: 'setAgentId', agentId: 'm-S1' as AgentId },
    { op: 'putFramework', frameworkId: f1, info: { name: 'old' } },
    { op: 'putRun', run: aRunRecord(1) },
  )
  withDatabase((database) => database.exec('DROP TABLE operations; PRAGMA user_version = 1'))
  const operation = anOperationRecord(1)
  const after = reopened({ op: 'putOperation', operation, reserved: [{ name: 'cpus' }] })
  expect(after).toEqual({ ...before, reserved: [{ name: 'cpus' }], operations: [operation] })
})

test('two agents cannot share a work directory, and the second is told so', () => {
  const store = open()
  const second = openAgentStore(workDir)
  expect(second).toMatchObject({ ok: false, fault: { code: 'STORE_IN_USE' } })
  expect(second.ok ? '' : second.fault.message).toContain(file())
  store.close()
  open().close()
})

test('an agent killed while it writes loses nothing that the store had taken, and its lock', async () => {
  const writer = spawn(process.execPath, [join(import.meta.dirname, '../../support/store-writer.ts'), workDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  writer.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until('it has written a while', () => said.length > 2_000)
  expect(openAgentStore(workDir)).toMatchObject({ ok: false, fault: { code: 'STORE_IN_USE' } })
  const gone = new Promise((resolve) => writer.once('close', resolve))
  writer.kill('SIGKILL')
  await gone
  const last = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1))
  const store = open()
  const newest = Math.max(...store.checkpoint.runs.map((run) => Number(run.statuses[0]?.timestamp)))
  store.close()
  expect([last, last + 1]).toContain(newest)
})

test.each([
  ['no database', () => writeFileSync(file(), 'no database at all '.repeat(500))],
  ['a database cut short', () => writeFileSync(file(), readFileSync(file()).subarray(0, 5_000))],
  [
    'overwritten pages',
    () => {
      const bytes = readFileSync(file())
      bytes.fill(0xa5, 4_096, bytes.length)
      writeFileSync(file(), bytes)
    },
  ],
  ['a row that is no record', () => withDatabase((database) => database.exec(`UPDATE runs SET record = '[1'`))],
  [
    'reserved what is no resource',
    () => withDatabase((database) => database.exec(`INSERT INTO facts (name, value) VALUES ('reserved', '[1]')`)),
  ],
  [
    'an operation that is no record',
    () => withDatabase((database) => database.exec(`INSERT INTO operations (id, record) VALUES ('o', '7')`)),
  ],
  ['a table too few', () => withDatabase((database) => database.exec('DROP TABLE runs'))],
])('a store that is %s is refused with what to do, and left as it is', (_, damage) => {
  reopened(...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n): AgentStoreOp => ({ op: 'putRun', run: aRunRecord(n) })))
  damage()
  const before = readFileSync(file())
  const opened = openAgentStore(workDir)
  expect(opened).toMatchObject({ ok: false, fault: { code: 'STORE_UNREADABLE' } })
  expect(opened.ok ? '' : opened.fault.message).toContain('move it away')
  expect(readFileSync(file()).equals(before)).toBe(true)
})

test('a store of a later version is refused', () => {
  reopened()
  withDatabase((database) => database.exec('PRAGMA user_version = 99'))
  const opened = openAgentStore(workDir)
  expect(opened).toMatchObject({ ok: false, fault: { code: 'STORE_UNREADABLE' } })
  expect(opened.ok ? '' : opened.fault.message).toContain('later')
})

test('a place that cannot be written is a fault', () => {
  writeFileSync(join(workDir, 'meta'), 'a file where a directory should be')
  expect(openAgentStore(workDir)).toMatchObject({ ok: false, fault: { code: 'STORE_UNWRITABLE' } })
})

test('a disk that takes no more ends in a fault that says what to do, and keeps what was there', () => {
  const store = open()
  store.apply([{ op: 'putRun', run: aRunRecord(1) }])
  store.close()
  withDatabase((database) =>
    database.exec("CREATE TRIGGER full BEFORE INSERT ON runs BEGIN SELECT RAISE(ABORT, 'full'); END"),
  )
  const full = open()
  expect(() =>
    full.apply([
      { op: 'setAgentId', agentId: 'S1' as AgentId },
      { op: 'putRun', run: aRunRecord(2) },
    ]),
  ).toThrow(StoreFailed)
  full.close()
  const next = open()
  expect(next.checkpoint).toMatchObject({ agentId: null, runs: [{ containerId: aRunRecord(1).containerId }] })
  next.close()
})

test('nobody else can read what frameworks sent', () => {
  chmodSync(workDir, 0o755)
  mkdirSync(join(workDir, 'meta'), { mode: 0o755 })
  const store = open()
  store.apply([{ op: 'putRun', run: aRunRecord(1) }])
  for (const name of ['agent.db', 'agent.db-wal']) expect(statSync(join(workDir, 'meta', name)).mode & 0o077).toBe(0)
  store.close()
})

test('a log that was cut while it was written loses at most what it held', () => {
  const store = open()
  store.apply([{ op: 'putRun', run: aRunRecord(1) }])
  const copy = mkdtempSync(join(tmpdir(), 'tepui-store-copy-'))
  mkdirSync(join(copy, 'meta'))
  for (const name of ['agent.db', 'agent.db-wal']) {
    writeFileSync(join(copy, 'meta', name), readFileSync(join(workDir, 'meta', name)))
  }
  appendFileSync(join(copy, 'meta', 'agent.db-wal'), Buffer.alloc(2_000, 7))
  store.close()
  const survivor = openAgentStore(copy)
  expect(survivor.ok && survivor.value.checkpoint.runs).toEqual([aRunRecord(1)])
  if (survivor.ok) survivor.value.close()
  rmSync(copy, { recursive: true })
})

function withDatabase(change: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(file())
  change(database)
  database.close()
}

test('a store of another machine is moved aside, whole, and a new agent begins', () => {
  const mine = openAgentStore(workDir, 'machine-1')
  if (!mine.ok) throw new Error(mine.fault.message)
  mine.value.apply([{ op: 'setAgentId', agentId: 'm-S1' as AgentId }])
  mine.value.keepMachine({ version: 1 })
  const { uid } = mine.value.checkpoint
  mine.value.close()

  const again = openAgentStore(workDir, 'machine-1')
  expect(again).toMatchObject({ ok: true, value: { movedTo: null, machine: { version: 1 }, checkpoint: { uid } } })
  if (again.ok) again.value.close()

  const unknown = openAgentStore(workDir, null)
  expect(unknown).toMatchObject({ ok: true, value: { movedTo: null, checkpoint: { uid } } })
  if (unknown.ok) unknown.value.close()

  const other = openAgentStore(workDir, 'machine-2')
  expect(other).toMatchObject({ ok: true, value: { machine: null, checkpoint: { agentId: null, runs: [] } } })
  if (!other.ok) return
  expect(other.value.checkpoint.uid).not.toBe(uid)
  other.value.close()
  expect(statSync(join(other.value.movedTo ?? '', 'agent.db')).size).toBeGreaterThan(0)
})
