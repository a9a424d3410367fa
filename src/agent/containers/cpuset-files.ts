// Writes which CPUs and memory nodes a cpuset group has, in both versions, and looks whether the kernel took it. From
// cpusets(7), Documentation/admin-guide/cgroup-v1/cpusets and cgroup-v2. In version 1 a group begins with neither and
// takes no process, may only have what the group above it has, and must have what those below it have; in version 2 an
// empty file means what the group above has. It works from directories alone and knows no containers.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CpuSet, formatCpuList, intersect, isSubset, parseCpuList } from '../../model/cpu-set.ts'
import type { Confinement } from '../core/types.ts'
import { groupsBelow } from './cgroup-files.ts'

/** The one of a container's groups that has cpuset files, if any. */
export function cpusetGroup(directories: readonly string[]): string | null {
  return directories.find((directory) => existsSync(join(directory, 'cpuset.cpus'))) ?? null
}

/** Sets both. Throws when the kernel refuses, or does not keep to it. */
export function writeCpuset(directory: string, { cpus, isAlone, memoryNodes }: Confinement): void {
  writeSet(directory, 'cpuset.cpus', cpus, isAlone)
  writeSet(directory, 'cpuset.mems', memoryNodes, true)
}

/** What the group's processes may use now; null when it cannot be read. */
export function effectiveCpus(directory: string): CpuSet | null {
  return readEffective(directory, 'cpuset.cpus')
}

type CpusetFile = 'cpuset.cpus' | 'cpuset.mems'

/** `isExact`: fewer than these are none. */
function writeSet(directory: string, file: CpusetFile, list: string | null, isExact: boolean): void {
  try {
    // An empty write would be no write.
    if (existsSync(join(directory, 'cgroup.controllers'))) writeFileSync(join(directory, file), `${list ?? ''}\n`)
    else writeAsV1Allows(directory, file, list, isExact)
  } catch (error) {
    throw new Error(`${file} cannot be ${list ?? 'all'}: ${(error as Error).message}`, { cause: error })
  }
  const wanted = list === null ? null : parseCpuList(list)
  const given = readEffective(directory, file)
  if (wanted === null || given === null) return
  if (!isSubset(given, wanted) || (isExact && given.length < wanted.length)) {
    throw new Error(`${file} is ${formatCpuList(given)} and not ${list}`)
  }
}

function writeAsV1Allows(directory: string, file: CpusetFile, list: string | null, isExact: boolean): void {
  try {
    return writeV1(directory, file, list)
  } catch {
    // The groups above are new, or lost CPUs that the machine has again, which the kernel does not give back.
    widen(dirname(directory), file)
  }
  try {
    writeV1(directory, file, list)
  } catch (error) {
    // Of a pool what is there will do, when a CPU of it has just gone.
    const left = intersect(parseCpuList(list ?? '') ?? [], readEffective(dirname(directory), file) ?? [])
    if (isExact || left.length === 0) throw error
    writeV1(directory, file, formatCpuList(left))
  }
}

function writeV1(directory: string, file: CpusetFile, list: string | null): void {
  const path = join(directory, file)
  const value = list ?? read(join(dirname(directory), file))
  if (value === '') throw new Error('the group above has none')
  try {
    writeFileSync(path, value)
  } catch (error) {
    // EBUSY: a group that the task made below its own has more.
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
    for (const group of [...groupsBelow(directory)].reverse()) narrow(group, file, value)
    writeFileSync(path, value)
  }
}

function narrow(directory: string, file: CpusetFile, value: string): void {
  const has = parseCpuList(read(join(directory, file))) ?? []
  const left = intersect(has, parseCpuList(value) ?? [])
  if (has.length > 0) writeFileSync(join(directory, file), left.length > 0 ? formatCpuList(left) : value)
}

/** Gives our own groups, `tepui/<hash>`, all that the agent itself may use. */
function widen(hash: string, file: CpusetFile): void {
  for (const group of [dirname(hash), hash]) writeFileSync(join(group, file), read(join(dirname(group), file)))
}

function readEffective(directory: string, file: CpusetFile): CpuSet | null {
  const names = [`${file}.effective`, file.replace('.', '.effective_')]
  const path = names.map((name) => join(directory, name)).find(existsSync)
  return path === undefined ? null : parseCpuList(read(path))
}

function read(path: string): string {
  return readFileSync(path, 'utf8').trim()
}
