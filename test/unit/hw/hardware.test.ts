import { describe, expect, it } from 'vitest'
import { hardwareOf } from '../../../src/hw/hardware.ts'
import { defaultResources } from '../../../src/hw/resources.ts'
import type { Inventory, NumaNode } from '../../../src/model/inventory.ts'
import { scalarTotal, scalarTotals } from '../../../src/model/resources.ts'
import { aGpuServer } from '../../support/gpu-server.ts'
import { aGpu, aNic, anInventory } from '../../support/inventories.ts'

const gib = 2 ** 30
const unused: ReadonlySet<string> = new Set()
const base = anInventory()

function aNode(id: number, cpus: string, facts: Partial<NumaNode> = {}): NumaNode {
  const nothing = { kind: null, hugepages: [], isGpuMemory: false, memorySideCaches: [], access: null }
  return { id, cpus, localCpus: cpus, memoryBytes: 8 * gib, ...nothing, ...facts }
}

/** Eight CPUs in two nodes of 8 GiB. */
function machine(nodes: readonly NumaNode[] = [aNode(0, '0-3'), aNode(1, '4-7')], parts: Partial<Inventory> = {}) {
  const size = nodes.length
  const distances = nodes.map((_, a) => nodes.map((_, b) => (a === b ? 10 : 20 + size * a + b)))
  return anInventory({ numa: { allowed: '0-99', nodes, distances }, ...parts })
}

describe('cores', () => {
  it('have only threads that tasks may use, and those without any are left out', () => {
    const cores = [0, 1].map((id) => ({ id, package: 0, die: null, numaNode: 0, cpus: `${id},${id + 2}`, kind: null }))
    const cpu = { ...base.cpu, allowed: '0,2-3', isolated: '3', cores }
    const inventory = machine(undefined, { cpu })
    expect(hardwareOf(inventory, unused).cores.map(({ cpus }) => cpus)).toEqual(['0,2'])
    expect(scalarTotal(defaultResources(inventory, null), 'cpus')).toBe(2000)
  })

  it('that are isolated are used where the agent was put on them alone', () => {
    const inventory = machine(undefined, { cpu: { ...base.cpu, allowed: '2-3', isolated: '2-5' } })
    expect(hardwareOf(inventory, unused).cores.map(({ cpus }) => cpus)).toEqual(['2', '3'])
  })

  it('are in ascending order with their node, package, kind and last cache', () => {
    const cache = (level: number, cpus: string, type: 'unified' | 'instruction' = 'unified') => ({
      level,
      cpus,
      type,
      sizeBytes: null,
      lineBytes: null,
    })
    const cores = [...base.cpu.cores].reverse().map((core) => ({ ...core, kind: 'performance' as const }))
    const caches = [cache(3, '4-7'), cache(2, '4-5'), cache(3, '2-3'), cache(2, '0-1'), cache(4, '0-1', 'instruction')]
    const { cores: found } = hardwareOf(machine(undefined, { cpu: { ...base.cpu, cores, caches } }), unused)
    expect(found[5]).toEqual({ cpus: '5', node: 1, package: 1, cache: 2, kind: 'performance' })
    expect(found.map((core) => core.cache)).toEqual([0, 0, 1, 1, 2, 2, 2, 2])
    expect(hardwareOf(machine([aNode(0, '0-3')]), unused).cores[7]).toMatchObject({ node: null, cache: null })
  })
})

describe('nodes', () => {
  it('share what the system keeps in proportion to their memory, and have no more than is offered', () => {
    const nodes = [aNode(0, '0-3', { memoryBytes: 4 * gib }), aNode(1, '4-7', { memoryBytes: 12 * gib })]
    const { nodes: found, distances } = hardwareOf(machine(nodes), unused)
    expect(found.map(({ memoryBytes }) => memoryBytes / 2 ** 20)).toEqual([3840, 11_520])
    expect(distances).toEqual([
      [10, 21],
      [22, 10],
    ])
  })

  it('without CPUs are nodes; the memory of GPUs and what the firmware set apart is not', () => {
    const nodes = [
      aNode(0, '0-7'),
      aNode(2, '', { kind: 'special' }),
      aNode(3, '', { kind: 'cxl' }),
      aNode(8, '', { kind: 'gpu', isGpuMemory: true }),
    ]
    const found = hardwareOf(machine(nodes), unused)
    expect(found.nodes.map(({ id }) => id)).toEqual([0, 3])
    expect(found.distances).toEqual([
      [10, 22],
      [28, 10],
    ])
  })

  it('whose memory is unknown or not for tasks have none of it, and stay while tasks may use their CPUs', () => {
    const nodes = [aNode(0, '0-3', { memoryBytes: null }), aNode(1, '4-7'), aNode(2, '')]
    const found = hardwareOf({ ...machine(nodes), numa: { allowed: '0', nodes, distances: null } }, unused)
    expect(found.nodes).toEqual([0, 1].map((id) => ({ id, memoryBytes: 0, hugepages: [] })))
    expect(found.distances).toBeNull()
  })

  it('keep their huge pages out of what is ordinary memory', () => {
    const hugepages = [{ sizeBytes: gib, count: 5, freeCount: 1 }]
    const found = hardwareOf(machine([aNode(0, '0-3', { hugepages }), aNode(1, '4-7')]), unused).nodes
    expect(found[0]).toEqual({ id: 0, memoryBytes: 2.5 * gib, hugepages: [{ sizeBytes: gib, count: 5 }] })
  })
})

describe('devices', () => {
  const link = (to: string, toKind: 'gpu' | 'nic' = 'gpu') => ({ to, toKind, kind: 'nvlink', count: 4 })
  const instance = (uuid: string | null, profile: string | null, gpuInstanceId = 1) => ({
    uuid,
    profile,
    gpuInstanceId,
    memoryBytes: 10 * gib,
    computeInstanceId: 0,
    multiprocessors: null,
  })

  it('GPUs that are usable are linked to one another', () => {
    const gpus = [
      aGpu('0000:01:00.0', 'GPU-a', { links: [link('GPU-b'), link('GPU-c'), link('eth0', 'nic')], numaNode: 7 }),
      aGpu('0000:02:00.0', 'GPU-b', { links: [link('GPU-a')], numaNode: 1 }),
      aGpu('0000:03:00.0', 'GPU-c', { isUsable: false }),
      aGpu('0000:04:00.0', null),
    ]
    const found = hardwareOf(machine(undefined, { gpus }), unused).gpus
    expect(found).toMatchObject([
      { uuid: 'GPU-a', node: null, links: [{ to: 'GPU-b', kind: 'nvlink', count: 4 }] },
      { uuid: 'GPU-b', node: 1, instances: [] },
    ])
  })

  it('GPUs that are cut are given by instance, each profile by a name of its own, and are no gpus', () => {
    const cut = { isUsable: false, partitioning: 'MIG' }
    const gpus = [
      aGpu('0000:01:00.0', 'GPU-a', {
        ...cut,
        instances: [instance('MIG-1', '1g.10gb'), instance('MIG-2', '3g.40gb')],
      }),
      aGpu('0000:02:00.0', '7f', {
        ...cut,
        partitioning: 'CPX',
        instances: [instance(null, 'CPX', 0), instance(null, 'CPX', 1)],
      }),
      aGpu('0000:03:00.0', 'GPU-c', { ...cut, instances: [instance('MIG-9', null)] }),
      aGpu('0000:04:00.0', 'GPU-d'),
    ]
    const inventory = machine(undefined, { gpus })
    expect(
      hardwareOf(inventory, unused).gpus.map(({ uuid, instances }) => [
        uuid,
        instances.map((one) => `${one.uuid} ${one.resource}`),
      ]),
    ).toEqual([
      ['GPU-a', ['MIG-1 gpu-1g.10gb', 'MIG-2 gpu-3g.40gb']],
      ['7f', ['7f/0 gpu-cpx', '7f/1 gpu-cpx']],
      ['GPU-d', []],
    ])
    const offered = scalarTotals(defaultResources(inventory, null))
    expect(['gpus', 'gpu-1g.10gb', 'gpu-3g.40gb', 'gpu-cpx'].map((name) => offered.get(name))).toEqual([
      1000, 1000, 1000, 2000,
    ])
  })

  it('ports are there whether up or not, and free unless the machine itself uses them', () => {
    const nics = [aNic('eth0', { isUp: false, speedMbps: null }), aNic('eth1')]
    const found = hardwareOf(machine(undefined, { nics }), new Set(['eth1'])).nics
    expect(found[0]).toEqual({
      name: 'eth0',
      mac: '02:00:00:00:00:01',
      speedMbps: null,
      node: 0,
      pciAddress: '0000:02:00.0',
      rdma: null,
      isFree: true,
    })
    expect(found[1]).toMatchObject({ name: 'eth1', isFree: false })
  })
})

it('of a large machine everything is there', () => {
  const { cores, nodes, gpus, nics, disks } = hardwareOf(aGpuServer().inventory, unused)
  expect([cores.length, nodes.length, gpus.length, nics.length, disks.length]).toEqual([92, 4, 8, 10, 9])
})
