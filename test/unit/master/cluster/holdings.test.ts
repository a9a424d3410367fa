import { describe, expect, test } from 'vitest'
import { holdingsError } from '../../../../src/master/cluster/holdings.ts'
import { type Grant, noGrant } from '../../../../src/model/hardware.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { noResources } from '../../../../src/model/resources.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { scalars } from '../../../support/scheduler.ts'

const ports = { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 1, end: 5 }] } } as const
const slots = { name: 'slots', type: 'SET', set: { item: ['a', 'b'] } } as const
const machine = {
  resourceMessages: [...scalars({ cpus: 8, mem: 4096 }), ports, slots],
} as never

function aRunningTask(resources: readonly object[]) {
  const rack = new TestCluster()
  const agent = rack.agent(machine)
  const framework = rack.framework()
  framework.run(agent, 't', { resources: [...scalars({ cpus: 1 }), ...resources] as never })
  const run = agent.runs.get('t')
  if (run === undefined) throw new Error('the task does not run')
  /** The agent claims to have the same task once more, under another id and perhaps changed. */
  const claim = (id: string, more: object = {}) =>
    agent.runs.set(id, {
      ...run,
      statuses: [],
      acknowledged: 0,
      launch: { ...run.launch, taskInfo: { ...run.launch.taskInfo, task_id: { value: id }, ...more } },
    })
  return { rack, agent, claim }
}

describe('an agent that reports what cannot be', () => {
  test.each([
    ['one port of two tasks', [ports]],
    ['one item of two tasks', [slots]],
  ])('%s is refused, and nothing of it is booked', (_what, resources) => {
    const { rack, agent, claim } = aRunningTask(resources)
    claim('u')
    agent.reconnect()
    rack.settle()
    expect(agent.heardOf('refused')).toMatchObject([{ shutdown: false }])
    expect([...(rack.view.agent(agent.agentId as AgentId)?.tasks.values() ?? [])].map((task) => task.id)).toEqual(['t'])
  })

  test.each<[string, Partial<Grant>, Partial<Grant>]>([
    ['GPU g0', { gpuUuids: ['g0', 'g1'] }, { gpuUuids: ['g0'] }],
    ['GPU m0', { gpuInstanceUuids: ['m0'] }, { gpuInstanceUuids: ['m0'] }],
    ['CPU 3', { cpus: '0-3' }, { cpus: '3-7' }],
    ['port eth0', { nics: ['eth0'] }, { nics: ['eth0'] }],
    ['disk sda', { disks: ['sda', 'sdb'] }, { disks: ['sda'] }],
  ])('%s alone of two tasks cannot be', (part, a, b) => {
    const task = (grant: Partial<Grant>, latestState = 'TASK_RUNNING') =>
      ({ latestState, resources: noResources, grant: { ...noGrant, ...grant } }) as never
    expect(holdingsError([task(a), task(b, 'TASK_FINISHED')])).toBeNull()
    expect(holdingsError([task(a), task(b)])).toBe(`${part} is granted twice`)
  })

  test('what tasks share may be granted to many', () => {
    const grant = { ...noGrant, cpusWithin: '0-3', memory: [{ node: 0, bytes: 1 }], near: ['eth0'] }
    const task = { latestState: 'TASK_RUNNING', resources: noResources, grant } as never
    expect(holdingsError([task, task])).toBeNull()
  })

  test('amounts that cannot be counted are refused', () => {
    const { rack, agent, claim } = aRunningTask([])
    const resources = scalars({ mem: 1e10 }).map((item) => ({ ...item, allocation_info: { role: 'test' } }))
    for (const id of ['u', 'v']) claim(id, { resources })
    agent.reconnect()
    rack.settle()
    expect(agent.heardOf('refused')).toHaveLength(1)
  })

  test('a task that holds something else than it was launched with does not bring its agent back', () => {
    const { rack, agent, claim } = aRunningTask([ports])
    const first = { ...ports, ranges: { range: [{ begin: 1, end: 2 }] }, allocation_info: { role: 'test' } }
    claim('t', { resources: [first] })
    agent.reconnect()
    rack.settle()
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(false)
  })

  test('tasks that are over hold nothing', () => {
    const { rack, agent, claim } = aRunningTask([ports])
    claim('u')
    agent.update('u', 'TASK_FINISHED')
    agent.reconnect()
    rack.settle()
    expect(agent.heardOf('refused')).toEqual([])
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(true)
  })
})
