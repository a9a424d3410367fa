// Processor caches: level, type, size and which CPUs share one. A cache is known by its set: the kernel's index folders
// differ between CPUs, and the numbers in `id` between kernels.

import type { CpuSet } from '../../model/cpu-set.ts'
import type { Cache } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { parseCacheSize } from '../parse/memory-files.ts'
import { cleanText, implausible, parseInteger, parseList, parseMask, parsePositive } from '../parse/numbers.ts'
import { type CpuFiles, cpuRoot } from './cpu-files.ts'
import { type Bench, listNumbered, readFact } from './report.ts'

/** No processor has more levels of cache. */
const levelMax = 9

/** A cache with its set as numbers, and the folder it was read from. */
export type FoundCache = Omit<Cache, 'cpus'> & { readonly set: CpuSet; readonly where: string }

/** In order of first CPU and index. A CPU whose caches are all those of a CPU before it in its core is not asked. */
export function probeCaches(
  bench: Bench,
  files: CpuFiles,
  online: CpuSet,
  cores: readonly CpuSet[],
): readonly FoundCache[] {
  if (!files.has('cache')) return []
  const coreOf = new Map(cores.flatMap((core) => core.map((cpu) => [cpu, core] as const)))
  const wholeCores = new Set<CpuSet>()
  const covered = new Map<string, Set<number>>()
  const caches: FoundCache[] = []
  const hasLines = files.list('/cache/index0').has('coherency_line_size')
  for (const cpu of online) {
    const core = coreOf.get(cpu) ?? [cpu]
    if (wholeCores.has(core)) continue
    let isWholeCore = true
    for (const index of listNumbered(bench, `${cpuRoot}/cpu${cpu}/cache`, 'index')) {
      const folder = `${cpuRoot}/cpu${cpu}/cache/index${index}`
      const set = sharingSet(bench, folder, files, core)
      isWholeCore &&= set !== null && core.every((member) => set.includes(member))
      // Its first CPU describes a cache; the others say the same again.
      if (set === null || set[0] !== cpu) continue
      const cache = describe(bench, folder, set, hasLines)
      if (cache === null) continue
      const key = `${cache.level} ${cache.type}`
      const sharers = covered.get(key) ?? new Set<number>()
      covered.set(key, sharers)
      if (sharers.has(cpu)) {
        const message = `CPU ${cpu} has another cache of level ${cache.level} and this type: left out`
        bench.report.add({ code: 'HW_CONFLICT', where: folder, message })
        continue
      }
      for (const member of set) sharers.add(member)
      caches.push(cache)
    }
    if (isWholeCore) wholeCores.add(core)
  }
  return caches
}

const typeOrder: readonly Cache['type'][] = ['data', 'instruction', 'unified']

/** By level, then data before instructions; caches of one sort stay in their order. */
export function compareCaches(a: Pick<Cache, 'level' | 'type'>, b: Pick<Cache, 'level' | 'type'>): number {
  return a.level - b.level || typeOrder.indexOf(a.type) - typeOrder.indexOf(b.type)
}

function describe(bench: Bench, folder: string, set: CpuSet, hasLines: boolean): FoundCache | null {
  const level = readFact(bench, `${folder}/level`, parseInteger)
  const type = readFact(bench, `${folder}/type`, parseCacheType)
  if (level === null || type === null || level < 1 || level > levelMax) {
    const message = 'caches without a level and a type are left out'
    bench.report.add({ code: 'HW_UNKNOWN', where: `${cpuRoot}/cpu*/cache`, message })
    return null
  }
  const sizeBytes = readFact(bench, `${folder}/size`, parseCacheSize)
  const lineBytes = hasLines ? readFact(bench, `${folder}/coherency_line_size`, parsePositive) : null
  return { level, type, sizeBytes, lineBytes, set, where: folder }
}

/**
 * An empty set, as on ia64, is the core's (FN-0010). Null where the kernel gives none: who shares the cache is then
 * unknown, and a cache counted once a core would be one that is not there.
 */
function sharingSet(bench: Bench, folder: string, files: CpuFiles, core: CpuSet): CpuSet | null {
  // The mask first: every kernel has it, and where an edited capture contradicts itself it is the original.
  const set =
    readFact(bench, `${folder}/shared_cpu_map`, parseMask) ?? readFact(bench, `${folder}/shared_cpu_list`, parseList)
  if (set === null) {
    const message = 'caches without a set of CPUs are left out'
    bench.report.add({ code: 'HW_UNKNOWN', where: `${cpuRoot}/cpu*/cache`, message })
    return null
  }
  return set.length === 0 ? core : files.cut(set)
}

function parseCacheType(text: string): Reading<Cache['type']> {
  const word = cleanText(text).toLowerCase()
  if (word === '') return absent
  if (word === 'data' || word === 'instruction' || word === 'unified') return known(word)
  return implausible(text, 'not a type of cache')
}
