// What all kinds of files have in common: how paths are written, how links are followed inside a root, and in which
// words a file cannot be read. It reads nothing.

import { known, type Reading } from '../../model/reading.ts'
import { fault } from '../../model/result.ts'

/** As many links as Linux itself follows in one path (MAXSYMLINKS). */
const linksMax = 40

/** Steps of following one path, one a name and a link; more than Linux allows in its 4096 characters means no good. */
const stepsMax = 4096

/** Bound of the memory of followed paths; past it, paths are followed again each time. */
const placesMax = 200_000

/**
 * A function from a path to where it really is, without links; what is not there keeps its name. An absolute or
 * climbing target stays inside the root. `readLink` gives the target of a link, null for anything else; what it says is
 * taken not to change. Throws an error with the code ELOOP where links go in a circle.
 */
export function linkFollower(readLink: (path: string) => string | null): (path: string) => string {
  const seen = new Map<string, string>()

  /** `path` is absolute and normal. */
  function place(path: string, links: number, steps: number): string {
    if (path === '/') return '/'
    const before = seen.get(path)
    if (before !== undefined) return before
    if (links > linksMax || steps > stepsMax) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
    const parent = place(parentOf(path), links, steps + 1)
    const here = joinPath(parent, nameOf(path))
    const target = readLink(here)
    let real = here
    if (target !== null) {
      const next = normalPath(target.startsWith('/') ? target : `${parent}/${target}`)
      real = place(next, links + 1, steps + 1)
    }
    if (seen.size < placesMax) seen.set(path, real)
    return real
  }

  return (path) => place(normalPath(path), 0, 0)
}

/** Makes absolute and removes `.` and `..`, which never climb above the root. */
export function normalPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Of a normal path other than `/`. */
export function parentOf(path: string): string {
  const cut = path.lastIndexOf('/')
  return cut <= 0 ? '/' : path.slice(0, cut)
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

/** From the folder `from` to `to`, both normal: `../../devices/pci0000:00`. */
export function relativePath(from: string, to: string): string {
  const [here, there] = [from, to].map((path) => path.split('/').filter((part) => part !== '')) as [string[], string[]]
  let shared = 0
  while (shared < here.length && shared < there.length && here[shared] === there[shared]) shared++
  return [...here.slice(shared).map(() => '..'), ...there.slice(shared)].join('/') || '.'
}

/** The right that reads what the mode of a file forbids, and the one behind which drivers keep the rest. */
const rights: Readonly<Record<string, string>> = { EACCES: 'CAP_DAC_READ_SEARCH', EPERM: 'CAP_SYS_ADMIN' }

export function unreadable(path: string, errno: string): Reading<never> {
  const right = rights[errno]
  const message = `reading ${path}: ${errno}`
  return {
    kind: 'unreadable',
    fault:
      right === undefined
        ? fault('HW_UNREADABLE', message, { path, errno })
        : fault('HW_NEEDS_ROOT', `${message}: root or ${right} may`, { path, errno }),
  }
}

/** The `readText` that belongs to a `readBytes`. */
export function textReader(readBytes: (path: string) => Reading<Uint8Array>): (path: string) => Reading<string> {
  return (path) => {
    const bytes = readBytes(path)
    return bytes.kind === 'known' ? known(decode(bytes.value)) : bytes
  }
}

const decoder = new TextDecoder('utf-8')

/** Bytes above 127 as UTF-8. */
function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
