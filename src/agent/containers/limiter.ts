// Chooses, by trying, the strongest isolation this process may use, and makes the groups of each container:
// `<own group>/tepui/<hash of the work directory>/<container>`. Version 1 where it has the controllers, version 2 where
// that has them, else process groups with the reason why. It does not know processes beyond its own.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Confinement, ContainerLimits } from '../core/types.ts'
import { makeGroup, removeGroups, writeLimits } from './cgroup-files.ts'
import { findHierarchies, type Hierarchy, limitFilesV1, limitFilesV2 } from './cgroup-layout.ts'
import { writeCpuset } from './cpuset-files.ts'
import type { Isolation } from './types.ts'

export type Limiter = {
  readonly isolation: Isolation
  /** Makes the container's groups, limited and confined, and returns their directories. Throws when the kernel refuses. */
  create(name: string, limits: ContainerLimits, confinement: Confinement): readonly string[]
  /** The cgroup.procs file where supervisors go, or null. */
  readonly supervisorProcsFile: string | null
  /** Removes what is empty of our own parents. */
  close(): void
}

const controllersWanted = ['cpu', 'memory', 'pids', 'cpuset'] as const
type Enforced = (typeof controllersWanted)[number]

const anywhere: Confinement = { cpus: null, isAlone: false, memoryNodes: null }

/** The leaf in which an agent puts itself where version 2 forbids processes beside groups with controllers. */
const agentLeaf = 'tepui-agent'

const probeLimits: ContainerLimits = {
  cpuMilli: 100,
  cpuLimitMilli: 100,
  memoryBytes: 1 << 24,
  pidsMax: 16,
  isLowPriority: false,
}

export function chooseLimiter(workDir: string, wanted: 'auto' | 'process-group'): Limiter {
  if (wanted === 'process-group') return processGroups('cgroups are switched off by --isolation process-group')
  let hierarchies: readonly Hierarchy[]
  try {
    hierarchies = findHierarchies(
      readFileSync('/proc/self/cgroup', 'utf8'),
      readFileSync('/proc/self/mountinfo', 'utf8'),
    )
  } catch (error) {
    return processGroups(`/proc does not tell this process' cgroups: ${(error as Error).message}`)
  }
  const hash = createHash('sha256').update(realpathSync(workDir)).digest('hex').slice(0, 16)
  const reasons: string[] = []
  return (
    tryVersion1(hierarchies, hash, reasons) ??
    tryVersion2(hierarchies, hash, reasons) ??
    processGroups(reasons.join('; ') || 'no cgroup hierarchy is mounted')
  )
}

function processGroups(reason: string): Limiter {
  return {
    isolation: { kind: 'process-group', enforced: [], reason },
    create: () => [],
    supervisorProcsFile: null,
    close: () => {},
  }
}

/** Null when version 1 enforces nothing here. */
function tryVersion1(hierarchies: readonly Hierarchy[], hash: string, reasons: string[]): Limiter | null {
  const bases = new Map<string, string>()
  const enforced: Enforced[] = []
  for (const controller of [...controllersWanted, 'cpuacct', 'freezer'] as const) {
    const hierarchy = hierarchies.find((one) => one.kind === 'v1' && one.controllers.includes(controller))
    if (hierarchy === undefined) continue
    const base = join(hierarchy.own, 'tepui', hash)
    const why = probe(base, (group) => {
      const files = limitFilesV1(probeLimits).filter((file) => file.controller === controller)
      writeLimits(() => group, files)
      if (controller === 'cpuset') writeCpuset(group, anywhere)
    })
    if (why !== null) reasons.push(`${controller}: ${why}`)
    else {
      bases.set(controller, base)
      const limit = controllersWanted.find((name) => name === controller)
      if (limit !== undefined) enforced.push(limit)
    }
  }
  // Cpusets alone are no reason to go without the limits of version 2.
  if (enforced.every((one) => one === 'cpuset')) return null
  // A version 2 mount without controllers still kills a whole tree in one write.
  const unified = hierarchies.find((one) => one.kind === 'v2')
  if (unified !== undefined) {
    const base = join(unified.own, 'tepui', hash)
    const why = probe(base, (group) => writeFileSync(join(group, 'cgroup.kill'), '1'))
    if (why === null) bases.set('unified', base)
  }
  const missing = controllersWanted.filter((name) => !enforced.includes(name))
  return {
    isolation: {
      kind: 'cgroup-v1',
      enforced,
      reason: missing.length === 0 ? null : reasons.join('; ') || `not mounted: ${missing.join(', ')}`,
    },
    create: (name, limits, confinement) => {
      const directories = [...new Set([...bases.values()].map((base) => join(base, name)))]
      const directoryOf = (controller: string) => {
        const base = bases.get(controller)
        return base === undefined ? null : join(base, name)
      }
      return createAll(directories, () => {
        writeLimits(directoryOf, limitFilesV1(limits))
        const cpuset = directoryOf('cpuset')
        if (cpuset !== null) writeCpuset(cpuset, confinement)
      })
    },
    supervisorProcsFile: null,
    close: () => {
      for (const base of new Set(bases.values())) removeParents(base)
    },
  }
}

/** Null when there is no version 2 hierarchy in which this process may make groups. */
function tryVersion2(hierarchies: readonly Hierarchy[], hash: string, reasons: string[]): Limiter | null {
  const hierarchy = hierarchies.find((one) => one.kind === 'v2')
  if (hierarchy === undefined) return null
  for (const place of placesForGroups(hierarchy)) {
    const base = join(place.directory, 'tepui', hash)
    const enforced: Enforced[] = []
    const why = probe(base, (group) => {
      if (place.mustLeave) moveSelf(place.directory)
      for (const controller of controllersWanted) {
        if (enableController(place.directory, base, controller, reasons)) enforced.push(controller)
      }
      writeLimits((name) => (enforced.some((one) => one === name) ? group : null), limitFilesV2(probeLimits))
      if (enforced.includes('cpuset')) writeCpuset(group, anywhere)
      if (enforced.length === 0 && !existsSync(join(group, 'cgroup.kill'))) throw new Error('no controllers, no kill')
    })
    if (why !== null) {
      reasons.push(`${place.directory}: ${why}`)
      continue
    }
    const supervisors = join(base, 'supervisors')
    makeGroup(supervisors)
    return {
      isolation: {
        kind: 'cgroup-v2',
        enforced,
        reason: enforced.length === controllersWanted.length ? null : reasons.join('; '),
      },
      create: (name, limits, confinement) => {
        const directory = join(base, name)
        return createAll([directory], () => {
          writeLimits((name) => (enforced.some((one) => one === name) ? directory : null), limitFilesV2(limits))
          if (enforced.includes('cpuset')) writeCpuset(directory, confinement)
        })
      },
      supervisorProcsFile: join(supervisors, 'cgroup.procs'),
      close: () => {
        removeGroups([supervisors])
        removeParents(base)
      },
    }
  }
  return null
}

/**
 * Where groups may go, best first. A group that gives controllers to children may not hold processes itself (except
 * the root), and systemd cannot start a unit again whose group does so while tasks of its last life run in it
 * (219/CGROUP, seen with 252). So: the parent of a leaf made for the agent; the top of the mount, which systemd and
 * other managers leave alone below names they do not know; our own group, leaving it for a leaf when nobody else is
 * in it.
 */
function placesForGroups(hierarchy: Hierarchy): readonly { readonly directory: string; readonly mustLeave: boolean }[] {
  const { own, root } = hierarchy
  if (basename(own) === agentLeaf) return [{ directory: dirname(own), mustLeave: false }]
  const top = { directory: root, mustLeave: false }
  if (own === root && isRealRoot(root)) return [top]
  const places = own === root ? [] : [top]
  return isAloneIn(own) ? [...places, { directory: own, mustLeave: true }] : places
}

/** Only the root of the whole hierarchy has no cgroup.type. */
function isRealRoot(directory: string): boolean {
  return !existsSync(join(directory, 'cgroup.type'))
}

function isAloneIn(directory: string): boolean {
  try {
    const pids = readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)
    return pids.length === 1 && pids[0] === `${process.pid}`
  } catch {
    return false
  }
}

function moveSelf(directory: string): void {
  const leaf = join(directory, agentLeaf)
  makeGroup(leaf)
  writeFileSync(join(leaf, 'cgroup.procs'), `${process.pid}`)
}

/** Passes a controller down from `top` to `base`, each level giving it to the next. */
function enableController(top: string, base: string, controller: Enforced, reasons: string[]): boolean {
  try {
    const available = readFileSync(join(top, 'cgroup.controllers'), 'utf8').trim().split(' ')
    if (!available.includes(controller)) throw new Error('not available')
    for (const directory of [top, dirname(base), base]) {
      const given = readFileSync(join(directory, 'cgroup.subtree_control'), 'utf8').trim().split(' ')
      if (!given.includes(controller)) writeFileSync(join(directory, 'cgroup.subtree_control'), `+${controller}`)
    }
    return true
  } catch (error) {
    reasons.push(`${controller}: ${(error as Error).message}`)
    return false
  }
}

/** Makes a group below `base`, tries `use` on it and removes it; says why that failed, or null. */
function probe(base: string, use: (group: string) => void): string | null {
  const group = join(base, `probe-${process.pid}`)
  try {
    makeGroup(group)
    use(group)
    return null
  } catch (error) {
    removeGroups([group])
    removeParents(base)
    return (error as Error).message
  } finally {
    removeGroups([group])
  }
}

/** All groups with their limits, or none. */
function createAll(directories: readonly string[], limit: () => void): readonly string[] {
  try {
    for (const directory of directories) makeGroup(directory)
    limit()
    return directories
  } catch (error) {
    removeGroups(directories)
    throw error
  }
}

/** `tepui/<hash>` and `tepui`, when nothing is left in them; another agent's groups keep theirs. */
function removeParents(base: string): void {
  try {
    rmdirSync(base)
    rmdirSync(dirname(base))
  } catch {
    // Not empty, or not ours: it stays.
  }
}
