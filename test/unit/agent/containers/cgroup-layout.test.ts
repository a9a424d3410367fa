import { describe, expect, test } from 'vitest'
import {
  findHierarchies,
  flatKeyed,
  limitFilesV1,
  limitFilesV2,
} from '../../../../src/agent/containers/cgroup-layout.ts'

const limits = { cpuMilli: 1000, cpuLimitMilli: null, memoryBytes: null, pidsMax: null, isLowPriority: false }

describe('finding hierarchies', () => {
  test.each([
    {
      claim: 'unified, in a service',
      self: '0::/system.slice/tepui.service\n',
      mounts: '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n',
      found: [
        { kind: 'v2', controllers: [], root: '/sys/fs/cgroup', own: '/sys/fs/cgroup/system.slice/tepui.service' },
      ],
    },
    {
      claim: 'hybrid, with controllers mounted together and a version 2 mount beside them',
      self: '4:memory:/a b\n3:cpu,cpuacct:/\n1:name=systemd:/x\n0::/x\n',
      mounts: [
        '31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
        '33 30 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:13 - cgroup cgroup rw,cpu,cpuacct',
        '34 30 0:30 / /sys/fs/cgroup/mem\\040ory rw - cgroup cgroup rw,memory',
      ].join('\n'),
      found: [
        { kind: 'v1', controllers: ['memory'], root: '/sys/fs/cgroup/mem ory', own: '/sys/fs/cgroup/mem ory/a b' },
        {
          kind: 'v1',
          controllers: ['cpu', 'cpuacct'],
          root: '/sys/fs/cgroup/cpu,cpuacct',
          own: '/sys/fs/cgroup/cpu,cpuacct',
        },
        { kind: 'v2', controllers: [], root: '/sys/fs/cgroup/unified', own: '/sys/fs/cgroup/unified/x' },
      ],
    },
    {
      claim: 'in a container that sees its own part of the hierarchy as the whole mount',
      self: '5:memory:/docker/abc/inner\n0::/\n',
      mounts: [
        '40 39 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
        '41 39 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup rw',
      ].join('\n'),
      found: [
        {
          kind: 'v1',
          controllers: ['memory'],
          root: '/sys/fs/cgroup/memory',
          own: '/sys/fs/cgroup/memory/inner',
        },
        { kind: 'v2', controllers: [], root: '/sys/fs/cgroup/unified', own: '/sys/fs/cgroup/unified' },
      ],
    },
    {
      claim: 'nothing where our group is outside of what is mounted',
      self: '0::/../other\n5:memory:/elsewhere\n',
      mounts: [
        '41 39 0:31 / /sys/fs/cgroup rw - cgroup2 cgroup rw',
        '40 39 0:30 /docker /m rw - cgroup cgroup rw,memory',
      ].join('\n'),
      found: [],
    },
    { claim: 'nothing in nonsense', self: 'what\n:::\n', mounts: 'is - this\n\n', found: [] },
  ])('$claim', ({ self, mounts, found }) => {
    expect(findHierarchies(self, mounts)).toEqual(found)
  })
})

const asText = (files: ReturnType<typeof limitFilesV1>) => files.map(({ file, value }) => `${file}=${value}`)

describe('files of version 1', () => {
  test.each([
    [limits, ['cpu.shares=1024']],
    [{ ...limits, cpuMilli: 0 }, ['cpu.shares=2']],
    [{ ...limits, isLowPriority: true }, ['cpu.shares=2']],
    [{ ...limits, cpuMilli: 100 }, ['cpu.shares=102']],
    [{ ...limits, cpuMilli: 10_000_000 }, ['cpu.shares=262144']],
    [{ ...limits, cpuLimitMilli: 1500 }, ['cpu.shares=1024', 'cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=150000']],
    [{ ...limits, cpuLimitMilli: 1 }, ['cpu.shares=1024', 'cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=1000']],
    [
      { ...limits, memoryBytes: 1 << 20, pidsMax: 7, isLowPriority: false },
      ['cpu.shares=1024', 'memory.limit_in_bytes=1048576', 'memory.memsw.limit_in_bytes=1048576', 'pids.max=7'],
    ],
  ])('%o', (asked, files) => {
    expect(asText(limitFilesV1(asked))).toEqual(files)
  })
})

describe('files of version 2', () => {
  test.each([
    [limits, ['cpu.weight=39']],
    [{ ...limits, cpuMilli: 0 }, ['cpu.weight=1']],
    [{ ...limits, isLowPriority: true }, ['cpu.weight=1']],
    [{ ...limits, cpuMilli: 256_000 }, ['cpu.weight=9984']],
    [{ ...limits, cpuMilli: 999_000 }, ['cpu.weight=10000']],
    [{ ...limits, cpuLimitMilli: 500 }, ['cpu.weight=39', 'cpu.max=50000 100000']],
    [
      { ...limits, memoryBytes: 1 << 20, pidsMax: 7, isLowPriority: false },
      ['cpu.weight=39', 'memory.max=1048576', 'memory.swap.max=0', 'memory.oom.group=1', 'pids.max=7'],
    ],
  ])('%o', (asked, files) => {
    expect(asText(limitFilesV2(asked))).toEqual(files)
  })

  test('what a kernel may lack is optional, the limits themselves are not', () => {
    const full = { cpuMilli: 1000, cpuLimitMilli: 1000, memoryBytes: 1 << 20, pidsMax: 7, isLowPriority: false }
    const optional = [...limitFilesV1(full), ...limitFilesV2(full)].filter((file) => file.isOptional)
    expect(optional.map((file) => file.file)).toEqual([
      'memory.memsw.limit_in_bytes',
      'memory.swap.max',
      'memory.oom.group',
    ])
  })
})

test('a number is found by its whole key', () => {
  const text = 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\noom_group_kill x\n'
  expect(flatKeyed(text, 'oom_kill')).toBe(3)
  expect(flatKeyed(text, 'oom')).toBeNull()
  expect(flatKeyed(text, 'oom_group_kill')).toBeNull()
  expect(flatKeyed('', 'oom_kill')).toBeNull()
})
