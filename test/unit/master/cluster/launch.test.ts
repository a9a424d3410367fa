import { describe, expect, test } from 'vitest'
import { refusalLengthMax } from '../../../../src/master/cluster/launch.ts'
import type { TaskInfo } from '../../../../src/mesos/types.ts'
import { noGrant } from '../../../../src/model/hardware.ts'
import type { TaskId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

const executor = {
  type: 'CUSTOM' as const,
  executor_id: { value: 'e' },
  command: { value: './executor' },
  resources: scalars({ cpus: 0.1, mem: 32 }),
}

function offered(options: Parameters<TestCluster['agent']>[0] = {}) {
  const rack = new TestCluster()
  const agent = rack.agent(options)
  const framework = rack.framework()
  return { rack, agent, framework, offer: framework.offer }
}

describe('a task that is launched', () => {
  test('is remembered without what only its agent needs', () => {
    const { rack, agent, framework, offer } = offered()
    const command = { value: 'x'.repeat(1_000), user: 'nobody' }
    const labels = { labels: [{ key: 'k' }] }
    framework.launch(offer, [aTaskInfo(offer, 't', { command, labels, data: new Uint8Array(1_000) })])
    expect(agent.heardOf('launch')).toMatchObject([{ taskInfo: { command } }])
    const kept = rack.view.framework(framework.id)?.tasks.get('t' as TaskId)?.info
    expect(kept).toEqual({
      name: 't',
      task_id: { value: 't' },
      agent_id: offer.agent_id,
      command: { user: 'nobody' },
      labels,
    })
    rack.restartMaster()
    agent.connect()
    rack.settle()
    expect(rack.view.framework(framework.id)?.tasks.get('t' as TaskId)?.info).toEqual(kept)
  })

  test('reaches its agent with its framework, its resources and their role', () => {
    const { agent, framework, offer } = offered()
    framework.launch(offer, [
      aTaskInfo(offer, 't', { resources: scalars({ cpus: 1 }), labels: { labels: [{ key: 'k' }] } }),
    ])
    expect(agent.heardOf('launch')).toMatchObject([
      {
        frameworkInfo: { id: { value: framework.id }, name: 'test' },
        taskInfo: {
          task_id: { value: 't' },
          resources: [{ name: 'cpus', scalar: { value: 1 }, allocation_info: { role: 'test' } }],
          labels: { labels: [{ key: 'k' }] },
        },
        grant: noGrant,
      },
    ])
  })

  test('without MULTI_ROLE resources come without a role and get the role of the offer', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ roles: [], role: 'web', capabilities: [] })
    const resources = framework.offer.resources ?? []
    expect(resources[0]?.role).toBe('*')
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources })])
    expect(framework.updates()).toEqual([])
    expect(agent.heardOf('launch')[0]?.taskInfo).toMatchObject({
      resources: [{ allocation_info: { role: 'web' } }, { name: 'disk' }, { name: 'mem' }],
    })
  })

  test('an id that was used by a completed task may be used again', () => {
    const { rack, agent, framework } = offered()
    framework.run(agent, 't')
    agent.update('t', 'TASK_FINISHED')
    framework.acknowledge(framework.update('t'))
    rack.pass(1_000)
    framework.run(agent, 't')
    expect(framework.update('t').state).toBe('TASK_RUNNING')
  })
})

describe('GPUs', () => {
  const gpuAgent = { resources: { cpus: 4, mem: 1024, gpus: 3 }, gpuUuids: ['GPU-0', 'GPU-1', 'GPU-2'] }
  const capabilities = [{ type: 'MULTI_ROLE' as const }, { type: 'GPU_RESOURCES' as const }]

  test('are granted lowest free first, and are free again when their task is over', () => {
    const rack = new TestCluster()
    const agent = rack.agent(gpuAgent)
    const framework = rack.framework({ capabilities })
    const run = (id: string, gpus: number) => framework.run(agent, id, { resources: scalars({ cpus: 1, gpus }) })
    run('a', 1)
    run('b', 1)
    agent.update('a', 'TASK_FINISHED')
    rack.pass(1_000)
    run('c', 1)
    expect(agent.heardOf('launch').map(({ grant }) => grant.gpuUuids)).toEqual([['GPU-0'], ['GPU-1'], ['GPU-0']])
  })

  test('go to nobody else while the task of a removed framework still ends', () => {
    const rack = new TestCluster()
    const agent = rack.agent(gpuAgent)
    const first = rack.framework({ capabilities })
    first.run(agent, 'a', { resources: scalars({ cpus: 1, gpus: 2 }) })
    first.call({ type: 'TEARDOWN' })
    const second = rack.framework({ capabilities })
    rack.pass(1_000)
    expect(amount(second.offer.resources, 'gpus')).toBe(1)
    second.launch(second.offer, [aTaskInfo(second.offer, 'b', { resources: scalars({ cpus: 1, gpus: 1 }) })])
    expect(agent.heardOf('launch').at(-1)?.grant.gpuUuids).toEqual(['GPU-2'])
    agent.runs.delete('a')
  })

  test('without GPU_RESOURCES an agent with GPUs is not offered', () => {
    const rack = new TestCluster()
    rack.agent(gpuAgent)
    expect(rack.framework().offers).toEqual([])
  })
})

describe('a task that is refused', () => {
  test('is told a reason of bounded length, whatever it quotes', () => {
    const { framework, offer } = offered()
    const labels = { labels: [{ key: 'tepui.near', value: 'x'.repeat(10_000) }] }
    framework.launch(offer, [aTaskInfo(offer, 't', { labels })])
    expect(framework.update('t')).toMatchObject({ state: 'TASK_ERROR', message: expect.stringMatching(/^it wishes/) })
    expect(framework.update('t').message?.length).toBeLessThanOrEqual(refusalLengthMax)
  })

  test.each<[string, Partial<TaskInfo>, RegExp]>([
    ['V06 both command and executor', { executor }, /either 'command' or 'executor'/],
    ['V06 neither', { command: undefined }, /either 'command' or 'executor'/],
    [
      'V07 an executor without command',
      { command: undefined, executor: { ...executor, command: undefined } },
      /needs 'command'/,
    ],
    ['V09 no resources', { resources: [] }, /must have resources/],
    ['V10 more than was offered', { resources: scalars({ cpus: 5 }) }, /more resources are used than offered/],
    ['another agent', { agent_id: { value: 'other' } }, /agent_id is 'other'/],
    ['an id that is none', { task_id: { value: 'a/b' } }, /task_id/],
    [
      'V13 an executor of another framework',
      { command: undefined, executor: { ...executor, framework_id: { value: 'other' } } },
      /framework_id/,
    ],
    [
      'another role than the offer',
      { resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: 'x' } }] },
      /allocated to role 'x'/,
    ],
    ['V15 a negative grace', { kill_policy: { grace_period: { nanoseconds: -1 } } }, /kill_policy/],
    ['V17 DOCKER without docker', { container: { type: 'DOCKER' } }, /docker/],
    [
      'a custom executor, which agents cannot run',
      { command: undefined, executor },
      /custom executors are not supported/,
    ],
    ['URIs, which agents cannot fetch', { command: { value: 'x', uris: [{ value: 'http://x' }] } }, /fetching URIs/],
    ['a container, which agents cannot make', { container: { type: 'MESOS' } }, /containers/],
    ['a health check, which agents cannot do', { health_check: { type: 'TCP', tcp: { port: 1 } } }, /health checks/],
    ['a description too large for a message', { data: new Uint8Array(1_000_000) }, /too large/],
  ])('%s: TASK_ERROR, TASK_INVALID, and everything is offered again', (_what, wrong, message) => {
    const { rack, agent, framework, offer } = offered()
    const info = aTaskInfo(offer, 't', wrong)
    framework.launch(offer, [info], 0)
    expect(framework.update(info.task_id.value)).toMatchObject({
      state: 'TASK_ERROR',
      source: 'SOURCE_MASTER',
      reason: 'REASON_TASK_INVALID',
      message: expect.stringMatching(message),
    })
    expect(framework.update(info.task_id.value).uuid).toBeUndefined()
    expect(agent.heardOf('launch')).toEqual([])
    rack.pass(1_000)
    expect(framework.offers).toHaveLength(2)
    expect(amount(framework.offer.resources, 'cpus')).toBe(4)
    expect(rack.counter('tasks_error')).toBe(1)
  })

  test('V11 the id of a live task, also one of the same launch', () => {
    const { framework, offer, agent } = offered()
    framework.launch(offer, [aTaskInfo(offer, 't'), aTaskInfo(offer, 't')])
    expect(framework.update('t')).toMatchObject({ state: 'TASK_ERROR', message: expect.stringMatching(/in use/) })
    expect(agent.heardOf('launch')).toHaveLength(1)
  })

  test('V11 the id of an unreachable task', () => {
    const { rack, framework, agent } = offered()
    framework.run(agent, 't')
    agent.lose()
    rack.pass(80_000)
    rack.agent()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    expect(framework.update('t')).toMatchObject({ state: 'TASK_ERROR', message: expect.stringMatching(/unreachable/) })
  })

  test('limits need an agent that knows them', () => {
    const limits = { cpus: { value: 2 } }
    const one = offered({ capabilities: ['MULTI_ROLE'] })
    one.framework.launch(one.offer, [aTaskInfo(one.offer, 't', { limits })])
    expect(one.framework.update('t').message).toMatch(/TASK_RESOURCE_LIMITS/)
    const two = offered()
    two.framework.launch(two.offer, [aTaskInfo(two.offer, 't', { limits })])
    expect(two.framework.updates()).toEqual([])
  })

  test('C18 one that is not valid costs itself alone', () => {
    const { rack, framework, offer, agent } = offered()
    framework.launch(offer, [aTaskInfo(offer, 'bad', { resources: [] }), aTaskInfo(offer, 'good')], 0)
    expect(framework.states('bad')).toEqual(['TASK_ERROR'])
    expect([...agent.runs.keys()]).toEqual(['good'])
    rack.pass(1_000)
    expect(amount(framework.offer.resources, 'cpus')).toBe(3.5)
  })
})

describe('task groups', () => {
  const groupExecutor = {
    type: 'DEFAULT' as const,
    executor_id: { value: 'e' },
    resources: scalars({ cpus: 0.1, mem: 32, disk: 10 }),
  }

  test.each<[string, (info: TaskInfo) => TaskInfo, RegExp]>([
    ['are not supported, which every task hears', (info) => info, /task groups are not supported/],
    ['V20 with one invalid task: every task hears why', (info) => ({ ...info, resources: [] }), /task 'b'/],
    ['larger than the offer', (info) => ({ ...info, resources: scalars({ cpus: 9 }) }), /more resources/],
    ['with an id in use', (info) => ({ ...info, task_id: { value: 'live' } }), /in use/],
  ])('%s', (_what, change, message) => {
    const { rack, framework, agent, offer } = offered()
    framework.launch(offer, [aTaskInfo(offer, 'live')], 0)
    rack.pass(1_000)
    const tasks = [aTaskInfo(framework.offer, 'a'), change(aTaskInfo(framework.offer, 'b'))]
    framework.accept(
      [framework.offer],
      [{ type: 'LAUNCH_GROUP', launch_group: { executor: groupExecutor, task_group: { tasks } } }],
    )
    for (const task of tasks) {
      expect(framework.update(task.task_id.value)).toMatchObject({
        state: 'TASK_ERROR',
        reason: 'REASON_TASK_GROUP_INVALID',
        message: expect.stringMatching(message),
      })
    }
    expect([...agent.runs.keys()]).toEqual(['live'])
  })
})
