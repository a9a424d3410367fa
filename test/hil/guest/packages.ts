// Debian packages for guests of any architecture, fetched by apt from the sources that this machine already has and
// unpacked into a cache outside the repository. apt gets a state of its own for each architecture, so nothing is
// installed and no root is needed. What must be installed, qemu itself, is installed where we are root, else named.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { BoardArchitecture } from '../boards/types.ts'

/** What a person has to do before this can run; told without a stack. */
export class NotPossibleHere extends Error {}

const debianName = { x86_64: 'amd64', aarch64: 'arm64' } as const

const emulator = {
  x86_64: { program: 'qemu-system-x86_64', package: 'qemu-system-x86' },
  aarch64: { program: 'qemu-system-aarch64', package: 'qemu-system-arm' },
} as const

export type Kernel = {
  readonly version: string
  readonly image: string
  /** The folder in which `kernel/` with the modules is. */
  readonly modules: string
}

/** The path-less name of the emulator; installs it where it is missing and we may. */
export function emulatorFor(architecture: BoardArchitecture): string {
  const { program, package: packageName } = emulator[architecture]
  if (spawnSync(program, ['--version']).error === undefined) return program
  if (process.getuid?.() !== 0) throw new NotPossibleHere(`${program} is missing: apt-get install ${packageName}`)
  say(`installing ${packageName}`)
  apt(['-o', 'DPkg::Lock::Timeout=600', '-y', '--no-install-recommends', 'install', packageName])
  return program
}

/** Debian's ordinary kernel for the architecture, of the release whose sources this machine has. */
export function kernelFor(architecture: BoardArchitecture): Kernel {
  const debian = debianName[architecture]
  const meta = join(cacheFolder(), debian, 'kernel')
  const unpacked = existsSync(meta) ? (readdirSync(meta)[0] ?? null) : null
  const name = unpacked ?? newestKernel(architecture)
  const root = unpack(architecture, name, join(meta, name))
  const version = name.replace('linux-image-', '')
  const modules = [join(root, 'lib/modules', version), join(root, 'usr/lib/modules', version)].find((folder) =>
    existsSync(folder),
  )
  if (modules === undefined) throw new Error(`${name} has no modules`)
  return { version, image: join(root, 'boot', `vmlinuz-${version}`), modules }
}

/** The folder into which the first of `names` that there is was unpacked: releases rename some packages. */
export function packageRoot(architecture: BoardArchitecture, ...names: readonly [string, ...string[]]): string {
  const [name, ...others] = names
  try {
    return unpack(architecture, name, join(cacheFolder(), debianName[architecture], 'packages', name))
  } catch (error) {
    const [next, ...rest] = others
    if (next === undefined || !(error instanceof NotPossibleHere)) throw error
    return packageRoot(architecture, next, ...rest)
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tepui-hil')
}

/** What the package that always means "the newest kernel" needs now. */
function newestKernel(architecture: BoardArchitecture): string {
  const meta = `linux-image-${debianName[architecture]}`
  const shown = spawnSync('apt-cache', [...stateOf(architecture), 'show', meta], { encoding: 'utf8' })
  const needed = /^Depends:.*?\b(linux-image-[\w.+-]+)/m.exec(shown.stdout ?? '')?.[1]
  if (needed === undefined) throw new NotPossibleHere(`apt knows no ${meta}: are Debian's sources configured?`)
  return needed
}

/** Unpacks once; a half-done folder never gets the final name. */
function unpack(architecture: BoardArchitecture, name: string, target: string): string {
  if (existsSync(target)) return target
  const scratch = `${target}.${process.pid}`
  mkdirSync(scratch, { recursive: true })
  try {
    say(`fetching ${name} for ${architecture}`)
    apt([...stateOf(architecture), 'download', name], scratch)
    const archive = readdirSync(scratch).find((file) => file.endsWith('.deb'))
    if (archive === undefined) throw new Error(`apt-get download ${name} left no package`)
    const root = join(scratch, 'root')
    const done = spawnSync('dpkg-deb', ['-x', join(scratch, archive), root], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`dpkg-deb -x ${archive}: ${done.stderr ?? done.error}`)
    renameSync(root, target)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return target
}

const listsRead = new Set<BoardArchitecture>()

/** Options that give apt an own, empty state for the architecture; reads the lists of packages the first time. */
function stateOf(architecture: BoardArchitecture): readonly string[] {
  const debian = debianName[architecture]
  const folder = join(cacheFolder(), debian, 'apt')
  mkdirSync(join(folder, 'lists/partial'), { recursive: true })
  mkdirSync(join(folder, 'archives/partial'), { recursive: true })
  writeFileSync(join(folder, 'status'), '')
  const options = [
    `APT::Architecture=${debian}`,
    `APT::Architectures=${debian}`,
    `Dir::State::status=${join(folder, 'status')}`,
    `Dir::State::lists=${join(folder, 'lists')}`,
    `Dir::Cache::archives=${join(folder, 'archives')}`,
    `Dir::Cache::pkgcache=`,
    `Dir::Cache::srcpkgcache=`,
    'APT::Update::Post-Invoke=',
    'APT::Update::Post-Invoke-Success=',
  ].flatMap((option) => ['-o', option])
  // Only once a process: the cache below is what makes later runs quick.
  if (!listsRead.has(architecture)) {
    listsRead.add(architecture)
    say(`reading apt's lists for ${debian}`)
    // A source that has nothing for the architecture fails; what is really missing is told by what comes next.
    spawnSync('apt-get', [...options, '-qq', 'update'], { stdio: 'ignore' })
  }
  return options
}

function apt(args: readonly string[], cwd = '/'): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  const done = spawnSync('apt-get', ['-qq', ...args], { cwd, env, encoding: 'utf8' })
  if (done.status === 0) return
  const words = (done.stderr || `${done.error ?? ''}`).trim().split('\n').at(-1) ?? ''
  throw new NotPossibleHere(`apt-get ${args.slice(-2).join(' ')} failed: ${words}`)
}

export function say(line: string): void {
  process.stderr.write(`hil: ${line}\n`)
}
