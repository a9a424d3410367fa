// Captures as archives: a tar compressed with gzip, the machine's paths below one top folder, so that `tar` and programs
// that take a folder for `/` can use it too. Archives of other recorders are read as well.
// An archive comes from anywhere: everything about it is bounded, and it is unpacked into memory only, where no path and
// no link leads out. The format itself is modern-tar's.

import { gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'
import { packTar, type TarEntry, type TarHeader, unpackTar } from 'modern-tar'
import { fail, ok, type Result } from '../../model/result.ts'
import { joinPath, normalPath } from './paths.ts'
import { fileBytesMax } from './source.ts'
import { FileTree } from './tree.ts'

/** Of the file as it lies on disk. */
export const archiveBytesMax = 256 * 1024 * 1024

/** Uncompressed: a machine of 8192 CPUs is about 280,000 files of one block and a header each. */
const tarBytesMax = 512 * 1024 * 1024

const entriesMax = 500_000
const pathLengthMax = 2048
const depthMax = 64

/** What people see when they unpack a capture. */
const topFolder = 'machine'

const epoch = new Date(0)

/** The same tree gives the same bytes. */
export async function writeArchive(tree: FileTree): Promise<Uint8Array> {
  const head: TarEntry = { header: { name: `${topFolder}/`, type: 'directory', size: 0, mtime: epoch } }
  const entries = tree.entries().map(([path, node]): TarEntry => {
    const name = `${topFolder}${path}`
    if (node.kind === 'folder') return { header: { name: `${name}/`, type: 'directory', size: 0, mtime: epoch } }
    if (node.kind === 'file') return { header: { name, size: node.bytes.length, mtime: epoch }, body: node.bytes }
    return { header: { name, type: 'symlink', linkname: node.target, size: 0, mtime: epoch } }
  })
  return gzipSync(await packTar([head, ...entries]), { level: 9 })
}

/** @returns the machine's own tree; faults: HW_BAD_CAPTURE, whose message is about `name` */
export async function readArchive(bytes: Uint8Array, name: string): Promise<Result<FileTree>> {
  const tar = uncompress(bytes, name)
  if (!tar.ok) return tar
  const tree = new FileTree()
  let count = 0
  try {
    const isTaken = (header: TarHeader): boolean => {
      count++
      if (count > entriesMax) throw new Refused(`holds more than ${entriesMax} files`)
      checkEntry(header)
      return true
    }
    for (const { header, data } of await unpackTar(tar.value, { strict: true, filter: isTaken })) {
      put(tree, header, data)
    }
  } catch (error) {
    // The library tells all that is wrong with an archive by throwing; whatever it is, these bytes are no capture.
    const why = error instanceof Refused ? error.message : `is no tar archive, or is damaged (${messageOf(error)})`
    return fail('HW_BAD_CAPTURE', `${name} ${why}`, { name })
  }
  if (count === 0) return fail('HW_BAD_CAPTURE', `${name} holds nothing`, { name })
  const tops = machineFolders(tree)
  if (tops.length > 1) {
    const message = `${name} holds several machines: unpack it and name one folder, such as ${tops[0]?.slice(1)}`
    return fail('HW_BAD_CAPTURE', message, { name, machines: tops })
  }
  const [top = '/'] = tops
  return ok(top === '/' ? tree : below(tree, top))
}

class Refused extends Error {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
}

/** By the first bytes, whatever the file is called. */
function uncompress(bytes: Uint8Array, name: string): Result<Uint8Array> {
  const starts = (...magic: readonly number[]) => magic.every((byte, i) => bytes[i] === byte)
  const limit = { maxOutputLength: tarBytesMax }
  try {
    if (starts(0x1f, 0x8b)) return ok(gunzipSync(bytes, limit))
    if (starts(0x28, 0xb5, 0x2f, 0xfd)) return ok(zstdDecompressSync(bytes, limit))
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const why = isLarge ? `is larger than ${tarBytesMax} bytes when unpacked` : `is damaged (${messageOf(error)})`
    return fail('HW_BAD_CAPTURE', `${name} ${why}`, { name })
  }
  const packer = starts(0x42, 0x5a, 0x68) ? 'bzip2' : starts(0xfd, 0x37, 0x7a, 0x58, 0x5a) ? 'xz' : null
  if (packer === null) return ok(bytes)
  const message = `${name} is compressed with ${packer}: run \`${packer} -dk ${name}\` first, or unpack it and name its folder`
  return fail('HW_BAD_CAPTURE', message, { name })
}

/** Before anything of an entry is kept. */
function checkEntry({ name, linkname = '', size, type }: TarHeader): void {
  if (name.length > pathLengthMax || linkname.length > pathLengthMax) throw new Refused('holds a path that is too long')
  const parts = name.split('/')
  if (parts.length > depthMax) throw new Refused('holds folders that are too deep')
  if (parts.includes('..')) throw new Refused('holds a path that climbs out of it')
  if (type !== 'symlink' && (size < 0 || size > fileBytesMax)) throw new Refused('holds a file that is too large')
}

/** Pipes and devices are left out: reading them is no part of what a machine is. */
function put(tree: FileTree, { name, linkname = '', type }: TarHeader, data: Uint8Array | undefined): void {
  const path = normalPath(name)
  if (type === 'directory') {
    tree.putFolder(path)
  } else if (type === 'symlink') {
    tree.putLink(path, linkname)
  } else if (type === 'link') {
    const original = tree.get(normalPath(linkname))
    if (original?.kind === 'file') tree.putFile(path, original.bytes)
  } else if (type === 'file' || type === undefined) {
    tree.putFile(path, data ?? new Uint8Array())
  }
}

/** The folders nearest to the top that hold `sys` or `proc`; both beside each other are one machine. */
function machineFolders(tree: FileTree): readonly string[] {
  let level = ['/']
  while (level.length > 0) {
    const machines = level.filter(
      (path) => isFolder(tree, joinPath(path, 'sys')) || isFolder(tree, joinPath(path, 'proc')),
    )
    if (machines.length > 0) return machines
    level = level.flatMap((path) => {
      const node = tree.get(path)
      const names = node?.kind === 'folder' ? [...node.names].sort() : []
      return names.map((name) => joinPath(path, name)).filter((one) => isFolder(tree, one))
    })
  }
  return []
}

function isFolder(tree: FileTree, path: string): boolean {
  return tree.get(path)?.kind === 'folder'
}

function below(tree: FileTree, top: string): FileTree {
  const machine = new FileTree()
  for (const [path, node] of tree.entries()) {
    if (!path.startsWith(`${top}/`)) continue
    const inside = path.slice(top.length)
    if (node.kind === 'file') machine.putFile(inside, node.bytes)
    else if (node.kind === 'link') machine.putLink(inside, node.target)
    else machine.putFolder(inside)
  }
  return machine
}
