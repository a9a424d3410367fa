// Removes sandboxes of ended runs by Mesos' rule: the fuller the disk, the younger they go. It walks all sandboxes in
// small parts, asynchronously, and rests between them; another process (rm) removes what was moved to the trash. It does
// not know processes: who holds a run says so. Tasks own what is inside their sandboxes, so no link is followed, what has
// a mount inside stays, and nothing is removed before it lies where no task can name it.

import { spawn } from 'node:child_process'
import { existsSync, lstatSync, lutimesSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs'
import { lstat, opendir, readFile, realpath, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerId } from '../../model/ids.ts'
import { runDirectory } from './run-directory.ts'
import { sandboxesPath } from './sandbox.ts'

/** How long sandboxes would stay on an empty disk without headroom: Mesos' --gc_delay. */
const gcDelayMs = 7 * 24 * 3_600_000
/** The part of the disk that sandboxes of ended runs may not fill: Mesos' --gc_disk_headroom. */
const gcDiskHeadroom = 0.1
/** Mesos' --disk_watch_interval. A look at a disk where nothing can be old enough is one system call. */
const lookIntervalMs = 60_000
/** A pass over all sandboxes comes at least this often: a run may have ended long before its end was acknowledged. */
const passIntervalMaxMs = 3_600_000
/** Sandboxes seen between two rests, and so the most that are removed at once. */
export const visitsMax = 200
/** A rest is this many times as long as the walk before it. */
const restFactor = 4

/** The age beyond which sandboxes of ended runs go when this part of the disk, 0 to 1, is used. */
export function sandboxAgeMaxMs(diskUsage: number): number {
  return gcDelayMs * Math.max(0, 1 - gcDiskHeadroom - diskUsage)
}

/** Makes the sandbox tell when its run ended: from now on its age counts. */
export function noteSandboxEnd(sandbox: string): void {
  try {
    const now = new Date()
    lutimesSync(sandbox, now, now)
  } catch {
    // Its start failed before there was one.
  }
}

export type CollectionOptions = {
  readonly workDir: string
  /** Whether a run's sandbox is still needed: it lives, starts, or its end is not acknowledged. */
  readonly isNeeded: (containerId: ContainerId) => boolean
  readonly nowMs: () => number
  /** The part, 0 to 1, of the disk of this directory that is used. */
  readonly diskUsage?: (directory: string) => Promise<number>
}

export type SandboxCollection = {
  /** Resolves once nothing is touched any more; what is in the trash then goes in a later life of the agent. */
  close(): Promise<void>
}

/** Begins to look at once and goes on until closed. To be called when all runs of earlier lives are known. */
export function collectSandboxes(options: CollectionOptions): SandboxCollection {
  const collector = new Collector(options)
  const done = collector.run()
  return {
    close: () => {
      collector.closing.abort()
      return done
    },
  }
}

class Collector {
  readonly closing = new AbortController()
  readonly #options: CollectionOptions
  readonly #diskUsage: (directory: string) => Promise<number>
  readonly #frameworks: string
  readonly #trash: string
  /** No run that the last pass left, but those that were needed then, ended before this. */
  #oldestEndMs = Number.NEGATIVE_INFINITY
  #passBegunMs = Number.NEGATIVE_INFINITY
  #ageMaxMs = 0
  #visits = 0
  #walkBegunMs = 0
  #moves = 0

  constructor(options: CollectionOptions) {
    this.#options = options
    this.#diskUsage = options.diskUsage ?? diskUsageOf
    this.#frameworks = sandboxesPath(options.workDir)
    this.#trash = join(options.workDir, 'trash')
  }

  async run(): Promise<void> {
    for (;;) {
      try {
        await this.#look()
        await this.#pause(lookIntervalMs)
      } catch (error) {
        if (this.closing.signal.aborted) return
        // The disk did not answer; it is asked again.
        if (!isSystemError(error)) throw error
        await this.#pause(lookIntervalMs).catch(() => {})
      }
    }
  }

  async #look(): Promise<void> {
    if (!existsSync(this.#frameworks)) return
    const begunMs = this.#options.nowMs()
    this.#ageMaxMs = sandboxAgeMaxMs(await this.#diskUsage(this.#frameworks))
    if (!this.#isTooOld(this.#oldestEndMs) && begunMs - this.#passBegunMs < passIntervalMaxMs) return
    // What an earlier life of the agent left.
    await this.#emptyTrash()
    const oldestEndMs = await this.#walk(begunMs)
    if (this.#moves > 0) await this.#emptyTrash()
    this.#oldestEndMs = oldestEndMs
    this.#passBegunMs = begunMs
  }

  /** One pass over all sandboxes; the earliest end of what stays, no later than `begunMs`. */
  async #walk(begunMs: number): Promise<number> {
    let oldestEndMs = begunMs
    this.#walkBegunMs = performance.now()
    for await (const framework of foldersOf(await realpath(this.#frameworks))) {
      const executors = join(framework, 'executors')
      for await (const executor of foldersOf(executors)) {
        const runs = join(executor, 'runs')
        let left = 0
        for await (const sandbox of foldersOf(runs)) {
          const endMs = await this.#visit(sandbox)
          if (endMs !== null) left++
          oldestEndMs = Math.min(oldestEndMs, endMs ?? begunMs)
          await this.#restWhenDue()
        }
        await removeDanglingLinks(runs)
        if (left === 0) removeEmpty([runs, executor])
      }
      removeEmpty([executors, framework])
    }
    return oldestEndMs
  }

  /** Moves a sandbox to the trash if it is to go: null then, else when its run ended, as far as that matters. */
  async #visit(sandbox: string): Promise<number | null> {
    this.closing.signal.throwIfAborted()
    // A container whose id is too long for a file name has no notes and so never gets as far as a sandbox.
    const containerId = sandbox.slice(sandbox.lastIndexOf('/') + 1) as ContainerId
    if (this.#options.isNeeded(containerId)) return Number.POSITIVE_INFINITY
    try {
      const { ctimeMs } = await lstat(sandbox)
      if (!this.#isTooOld(ctimeMs)) return ctimeMs
      // Whoever removes a bind mount's files removes those of the place that it shows.
      if (await hasMount(sandbox)) return Number.POSITIVE_INFINITY
      return this.#moveToTrash(sandbox, containerId) ? null : Number.POSITIVE_INFINITY
    } catch (error) {
      if (!isSystemError(error)) throw error
      return Number.POSITIVE_INFINITY
    }
  }

  /** In one synchronous step, which no start and no end of a run can cross. */
  #moveToTrash(sandbox: string, containerId: ContainerId): boolean {
    const { isNeeded, workDir } = this.#options
    if (isNeeded(containerId) || existsSync(runDirectory(workDir, containerId))) return false
    if (!this.#isTooOld(lstatSync(sandbox).ctimeMs)) return false
    mkdirSync(this.#trash, { recursive: true, mode: 0o700 })
    // What could not be removed may lie there under the container's name.
    renameSync(sandbox, join(this.#trash, crypto.randomUUID()))
    this.#moves++
    return true
  }

  /**
   * A sandbox's ctime is when its run ended (noteSandboxEnd) or somebody changed it after that. Unlike mtime a task
   * cannot set it, least of all into the future to stay for ever.
   */
  #isTooOld(ctimeMs: number): boolean {
    return this.#options.nowMs() - ctimeMs > this.#ageMaxMs
  }

  async #restWhenDue(): Promise<void> {
    this.#visits++
    if (this.#visits % visitsMax !== 0) return
    const walkedMs = performance.now() - this.#walkBegunMs
    if (this.#moves > 0) await this.#emptyTrash()
    await this.#pause(restFactor * walkedMs)
    this.#ageMaxMs = sandboxAgeMaxMs(await this.#diskUsage(this.#frameworks))
    this.#walkBegunMs = performance.now()
  }

  /** By rm, which unlike Node follows no link in a race, bears any depth, and holds few names at a time. */
  async #emptyTrash(): Promise<void> {
    this.#moves = 0
    if (!existsSync(this.#trash)) return
    if (await this.#hasDone('/bin/rm', '-rf', '--', this.#trash)) return
    // Whoever is not root cannot empty a directory that its owner may not write, even his own.
    await this.#hasDone('/bin/chmod', '-R', 'u+rwX', '--', this.#trash)
    await this.#hasDone('/bin/rm', '-rf', '--', this.#trash)
  }

  #hasDone(program: string, ...args: string[]): Promise<boolean> {
    const { signal } = this.closing
    signal.throwIfAborted()
    return new Promise((resolve) => {
      const child = spawn(program, args, { stdio: 'ignore', signal, killSignal: 'SIGKILL' })
      child.once('close', (code) => resolve(code === 0))
      child.on('error', () => {
        // One that was killed is waited for.
        if (child.pid === undefined) resolve(false)
      })
    })
  }

  #pause(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.closing.signal, ref: false })
  }
}

/** Used blocks as Mesos counts them, or used inodes, where these run out first: small sandboxes take many. */
async function diskUsageOf(directory: string): Promise<number> {
  const { blocks, bfree, files, ffree } = await statfs(directory)
  const used = (all: number, free: number) => (all > 0 ? (all - free) / all : 0)
  return Math.max(used(blocks, bfree), used(files, ffree))
}

/** Paths of the real directories in one; nothing when it cannot be opened. */
async function* foldersOf(directory: string): AsyncGenerator<string> {
  for await (const entry of entriesOf(directory)) if (entry.isDirectory()) yield join(directory, entry.name)
}

async function* entriesOf(directory: string) {
  let opened: Awaited<ReturnType<typeof opendir>>
  try {
    opened = await opendir(directory)
  } catch {
    return
  }
  yield* opened
}

/** `latest`, and what an agent left that was killed while it pointed `latest` anew. */
async function removeDanglingLinks(runs: string): Promise<void> {
  for await (const entry of entriesOf(runs)) {
    if (!entry.isSymbolicLink()) continue
    const link = join(runs, entry.name)
    // In one synchronous step, so that a start cannot point it anew between.
    if (!existsSync(link)) attempt(() => unlinkSync(link))
  }
}

/** Synchronous, as the start of a run is where it makes these and then its sandbox in them. */
function removeEmpty(innermostFirst: readonly string[]): void {
  for (const directory of innermostFirst) if (!attempt(() => rmdirSync(directory))) return
}

function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}

/** Whether something is mounted on or below this real path (proc_pid_mountinfo(5), field 5, with octal escapes). */
async function hasMount(directory: string): Promise<boolean> {
  const lines = (await readFile('/proc/self/mountinfo', 'latin1')).split('\n')
  const path = Buffer.from(directory).toString('latin1')
  return lines.some((line) => {
    const point = line.split(' ', 5)[4]?.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)))
    return point === path || point?.startsWith(`${path}/`)
  })
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}
