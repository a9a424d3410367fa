// What a process may use, from its own files: /proc/self/status, /proc/self/cgroup, /proc/self/cpuset, /proc/mounts.

import { type CpuSet, parseCpuList, parseCpuMask } from '../../model/cpu-set.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { unescapeOctal } from './mounts.ts'
import { cleanText, implausible } from './numbers.ts'

export type AllowedSets = { readonly cpus: CpuSet; readonly memoryNodes: CpuSet }

/** `Cpus_allowed_list` and `Mems_allowed_list` of /proc/self/status, or the masks of kernels that have no lists. */
export function parseAllowed(status: string): Reading<AllowedSets> {
  const line = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(status)
  const set = (key: string): CpuSet | null | undefined => {
    const list = line(`${key}_list`)
    if (list !== null) return parseCpuList(list[1] as string)
    const mask = line(key)
    return mask === null ? undefined : parseCpuMask(mask[1] as string)
  }
  const cpus = set('Cpus_allowed')
  const memoryNodes = set('Mems_allowed')
  if (cpus === undefined || memoryNodes === undefined) return absent
  if (cpus === null || memoryNodes === null) {
    return implausible(`${line('Cpus_allowed.*')?.[0]} ${line('Mems_allowed.*')?.[0]}`, 'not lists of numbers')
  }
  return known({ cpus, memoryNodes })
}

export type CgroupPaths = {
  /** Where the controller `cpuset` of version 1 has this process. */
  readonly cpusetV1: string | null
  readonly unified: string | null
}

/** /proc/self/cgroup: `3:cpuset:/a`, `0::/b`. */
export function parseCgroupPaths(text: string): CgroupPaths {
  let cpusetV1: string | null = null
  let unified: string | null = null
  for (const line of text.split('\n')) {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line)
    if (match === null) continue
    if (match[1] === '0' && match[2] === '') unified = match[3] as string
    else if ((match[2] as string).split(',').includes('cpuset')) cpusetV1 = match[3] as string
  }
  return { cpusetV1, unified }
}

/** /proc/self/cpuset: one path, of either version. */
export function parseCpusetPath(text: string): Reading<string> {
  const clean = cleanText(text)
  if (clean === '') return absent
  return clean.startsWith('/') ? known(clean) : implausible(text, 'not a path')
}

export type CpusetMount = {
  readonly at: string
  readonly kind: 'v2' | 'v1' | 'legacy'
  /** Version 1 mounted so that the files are called `cpus` and not `cpuset.cpus`. */
  readonly hasPrefix: boolean
}

/** The mounts that can hold cpuset files, in the order of /proc/mounts. */
export function parseCpusetMounts(mounts: string): readonly CpusetMount[] {
  const found: CpusetMount[] = []
  for (const line of mounts.split('\n')) {
    const [, written, type, options = ''] = line.split(' ')
    if (written === undefined || !written.startsWith('/')) continue
    const at = unescapeOctal(written)
    const flags = options.split(',')
    if (type === 'cgroup2') found.push({ at, kind: 'v2', hasPrefix: true })
    else if (type === 'cpuset') found.push({ at, kind: 'legacy', hasPrefix: false })
    else if (type === 'cgroup' && flags.includes('cpuset')) {
      found.push({ at, kind: 'v1', hasPrefix: !flags.includes('noprefix') })
    }
  }
  return found
}
