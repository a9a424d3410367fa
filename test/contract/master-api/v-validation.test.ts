// Group V: validation of frameworks and tasks. Numbers are the conformance scenarios'.

import { describe, expect, test } from 'vitest'
import type { FrameworkInfo, TaskInfo } from '../../../src/mesos/types.ts'
import { Rack } from '../../support/rack.ts'
import { amount, aTaskInfo, modernCapabilities, Scheduler, scalars } from '../../support/scheduler.ts'

async function isRefused(rack: Rack, info: Partial<FrameworkInfo>): Promise<string> {
  const framework = await Scheduler.open(rack.http, { info })
  const { error } = await framework.stream.take('ERROR')
  await framework.stream.ended()
  return error?.message ?? ''
}

test('V01 what is no role name is an ERROR', async () => {
  const rack = await Rack.start()
  for (const role of ['/a', 'a/', 'a//b', 'a/.', 'a/../b', 'a/*', '-a', 'a b', '']) {
    expect(await isRefused(rack, { roles: [role] }), role).toMatch(/role/)
  }
})

test.each(['*', 'a', 'a/b-c'])('V01 the role %s is taken', async (role) => {
  const rack = await Rack.start()
  await rack.framework({ info: { roles: [role] } })
})

test.each<[string, Partial<FrameworkInfo>]>([
  ['roles without MULTI_ROLE', { roles: ['a'], capabilities: [] }],
  ['role with MULTI_ROLE', { roles: [], role: 'a' }],
  ['a role twice', { roles: ['a', 'a'] }],
])('V02 %s is an ERROR', async (_name, info) => {
  await isRefused(await Rack.start(), info)
})

test('V05 a framework id with a slash is an ERROR', async () => {
  await isRefused(await Rack.start(), { id: { value: 'a/b' } })
})

test('a suppressed role that the framework does not have is an ERROR', async () => {
  const rack = await Rack.start()
  const framework = await Scheduler.open(rack.http, { suppressed_roles: ['elsewhere'] })
  await framework.stream.take('ERROR')
})

describe('a task is refused with TASK_ERROR, TASK_INVALID and no uuid:', () => {
  const command = { value: 'true' }
  test.each<[string, Partial<TaskInfo>]>([
    ['V06 with both command and executor', { executor: { executor_id: { value: 'e' }, command } }],
    ['V07 with an executor without command', { executor: { executor_id: { value: 'e' } }, command: undefined }],
    ['with neither command nor executor', { command: undefined }],
    ['V09 without resources', { resources: [] }],
    ['V10 larger than the offer', { resources: scalars({ cpus: 5, mem: 64 }) }],
    ['asking for what is not offered', { resources: scalars({ cpus: 1, unobtainium: 1 }) }],
    ['with negative resources', { resources: scalars({ cpus: -1, mem: 64 }) }],
    ['with an id that is no id', { task_id: { value: 'a/b' } }],
    ['for another agent', { agent_id: { value: 'elsewhere' } }],
    ['V15 with a negative kill grace', { kill_policy: { grace_period: { nanoseconds: -1 } } }],
    [
      'V16 with a secret without a secret',
      { command: { ...command, environment: { variables: [{ name: 'A', type: 'SECRET' }] } } },
    ],
    [
      'V16 with a variable without a value',
      { command: { ...command, environment: { variables: [{ name: 'A', type: 'VALUE' }] } } },
    ],
    ['V17 with a DOCKER container without docker info', { container: { type: 'DOCKER' } }],
    [
      'V17 with a docker parameter `name`',
      { container: { type: 'DOCKER', docker: { image: 'i', parameters: [{ key: 'name', value: 'x' }] } } },
    ],
    ['V19 with share_cgroups:false', { container: { type: 'MESOS', linux_info: { share_cgroups: false } } }],
    ['that wants to fetch URIs, which is not supported', { command: { ...command, uris: [{ value: 'http://x' }] } }],
  ])('%s', async (_name, more) => {
    const rack = await Rack.start()
    await rack.agent()
    const framework = await rack.framework()
    const offer = await framework.offer()
    const task = aTaskInfo(offer, 't1', more)
    await framework.launch(offer, [task])
    const status = await framework.status(task.task_id.value)
    expect(status).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID', source: 'SOURCE_MASTER' })
    expect(status.uuid).toBeUndefined()
    expect(status.message).toMatch(/\S/)
    expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
  })
})

test('one invalid task of a launch does not stop the others', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.launch(offer, [
    aTaskInfo(offer, 'good'),
    aTaskInfo(offer, 'bad', { resources: [] }),
    aTaskInfo(offer, 'fine'),
  ])
  expect((await framework.status('bad')).state).toBe('TASK_ERROR')
  await framework.reaches('good', 'TASK_RUNNING')
  await framework.reaches('fine', 'TASK_RUNNING')
})

test('tasks that fit one by one but not together: the first run, the one too many is TASK_ERROR', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  const resources = scalars({ cpus: 2, mem: 64 })
  await framework.launch(
    offer,
    ['t1', 't2', 't3'].map((id) => aTaskInfo(offer, id, { resources })),
  )
  await framework.reaches('t1', 'TASK_RUNNING')
  await framework.reaches('t2', 'TASK_RUNNING')
  expect((await framework.status('t3')).state).toBe('TASK_ERROR')
})

test('V11 the id of a live task is TASK_ERROR; that of a completed one may be used again', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't1')])
  expect(await framework.status('t1')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
  agent.exit('t1')
  await framework.acknowledge(await framework.reaches('t1', 'TASK_FINISHED'))
  await framework.run('t1')
})

test('V11 the id of an unreachable task is TASK_ERROR', async () => {
  const rack = await Rack.start({ timers: { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 5 } })
  const lost = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  await lost.stop()
  expect((await framework.status('t1')).state).toBe('TASK_UNREACHABLE')
  const other = await rack.agent()
  const offer = await framework.offer((it) => it.agent_id.value === other.agentId)
  await framework.launch(offer, [aTaskInfo(offer, 't1')])
  expect(await framework.status('t1')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
})

test('V12 a task with a custom executor is TASK_ERROR with a sentence, as executors are not supported', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  const executor = { executor_id: { value: 'e' }, command: { value: 'run' } }
  await framework.launch(offer, [aTaskInfo(offer, 't1', { executor, command: undefined })])
  expect((await framework.status('t1')).message).toMatch(/executor/)
})

test('V20 a task group with one invalid task: every task is TASK_ERROR, TASK_GROUP_INVALID', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  const executor = {
    type: 'DEFAULT',
    executor_id: { value: 'e' },
    resources: scalars({ cpus: 0.1, mem: 32, disk: 10 }),
  } as const
  const tasks = [
    aTaskInfo(offer, 't1'),
    aTaskInfo(offer, 't2', { container: { type: 'DOCKER', docker: { image: 'i' } } }),
  ]
  await framework.accept([offer], [{ type: 'LAUNCH_GROUP', launch_group: { executor, task_group: { tasks } } }], 0)
  for (const id of ['t1', 't2']) {
    expect(await framework.status(id)).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_GROUP_INVALID' })
  }
  expect(amount((await framework.offer()).resources, 'cpus')).toBe(4)
})

test('C13 a launch operation with an id is TASK_ERROR', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  const launch = { task_infos: [aTaskInfo(offer, 't1')] }
  await framework.accept([offer], [{ type: 'LAUNCH', id: { value: 'op' }, launch }])
  expect((await framework.status('t1')).state).toBe('TASK_ERROR')
})

test('resources in the old form are understood where the framework speaks it', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const capabilities = modernCapabilities.filter((type) => type !== 'RESERVATION_REFINEMENT').map((type) => ({ type }))
  const framework = await rack.framework({ info: { capabilities } })
  const offer = await framework.offer()
  expect(offer.resources?.every((it) => it.role === '*')).toBe(true)
  const resources = scalars({ cpus: 1, mem: 64 }).map((it) => ({ ...it, role: '*' }))
  await framework.launch(offer, [aTaskInfo(offer, 't1', { resources })])
  await framework.reaches('t1', 'TASK_RUNNING')
})
