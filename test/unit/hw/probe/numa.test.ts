import { describe, expect, it } from 'vitest'
import { probeAllowed } from '../../../../src/hw/probe/allowed.ts'
import { probeNuma } from '../../../../src/hw/probe/numa.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const root = '/sys/devices/system/node'
const online = [0, 1, 2, 3]

function node(id: number, cpus: string, distance: string | null, kib = 1024): Record<string, FakeFile> {
  return {
    [`${root}/node${id}/cpulist`]: cpus,
    [`${root}/node${id}/meminfo`]: `Node ${id} MemTotal: ${kib} kB\n`,
    ...(distance === null ? {} : { [`${root}/node${id}/distance`]: distance }),
  }
}

function probe(files: Readonly<Record<string, FakeFile>>) {
  const report = new Report()
  return { ...probeNuma({ source: fakeMachine(files), report }, online), problems: report.problems() }
}

describe('NUMA nodes', () => {
  it('have ids with gaps, and a distance for each online node in order', () => {
    const section = probe({
      [`${root}/online`]: '2,33',
      ...node(33, '2-3', '20 10'),
      ...node(2, '0-1,64', '10 20'),
      ...node(40, '', null),
    })
    expect(section.nodes.map((one) => [one.id, one.cpus, one.memoryBytes])).toEqual([
      [2, '0-1', 1048576],
      [33, '2-3', 1048576],
    ])
    expect(section.distances).toEqual([
      [10, 20],
      [20, 10],
    ])
  })

  it('are one with everything where the kernel has none', () => {
    const section = probe({
      '/proc/meminfo': 'MemTotal: 4 kB\n',
      '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages': '3\n',
    })
    expect(section.nodes).toEqual([
      {
        id: 0,
        cpus: '0-3',
        localCpus: '0-3',
        memoryBytes: 4096,
        hugepages: [{ sizeBytes: 2097152, count: 3 }],
        isGpuMemory: false,
      },
    ])
  })

  it('that claim CPUs of an earlier one are left out and reported (FN-0005)', () => {
    const section = probe({ ...node(0, '0-3', '10 20'), ...node(1, '0-3', '20 10') })
    expect(section.nodes.map((one) => one.id)).toEqual([0])
    expect(section.distances).toEqual([[10]])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT', where: `${root}/node1` }])
  })

  it('of memory alone are near the initiators that the firmware names', () => {
    const section = probe({
      ...node(0, '0-1', '10 20 17'),
      ...node(1, '2-3', '20 10 28'),
      ...node(2, '', '17 28 10'),
      [`${root}/node2/access1/initiators/node1`]: '',
      [`${root}/node2/access0/initiators/node0`]: '',
    })
    expect(section.nodes.map((one) => [one.cpus, one.localCpus])).toEqual([
      ['0-1', '0-1'],
      ['2-3', '2-3'],
      ['', '2-3'],
    ])
  })

  it('of memory alone are near the nearest node, and near none where all are equally far', () => {
    const local = (row: string) =>
      probe({ ...node(0, '0-1', '10 20 17'), ...node(1, '2-3', '20 10 28'), ...node(2, '', row) }).nodes[2]?.localCpus
    expect(local('17 28 10')).toBe('0-1')
    expect(local('17 17 10')).toBe('')
  })

  it('have no distances where a row does not fit', () => {
    const section = probe({ ...node(0, '0-1', '10'), ...node(1, '2-3', '20 10') })
    expect(section.distances).toBeNull()
    expect(section.problems).toMatchObject([{ code: 'HW_IMPLAUSIBLE', message: '1 distances for 2 nodes' }])
  })

  it('may be the memory of a GPU', () => {
    const section = probe({
      ...node(0, '0-3', '10 80'),
      ...node(255, '', '80 10'),
      '/proc/driver/nvidia/gpus/0004:04:00.0/numa_status': 'Node: 255\nStatus: online\n',
    })
    expect(section.nodes.map((one) => one.isGpuMemory)).toEqual([false, true])
  })
})

describe('what a process may use', () => {
  const allowed = (files: Readonly<Record<string, FakeFile>>) =>
    probeAllowed({ source: fakeMachine(files), report: new Report() }, online, [0, 1])

  it('is everything online where nothing limits it', () => {
    expect(allowed({})).toEqual({ cpus: online, memoryNodes: [0, 1] })
  })

  it('is its affinity and the cpuset of its cgroup together', () => {
    const status = 'Cpus_allowed_list:\t0-2\nMems_allowed_list:\t0-1\n'
    const mounts = 'cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n'
    expect(
      allowed({
        '/proc/self/status': status,
        '/proc/mounts': mounts,
        '/proc/self/cgroup': '3:cpuset:/a\n',
        '/sys/fs/cgroup/cpuset/a/cpuset.cpus': '1-3',
        '/sys/fs/cgroup/cpuset/a/cpuset.mems': '1',
      }),
    ).toEqual({ cpus: [1, 2], memoryNodes: [1] })
  })

  it('is unknown where the process cannot read its own status', () => {
    expect(allowed({ '/proc/self/status': { errno: 'EIO' } })).toBeNull()
  })

  it('is what the nearest group above says in version 2', () => {
    expect(
      allowed({
        '/proc/mounts': 'none /cg cgroup2 rw 0 0\n',
        '/proc/self/cgroup': '0::/a/b/c\n',
        '/cg/a/cpuset.cpus.effective': '3',
        '/cg/a/cpuset.mems.effective': '0',
      }),
    ).toEqual({ cpus: [3], memoryNodes: [0] })
  })

  it('may be in the oldest form of cpusets', () => {
    expect(
      allowed({
        '/proc/mounts': 'none /dev/cpuset cpuset rw 0 0\n',
        '/proc/self/cpuset': '/dummy\n',
        '/dev/cpuset/dummy/cpus': '0-1',
        '/dev/cpuset/dummy/mems': '1',
      }),
    ).toEqual({ cpus: [0, 1], memoryNodes: [1] })
  })
})
