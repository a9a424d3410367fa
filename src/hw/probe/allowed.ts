// What this process may use of the machine: its affinity, and the cpuset of its cgroup in each of the three forms that
// Linux has had. In a capture only the cgroup may be there.

import { type CpuSet, intersect } from '../../model/cpu-set.ts'
import { andThen, valueOr } from '../../model/reading.ts'
import { parseList } from '../parse/numbers.ts'
import {
  type CpusetMount,
  parseAllowed,
  parseCgroupPaths,
  parseCpusetMounts,
  parseCpusetPath,
} from '../parse/process-files.ts'
import { type Bench, listNames, readFact, settle } from './report.ts'

export type Allowed = { readonly cpus: CpuSet; readonly memoryNodes: CpuSet }

/** Null, with a problem, where the process's own status cannot be read or believed. */
export function probeAllowed(bench: Bench, online: CpuSet, nodes: CpuSet): Allowed | null {
  const status = andThen(bench.source.readText('/proc/self/status'), parseAllowed)
  const affinity = settle(bench.report, status, '/proc/self/status', ['cpu.allowed', 'numa.allowed'])
  if (affinity === null && status.kind !== 'absent') return null
  const cpuset = cpusetOfCgroup(bench)
  const both = (whole: CpuSet, ...parts: readonly (CpuSet | null | undefined)[]) =>
    parts.reduce<CpuSet>((left, part) => (part === null || part === undefined ? left : intersect(left, part)), whole)
  return {
    cpus: both(online, affinity?.cpus, cpuset.cpus),
    memoryNodes: both(nodes, affinity?.memoryNodes, cpuset.nodes),
  }
}

type Cpuset = { readonly cpus: CpuSet | null; readonly nodes: CpuSet | null }

/** Where distributions mount it, for captures without /proc/mounts. */
const usualMounts: readonly CpusetMount[] = [
  { at: '/sys/fs/cgroup', kind: 'v2', hasPrefix: true },
  { at: '/sys/fs/cgroup/cpuset', kind: 'v1', hasPrefix: true },
  { at: '/dev/cpuset', kind: 'legacy', hasPrefix: false },
]

function cpusetOfCgroup(bench: Bench): Cpuset {
  const { source } = bench
  const listed = parseCpusetMounts(valueOr(source.readText('/proc/mounts'), ''))
  const paths = parseCgroupPaths(valueOr(source.readText('/proc/self/cgroup'), ''))
  const either = readFact(bench, '/proc/self/cpuset', parseCpusetPath)
  for (const mount of listed.length > 0 ? listed : usualMounts) {
    const path = mount.kind === 'v2' ? (paths.unified ?? either) : (paths.cpusetV1 ?? either)
    if (path === null) continue
    const found = nearestCpuset(bench, mount, path)
    if (found !== null) return found
  }
  return { cpus: null, nodes: null }
}

/**
 * In version 2 a group without the controller has no files, and its parent's hold. In a container the path may be that
 * of the host, and the group is then where the mount is.
 */
function nearestCpuset(bench: Bench, mount: CpusetMount, path: string): Cpuset | null {
  const suffix = mount.kind === 'v2' ? '.effective' : ''
  const prefix = mount.hasPrefix ? 'cpuset.' : ''
  for (let at = path === '/' ? '' : path; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const names = listNames(bench, `${mount.at}${at}`)
    const list = (name: string) =>
      names.includes(name) ? readFact(bench, `${mount.at}${at}/${name}`, parseNonEmptyList) : null
    const cpus = list(`${prefix}cpus${suffix}`)
    const nodes = list(`${prefix}mems${suffix}`)
    if (cpus !== null || nodes !== null) return { cpus, nodes }
    if (at === '') return null
  }
}

/** An empty list in a cpuset file means that nothing was set there. */
function parseNonEmptyList(text: string) {
  const list = parseList(text)
  return list.kind === 'known' && list.value.length === 0 ? ({ kind: 'absent' } as const) : list
}
