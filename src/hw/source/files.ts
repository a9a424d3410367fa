// Files under a root. For the root `/` the kernel follows links; for any other root we follow them ourselves, so that an
// absolute or climbing link target stays inside the root (captures hold both).
// Only regular files are read: a pipe or device in a capture must not block us. Where links of a capture lead is looked up once.

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
import { linkFollower, textReader, unreadable } from './paths.ts'
import { type Files, fileBytesMax } from './source.ts'

const firstReadBytes = 64 * 1024

export function filesUnder(root: string): Files {
  const place = root === '/' ? (path: string) => path : placeInside(root)
  // One buffer for all reads: making a fresh one costs more than reading a file of /sys.
  const buffer = new Uint8Array(firstReadBytes)
  const readBytes = (path: string, bytesMax?: number): Reading<Uint8Array> => {
    const first = bytesMax === undefined ? null : buffer.subarray(0, bytesMax)
    return attempt(path, () => (first === null ? readWhole(place(path), path, buffer) : readFirst(place(path), first)))
  }
  return {
    readBytes,
    readText: textReader(readBytes),
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

class NotRegular extends Error {}

/** `first` is read into and copied from. */
function readWhole(placed: string, path: string, first: Uint8Array): Reading<Uint8Array> {
  return withFile(placed, (fd) => {
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
  })
}

/** As much as fits into `first`. */
function readFirst(placed: string, first: Uint8Array): Reading<Uint8Array> {
  return withFile(placed, (fd) => known(first.slice(0, readSync(fd, first, 0, first.length, null))))
}

function withFile<T>(placed: string, read: (fd: number) => T): T {
  const fd = openSync(placed, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    if (!fstatSync(fd).isFile()) throw new NotRegular()
    return read(fd)
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

/** A function from a machine's path to the place of the same thing under `root`, links followed inside the root. */
function placeInside(root: string): (path: string) => string {
  const follow = linkFollower((path) => {
    const isLink = lstatSync(root + path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    return isLink ? readlinkSync(root + path) : null
  })
  return (path) => root + follow(path)
}
