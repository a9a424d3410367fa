import { describe, expect, test } from 'vitest'
import type { AgentId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aTaskInfo } from '../../../support/scheduler.ts'

function running() {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  framework.run(agent, 't')
  return { rack, agent, framework }
}

describe('TEARDOWN', () => {
  test('the stream ends without a word, the id is burnt, the agent is told', () => {
    const { rack, agent, framework } = running()
    const { length } = framework.events
    expect(framework.call({ type: 'TEARDOWN' }).status).toBe(202)
    expect(framework.events).toHaveLength(length)
    expect(framework.streamId).toBeNull()
    expect(agent.heardOf('shutdownFramework')).toMatchObject([{ frameworkId: framework.id }])
    framework.subscribe()
    expect(framework.events.at(-1)).toMatchObject({ type: 'ERROR' })
    expect(rack.counter('tasks_killed')).toBe(1)
  })

  test('F04 its tasks are KILLED in the completed list, with the reason', () => {
    const { rack, framework } = running()
    framework.call({ type: 'TEARDOWN' })
    const [completed] = rack.view.completedFrameworks()
    expect(completed).toMatchObject({ isActive: false, streamId: null, unregisteredMs: rack.nowMs })
    expect(completed?.completedTasks).toMatchObject([
      { latestState: 'TASK_KILLED', status: { reason: 'REASON_FRAMEWORK_REMOVED' } },
    ])
  })

  test('what its tasks hold stays counted until the agent says that they ended, and goes free then', () => {
    const { rack, agent, framework } = running()
    framework.call({ type: 'TEARDOWN' })
    const used = () => rack.view.agent(agent.agentId as AgentId)?.used.length
    expect(used()).toBe(2)
    agent.update('t', 'TASK_KILLED')
    expect(used()).toBe(0)
  })

  test('a task that was over already is just completed', () => {
    const { rack, agent, framework } = running()
    agent.update('t', 'TASK_FINISHED')
    framework.call({ type: 'TEARDOWN' })
    const [completed] = rack.view.completedFrameworks()
    expect(completed?.completedTasks).toMatchObject([{ latestState: 'TASK_FINISHED' }])
    expect(rack.view.agent(agent.agentId as AgentId)?.used).toEqual([])
  })

  test('by an operator: 200, also for one whose scheduler is away; an unknown one: 400', () => {
    const { rack, agent, framework } = running()
    const teardown = (frameworkId: string) =>
      rack.request((requestId) => ({ kind: 'teardown', requestId, frameworkId: frameworkId as never })).status
    expect(teardown('x')).toBe(400)
    rack.restartMaster()
    agent.connect()
    expect(teardown(framework.id)).toBe(200)
    expect(agent.heardOf('shutdownFramework')).toHaveLength(1)
  })

  test('its unreachable tasks are gone with it: their agent ends them when it returns', () => {
    const { rack, agent, framework } = running()
    agent.lose()
    rack.pass(80_000)
    framework.call({ type: 'TEARDOWN' })
    agent.connect()
    expect(agent.heardOf('shutdownFramework')).toHaveLength(1)
  })
})

test('more completed frameworks than are kept: the oldest are forgotten, and an id may come again then', () => {
  const rack = new TestCluster({ completedFrameworksMax: 2 })
  const frameworks = ['a', 'b', 'c'].map((value) => rack.framework({ id: { value } }))
  for (const framework of frameworks) framework.close()
  expect([...rack.view.completedFrameworks()].map(({ id }) => id)).toEqual(['b', 'c'])
  expect(rack.framework({ id: { value: 'a' } }).types[0]).toBe('SUBSCRIBED')
  expect(rack.framework({ id: { value: 'b' } }).types[0]).toBe('ERROR')
})

test('an ending task keeps its id from being used on its agent, whoever is asked', () => {
  const rack = new TestCluster({ completedFrameworksMax: 0 })
  const agent = rack.agent()
  const first = rack.framework({ id: { value: 'f' } })
  first.run(agent, 't')
  first.call({ type: 'TEARDOWN' })
  const again = rack.framework({ id: { value: 'f' } })
  rack.pass(1_000)
  again.launch(again.offer, [aTaskInfo(again.offer, 't')])
  expect(again.update('t')).toMatchObject({ state: 'TASK_ERROR', message: expect.stringMatching(/not ended/) })
})

test('what a framework refused is not offered again because another one ended', () => {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')], 3600)
  agent.update('t', 'TASK_RUNNING')
  const other = rack.framework()
  other.decline(other.offer, 3600)
  framework.call({ type: 'TEARDOWN' })
  rack.pass(2_000)
  expect(other.offers).toHaveLength(1)
  agent.update('t', 'TASK_KILLED')
  agent.forget('t')
  rack.pass(2_000)
  expect(other.offers).toHaveLength(2)
})
