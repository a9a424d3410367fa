// Files under a root. For the root `/` the kernel follows links; for any other root we follow them ourselves, so that an
// absolute or climbing link target stays inside the root (captures hold both).
// Only regular files are read: a pipe or device in a capture must not block us. A capture is taken not to change.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { absent, known, type Reading } from '../../model/reading.ts'
import { fault } from '../../model/result.ts'
import { fileBytesMax, type Source } from './source.ts'

export type Files = Pick<Source, 'readText' | 'readBytes' | 'list' | 'realPath' | 'linkText' | 'exists'>

/** As many links as Linux itself follows in one path (MAXSYMLINKS). */
const linksMax = 40

const firstReadBytes = 64 * 1024

export function filesUnder(root: string): Files {
  const place = root === '/' ? (path: string) => path : placeInside(root)
  // One buffer for all reads: making a fresh one costs more than reading a file of /sys.
  const buffer = new Uint8Array(firstReadBytes)
  const readBytes = (path: string): Reading<Uint8Array> => attempt(path, () => readWhole(place(path), path, buffer))
  return {
    readBytes,
    readText: (path) => {
      const bytes = readBytes(path)
      return bytes.kind === 'known' ? known(decoder.decode(bytes.value)) : bytes
    },
    list: (path) => attempt(path, () => known(readdirSync(place(path)))),
    realPath: (path) => {
      const real = attempt(path, () => {
        const placed = place(path)
        return known(root === '/' ? realpathSync.native(placed) : statSync(placed) && placed.slice(root.length))
      })
      return real.kind === 'known' ? real.value : null
    },
    linkText: (path) => {
      const text = attempt(path, () => {
        const cut = path.lastIndexOf('/')
        return known(readlinkSync(`${place(path.slice(0, cut) || '/')}${path.slice(cut)}`))
      })
      return text.kind === 'known' ? text.value : null
    },
    exists: (path) => attempt(path, () => known(statSync(place(path)))).kind === 'known',
  }
}

const decoder = new TextDecoder('utf-8')

class NotRegular extends Error {}

/** `first` is read into and copied from. */
function readWhole(placed: string, path: string, first: Uint8Array): Reading<Uint8Array> {
  const fd = openSync(placed, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    if (!fstatSync(fd).isFile()) throw new NotRegular()
    let buffer = first
    let filled = 0
    for (;;) {
      const count = readSync(fd, buffer, filled, buffer.length - filled, null)
      if (count === 0) return known(buffer.slice(0, filled))
      filled += count
      if (filled > fileBytesMax) return unreadable(path, 'EFBIG')
      if (filled === buffer.length) {
        const larger = new Uint8Array(buffer.length * 4)
        larger.set(buffer)
        buffer = larger
      }
    }
  } finally {
    closeSync(fd)
  }
}

function attempt<T>(path: string, read: () => Reading<T>): Reading<T> {
  try {
    return read()
  } catch (error) {
    if (error instanceof NotRegular) return unreadable(path, 'EFTYPE')
    const errno = (error as NodeJS.ErrnoException).code
    if (errno === undefined) throw error
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? absent : unreadable(path, errno)
  }
}

function unreadable(path: string, errno: string): Reading<never> {
  const isRight = errno === 'EACCES' || errno === 'EPERM'
  return {
    kind: 'unreadable',
    fault: fault(isRight ? 'HW_NEEDS_ROOT' : 'HW_UNREADABLE', `reading ${path}: ${errno}`, { path, errno }),
  }
}

/** A function from a machine's path to the place of the same thing under `root`, links followed inside the root. */
function placeInside(root: string): (path: string) => string {
  const seen = new Map<string, string>()

  /** `path` is absolute and normal; the answer is an absolute path under the root without links. */
  function place(path: string, links: number): string {
    if (path === '/') return '/'
    const before = seen.get(path)
    if (before !== undefined) return before
    const cut = path.lastIndexOf('/')
    const parent = place(cut === 0 ? '/' : path.slice(0, cut), links)
    const here = `${parent === '/' ? '' : parent}${path.slice(cut)}`
    const stat = lstatSync(root + here, { throwIfNoEntry: false })
    let real = here
    if (stat?.isSymbolicLink()) {
      if (links >= linksMax) throw Object.assign(new Error('too many links'), { code: 'ELOOP' })
      const target = readlinkSync(root + here)
      real = place(normalise(target.startsWith('/') ? target : `${parent}/${target}`), links + 1)
    }
    if (seen.size < placesMax) seen.set(path, real)
    return real
  }

  return (path) => root + place(normalise(path), 0)
}

/** Bound of the memory of followed paths; past it, paths are followed again each time. */
const placesMax = 200_000

/** Removes `.` and `..`, which never climb above the root. */
function normalise(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}
