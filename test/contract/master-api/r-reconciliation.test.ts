// Group R: reconciliation of tasks. Numbers are the conformance scenarios'.

import { expect, test } from 'vitest'
import { Rack } from '../../support/rack.ts'
import { aTaskInfo, plainFramework } from '../../support/scheduler.ts'

const reconciled = { reason: 'REASON_RECONCILIATION', source: 'SOURCE_MASTER' }

test('R01 a known task is answered with its latest state', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  for (const agentId of [agent.agentId, undefined]) {
    await framework.reconcile([{ taskId: 't1', ...(agentId === undefined ? {} : { agentId }) }])
    expect(await framework.status('t1')).toMatchObject({ ...reconciled, state: 'TASK_RUNNING' })
  }
})

test.each([
  ['UNKNOWN', {}, 'TASK_UNKNOWN'],
  ['LOST without PARTITION_AWARE', plainFramework, 'TASK_LOST'],
])('R02 an unknown task on an unknown agent is %s', async (_name, info, state) => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info })
  await framework.reconcile([{ taskId: 'ghost', agentId: 'nowhere' }, { taskId: 'other' }])
  expect(await framework.status('ghost')).toMatchObject({ ...reconciled, state })
  expect(await framework.status('other')).toMatchObject({ ...reconciled, state })
})

test.each([
  ['GONE', {}, 'TASK_GONE'],
  ['LOST without PARTITION_AWARE', plainFramework, 'TASK_LOST'],
])('R03 an unknown task on a registered agent is %s', async (_name, info, state) => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info })
  await framework.reconcile([{ taskId: 'ghost', agentId: agent.agentId }])
  expect(await framework.status('ghost')).toMatchObject({ ...reconciled, state })
})

test('R04 a task on an agent that has not come back to this master gets no answer', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  await agent.stop()
  await rack.failover()
  const back = rack.adopt(await framework.again())
  await back.reconcile([
    { taskId: 't1', agentId: agent.agentId },
    { taskId: 't2' },
    { taskId: 't3', agentId: 'nowhere' },
  ])
  // Answers come in order: when the last is there, the first two were left out.
  expect((await back.status('t3')).state).toBe('TASK_UNKNOWN')
  expect(back.stream.all.filter((event) => event.type === 'UPDATE')).toHaveLength(1)
  await agent.start()
  await back.reconcile([{ taskId: 't1', agentId: agent.agentId }])
  expect((await back.status('t1')).state).toBe('TASK_RUNNING')
})

test('R05 implicit reconciliation answers every task that is not over, and none that is acknowledged', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  const offer = await framework.offer()
  await framework.launch(
    offer,
    ['t1', 't2', 't3'].map((id) => aTaskInfo(offer, id)),
  )
  for (const id of ['t1', 't2', 't3']) await framework.acknowledge(await framework.reaches(id, 'TASK_RUNNING'))
  agent.exit('t3')
  await framework.acknowledge(await framework.reaches('t3', 'TASK_FINISHED'))
  await framework.reconcile([])
  expect(await framework.status('t1')).toMatchObject({ ...reconciled, state: 'TASK_RUNNING' })
  expect(await framework.status('t2')).toMatchObject({ ...reconciled, state: 'TASK_RUNNING' })
  // A later explicit answer shows that nothing more came of the implicit one.
  await framework.reconcile([{ taskId: 'marker' }])
  await framework.status('marker')
  const answers = framework.stream.all.filter((event) => event.update?.status.reason === 'REASON_RECONCILIATION')
  expect(answers.map((event) => event.update?.status.task_id.value)).toEqual(['t1', 't2', 'marker'])
})

test('R06 a terminal task that is not acknowledged is answered with its terminal state', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  agent.exit('t1', 3)
  await framework.reaches('t1', 'TASK_FAILED')
  for (const tasks of [[], [{ taskId: 't1' }]]) {
    await framework.reconcile(tasks)
    const status = await framework.status('t1')
    expect(status).toMatchObject({ ...reconciled, state: 'TASK_FAILED' })
    expect(status.uuid).toBeUndefined()
  }
})

test('R08 an unreachable agent of before the failover is still answered UNREACHABLE, with the same time', async () => {
  const rack = await Rack.start({ timers: { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 5 } })
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  await agent.stop()
  const lost = await framework.status('t1')
  expect(lost.state).toBe('TASK_UNREACHABLE')
  await rack.failover()
  const back = rack.adopt(await framework.again())
  await back.reconcile([{ taskId: 't1', agentId: agent.agentId }])
  const status = await back.status('t1')
  expect(status).toMatchObject({ ...reconciled, state: 'TASK_UNREACHABLE' })
  expect(status.unreachable_time).toEqual(lost.unreachable_time)
})
