import { expect, it } from 'vitest'
import { numaNodeOf } from '../../../../src/hw/probe/locality.ts'
import type { NumaFacts } from '../../../../src/hw/probe/numa.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { NumaNode } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const bridge = '/sys/devices/pci0000:00/0000:00:02.0'
const device = `${bridge}/0000:01:00.0`

function numa(...cpus: readonly (readonly number[])[]): NumaFacts {
  const empty = { cpus: '', localCpus: '', memoryBytes: null, hugepages: [], isGpuMemory: false }
  const nodes = cpus.map((_, id): NumaNode => ({ id, ...empty }))
  return { nodes, distances: null, sets: new Map(cpus.map((set, id) => [id, set])) }
}

const two = numa([0, 1], [2, 3])

function nodeOf(files: Readonly<Record<string, FakeFile>>, facts = two): number | null {
  return numaNodeOf({ source: fakeMachine(files), report: new Report() }, facts, device)
}

it.each([
  ['the number of the kernel', { [`${device}/numa_node`]: '1' }, 1],
  [
    'the CPUs it is near to, where they are in one node',
    { [`${device}/numa_node`]: '-1', [`${device}/local_cpulist`]: '2' },
    1,
  ],
  ['the bridge above', { [`${device}/numa_node`]: '-1', [`${bridge}/numa_node`]: '1' }, 1],
  ['no node, where all CPUs are near', { [`${device}/numa_node`]: '-1', [`${device}/local_cpulist`]: '0-3' }, null],
  ['no node, where the number is of none', { [`${device}/numa_node`]: '7' }, null],
  ['no node, where nothing is said', {}, null],
])('a device among several nodes is placed by %s (FN-0004)', (_, files, node) => {
  expect(nodeOf(files)).toBe(node)
})

it('where there is one node, a device is near that', () => {
  expect(nodeOf({ [`${device}/numa_node`]: '-1' }, numa([0, 1, 2, 3]))).toBe(0)
})
