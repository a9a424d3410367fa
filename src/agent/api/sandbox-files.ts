// Files of sandboxes, and nothing else, under the paths that tools know (Mesos docs/sandbox.md): the sandbox's path on
// this machine, `/framework/F/executor/E/latest` and `.../runs/C`. A task may put anything into its sandbox at any
// moment, so what counts is not the path that was checked but the file that is open: it must lie in the same sandbox.

import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, opendir, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type ContainerId, idError } from '../../model/ids.ts'
import type { AgentApiView, AgentFacts } from './types.ts'

/** The most that one read gives, as in Mesos. */
export const readMaxBytes = 64 * 1024
/** Entries of one directory that are listed; the rest is left out. */
export const entriesMax = 10_000

export type FileAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: 400 | 403 | 404; readonly message: string }

export type Entry = { readonly path: string; readonly stats: Stats }

export class SandboxFiles {
  readonly #view: AgentApiView

  constructor(view: AgentApiView) {
    this.#view = view
  }

  /** The children of a directory, by name; a file has none. Paths begin with the path asked for. */
  list(path: string): Promise<FileAnswer<readonly Entry[]>> {
    return this.#with(path, async (handle) => {
      if (!(await handle.stat()).isDirectory()) return found([])
      // Through the open directory, so that nobody can put another in its place.
      const directory = `/proc/self/fd/${handle.fd}`
      const entries: Entry[] = []
      for await (const { name } of await opendir(directory)) {
        if (entries.length >= entriesMax) break
        const stats = await lstat(join(directory, name)).catch(() => null)
        if (stats !== null) entries.push({ path: `${path.replace(/\/+$/, '')}/${name}`, stats })
      }
      return found(entries.sort((a, b) => (a.path < b.path ? -1 : 1)))
    })
  }

  /** At most 64 KiB from `offset` on; null takes as much as there is. `size` is the whole file's. */
  read(
    path: string,
    offset: number,
    length: number | null,
  ): Promise<FileAnswer<{ readonly size: number; readonly bytes: Buffer }>> {
    return this.#withFile(path, async (handle, { size }) => {
      const wanted = Math.min(length ?? readMaxBytes, readMaxBytes, Math.max(0, size - offset))
      if (wanted === 0) return found({ size, bytes: Buffer.alloc(0) })
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(wanted), 0, wanted, offset)
      return found({ size, bytes: buffer.subarray(0, bytesRead) })
    })
  }

  /** An open file with its size and name; whoever takes it closes it. */
  async take(
    path: string,
  ): Promise<FileAnswer<{ readonly handle: FileHandle; readonly size: number; readonly name: string }>> {
    const opened = await this.#open(path)
    if (!opened.ok) return opened
    const { handle, real } = opened.value
    const stats = await handle.stat()
    if (stats.isFile()) return found({ handle, size: stats.size, name: basename(real) })
    await handle.close()
    return refused(400, `${path} is not a file`)
  }

  /** The virtual path of each sandbox that a task of now uses, with the real one. */
  places({ view }: AgentFacts): Readonly<Record<string, string>> {
    const entries = [...view.runs()].map((run) => {
      const { containerId, frameworkId, taskId: executorId } = run
      const virtual = `/framework/${frameworkId}/executor/${executorId}/runs/${containerId}`
      return [virtual, this.#view.sandbox({ containerId, frameworkId, executorId })]
    })
    return Object.fromEntries(entries)
  }

  #withFile<T>(
    path: string,
    use: (handle: FileHandle, stats: Stats) => Promise<FileAnswer<T>>,
  ): Promise<FileAnswer<T>> {
    return this.#with(path, async (handle) => {
      const stats = await handle.stat()
      return stats.isFile() ? use(handle, stats) : refused(400, `${path} is not a file`)
    })
  }

  async #with<T>(path: string, use: (handle: FileHandle) => Promise<FileAnswer<T>>): Promise<FileAnswer<T>> {
    const opened = await this.#open(path)
    if (!opened.ok) return opened
    try {
      return await use(opened.value.handle)
    } catch (error) {
      return refused(404, `${path} cannot be read: ${(error as Error).message}`)
    } finally {
      await opened.value.handle.close()
    }
  }

  async #open(path: string): Promise<FileAnswer<{ readonly handle: FileHandle; readonly real: string }>> {
    if (path === '') return refused(400, `missing 'path'`)
    const place = this.#place(path)
    if (place === null) return refused(404, `there is no file ${path}`)
    if (place.rest.includes('..')) return refused(403, `${path} leaves its sandbox`)
    try {
      const root = await realpath(place.sandbox)
      // Opening some devices does something, so what is not a file or directory is not even opened.
      const wanted = await realpath(join(root, ...place.rest))
      if (!isWithin(root, wanted)) return refused(403, `${path} leaves its sandbox`)
      const kind = await lstat(wanted)
      if (!kind.isFile() && !kind.isDirectory()) return refused(403, `${path} is neither a file nor a directory`)
      const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW, O_NOCTTY } = constants
      const handle = await open(wanted, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)
      const real = await readlink(`/proc/self/fd/${handle.fd}`)
      if (isWithin(root, real)) return found({ handle, real })
      await handle.close()
      return refused(403, `${path} leaves its sandbox`)
    } catch (error) {
      return notOpened(path, error)
    }
  }

  /** The sandbox that a path means, and the way inside it; null when it means none. */
  #place(path: string): { readonly sandbox: string; readonly rest: readonly string[] } | null {
    if (path.includes('\0')) return null
    const parts = path.split('/').filter((part) => part !== '' && part !== '.')
    if (parts[0] === 'framework' && parts[2] === 'executor') {
      const [, frameworkId = '', , executorId = '', where, ...rest] = parts
      if (idError(frameworkId) !== null || idError(executorId) !== null) return null
      const of = (containerId: string) =>
        this.#view.sandbox({ frameworkId, executorId, containerId: containerId as ContainerId })
      if (where === 'latest') return { sandbox: join(dirname(of('latest')), 'latest'), rest }
      const [containerId = ''] = rest
      if (where !== 'runs' || idError(containerId) !== null) return null
      return { sandbox: of(containerId), rest: rest.slice(1) }
    }
    const above = this.#view.sandboxes.split('/').filter((part) => part !== '')
    if (above.some((part, i) => parts[i] !== part)) return null
    const below = parts.slice(above.length)
    const [framework = '', executors, executor = '', runs, run = '', ...rest] = below
    if (executors !== 'executors' || runs !== 'runs') return null
    if ([framework, executor, run].some((part) => part === '' || part === '..')) return null
    return { sandbox: join(this.#view.sandboxes, framework, executors, executor, runs, run), rest }
  }
}

function isWithin(root: string, path: string): boolean {
  return path === root || path.startsWith(`${root}/`)
}

function found<T>(value: T): FileAnswer<T> {
  return { ok: true, value }
}

function refused(status: 400 | 403 | 404, message: string): Extract<FileAnswer<never>, { ok: false }> {
  return { ok: false, status, message }
}

function notOpened(path: string, error: unknown): FileAnswer<never> {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
    case 'ELOOP':
      return refused(403, `${path} may not be read`)
    default:
      return refused(404, `there is no file ${path}`)
  }
}
