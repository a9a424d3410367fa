import { describe, expect, test } from 'vitest'
import { needOf } from '../../../../src/master/cluster/hardware.ts'
import { fromMessages } from '../../../../src/mesos/resources.ts'
import type { TaskInfo } from '../../../../src/mesos/types.ts'
import type { Grant, Hardware } from '../../../../src/model/hardware.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aDiskPart, aMachine, aNicPart, gib, someGpus, switched } from '../../../support/placement-machines.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

const capabilities = ['MULTI_ROLE', 'GPU_RESOURCES', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'] as const
const info = { failover_timeout: 600, capabilities: capabilities.map((type) => ({ type })) }
const hardware: Hardware = {
  ...aMachine({ gpus: someGpus(4, { linkOf: switched }) }),
  nics: ['eth0', 'eth1'].map((name) => aNicPart(name, 1, 25_000)),
  disks: ['a', 'b'].map((it) => ({ ...aDiskPart(`sd${it}`, 0), resourceId: `naa.${it}` })),
}

const disk = (type: 'RAW' | 'BLOCK', id: string) =>
  ({ name: 'disk', type: 'SCALAR', scalar: { value: 9 }, disk: { source: { type, id } } }) as const

function aRack() {
  const rack = new TestCluster()
  const resources = [...scalars({ cpus: 16, mem: 32 * 1024, gpus: 4 }), disk('RAW', 'naa.a'), disk('BLOCK', 'naa.b')]
  const agent = rack.agent({ hardware, resourceMessages: resources as never })
  const framework = rack.framework(info)
  return { rack, agent, framework, grant: (taskId: string) => agent.runs.get(taskId)?.launch.grant as Grant }
}

const wish = (labels: Record<string, string>): Partial<TaskInfo> => ({
  labels: { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) },
})
const two = (labels: Record<string, string>, more: Record<string, number> = {}): Partial<TaskInfo> => ({
  resources: scalars({ cpus: 2, mem: 1024, ...more }),
  ...wish(labels),
})

test('what a task needs is told by its resources', () => {
  const items = fromMessages(scalars({ cpus: 1.5, mem: 1024, gpus: 2, 'gpu-1g.10gb': 3, disk: 9 }))
  expect(items.ok && needOf(items.value, hardware)).toEqual({
    cpusMilli: 1500,
    memoryBytes: gib,
    gpus: 2,
    gpuInstances: { 'gpu-1g.10gb': 3 },
    disks: [],
  })
})

describe('tasks of one ACCEPT', () => {
  test('see what the ones before were granted, and each has its own', () => {
    const { framework, grant } = aRack()
    const { offer } = framework
    const labels = { 'tepui.cpus': 'cores', 'tepui.nics': '1' }
    framework.launch(offer, [
      aTaskInfo(offer, 'a', two(labels, { gpus: 2 })),
      aTaskInfo(offer, 'b', two(labels, { gpus: 2 })),
      aTaskInfo(offer, 'c', two(labels)),
    ])
    const [a, b] = [grant('a'), grant('b')]
    expect([...a.gpuUuids, ...b.gpuUuids].sort()).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3'])
    expect([...a.nics, ...b.nics].sort()).toEqual(['eth0', 'eth1'])
    expect(a.cpus).not.toBe(b.cpus)
    expect(framework.told.get('c')).toBe('TASK_ERROR')
  })

  test.each<[string, Record<string, string>, RegExp]>([
    ['a wish that is none', { 'tepui.cpus': 'all' }, /tepui\.cpus is 'all'.*shared, cores or threads/],
    ['a node that is not there', { 'tepui.numa': '7' }, /node 7/],
    ['a GPU that is not there', { 'tepui.gpus': 'GPU-9' }, /GPU-9/],
    ['more ports than there are', { 'tepui.nics': '3' }, /3/],
  ])('%s is TASK_ERROR with a sentence, and costs that task alone', (_what, labels, sentence) => {
    const { framework, agent } = aRack()
    const { offer } = framework
    const isGpu = 'tepui.gpus' in labels
    framework.launch(offer, [
      aTaskInfo(offer, 'bad', two(labels, isGpu ? { gpus: 1 } : {})),
      aTaskInfo(offer, 'good', two({})),
    ])
    expect(framework.update('bad')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
    expect(framework.update('bad').message).toMatch(sentence)
    expect([...agent.runs.keys()]).toEqual(['good'])
  })
})

test('the disks among a task’s resources are in its grant by name, and it is near them when it wishes', () => {
  const { rack, framework, grant, agent } = aRack()
  const { offer } = framework
  const having = (...disks: readonly object[]) => ({ resources: [...scalars({ cpus: 1, mem: 64 }), ...disks] as never })
  framework.launch(offer, [
    aTaskInfo(offer, 'a', {
      ...having(disk('RAW', 'naa.a'), disk('BLOCK', 'naa.b')),
      ...wish({ 'tepui.near': 'disk' }),
    }),
    aTaskInfo(offer, 'b', { ...having(), ...wish({ 'tepui.near': 'disk' }) }),
    aTaskInfo(offer, 'c', having()),
  ])
  expect(grant('a')).toMatchObject({ disks: ['sda', 'sdb'], near: [], cpusWithin: '0-3,8-11' })
  expect(grant('b')).toMatchObject({ disks: [], near: ['sda'] })
  expect(grant('c').disks).toEqual([])
  agent.update('a', 'TASK_FINISHED')
  framework.acknowledge(framework.update('a'))
  rack.pass(10_000)
  framework.run(agent, 'd', having(disk('BLOCK', 'naa.b')))
  expect(grant('d').disks).toEqual(['sdb'])
})

describe('a grant', () => {
  const labels = { 'tepui.cpus': 'cores', 'tepui.numa': '1', 'tepui.nics': 'eth1' }

  test('outlives the master, a broken link and an agent’s new life, and frees its parts at its end', () => {
    const { rack, agent, framework, grant } = aRack()
    framework.run(agent, 't', two(labels, { gpus: 1 }))
    const granted = grant('t')
    const booked = () =>
      [...(rack.view.agent(agent.agentId as AgentId)?.tasks.values() ?? [])].map((task) => task.grant)
    const free = () => rack.view.agent(agent.agentId as AgentId)?.books.free()
    expect(booked()).toEqual([granted])
    const left = free()
    expect(left?.nics).toEqual(['eth0'])
    agent.reconnect()
    expect([booked(), free()]).toEqual([[granted], left])
    rack.restartMaster()
    agent.connect()
    framework.subscribe()
    rack.settle()
    expect([booked(), free()]).toEqual([[granted], left])
    agent.update('t', 'TASK_FINISHED')
    framework.acknowledge(framework.update('t'))
    expect(free()?.nics).toEqual(['eth0', 'eth1'])
    expect(free()?.gpus).toHaveLength(4)
  })

  test('that its agent tells otherwise than it was does not bring that agent back', () => {
    const { rack, agent, framework, grant } = aRack()
    framework.run(agent, 't', two(labels))
    const run = agent.runs.get('t') as NonNullable<ReturnType<typeof agent.runs.get>>
    agent.runs.set('t', { ...run, launch: { ...run.launch, grant: { ...grant('t'), nics: ['eth0'] } } })
    agent.reconnect()
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(false)
  })

  test('of a task that still ends after its framework is gone is nobody else’s', () => {
    const { rack, agent, framework, grant } = aRack()
    framework.run(agent, 't', two(labels, { gpus: 1 }))
    const [gpu = ''] = grant('t').gpuUuids
    rack.request((requestId) => ({ kind: 'teardown', requestId, frameworkId: framework.id }))
    expect(rack.view.agent(agent.agentId as AgentId)?.books.free().gpus).not.toContain(gpu)
    agent.update('t', 'TASK_KILLED')
    expect(rack.view.agent(agent.agentId as AgentId)?.books.free().gpus).toContain(gpu)
  })
})
