// Group P: agents that are lost and come back. Numbers are the conformance scenarios'.
// Agents count as unreachable after half a second of silence here.

import { expect, test } from 'vitest'
import { getJson } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { plainFramework, scalars } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const timers = { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 5 }

test('P01 P02 a silent agent: FAILURE, UNREACHABLE with its time; when it returns the task is RUNNING, not killed', async () => {
  const rack = await Rack.start({ timers })
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  const offer = await framework.offer()
  await agent.stop()
  expect((await framework.stream.take('RESCIND')).rescind?.offer_id.value).toBe(offer.id.value)
  const lost = await framework.status('t1')
  expect(lost).toMatchObject({
    state: 'TASK_UNREACHABLE',
    reason: 'REASON_AGENT_REMOVED',
    source: 'SOURCE_MASTER',
    agent_id: { value: agent.agentId },
  })
  expect(lost.uuid).toBeUndefined()
  expect(lost.unreachable_time).toBeDefined()
  const { failure } = await framework.stream.take('FAILURE')
  expect(failure).toEqual({ agent_id: { value: agent.agentId } })
  const idBefore = agent.agentId
  await agent.start()
  const back = await framework.status('t1')
  expect(back).toMatchObject({ state: 'TASK_RUNNING', reason: 'REASON_AGENT_REREGISTERED', source: 'SOURCE_MASTER' })
  expect(back.uuid).toBeUndefined()
  expect(agent.agentId).toBe(idBefore)
  expect(agent.isRunning('t1')).toBe(true)
  expect(agent.heardOf('kill')).toEqual([])
})

test('P03 without PARTITION_AWARE the task is LOST first; after the return it runs and reconciles as RUNNING', async () => {
  const rack = await Rack.start({ timers })
  const agent = await rack.agent()
  const framework = await rack.framework({ info: plainFramework })
  await framework.run('t1')
  await agent.stop()
  expect(await framework.status('t1')).toMatchObject({ state: 'TASK_LOST', reason: 'REASON_AGENT_REMOVED' })
  await agent.start()
  await until('the task is known to run', async () => {
    await framework.reconcile([{ taskId: 't1', agentId: agent.agentId }])
    return (await framework.status('t1')).state === 'TASK_RUNNING'
  })
  expect(agent.isRunning('t1')).toBe(true)
})

test('P05 the framework is torn down during the partition: the returning agent must end the task', async () => {
  const rack = await Rack.start({ timers })
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  await agent.stop()
  await framework.status('t1')
  await framework.send({ type: 'TEARDOWN' })
  await agent.start()
  await until('the task is ended', () => !agent.isRunning('t1'))
  const state = await getJson(rack.http, '/state')
  expect(state.frameworks).toEqual([])
  expect(state.completed_frameworks).toMatchObject([{ id: framework.frameworkId }])
})

test('P07 a task that finishes during the partition is FINISHED for the framework afterwards', async () => {
  const rack = await Rack.start({ timers })
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  await agent.stop()
  expect((await framework.status('t1')).state).toBe('TASK_UNREACHABLE')
  agent.exit('t1')
  await agent.start()
  const finished = await framework.reaches('t1', 'TASK_FINISHED')
  expect(finished.uuid).toHaveLength(16)
  await framework.acknowledge(finished)
  await until('the task is completed', async () => {
    const [shown] = (await getJson(rack.http, '/frameworks')).frameworks as { completed_tasks: { state: string }[] }[]
    return shown?.completed_tasks[0]?.state === 'TASK_FINISHED'
  })
})

test('P08 a terminal task that nobody acknowledged keeps its state when its agent is lost', async () => {
  const rack = await Rack.start({ timers })
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  agent.exit('t1')
  await framework.reaches('t1', 'TASK_FINISHED')
  await agent.stop()
  await framework.stream.take('FAILURE')
  const updates = framework.stream.all.flatMap((event) => event.update?.status.state ?? [])
  expect(updates).not.toContain('TASK_UNREACHABLE')
  expect(updates).not.toContain('TASK_LOST')
})

test('P09 an agent that registers again for no reason: no kill, no update', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  const updates = framework.stream.all.filter((event) => event.type === 'UPDATE').length
  const registered = agent.heardOf('registered').length
  agent.relink()
  await until('the agent is taken again', () => agent.heardOf('registered').length > registered)
  await framework.reconcile([{ taskId: 't1', agentId: agent.agentId }])
  expect((await framework.status('t1')).state).toBe('TASK_RUNNING')
  expect(framework.stream.all.filter((event) => event.type === 'UPDATE')).toHaveLength(updates + 1)
  expect(agent.heardOf('kill')).toEqual([])
  expect(agent.isRunning('t1')).toBe(true)
})

test('P14 P16 an agent that does not come back after a failover: FAILURE, no update, reconciled as UNREACHABLE', async () => {
  const rack = await Rack.start({ timers: { agentReregisterTimeoutMs: 1000 } })
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t1')
  await agent.stop()
  await rack.failover()
  const back = rack.adopt(await framework.again())
  const recovered = await getJson(rack.http, '/slaves')
  expect(recovered).toMatchObject({ slaves: [], recovered_slaves: [{ id: agent.agentId, hostname: agent.hostname }] })
  expect((await back.stream.take('FAILURE')).failure?.agent_id?.value).toBe(agent.agentId)
  await back.reconcile([{ taskId: 't1', agentId: agent.agentId }])
  const status = await back.status('t1')
  expect(status).toMatchObject({ state: 'TASK_UNREACHABLE', reason: 'REASON_RECONCILIATION' })
  expect(status.unreachable_time).toBeDefined()
  expect(back.stream.all.filter((event) => event.type === 'UPDATE')).toHaveLength(1)
  expect((await getJson(rack.http, '/state')).unreachable_slaves).toBe(1)
})

test('P17 a framework without checkpointing loses its tasks when the link of their agent breaks', async () => {
  const rack = await Rack.start({ timers: { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 1000 } })
  const agent = await rack.agent()
  const framework = await rack.framework({ info: { checkpoint: false } })
  await framework.run('t1')
  await agent.stop()
  expect(await framework.status('t1')).toMatchObject({ state: 'TASK_LOST', reason: 'REASON_AGENT_DISCONNECTED' })
})

test('an agent that lost its disk is another agent: the tasks of the first are LOST', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1')
  const before = agent.agentId
  await agent.restart({ everything: true })
  expect(agent.agentId).not.toBe(before)
  expect(await framework.status('t1')).toMatchObject({ state: 'TASK_LOST', reason: 'REASON_AGENT_REMOVED' })
  expect((await framework.stream.take('FAILURE')).failure?.agent_id?.value).toBe(before)
})

test('while an agent is away its resources are offered to nobody; back again they are', async () => {
  const rack = await Rack.start({ timers })
  const agent = await rack.agent()
  const framework = await rack.framework()
  await framework.run('t1', { resources: scalars({ cpus: 1, mem: 64 }) })
  await framework.offer()
  await agent.stop()
  await framework.status('t1')
  const other = await rack.framework()
  await other.stream.take('HEARTBEAT')
  expect(other.stream.pending('OFFERS')).toEqual([])
  await agent.start()
  const offers = await Promise.race([framework.offer(), other.offer()])
  expect(offers.resources?.find((it) => it.name === 'cpus')?.scalar?.value).toBe(3)
})
