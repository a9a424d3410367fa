import { describe, expect, it } from 'vitest'
import { probeCpu } from '../../../../src/hw/probe/cpu.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const root = '/sys/devices/system/cpu'

/** The topology files of one CPU; sets as lists. */
function cpu(number: number, files: Readonly<Record<string, string>>): Record<string, FakeFile> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${root}/cpu${number}/topology/${name}`, text]),
  )
}

function probe(files: Readonly<Record<string, FakeFile>>) {
  const report = new Report()
  return { ...probeCpu({ source: fakeMachine(files), report }).section, problems: report.problems() }
}

describe('cores', () => {
  it('are the sets of thread siblings that are online', () => {
    const section = probe({
      [`${root}/online`]: '0-2\n',
      [`${root}/offline`]: '3-191\n',
      ...cpu(0, { thread_siblings_list: '0,2', core_siblings_list: '0-3', core_id: '0', physical_package_id: '0' }),
      ...cpu(1, { thread_siblings_list: '1,3', core_siblings_list: '0-3', core_id: '1', physical_package_id: '0' }),
      ...cpu(2, { thread_siblings_list: '0,2', core_siblings_list: '0-3', core_id: '0', physical_package_id: '0' }),
      [`${root}/cpu3/online`]: '0',
    })
    expect(section.cores.map((core) => [core.id, core.package, core.cpus])).toEqual([
      [0, 0, '0,2'],
      [1, 0, '1'],
    ])
    expect([section.online, section.offline]).toEqual(['0-2', '3'])
  })

  it('are two where AMD lists a compute unit as one (FN-0002)', () => {
    const files = {
      '/proc/cpuinfo': 'processor : 0\nvendor_id : AuthenticAMD\ncpu family : 21\n',
      [`${root}/online`]: '0-1',
      ...cpu(0, { thread_siblings: '3', core_id: '0' }),
      ...cpu(1, { thread_siblings: '3', core_id: '1' }),
    }
    expect(probe(files).cores.map((core) => core.cpus)).toEqual(['0', '1'])
    const zen = { ...files, '/proc/cpuinfo': 'processor : 0\nvendor_id : AuthenticAMD\ncpu family : 25\n' }
    expect(probe(zen).cores.map((core) => core.cpus)).toEqual(['0-1'])
  })

  it('are single CPUs where the kernel has no topology', () => {
    const section = probe({ '/proc/cpuinfo': 'processor : 0\nmodel name : X\n\nprocessor : 1\n' })
    expect(section.cores.map((core) => core.cpus)).toEqual(['0', '1'])
    expect([section.online, section.packages]).toEqual(['0-1', []])
  })

  it('of two sorts are told apart by the lists of the counters, then by capacity, then by base frequency', () => {
    const three = { [`${root}/online`]: '0-2', [`${root}/cpu0/topology/core_id`]: '0' }
    const kinds = (files: Readonly<Record<string, FakeFile>>) =>
      probe({ ...three, ...files }).cores.map((core) => core.kind)
    const each = (file: string, values: readonly string[]) =>
      Object.fromEntries(values.map((value, i) => [`${root}/cpu${i}/${file}`, value]))
    const lists = { '/sys/devices/cpu_core/cpus': '0-1', '/sys/devices/cpu_atom/cpus': '2' }
    expect(kinds(lists)).toEqual(['performance', 'performance', 'efficiency'])
    expect(kinds(each('cpu_capacity', ['280', '855', '1024']))).toEqual(['efficiency', 'performance', 'performance'])
    expect(kinds(each('cpufreq/base_frequency', ['1900', '1900', '1400']))).toEqual([
      'performance',
      'performance',
      'efficiency',
    ])
    expect(kinds(each('cpu_capacity', ['1000', '1010', '1024']))).toEqual([null, null, null])
    expect(kinds({})).toEqual([null, null, null])
  })
})

describe('packages', () => {
  const four = { [`${root}/online`]: '0-3' }

  it('keep the numbers of the kernel where these are names', () => {
    const section = probe({
      ...four,
      ...cpu(0, { package_cpus_list: '0-1', physical_package_id: '36' }),
      ...cpu(2, { package_cpus_list: '2-3', physical_package_id: '3' }),
    })
    expect(section.packages.map((one) => [one.id, one.cpus])).toEqual([
      [36, '0-1'],
      [3, '2-3'],
    ])
  })

  it('are counted where several share -1 (FN-0003)', () => {
    const section = probe({
      ...four,
      ...cpu(0, { package_cpus_list: '0-1', physical_package_id: '-1', core_id: '-1' }),
      ...cpu(2, { package_cpus_list: '2-3', physical_package_id: '-1', core_id: '-1' }),
    })
    expect(section.packages.map((one) => one.id)).toEqual([0, 1])
    expect(section.cores.map((core) => core.id)).toEqual([0, 1, 2, 3])
  })

  it('that cross an earlier one are left out and reported', () => {
    const section = probe({
      ...four,
      ...cpu(0, { package_cpus_list: '0-1' }),
      ...cpu(2, { package_cpus_list: '1-3' }),
      ...cpu(3, { package_cpus_list: '3' }),
    })
    expect(section.packages.map((one) => one.cpus)).toEqual(['0-1', '3'])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT' }])
  })
})

describe('dies', () => {
  it('are there only where a package has several', () => {
    const files = (die: string) => ({
      [`${root}/online`]: '0-3',
      ...cpu(0, { package_cpus_list: '0-3', die_cpus_list: die, die_id: '0', physical_package_id: '0' }),
      ...cpu(2, { package_cpus_list: '0-3', die_cpus_list: '2-3', die_id: '1', physical_package_id: '0' }),
    })
    expect(probe(files('0-1')).dies).toEqual([
      { id: 0, package: 0, cpus: '0-1' },
      { id: 1, package: 0, cpus: '2-3' },
    ])
    expect(probe(files('0-1')).cores.map((core) => core.die)).toEqual([0, 0, 1, 1])
    expect(probe(files('0-3')).dies).toEqual([])
  })
})

describe('caches', () => {
  const index = (number: number, i: number, files: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [`${root}/cpu${number}/cache/index${i}/${name}`, text]),
    )

  it('belong to the core where the kernel gives no set, and have no invented size', () => {
    const section = probe({
      [`${root}/online`]: '0-1',
      ...cpu(0, { core_cpus_list: '0-1' }),
      ...index(0, 0, { level: '1', type: 'Data', size: '', shared_cpu_map: '0' }),
      ...index(0, 1, { level: '3', type: 'Unified', size: '8M', shared_cpu_list: '0-1' }),
      ...index(0, 2, { level: 'x', type: 'Data' }),
    })
    expect(section.caches).toEqual([
      { level: 1, type: 'data', sizeBytes: null, cpus: '0-1' },
      { level: 3, type: 'unified', sizeBytes: 8 * 1024 ** 2, cpus: '0-1' },
    ])
    expect(section.problems).toMatchObject([{ code: 'HW_IMPLAUSIBLE', where: expect.stringContaining('index2/level') }])
  })
})
