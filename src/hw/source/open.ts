// Opens a source: the running machine, or another one whose /sys and /proc are in a folder or in an archive.
// It does not know what will be read.

import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fail, ok, type Result } from '../../model/result.ts'
import { archiveBytesMax, readArchive } from './archive.ts'
import { filesUnder } from './files.ts'
import { withNotes } from './notes.ts'
import type { Files, Source } from './source.ts'
import { runTool, toolsOfCapture } from './tools.ts'
import { type FileTree, filesOfTree } from './tree.ts'

export function liveSource(): Source {
  return { kind: 'live', root: '/', ...filesUnder('/'), run: runTool }
}

/** A captured machine in a folder. Faults: HW_NOT_A_MACHINE when `dir` is no folder, HW_BAD_CAPTURE. */
export function sysrootSource(dir: string): Result<Source> {
  const root = resolve(dir)
  const stat = statSync(root, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isDirectory()) return fail('HW_NOT_A_MACHINE', `${dir} is not a folder`, { root })
  return replay(root, filesUnder(root))
}

/** A captured machine in memory; `name` is what people call it. Faults: HW_BAD_CAPTURE. */
export function treeSource(tree: FileTree, name: string): Result<Source> {
  return replay(name, filesOfTree(tree))
}

/** A captured machine in a folder or an archive. Faults: HW_NOT_A_MACHINE, HW_BAD_CAPTURE, HW_UNREADABLE. */
export async function captureSource(path: string): Promise<Result<Source>> {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return fail('HW_NOT_A_MACHINE', `${path} does not exist`, { path })
  if (stat.isDirectory()) return sysrootSource(path)
  const bytes = readBounded(path)
  const tree = bytes.ok ? await readArchive(bytes.value, path) : bytes
  return tree.ok ? treeSource(tree.value, path) : tree
}

function replay(root: string, files: Files): Result<Source> {
  const noted = withNotes(files)
  return noted.ok ? ok({ kind: 'replay', root, ...noted.value, run: toolsOfCapture(noted.value) }) : noted
}

function readBounded(path: string): Result<Uint8Array> {
  let fd: number | undefined
  try {
    if (!statSync(path).isFile()) return fail('HW_BAD_CAPTURE', `${path} is neither a folder nor an archive`, { path })
    fd = openSync(path, 'r')
    const { size } = fstatSync(fd)
    if (size > archiveBytesMax)
      return fail('HW_BAD_CAPTURE', `${path} is larger than ${archiveBytesMax} bytes`, { path })
    return ok(readFileSync(fd))
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? 'EIO'
    return fail('HW_UNREADABLE', `reading ${path}: ${errno}`, { path, errno })
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
