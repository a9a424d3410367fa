import { describe, expect, test } from 'vitest'
import { offersEventBytesMax } from '../../../../src/master/cluster/offers.ts'
import { topologyBytesMax, topologyOf } from '../../../../src/master/cluster/topology.ts'
import { encodeJson } from '../../../../src/mesos/json.ts'
import { fromMessages } from '../../../../src/mesos/resources.ts'
import type { Offer, TaskInfo } from '../../../../src/mesos/types.ts'
import type { Hardware } from '../../../../src/model/hardware.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aCondition } from '../../../support/hardware.ts'
import { aDiskPart, aMachine, aNicPart, gib, inPairs, someGpus, switched } from '../../../support/placement-machines.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

const capabilities = ['MULTI_ROLE', 'GPU_RESOURCES', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'] as const
const info = { capabilities: capabilities.map((type) => ({ type })) }
const resources = { cpus: 16, mem: 32 * 1024, gpus: 4 }
const machine: Hardware = {
  ...aMachine({ gpus: someGpus(4, { linkOf: inPairs }) }),
  nics: [{ ...aNicPart('eth0', 1, 25_000), rdma: 'mlx5_0' }],
  disks: [aDiskPart('sda', null)],
}

function aRack(hardware = machine, has: Record<string, number> = resources) {
  const rack = new TestCluster()
  return { rack, agent: rack.agent({ hardware, resources: has }), framework: rack.framework(info) }
}

const wish = (labels: Record<string, string>): Partial<TaskInfo> => ({
  labels: { labels: Object.entries(labels).map(([key, value]) => ({ key, value })) },
})

const gpusIn = (offer: Offer) => offer.topology?.gpus?.map(({ uuid }) => uuid)

describe('the topology of an offer', () => {
  test('is what is free, node by node, with what is near and how GPUs are linked', () => {
    const { framework } = aRack()
    expect(framework.offer.topology).toEqual({
      nodes: [
        {
          id: 0,
          cpus: '0-3,8-11',
          cores: 4,
          memory_bytes: 16 * gib,
          hugepages: [],
          gpus: ['GPU-0', 'GPU-1'],
          nics: [],
          disks: [],
        },
        {
          id: 1,
          cpus: '4-7,12-15',
          cores: 4,
          memory_bytes: 16 * gib,
          hugepages: [],
          gpus: ['GPU-2', 'GPU-3'],
          nics: ['eth0'],
          disks: [],
        },
      ],
      distances: [{ distances: [10, 21] }, { distances: [21, 10] }],
      gpus: ['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3'].map((uuid, i) => ({
        uuid,
        model: 'A GPU',
        memory_bytes: 80 * gib,
        node: i >> 1,
        links: [0, 1, 2, 3]
          .filter((other) => other !== i)
          .map((other) => ({ to: `GPU-${other}`, kind: i >> 1 === other >> 1 ? 'nvlink' : 'phb' })),
        instances: [],
      })),
      nics: [{ name: 'eth0', speed_mbps: 25_000, node: 1, rdma: 'mlx5_0' }],
      disks: [],
    })
  })

  test('is without what tasks have alone or what is sick, and has it again when it is free', () => {
    const { rack, agent, framework } = aRack()
    const alone = wish({ 'tepui.cpus': 'cores', 'tepui.numa': '0', 'tepui.gpus': 'GPU-1', 'tepui.nics': 'eth0' })
    framework.run(agent, 't', { resources: scalars({ cpus: 4, mem: 4096, gpus: 1 }), ...alone })
    const { topology } = framework.offer
    expect(topology?.nodes?.map(({ cores, memory_bytes }) => [cores, memory_bytes])).toEqual([
      [2, 12 * gib],
      [4, 16 * gib],
    ])
    expect(topology?.nics).toEqual([])
    expect(gpusIn(framework.offer)).toEqual(['GPU-0', 'GPU-2', 'GPU-3'])
    expect(topology?.gpus?.[0]?.links?.map(({ to }) => to)).toEqual(['GPU-2', 'GPU-3'])
    agent.ails(aCondition('GPU_FAILED', 'gpu', 'GPU-2'), aCondition('DISK_FAILING', 'disk', 'sda'))
    expect(framework.all('RESCIND')).toHaveLength(1)
    agent.ails(aCondition('GPU_FAILED', 'gpu', 'GPU-2'))
    rack.pass(10_000)
    expect(gpusIn(framework.offer)).toEqual(['GPU-0', 'GPU-3'])
    agent.update('t', 'TASK_FINISHED')
    agent.ails()
    framework.decline(framework.offer, 0)
    rack.pass(10_000)
    expect(gpusIn(framework.offer)).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3'])
    expect(framework.offer.topology?.nodes?.map(({ cores }) => cores)).toEqual([4, 4])
  })

  test('of half a machine shows all that is free, but no parts that it has no resources for', () => {
    const { rack, framework } = aRack()
    const other = rack.framework(info)
    framework.launch(
      framework.offer,
      [aTaskInfo(framework.offer, 't', { resources: scalars({ cpus: 4, gpus: 4 }) })],
      0,
    )
    rack.pass(5_000)
    const offer = [framework.offer, other.offers.at(-1)].find((it) => it?.topology?.gpus?.length === 0)
    expect(offer?.topology?.nodes?.[0]).toMatchObject({ cpus: '0-3,8-11', gpus: [] })
  })

  test('lists instances of GPUs that are cut, and the whole of those that are not', () => {
    const hardware = aMachine({ gpus: someGpus(2, { cut: { 1: 2 } }) })
    const { agent, framework } = aRack(hardware, { cpus: 4, mem: 4096, gpus: 1, 'gpu-1g.10gb': 2 })
    const shown = () =>
      framework.offer.topology?.gpus?.map(({ uuid, instances }) => [uuid, ...(instances ?? []).map((it) => it.uuid)])
    expect(shown()).toEqual([['GPU-0'], ['GPU-1', 'MIG-1-0', 'MIG-1-1']])
    framework.run(agent, 't', { resources: scalars({ cpus: 1, mem: 64, 'gpu-1g.10gb': 1 }) })
    expect(shown()?.[1]).toHaveLength(2)
  })

  test('shows the disks that its resources are on', () => {
    const disks = ['a', 'b', 'c'].map((it) => ({ ...aDiskPart(`sd${it}`, 0), resourceId: `naa.${it}` }))
    const mounts = [{ path: '/srv', disks: ['sdb'], volumes: [], isSystem: false }]
    const on = (source: object) => ({ name: 'disk', type: 'SCALAR', scalar: { value: 9 }, disk: { source } })
    const resourceMessages = [
      ...scalars({ cpus: 4, mem: 4096 }),
      on({ type: 'RAW', id: 'naa.a' }),
      on({ type: 'PATH', path: { root: '/srv/deep' } }),
    ] as never
    const rack = new TestCluster()
    rack.agent({ hardware: { ...aMachine(), disks, mounts }, resourceMessages })
    const { topology } = rack.framework(info).offer
    expect(topology?.disks?.map(({ name }) => name)).toEqual(['sda', 'sdb'])
    expect(topology?.nodes?.[0]?.disks).toEqual(['sda', 'sdb'])
  })

  test('is not there where nothing is known of the machine', () => {
    const rack = new TestCluster()
    rack.agent()
    expect(rack.framework().offer).not.toHaveProperty('topology')
  })

  test('is made once for each state of the machine', () => {
    const { rack, agent, framework } = aRack()
    const record = rack.view.agent(agent.agentId as never) as never
    const items = fromMessages(scalars(resources))
    if (!items.ok) throw new Error('the resources are not valid')
    const first = topologyOf(record, items.value)
    expect(topologyOf(record, items.value)).toBe(first)
    framework.run(agent, 't', { resources: scalars({ cpus: 1, mem: 64, gpus: 1 }) })
    expect(topologyOf(record, items.value)).not.toBe(first)
  })

  test('that would burst an event says no links, and counts for the size of events', () => {
    const hardware = aMachine({ gpus: someGpus(64, { linkOf: switched }) })
    const rack = new TestCluster()
    for (let i = 0; i < 20; i++)
      rack.machine({ hostname: `m${i}`, hardware, resources: { cpus: 16, mem: 4096, gpus: 64 } })
    for (const agent of rack.agents) agent.connect()
    const framework = rack.framework(info)
    expect(framework.offers).toHaveLength(20)
    const { topology } = framework.offer
    expect(topology?.gpus).toHaveLength(64)
    expect(topology?.gpus?.[0]).not.toHaveProperty('links')
    expect(encodeJson('tepui.v1.Topology', topology ?? {}).length).toBeLessThan(topologyBytesMax)
    for (const event of framework.all('OFFERS')) {
      expect(encodeJson('mesos.v1.scheduler.Event', event).length).toBeLessThan(offersEventBytesMax)
    }
  })
})
