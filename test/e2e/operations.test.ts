// A real agent's reservations and volumes, seen by its master: what it makes on disk, what outlives it however it ends,
// and with what it refuses to start.

import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, expect, test } from 'vitest'
import { openAgentStore } from '../../src/agent/store/store.ts'
import type { OperationUuid } from '../../src/model/ids.ts'
import type { MesosJson, Register } from '../../src/wire/messages.ts'
import { AgentMaster } from '../support/agent-master.ts'
import { scratchFolder, Tepui, tepui } from '../support/command.ts'
import { until } from '../support/until.ts'

const forA = { reservations: [{ type: 'DYNAMIC', role: 'a' }] }
const scalar = (name: string, value: number, more: MesosJson = {}): MesosJson => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...more,
})
const volume = (id: string, value: number, container_path = 'data', source: MesosJson = {}): MesosJson =>
  scalar('disk', value, { ...forA, disk: { persistence: { id }, volume: { container_path, mode: 'RW' }, ...source } })
const reserve = (...resources: readonly MesosJson[]): MesosJson => ({ type: 'RESERVE', reserve: { resources } })
const create = (...volumes: readonly MesosJson[]): MesosJson => ({ type: 'CREATE', create: { volumes } })
const destroy = (...volumes: readonly MesosJson[]): MesosJson => ({ type: 'DESTROY', destroy: { volumes } })
const newUuid = () => randomUUID() as OperationUuid
const finished = { state: 'OPERATION_FINISHED' }

const small = 'cpus:2;mem:256;disk:1000'

function anAgent(master: AgentMaster, folder: string, ...flags: readonly string[]): Tepui {
  const isolation = ['--isolation', 'process-group']
  const address = ['--master', `127.0.0.1:${master.port}`, '--http-port', '0']
  return new Tepui(['agent', ...address, '--work-dir', workDir(folder), ...isolation, ...flags])
}

const workDir = (folder: string) => join(folder, 'work')
const volumeAt = (folder: string, id: string) => join(workDir(folder), 'volumes/roles/a', id)
const told = (register: Register) => register.agentInfo.resources as readonly MesosJson[]

/** Kills the agent between two instructions of its own. */
async function kill(agent: Tepui): Promise<void> {
  agent.signal('SIGKILL')
  await agent.ended
}

let known = 0
beforeEach(() => {
  known = 0
})
const next = (master: AgentMaster) => master.registered(known++)

test('reservations and volumes outlive a killed agent, with what tasks wrote', async () => {
  using folder = scratchFolder()
  await using master = await AgentMaster.open()
  const first = anAgent(master, folder.path, '--resources', small)
  expect((await next(master)).capabilities).toEqual(
    expect.arrayContaining([
      'HIERARCHICAL_ROLE',
      'RESERVATION_REFINEMENT',
      'RESIZE_VOLUME',
      'AGENT_OPERATION_FEEDBACK',
    ]),
  )
  expect(await master.perform(newUuid(), reserve(scalar('disk', 100, forA), scalar('cpus', 1, forA)))).toMatchObject(
    finished,
  )
  expect(await master.perform(newUuid(), create(volume('v', 60)))).toMatchObject(finished)
  const write = { command: { value: 'echo written > some/where/file' } }
  master.launch('t1', { ...write, resources: [scalar('cpus', 0.1), scalar('mem', 32), volume('v', 60, 'some/where')] })
  expect(await master.taskEnds('t1')).toMatchObject({ state: 'TASK_FINISHED' })
  await kill(first)
  await using second = anAgent(master, folder.path, '--resources', small)
  expect(told(await next(master))).toEqual(
    expect.arrayContaining([
      scalar('cpus', 1),
      scalar('cpus', 1, forA),
      scalar('disk', 900),
      scalar('disk', 40, forA),
      volume('v', 60),
    ]),
  )
  const read = { command: { value: 'grep written here/file' } }
  master.launch('t2', { ...read, resources: [scalar('cpus', 0.1), scalar('mem', 32), volume('v', 60, 'here')] })
  expect(await master.taskEnds('t2')).toMatchObject({ state: 'TASK_FINISHED' })
  expect(await master.perform(newUuid(), destroy(volume('v', 60)))).toMatchObject(finished)
  expect(existsSync(volumeAt(folder.path, 'v'))).toBe(false)
  expect(second.stderr).toBe('')
})

test('a volume that a task cannot be shown fails the task and says why', async () => {
  using folder = scratchFolder()
  await using master = await AgentMaster.open()
  await using agent = anAgent(master, folder.path, '--resources', small)
  await next(master)
  await master.perform(newUuid(), reserve(scalar('disk', 100, forA)))
  await master.perform(newUuid(), create(volume('v', 60)))
  for (const [taskId, path, words] of [
    ['absolute', '/data', 'is absolute'],
    ['outside', '../data', `leaves the sandbox by '..'`],
    ['taken', 'stdout', 'is taken'],
  ] as const) {
    const resources = [scalar('cpus', 0.1), scalar('mem', 32), volume('v', 60, path)]
    master.launch(taskId, { command: { value: 'true' }, resources })
    const status = await master.taskEnds(taskId)
    expect(status).toMatchObject({ state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED' })
    expect(status.message).toContain(words)
  }
  expect(agent.stderr).toBe('')
})

test('what an agent that was killed had promised and not done on its disk, its next life does', async () => {
  using folder = scratchFolder()
  await using master = await AgentMaster.open()
  const first = anAgent(master, folder.path, '--resources', small)
  await next(master)
  await master.perform(newUuid(), reserve(scalar('disk', 100, forA)))
  await master.perform(newUuid(), create(volume('old', 60)))
  writeFileSync(join(volumeAt(folder.path, 'old'), 'file'), '')
  await kill(first)
  const [destroyed, created] = [newUuid(), newUuid()]
  const store = openAgentStore(workDir(folder.path))
  if (!store.ok) throw new Error(store.fault.message)
  for (const [operationUuid, operation] of [
    [destroyed, destroy(volume('old', 60))],
    [created, create(volume('new', 30))],
  ] as const) {
    const status = { state: 'OPERATION_FINISHED', uuid: { value: Buffer.alloc(16, operationUuid).toString('base64') } }
    const record = { operationUuid, frameworkId: null, operationId: null, operation, status, isDone: false }
    const reserved = [scalar('disk', 70, forA), volume('new', 30)]
    store.value.apply([{ op: 'putOperation', operation: record, reserved }])
  }
  store.value.close()
  await using second = anAgent(master, folder.path, '--resources', small)
  await next(master)
  expect(await master.outcome(destroyed)).toMatchObject(finished)
  expect(await master.outcome(created)).toMatchObject(finished)
  expect(readdirSync(join(workDir(folder.path), 'volumes/roles/a'))).toEqual(['new'])
  expect(second.stderr).toBe('')
})

test('killed at any moment, an agent has on disk the volumes that it tells, and no others', async () => {
  using folder = scratchFolder()
  await using master = await AgentMaster.open()
  for (const heardBefore of [0, 1, 2, 4, 6]) {
    const agent = anAgent(master, folder.path, '--resources', small)
    const ids = told(await next(master)).flatMap(idOf)
    const roots = () => readdirSync(join(workDir(folder.path), 'volumes/roles'), { recursive: true }).map(String)
    if (known > 1) {
      await until('the disk is as the agent tells', () => {
        const onDisk = existsSync(join(workDir(folder.path), 'volumes/roles')) ? roots() : []
        const found = onDisk.filter((path) => path.startsWith('a/')).map((path) => path.slice(2))
        return JSON.stringify(found.sort()) === JSON.stringify([...ids].sort())
      })
    }
    if (ids.length === 0 && known === 1) await master.perform(newUuid(), reserve(scalar('disk', 100, forA)))
    const before = master.received.length
    for (const id of ids) master.apply(newUuid(), destroy(volume(id, 10)))
    for (let n = 0; n < 4; n++) master.apply(newUuid(), create(volume(`v${known}-${n}`, 10)))
    await until('it has answered some', () => master.received.length >= before + heardBefore)
    await kill(agent)
  }
})

function idOf({ disk }: MesosJson): readonly string[] {
  const id = (disk as { persistence?: { id?: string } } | undefined)?.persistence?.id
  return id === undefined ? [] : [id]
}

test('an agent that is to offer less than is reserved does not start, and says what to do', async () => {
  using folder = scratchFolder()
  await using master = await AgentMaster.open()
  const first = anAgent(master, folder.path, '--resources', small)
  await next(master)
  await master.perform(newUuid(), reserve(scalar('cpus', 2, forA)))
  await kill(first)
  const args = ['agent', '--work-dir', workDir(folder.path), '--http-port', '0', '--resources', 'cpus:1;disk:1000']
  const refused = await tepui(args)
  expect(refused.status).toBe(1)
  expect(refused.stderr.trim().split('\n')).toHaveLength(1)
  expect(refused.stderr).toContain('missing: cpus[DYNAMIC a]:1.')
  expect(refused.stderr).toContain('--resources')
})

test('a store of version 1 is upgraded, and keeps its agent', async () => {
  using folder = scratchFolder()
  await using master = await AgentMaster.open()
  const first = anAgent(master, folder.path, '--resources', small)
  const { uid } = await next(master)
  await first.said(/agent.registered/)
  await kill(first)
  const database = new DatabaseSync(join(workDir(folder.path), 'meta/agent.db'))
  database.exec(`DROP TABLE operations; DELETE FROM facts WHERE name = 'reserved'; PRAGMA user_version = 1`)
  database.close()
  await using second = anAgent(master, folder.path, '--resources', small)
  const register = await next(master)
  expect(register).toMatchObject({ uid, agentId: 'm-S0' })
  expect(await master.perform(newUuid(), reserve(scalar('cpus', 1, forA)))).toMatchObject(finished)
  expect(second.stderr).toBe('')
})

test('disks that the operator lists are offered as they are, and their volumes lie there', async () => {
  using folder = scratchFolder()
  const [path, mount] = [join(folder.path, 'path'), join(folder.path, 'mount')]
  for (const root of [path, mount]) mkdirSync(root)
  const onPath = { source: { type: 'PATH', path: { root: path } } }
  const onMount = { source: { type: 'MOUNT', mount: { root: mount } } }
  const list = join(folder.path, 'resources.json')
  writeFileSync(
    list,
    JSON.stringify([
      scalar('cpus', 1),
      scalar('disk', 20, { disk: onPath, role: 'a' }),
      scalar('disk', 10, { disk: onMount, role: 'a' }),
    ]),
  )
  await using master = await AgentMaster.open()
  await using agent = anAgent(master, folder.path, '--resources', `file://${list}`, '--default-role', 'b')
  const forStaticA = { reservations: [{ type: 'STATIC', role: 'a' }] }
  const resources = told(await next(master))
  expect(resources).toEqual(
    expect.arrayContaining([
      scalar('cpus', 1, { reservations: [{ type: 'STATIC', role: 'b' }] }),
      scalar('disk', 20, { disk: onPath, ...forStaticA }),
      scalar('disk', 10, { disk: onMount, ...forStaticA }),
    ]),
  )
  expect(resources.filter(({ reservations }) => reservations === undefined)).toEqual([])
  const volumes = [volume('p', 5, 'data', onPath), volume('m', 10, 'data', onMount)].map((one) => ({
    ...one,
    ...forStaticA,
  }))
  expect(await master.perform(newUuid(), create(...volumes))).toMatchObject(finished)
  expect(existsSync(join(path, 'volumes/roles/a/p'))).toBe(true)
  writeFileSync(join(mount, 'file'), readFileSync(list))
  expect(await master.perform(newUuid(), destroy(...volumes))).toMatchObject(finished)
  expect([readdirSync(mount), existsSync(join(path, 'volumes/roles/a'))]).toEqual([[], false])
  expect(agent.stderr).toBe('')
})
