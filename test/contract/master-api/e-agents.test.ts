// Group E, as far as the master shows it: agents that restart, kills and teardowns while they are away.
// Numbers are the conformance scenarios'.

import { expect, test } from 'vitest'
import { Rack } from '../../support/rack.ts'
import { aTaskInfo, plainFramework } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

test('E17 an agent that restarts sends the status again that nobody acknowledged', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't1')])
  const first = await framework.status('t1')
  await agent.restart()
  const again = await framework.status('t1')
  expect(again.uuid).toEqual(first.uuid)
  await framework.acknowledge(again)
  await framework.reaches('t1', 'TASK_RUNNING')
})

test.each([
  ['DROPPED', {}, 'TASK_DROPPED'],
  ['LOST without PARTITION_AWARE', plainFramework, 'TASK_LOST'],
])('E23 a task that its returning agent does not know is %s', async (_name, info, state) => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info })
  await framework.run('t1')
  await agent.restart({ runs: true })
  expect(await framework.status('t1')).toMatchObject({ state, reason: 'REASON_RECONCILIATION' })
})

test('E24 KILL while the agent is away reaches it when it returns', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  await agent.stop()
  await framework.send({ type: 'KILL', kill: { task_id: { value: 't1' } } })
  await agent.start()
  expect((await framework.reaches('t1', 'TASK_KILLED')).state).toBe('TASK_KILLED')
  expect(agent.isRunning('t1')).toBe(false)
})

test('E25 a framework torn down while the agent is away is shut down there when it returns', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  await agent.stop()
  await framework.send({ type: 'TEARDOWN' })
  await framework.stream.ended()
  await agent.start()
  await until('the task is ended', () => !agent.isRunning('t1'))
})

test('E08 KILL before the container started is answered KILLED', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  agent.holdsStarts = true
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.launch(offer, [aTaskInfo(offer, 't1')])
  await until('the agent was told to launch', () => agent.heardOf('launch').length > 0)
  await framework.send({ type: 'KILL', kill: { task_id: { value: 't1' } } })
  await until('the agent was told to kill', () => agent.heardOf('kill').length > 0)
  agent.startHeld('t1')
  await framework.reaches('t1', 'TASK_KILLED')
  expect(agent.isRunning('t1')).toBe(false)
})

test('after a failover the master knows tasks and resources again from their agents', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  await rack.failover()
  await agent.restart()
  const back = rack.adopt(await framework.again())
  const offer = await back.offer()
  expect(offer.resources?.find((it) => it.name === 'cpus')?.scalar?.value).toBe(3.5)
  await back.send({ type: 'KILL', kill: { task_id: { value: 't1' } } })
  await back.acknowledge(await back.reaches('t1', 'TASK_KILLED'))
  expect(agent.isRunning('t1')).toBe(false)
})
