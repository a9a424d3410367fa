// The processors: which CPUs are online, and how they form cores, dies, packages and caches.
// Everything is a set of CPUs: the kernel's numbers are labels that repeat, have gaps or are -1 (FN-0003). A set is read
// once for all the CPUs in it, which keeps the number of reads near the number of cores.
// It does not know NUMA nodes; inventory.ts joins the two.

import { type CpuSet, formatCpuList, intersect, subtract } from '../../model/cpu-set.ts'
import type { Core, CpuPackage, CpuSection, Die } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { type Cpuinfo, parseCpuinfo } from '../parse/cpuinfo.ts'
import { cleanText, parseInteger, parseList } from '../parse/numbers.ts'
import { probeCaches } from './caches.ts'
import { captureNote } from './capture-notes.ts'
import { coreKinds } from './core-kinds.ts'
import { cpuRoot, homeIn, topologyNumber, topologySet } from './cpu-files.ts'
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
  const coreSets = splitComputeUnits(bench, threadSets(bench, online), cpuinfo)
  const packages = packagesOf(bench, online, cpuinfo)
  const dies = diesOf(bench, online, packages)
  const kinds = coreKinds(bench, coreSets)
  const packageOf = homeIn(packages.map((one) => [one.id, one.set]))
  const dieOf = homeIn(dies.map((one) => [one.id, one.set]))
  const cores = coreSets.map((cpus, index) => ({
    id: labelOf(bench, cpus, 'core_id') ?? index,
    package: packageOf(cpus),
    die: dieOf(cpus),
    cpus: formatCpuList(cpus),
    kind: kinds?.get(cpus) ?? null,
  }))
  const offline = readFact(bench, `${cpuRoot}/offline`, parseList)
  const isolated = readFact(bench, `${cpuRoot}/isolated`, parseList)
  return {
    section: {
      architecture: architecture(bench, cpuinfo),
      online: online.length === 0 ? null : formatCpuList(online),
      // The kernel's list names CPUs that could be plugged in one day; only those that exist are offline.
      offline: formatCpuList(subtract(offline === null ? present : intersect(offline, present), online)),
      isolated: isolated === null ? null : formatCpuList(intersect(isolated, online)),
      nohzFull: null,
      smt: null,
      groups: [],
      clusters: [],
      coreKinds: [],
      packages: packages.map(({ set: _set, ...rest }) => rest),
      dies: dies.map(({ set: _set, ...rest }) => rest),
      cores,
      caches: probeCaches(bench, online, coreSets),
    },
    online,
    cpuinfo,
  }
}

/** `cpu/online`, else the CPUs' own `online` files, else all CPUs that are described. */
function onlineCpus(bench: Bench, present: CpuSet, cpuinfo: Cpuinfo | null): CpuSet {
  const listed = readFact(bench, `${cpuRoot}/online`, parseList)
  if (listed !== null && listed.length > 0) return listed
  if (present.length === 0) return (cpuinfo?.blocks ?? []).map((block) => block.cpu).sort((a, b) => a - b)
  return present.filter((cpu) => readFact(bench, `${cpuRoot}/cpu${cpu}/online`, parseInteger) !== 0)
}

/** One set of hardware threads a core. */
function threadSets(bench: Bench, online: CpuSet): readonly CpuSet[] {
  return distinctSets(bench, online, ['core_cpus', 'thread_siblings'], (cpu) => [cpu])
}

/**
 * AMD families 15h and 16h list the two cores of a compute unit as siblings (FN-0002). Where their core ids differ they
 * are two cores.
 */
function splitComputeUnits(bench: Bench, sets: readonly CpuSet[], cpuinfo: Cpuinfo | null): readonly CpuSet[] {
  const first = cpuinfo?.blocks[0]
  if (first?.vendor !== 'AuthenticAMD' || (first.family !== 0x15 && first.family !== 0x16)) return sets
  return sets.flatMap((set) => {
    const byCore = new Map<number | null, number[]>()
    for (const cpu of set) {
      const id = topologyNumber(bench, cpu, 'core_id')
      byCore.set(id, [...(byCore.get(id) ?? []), cpu])
    }
    return [...byCore.values()]
  })
}

type PackageSet = CpuPackage & { readonly set: CpuSet }

function packagesOf(bench: Bench, online: CpuSet, cpuinfo: Cpuinfo | null): readonly PackageSet[] {
  const sets = distinctSets(bench, online, ['package_cpus', 'core_siblings'], () => null)
  const labels = sets.map((set) => labelOf(bench, set, 'physical_package_id'))
  const areNames = labels.every((label, index) => label !== null && labels.indexOf(label) === index)
  const models = new Map((cpuinfo?.blocks ?? []).map((block) => [block.cpu, block.model]))
  return sets.map((set, index) => ({
    id: areNames ? (labels[index] as number) : index,
    model: models.get(set[0] as number) ?? null,
    cpus: formatCpuList(set),
    microcode: [],
    set,
  }))
}

/** Sets of one CPU are what architectures without dies report, and a die equal to its package adds nothing. */
function diesOf(bench: Bench, online: CpuSet, packages: readonly PackageSet[]): readonly (Die & { set: CpuSet })[] {
  const isPackage = new Set(packages.map((one) => one.cpus))
  const packageOf = homeIn(packages.map((one) => [one.id, one.set]))
  return distinctSets(bench, online, ['die_cpus'], () => null)
    .filter((set) => set.length > 1 && !isPackage.has(formatCpuList(set)))
    .map((set, index) => ({
      id: labelOf(bench, set, 'die_id') ?? index,
      package: packageOf(set),
      cpus: formatCpuList(set),
      set,
    }))
}

/**
 * The distinct sets that the first readable of `names` gives (`<name>_list` before the mask `<name>`), each cut with the
 * online CPUs. A set that crosses an earlier one is a contradiction: the earlier one stays, the later is dropped.
 */
function distinctSets(
  bench: Bench,
  online: CpuSet,
  names: readonly string[],
  otherwise: (cpu: number) => CpuSet | null,
): readonly CpuSet[] {
  const sets: CpuSet[] = []
  const covered = new Set<number>()
  for (const cpu of online) {
    if (covered.has(cpu)) continue
    const read = topologySet(bench, cpu, names)
    const set = read === null || !read.includes(cpu) ? otherwise(cpu) : intersect(read, online)
    if (set === null || set.length === 0) continue
    if (set.some((member) => covered.has(member))) {
      const where = `${cpuRoot}/cpu${cpu}/topology/${names[0]}`
      bench.report.add({ code: 'HW_CONFLICT', where, message: `the set ${formatCpuList(set)} crosses another` })
      continue
    }
    for (const member of set) covered.add(member)
    sets.push(set)
  }
  return sets
}

/** The kernel's number of a set of CPUs; null where it has none, which it writes as -1. */
function labelOf(bench: Bench, set: CpuSet, file: string): number | null {
  const label = topologyNumber(bench, set[0] as number, file)
  return label === null || label < 0 ? null : label
}

/** The kernel says it itself since 6.1; captures and older kernels leave it to /proc/cpuinfo. */
function architecture(bench: Bench, cpuinfo: Cpuinfo | null): string | null {
  const word = (text: string): Reading<string> => (cleanText(text) === '' ? absent : known(cleanText(text)))
  const said = readFact(bench, '/proc/sys/kernel/arch', word) ?? captureNote(bench, 'Architecture')
  return said ?? cpuinfo?.architecture ?? null
}
