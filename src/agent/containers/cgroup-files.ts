// What one can do to an existing cgroup, whichever version it is: end everybody in it, look whether it is empty, ask
// what the memory limit did, remove it. Everything works from the directories alone, so that groups made by an earlier
// life of the agent are served the same. Files are cgroupfs: synchronous access costs microseconds.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flatKeyed, type LimitFile } from './cgroup-layout.ts'
import { signalPid } from './processes.ts'

/** Freezing is not instant; a group that does not freeze in this many looks is killed as it is, and again later. */
const freezeLooksMax = 100

/** Throws when a required limit is not taken. */
export function writeLimits(directoryOf: (controller: string) => string | null, files: readonly LimitFile[]): void {
  for (const { controller, file, value, isOptional } of files) {
    const directory = directoryOf(controller)
    if (directory === null || (isOptional && !existsSync(join(directory, file)))) continue
    writeFileSync(join(directory, file), value)
  }
}

export function makeGroup(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 })
}

/**
 * Sends KILL to everybody in the groups of one container. Where the kernel cannot kill a whole group at once it is frozen
 * meanwhile, so that nobody forks away; members that left one group are still found in the others.
 */
export function killGroups(directories: readonly string[]): void {
  const killer = directories.find((directory) => existsSync(join(directory, 'cgroup.kill')))
  if (killer !== undefined) attempt(() => writeFileSync(join(killer, 'cgroup.kill'), '1'))
  const frozen = killer === undefined ? directories.filter(freeze) : []
  for (const directory of directories) for (const pid of membersBelow(directory) ?? []) kill(pid)
  for (const directory of frozen) thaw(directory)
}

/** A member outside of our pid namespace is shown as 0, which to kill(2) means our own process group. */
function kill(pid: number): void {
  if (pid > 0) signalPid(pid, 'SIGKILL')
}

/** Version 1 and 2: the file to write, what freezes and thaws, where it shows and how. */
const freezers = [
  { file: 'freezer.state', freeze: 'FROZEN', thaw: 'THAWED', shownIn: 'freezer.state', shown: /^FROZEN$/m },
  { file: 'cgroup.freeze', freeze: '1', thaw: '0', shownIn: 'cgroup.events', shown: /^frozen 1$/m },
] as const

/** Whether the group can be frozen; waits shortly until it is. */
export function freeze(directory: string): boolean {
  const freezer = freezers.find(({ file }) => existsSync(join(directory, file)))
  if (freezer === undefined) return false
  attempt(() => {
    for (let look = 0; look < freezeLooksMax; look++) {
      writeFileSync(join(directory, freezer.file), freezer.freeze)
      if (freezer.shown.test(readFileSync(join(directory, freezer.shownIn), 'utf8'))) return
    }
  })
  return true
}

export function thaw(directory: string): void {
  for (const { file, thaw: value } of freezers) {
    if (existsSync(join(directory, file))) attempt(() => writeFileSync(join(directory, file), value))
  }
}

/** Whether no process is left; a group that is already gone is empty, one that cannot be read now is not. */
export function areGroupsEmpty(directories: readonly string[]): boolean {
  return directories.every((directory) => membersBelow(directory)?.length === 0)
}

/** Everybody in the groups of one container; null when one of them cannot be read. */
export function groupMembers(directories: readonly string[]): readonly number[] | null {
  const members = directories.map(membersBelow)
  return members.includes(null) ? null : [...new Set(members.flatMap((pids) => pids ?? []))]
}

/** The pids in a group and in those that its task may have made below it; null when it cannot be read. */
function membersBelow(directory: string): readonly number[] | null {
  const members: number[] = []
  for (const group of [directory, ...groupsBelow(directory)]) {
    try {
      const text = readFileSync(join(group, 'cgroup.procs'), 'utf8')
      members.push(...text.split('\n').filter(Boolean).map(Number))
    } catch (error) {
      // Members of a threaded group (EOPNOTSUPP) are shown by the group above it.
      if (!['ENOENT', 'ENODEV', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    }
  }
  return members
}

/** Deepest last. */
export function groupsBelow(directory: string): readonly string[] {
  const entries = attempt(() => readdirSync(directory, { withFileTypes: true })) ?? []
  const children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name))
  return children.flatMap((child) => [child, ...groupsBelow(child)])
}

/** Removes the groups; false while one of them is still busy, as it may be right after its last exit. */
export function removeGroups(directories: readonly string[]): boolean {
  let isGone = true
  for (const directory of directories) {
    for (const group of [directory, ...groupsBelow(directory)].reverse()) {
      try {
        rmdirSync(group)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') isGone = false
      }
    }
  }
  return isGone
}

export type MemoryFacts = { readonly kills: number; readonly usedBytes: number | null }

/** How often the memory limit killed, and the most that was used; null without a memory controller. */
export function readMemoryFacts(directories: readonly string[]): MemoryFacts | null {
  for (const directory of directories) {
    for (const [events, used] of memoryFiles) {
      const text = attempt(() => readFileSync(join(directory, events), 'utf8'))
      if (text === null) continue
      const usedText = attempt(() => readFileSync(join(directory, used), 'utf8'))
      return { kills: flatKeyed(text, 'oom_kill') ?? 0, usedBytes: usedText === null ? null : Number(usedText) }
    }
  }
  return null
}

/** Where each version counts kills, and where it keeps the peak (v2: since kernel 5.19). */
const memoryFiles = [
  ['memory.events', 'memory.peak'],
  ['memory.oom_control', 'memory.max_usage_in_bytes'],
] as const

/** The groups may vanish at any moment: null then. */
function attempt<T>(action: () => T): T | null {
  try {
    return action()
  } catch {
    return null
  }
}
