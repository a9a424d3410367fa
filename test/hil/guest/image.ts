// The file system that a guest starts with: the file under test with the libraries it needs, busybox, the tools that the
// probe may ask, and the kernel modules of the board. Nothing of the machine that runs this gets in.

import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { BoardArchitecture } from '../boards/types.ts'
import { type Entry, header, padding, trailer } from './cpio.ts'
import { loadingOrder, type ModuleNeeds, moduleName, parseModuleNeeds } from './modules.ts'
import { type Kernel, packageRoot } from './packages.ts'

/** What the file under test needs, and what the tools need; several names are one package in several releases. */
const libraryPackages: readonly (readonly [string, ...string[]])[] = [
  ['libc6'],
  ['libstdc++6'],
  ['libgcc-s1'],
  ...['libtinfo6', 'libselinux1', 'libpcre2-8-0', 'libudev1', 'libmnl0'].map((name): [string] => [name]),
  ...['libacl1', 'libblkid1', 'libcap2', 'libkmod2', 'libzstd1', 'liblzma5'].map((name): [string] => [name]),
  ...['libfreeipmi17', 'libgcrypt20', 'libgpg-error0', 'libreadline8'].map((name): [string] => [name]),
  ['libssl3', 'libssl3t64'],
]

/** Tools that a server has: the probe asks some of them, boards are prepared with others. The rest is busybox. */
const tools = [
  { package: 'util-linux', paths: ['bin/dmesg'] },
  { package: 'ethtool', paths: ['sbin/ethtool'] },
  { package: 'smartmontools', paths: ['usr/sbin/smartctl'] },
  { package: 'ipmitool', paths: ['usr/bin/ipmitool'] },
  { package: 'mdadm', paths: ['sbin/mdadm'] },
  { package: 'udev', paths: ['bin/udevadm'] },
]

/** Rules and helpers of udev, without its texts about hardware: nobody has compiled them. */
const udevFiles = /^(lib\/udev\/rules\.d|lib\/udev\/\w+_id$|lib\/systemd\/network\/99-default)/

/** Where Debian's packages of this and later releases have these files. */
const prefixes = ['', 'usr/']

type Content = Pick<Entry, 'path' | 'mode'> &
  ({ readonly kind: 'file'; readonly from: string | Buffer } | { readonly kind: 'link'; readonly to: string } | Folder)
type Folder = { readonly kind: 'folder' } | { readonly kind: 'character'; readonly device: readonly [number, number] }

export type ImageOptions = {
  readonly architecture: BoardArchitecture
  readonly kernel: Kernel
  /** The built single file. */
  readonly file: string
  /** Names of kernel modules; what they need comes with them. */
  readonly modules: readonly string[]
  readonly init: string
}

/** Writes the archive to `target`. */
export function writeImage(target: string, options: ImageOptions): void {
  const fd = openSync(target, 'w')
  try {
    let number = 1
    for (const content of contents(options)) {
      const bytes = bytesOf(content)
      const device = content.kind === 'character' ? { device: content.device } : {}
      const entry = { path: content.path, kind: content.kind, mode: content.mode, bytes: bytes.length, ...device }
      for (const part of [header(entry, number++), bytes, padding(bytes.length)]) writeWhole(fd, part)
    }
    writeWhole(fd, trailer())
  } finally {
    closeSync(fd)
  }
}

function* contents({ architecture, kernel, file, modules, init }: ImageOptions): Generator<Content> {
  for (const path of folders) yield { path, kind: 'folder', mode: 0o755 }
  // The kernel wants a console before anything can make one.
  yield { path: 'dev/console', kind: 'character', mode: 0o600, device: [5, 1] }
  yield { path: 'init', kind: 'file', mode: 0o755, from: init }
  yield {
    path: 'etc/os-release',
    kind: 'file',
    mode: 0o644,
    from: Buffer.from('NAME=Guest\nPRETTY_NAME="Tepui guest"\n'),
  }
  yield { path: 'etc/passwd', kind: 'file', mode: 0o644, from: Buffer.from('root:x:0:0:root:/root:/bin/sh\n') }
  yield { path: 'etc/group', kind: 'file', mode: 0o644, from: Buffer.from(groups.map((one) => `${one}:\n`).join('')) }
  yield { path: 'bin/tepui', kind: 'file', mode: 0o755, from: file }
  yield { path: 'bin/busybox', kind: 'file', mode: 0o755, from: toolIn(architecture, 'busybox-static', 'bin/busybox') }
  for (const { package: name, paths } of tools) {
    for (const path of paths) {
      yield { path: `sbin/${basename(path)}`, kind: 'file', mode: 0o755, from: toolIn(architecture, name, path) }
    }
  }
  for (const names of libraryPackages) yield* librariesOf(architecture, packageRoot(architecture, ...names))
  yield* filesOf(packageRoot(architecture, 'udev'), udevFiles)
  yield* modulesOf(kernel, modules)
}

/** Groups that udev's rules name. */
const groups = [
  ...['root:x:0', 'tty:x:5', 'disk:x:6', 'lp:x:7', 'kmem:x:15', 'dialout:x:20', 'cdrom:x:24', 'tape:x:26'],
  ...['audio:x:29', 'video:x:44', 'input:x:104', 'kvm:x:105', 'render:x:106', 'sgx:x:107'],
]

const folders = [
  'bin',
  'dev',
  'etc',
  'lib',
  'lib64',
  'modules',
  'proc',
  'root',
  'run',
  'sbin',
  'sys',
  'tmp',
  'usr',
  'var',
]

/** The dynamic loader is named in each program; it finds the rest in `lib/<triplet>` and `lib`. */
function* librariesOf(architecture: BoardArchitecture, root: string): Generator<Content> {
  const triplet = `${architecture}-linux-gnu`
  for (const prefix of prefixes) {
    const folder = join(root, prefix, 'lib', triplet)
    for (const name of namesIn(folder).filter((one) => /\.so(\.|$)/.test(one))) {
      const from = join(folder, name)
      const isLoader = name.startsWith('ld-linux')
      const path = isLoader && architecture === 'x86_64' ? `lib64/${name}` : `lib/${name}`
      const target = linkTarget(from)
      if (target !== null) yield { path, kind: 'link', mode: 0o777, to: basename(target) }
      else if (statSync(from).isFile()) yield { path, kind: 'file', mode: 0o755, from }
    }
  }
}

/** The files of a package whose paths match, with the folders above them. */
function* filesOf(root: string, wanted: RegExp): Generator<Content> {
  const made = new Set<string>(folders)
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((path) => path.replace(/^usr\//, ''))
  for (const path of paths.filter((one) => wanted.test(one))) {
    const from = prefixes.map((prefix) => join(root, prefix, path)).find(isFile)
    if (from === undefined) continue
    const above = path.split('/').slice(0, -1)
    for (const folder of above.map((_, i) => above.slice(0, i + 1).join('/')).filter((one) => !made.has(one))) {
      made.add(folder)
      yield { path: folder, kind: 'folder', mode: 0o755 }
    }
    yield { path, kind: 'file', mode: statSync(from).mode & 0o777, from }
  }
}

function* modulesOf({ modules: folder }: Kernel, wanted: readonly string[]): Generator<Content> {
  const files = new Map(moduleFiles(folder).map((path) => [moduleName(basename(path).replace(/\.ko.*$/, '')), path]))
  const bytes = new Map<string, Buffer>()
  const needsOf = (name: string): ModuleNeeds | null => {
    const path = files.get(name)
    if (path === undefined) return null
    const module = readModule(path)
    bytes.set(name, module)
    return parseModuleNeeds(module)
  }
  const order = loadingOrder(wanted, needsOf)
  for (const name of order) {
    yield { path: `modules/${name}.ko`, kind: 'file', mode: 0o644, from: bytes.get(name) as Buffer }
  }
  const list = order.map((name) => `${name}.ko\n`).join('')
  yield { path: 'modules/order.txt', kind: 'file', mode: 0o644, from: Buffer.from(list) }
}

function moduleFiles(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.ko(\.xz)?$/.test(name)).map((name) => join(folder, name))
}

/** Later kernels of Debian come with compressed modules; busybox loads plain ones. */
function readModule(path: string): Buffer {
  if (!path.endsWith('.xz')) return readFileSync(path)
  return execFileSync('xz', ['-dc', path], { maxBuffer: 256 * 1024 * 1024 })
}

function toolIn(architecture: BoardArchitecture, packageName: string, path: string): string {
  const root = packageRoot(architecture, packageName)
  const found = [path, `usr/${path}`, path.replace(/^usr\//, '')].map((one) => join(root, one)).find(isFile)
  if (found === undefined) throw new Error(`${packageName} has no ${path}`)
  return found
}

function bytesOf(content: Content): Buffer {
  if (content.kind === 'link') return Buffer.from(content.to)
  if (content.kind !== 'file') return Buffer.alloc(0)
  return typeof content.from === 'string' ? readFileSync(content.from) : content.from
}

function writeWhole(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
}

function namesIn(folder: string): readonly string[] {
  return isFolder(folder) ? readdirSync(folder) : []
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
