import { describe, expect, test } from 'vitest'
import type { AgentId, TaskId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

const aware = [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }] as const
const old = [{ type: 'MULTI_ROLE' }] as const

describe('a master that began anew', () => {
  test('does not tell again what the framework acknowledged before', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 1_000 })
    framework.run(agent, 't')
    rack.restartMaster()
    agent.connect()
    rack.settle()
    framework.subscribe()
    rack.settle()
    expect(framework.states('t')).toEqual(['TASK_RUNNING'])
    expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_RUNNING' }])
  })

  test('tells what the framework had not acknowledged', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 1_000 })
    framework.run(agent, 't')
    agent.update('t', 'TASK_FINISHED')
    rack.restartMaster()
    agent.connect()
    rack.settle()
    framework.subscribe()
    rack.settle()
    expect(framework.states('t')).toEqual(['TASK_RUNNING', 'TASK_FINISHED', 'TASK_FINISHED'])
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(0)
  })
})

describe('back from the unreachable', () => {
  test.each([
    ['P02', aware, 'TASK_UNREACHABLE'],
    ['P03', old, 'TASK_LOST'],
  ])(
    '%s the task runs on, is told as RUNNING with AGENT_REREGISTERED, and is not killed',
    (_id, capabilities, lost) => {
      const rack = new TestCluster()
      const agent = rack.agent()
      const framework = rack.framework({ capabilities })
      framework.run(agent, 't')
      agent.lose()
      rack.pass(80_000)
      agent.connect()
      rack.settle()
      expect(framework.states('t')).toEqual(['TASK_RUNNING', lost, 'TASK_RUNNING'])
      expect(framework.update('t')).toMatchObject({ reason: 'REASON_AGENT_REREGISTERED', source: 'SOURCE_MASTER' })
      expect(framework.update('t').uuid).toBeUndefined()
      expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_RUNNING' }])
      expect(agent.heardOf('kill')).toEqual([])
      expect(agent.heardOf('shutdownFramework')).toEqual([])
      expect(amount(framework.offer.resources, 'cpus')).toBe(3.5)
    },
  )

  test('P05 E25 a framework that ended meanwhile: its task is told to end and counts until it has', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't', { resources: scalars({ cpus: 3 }) })
    agent.lose()
    rack.pass(80_000)
    framework.call({ type: 'TEARDOWN' })
    const other = rack.framework()
    agent.connect()
    rack.settle()
    expect(agent.heardOf('shutdownFramework')).toMatchObject([{ frameworkId: framework.id }])
    expect(amount(other.offer.resources, 'cpus')).toBe(1)
    agent.update('t', 'TASK_KILLED')
    agent.forget('t')
    rack.pass(1_000)
    expect(amount(other.offer.resources, 'cpus')).toBe(3)
    expect([...rack.view.frameworks()].map(({ id }) => id)).toEqual([other.id])
  })

  test('P07 a task that finished meanwhile is FINISHED for its framework, and nothing else in between', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.lose()
    rack.pass(80_000)
    agent.update('t', 'TASK_FINISHED')
    agent.connect()
    agent.tell('t')
    expect(framework.states('t')).toEqual(['TASK_RUNNING', 'TASK_UNREACHABLE', 'TASK_FINISHED'])
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(0)
    rack.settle()
    expect(amount(framework.offer.resources, 'cpus')).toBe(4)
  })

  test('P10 a launch that never arrived is DROPPED and no longer unreachable', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    agent.isDeaf = true
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    agent.lose()
    rack.pass(80_000)
    agent.isDeaf = false
    agent.connect()
    expect(framework.states('t')).toEqual(['TASK_UNREACHABLE', 'TASK_DROPPED'])
    expect(rack.view.framework(framework.id)?.unreachableTasks.size).toBe(0)
    expect(rack.view.framework(framework.id)?.completedTasks).toHaveLength(1)
  })
})

describe('back after a broken link', () => {
  test('P09 for no reason: no kill, no update, offers stand', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    const { length } = framework.events
    agent.connect()
    rack.settle()
    expect(framework.events).toHaveLength(length)
    expect(agent.heardOf('kill')).toEqual([])
    expect(rack.counter('slave_reregistrations')).toBe(1)
  })

  test.each([
    ['DROPPED', aware],
    ['LOST', old],
  ])('E23 a task that the agent does not know is %s, its resources are free', (state, capabilities) => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ capabilities })
    agent.isDeaf = true
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')], 0)
    agent.isDeaf = false
    agent.reconnect()
    rack.settle()
    expect(framework.update('t')).toMatchObject({
      state: `TASK_${state}`,
      source: 'SOURCE_AGENT',
      reason: 'REASON_RECONCILIATION',
    })
    expect(amount(framework.offer.resources, 'cpus')).toBe(4)
    expect(rack.counter(`tasks_${state.toLowerCase()}`)).toBe(1)
  })

  test('a launch that arrived although nobody said so goes on: it is never launched twice', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    agent.update('t', 'TASK_RUNNING')
    agent.reconnect()
    expect(agent.heardOf('launch')).toHaveLength(1)
    expect(framework.states('t')).toEqual(['TASK_RUNNING'])
  })

  test('E24 a kill that was asked for while it was away is told when it is back', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.cut()
    framework.kill('t')
    expect(agent.heardOf('kill')).toEqual([])
    agent.connect()
    expect(agent.heardOf('kill')).toMatchObject([{ taskId: 't', gracePeriodMs: null }])
  })

  test('a kill that got lost with its session is told again', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.isDeaf = true
    framework.kill('t')
    agent.isDeaf = false
    agent.reconnect()
    expect(agent.heardOf('kill')).toHaveLength(1)
  })

  test('an acknowledgement that got lost with its session is given again, and nobody is asked twice', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.update('t', 'TASK_FINISHED')
    agent.isDeaf = true
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(1)
    const { length } = framework.updates()
    agent.isDeaf = false
    agent.reconnect()
    expect(agent.runs.size).toBe(0)
    expect(framework.updates()).toHaveLength(length)
    expect(rack.view.framework(framework.id)?.tasks.size).toBe(0)
  })

  test('an acknowledgement that is given while the agent is away reaches it when it is back', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.update('t', 'TASK_KILLING')
    agent.cut()
    framework.acknowledge(framework.update('t'))
    agent.connect()
    expect(agent.runs.get('t')?.acknowledged).toBe(2)
  })

  test('a task that ended while the link was broken frees its resources at once, acknowledged or not', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.cut()
    agent.update('t', 'TASK_FAILED')
    agent.connect()
    rack.settle()
    expect(amount(framework.offer.resources, 'cpus')).toBe(4)
    expect(rack.view.framework(framework.id)?.tasks.get('t' as TaskId)?.latestState).toBe('TASK_FAILED')
  })

  test('its shutdown of a framework that got lost is told again until the tasks have ended', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.isDeaf = true
    framework.call({ type: 'TEARDOWN' })
    agent.isDeaf = false
    agent.reconnect()
    expect(agent.heardOf('shutdownFramework')).toHaveLength(1)
    agent.reconnect()
    expect(agent.heardOf('shutdownFramework')).toHaveLength(2)
    expect(amount(rack.framework().offer.resources, 'cpus')).toBe(3.5)
    agent.forget('t')
    agent.reconnect()
    expect(rack.view.agent(agent.agentId as AgentId)?.used).toEqual([])
  })

  test('a machine that shrank takes its offers back and gives nothing away that its tasks hold', () => {
    const rack = new TestCluster()
    const agent = rack.agent({ resources: { cpus: 4, mem: 4096 } })
    const framework = rack.framework()
    framework.run(agent, 't', { resources: scalars({ cpus: 1 }) })
    agent.change({ resources: { cpus: 2, mem: 4096 } })
    agent.reconnect()
    rack.settle()
    expect(amount(framework.offer.resources, 'cpus')).toBe(1)
    expect([...rack.view.agents()][0]?.total).toHaveLength(2)
  })
})

test('A17 what an agent says of itself changed: offers are taken back, and refusals are forgotten', () => {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  const [first] = framework.offers
  agent.change({ attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r2' } }] })
  agent.connect()
  rack.settle()
  expect(framework.all('RESCIND')).toMatchObject([{ rescind: { offer_id: first?.id } }])
  expect(framework.offer.attributes).toMatchObject([{ name: 'rack' }])
  framework.decline(framework.offer, 3600)
  agent.change({ attributes: [] })
  agent.connect()
  rack.settle()
  expect(framework.offer.attributes).toEqual([])
  rack.restartMaster()
  expect([...rack.view.recoveredAgents()][0]?.info.attributes ?? []).toEqual([])
})

describe('a master that knows nothing', () => {
  test('takes tasks, resources, GPUs and kills over from the report', () => {
    const rack = new TestCluster()
    const agent = rack.agent({ resources: { cpus: 4, gpus: 2, mem: 1024 }, gpuUuids: ['GPU-a', 'GPU-b'] })
    const capabilities = [...aware, { type: 'GPU_RESOURCES' as const }]
    const framework = rack.framework({ failover_timeout: 3600, capabilities })
    framework.run(agent, 't', { resources: scalars({ cpus: 1, gpus: 1 }) })
    rack.restartMaster()
    agent.connect()
    framework.subscribe()
    rack.settle()
    expect(amount(framework.offer.resources, 'gpus')).toBe(1)
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 'u', { resources: scalars({ cpus: 1, gpus: 1 }) })])
    expect(agent.heardOf('launch').map(({ grant }) => grant.gpuUuids)).toEqual([['GPU-a'], ['GPU-b']])
    expect(framework.reconcile()).toMatchObject([{ state: 'TASK_RUNNING' }, { state: 'TASK_STAGING' }])
    framework.kill('t')
    expect(agent.heardOf('kill')).toHaveLength(1)
  })

  test('a status that waited for its acknowledgement is told and acknowledged under the new master', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 3600 })
    framework.run(agent, 't')
    agent.update('t', 'TASK_FINISHED')
    rack.restartMaster()
    framework.subscribe()
    agent.connect()
    agent.tell('t')
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(0)
    expect(rack.view.framework(framework.id)?.tasks.size).toBe(0)
  })

  test('the second task of one id is ended on its agent, counts until then, and its framework hears nothing of it', () => {
    const rack = new TestCluster({ unreachableTasksPerFrameworkMax: 0 })
    const [one, two] = [rack.agent(), rack.agent()]
    const framework = rack.framework()
    const offerOf = (agent: typeof one) => framework.offers.findLast((it) => it.agent_id.value === agent.agentId)
    const first = offerOf(one)
    if (first === undefined) throw new Error('an offer was expected')
    framework.launch(first, [aTaskInfo(first, 't')])
    one.update('t', 'TASK_RUNNING')
    one.lose()
    rack.pass(80_000)
    const second = offerOf(two)
    if (second === undefined) throw new Error('an offer was expected')
    framework.launch(second, [aTaskInfo(second, 't')])
    two.update('t', 'TASK_RUNNING')
    const { length } = framework.updates()
    one.connect()
    expect(one.heardOf('kill')).toMatchObject([{ taskId: 't' }])
    one.tell('t')
    one.update('t', 'TASK_KILLED')
    rack.settle()
    expect(one.runs.size).toBe(0)
    expect(framework.updates()).toHaveLength(length)
    expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ agent_id: { value: two.agentId } }])
    rack.pass(1_000)
    expect(amount(offerOf(one)?.resources, 'cpus')).toBe(4)
  })
})
