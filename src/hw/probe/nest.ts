// Sets of CPUs that lie inside or beside each other, never across: how a machine's parts nest. Firmware that contradicts
// itself gives sets that cross; the set that came first stays. It does not know what the sets are.

import type { CpuSet } from '../../model/cpu-set.ts'

export class Nest {
  readonly #setsOf = new Map<number, CpuSet[]>()

  /** Keeps the set; false, and not kept, where it crosses one that was kept before. */
  add(set: CpuSet): boolean {
    // Nothing crosses one CPU.
    if (set.length <= 1) return true
    const shared = new Map<CpuSet, number>()
    for (const cpu of set) {
      for (const other of this.#setsOf.get(cpu) ?? []) shared.set(other, (shared.get(other) ?? 0) + 1)
    }
    for (const [other, count] of shared) {
      if (count < Math.min(set.length, other.length)) return false
      if (count === set.length && count === other.length) return true
    }
    for (const cpu of set) {
      const sets = this.#setsOf.get(cpu)
      if (sets === undefined) this.#setsOf.set(cpu, [set])
      else sets.push(set)
    }
    return true
  }
}
