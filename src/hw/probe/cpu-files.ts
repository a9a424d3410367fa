// Where the kernel keeps its CPUs, and how the files of one CPU are read without asking for what is not there.
// What neither the first nor the last CPU has in its folder, none has: a kernel makes the same files for each, and where
// a driver or a capture has left one out, it is one (FN-0064).

import type { CpuSet } from '../../model/cpu-set.ts'
import { parseInteger, parseList, parseMask } from '../parse/numbers.ts'
import { type Bench, listNames, readFact } from './report.ts'

export const cpuRoot = '/sys/devices/system/cpu'

/** A set that the kernel gives as a list and, on older kernels, as a mask alone. */
export function readSet(bench: Bench, listPath: string, maskPath: string): CpuSet | null {
  return readFact(bench, listPath, parseList) ?? readFact(bench, maskPath, parseMask)
}

/** The files of the online CPUs. */
export class CpuFiles {
  readonly #bench: Bench
  readonly #online: ReadonlySet<number>
  readonly #ends: CpuSet
  readonly #names: ReadonlySet<string>
  readonly #topologyNames: ReadonlySet<string>

  /** `online` are CPUs that have a folder; empty where the kernel describes none. */
  constructor(bench: Bench, online: CpuSet) {
    this.#bench = bench
    this.#online = new Set(online)
    this.#ends = online.length > 1 ? [online[0] as number, online.at(-1) as number] : online
    this.#names = this.list('')
    this.#topologyNames = this.list('/topology')
  }

  /** Names in `folder` (`/cpufreq`) of a CPU; none where no CPU has it. */
  list(folder: string): ReadonlySet<string> {
    return new Set(this.#ends.flatMap((cpu) => listNames(this.#bench, `${cpuRoot}/cpu${cpu}${folder}`)))
  }

  /** Whether the CPUs have a file or folder of this name. */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  /**
   * The first of the sets `names` (new name, old name) that the kernel has of a CPU, cut with the online CPUs. The mask
   * before the list: every kernel has it, and where an edited capture contradicts itself it is the original.
   */
  set(cpu: number, names: readonly string[]): CpuSet | null {
    for (const name of names) {
      for (const [file, parse] of [[name, parseMask] as const, [`${name}_list`, parseList] as const]) {
        if (!this.#topologyNames.has(file)) continue
        const set = readFact(this.#bench, `${cpuRoot}/cpu${cpu}/topology/${file}`, parse)
        if (set !== null) return this.cut(set)
      }
    }
    return null
  }

  /** Which of several names of a set the kernel has. */
  nameOf(names: readonly string[]): string | undefined {
    return names.find((name) => this.#topologyNames.has(name) || this.#topologyNames.has(`${name}_list`))
  }

  /** A number of a CPU's topology; null where there is none. */
  number(cpu: number, name: string): number | null {
    if (!this.#topologyNames.has(name)) return null
    return readFact(this.#bench, `${cpuRoot}/cpu${cpu}/topology/${name}`, parseInteger)
  }

  /** The kernel's number of a set of CPUs; null where it has none, which it writes as -1 (FN-0003). */
  label(set: CpuSet, name: string): number | null {
    const label = this.number(set[0] as number, name)
    return label === null || label < 0 ? null : label
  }

  cut(set: CpuSet): CpuSet {
    return set.filter((cpu) => this.#online.has(cpu))
  }
}

/** A function that says which of several disjoint sets another lies in wholly, or null. */
export function homeIn<T>(homes: Iterable<readonly [T, CpuSet]>): (set: CpuSet) => T | null {
  const homeOf = new Map<number, T>()
  for (const [home, cpus] of homes) for (const cpu of cpus) homeOf.set(cpu, home)
  return (set) => {
    const home = homeOf.get(set[0] ?? -1)
    return home !== undefined && set.every((cpu) => homeOf.get(cpu) === home) ? home : null
  }
}
