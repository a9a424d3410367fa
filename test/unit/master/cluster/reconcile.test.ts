import { describe, expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aTaskInfo } from '../../../support/scheduler.ts'

const aware = [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }] as const
const old = [{ type: 'MULTI_ROLE' }] as const

function running(capabilities: typeof aware | typeof old = aware) {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework({ capabilities, failover_timeout: 3600 })
  framework.run(agent, 't')
  return { rack, agent, framework, agentId: agent.agentId as string }
}

test('C03 R01 a task is answered with its latest state, REASON_RECONCILIATION, no uuid', () => {
  const { framework, agent } = running()
  expect(framework.reconcile({ taskId: 't' })).toEqual([
    {
      task_id: { value: 't' },
      state: 'TASK_RUNNING',
      source: 'SOURCE_MASTER',
      reason: 'REASON_RECONCILIATION',
      message: 'the latest state of the task',
      agent_id: { value: agent.agentId },
      timestamp: expect.any(Number),
    },
  ])
})

test('the answer carries health, check and container of the newest status, but not its labels and data', () => {
  const { framework, agent } = running()
  agent.update('t', 'TASK_RUNNING', {
    healthy: true,
    check_status: { type: 'TCP', tcp: { succeeded: true } },
    container_status: { container_id: { value: 'c' } },
    executor_id: { value: 't' },
    labels: { labels: [{ key: 'k' }] },
    data: btoa('x'),
  })
  const [answer] = framework.reconcile({ taskId: 't' })
  expect(answer).toMatchObject({
    healthy: true,
    check_status: { type: 'TCP' },
    container_status: { container_id: { value: 'c' } },
    executor_id: { value: 't' },
  })
  expect(answer).not.toHaveProperty('labels')
  expect(answer).not.toHaveProperty('data')
})

test('a task that was only launched is STAGING', () => {
  const { framework } = running()
  framework.launch(framework.offer, [aTaskInfo(framework.offer, 'u')])
  expect(framework.reconcile({ taskId: 'u' })).toMatchObject([{ state: 'TASK_STAGING' }])
})

describe.each([
  ['PARTITION_AWARE', aware],
  ['older', old],
])('a framework that is %s asks about a task nobody holds', (name, capabilities) => {
  const stateOf = (state: string) => (name === 'older' ? 'TASK_LOST' : state)

  test('R02 on an agent nobody knows', () => {
    const { framework } = running(capabilities)
    expect(framework.reconcile({ taskId: 'x', agentId: 'nobody' })).toMatchObject([{ state: stateOf('TASK_UNKNOWN') }])
  })

  test('R02 on no agent in particular', () => {
    const { framework } = running(capabilities)
    const [answer] = framework.reconcile({ taskId: 'x' })
    expect(answer).toMatchObject({ state: stateOf('TASK_UNKNOWN') })
    expect(answer).not.toHaveProperty('agent_id')
  })

  test('R03 on a registered agent', () => {
    const { framework, agentId } = running(capabilities)
    expect(framework.reconcile({ taskId: 'x', agentId })).toMatchObject([{ state: stateOf('TASK_GONE') }])
  })

  test('on an unreachable agent, with its time', () => {
    const { rack, framework, agent, agentId } = running(capabilities)
    agent.lose()
    rack.pass(80_000)
    expect(framework.reconcile({ taskId: 't', agentId })).toMatchObject([
      { state: stateOf('TASK_UNREACHABLE'), unreachable_time: { nanoseconds: expect.anything() } },
    ])
    expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: stateOf('TASK_UNKNOWN') }])
  })

  test('on an agent that was marked gone', () => {
    const { rack, framework, agent, agentId } = running(capabilities)
    rack.mark({ op: 'markGone', agentId: agentId as never, uid: agent.uid, sinceMs: rack.nowMs })
    rack.restartMaster()
    framework.subscribe()
    expect(framework.reconcile({ taskId: 't', agentId })).toMatchObject([{ state: stateOf('TASK_GONE_BY_OPERATOR') }])
  })
})

test('R04 no answer while the agent, or any agent where none is named, may still come back', () => {
  const { rack, framework, agent, agentId } = running()
  rack.restartMaster()
  framework.subscribe()
  expect(framework.reconcile({ taskId: 't', agentId })).toEqual([])
  expect(framework.reconcile({ taskId: 't' })).toEqual([])
  expect(framework.reconcile({ taskId: 't', agentId: 'nobody' })).toMatchObject([{ state: 'TASK_UNKNOWN' }])
  agent.isMute = true
  agent.connect()
  expect(framework.reconcile({ taskId: 't', agentId })).toEqual([])
  agent.isMute = false
  agent.connect()
  expect(framework.reconcile({ taskId: 't', agentId })).toMatchObject([{ state: 'TASK_RUNNING' }])
})

test('R04 no answer about an unreachable agent that is just coming back', () => {
  const { rack, framework, agent, agentId } = running()
  agent.lose()
  rack.pass(80_000)
  agent.isMute = true
  agent.connect()
  expect(framework.reconcile({ taskId: 't', agentId })).toEqual([])
})

test('R05 implicit: every task that is held; acknowledged ends and unreachable tasks are not', () => {
  const { rack, framework, agent } = running()
  const other = rack.agent()
  const offer = framework.offers.findLast((it) => it.agent_id.value === other.agentId)
  if (offer === undefined) throw new Error('an offer was expected')
  framework.launch(offer, [aTaskInfo(offer, 'u'), aTaskInfo(offer, 'v')])
  for (const id of ['u', 'v']) other.update(id, 'TASK_FINISHED')
  framework.acknowledge(framework.update('v'))
  expect(framework.reconcile().map(({ task_id, state }) => [task_id.value, state])).toEqual([
    ['t', 'TASK_RUNNING'],
    ['u', 'TASK_FINISHED'],
  ])
  agent.lose()
  rack.pass(80_000)
  expect(framework.reconcile().map(({ task_id }) => task_id.value)).toEqual(['u'])
})

test('R06 an end that is not acknowledged is answered as such', () => {
  const { framework, agent } = running()
  agent.update('t', 'TASK_FAILED')
  expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_FAILED' }])
})

test('R09 operations: recovering, unknown, unreachable; this version knows none', () => {
  const { rack, framework, agent, agentId } = running()
  const ask = (id?: string) => {
    const before = framework.all('UPDATE_OPERATION_STATUS').length
    const agent_id = id === undefined ? {} : { agent_id: { value: id } }
    const operations = [{ operation_id: { value: 'o' }, ...agent_id }]
    expect(framework.call({ type: 'RECONCILE_OPERATIONS', reconcile_operations: { operations } }).status).toBe(202)
    return framework.all('UPDATE_OPERATION_STATUS')[before]?.update_operation_status?.status.state
  }
  expect(ask(agentId)).toBe('OPERATION_UNKNOWN')
  expect(ask()).toBe('OPERATION_UNKNOWN')
  agent.lose()
  rack.pass(80_000)
  expect(ask(agentId)).toBe('OPERATION_UNREACHABLE')
  agent.connect()
  rack.restartMaster()
  framework.subscribe()
  expect(ask(agentId)).toBe('OPERATION_RECOVERING')
})
