// Pure: where this process' cgroups are, and which files with which values hold a task's limits. From proc(5),
// cgroups(7), Documentation/admin-guide/cgroup-v1 and cgroup-v2. It touches no file.

import type { ContainerLimits } from '../core/types.ts'

/** One hierarchy as this process sees it: `own` is the absolute directory of its own group, `root` the mount point. */
export type Hierarchy = {
  readonly kind: 'v1' | 'v2'
  readonly controllers: readonly string[]
  readonly root: string
  readonly own: string
}

/** `selfCgroup` is /proc/self/cgroup, `mountinfo` /proc/self/mountinfo. Hierarchies that are not mounted are left out. */
export function findHierarchies(selfCgroup: string, mountinfo: string): readonly Hierarchy[] {
  const mounts = mountinfo.split('\n').flatMap((line) => parseMount(line) ?? [])
  return selfCgroup.split('\n').flatMap((line) => {
    const match = /^(\d+):([^:]*):(\/.*)$/.exec(line)
    if (match === null) return []
    const [, id, names = '', path = '/'] = match
    const controllers = names === '' ? [] : names.split(',')
    const kind = id === '0' ? ('v2' as const) : ('v1' as const)
    const mount = mounts.find(
      (one) => one.kind === kind && (kind === 'v2' || controllers.every((name) => one.options.includes(name))),
    )
    const below = mount === undefined ? null : pathBelow(mount.subtree, path)
    if (mount === undefined || below === null) return []
    return [{ kind, controllers, root: mount.point, own: `${mount.point}${below}` }]
  })
}

type CgroupMount = {
  readonly kind: 'v1' | 'v2'
  /** The directory of the hierarchy that is mounted. */
  readonly subtree: string
  readonly point: string
  readonly options: readonly string[]
}

function parseMount(line: string): CgroupMount | null {
  const [left = '', right = ''] = line.split(' - ')
  const [, , , subtree, point] = left.split(' ')
  const [type, , options = ''] = right.split(' ')
  if (subtree === undefined || point === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return null
  return {
    kind: type === 'cgroup' ? 'v1' : 'v2',
    subtree: unescapeMount(subtree),
    point: unescapeMount(point),
    options: options.split(','),
  }
}

function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** Where `path` lies below a mount that shows `subtree`: '' for the mount point itself; null when it is not shown. */
function pathBelow(subtree: string, path: string): string | null {
  if (path.startsWith('/..')) return null
  if (subtree === '/') return path === '/' ? '' : path
  if (path === subtree) return ''
  return path.startsWith(`${subtree}/`) ? path.slice(subtree.length) : null
}

/** One write into a task's group. */
export type LimitFile = {
  readonly controller: string
  readonly file: string
  readonly value: string
  /** The kernel may be built without it; the limit before it holds all the same. */
  readonly isOptional: boolean
}

const cfsPeriodUs = 100_000
/** The kernel refuses smaller quotas. */
const cfsQuotaUsMin = 1_000

/** In the order in which they must be written: memory+swap may never be below memory. */
export function limitFilesV1(limits: ContainerLimits): readonly LimitFile[] {
  const wanted = limits.isLowPriority ? 0 : Math.round((limits.cpuMilli * 1024) / 1000)
  const shares = Math.max(2, Math.min(262_144, wanted))
  const files: LimitFile[] = [required('cpu', 'cpu.shares', shares)]
  if (limits.cpuLimitMilli !== null) {
    files.push(
      required('cpu', 'cpu.cfs_period_us', cfsPeriodUs),
      required('cpu', 'cpu.cfs_quota_us', quotaUs(limits.cpuLimitMilli)),
    )
  }
  if (limits.memoryBytes !== null) {
    files.push(
      required('memory', 'memory.limit_in_bytes', limits.memoryBytes),
      optional('memory', 'memory.memsw.limit_in_bytes', limits.memoryBytes),
    )
  }
  if (limits.pidsMax !== null) files.push(required('pids', 'pids.max', limits.pidsMax))
  return files
}

export function limitFilesV2(limits: ContainerLimits): readonly LimitFile[] {
  // The usual scale between shares and weights: 1024 shares are 39, so that 256 cpus still fit below 10000.
  const wanted = limits.isLowPriority ? 0 : Math.round((limits.cpuMilli * 39) / 1000)
  const weight = Math.max(1, Math.min(10_000, wanted))
  const files: LimitFile[] = [required('cpu', 'cpu.weight', weight)]
  if (limits.cpuLimitMilli !== null) {
    files.push(required('cpu', 'cpu.max', `${quotaUs(limits.cpuLimitMilli)} ${cfsPeriodUs}`))
  }
  if (limits.memoryBytes !== null) {
    files.push(
      required('memory', 'memory.max', limits.memoryBytes),
      optional('memory', 'memory.swap.max', 0),
      // A task that lost one process to the limit is not a working task: the kernel ends all of it together.
      optional('memory', 'memory.oom.group', 1),
    )
  }
  if (limits.pidsMax !== null) files.push(required('pids', 'pids.max', limits.pidsMax))
  return files
}

function quotaUs(cpuLimitMilli: number): number {
  return Math.max(cfsQuotaUsMin, Math.round((cpuLimitMilli * cfsPeriodUs) / 1000))
}

function required(controller: string, file: string, value: number | string): LimitFile {
  return { controller, file, value: `${value}`, isOptional: false }
}

function optional(controller: string, file: string, value: number | string): LimitFile {
  return { controller, file, value: `${value}`, isOptional: true }
}

/** The number after `key` in a file of `key value` lines; null when the key is not there. */
export function flatKeyed(text: string, key: string): number | null {
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ')
    if (name === key && value !== undefined && /^\d+$/.test(value)) return Number(value)
  }
  return null
}
