// The processors: which CPUs are online, and how they form cores, clusters, dies, packages, books and caches.
// Everything is a set of CPUs: the kernel's numbers are labels that repeat, have gaps or are -1 (FN-0003). A set is read
// once for all the CPUs in it, which keeps the number of reads near the number of cores. Sets that cross an earlier one
// are left out.
// It does not know NUMA nodes; inventory.ts joins the two.

import { type CpuSet, formatCpuList, intersect, subtract } from '../../model/cpu-set.ts'
import type { Core, CpuGroup, CpuSection } from '../../model/inventory.ts'
import { type Cpuinfo, parseCpuinfo } from '../parse/cpuinfo.ts'
import { parseInteger, parseLine, parseList } from '../parse/numbers.ts'
import { compareCaches, type FoundCache, probeCaches } from './caches.ts'
import { captureNote } from './capture-notes.ts'
import { coreKinds } from './core-kinds.ts'
import { CpuFiles, cpuRoot, homeIn } from './cpu-files.ts'
import { Nest } from './nest.ts'
import { type Bench, listNumbered, readFact } from './report.ts'

export type CpuFacts = {
  readonly section: Omit<CpuSection, 'allowed' | 'cores'> & { readonly cores: readonly Omit<Core, 'numaNode'>[] }
  readonly online: CpuSet
  readonly cpuinfo: Cpuinfo | null
}

export function probeCpu(bench: Bench): CpuFacts {
  const cpuinfo = readFact(bench, '/proc/cpuinfo', parseCpuinfo)
  const present = listNumbered(bench, cpuRoot, 'cpu')
  const online = onlineCpus(bench, present, cpuinfo)
  const files = new CpuFiles(bench, present.length === 0 ? [] : online)
  const sets = readSets(bench, files, online, cpuinfo)
  const packages = packagesOf(bench, files, sets.packages, cpuinfo)
  const packageOf = homeIn(packages.map((one) => [one.id, one.set]))
  const isPackage = new Set(packages.map((one) => one.cpus))
  const place = (label: string) => (set: CpuSet, index: number) => ({
    id: files.label(set, label) ?? index,
    package: packageOf(set),
    cpus: formatCpuList(set),
    set,
  })
  // Where each package is one die, dies add nothing; where some have several, the one die of another is told too.
  const areParts = sets.dies.some((set) => !isPackage.has(formatCpuList(set)))
  const dies = areParts ? sets.dies.map(place('die_id')) : []
  const isOther = new Set([...isPackage, ...[...dies.map((one) => one.set), ...sets.cores].map(formatCpuList)])
  const clusters = sets.clusters.filter((set) => !isOther.has(formatCpuList(set))).map(place('cluster_id'))
  const dieOf = homeIn(dies.map((one) => [one.id, one.set]))
  const kinds = coreKinds(bench, files, sets.cores, cpuinfo?.blocks[0])
  const cores = sets.cores.map((set, index) => ({
    ...place('core_id')(set, index),
    die: dieOf(set),
    kind: kinds.kindOf.get(set) ?? null,
  }))
  const groups = (kind: CpuGroup['kind'], found: readonly CpuSet[]) =>
    found
      .filter((set) => !isPackage.has(formatCpuList(set)))
      .map((set, index) => ({ kind, id: files.label(set, `${kind}_id`) ?? index, cpus: formatCpuList(set) }))
  const { offline, isolated, nohzFull } = kernelLists(bench, present, online)
  return {
    section: {
      architecture: architecture(bench, cpuinfo),
      online: online.length === 0 ? null : formatCpuList(online),
      offline,
      isolated,
      nohzFull,
      smt: hardwareThreads(bench, sets.cores),
      packages: packages.map(withoutSet),
      groups: [...groups('drawer', sets.drawers), ...groups('book', sets.books)],
      clusters: clusters.map(withoutSet),
      dies: dies.map(withoutSet),
      cores: cores.map(withoutSet),
      coreKinds: kinds.groups,
      caches: sets.caches
        .map(({ set, where: _where, ...cache }) => ({ ...cache, cpus: formatCpuList(set) }))
        .sort(compareCaches),
    },
    online,
    cpuinfo,
  }
}

function withoutSet<T extends { readonly set: CpuSet }>({ set: _set, ...rest }: T): Omit<T, 'set'> {
  return rest
}

/**
 * `cpu/online` of the CPUs that have a folder, else the CPUs' own `online` files, else all CPUs that are described. A
 * kernel describes the topology of each CPU that runs; one without, where others have one, is not there.
 */
function onlineCpus(bench: Bench, present: CpuSet, cpuinfo: Cpuinfo | null): CpuSet {
  const listed = readFact(bench, `${cpuRoot}/online`, parseList) ?? []
  if (present.length === 0) {
    if (listed.length > 0) return listed
    return [...new Set((cpuinfo?.blocks ?? []).map((block) => block.cpu))].sort((a, b) => a - b)
  }
  const both = intersect(present, listed)
  const running = (cpu: number) => readFact(bench, `${cpuRoot}/cpu${cpu}/online`, parseLine) !== '0'
  const online = both.length > 0 ? both : present.filter(running)
  const described = online.filter((cpu) => bench.source.exists(`${cpuRoot}/cpu${cpu}/topology`))
  if (described.length === 0 || described.length === online.length) return online
  const message = `the CPUs ${formatCpuList(subtract(online, described))} are online and have no topology: left out`
  bench.report.add({ code: 'HW_CONFLICT', where: `${cpuRoot}/online`, message })
  return described
}

type Sets = {
  readonly cores: readonly CpuSet[]
  readonly packages: readonly CpuSet[]
  readonly clusters: readonly CpuSet[]
  readonly dies: readonly CpuSet[]
  readonly books: readonly CpuSet[]
  readonly drawers: readonly CpuSet[]
  readonly caches: readonly FoundCache[]
}

/** All sets that nest. Of two that cross, the one with the lower first CPU stays, then the smaller part. */
function readSets(bench: Bench, files: CpuFiles, online: CpuSet, cpuinfo: Cpuinfo | null): Sets {
  const read = (names: readonly string[]) => distinctSets(bench, files, online, names)
  // Sets of one CPU are what architectures without clusters or dies report.
  const several = (sets: readonly CpuSet[]) => sets.filter((set) => set.length > 1)
  const threads = splitComputeUnits(files, read(['core_cpus', 'thread_siblings']), cpuinfo)
  const parts = {
    core: threads,
    package: read(['package_cpus', 'core_siblings']),
    cluster: several(read(['cluster_cpus'])),
    die: several(read(['die_cpus'])),
    book: read(['book_siblings']),
    drawer: read(['drawer_siblings']),
  }
  const caches = probeCaches(bench, files, online, threads)
  const candidates = [
    ...Object.entries(parts).flatMap(([what, sets]) => sets.map((set) => ({ what, set, where: cpuRoot }))),
    ...caches.map(({ set, where }) => ({ what: 'cache', set, where })),
  ].sort((a, b) => (a.set[0] as number) - (b.set[0] as number))
  const nest = new Nest()
  const kept = new Set<CpuSet>()
  for (const { what, set, where } of candidates) {
    if (nest.add(set)) kept.add(set)
    else
      bench.report.add({ code: 'HW_CONFLICT', where, message: `the ${what} ${formatCpuList(set)} crosses another set` })
  }
  const keep = (sets: readonly CpuSet[]) => sets.filter((set) => kept.has(set))
  return {
    cores: withSingles(keep(parts.core), online),
    packages: keep(parts.package),
    clusters: keep(parts.cluster),
    dies: keep(parts.die),
    books: keep(parts.book),
    drawers: keep(parts.drawer),
    caches: caches.filter((cache) => kept.has(cache.set)),
  }
}

/**
 * The distinct sets `names` that the kernel has. A set counts where its first CPU says so; one that takes a CPU of an
 * earlier set is a contradiction, and the earlier one stays.
 */
function distinctSets(bench: Bench, files: CpuFiles, online: CpuSet, names: readonly string[]): readonly CpuSet[] {
  const sets: CpuSet[] = []
  const covered = new Set<number>()
  const stray = new Map<string, number[]>()
  for (const cpu of online) {
    if (covered.has(cpu)) continue
    const set = files.set(cpu, names)
    if (set === null) continue
    if (set[0] !== cpu || set.some((member) => covered.has(member))) {
      const list = formatCpuList(set)
      stray.set(list, [...(stray.get(list) ?? []), cpu])
      continue
    }
    for (const member of set) covered.add(member)
    sets.push(set)
  }
  for (const [list, cpus] of stray) {
    const where = `${cpuRoot}/cpu${cpus[0]}/topology/${files.nameOf(names)}`
    const message = `the CPUs ${formatCpuList(cpus)} name the set ${list}, which is not one of theirs`
    bench.report.add({ code: 'HW_CONFLICT', where, message })
  }
  return sets
}

/**
 * AMD families 15h and 16h list the two cores of a compute unit as siblings (FN-0002). Where their core ids differ they
 * are two cores.
 */
function splitComputeUnits(files: CpuFiles, sets: readonly CpuSet[], cpuinfo: Cpuinfo | null): readonly CpuSet[] {
  const first = cpuinfo?.blocks[0]
  if (first?.vendor !== 'AuthenticAMD' || (first.family !== 0x15 && first.family !== 0x16)) return sets
  return sets.flatMap((set) => [...Map.groupBy(set, (cpu) => files.number(cpu, 'core_id')).values()])
}

/** Each CPU is in a core: one that no set has is a core of its own. */
function withSingles(cores: readonly CpuSet[], online: CpuSet): readonly CpuSet[] {
  const covered = new Set(cores.flat())
  const singles = online.filter((cpu) => !covered.has(cpu)).map((cpu) => [cpu])
  return [...cores, ...singles].sort((a, b) => (a[0] as number) - (b[0] as number))
}

function packagesOf(bench: Bench, files: CpuFiles, sets: readonly CpuSet[], cpuinfo: Cpuinfo | null) {
  const labels = sets.map((set) => files.label(set, 'physical_package_id'))
  const areNames = !labels.includes(null) && new Set(labels).size === labels.length
  const blocks = new Map((cpuinfo?.blocks ?? []).map((block) => [block.cpu, block]))
  return sets.map((set, index) => ({
    id: areNames ? (labels[index] as number) : index,
    model: blocks.get(set[0] as number)?.model ?? null,
    cpus: formatCpuList(set),
    microcode: microcodeOf(bench, files, set, (cpu) => blocks.get(cpu)?.microcode ?? null),
    set,
  }))
}

/** Each version in use; a replaced processor or a late load may leave several. */
function microcodeOf(
  bench: Bench,
  files: CpuFiles,
  set: CpuSet,
  described: (cpu: number) => string | null,
): readonly string[] {
  const versions = new Set(set.flatMap((cpu) => described(cpu) ?? []))
  if (versions.size === 0 && files.has('microcode')) {
    const version = readFact(bench, `${cpuRoot}/cpu${set[0]}/microcode/version`, parseLine)
    if (version !== null) versions.add(version)
  }
  if (versions.size > 1) {
    const message = `the CPUs ${formatCpuList(set)} run different microcode: ${[...versions].join(', ')}`
    bench.report.add({ code: 'HW_CONFLICT', where: '/proc/cpuinfo', message })
  }
  return [...versions]
}

/**
 * A CPU that exists and does not run is offline. The kernel's own list of them names others too, which could be plugged
 * in one day, and in a capture it may be of another moment.
 */
function kernelLists(bench: Bench, present: CpuSet, online: CpuSet) {
  const running = (name: string) => {
    const set = readFact(bench, `${cpuRoot}/${name}`, parseList)
    return set === null ? null : formatCpuList(intersect(set, online))
  }
  return {
    offline: formatCpuList(subtract(present, online)),
    isolated: running('isolated'),
    nohzFull: running('nohz_full'),
  }
}

/** `control` is a word or, on POWER, the number of threads a core that are switched on. */
function hardwareThreads(bench: Bench, cores: readonly CpuSet[]): CpuSection['smt'] {
  if (cores.some((core) => core.length > 1)) return 'on'
  const control = readFact(bench, `${cpuRoot}/smt/control`, parseLine)
  if (control === null) return null
  if (control === 'notsupported' || control === 'notimplemented') return 'unsupported'
  // Active, and yet no core has two: the cores of compute units (FN-0002).
  if (readFact(bench, `${cpuRoot}/smt/active`, parseInteger) === 1) return 'unsupported'
  return control === 'on' || control === 'off' || control === 'forceoff' || control === '1' ? 'off' : null
}

/** The kernel says it itself since 6.1; captures and older kernels leave it to /proc/cpuinfo. */
function architecture(bench: Bench, cpuinfo: Cpuinfo | null): string | null {
  const said = readFact(bench, '/proc/sys/kernel/arch', parseLine) ?? captureNote(bench, 'Architecture')
  return said ?? cpuinfo?.architecture ?? null
}
