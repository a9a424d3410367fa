// Which cores are the fast ones, on processors that mix several sorts.
// ARM: the part number in the register MIDR says it, and only that (FN-0011). x86 and others: Intel's lists of its
// performance counters, the base and the highest frequency and the kernel's `cpu_capacity` together. The highest
// frequency differs a little between equal cores (Turbo Boost Max), and so does the capacity made of it. A missing
// thread sibling says nothing.

import type { CpuSet } from '../../model/cpu-set.ts'
import { formatCpuList } from '../../model/cpu-set.ts'
import type { CoreKind, CoreKindGroup } from '../../model/inventory.ts'
import type { CpuBlock } from '../parse/cpuinfo.ts'
import { parseHex, parseList, parsePositive } from '../parse/numbers.ts'
import { type CpuFiles, cpuRoot } from './cpu-files.ts'
import { type Bench, readFact } from './report.ts'

/** Highest frequencies or capacities closer than this are one sort. Base frequencies are what was designed, and exact. */
const spreadMin = 1.1

export type CoreKinds = {
  /** Slowest first; empty where all cores are of one kind or that cannot be known. */
  readonly groups: readonly CoreKindGroup[]
  readonly kindOf: ReadonlyMap<CpuSet, CoreKind>
}

const none: CoreKinds = { groups: [], kindOf: new Map() }

/** `first` is any CPU's block of /proc/cpuinfo: AMD mixes cores since family 1Ah only, and asking older ones is slow. */
export function coreKinds(
  bench: Bench,
  files: CpuFiles,
  cores: readonly CpuSet[],
  first: CpuBlock | undefined,
): CoreKinds {
  if (first !== undefined && isUniformMaker(first)) return none
  const parts = files.has('regs') ? cores.map((core) => armPart(bench, core)) : []
  const isArm = parts.some((part) => part !== null)
  // One part on all cores: the frequencies have nothing to add.
  if (isArm && new Set(parts).size === 1) return none
  const all = factsOf(bench, files, cores)
  const facts = isArm ? all.filter((_, i) => parts[i] !== null) : describedAsOthers(all)
  const keys = isArm ? parts.filter((part) => part !== null) : keysOf(facts)
  const members = Map.groupBy(facts, (_, i) => keys[i] as string)
  if (members.size < 2) return none
  const groups = [...members.values()].map(groupOf).sort((a, b) => compareRanks(a.rank, b.rank))
  const [slowest, next] = groups as [Group, Group]
  // Sorts that nothing ranks are told apart and not judged.
  const isRanked = compareRanks(slowest.rank, next.rank) < 0
  const kindOf = new Map<CpuSet, CoreKind>()
  for (const group of isRanked ? groups : []) {
    for (const { core } of group.members) kindOf.set(core, group === slowest ? 'efficiency' : 'performance')
  }
  return { groups: groups.map(({ members: _members, rank: _rank, ...rest }) => rest), kindOf }
}

/** AMD before Zen 5, and Hygon, which is Zen. Reading their frequencies from ACPI CPPC takes long. */
function isUniformMaker({ vendor, family }: CpuBlock): boolean {
  if (vendor === 'HygonGenuine') return true
  return vendor === 'AuthenticAMD' && family !== null && family < 0x1a
}

/** Implementer and part number of MIDR_EL1; revision and variant are steppings of the same core. */
function armPart(bench: Bench, core: CpuSet): string | null {
  const register = readFact(bench, `${cpuRoot}/cpu${core[0]}/regs/identification/midr_el1`, (text) => {
    // The kernel prints 64 bits, of which the upper half is zero.
    return parseHex(text.replace(/^0x0{8}/, ''))
  })
  if (register === null || register === 0) return null
  return `${Math.floor(register / 2 ** 24) % 256}:${Math.floor(register / 2 ** 4) % 4096}`
}

type CoreFacts = {
  readonly core: CpuSet
  /** By Intel's counters: 1 is a low-power core, 2 an atom, 3 a core; null where no list has it. */
  readonly type: number | null
  readonly baseKhz: number | null
  readonly maxKhz: number | null
  readonly capacity: number | null
}

function factsOf(bench: Bench, files: CpuFiles, cores: readonly CpuSet[]): readonly CoreFacts[] {
  const types = counterTypes(bench)
  const names = files.has('cpufreq') ? files.list('/cpufreq') : new Set()
  const positive = (core: CpuSet, file: string) => readFact(bench, `${cpuRoot}/cpu${core[0]}/${file}`, parsePositive)
  const baseKhz = (core: CpuSet): number | null => {
    if (names.has('base_frequency')) return positive(core, 'cpufreq/base_frequency')
    if (!files.has('acpi_cppc')) return null
    const nominalMhz = positive(core, 'acpi_cppc/nominal_freq')
    return nominalMhz === null ? null : nominalMhz * 1000
  }
  return cores.map((core) => ({
    core,
    type: types.get(core[0] as number) ?? null,
    baseKhz: baseKhz(core),
    maxKhz: names.has('cpuinfo_max_freq') ? positive(core, 'cpufreq/cpuinfo_max_freq') : null,
    capacity: files.has('cpu_capacity') ? positive(core, 'cpu_capacity') : null,
  }))
}

/**
 * The cores of which all is known that is known of any: unknown is no sort. Old kernels show the frequencies of a
 * processor at its first CPU alone, and drivers come and go with CPUs (FN-0064).
 */
function describedAsOthers(facts: readonly CoreFacts[]): readonly CoreFacts[] {
  const told = (['type', 'baseKhz', 'maxKhz', 'capacity'] as const).filter((name) =>
    facts.some((one) => one[name] !== null),
  )
  return facts.filter((one) => told.every((name) => one[name] !== null))
}

function counterTypes(bench: Bench): ReadonlyMap<number, number> {
  const units = ['cpu_lowpower', 'cpu_atom', 'cpu_core']
  const types = new Map<number, number>()
  for (const [i, unit] of units.entries()) {
    for (const cpu of readFact(bench, `/sys/devices/${unit}/cpus`, parseList) ?? []) types.set(cpu, i + 1)
  }
  return types
}

/** One text a core, the same for cores of one sort. The highest frequencies are compared among cores of one base. */
function keysOf(facts: readonly CoreFacts[]): readonly string[] {
  const capacityTier = tiers(facts.map((one) => one.capacity))
  const bases = facts.map((one) => `${one.type} ${one.baseKhz === null ? 0 : Math.floor(one.baseKhz / 1000)}`)
  const sameBase = Map.groupBy(facts, (_, i) => bases[i] as string)
  const maxTier = new Map([...sameBase].map(([base, members]) => [base, tiers(members.map((one) => one.maxKhz))]))
  return facts.map((one, i) => {
    const base = bases[i] as string
    return `${base} ${capacityTier(one.capacity)} ${maxTier.get(base)?.(one.maxKhz)}`
  })
}

/** The number of the tier of a value: a tier ends where a value is `spreadMin` times its lowest. Unknown has its own. */
function tiers(values: readonly (number | null)[]): (value: number | null) => number {
  const starts: number[] = []
  for (const value of values.filter((one) => one !== null).sort((a, b) => a - b)) {
    if (starts.length === 0 || value >= (starts.at(-1) as number) * spreadMin) starts.push(value)
  }
  return (value) => (value === null ? -1 : starts.findLastIndex((start) => value >= start))
}

/** From slow to fast: type, capacity, base, highest frequency; the first that differs decides. */
type Rank = readonly [number, number, number, number]
type Group = CoreKindGroup & { readonly members: readonly CoreFacts[]; readonly rank: Rank }

/** Figures of the slowest member: what every core of the sort can do. */
function groupOf(members: readonly CoreFacts[]): Group {
  const least = (numberOf: (one: CoreFacts) => number | null) =>
    members.reduce<number | null>((low, one) => {
      const number = numberOf(one)
      return low === null || (number !== null && number < low) ? number : low
    }, null)
  const baseMhz = megahertz(least((one) => one.baseKhz))
  const maxMhz = megahertz(least((one) => one.maxKhz))
  const capacity = least((one) => one.capacity)
  const cpus = formatCpuList(members.flatMap((one) => one.core).sort((a, b) => a - b))
  const rank = [members[0]?.type ?? 0, capacity ?? 0, baseMhz ?? 0, maxMhz ?? 0] as const
  return { cpus, baseMhz, maxMhz, capacity, members, rank }
}

function megahertz(khz: number | null): number | null {
  return khz === null ? null : Math.floor(khz / 1000)
}

function compareRanks(a: Rank, b: Rank): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number)
}
