import { describe, expect, test } from 'vitest'
import { noticesPerTaskMax, sickLabel, wellLabel } from '../../../../src/master/cluster/sick-notices.ts'
import type { TaskInfo, TaskStatus } from '../../../../src/mesos/types.ts'
import type { Hardware } from '../../../../src/model/hardware.ts'
import type { Condition } from '../../../../src/model/health.ts'
import { TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { aCondition } from '../../../support/hardware.ts'
import { aDiskPart, aMachine, aNicPart, someGpus } from '../../../support/placement-machines.ts'
import { scalars } from '../../../support/scheduler.ts'

const resources = { cpus: 16, mem: 32 * 1024, gpus: 4 }
const machine: Hardware = {
  ...aMachine({ gpus: someGpus(4) }),
  nics: ['eth0', 'eth1'].map((name) => aNicPart(name, 0)),
  disks: [{ ...aDiskPart('sdc', 0), resourceId: 'naa.c' }],
  mounts: [{ path: '/srv', disks: ['sdb'], volumes: [], isSystem: false }],
}
const lostGpu = aCondition('GPU_FAILED', 'gpu', 'GPU-3', { id: 'GPU-3' })
const wish = (labels: Record<string, string>): Partial<TaskInfo> => ({
  labels: { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) },
})
const onGpu = { resources: scalars({ cpus: 1, mem: 64, gpus: 1 }), ...wish({ 'tepui.gpus': 'GPU-3' }) }

const capabilities = ['MULTI_ROLE', 'GPU_RESOURCES', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'] as const
const info = { failover_timeout: 600, capabilities: capabilities.map((type) => ({ type })) }

function aRack() {
  const rack = new TestCluster()
  return { rack, agent: rack.agent({ hardware: machine, resources }), framework: rack.framework(info) }
}

/** What a framework was told of sick parts, as `label text`. */
const notices = (framework: TestScheduler, taskId = 't') => framework.updates(taskId).flatMap(saidOfParts)

function saidOfParts({ labels }: TaskStatus): readonly string[] {
  return (labels?.labels ?? [])
    .filter(({ key }) => key === sickLabel || key === wellLabel)
    .map(({ key, value }) => `${key} ${value}`)
}

const sick = 'tepui.sick GPU_FAILED GPU-3'
const well = 'tepui.well GPU_FAILED GPU-3'

describe('a task on a sick part', () => {
  test('is told once of each condition and once that it is over, and goes on', () => {
    const { rack, agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    agent.ails(lostGpu)
    agent.ails(lostGpu, aCondition('GPU_THROTTLED', 'gpu', 'GPU-3', { severity: 'warning' }))
    agent.reconnect()
    expect(notices(framework)).toEqual([sick])
    agent.ails(lostGpu, aCondition('GPU_REMAP_FAILED', 'gpu', 'GPU-3', { id: 'GPU-3' }))
    expect(notices(framework)).toEqual([sick, 'tepui.sick GPU_REMAP_FAILED GPU-3'])
    agent.ails()
    expect(notices(framework).slice(2).sort()).toEqual([well, 'tepui.well GPU_REMAP_FAILED GPU-3'])
    rack.pass(60_000)
    expect(notices(framework)).toHaveLength(4)
    expect(agent.heardOf('kill')).toEqual([])
    agent.update('t', 'TASK_FINISHED')
    expect(framework.states('t').at(-1)).toBe('TASK_FINISHED')
  })

  test('hears a status that any client can take: its own state, no uuid, the part in words', () => {
    const { rack, agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    const events = rack.operator()
    agent.ails(lostGpu)
    const status = framework.update('t')
    expect(status).toMatchObject({
      state: 'TASK_RUNNING',
      source: 'SOURCE_MASTER',
      reason: 'REASON_RECONCILIATION',
      agent_id: { value: agent.agentId },
      labels: { labels: [{ key: sickLabel, value: 'GPU_FAILED GPU-3' }] },
    })
    expect(status.uuid).toBeUndefined()
    expect(status.message).toMatch(/gpu GPU-3.*GPU_FAILED.*does not come back/)
    expect(events.filter(({ type }) => type === 'TASK_UPDATED')).toMatchObject([
      { task_updated: { state: 'TASK_RUNNING', status: { labels: status.labels } } },
    ])
    // The acknowledged status is still the newest one: nothing waits that was not waiting.
    expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_RUNNING' }])
  })

  test('hears of a bounded number of conditions, also while its scheduler is away', () => {
    const { agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    const many = (round: number) =>
      Array.from({ length: 100 }, (_, i) => aCondition('GPU_FAILED', 'sensor', `sensor ${round}.${i}`))
    agent.ails(...many(0))
    expect(notices(framework)).toHaveLength(noticesPerTaskMax)
    framework.close()
    for (let round = 1; round < 5; round++) agent.ails(...many(round))
    framework.subscribe()
    // What it had heard of and is over, and as much of what is now.
    expect(notices(framework).slice(noticesPerTaskMax).length).toBeLessThanOrEqual(noticesPerTaskMax)
    expect(notices(framework).at(-1)).toContain('sensor 4.')
  })

  test('keeps its unacknowledged status', () => {
    const { agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    agent.update('t', 'TASK_RUNNING', { healthy: true })
    const waiting = framework.update('t')
    agent.ails(lostGpu)
    framework.acknowledge(waiting)
    expect(agent.heardOf('acknowledge').at(-1)).toMatchObject({ taskId: 't' })
    expect(framework.update('t')).toMatchObject({ healthy: true, labels: { labels: [{ key: sickLabel }] } })
  })

  test('is told when its scheduler comes back, also that it ended meanwhile', () => {
    const { agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    framework.close()
    agent.ails(lostGpu)
    expect(notices(framework)).toEqual([])
    framework.subscribe()
    expect(notices(framework)).toEqual([sick])
    const twin = framework.twin()
    expect(notices(twin)).toEqual([sick])
    twin.close()
    agent.ails()
    twin.subscribe()
    expect(notices(twin)).toEqual([sick, well])
    twin.close()
    twin.subscribe()
    expect(notices(twin)).toEqual([sick, well])
  })

  test('of which nobody heard needs no end', () => {
    const { agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    framework.close()
    agent.ails(lostGpu)
    agent.ails()
    framework.subscribe()
    expect(notices(framework)).toEqual([])
  })

  test('is told by the next master too', () => {
    const { rack, agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    agent.ails(lostGpu)
    rack.restartMaster()
    agent.connect()
    framework.subscribe()
    expect(notices(framework)).toEqual([sick, sick])
    agent.ails()
    expect(notices(framework)).toEqual([sick, sick, well])
  })

  test('that was out of reach is told of its end', () => {
    const { rack, agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    agent.ails(lostGpu)
    agent.lose()
    rack.pass(200_000)
    expect(framework.states('t').at(-1)).toBe('TASK_UNREACHABLE')
    agent.change({ conditions: [] })
    agent.connect()
    rack.settle()
    expect(notices(framework)).toEqual([sick, well])
  })

  test('that is over hears nothing more', () => {
    const { agent, framework } = aRack()
    framework.run(agent, 't', onGpu)
    agent.ails(lostGpu)
    agent.update('t', 'TASK_FINISHED')
    agent.ails()
    framework.close()
    framework.subscribe()
    expect(notices(framework)).toEqual([sick])
  })
})

describe('a task is told of a part', () => {
  const shared = { resources: scalars({ cpus: 1, mem: 64 }) }
  const srv = {
    name: 'disk',
    type: 'SCALAR',
    scalar: { value: 10 },
    disk: { source: { type: 'PATH', path: { root: '/srv' } } },
  } as const
  const raw = { ...srv, disk: { source: { type: 'RAW', id: 'naa.c' } } } as const
  const alone = { resources: scalars({ cpus: 2, mem: 64 }), ...wish({ 'tepui.cpus': 'cores', 'tepui.numa': '1' }) }
  test.each<[string, Partial<TaskInfo>, Condition, boolean]>([
    ['that it has', onGpu, lostGpu, true],
    ['beside its own: not', onGpu, aCondition('GPU_FAILED', 'gpu', 'GPU-2'), false],
    ['that it may run on', shared, aCondition('CPU_MACHINE_CHECK', 'core', 'CPU 7'), true],
    ['where its own CPUs are', alone, aCondition('CPU_MACHINE_CHECK', 'cpu', 'package 1'), true],
    ['where its own CPUs are not', alone, aCondition('CPU_MACHINE_CHECK', 'cpu', 'package 0'), false],
    ['whose memory it has', alone, aCondition('MEMORY_UNCORRECTED_ERRORS', 'numa-node', 'node 1'), true],
    ['that all stand on', shared, aCondition('MEMORY_UNCORRECTED_ERRORS', 'dimm', 'DIMM_A1'), true],
    ['alone its port', { ...shared, ...wish({ 'tepui.nics': 'eth1' }) }, aCondition('NIC_ERRORS', 'nic', 'eth1'), true],
    [
      'not another port',
      { ...shared, ...wish({ 'tepui.nics': 'eth1' }) },
      aCondition('NIC_ERRORS', 'nic', 'eth0'),
      false,
    ],
    [
      'that its files are on',
      { resources: [...shared.resources, srv] },
      aCondition('DISK_FAILING', 'disk', 'sdb'),
      true,
    ],
    ['that is its disk', { resources: [...shared.resources, raw] }, aCondition('DISK_FAILING', 'disk', 'sdc'), true],
    ['that others’ files are on: not', shared, aCondition('DISK_FAILING', 'disk', 'sdb'), false],
  ])('%s', (_which, more, condition, isTold) => {
    const rack = new TestCluster()
    const agent = rack.agent({ hardware: machine, resourceMessages: [...scalars(resources), srv, raw] as never })
    const framework = rack.framework(info)
    framework.run(agent, 't', more)
    expect(framework.told.get('t')).toBe('TASK_RUNNING')
    agent.ails(condition)
    expect(notices(framework).length).toBe(isTold ? 1 : 0)
  })
})
