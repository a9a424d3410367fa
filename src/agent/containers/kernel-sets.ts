// The CPUs and memory nodes that the kernel lets this process use.

import { readFileSync } from 'node:fs'
import { type CpuSet, parseCpuList } from '../../model/cpu-set.ts'

/** Empty where the kernel does not tell. */
export function kernelSets(): { readonly cpus: CpuSet; readonly memoryNodes: CpuSet } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const set = (name: string) =>
    parseCpuList(new RegExp(`^${name}_allowed_list:\\s*(\\S*)$`, 'm').exec(status)?.[1] ?? '') ?? []
  return { cpus: set('Cpus'), memoryNodes: set('Mems') }
}
