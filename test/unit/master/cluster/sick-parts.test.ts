import { describe, expect, test } from 'vitest'
import { conditionText, sicknessBy, sicknessOf, well } from '../../../../src/master/cluster/sick-parts.ts'
import type { ConditionCode } from '../../../../src/model/conditions.ts'
import type { Hardware } from '../../../../src/model/hardware.ts'
import type { PartKind } from '../../../../src/model/health.ts'
import { aCondition } from '../../../support/hardware.ts'
import { aMachine, someGpus } from '../../../support/placement-machines.ts'

const nic = { mac: null, speedMbps: null, node: 0, pciAddress: null, rdma: null, isFree: true }
const disk = { serial: null, sizeBytes: 1e12, rotational: false, node: 0, pciAddress: null }

/** Two nodes with CPUs 0-3,8-11 and 4-7,12-15. */
const hardware: Hardware = {
  ...aMachine({ gpus: someGpus(2).map((gpu, i) => ({ ...gpu, pciAddress: `0000:0${i}:00.0` })) }),
  nics: [
    { ...nic, name: 'eth0', mac: '02:00:00:00:00:01' },
    { ...nic, name: 'ib0', rdma: 'mlx5_0', pciAddress: '0000:07:00.0' },
  ],
  disks: [
    { ...disk, name: 'sda' },
    { ...disk, name: 'nvme0n1', serial: 'S1', pciAddress: '0000:08:00.0' },
    { ...disk, name: 'nvme0n2', serial: 'S1' },
  ],
  mounts: [
    { path: '/', disks: ['sda'], volumes: [], isSystem: true },
    { path: '/srv', disks: ['nvme0n2'], volumes: [], isSystem: false },
    { path: '/data', disks: [], volumes: ['md0'], isSystem: false },
  ],
}

const code: ConditionCode = 'GPU_FAILED'
const by = (kind: PartKind, name: string, id?: string) =>
  sicknessBy(hardware, aCondition(code, kind, name, id === undefined ? {} : { id }))

describe('what a sick part takes from tasks', () => {
  test.each<[string, PartKind, string, object]>([
    ['a GPU by its address: itself', 'gpu', '0000:01:00.0', { gpus: ['GPU-1'] }],
    ['a GPU by its uuid: itself', 'gpu', 'GPU-1', { gpus: ['GPU-1'] }],
    ['a port: itself', 'nic', 'eth0', { nics: ['eth0'] }],
    ['a fabric port: the network port of its device', 'fabric', 'mlx5_0/1', { nics: ['ib0'] }],
    ['a package: its CPUs', 'cpu', 'package 1', { cpus: '4-7,12-15' }],
    ['a core: its threads', 'core', 'CPU 2', { cpus: '2,10' }],
    ['a NUMA node: its memory and CPUs', 'numa-node', 'node 0', { cpus: '0-3,8-11', nodes: [0] }],
    ['a card: what can be given at its address', 'pci', '0000:07:00.0', { nics: ['ib0'] }],
    ['a card that nothing is given of: nothing', 'pci', '0000:09:00.0', {}],
    ['an accelerator, which is not given: nothing', 'accelerator', '0000:0a:00.0', {}],
    ['a drive behind a controller: itself alone', 'disk', 'storcli /c0/e1/s2', { disks: ['storcli /c0/e1/s2'] }],
  ])('%s', (_what, kind, name, parts) => {
    expect(by(kind, name)).toEqual({ ...well, parts: { ...well.parts, ...parts } })
  })

  test('a drive: itself, its other namespaces, and the file systems on it', () => {
    expect(by('disk', 'nvme0n1', 'S1')).toEqual({
      isWhole: false,
      parts: { ...well.parts, disks: ['nvme0n1', 'nvme0n2'] },
      mounts: ['/srv'],
    })
    expect(by('pci', '0000:08:00.0').parts.disks).toEqual(['nvme0n1'])
  })

  test('an array and a file system: what is kept there', () => {
    expect(by('volume', 'md0')).toEqual({ ...well, mounts: ['/data'] })
    expect(by('volume', 'md127')).toEqual(well)
    expect(by('filesystem', '/data')).toEqual({ ...well, mounts: ['/data'] })
    expect(by('filesystem', '/mnt/lost')).toEqual({ ...well, mounts: ['/mnt/lost'] })
  })

  test('a GPU that is gone from the bus is still the one that a task has', () => {
    expect(by('gpu', '0000:44:00.0', 'GPU-9').parts.gpus).toEqual(['GPU-9'])
  })

  test('a port by its address where it has another name now', () => {
    expect(by('nic', 'eno1', '02:00:00:00:00:01').parts.nics).toEqual(['eth0'])
  })

  test.each<[PartKind, string]>([
    ['machine', 'machine'],
    ['cpu', 'processors'],
    ['cpu', 'package 7'],
    ['core', 'CPU 99'],
    ['numa-node', 'node 5'],
    ['memory', 'memory'],
    ['dimm', 'DIMM_A1'],
    ['disk', 'sda'],
    ['filesystem', '/'],
    ['fan', 'Fan 3'],
    ['psu', 'PSU 1'],
    ['sensor', 'Tctl'],
    ['bmc', 'bmc'],
    ['constructor' as PartKind, 'of a later version'],
  ])('%s %s: the whole machine', (kind, name) => {
    expect(by(kind, name).isWhole).toBe(true)
  })

  test('where nobody says what is mounted, a drive may be beneath everything', () => {
    const { mounts: _mounts, ...blind } = hardware
    expect(sicknessBy(blind, aCondition('DISK_FAILING', 'disk', 'nvme0n1')).isWhole).toBe(true)
  })

  test('warnings take nothing; critical conditions add up', () => {
    const warning = aCondition('GPU_THROTTLED', 'gpu', 'GPU-0', { severity: 'warning' })
    expect(sicknessOf(hardware, [warning])).toBe(well)
    const all = [
      warning,
      aCondition('GPU_FAILED', 'gpu', '0000:01:00.0'),
      aCondition('GPU_UNCORRECTED_ERRORS', 'gpu', '0000:01:00.0'),
      aCondition('CPU_MACHINE_CHECK', 'cpu', 'package 0'),
      aCondition('CPU_MACHINE_CHECK', 'core', 'CPU 4'),
      aCondition('FILESYSTEM_READ_ONLY', 'filesystem', '/srv'),
    ]
    expect(sicknessOf(hardware, all)).toEqual({
      isWhole: false,
      parts: { ...well.parts, gpus: ['GPU-1'], cpus: '0-4,8-12' },
      mounts: ['/srv'],
    })
  })
})

test('as many conditions as an agent may tell, of as many cores as it may have, are added up at once', () => {
  const cores = Array.from({ length: 65_536 }, (_, i) => ({
    cpus: `${i}`,
    node: 0,
    package: i >> 12,
    cache: 0,
    kind: null,
  }))
  const conditions = Array.from({ length: 1_000 }, (_, i) =>
    i % 2 === 0
      ? aCondition('CPU_MACHINE_CHECK', 'core', `CPU ${i}`)
      : aCondition('CPU_MACHINE_CHECK', 'cpu', 'package 1'),
  )
  const began = process.cpuUsage()
  const { parts, isWhole } = sicknessOf({ ...hardware, cores }, conditions)
  // Looking through all cores for each condition takes most of a minute.
  expect(process.cpuUsage(began).user / 1e6).toBeLessThan(5)
  expect(isWhole).toBe(false)
  expect(parts.cpus.split(',').at(-1)).toBe('4096-8191')
  const allAtOnce = [aCondition('CPU_MACHINE_CHECK', 'core', 'CPU 0-65535')]
  expect(sicknessOf({ ...hardware, cores }, allAtOnce).isWhole).toBe(true)
})

test('a condition is said by its code and the name that grants have for its part', () => {
  expect(conditionText(aCondition('GPU_FAILED', 'gpu', '0000:01:00.0', { id: 'GPU-1' }))).toBe('GPU_FAILED GPU-1')
  expect(conditionText(aCondition('DISK_FAILING', 'disk', 'sda', { id: 'S1' }))).toBe('DISK_FAILING sda')
})
