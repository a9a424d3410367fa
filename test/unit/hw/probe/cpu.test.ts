import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { probeCpu } from '../../../../src/hw/probe/cpu.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { formatCpuList, intersect, parseCpuList } from '../../../../src/model/cpu-set.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const root = '/sys/devices/system/cpu'

type Files = Readonly<Record<string, FakeFile>>

/** The topology files of one CPU; sets as lists. */
function cpu(number: number, files: Readonly<Record<string, string>>): Record<string, FakeFile> {
  const named = Object.entries({ core_id: '0', ...files })
  return Object.fromEntries(named.map(([name, text]) => [`${root}/cpu${number}/topology/${name}`, text]))
}

/** CPUs of which each has its own value of each file; sets as lists. */
function cpus(count: number, files: (cpu: number) => Readonly<Record<string, string>>): Record<string, FakeFile> {
  return Object.assign({}, ...Array.from({ length: count }, (_, i) => cpu(i, files(i))))
}

function each(file: string, values: readonly string[]): Record<string, FakeFile> {
  return Object.fromEntries(values.map((value, i) => [`${root}/cpu${i}/${file}`, value]))
}

function probe(files: Files) {
  const report = new Report()
  return { ...probeCpu({ source: fakeMachine(files), report }).section, problems: report.problems() }
}

describe('online CPUs', () => {
  const three = cpus(3, (i) => ({ core_cpus_list: `${i}` }))

  it('are those of the list that have a folder', () => {
    const section = probe({ ...three, [`${root}/online`]: '0-1,5-65535\n', [`${root}/offline`]: '2-4\n' })
    expect([section.online, section.offline]).toEqual(['0-1', '2'])
  })

  it('leave the others that have a folder offline, whatever the list of these says', () => {
    const section = probe({ ...three, [`${root}/online`]: '0-1', [`${root}/offline`]: '3-7' })
    expect([section.online, section.offline]).toEqual(['0-1', '2'])
  })

  it('are told by their own files where there is no list; cpu0 may be off', () => {
    const section = probe({ ...three, [`${root}/cpu0/online`]: '0\n', [`${root}/cpu2/online`]: '1\n' })
    expect([section.online, section.offline]).toEqual(['1-2', '0'])
    expect(section.cores.map((core) => core.cpus)).toEqual(['1', '2'])
  })

  it('without a topology, where others have one, are left out and reported', () => {
    const section = probe({ ...three, [`${root}/online`]: '0-3', [`${root}/cpu3/uevent`]: '' })
    expect([section.online, section.offline]).toEqual(['0-2', '3'])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT', message: expect.stringContaining('CPUs 3 ') }])
  })

  it('are single cores where the kernel has no topology', () => {
    const section = probe({ '/proc/cpuinfo': 'processor : 0\nmodel name : X\n\nprocessor : 1\n' })
    expect(section.cores.map((core) => core.cpus)).toEqual(['0', '1'])
    expect([section.online, section.packages]).toEqual(['0-1', []])
  })

  it('that are claimed by the ten thousand cost nothing where nothing describes them', () => {
    const source = fakeMachine({ [`${root}/online`]: '0-65535' })
    const asked: string[] = []
    const readText = (path: string) => {
      asked.push(path)
      return source.readText(path)
    }
    const section = probeCpu({ source: { ...source, readText }, report: new Report() }).section
    expect(section.cores).toHaveLength(65536)
    expect(asked.length).toBeLessThan(20)
  })

  it('may be isolated or without a tick', () => {
    const lists = { [`${root}/online`]: '0-2', [`${root}/isolated`]: '1-7', [`${root}/nohz_full`]: '(null)\n\0' }
    const section = probe({ ...three, ...lists })
    expect([section.isolated, section.nohzFull]).toEqual(['1-2', ''])
    expect(probe(three).nohzFull).toBeNull()
  })
})

describe('cores', () => {
  it('are the sets of thread siblings that are online', () => {
    const pair = (i: number) => ({ thread_siblings_list: `${i % 2},${(i % 2) + 2}`, core_id: `${i % 2}` })
    const section = probe({ [`${root}/online`]: '0-2\n', ...cpus(3, pair), [`${root}/cpu3/online`]: '0' })
    expect(section.cores.map((core) => [core.id, core.cpus])).toEqual([
      [0, '0,2'],
      [1, '1'],
    ])
  })

  it('are two where AMD lists a compute unit as one (FN-0002)', () => {
    const amd = (family: number) => `processor : 0\nvendor_id : AuthenticAMD\ncpu family : ${family}\n`
    const two = (family: number) => ({
      '/proc/cpuinfo': amd(family),
      [`${root}/smt/control`]: 'on',
      [`${root}/smt/active`]: '1',
      ...cpus(2, (i) => ({ thread_siblings: '3', core_id: `${i}` })),
    })
    expect(probe(two(21)).cores.map((core) => core.cpus)).toEqual(['0', '1'])
    expect(probe(two(21)).smt).toBe('unsupported')
    expect(probe(two(25)).cores.map((core) => core.cpus)).toEqual(['0-1'])
  })

  it('have each CPU once, also where the units that AMD lists take CPUs of each other', () => {
    const files = {
      '/proc/cpuinfo': 'processor : 0\nvendor_id : AuthenticAMD\ncpu family : 21\n',
      ...cpus(4, (i) => ({ core_cpus_list: ['0-1', '0-1', '1-3', '2-3'][i] as string, core_id: `${i}` })),
    }
    expect(probe({ ...files, [`${root}/cpu2/topology/core_cpus_list`]: '2-3' }).problems).toEqual([])
    const sets = ['0,2', '1-3', '0,2', '3']
    const section = probe({ ...files, ...cpus(4, (i) => ({ core_cpus_list: sets[i] as string, core_id: `${i}` })) })
    expect(section.cores.map((core) => core.cpus)).toEqual(['0', '1', '2', '3'])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT' }])
  })

  it('may share a number inside a package', () => {
    expect(probe(cpus(2, (i) => ({ core_cpus: `${i + 1}` }))).cores.map((core) => [core.id, core.cpus])).toEqual([
      [0, '0'],
      [0, '1'],
    ])
  })

  it('of a CPU whose set is not its own are that CPU alone, and it is reported', () => {
    const section = probe({ ...cpu(0, { core_cpus_list: '1' }), ...cpu(1, { core_cpus_list: '1' }) })
    expect(section.cores.map((core) => core.cpus)).toEqual(['0', '1'])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT' }])
  })

  it('that many CPUs contradict are one problem, where the file is', () => {
    const section = probe(cpus(4, (i) => ({ thread_siblings_list: i === 0 ? '0' : '0-3' })))
    expect(section.cores.map((core) => core.cpus)).toEqual(['0', '1', '2', '3'])
    expect(section.problems).toMatchObject([
      {
        where: `${root}/cpu1/topology/thread_siblings`,
        message: expect.stringContaining('the CPUs 1-3 name the set 0-3'),
      },
    ])
  })
})

describe('hardware threads', () => {
  const smt = (control: string, siblings: (i: number) => string) =>
    probe({ ...cpus(2, (i) => ({ core_cpus_list: siblings(i) })), [`${root}/smt/control`]: control }).smt
  it.each([
    ['on', (_: number) => '0-1', 'on'],
    ['8', (_: number) => '0-1', 'on'],
    ['off', (i: number) => `${i}`, 'off'],
    ['forceoff', (i: number) => `${i}`, 'off'],
    ['notsupported', (i: number) => `${i}`, 'unsupported'],
    ['notimplemented', (i: number) => `${i}`, 'unsupported'],
    ['', (i: number) => `${i}`, null],
  ])('%s', (control, siblings, expected) => expect(smt(control, siblings)).toBe(expected))
})

describe('kinds of cores', () => {
  const kinds = (count: number, files: Files) => {
    const section = probe({ ...cpus(count, (i) => ({ core_cpus_list: `${i}` })), ...files })
    return { groups: section.coreKinds.map((one) => one.cpus), cores: section.cores.map((core) => core.kind) }
  }
  const uniform = (count: number) => ({ groups: [], cores: Array.from({ length: count }, () => null) })
  const [slow, fast] = ['efficiency', 'performance']

  it('come from the lists of counters, three of them', () => {
    const lists = {
      '/sys/devices/cpu_core/cpus': '0',
      '/sys/devices/cpu_atom/cpus': '1',
      '/sys/devices/cpu_lowpower/cpus': '2',
    }
    expect(kinds(3, lists)).toEqual({ groups: ['2', '1', '0'], cores: [fast, fast, slow] })
    expect(kinds(3, { '/sys/devices/cpu_core/cpus': '0-2', '/sys/devices/cpu_atom/cpus': '' })).toEqual(uniform(3))
  })

  it('that one list holds are told apart by base frequency', () => {
    const lists = { '/sys/devices/cpu_core/cpus': '0', '/sys/devices/cpu_atom/cpus': '1-2' }
    const files = { ...lists, ...each('cpufreq/base_frequency', ['1400000', '900000', '700000']) }
    expect(kinds(3, files).groups).toEqual(['2', '1', '0'])
  })

  it('are the parts of the ARM register, whatever steppings and frequencies say (FN-0011)', () => {
    const register = (part: string, revision = '0') => `0x0000000041${revision}f${part}1\n`
    const parts = each(
      'regs/identification/midr_el1',
      ['d87', 'd85', 'd85'].map((part) => register(part)),
    )
    const files = { ...parts, ...each('cpu_capacity', ['718', '997', '1024']) }
    expect(kinds(3, files)).toEqual({ groups: ['0', '1-2'], cores: [slow, fast, fast] })
    const steppings = each(
      'regs/identification/midr_el1',
      ['0', '1', '2'].map((one) => register('d0c', one)),
    )
    expect(kinds(3, { ...steppings, ...each('cpu_capacity', ['500', '800', '1024']) })).toEqual(uniform(3))
    expect(kinds(3, parts)).toEqual({ groups: ['0', '1-2'], cores: [null, null, null] })
  })

  it('need more than the tenth that equal cores differ by (Turbo Boost Max, samples of one core)', () => {
    const base = each('cpufreq/base_frequency', ['1900000', '1900000', '1900000'])
    const max = (...values: string[]) => each('cpufreq/cpuinfo_max_freq', values)
    expect(kinds(3, { ...base, ...max('5000000', '5200000', '5400000') })).toEqual(uniform(3))
    expect(kinds(3, max('5000000', '5200000', '5400000'))).toEqual(uniform(3))
    expect(kinds(3, { ...base, ...max('5100000', '3300000', '5000000') }).groups).toEqual(['1', '0,2'])
    expect(kinds(3, each('cpu_capacity', ['1000', '1010', '1024']))).toEqual(uniform(3))
    expect(kinds(4, each('cpu_capacity', ['718', '731', '997', '1024'])).groups).toEqual(['0-1', '2-3'])
  })

  it('take the nominal frequency of ACPI where there is no base frequency, never of AMD before Zen 5', () => {
    const nominal = each('acpi_cppc/nominal_freq', ['2700', '2000'])
    expect(kinds(2, nominal).groups).toEqual(['1', '0'])
    const amd = (family: number) => `processor : 0\nvendor_id : AuthenticAMD\ncpu family : ${family}\n`
    expect(kinds(2, { ...nominal, '/proc/cpuinfo': amd(25) })).toEqual(uniform(2))
    expect(kinds(2, { ...nominal, '/proc/cpuinfo': amd(26) }).groups).toEqual(['1', '0'])
    expect(kinds(2, each('acpi_cppc/nominal_freq', ['0', '0']))).toEqual(uniform(2))
  })

  it('are no kind of their own where nothing is known of them', () => {
    const some = (file: string, values: readonly (string | null)[]) =>
      Object.fromEntries(values.flatMap((value, i) => (value === null ? [] : [[`${root}/cpu${i}/${file}`, value]])))
    expect(kinds(2, some('cpufreq/cpuinfo_max_freq', ['800000', null]))).toEqual(uniform(2))
    expect(kinds(2, { '/sys/devices/cpu_atom/cpus': '1' })).toEqual(uniform(2))
    const others = some('cpufreq/cpuinfo_max_freq', [null, '800000', '1600000'])
    expect(kinds(3, others)).toEqual({ groups: ['1', '2'], cores: [null, slow, fast] })
    const frequencies = some('cpufreq/cpuinfo_max_freq', ['800000', '1600000', null])
    expect(kinds(3, frequencies)).toEqual({ groups: ['0', '1'], cores: [slow, fast, null] })
    const register = (part: string) => `0x00000000410f${part}1\n`
    const parts = some('regs/identification/midr_el1', [register('d05'), register('d40'), null])
    expect(kinds(3, { ...parts, ...some('cpu_capacity', ['400', '1024', null]) })).toEqual({
      groups: ['0', '1'],
      cores: [slow, fast, null],
    })
  })

  it('carry the figures of the slowest core', () => {
    const section = probe({
      ...cpus(3, (i) => ({ core_cpus_list: `${i}` })),
      ...each('cpufreq/base_frequency', ['1400000', '1900000', '1900000']),
      ...each('cpufreq/cpuinfo_max_freq', ['3900000', '5000000', '5200000']),
    })
    expect(section.coreKinds).toEqual([
      { cpus: '0', baseMhz: 1400, maxMhz: 3900, capacity: null },
      { cpus: '1-2', baseMhz: 1900, maxMhz: 5000, capacity: null },
    ])
  })

  it('are not guessed from anything else', () => {
    expect(kinds(2, {})).toEqual(uniform(2))
  })
})

describe('packages', () => {
  const pairs = (ids: readonly string[], files: Files = {}) =>
    probe({
      ...cpus(4, (i) => ({ package_cpus_list: i < 2 ? '0-1' : '2-3', physical_package_id: ids[i >> 1] as string })),
      ...files,
    })

  it('keep the numbers of the kernel where these are names', () => {
    expect(pairs(['36', '3']).packages.map((one) => [one.id, one.cpus])).toEqual([
      [36, '0-1'],
      [3, '2-3'],
    ])
  })

  it('are counted where several share one, or have -1 (FN-0003)', () => {
    expect(pairs(['-1', '-1']).packages.map((one) => one.id)).toEqual([0, 1])
    expect(pairs(['512', '512']).packages.map((one) => one.id)).toEqual([0, 1])
  })

  it('that cross an earlier one are left out and reported', () => {
    const section = probe({
      ...cpu(0, { package_cpus_list: '0-1' }),
      ...cpu(1, { package_cpus_list: '0-1' }),
      ...cpu(2, { package_cpus_list: '1-3' }),
      ...cpu(3, { package_cpus_list: '3' }),
    })
    expect(section.packages.map((one) => one.cpus)).toEqual(['0-1', '3'])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT' }])
  })

  it('have the microcode of their CPUs, each version once, and two are a contradiction', () => {
    const cpuinfo = ['0x1', '0x1', '0x2', '0x3'].map((one, i) => `processor : ${i}\nmicrocode : ${one}\n`).join('\n')
    const section = pairs(['0', '1'], { '/proc/cpuinfo': cpuinfo })
    expect(section.packages.map((one) => one.microcode)).toEqual([['0x1'], ['0x2', '0x3']])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT', message: expect.stringContaining('2-3') }])
    const files = { [`${root}/cpu0/microcode/version`]: '0x5\n', [`${root}/cpu2/microcode/version`]: '0x6\n' }
    expect(pairs(['0', '1'], files).packages.map((one) => one.microcode)).toEqual([['0x5'], ['0x6']])
  })
})

describe('sets between core and package', () => {
  it('are dies only where some package has several', () => {
    const dies = (set: (i: number) => string) =>
      probe(
        cpus(4, (i) => ({
          package_cpus_list: '0-3',
          die_cpus_list: set(i),
          die_id: `${i >> 1}`,
          physical_package_id: '0',
        })),
      )
    const two = dies((i) => (i < 2 ? '0-1' : '2-3'))
    expect(two.dies).toEqual([
      { id: 0, package: 0, cpus: '0-1' },
      { id: 1, package: 0, cpus: '2-3' },
    ])
    expect(two.cores.map((core) => core.die)).toEqual([0, 0, 1, 1])
    expect(dies(() => '0-3').dies).toEqual([])
    const apart = (online: string) =>
      probe({
        ...cpus(8, (i) => ({
          package_cpus_list: i < 4 ? '0-3' : '4-7',
          die_cpus_list: `${i & ~1}-${i | 1}`,
          physical_package_id: `${i >> 2}`,
        })),
        [`${root}/online`]: online,
      })
    expect(apart('0-5').dies.map((one) => [one.package, one.cpus])).toEqual([
      [0, '0-1'],
      [0, '2-3'],
      [1, '4-5'],
    ])
    expect(apart('0-1,4-5').dies).toEqual([])
    expect(dies((i) => `${i}`).dies).toEqual([])
  })

  it('are clusters where they are neither core, die nor package', () => {
    const clusters = (set: (i: number) => string) =>
      probe(
        cpus(8, (i) => ({
          core_cpus_list: `${i & ~1}-${i | 1}`,
          package_cpus_list: '0-7',
          cluster_cpus_list: set(i),
          cluster_id: `${56 + i}`,
        })),
      ).clusters
    expect(clusters((i) => (i < 4 ? '0-3' : '4-7'))).toEqual([
      { id: 56, package: 0, cpus: '0-3' },
      { id: 60, package: 0, cpus: '4-7' },
    ])
    expect(clusters((i) => `${i & ~1}-${i | 1}`)).toEqual([])
    expect(clusters(() => '0-7')).toEqual([])
    expect(clusters((i) => `${i}`)).toEqual([])
  })

  it('that cross each other stay where their first CPU comes first', () => {
    const section = probe({
      ...cpus(4, (i) => ({
        package_cpus_list: i < 2 ? '0-1' : '2-3',
        die_cpus_list: ['0', '1-2', '1-2', '3'][i] as string,
      })),
    })
    expect([section.packages.length, section.dies]).toEqual([2, []])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT', message: 'the die 1-2 crosses another set' }])
  })

  it('are books and drawers above the packages of s390', () => {
    const set = (size: number) => (i: number) => formatCpuList(Array.from({ length: size }, (_, k) => (i & -size) + k))
    const section = probe(
      cpus(8, (i) => ({
        core_siblings_list: set(2)(i),
        physical_package_id: `${i >> 1}`,
        book_siblings_list: set(4)(i),
        book_id: `${7 + (i >> 2)}`,
        drawer_siblings_list: set(8)(i),
        drawer_id: '3',
      })),
    )
    expect(section.groups).toEqual([
      { kind: 'drawer', id: 3, cpus: '0-7' },
      { kind: 'book', id: 7, cpus: '0-3' },
      { kind: 'book', id: 8, cpus: '4-7' },
    ])
    expect(section.packages.map((one) => one.cpus)).toEqual(['0-1', '2-3', '4-5', '6-7'])
  })
})

describe('nonsense', () => {
  /** Every file a random set, so that nothing fits together. */
  const names = ['core_cpus', 'package_cpus', 'die_cpus', 'cluster_cpus', 'book_siblings', 'drawer_siblings']
  const set = fc.integer({ min: 0, max: 255 }).map((bits) => bits.toString(16))
  const folder = fc.tuple(...names.map(() => fc.option(set)), fc.option(set))

  it('still gives cores of which each CPU has one, and sets that nest', () => {
    fc.assert(
      fc.property(fc.array(folder, { minLength: 1, maxLength: 8 }), (folders) => {
        const files: Record<string, FakeFile> = {}
        for (const [i, values] of folders.entries()) {
          Object.assign(files, cpu(i, {}))
          for (const [k, name] of names.entries()) {
            if (values[k] !== null) files[`${root}/cpu${i}/topology/${name}`] = `${values[k]}`
          }
          const cache = `${root}/cpu${i}/cache/index0`
          const shared = values[names.length]
          Object.assign(files, { [`${cache}/level`]: '1', [`${cache}/type`]: 'Data', [`${cache}/size`]: '32K' })
          if (shared !== null) files[`${cache}/shared_cpu_map`] = `${shared}`
        }
        const { cores, packages, dies, clusters, groups, caches } = probe(files)
        const sets = (list: readonly { readonly cpus: string }[]) => list.map((one) => parseCpuList(one.cpus) ?? [])
        expect(sets(cores).flat().sort()).toEqual(folders.map((_, i) => i))
        const all = [
          ...sets(cores),
          ...sets(packages),
          ...sets(dies),
          ...sets(clusters),
          ...sets(groups),
          ...sets(caches),
        ]
        for (const a of all) {
          for (const b of all) {
            const shared = intersect(a, b).length
            expect(shared === 0 || shared === Math.min(a.length, b.length)).toBe(true)
          }
        }
      }),
    )
  })
})

describe('caches', () => {
  const index = (number: number, i: number, files: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [`${root}/cpu${number}/cache/index${i}/${name}`, text]),
    )
  const core = cpus(2, () => ({ core_cpus_list: '0-1' }))

  it('belong to the core where the kernel gives an empty set, and have no invented size (FN-0010)', () => {
    const section = probe({
      ...core,
      ...index(0, 0, { level: '1', type: 'Data', size: '', shared_cpu_map: '0', coherency_line_size: '64' }),
      ...index(0, 1, { level: '3', type: 'Unified', size: '8M', shared_cpu_list: '0-1' }),
      ...index(0, 2, { level: 'x', type: 'Data', shared_cpu_map: '3' }),
    })
    expect(section.caches).toEqual([
      { level: 1, type: 'data', sizeBytes: null, lineBytes: 64, cpus: '0-1' },
      { level: 3, type: 'unified', sizeBytes: 8 * 1024 ** 2, lineBytes: null, cpus: '0-1' },
    ])
    expect(section.problems).toMatchObject([
      { code: 'HW_IMPLAUSIBLE', where: expect.stringContaining('index2/level') },
      { code: 'HW_UNKNOWN' },
    ])
  })

  it('without a set are unknown, and reported', () => {
    const section = probe({ ...core, ...index(0, 0, { level: '1', type: 'Data', size: '32K' }) })
    expect(section.caches).toEqual([])
    expect(section.problems).toMatchObject([{ code: 'HW_UNKNOWN' }])
  })

  it('are found where the first CPU has none, or no size of lines', () => {
    const three = cpus(3, (i) => ({ core_cpus_list: `${i}` }))
    const whole = (cpu: number, line: string) =>
      index(cpu, 0, { level: '1', type: 'Data', size: '32K', shared_cpu_list: `${cpu}`, coherency_line_size: line })
    const lines = (files: Files) => probe({ ...three, ...files }).caches.map((one) => [one.cpus, one.lineBytes])
    expect(lines({ ...whole(1, '64'), ...whole(2, '64') })).toEqual([
      ['1', 64],
      ['2', 64],
    ])
    const [first] = Object.keys(whole(0, '64')).filter((path) => path.endsWith('coherency_line_size'))
    const { [first as string]: _line, ...rest } = whole(0, '64')
    expect(lines({ ...rest, ...whole(2, '128') })).toEqual([
      ['0', null],
      ['2', 128],
    ])
  })

  it('that share a CPU with one of their sort are left out and reported', () => {
    const data = (cpu: number, set: string) =>
      index(cpu, 0, { level: '1', type: 'Data', size: '32K', shared_cpu_list: set })
    const section = probe({ ...cpus(2, (i) => ({ core_cpus_list: `${i}` })), ...data(0, '0-1'), ...data(1, '1') })
    expect(section.caches.map((one) => one.cpus)).toEqual(['0-1'])
    expect(section.problems).toMatchObject([{ code: 'HW_CONFLICT', where: expect.stringContaining('cpu1/cache') }])
  })

  it('of half a core are found on the sibling (POWER9 with eight threads a core)', () => {
    const half = (i: number) => index(i, 0, { level: '1', type: 'Data', size: '32K', shared_cpu_list: `${i}` })
    expect(probe({ ...core, ...half(0), ...half(1) }).caches.map((one) => one.cpus)).toEqual(['0', '1'])
  })

  it('come by level, data before instructions, whatever the indexes are', () => {
    const set = { shared_cpu_map: '3' }
    const section = probe({
      ...core,
      ...index(0, 0, { level: '2', type: 'Unified', size: '1M', ...set }),
      ...index(0, 1, { level: '1', type: 'Instruction', size: '32K', ...set }),
      ...index(0, 2, { level: '1', type: 'Data', size: '48K', ...set }),
    })
    expect(section.caches.map((one) => `L${one.level}${one.type[0]}`)).toEqual(['L1d', 'L1i', 'L2u'])
  })
})
