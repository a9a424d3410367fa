import { expect, it } from 'vitest'
import {
  parseAllowed,
  parseCgroupPaths,
  parseCpusetMounts,
  parseCpusetPath,
} from '../../../../src/hw/parse/process-files.ts'

it('the affinity of a process is in its status', () => {
  const status = 'Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-1,4\nMems_allowed_list:\t0\n'
  expect(parseAllowed(status)).toEqual({ kind: 'known', value: { cpus: [0, 1, 4], memoryNodes: [0] } })
  expect(parseAllowed('Name: x').kind).toBe('absent')
  expect(parseAllowed('Cpus_allowed_list:\tmany\nMems_allowed_list:\t0').kind).toBe('implausible')
})

it('the cgroups of a process are found in both versions', () => {
  expect(parseCgroupPaths('4:memory:/m\n3:cpuset,cpu:/a b\n0::/user.slice\n')).toEqual({
    cpusetV1: '/a b',
    unified: '/user.slice',
  })
  expect(parseCgroupPaths('nonsense')).toEqual({ cpusetV1: null, unified: null })
})

it('the old cpuset file holds one path', () => {
  expect(parseCpusetPath('/dummy\n')).toEqual({ kind: 'known', value: '/dummy' })
  expect(parseCpusetPath('').kind).toBe('absent')
  expect(parseCpusetPath('dummy').kind).toBe('implausible')
})

it('cpuset files are looked for in three kinds of mount', () => {
  const mounts = [
    'none /dev/cpuset cpuset rw 0 0',
    'cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0',
    'cgroup /mnt cgroup rw,cpuset,noprefix 0 0',
    'none /cgroup/unified cgroup2 rw 0 0',
    'cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0',
    'broken',
  ]
  expect(parseCpusetMounts(mounts.join('\n'))).toEqual([
    { at: '/dev/cpuset', kind: 'legacy', hasPrefix: false },
    { at: '/sys/fs/cgroup/cpuset', kind: 'v1', hasPrefix: true },
    { at: '/mnt', kind: 'v1', hasPrefix: false },
    { at: '/cgroup/unified', kind: 'v2', hasPrefix: true },
  ])
})
