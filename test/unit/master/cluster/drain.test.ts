import { describe, expect, test } from 'vitest'
import { pruneIntervalMs, unreachableAgeMaxMs } from '../../../../src/master/cluster/loss.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { unackedMax } from '../../../../src/wire/channel.ts'
import { type TestAgent, TestCluster } from '../../../support/cluster-harness.ts'
import { dynamicReservation, operationCapabilities } from '../../../support/operations.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

const hourMs = 3_600_000
const reserved = {
  name: 'cpus',
  type: 'SCALAR' as const,
  scalar: { value: 1 },
  reservations: [dynamicReservation()],
}

function drain(cluster: TestCluster, { agentId }: TestAgent, markGone = false, maxGraceMs: number | null = null) {
  return cluster.request((requestId) => ({
    kind: 'drainAgent',
    requestId,
    agentId: agentId as AgentId,
    maxGraceMs,
    markGone,
  }))
}

function markGone(cluster: TestCluster, agentId: AgentId | null) {
  return cluster.request((requestId) => ({ kind: 'markAgentGone', requestId, agentId: agentId as AgentId }))
}

function stateOf(cluster: TestCluster, { agentId }: TestAgent): string {
  const drain = cluster.view.agent(agentId as AgentId)?.drain ?? null
  return drain === null ? 'none' : drain.isDrained ? 'drained' : 'draining'
}

test('every task of the machine is told to end, once, also to an agent that registers again', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  const framework = cluster.framework()
  framework.run(agent, 'a')
  framework.run(agent, 'b')
  drain(cluster, agent, false, 500)
  const told = () => agent.heardOf('kill').map(({ taskId, drain: order }) => `${taskId} ${order?.maxGraceMs}`)
  expect(told()).toEqual(['a 500', 'b 500'])
  agent.update('a', 'TASK_KILLED')
  agent.reconnect()
  expect(told()).toEqual(['a 500', 'b 500', 'b 500'])
  drain(cluster, agent, false, 100)
  expect(told().at(-1)).toBe('b 100')
})

describe('what the operator said last', () => {
  const orders = (agent: TestAgent) => agent.heardOf('kill').map(({ drain: order }) => order)

  test('is told of tasks that were unreachable when it was said', () => {
    const cluster = new TestCluster()
    const agent = cluster.agent()
    const framework = cluster.framework()
    framework.run(agent, 't')
    drain(cluster, agent, false, hourMs)
    agent.lose()
    cluster.pass(cluster.view.config.agentHeartbeatMs * (cluster.view.config.agentHeartbeatMissesMax + 1))
    expect(framework.update('t').state).toBe('TASK_UNREACHABLE')
    drain(cluster, agent, true, 100)
    agent.connect()
    cluster.settle()
    expect(orders(agent).at(-1)).toEqual({ maxGraceMs: 100, markGone: true })
  })

  test('is told of tasks that were lost to sight by a broken link', () => {
    const cluster = new TestCluster()
    const agent = cluster.agent()
    const framework = cluster.framework({ checkpoint: false })
    framework.run(agent, 't')
    drain(cluster, agent, false, hourMs)
    agent.cut()
    cluster.pass(cluster.view.config.agentHeartbeatMs)
    expect(framework.update('t').state).toBe('TASK_LOST')
    drain(cluster, agent, true, 100)
    agent.connect()
    cluster.settle()
    expect(orders(agent).at(-1)).toEqual({ maxGraceMs: 100, markGone: true })
  })

  test('is told of the second run of a task that its framework has elsewhere', () => {
    const cluster = new TestCluster()
    const agent = cluster.agent({ hostname: 'x' })
    const framework = cluster.framework({ failover_timeout: 3600 })
    framework.run(agent, 't')
    cluster.restartMaster()
    framework.subscribe()
    const other = cluster.agent({ hostname: 'y' })
    cluster.pass(cluster.view.config.agentReregisterTimeoutMs + 1)
    framework.run(other, 't')
    drain(cluster, agent, false, 100)
    agent.connect()
    cluster.settle()
    expect(orders(agent).at(-1)).toEqual({ maxGraceMs: 100, markGone: false })
    drain(cluster, agent, false, 50)
    expect(orders(agent).at(-1)).toEqual({ maxGraceMs: 50, markGone: false })
  })
})

test('a machine with as many tasks as an agent takes is told to end them all, and keeps its link', () => {
  const cluster = new TestCluster()
  cluster.isChecked = false
  const agent = cluster.agent({ resources: { cpus: 100, mem: 100_000 } })
  const framework = cluster.framework()
  const tasks = unackedMax + 512
  for (let at = 0; at < tasks; at += 512) {
    const { offer } = framework
    const resources = scalars({ cpus: 0.01, mem: 1 })
    framework.launch(
      offer,
      Array.from({ length: 512 }, (_, i) => aTaskInfo(offer, `t${at + i}`, { resources })),
      0,
    )
    cluster.pass(cluster.view.config.allocationIntervalMs)
  }
  expect(agent.runs.size).toBe(tasks)
  drain(cluster, agent)
  cluster.settle()
  expect(cluster.view.agent(agent.agentId as AgentId)?.isConnected).toBe(true)
  expect(new Set(agent.heardOf('kill').map(({ taskId }) => taskId)).size).toBe(tasks)
})

test('a drained machine that stays away is not forgotten, or it would come back into the offers', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  drain(cluster, agent)
  agent.lose()
  cluster.pass(unreachableAgeMaxMs + 2 * pruneIntervalMs)
  agent.connect()
  expect(stateOf(cluster, agent)).toBe('drained')
})

test('a kill of the framework meanwhile keeps what the operator said', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  const framework = cluster.framework()
  framework.run(agent, 't')
  drain(cluster, agent, true, 500)
  framework.kill('t')
  expect(agent.heardOf('kill').at(-1)?.drain).toEqual({ maxGraceMs: 500, markGone: true })
})

test('an operation that waits for its end, or for its acknowledgement, keeps the machine from being drained', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent({ capabilities: operationCapabilities })
  agent.isSlow = true
  const framework = cluster.framework({ principal: 'p' })
  framework.accept([framework.offer], [{ type: 'RESERVE', id: { value: 'o' }, reserve: { resources: [reserved] } }])
  drain(cluster, agent)
  expect(stateOf(cluster, agent)).toBe('draining')
  agent.carryOut()
  expect(stateOf(cluster, agent)).toBe('draining')
  const [status] = framework.operationStatuses('o')
  if (status === undefined) throw new Error('the framework was told nothing')
  framework.acknowledgeOperation(status)
  expect(stateOf(cluster, agent)).toBe('drained')
})

test('an operation that has ended is not waited for when its framework is not there to acknowledge it', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent({ capabilities: operationCapabilities })
  const framework = cluster.framework({ principal: 'p', failover_timeout: 3600 })
  framework.accept([framework.offer], [{ type: 'RESERVE', id: { value: 'o' }, reserve: { resources: [reserved] } }])
  drain(cluster, agent)
  expect(stateOf(cluster, agent)).toBe('draining')
  cluster.restartMaster()
  agent.connect()
  expect(stateOf(cluster, agent)).toBe('drained')
  framework.subscribe()
  cluster.settle()
  expect(framework.operationStatuses('o').at(-1)?.state).toBe('OPERATION_FINISHED')
})

test('tasks of a framework that was torn down keep the machine draining until they have ended', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  const framework = cluster.framework()
  framework.run(agent, 't')
  drain(cluster, agent)
  framework.call({ type: 'TEARDOWN' })
  expect(stateOf(cluster, agent)).toBe('draining')
  agent.update('t', 'TASK_KILLED')
  expect(stateOf(cluster, agent)).toBe('drained')
})

test('a machine whose tasks are out of sight is not called drained before it is back', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  const framework = cluster.framework({ checkpoint: false })
  framework.run(agent, 't')
  agent.cut()
  drain(cluster, agent)
  cluster.pass(cluster.view.config.agentHeartbeatMs)
  expect(framework.update('t').state).toBe('TASK_LOST')
  expect(stateOf(cluster, agent)).toBe('draining')
  agent.reconnect()
  expect(agent.heardOf('kill').map(({ taskId }) => taskId)).toEqual(['t'])
  agent.update('t', 'TASK_KILLED')
  framework.acknowledge(framework.update('t'))
  expect(stateOf(cluster, agent)).toBe('drained')
})

test('a drained machine stays so over a broken link and for the next master; deactivating it changes nothing', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  drain(cluster, agent)
  expect(stateOf(cluster, agent)).toBe('drained')
  agent.reconnect()
  cluster.request((requestId) => ({
    kind: 'setAgentActivity',
    requestId,
    agentId: agent.agentId as AgentId,
    isActive: false,
  }))
  cluster.restartMaster()
  agent.connect()
  expect(stateOf(cluster, agent)).toBe('drained')
})

test('one that is to be given up is so when nothing is left, and not before', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  const events = cluster.operator()
  const framework = cluster.framework()
  framework.run(agent, 't')
  drain(cluster, agent, true)
  agent.update('t', 'TASK_GONE_BY_OPERATOR')
  expect(stateOf(cluster, agent)).toBe('draining')
  framework.acknowledge(framework.update('t'))
  expect([...cluster.view.agents()]).toEqual([])
  // As in Mesos, who listens hears of agents that are replaced alone.
  expect(events.map(({ type }) => type)).not.toContain('AGENT_REMOVED')
  expect(framework.types).toContain('FAILURE')
  agent.connect()
  expect(agent.heard.at(-1)).toMatchObject({ kind: 'refused', shutdown: true })
})

test('a registration that waits for its third step does not bring back a machine that was given up meanwhile', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent()
  agent.cut()
  agent.isMute = true
  agent.connect()
  expect(markGone(cluster, agent.agentId).status).toBe(200)
  agent.isMute = false
  agent.beat()
  expect([...cluster.view.agents()]).toEqual([])
})
