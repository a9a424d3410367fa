import { expect, it } from 'vitest'
import { localityFinder, numaNodeOf } from '../../../../src/hw/probe/locality.ts'
import type { NumaFacts } from '../../../../src/hw/probe/numa.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { LocalitySource, NumaNode } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const bridge = '/sys/devices/pci0000:00/0000:00:02.0'
const device = `${bridge}/0000:01:00.0`

type Files = Readonly<Record<string, FakeFile>>

function numa(...cpus: readonly (readonly number[])[]): NumaFacts {
  const nodes = cpus.map((_, id) => ({ id, isGpuMemory: false }) as NumaNode)
  return { nodes, distances: null, sets: new Map(cpus.map((set, id) => [id, set])) }
}

const two = numa([0, 1], [2, 3])

function locate(files: Files, { facts = two, path = device } = {}) {
  const report = new Report()
  const { node, source } = localityFinder({ source: fakeMachine(files), report }, facts)(path)
  return { node, source, problems: report.problems() }
}

const cases: readonly [string, Files, number | null, LocalitySource][] = [
  ['the number of the kernel', { [`${device}/numa_node`]: '1' }, 1, 'numa_node'],
  [
    'the CPUs it is near to, where they are in one node',
    { [`${device}/numa_node`]: '-1', [`${device}/local_cpulist`]: '2' },
    1,
    'local_cpus',
  ],
  ['a mask of CPUs, where there is no list', { [`${device}/local_cpus`]: '0000000c\n' }, 1, 'local_cpus'],
  ['CPUs of which some are of no node', { [`${device}/local_cpulist`]: '2-3,64-127' }, 1, 'local_cpus'],
  ['the bridge above', { [`${device}/numa_node`]: '-1', [`${bridge}/numa_node`]: '1' }, 1, 'bridge'],
  [
    'no node, where all CPUs are near',
    { [`${device}/numa_node`]: '-1', [`${device}/local_cpulist`]: '0-3' },
    null,
    'unknown',
  ],
  ['no node, where nothing is said', {}, null, 'unknown'],
]

it.each(cases)('a device among several nodes is placed by %s (FN-0004)', (_, files, node, source) => {
  expect(locate(files)).toEqual({ node, source, problems: [] })
})

it('a number of no node is not believed, and a problem says so (FN-0020)', () => {
  const found = locate({ [`${device}/numa_node`]: '7', [`${bridge}/numa_node`]: '0' })
  expect(found).toMatchObject({ node: 0, source: 'bridge', problems: [{ code: 'HW_CONFLICT' }] })
})

it('where there is one node, a device is near that', () => {
  const found = locate({ [`${device}/numa_node`]: '-1' }, { facts: numa([0, 1, 2, 3]) })
  expect(found).toEqual({ node: 0, source: 'only-node', problems: [] })
})

it('where one node alone has CPUs, a device is near that and not near bare memory', () => {
  expect(locate({}, { facts: numa([0, 1], []) })).toMatchObject({ node: 0, source: 'only-node' })
})

it('something on a device is where the device is', () => {
  const path = `${device}/nvme/nvme0`
  expect(locate({ [`${device}/numa_node`]: '1' }, { path })).toMatchObject({ node: 1, source: 'numa_node' })
})

it('a domain of its own is where its controller is', () => {
  const controller = '/sys/devices/pci0000:16/0000:16:05.5'
  const path = `${controller}/pci10000:00/10000:00:02.0/10000:01:00.0`
  expect(locate({ [`${controller}/numa_node`]: '1' }, { path })).toMatchObject({ node: 1, source: 'bridge' })
})

it('a device on no bus is asked itself and what it hangs on; a virtual one is nowhere', () => {
  const path = '/sys/devices/platform/HISI00C2:00/net/eth0'
  expect(locate({ '/sys/devices/platform/HISI00C2:00/numa_node': '1' }, { path }).node).toBe(1)
  expect(locate({ '/sys/devices/numa_node': '1' }, { path: '/sys/devices/virtual/block/loop0' }).node).toBeNull()
})

it('the short form gives the node alone', () => {
  const source = fakeMachine({ [`${device}/numa_node`]: '1' })
  expect(numaNodeOf({ source, report: new Report() }, two, device)).toBe(1)
})
