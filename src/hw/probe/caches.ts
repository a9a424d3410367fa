// Caches with the sets of CPUs that share them. Keyed by level, type and sharing set: the kernel's index folders differ
// between CPUs, and the numbers in `id` between kernels.

import { type CpuSet, formatCpuList, intersect } from '../../model/cpu-set.ts'
import type { Cache } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { parseCacheSize } from '../parse/memory-files.ts'
import { cleanText, implausible, parseInteger, parseList, parseMask } from '../parse/numbers.ts'
import { cpuRoot } from './cpu-files.ts'
import { type Bench, listNumbered, readFact } from './report.ts'

/** No processor has more levels of cache. */
const levelMax = 9

export function probeCaches(bench: Bench, online: CpuSet, cores: readonly CpuSet[]): readonly Cache[] {
  const coreOf = new Map(cores.flatMap((core) => core.map((cpu) => [cpu, core] as const)))
  const covered = new Map<string, Set<number>>()
  const wholeCores = new Set<number>()
  const caches: Cache[] = []
  for (const cpu of online) {
    if (wholeCores.has(cpu)) continue
    const core = coreOf.get(cpu) ?? [cpu]
    let isWholeCore = true
    for (const index of listNumbered(bench, `${cpuRoot}/cpu${cpu}/cache`, 'index')) {
      const folder = `${cpuRoot}/cpu${cpu}/cache/index${index}`
      const level = readFact(bench, `${folder}/level`, parseInteger)
      const type = readFact(bench, `${folder}/type`, parseCacheType)
      if (level === null || type === null || level < 1 || level > levelMax) continue
      const sharers = covered.get(`${level} ${type}`) ?? new Set<number>()
      covered.set(`${level} ${type}`, sharers)
      if (!sharers.has(cpu)) {
        const set = sharingSet(bench, folder, cpu, online) ?? core
        for (const member of set) sharers.add(member)
        const sizeBytes = readFact(bench, `${folder}/size`, parseCacheSize)
        caches.push({ level, type, sizeBytes, lineBytes: null, cpus: formatCpuList(set) })
      }
      isWholeCore &&= core.every((member) => sharers.has(member))
    }
    if (isWholeCore) for (const member of core) wholeCores.add(member)
  }
  return caches.sort((a, b) => a.level - b.level || typeOrder.indexOf(a.type) - typeOrder.indexOf(b.type))
}

const typeOrder: readonly Cache['type'][] = ['data', 'instruction', 'unified']

/** Null where the kernel gives no set or an empty one, as on ia64: the cache then belongs to the core. */
function sharingSet(bench: Bench, folder: string, cpu: number, online: CpuSet): CpuSet | null {
  // The mask first: every kernel has it, and where an edited capture contradicts itself it is the original.
  const mask = readFact(bench, `${folder}/shared_cpu_map`, parseMask)
  const set = mask ?? readFact(bench, `${folder}/shared_cpu_list`, parseList)
  if (set === null || !set.includes(cpu)) return null
  return intersect(set, online)
}

function parseCacheType(text: string): Reading<Cache['type']> {
  const word = cleanText(text).toLowerCase()
  if (word === '') return absent
  if (word === 'data' || word === 'instruction' || word === 'unified') return known(word)
  return implausible(text, 'not a type of cache')
}
