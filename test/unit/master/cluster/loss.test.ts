import { describe, expect, test } from 'vitest'
import { messagesQueuedMax } from '../../../../src/master/cluster/handshake.ts'
import { unreachableAgeMaxMs } from '../../../../src/master/cluster/loss.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aTaskInfo } from '../../../support/scheduler.ts'

const old = [{ type: 'MULTI_ROLE' }] as const

describe('silence', () => {
  test.each([
    ['UNREACHABLE, with its time', [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }] as const, 'TASK_UNREACHABLE'],
    ['LOST', old, 'TASK_LOST'],
  ])(
    'P01 after 75 s the agent is unreachable: its task %s, offers rescinded, FAILURE',
    (_what, capabilities, state) => {
      const rack = new TestCluster()
      const agent = rack.agent()
      const framework = rack.framework({ capabilities })
      framework.run(agent, 't')
      agent.beat()
      agent.lose()
      rack.pass(74_000)
      expect(framework.states('t')).toEqual(['TASK_RUNNING'])
      const offers = framework.offers.length
      rack.pass(1_000)
      expect(framework.update('t')).toMatchObject({
        state,
        source: 'SOURCE_MASTER',
        reason: 'REASON_AGENT_REMOVED',
        unreachable_time: { nanoseconds: expect.anything() },
      })
      expect(framework.update('t').uuid).toBeUndefined()
      expect(framework.all('RESCIND').length).toBeGreaterThan(0)
      expect(framework.all('FAILURE')).toEqual([{ type: 'FAILURE', failure: { agent_id: { value: agent.agentId } } }])
      expect(framework.offers).toHaveLength(offers)
      expect(rack.counter('slave_unreachable_completed')).toBe(1)
    },
  )

  test('what an unreachable agent had is persisted before anybody is told', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    rack.framework()
    agent.lose()
    rack.effects.length = 0
    rack.pass(76_000)
    const kinds = rack.effects.map((effect) => effect.kind)
    const failure = rack.effects.findIndex((effect) => effect.kind === 'sendEvent' && effect.event.type === 'FAILURE')
    expect(kinds.indexOf('persist')).toBeLessThan(failure)
  })

  test('an agent that beats is never unreachable', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    rack.pass(600_000)
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(true)
  })

  test('a master that stood still does not count that time against anybody', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    rack.nowMs += 3_600_000
    rack.settle()
    expect(framework.states('t')).toEqual(['TASK_RUNNING'])
    agent.beat()
    rack.pass(60_000)
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(true)
    agent.lose()
    rack.pass(76_000)
    expect(framework.update('t').state).toBe('TASK_UNREACHABLE')
  })

  test('time that passes while the shell handles a long batch is the master`s own, too', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const other = rack.agent()
    rack.nowMs += 70_000
    other.beat()
    rack.nowMs += 10
    rack.settle()
    expect([...rack.view.agents()]).toHaveLength(2)
    agent.beat()
  })

  test('P08 a terminal status that nobody acknowledged keeps its state, and is told again when the agent returns', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.update('t', 'TASK_FINISHED')
    agent.lose()
    rack.pass(80_000)
    expect(framework.states('t')).toEqual(['TASK_RUNNING', 'TASK_FINISHED'])
    agent.connect()
    agent.tell('t')
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(0)
    expect(rack.view.framework(framework.id)?.completedTasks).toMatchObject([{ id: 't', latestState: 'TASK_FINISHED' }])
  })

  test('a task whose end the framework has not been told yet is UNREACHABLE for it', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    agent.update('t', 'TASK_RUNNING')
    agent.update('t', 'TASK_FINISHED')
    agent.lose()
    rack.pass(80_000)
    expect(framework.states('t').at(-1)).toBe('TASK_UNREACHABLE')
  })

  test('more unreachable tasks than a framework may have: the oldest are forgotten', () => {
    const rack = new TestCluster({ unreachableTasksPerFrameworkMax: 2 })
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(
      framework.offer,
      ['a', 'b', 'c'].map((id) => aTaskInfo(framework.offer, id)),
    )
    agent.lose()
    rack.pass(80_000)
    expect([...(rack.view.framework(framework.id)?.unreachableTasks.keys() ?? [])]).toEqual(['b', 'c'])
  })

  test('P11 unreachable agents are forgotten after two weeks, and asked about then they are unknown', () => {
    const rack = new TestCluster({ schedulerHeartbeatMs: 1e12 })
    const agent = rack.agent()
    const framework = rack.framework()
    agent.lose()
    rack.pass(80_000)
    const agentId = agent.agentId as string
    expect(framework.reconcile({ taskId: 't', agentId })).toMatchObject([{ state: 'TASK_UNREACHABLE' }])
    rack.pass(unreachableAgeMaxMs + 16 * 60_000)
    expect(framework.reconcile({ taskId: 't', agentId })).toMatchObject([{ state: 'TASK_UNKNOWN' }])
    expect([...rack.view.unreachableAgents()]).toEqual([])
    agent.connect()
    expect(rack.view.agent(agentId as AgentId)).toBeDefined()
  })
})

describe('a broken link', () => {
  test('takes the offers back and leaves the tasks; nobody is told of a failure', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    agent.cut()
    expect(framework.all('RESCIND')).toHaveLength(1)
    rack.pass(60_000)
    expect(framework.states('t')).toEqual(['TASK_RUNNING'])
    expect(framework.all('FAILURE')).toEqual([])
    expect(rack.view.agent(agent.agentId as AgentId)).toMatchObject({ isConnected: false, isActive: false })
  })

  test('P17 a framework that does not checkpoint loses its tasks, unless the agent is back within a heartbeat', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ checkpoint: false })
    framework.run(agent, 't')
    agent.reconnect()
    rack.pass(30_000)
    expect(framework.states('t')).toEqual(['TASK_RUNNING'])
    agent.cut()
    rack.pass(15_000)
    expect(framework.update('t')).toMatchObject({ state: 'TASK_LOST', reason: 'REASON_AGENT_DISCONNECTED' })
    agent.connect()
    expect(framework.update('t')).toMatchObject({ state: 'TASK_RUNNING', reason: 'REASON_AGENT_REREGISTERED' })
    agent.update('t', 'TASK_FINISHED')
    framework.acknowledge(framework.update('t'))
    expect(agent.runs.size).toBe(0)
  })

  test('a hint about an agent that is not known changes nothing', () => {
    const rack = new TestCluster()
    expect(rack.step({ kind: 'agentDisconnected', uid: 'nobody' as never })).toEqual([])
  })

  test('an agent that takes nothing any more is cut, and what it missed is dropped when it returns', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    agent.isDeaf = true
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    const isConnected = () => rack.view.agent(agent.agentId as AgentId)?.isConnected
    for (let sent = 1; sent < messagesQueuedMax; sent++) framework.kill('t')
    expect(isConnected()).toBe(true)
    framework.kill('t')
    expect(isConnected()).toBe(false)
    expect(agent.session).toBeNull()
    agent.isDeaf = false
    agent.connect()
    expect(framework.updates().filter(({ reason }) => reason === 'REASON_RECONCILIATION')).toHaveLength(1)
    expect(rack.view.agent(agent.agentId as AgentId)?.used).toEqual([])
  })
})

describe('failover of the master', () => {
  test('P14 P16 an agent that does not come back in 10 min: FAILURE, no update, UNREACHABLE when asked', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 3600 })
    framework.run(agent, 't')
    rack.restartMaster()
    framework.events = []
    framework.subscribe()
    expect([...rack.view.recoveredAgents()].map(({ id, info }) => [id, info.hostname])).toEqual([
      [agent.agentId, 'machine'],
    ])
    rack.pass(599_000)
    expect(framework.all('FAILURE')).toEqual([])
    rack.pass(1_000)
    expect(framework.all('FAILURE')).toHaveLength(1)
    expect(framework.updates()).toEqual([])
    const agentId = agent.agentId as string
    expect(framework.reconcile({ taskId: 't', agentId })).toMatchObject([{ state: 'TASK_UNREACHABLE' }])
    agent.connect()
    expect(framework.update('t')).toMatchObject({ state: 'TASK_RUNNING', reason: 'REASON_AGENT_REREGISTERED' })
  })

  test('R08 an agent that was unreachable before the failover is so after it, since the same time', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 3600 })
    framework.run(agent, 't')
    agent.lose()
    rack.pass(80_000)
    const told = framework.update('t').unreachable_time
    rack.restartMaster()
    framework.subscribe()
    const [answer] = framework.reconcile({ taskId: 't', agentId: agent.agentId as string })
    expect(answer).toMatchObject({ state: 'TASK_UNREACHABLE', unreachable_time: told })
  })
})
