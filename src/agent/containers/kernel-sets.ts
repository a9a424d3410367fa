// The CPUs and memory nodes that are there for this process now: online, and allowed to it.

import { readFileSync } from 'node:fs'
import { type CpuSet, intersect, parseCpuList } from '../../model/cpu-set.ts'

/** Empty where the kernel does not tell. */
export function kernelSets(): { readonly cpus: CpuSet; readonly memoryNodes: CpuSet } {
  const status = read('/proc/self/status')
  const set = (name: string) =>
    parseCpuList(new RegExp(`^${name}_allowed_list:\\s*(\\S*)$`, 'm').exec(status)?.[1] ?? '') ?? []
  // What a process is allowed may name CPUs that are off.
  const online = parseCpuList(read('/sys/devices/system/cpu/online')) ?? []
  return { cpus: online.length === 0 ? set('Cpus') : intersect(set('Cpus'), online), memoryNodes: set('Mems') }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
