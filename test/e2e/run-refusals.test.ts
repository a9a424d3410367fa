// `tepui run` where tasks do not start: a gang that starts in part, machines that cannot grant what is wished for. The
// real command against a master that says what the test wants, in the order that it wants, and against a real one.

import { expect, onTestFinished, test } from 'vitest'
import type { TaskInfo } from '../../src/mesos/types.ts'
import { Tepui, tepui } from '../support/command.ts'
import { aMachine } from '../support/placement-machines.ts'
import { Rack } from '../support/rack.ts'
import { ScriptedMaster } from '../support/scripted-master.ts'
import { until } from '../support/until.ts'

async function started(...flags: string[]): Promise<{ master: ScriptedMaster; running: Tepui }> {
  const master = await ScriptedMaster.start()
  const running = new Tepui(['run', '--master', master.address, ...flags, '--', 'echo', 'hi'], {})
  onTestFinished(async () => {
    running.signal('SIGKILL')
    await running.ended
    await master[Symbol.asyncDispose]()
  })
  return { master, running }
}

async function gangId(master: ScriptedMaster): Promise<string> {
  const { request } = await master.call('REQUEST')
  return request?.requests?.[0]?.gang?.id ?? ''
}

/** Three instances, asked for as a gang and launched on three machines. */
async function startedGang(): Promise<{ master: ScriptedMaster; running: Tepui; tasks: readonly TaskInfo[] }> {
  const { master, running } = await started('--instances', '3', '--all-or-nothing', '--name', 'g')
  return { master, running, tasks: await launchGang(master) }
}

async function launchGang(master: ScriptedMaster): Promise<readonly TaskInfo[]> {
  master.offer(['n0', 'n1', 'n2'], await gangId(master))
  const tasks = await master.launches(3)
  expect(new Set(tasks.map(({ agent_id }) => agent_id.value)).size).toBe(3)
  return tasks
}

const dropped = { reason: 'REASON_INVALID_OFFERS', message: 'the offer is gone' } as const
const taken = {
  reason: 'REASON_TASK_INVALID',
  message: 'its cores are taken',
  labels: { labels: [{ key: 'tepui.fault', value: 'PLACEMENT_TAKEN' }] },
} as const
const impossible = {
  reason: 'REASON_TASK_INVALID',
  message: 'it has no NUMA node 1',
  labels: { labels: [{ key: 'tepui.fault', value: 'PLACEMENT_IMPOSSIBLE' }] },
} as const

/** Ends the task as an agent does that is asked to while the command is not there yet. */
const killedBefore = { reason: 'REASON_TASK_KILLED_DURING_LAUNCH' } as const

async function killsOf(master: ScriptedMaster, count: number): Promise<readonly string[]> {
  const killed: string[] = []
  while (killed.length < count) killed.push((await master.call('KILL')).kill?.task_id.value ?? '')
  return killed.sort()
}

const ids = (tasks: readonly (TaskInfo | undefined)[]) => tasks.map((task) => task?.task_id.value ?? '').sort()

test('a gang of which one did not start ends with 1 when others have run to their end', async () => {
  const { master, running, tasks } = await startedGang()
  const [first, second, third] = tasks as [TaskInfo, TaskInfo, TaskInfo]
  for (const task of [first, third]) {
    master.status(task, 'TASK_RUNNING')
    master.status(task, 'TASK_FINISHED')
  }
  master.status(second, 'TASK_DROPPED', dropped)
  const { status, stderr } = await running.ended
  expect(status).toBe(1)
  expect(stderr).toMatch(/not all could start together: \[1\] the offer is gone; 2 of 3 had begun/)
  expect(master.calls.filter(({ type }) => type === 'ACCEPT')).toHaveLength(3)
})

test('what runs of a gang is killed when one did not start, and nothing is run twice', async () => {
  const { master, running, tasks } = await startedGang()
  const [first, second, third] = tasks as [TaskInfo, TaskInfo, TaskInfo]
  for (const task of [first, third]) master.status(task, 'TASK_RUNNING')
  master.status(second, 'TASK_DROPPED', dropped)
  expect(await killsOf(master, 2)).toEqual(ids([first, third]))
  for (const task of [first, third]) master.status(task, 'TASK_KILLED')
  const { status, stderr } = await running.ended
  expect(status).toBe(1)
  expect(stderr).toMatch(/not all could start together: \[1\] the offer is gone; 2 of 3 had begun/)
})

test.each([
  ['dropped', 'TASK_DROPPED', dropped],
  ['refused by placement', 'TASK_ERROR', taken],
] as const)('a gang of which nothing has begun is asked for again as a whole: one %s', async (_what, state, more) => {
  const { master, running, tasks } = await startedGang()
  const [first, second, third] = tasks as [TaskInfo, TaskInfo, TaskInfo]
  master.status(first, 'TASK_STARTING')
  master.status(second, state, more)
  expect(await killsOf(master, 2)).toEqual(ids([first, third]))
  master.status(first, 'TASK_KILLED', killedBefore)
  master.status(third, 'TASK_KILLED', killedBefore)
  await running.said(new RegExp(`not all could start together: \\[1\\] ${more.message}; trying again`))
  const again = await launchGang(master)
  expect(again.map(({ task_id }) => task_id.value)).toEqual(ids(tasks).map((id) => `${id}.again1`))
  for (const task of again) master.status(task, 'TASK_RUNNING')
  for (const task of again) master.status(task, 'TASK_FINISHED')
  expect((await running.ended).status).toBe(0)
})

test('a gang of which one can never start ends with 1 and says which, the others killed', async () => {
  const { master, running, tasks } = await startedGang()
  const [first, second, third] = tasks as [TaskInfo, TaskInfo, TaskInfo]
  master.status(second, 'TASK_ERROR', { reason: 'REASON_TASK_INVALID', message: 'no such thing' })
  expect(await killsOf(master, 2)).toEqual(ids([first, third]))
  for (const task of [first, third]) master.status(task, 'TASK_KILLED', killedBefore)
  const { status, stderr } = await running.ended
  expect(status).toBe(1)
  expect(stderr).toMatch(/not all could start together: \[1\] no such thing$/m)
})

test('a kill of what a gang has begun is repeated to a master that comes back', async () => {
  const { master, running, tasks } = await startedGang()
  const [first, second, third] = tasks as [TaskInfo, TaskInfo, TaskInfo]
  master.status(second, 'TASK_DROPPED', dropped)
  await killsOf(master, 2)
  master.breakStream()
  expect(await killsOf(master, 2)).toEqual(ids([first, third]))
  for (const task of [first, third]) master.status(task, 'TASK_KILLED', killedBefore)
  expect(await gangId(master)).not.toBe('')
  running.signal('SIGINT')
  expect((await running.ended).status).toBe(130)
})

test('a gang whose every start fails gives up after a while', async () => {
  const { master, running } = await started('--instances', '2', '--all-or-nothing', '--name', 'g')
  master.onCall = ({ type, request, accept }) => {
    if (type === 'REQUEST') master.offer(['n0', 'n1'], request?.requests?.[0]?.gang?.id ?? '')
    for (const { launch } of accept?.operations ?? []) {
      for (const task of launch?.task_infos ?? []) master.status(task, 'TASK_DROPPED', dropped)
    }
  }
  const { status, stderr } = await running.ended
  expect(status).toBe(1)
  expect(stderr).toMatch(/not all could start together: \[\d\] the offer is gone; tried 20 times/)
})

test('a machine that cannot grant a wish is passed over for long, said once, and the next one is taken', async () => {
  const { master, running } = await started('--numa', '1')
  await master.call('SUBSCRIBE')
  master.offer(['n1'])
  const [refused] = (await master.launches(1)) as [TaskInfo]
  master.status(refused, 'TASK_ERROR', impossible)
  await running.said(/n1 cannot: it has no NUMA node 1; waiting for another machine/)
  await master.call('REVIVE')
  const [same] = master.offer(['n1'])
  const { decline } = await master.call('DECLINE')
  expect(decline?.offer_ids).toEqual([same?.id])
  expect(decline?.filters?.refuse_seconds).toBeGreaterThan(500)
  master.offer(['n1', 'n2'])
  const [task] = (await master.launches(1)) as [TaskInfo]
  expect(task.agent_id.value).toBe('n2')
  master.status(task, 'TASK_RUNNING')
  master.status(task, 'TASK_FINISHED')
  const { status, stderr } = await running.ended
  expect(status).toBe(0)
  expect(stderr.match(/cannot/g)).toHaveLength(1)
})

test('the wish for more offers waits until the master has heard that none were wanted', async () => {
  const { master, running } = await started('--numa', '1')
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  master.onCall = ({ type }) => (type === 'SUPPRESS' ? answered : undefined)
  await master.call('SUBSCRIBE')
  master.offer(['n1'])
  const [task] = (await master.launches(1)) as [TaskInfo]
  await master.call('SUPPRESS')
  master.status(task, 'TASK_ERROR', impossible)
  master.offer(['n1'])
  await master.call('DECLINE')
  expect(master.calls.some(({ type }) => type === 'REVIVE')).toBe(false)
  answer()
  await master.call('REVIVE')
  running.signal('SIGINT')
  expect((await running.ended).status).toBe(130)
})

test('a member is killed only after the master has heard of its launch', async () => {
  const { master, running } = await started('--instances', '2', '--all-or-nothing', '--name', 'g')
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  master.onCall = ({ type }) => (type === 'ACCEPT' ? answered : undefined)
  master.offer(['n0', 'n1'], await gangId(master))
  const [first, second] = (await master.launches(2)) as [TaskInfo, TaskInfo]
  master.status(first, 'TASK_DROPPED', { ...dropped, uuid: new Uint8Array(16) })
  await master.call('ACKNOWLEDGE')
  expect(master.calls.some(({ type }) => type === 'KILL')).toBe(false)
  answer()
  expect(await killsOf(master, 1)).toEqual(ids([second]))
  running.signal('SIGKILL')
  await running.ended
})

test('a task that is wrong in itself is an error at the first machine', async () => {
  const { master, running } = await started()
  await master.call('SUBSCRIBE')
  master.offer(['n1', 'n2'])
  const [task] = (await master.launches(1)) as [TaskInfo]
  master.status(task, 'TASK_ERROR', { reason: 'REASON_TASK_INVALID', message: 'no such thing' })
  const { status, stderr } = await running.ended
  expect([status, stderr]).toEqual([1, 'tepui: no such thing\n'])
})

test('a wish that the first machine cannot grant waits for one that can', async () => {
  const rack = await Rack.start()
  const { host, port } = rack.http
  const resources = { cpus: 8, mem: 8192, disk: 1000 }
  await rack.agent({ hardware: aMachine({ nodes: 1 }), resources, hostname: 'small' })
  await using running = new Tepui(['run', '--master', `${host}:${port}`, '--numa', '1', '--', 'true'], {})
  await running.said(/small cannot: .+; waiting for another machine/)
  await running.said(/waiting: the machine offered cannot: /)
  const large = await rack.agent({ hardware: aMachine({ nodes: 2 }), resources, hostname: 'large' })
  await until('the task runs', () => large.running.size === 1)
  expect(rack.agents[0]?.running.size).toBe(0)
  // Its agent has no files, which a command that ends of itself would wait for.
  running.signal('SIGKILL')
  await running.ended
})

test('time runs out for a job that no machine can take', async () => {
  const rack = await Rack.start()
  const { host, port } = rack.http
  await rack.agent({ hardware: aMachine({ nodes: 1 }), resources: { cpus: 8, mem: 8192 }, hostname: 'small' })
  const flags = ['--timeout', '1s', '--numa', '1']
  const { status, stderr } = await tepui(['run', '--master', `${host}:${port}`, ...flags, '--', 'true'])
  expect(status).toBe(124)
  expect(stderr).toContain('not done after 1 s')
})
