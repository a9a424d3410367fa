// Which cores are the fast ones, on processors that mix two sorts.
// Sources in this order: Intel's lists of its performance counters, the kernel's `cpu_capacity`, the base frequency.
// The highest turbo frequency is not asked: it differs between equal cores. A missing thread sibling says nothing.

import { type CpuSet, intersect } from '../../model/cpu-set.ts'
import type { CoreKind } from '../../model/inventory.ts'
import { parseInteger, parseList } from '../parse/numbers.ts'
import { cpuRoot } from './cpu-files.ts'
import { type Bench, readFact } from './report.ts'

/** Base frequencies or capacities closer than this are one sort: samples of one core differ a little. */
const spreadMin = 1.1

/** Null where all cores are of one sort or where that cannot be known. */
export function coreKinds(bench: Bench, cores: readonly CpuSet[]): ReadonlyMap<CpuSet, CoreKind> | null {
  return (
    byCounters(bench, cores) ??
    byNumber(bench, cores, 'cpu_capacity') ??
    byNumber(bench, cores, 'cpufreq/base_frequency')
  )
}

function byCounters(bench: Bench, cores: readonly CpuSet[]): ReadonlyMap<CpuSet, CoreKind> | null {
  const slow = ['cpu_atom', 'cpu_lowpower'].flatMap(
    (unit) => readFact(bench, `/sys/devices/${unit}/cpus`, parseList) ?? [],
  )
  const fast = readFact(bench, '/sys/devices/cpu_core/cpus', parseList) ?? []
  if (slow.length === 0 || fast.length === 0) return null
  return new Map(cores.map((core) => [core, intersect(core, slow).length > 0 ? 'efficiency' : 'performance']))
}

/** The cores with the lowest number are the efficient ones; the rest, of however many sorts, perform. */
function byNumber(bench: Bench, cores: readonly CpuSet[], file: string): ReadonlyMap<CpuSet, CoreKind> | null {
  const numbers: number[] = []
  for (const core of cores) {
    const number = readFact(bench, `${cpuRoot}/cpu${core[0]}/${file}`, parseInteger)
    if (number === null || number <= 0) return null
    numbers.push(number)
  }
  const slowest = Math.min(...numbers)
  if (cores.length === 0 || Math.max(...numbers) < slowest * spreadMin) return null
  return new Map(
    cores.map((core, i) => [core, (numbers[i] as number) < slowest * spreadMin ? 'efficiency' : 'performance']),
  )
}
