import { expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'

function running() {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  framework.run(agent, 't')
  return { rack, agent, framework }
}

test('a kill reaches the agent of the task, with the grace that was asked for', () => {
  const { agent, framework } = running()
  framework.kill('t', agent.agentId as string)
  const policy = { grace_period: { nanoseconds: 1_500_000_000 } }
  framework.call({ type: 'KILL', kill: { task_id: { value: 't' }, kill_policy: policy } })
  expect(agent.heardOf('kill').map(({ gracePeriodMs }) => gracePeriodMs)).toEqual([null, 1_500])
})

test('a kill of a task nobody knows is answered like a reconciliation', () => {
  const { agent, framework } = running()
  framework.kill('x')
  expect(framework.update('x')).toMatchObject({ state: 'TASK_UNKNOWN', reason: 'REASON_RECONCILIATION' })
  framework.kill('y', agent.agentId as string)
  expect(framework.update('y').state).toBe('TASK_GONE')
})

test('a kill that names another agent than the task has is dropped', () => {
  const { agent, framework } = running()
  const { length } = framework.events
  framework.kill('t', 'other')
  expect(agent.heardOf('kill')).toEqual([])
  expect(framework.events).toHaveLength(length)
})

test('a kill of a task that is over is nothing to the agent', () => {
  const { agent, framework } = running()
  agent.update('t', 'TASK_FINISHED')
  framework.kill('t')
  expect(agent.heardOf('kill')).toEqual([])
})

test('a framework cannot kill what is not its own', () => {
  const { rack, agent } = running()
  const thief = rack.framework()
  thief.kill('t')
  expect(agent.heardOf('kill')).toEqual([])
  expect(thief.update('t').state).toBe('TASK_UNKNOWN')
})

test('an operator ends a task: 200; one that does not exist: 404', () => {
  const { rack, agent, framework } = running()
  const kill = (taskId: string) =>
    rack.request((requestId) => ({
      kind: 'operatorKill',
      requestId,
      frameworkId: framework.id,
      taskId: taskId as never,
    })).status
  expect(kill('t')).toBe(200)
  expect(agent.heardOf('kill')).toHaveLength(1)
  expect(kill('x')).toBe(404)
})
