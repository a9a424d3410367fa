// Where the kernel keeps its CPUs, and how a set of them is read.

import type { CpuSet } from '../../model/cpu-set.ts'
import { parseInteger, parseList, parseMask } from '../parse/numbers.ts'
import { type Bench, readFact } from './report.ts'

export const cpuRoot = '/sys/devices/system/cpu'

/** A set that the kernel gives as a list and, on older kernels, as a mask alone. */
export function readSet(bench: Bench, listPath: string, maskPath: string): CpuSet | null {
  return readFact(bench, listPath, parseList) ?? readFact(bench, maskPath, parseMask)
}

/** The first of the sets `names` of a CPU's topology folder that the kernel has. */
export function topologySet(bench: Bench, cpu: number, names: readonly string[]): CpuSet | null {
  for (const name of names) {
    const path = `${cpuRoot}/cpu${cpu}/topology/${name}`
    const set = readSet(bench, `${path}_list`, path)
    if (set !== null) return set
  }
  return null
}

export function topologyNumber(bench: Bench, cpu: number, name: string): number | null {
  return readFact(bench, `${cpuRoot}/cpu${cpu}/topology/${name}`, parseInteger)
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
