// The built single file where nothing is installed: a root with the libraries and tools of a minimal Debian, no Node,
// and for arm64 the emulator. Builds once, the way `npm run build` does.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasProgram, scratchFolder, startRack, tepui } from '../support/command.ts'
import { root } from '../support/repository.ts'

/** Newer symbols would shut out distributions that Node itself still runs on. */
const glibcMinorMax = 28

/** Enters the root with the kernel's own file systems; all of it is gone with the namespace. Arguments: root, command. */
const enterScript = `
set -e
machine=$1
shift
for dir in proc sys dev; do mount --rbind "/$dir" "$machine/$dir"; done
exec chroot "$machine" /tepui "$@"
`

const folder = scratchFolder()
const file = (arch: 'x64' | 'arm64') => join(folder.path, `tepui-linux-${arch}`)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

beforeAll(() => {
  const built = build([])
  // Without a network the other architecture's Node cannot be had; this one's is installed.
  if (built.status !== 0 && process.arch === 'x64') expect(build(['--arch', 'x64'])).toMatchObject({ status: 0 })
}, 240_000)
afterAll(() => folder[Symbol.dispose]())

function build(args: readonly string[]) {
  const script = join(root, 'build', 'single-file.ts')
  return spawnSync(process.execPath, [script, '--out', folder.path, ...args], { encoding: 'utf8' })
}

test.each(['x64', 'arm64'] as const)('the %s file needs no newer C library than Node does', (arch) => {
  if (!existsSync(file(arch))) return expect(arch).toBe('arm64')
  const text = readFileSync(file(arch), 'latin1')
  const minors = [...text.matchAll(/\bGLIBC_2\.(\d+)\b/g)].map((match) => Number(match[1]))
  expect(Math.max(...minors)).toBeLessThanOrEqual(glibcMinorMax)
  expect(minors.length).toBeGreaterThan(0)
})

describe('on a machine without Node', () => {
  const machine = join(folder.path, 'machine')
  const program = ['unshare', '--mount', 'sh', '-c', enterScript, 'sh', machine] as const
  const options = { program: [...program] as [string, ...string[]], env: { HOME: '/', PATH: process.env.PATH ?? '' } }
  let why: string | null = null

  beforeAll(() => {
    why = whyNoMachine()
    if (why === null) makeMachine(machine)
  }, 60_000)

  test('it draws a picture with the font that it carries', async ({ skip }) => {
    if (why !== null) skip(why)
    const { status, stdout, stderr } = await tepui(['probe', '--png', '-'], options)
    expect([status, stdout.slice(1, 4), stderr]).toEqual([0, 'PNG', ''])
  })

  test('it says its version, and probes', async ({ skip }) => {
    if (why !== null) skip(why)
    expect(await tepui(['--version'], options)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' })
    const { status, stdout } = await tepui(['probe', '--json'], options)
    expect({ status, schema: JSON.parse(stdout).schema }).toEqual({ status: 0, schema: 'tepui.inventory/1' })
  })

  test('it is a whole rack, and runs a task', async ({ skip }) => {
    if (why !== null) skip(why)
    await using rack = await startRack(['--work-dir', '/state'], options)
    const ran = await rack.ask('run', '--', 'sh', '-c', 'echo hello; exit 4')
    expect(ran).toEqual({ status: 4, stdout: 'hello\n', stderr: '' })
    rack.process.signal('SIGINT')
    expect(await rack.process.ended).toMatchObject({ status: 0, stderr: '' })
  })
})

test('the arm64 file says its version and probes under an emulator', async ({ skip }) => {
  const libraries = '/usr/aarch64-linux-gnu'
  if (!existsSync(file('arm64'))) skip('the arm64 file could not be built: its Node could not be fetched')
  if (process.arch === 'arm64') skip('this machine is arm64 itself')
  if (!hasProgram('qemu-aarch64-static')) skip('qemu-user-static is not installed')
  if (!existsSync(`${libraries}/lib/libstdc++.so.6`)) skip('libstdc++6-arm64-cross is not installed')
  const options = { program: ['qemu-aarch64-static', '-L', libraries, file('arm64')] as [string, ...string[]] }
  expect(await tepui(['--version'], options)).toMatchObject({ status: 0, stdout: `${version}\n` })
  const { status, stdout } = await tepui(['probe', '--json'], options)
  expect({ status, schema: JSON.parse(stdout).schema }).toEqual({ status: 0, schema: 'tepui.inventory/1' })
})

function whyNoMachine(): string | null {
  if (process.getuid?.() !== 0) return 'a chroot needs root'
  if (!existsSync(file('x64'))) return 'only an x64 machine can run this here'
  if (!hasProgram('unshare')) return 'unshare is not installed'
  if (!hasProgram('dpkg')) return 'no Debian here to take libraries and tools from'
  const mount = spawnSync('unshare', ['--mount', 'true'])
  return mount.status === 0 ? null : 'this process may not make a mount namespace'
}

/** What a minimal Debian has of libraries and tools that matter here, from the packages of this machine. */
const packages = ['libc6', 'libc-bin', 'libstdc++6', 'libgcc-s1', 'dash', 'coreutils', 'libselinux1', 'libpcre2-8-0']
const morePackages = ['libacl1', 'libattr1', 'libgmp10', 'base-files', 'base-passwd', 'util-linux', 'libsystemd0']

function makeMachine(machine: string): void {
  // As Debian lays it out: /bin, /lib and so on are links into /usr.
  for (const dir of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'proc', 'sys', 'dev', 'etc', 'tmp', 'var/lib']) {
    mkdirSync(join(machine, dir), { recursive: true })
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) spawnSync('ln', ['-s', `usr/${name}`, join(machine, name)])
  const listed = spawnSync('dpkg', ['-L', ...packages, ...morePackages], { encoding: 'utf8' }).stdout.split('\n')
  for (const path of listed.filter((line) => /^\/(?:usr\/)?(?:s?bin|lib(?:64)?)\//.test(line))) copyInto(machine, path)
  copyInto(machine, '/bin/sh')
  for (const path of ['/etc/passwd', '/etc/group', '/etc/os-release']) copyInto(machine, path)
  copyFileSync(file('x64'), join(machine, 'tepui'))
  const nodes = readdirSync(join(machine, 'usr/bin')).filter((name) => /^node/.test(name))
  if (nodes.length > 0) throw new Error(`this machine was to have no Node: ${nodes}`)
}

/** The file itself for a link, because a copy with both names is as good here. */
function copyInto(machine: string, path: string): void {
  if (!existsSync(path) || !statSync(path).isFile()) return
  const target = join(machine, path)
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(realpathSync(path), target)
}
