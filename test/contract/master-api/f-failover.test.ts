// Group F: failover of frameworks and of the master. Numbers are the conformance scenarios'.

import { expect, test } from 'vitest'
import { getJson } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { aTaskInfo, Scheduler } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

test('a framework that subscribes again takes over: the old stream gets ERROR and ends, offers come anew', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const old = await rack.framework({ info: { failover_timeout: 3600 } })
  const offer = await old.offer()
  const young = rack.adopt(await old.again())
  expect(young.frameworkId).toBe(old.frameworkId)
  expect((await old.stream.take('ERROR')).error?.message).toBe('Framework failed over')
  await old.stream.ended()
  expect(old.stream.pending('RESCIND')).toEqual([])
  expect((await young.offer()).id.value).not.toBe(offer.id.value)
  expect(young.stream.headers['mesos-stream-id']).not.toBe(old.stream.headers['mesos-stream-id'])
  expect((await old.call({ type: 'REVIVE' })).status).toBe(400)
  expect((await young.call({ type: 'REVIVE' })).status).toBe(202)
})

test('F03 a framework that stays away longer than its failover_timeout is refused', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info: { failover_timeout: 0.05 } })
  framework.disconnect()
  await until('the framework is completed', async () => {
    const state = await getJson(rack.http, '/state')
    return (state.completed_frameworks as unknown[]).length === 1
  })
  const back = await Scheduler.open(rack.http, { info: { id: { value: framework.frameworkId } } })
  await back.stream.take('ERROR')
  await back.stream.ended()
})

test('F04 a framework that was torn down is refused, and shown as completed', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  await framework.send({ type: 'TEARDOWN' })
  await framework.stream.ended()
  const back = await Scheduler.open(rack.http, { info: { id: { value: framework.frameworkId } } })
  await back.stream.take('ERROR')
  await back.stream.ended()
  await until('the task is killed', () => !agent.isRunning('t1'))
  const state = await getJson(rack.http, '/state')
  expect(state.frameworks).toEqual([])
  expect(state.completed_frameworks).toMatchObject([
    {
      id: framework.frameworkId,
      active: false,
      connected: false,
      completed_tasks: [{ id: 't1', state: 'TASK_KILLED' }],
    },
  ])
})

test('F05 a status that the old scheduler did not acknowledge comes to the new one', async () => {
  const rack = await Rack.start()
  await rack.agent()
  const old = await rack.framework({ info: { failover_timeout: 3600 } })
  const offer = await old.offer()
  await old.launch(offer, [aTaskInfo(offer, 't1')])
  const first = await old.status('t1')
  old.disconnect()
  const young = rack.adopt(await old.again())
  // The agent repeats it after ten seconds.
  const again = await young.status('t1', 20_000)
  expect(again.uuid).toEqual(first.uuid)
  expect(again.state).toBe(first.state)
})

test('F09 after the master failed over, a framework subscribes with its id and gets offers', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await rack.failover()
  await framework.stream.ended()
  await agent.restart()
  const back = rack.adopt(await framework.again())
  expect(back.frameworkId).toBe(framework.frameworkId)
  expect((await back.offer()).agent_id.value).toBe(agent.agentId)
})

test('F10 a changed name is shown after subscribing again, and tasks live on', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  rack.adopt(await framework.again({ info: { name: 'renamed', webui_url: 'http://ui' } }))
  const state = await getJson(rack.http, '/state')
  expect(state.frameworks).toMatchObject([
    { name: 'renamed', webui_url: 'http://ui', tasks: [{ id: 't1', state: 'TASK_RUNNING' }] },
  ])
  expect(agent.isRunning('t1')).toBe(true)
})

test('F11 a framework known from its agent only is shown recovered with its task, until it subscribes', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  await rack.failover()
  await agent.restart()
  const id = framework.frameworkId
  const shown = async () => (await getJson(rack.http, '/state')).frameworks
  await until('the framework is known', async () => ((await shown()) as unknown[]).length === 1)
  expect(await shown()).toMatchObject([
    { id, recovered: true, active: false, connected: false, tasks: [{ id: 't1', state: 'TASK_RUNNING' }] },
  ])
  const back = rack.adopt(await framework.again())
  expect(await shown()).toMatchObject([{ id, recovered: false, active: true, connected: true, tasks: [{ id: 't1' }] }])
  await back.reconcile([])
  expect((await back.status('t1')).state).toBe('TASK_RUNNING')
})

test('F12 an id that this master never saw is taken as new', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info: { id: { value: 'my-own-id' } } })
  expect(framework.frameworkId).toBe('my-own-id')
})

test('another principal may not take over a framework', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info: { principal: 'a', failover_timeout: 3600 } })
  const thief = await Scheduler.open(rack.http, { info: { principal: 'b', id: { value: framework.frameworkId } } })
  await thief.stream.take('ERROR')
  await thief.stream.ended()
  expect((await framework.call({ type: 'REVIVE' })).status).toBe(202)
})
