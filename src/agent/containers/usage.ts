// What the processes of one container use, measured: from its cgroups where they count it, else from /proc. It keeps
// nothing: two looks and the time between them make a rate.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { flatKeyed } from './cgroup-layout.ts'

export type ContainerUsage = {
  /**
   * Time on CPUs since its start. Without cgroups it counts the living and the children that they waited for, so that
   * it may fall when a process ends.
   */
  readonly cpuUsageUsec: number
  /** All memory charged to it, files that the kernel keeps for it included; without cgroups the anonymous part alone. */
  readonly memoryBytes: number
  /** Of `memoryBytes`, files not used lately, which the kernel takes back without harm; null: not counted here. */
  readonly reclaimableBytes: number | null
}

/** Null when the container has no process or group any more that could be measured. */
export function measureUsage(
  directories: readonly string[],
  pids: () => readonly number[] | null,
): ContainerUsage | null {
  const cpu = firstKnown(directories, groupCpuUsec)
  const memory = firstKnown(directories, groupMemory)
  if (cpu !== null && memory !== null) return { cpuUsageUsec: cpu, ...memory }
  const processes = (pids() ?? []).flatMap((pid) => processUsage(pid) ?? [])
  if (processes.length === 0) return null
  const sum = (of: (one: ProcessUsage) => number) => processes.reduce((total, one) => total + of(one), 0)
  return {
    cpuUsageUsec: cpu ?? sum(({ cpuUsec }) => cpuUsec),
    ...(memory ?? { memoryBytes: sum(({ anonymousBytes }) => anonymousBytes), reclaimableBytes: null }),
  }
}

/** Version 1 counts nanoseconds; version 2 in a file that version 1 fills with other things. */
function groupCpuUsec(directory: string): number | null {
  const nanoseconds = readNumber(join(directory, 'cpuacct.usage'))
  if (nanoseconds !== null) return Math.floor(nanoseconds / 1000)
  return flatKeyed(read(join(directory, 'cpu.stat')) ?? '', 'usage_usec')
}

function groupMemory(directory: string): Pick<ContainerUsage, 'memoryBytes' | 'reclaimableBytes'> | null {
  for (const [total, inactive] of memoryFiles) {
    const memoryBytes = readNumber(join(directory, total))
    if (memoryBytes === null) continue
    const reclaimable = flatKeyed(read(join(directory, 'memory.stat')) ?? '', inactive)
    // The two files are read one after the other.
    return { memoryBytes, reclaimableBytes: reclaimable === null ? null : Math.min(reclaimable, memoryBytes) }
  }
  return null
}

/** Version 2 and 1: the file, and in memory.stat the key, both with the groups below. */
const memoryFiles = [
  ['memory.current', 'inactive_file'],
  ['memory.usage_in_bytes', 'total_inactive_file'],
] as const

type ProcessUsage = { readonly cpuUsec: number; readonly anonymousBytes: number }

/** USER_HZ, in which /proc counts, is 100 on every architecture that we run on. */
const usecPerTick = 10_000

function processUsage(pid: number): ProcessUsage | null {
  const stat = read(`/proc/${pid}/stat`)
  const status = read(`/proc/${pid}/status`)
  if (stat === null || status === null) return null
  // utime, stime, cutime, cstime: fields 14 to 17 of proc(5) stat; the state after the name is the third.
  const ticks = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 15)
  const kibibytes = Number(/^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0)
  const cpuUsec = ticks.reduce((total, one) => total + Number(one), 0) * usecPerTick
  return { cpuUsec, anonymousBytes: kibibytes * 1024 }
}

function firstKnown<T>(directories: readonly string[], of: (directory: string) => T | null): T | null {
  for (const directory of directories) {
    const value = of(directory)
    if (value !== null) return value
  }
  return null
}

function readNumber(path: string): number | null {
  const text = read(path)
  return text !== null && /^\d+\s*$/.test(text) ? Number(text) : null
}

/** Null when it is not there, or gone. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
