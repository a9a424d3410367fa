import { describe, expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'

describe('the operators` stream', () => {
  test('O02 begins with the whole state and a HEARTBEAT, which comes every 15 s', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    const events = rack.operator()
    expect(events.map((event) => event.type)).toEqual(['SUBSCRIBED', 'HEARTBEAT'])
    expect(events[0]?.subscribed).toMatchObject({
      heartbeat_interval_seconds: 15,
      get_state: {
        get_tasks: { tasks: [{ task_id: { value: 't' }, state: 'TASK_RUNNING', status_update_state: 'TASK_RUNNING' }] },
        get_frameworks: { frameworks: [{ framework_info: { id: { value: framework.id } }, connected: true }] },
        get_agents: { agents: [{ agent_info: { id: { value: agent.agentId } }, pid: 'slave(1)@10.0.0.1:5051' }] },
      },
    })
    rack.pass(30_000)
    expect(events.filter((event) => event.type === 'HEARTBEAT')).toHaveLength(3)
  })

  test('O02 a task is ADDED, then UPDATED with each of its statuses and its latest state', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    const events = rack.operator()
    framework.run(agent, 't')
    agent.update('t', 'TASK_FINISHED')
    const told = events.filter((event) => event.type?.startsWith('TASK'))
    expect(told).toMatchObject([
      { type: 'TASK_ADDED', task_added: { task: { task_id: { value: 't' }, state: 'TASK_STAGING' } } },
      { type: 'TASK_UPDATED', task_updated: { state: 'TASK_RUNNING', status: { state: 'TASK_RUNNING' } } },
      { type: 'TASK_UPDATED', task_updated: { state: 'TASK_FINISHED', status: { state: 'TASK_FINISHED' } } },
    ])
  })

  test('O03 agents are ADDED, but not REMOVED when they are only unreachable', () => {
    const rack = new TestCluster()
    const events = rack.operator()
    const agent = rack.agent()
    agent.reconnect()
    agent.lose()
    rack.pass(80_000)
    agent.connect()
    expect(events.filter((event) => event.type !== 'HEARTBEAT').map((event) => event.type)).toEqual([
      'SUBSCRIBED',
      'AGENT_ADDED',
      'AGENT_ADDED',
    ])
  })

  test('O03 frameworks are ADDED, UPDATED when they subscribe again, REMOVED at the end', () => {
    const rack = new TestCluster()
    const events = rack.operator()
    const framework = rack.framework()
    framework.twin().call({ type: 'TEARDOWN' })
    expect(events.filter((event) => event.type?.startsWith('FRAMEWORK'))).toMatchObject([
      { framework_added: { framework: { framework_info: { id: { value: framework.id } }, active: true } } },
      { framework_updated: { framework: { framework_info: { id: { value: framework.id } } } } },
      { framework_removed: { framework_info: { id: { value: framework.id } } } },
    ])
  })

  test('O06 one stream too many closes the oldest', () => {
    const rack = new TestCluster({ operatorStreamsMax: 2 })
    const [first, second, third] = [rack.operator(), rack.operator(), rack.operator()]
    rack.framework()
    expect(first.map((event) => event.type)).not.toContain('FRAMEWORK_ADDED')
    expect(second.map((event) => event.type)).toContain('FRAMEWORK_ADDED')
    expect(third.map((event) => event.type)).toContain('FRAMEWORK_ADDED')
  })
})
