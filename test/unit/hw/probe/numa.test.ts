import { describe, expect, it } from 'vitest'
import { probeAllowed } from '../../../../src/hw/probe/allowed.ts'
import { probeNuma } from '../../../../src/hw/probe/numa.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { Source } from '../../../../src/hw/source/source.ts'
import { known } from '../../../../src/model/reading.ts'
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
        hugepages: [{ sizeBytes: 2097152, count: 3, freeCount: null }],
        isGpuMemory: false,
        kind: null,
        memorySideCaches: [],
        access: null,
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

  it('of memory alone are near nothing that is no nearer than they are to themselves', () => {
    const files = { ...node(0, '0-1', '10 20 10'), ...node(1, '2-3', '20 10 28'), ...node(2, '', '10 28 10') }
    expect(probe(files).nodes[2]?.localCpus).toBe('')
  })

  it('of memory alone may be near another such node, whose place is known by then', () => {
    const files = { ...node(0, '0-1', '10 21 17'), ...node(1, '', '17 10 28'), ...node(2, '', '28 17 10') }
    expect(probe(files).nodes.map((one) => one.localCpus)).toEqual(['0-1', '0-1', '0-1'])
  })

  it('with CPUs are near other initiators too, and a folder without initiators leaves the distances to say it', () => {
    const section = probe({
      ...node(0, '0-1', '10 20 17'),
      ...node(1, '2', '20 10 28'),
      ...node(2, '', '17 28 10'),
      [`${root}/node1/access0/initiators/node0`]: '',
      [`${root}/node2/access1/initiators/read_bandwidth`]: '0',
    })
    expect(section.nodes.map((one) => [one.cpus, one.localCpus])).toEqual([
      ['0-1', '0-1'],
      ['2', '0-2'],
      ['', '0-1'],
    ])
  })

  it('have the figures of the firmware, of processors before those of other initiators (FN-0012)', () => {
    const access = (name: string, figures: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(figures).map(([file, text]) => [`${root}/node0/${name}/initiators/${file}`, text]),
      )
    const files = {
      ...node(0, '0-3', '10'),
      ...access('access0', { node4: '', read_latency: '5' }),
      ...access('access1', { node0: '', read_bandwidth: '131072', write_bandwidth: '0', read_latency: '26' }),
    }
    const figures = { initiators: [0], readMbps: 131072, writeMbps: null, readNs: 26, writeNs: null }
    expect(probe(files).nodes[0]?.access).toEqual(figures)
    expect(probe({ ...files, '/proc/cmdline': 'quiet numa=fake=2' }).nodes[0]?.access).toBeNull()
  })

  it('have the caches in front of their memory, but for nodes that the kernel was told to make', () => {
    const cache = `${root}/node0/memory_side_cache/index1`
    const files = { ...node(0, '0-3', '10'), [`${cache}/size`]: '103079215104', [`${cache}/line_size`]: '64' }
    expect(probe(files).nodes[0]?.memorySideCaches).toEqual([{ level: 1, sizeBytes: 103079215104, lineBytes: 64 }])
    expect(probe({ ...files, '/proc/cmdline': 'numa=fake=8U' }).nodes[0]?.memorySideCaches).toEqual([])
    expect(probe({ ...files, [`${cache}/size`]: '0' }).nodes[0]?.memorySideCaches).toEqual([])
  })

  it('that the kernel was told to make share CPUs: all keep their memory, the first has the CPUs', () => {
    const files = { ...node(0, '0-3', '10 10'), ...node(1, '0-3', '10 10'), '/proc/cmdline': 'numa=fake=2U quiet' }
    const section = probe(files)
    expect(section.nodes.map((one) => [one.cpus, one.localCpus, one.memoryBytes])).toEqual([
      ['0-3', '0-3', 1048576],
      ['', '0-3', 1048576],
    ])
    expect(section.problems).toEqual([])
  })

  it('are what the DAX device was that became their memory', () => {
    const dax = (name: string, node: number, parent: string) => ({
      [`/sys/bus/dax/devices/${name}`]: { link: `../../../devices/${parent}/${name}` },
      [`/sys/bus/dax/drivers/kmem/${name}`]: { link: `../../../../devices/${parent}/${name}` },
      [`/sys/devices/${parent}/${name}/target_node`]: `${node}\n`,
    })
    const files = {
      ...Object.assign({}, ...[0, 1, 2, 3, 4].map((id) => node(id, id === 0 ? '0-3' : '', null))),
      ...dax('dax0.0', 1, 'LNXSYSTM:00/LNXSYBUS:00/ACPI0012:00/ndbus0/region0/dax0.1'),
      ...dax('dax1.0', 2, 'platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0'),
      ...dax('dax2.0', 3, 'platform/hmem.0'),
      ...dax('dax3.0', -1, 'platform/hmem.1'),
    }
    expect(probe(files).nodes.map((one) => one.kind)).toEqual([null, 'pmem', 'cxl', 'special', null])
  })

  it('have hugepages by size, and how many of them are free', () => {
    const pool = (kib: number, files: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(files).map(([name, text]) => [`${root}/node0/hugepages/hugepages-${kib}kB/${name}`, text]),
      )
    const files = {
      ...node(0, '0-3', '10'),
      ...pool(1048576, { nr_hugepages: '1' }),
      ...pool(64, { nr_hugepages: '7', free_hugepages: '5' }),
      ...pool(2048, { free_hugepages: '5' }),
    }
    expect(probe(files).nodes[0]?.hugepages).toEqual([
      { sizeBytes: 65536, count: 7, freeCount: 5 },
      { sizeBytes: 1073741824, count: 1, freeCount: null },
    ])
    const negative = {
      ...node(0, '0-3', '10'),
      ...pool(64, { nr_hugepages: '7', free_hugepages: '-1' }),
      ...pool(2048, { nr_hugepages: '-1' }),
    }
    expect(probe(negative).nodes[0]?.hugepages).toEqual([{ sizeBytes: 65536, count: 7, freeCount: null }])
  })

  it('are one each, whatever a folder lists twice or with zeros before', () => {
    const files = { ...node(0, '0-3', null), [`${root}/node00/cpulist`]: '0-3', [`${root}/node000001/cpulist`]: '0' }
    expect(probe(files).nodes.map((one) => one.id)).toEqual([0])
    const machine = fakeMachine(node(0, '0-3', null))
    const source: Source = {
      ...machine,
      list: (path) => (path === root ? known(['node0', 'node0']) : machine.list(path)),
    }
    expect(probeNuma({ source, report: new Report() }, online).nodes.map((one) => one.id)).toEqual([0])
  })

  it('with CPUs and no memory, and nodes in an odd order, keep their places in the distances', () => {
    const section = probe({
      ...node(8, '0-1', '10 20 40'),
      ...node(250, '', '20 10 40'),
      ...node(72, '2-3', '40 40 10', 0),
    })
    expect(section.nodes.map((one) => [one.id, one.memoryBytes])).toEqual([
      [8, 1048576],
      [72, 0],
      [250, 1048576],
    ])
    expect(section.distances?.[0]).toEqual([10, 20, 40])
  })

  it('may be the memory of a GPU, near what the GPU is near to', () => {
    const section = probe({
      ...node(0, '0-3', '10 80'),
      ...node(255, '', '80 10'),
      '/proc/driver/nvidia/gpus/0004:04:00.0/numa_status': 'Node: 255\nStatus: online\n',
      '/sys/bus/pci/devices/0004:04:00.0/local_cpus': 'ff03',
    })
    expect(section.nodes[1]).toMatchObject({ kind: 'gpu', cpus: '', localCpus: '0-1' })
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

  it('is found behind a mount with a blank in its name, without prefix, and in a container', () => {
    const files = (options: string, at: string, name: string) => ({
      '/proc/mounts': `none /dev/my\\040cg cgroup rw,${options} 0 0\n`,
      '/proc/self/cgroup': '3:cpu,cpuset:/docker/0123\n',
      [`/dev/my cg${at}/${name}`]: '1',
    })
    const one = { cpus: [1], memoryNodes: [0, 1] }
    expect(allowed(files('cpuset', '/docker/0123', 'cpuset.cpus'))).toEqual(one)
    expect(allowed(files('cpuset,noprefix', '/docker/0123', 'cpus'))).toEqual(one)
    expect(allowed(files('cpuset', '', 'cpuset.cpus'))).toEqual(one)
  })

  it('is found where it usually is when the mounts are not known', () => {
    const files = { '/proc/self/cpuset': '/a\n', '/sys/fs/cgroup/a/cpuset.cpus.effective': '2-3' }
    expect(allowed(files)).toEqual({ cpus: [2, 3], memoryNodes: [0, 1] })
  })

  it('is a mask on kernels without lists', () => {
    const status = 'Cpus_allowed:\t00000006\nMems_allowed:\t1\n'
    expect(allowed({ '/proc/self/status': status })).toEqual({ cpus: [1, 2], memoryNodes: [0] })
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
