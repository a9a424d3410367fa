import { describe, expect, test } from 'vitest'
import type { AgentId, FrameworkId, TaskId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

function running() {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  framework.run(agent, 't')
  return { rack, agent, framework, task: () => rack.view.framework(framework.id)?.tasks.get('t' as TaskId) }
}

describe('statuses', () => {
  test('each is told with its uuid, one after the other as they are acknowledged', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    for (const state of ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'] as const) agent.update('t', state)
    expect(new Set(framework.states('t'))).toEqual(new Set(['TASK_STARTING']))
    framework.acknowledge(framework.update('t'))
    expect(framework.states('t').at(-1)).toBe('TASK_RUNNING')
    framework.acknowledge(framework.update('t'))
    expect(framework.states('t').at(-1)).toBe('TASK_FINISHED')
    expect(framework.update('t').uuid).toHaveLength(16)
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(0)
  })

  test('the end frees the resources before anybody acknowledges, and the task stays listed until then', () => {
    const { rack, agent, framework, task } = running()
    agent.update('t', 'TASK_FINISHED')
    rack.settle()
    expect(amount(framework.offer.resources, 'cpus')).toBe(0.5)
    expect(rack.view.agent(agent.agentId as AgentId)?.used).toEqual([])
    expect(task()?.latestState).toBe('TASK_FINISHED')
    framework.acknowledge(framework.update('t'))
    expect(task()).toBeUndefined()
    expect(rack.view.framework(framework.id)?.completedTasks).toMatchObject([{ id: 't' }])
  })

  test('C26 a terminal task that is never acknowledged gives its resources to the next offer', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources: scalars({ cpus: 4, mem: 4096 }) })])
    agent.update('t', 'TASK_FINISHED')
    rack.settle()
    expect(amount(framework.offer.resources, 'cpus')).toBe(4)
  })

  test('a newer state is known at once while an older status still waits: resources are free, reconciliation is not ahead', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    agent.update('t', 'TASK_RUNNING')
    agent.update('t', 'TASK_FAILED')
    expect(rack.view.framework(framework.id)?.tasks.get('t' as TaskId)).toMatchObject({
      latestState: 'TASK_FAILED',
      status: { state: 'TASK_RUNNING' },
    })
    expect(rack.view.agent(agent.agentId as AgentId)?.used).toEqual([])
    expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_RUNNING' }])
  })

  test('a status that comes again is told again until it is acknowledged, and recorded once', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    agent.update('t', 'TASK_RUNNING')
    agent.tell('t')
    expect(framework.updates('t')).toHaveLength(2)
    expect(rack.view.framework(framework.id)?.tasks.get('t' as TaskId)?.statuses).toHaveLength(1)
    agent.isDeaf = true
    framework.acknowledge(framework.update('t'))
    agent.tell('t')
    expect(framework.updates('t')).toHaveLength(2)
  })

  test('the end of a task that is completed already is acknowledged by the master', () => {
    const { agent, framework } = running()
    agent.update('t', 'TASK_FINISHED')
    agent.isDeaf = true
    framework.acknowledge(framework.update('t'))
    agent.tell('t')
    agent.isDeaf = false
    const { length } = framework.updates()
    agent.reconnect()
    expect(agent.runs.size).toBe(0)
    expect(framework.updates()).toHaveLength(length)
  })

  test('after the end nothing else is believed', () => {
    const { rack, agent, framework } = running()
    agent.update('t', 'TASK_FINISHED')
    const run = agent.runs.get('t')
    const status = { ...run?.statuses[0], state: 'TASK_RUNNING', uuid: btoa('0123456789abcdef') }
    agent.say({
      kind: 'statusUpdate',
      frameworkId: framework.id,
      taskId: 't' as TaskId,
      status,
      latestState: 'TASK_RUNNING',
    })
    expect(framework.states('t')).toEqual(['TASK_RUNNING', 'TASK_FINISHED'])
    expect(rack.counter('invalid_status_updates')).toBe(1)
  })

  test.each([
    ['no uuid', { uuid: undefined }],
    ['a uuid of another length', { uuid: btoa('short') }],
    ['another task', { task_id: { value: 'other' } }],
    ['no known state', { state: 'TASK_DANCING' }],
  ])('one with %s is dropped and counted', (_what, wrong) => {
    const { rack, agent, framework } = running()
    const { length } = framework.updates()
    const status = { task_id: { value: 't' }, state: 'TASK_FAILED', uuid: btoa('0123456789abcdef'), ...wrong }
    agent.say({
      kind: 'statusUpdate',
      frameworkId: framework.id,
      taskId: 't' as TaskId,
      status,
      latestState: 'TASK_FAILED',
    })
    expect(framework.updates()).toHaveLength(length)
    expect(rack.counter('invalid_status_updates')).toBe(1)
  })

  test('an agent speaks for itself alone: its status names it, and it cannot end a task of another agent', () => {
    const { rack, framework } = running()
    const other = rack.agent()
    const status = { task_id: { value: 't' }, state: 'TASK_FAILED', uuid: btoa('0123456789abcdef') }
    const { length } = framework.updates()
    other.say({
      kind: 'statusUpdate',
      frameworkId: framework.id,
      taskId: 't' as TaskId,
      status,
      latestState: 'TASK_FAILED',
    })
    expect(framework.updates()).toHaveLength(length)
    expect(rack.view.framework(framework.id)?.tasks.get('t' as TaskId)?.latestState).toBe('TASK_RUNNING')
  })

  test('a task keeps few statuses, the first RUNNING one among them, and none of their data', () => {
    const { agent, framework, task } = running()
    for (let i = 0; i < 50; i++) {
      agent.update('t', 'TASK_RUNNING', { healthy: i % 2 === 0, data: btoa('x') })
      framework.acknowledge(framework.update('t'))
    }
    expect(task()?.statuses).toHaveLength(16)
    expect(task()?.statuses[0]).not.toHaveProperty('healthy')
    expect(task()?.statuses.at(-1)).not.toHaveProperty('data')
    expect(task()?.status).not.toHaveProperty('data')
  })

  test('the completed list is bounded, the newest stay', () => {
    const rack = new TestCluster({ completedTasksPerFrameworkMax: 2 })
    const agent = rack.agent()
    const framework = rack.framework()
    for (const id of ['a', 'b', 'c']) {
      framework.run(agent, id)
      agent.update(id, 'TASK_FINISHED')
      framework.acknowledge(framework.update(id))
      rack.pass(1_000)
    }
    expect(rack.view.framework(framework.id)?.completedTasks.map(({ id }) => id)).toEqual(['b', 'c'])
    expect(rack.counter('tasks_finished')).toBe(3)
  })
})

describe('acknowledgements', () => {
  test.each([
    ['of another uuid', (status: object) => ({ ...status, uuid: new Uint8Array(16) })],
    ['of another task', (status: object) => ({ ...status, task_id: { value: 'x' } })],
    ['of another agent', (status: object) => ({ ...status, agent_id: { value: 'x' } })],
  ])('%s are dropped', (_what, change) => {
    const { rack, agent, framework, task } = running()
    agent.update('t', 'TASK_FINISHED')
    framework.acknowledge(change(framework.update('t')) as never)
    expect(task()).toBeDefined()
    expect(agent.heardOf('acknowledge')).toHaveLength(1)
    expect(rack.counter('invalid_status_update_acknowledgements')).toBe(1)
  })

  test('one given twice is forwarded and counts once for the books', () => {
    const { agent, framework } = running()
    agent.update('t', 'TASK_FINISHED')
    const status = framework.update('t')
    framework.acknowledge(status)
    framework.acknowledge(status)
    expect(agent.heardOf('acknowledge')).toHaveLength(2)
  })

  test('a framework cannot acknowledge for another', () => {
    const { rack, agent, framework, task } = running()
    agent.update('t', 'TASK_FINISHED')
    rack.framework().acknowledge(framework.update('t'))
    expect(task()).toBeDefined()
  })
})

test('a heartbeat is answered, so that the agent notices a silent master', () => {
  const { agent } = running()
  const before = agent.heardOf('heartbeatEcho').length
  agent.beat()
  expect(agent.heardOf('heartbeatEcho')).toHaveLength(before + 1)
})

test('what an agent did not acknowledge is repeated until it has', () => {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  agent.isDeaf = true
  framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
  agent.isDeaf = false
  rack.pass(5_000)
  expect(agent.heardOf('launch')).toHaveLength(1)
})

test('frames of an agent nobody knows are counted and dropped', () => {
  const rack = new TestCluster()
  const frame = { v: 1, session: 's' as never, epoch: 1, seq: 1, ack: 0, message: { kind: 'heartbeat' } } as const
  rack.step({ kind: 'agentFrame', uid: 'nobody' as never, frame })
  expect(rack.counter('dropped_messages')).toBe(1)
  expect(rack.view.framework('x' as FrameworkId)).toBeUndefined()
})
