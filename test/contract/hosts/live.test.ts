// The probe on the machine that runs the tests: the command as people call it, as root and as nobody.

import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { liveSource } from '../../../src/hw/source/open.ts'
import { parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { documentFaults } from './document.ts'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const temporary = mkdtempSync(join(tmpdir(), 'tepui-live-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

function tepui(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [main, 'probe', ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    maxBuffer: 64 * 1024 * 1024,
  })
}

/** The nobody of Debian and most others. */
const nobody = 65534

/** The probe as a process without rights: a child of its own where we are root, ourselves otherwise. */
function probeAsNobody(dir: string | null): Inventory {
  const code = `
    const { probeInventory } = await import(${JSON.stringify(new URL('../../../src/hw/inventory.ts', import.meta.url).href)})
    const { liveSource, sysrootSource } = await import(${JSON.stringify(new URL('../../../src/hw/source/open.ts', import.meta.url).href)})
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody}) }
    const source = ${JSON.stringify(dir)} === null ? liveSource() : sysrootSource(${JSON.stringify(dir)}).value
    process.stdout.write(JSON.stringify(probeInventory(source)))`
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  expect(done.stderr).toBe('')
  const result = JSON.parse(done.stdout) as { ok: true; value: Inventory }
  expect(result.ok).toBe(true)
  return result.value
}

describe('the running machine', () => {
  const result = probeInventory(liveSource())
  if (!result.ok) throw new Error(result.fault.message)
  const inventory = result.value

  it('gives a good document', () => {
    expect(documentFaults(inventory)).toEqual([])
  })

  it('is what the system itself says', () => {
    const read = (path: string) => readFileSync(path, 'utf8').trim()
    expect(inventory.cpu.online).toBe(read('/sys/devices/system/cpu/online'))
    expect(parseCpuList(inventory.cpu.allowed ?? '')).toHaveLength(availableParallelism())
    expect(inventory.os).toMatchObject({
      kernel: read('/proc/sys/kernel/osrelease'),
      hostname: read('/proc/sys/kernel/hostname'),
      bootId: read('/proc/sys/kernel/random/boot_id'),
    })
    expect(inventory.cpu.architecture).toBe(spawnSync('uname', ['-m'], { encoding: 'utf8' }).stdout.trim())
    expect(inventory.memory.totalBytes).toBe(Number(/MemTotal:\s+(\d+)/.exec(read('/proc/meminfo'))?.[1]) * 1024)
  })

  it('is the same twice, but for memory that the kernel still takes in (FN-0006)', () => {
    const again = probeInventory(liveSource())
    expect(again.ok && settled(again.value)).toEqual(settled(inventory))
  })

  it('is the same for nobody, but for what needs root', () => {
    const seen = probeAsNobody(null)
    expect(documentFaults(seen)).toEqual([])
    expect({ ...seen.cpu, allowed: null }).toEqual({ ...inventory.cpu, allowed: null })
    expect([null, inventory.machine.id]).toContain(seen.machine.id)
    const secret = ['product_serial', 'product_uuid'].map((name) => `/sys/class/dmi/id/${name}`)
    const asked = seen.problems.filter((problem) => problem.code === 'HW_NEEDS_ROOT').map((problem) => problem.where)
    for (const path of secret) if (hasSecret(path)) expect(asked).toContain(path)
  })
})

function settled({ numa, problems, ...rest }: Inventory) {
  const nodes = numa.nodes.map((node) => ({ ...node, memoryBytes: null }))
  return { ...rest, numa: { ...numa, nodes }, problems: problems.filter((problem) => problem.where !== 'numa.nodes') }
}

function hasSecret(path: string): boolean {
  return spawnSync('test', ['-e', path]).status === 0
}

it('what nobody may read is named as needing root', () => {
  const root = join(temporary, 'secrets')
  mkdirSync(join(root, 'sys/class/dmi/id'), { recursive: true })
  mkdirSync(join(root, 'sys/firmware/dmi/tables'), { recursive: true })
  const secrets = ['sys/class/dmi/id/product_serial', 'sys/class/dmi/id/product_uuid', 'sys/firmware/dmi/tables/DMI']
  for (const path of secrets) {
    writeFileSync(join(root, path), 'secret')
    chmodSync(join(root, path), 0)
  }
  chmodSync(temporary, 0o755)
  const { machine, problems } = probeAsNobody(root)
  expect(machine).toMatchObject({ serial: null, uuid: null })
  const asked = problems.filter((problem) => problem.code === 'HW_NEEDS_ROOT').map((problem) => problem.where)
  expect(asked.sort()).toEqual(secrets.map((path) => `/${path}`).sort())
})

describe('tepui probe', () => {
  it('prints a tree of at most 80 columns into a pipe, without colours', () => {
    const done = tepui([], { FORCE_COLOR: '1' })
    expect([done.status, done.stderr]).toEqual([0, ''])
    const lines = done.stdout.split('\n')
    expect(lines.filter((line) => [...line].length > 80)).toEqual([])
    expect(done.stdout).not.toContain('\u001b')
    expect(done.stdout).toContain('NUMA node 0')
  })

  it('prints the document with --json', () => {
    const done = tepui(['--json'])
    expect([done.status, done.stderr]).toEqual([0, ''])
    expect(documentFaults(JSON.parse(done.stdout) as Inventory)).toEqual([])
  })

  it('shows another machine with --sysroot, and asks nothing of this one', () => {
    const root = join(temporary, 'machine')
    mkdirSync(join(root, 'sys/devices/system/cpu'), { recursive: true })
    writeFileSync(join(root, 'sys/devices/system/cpu/online'), '0-511\n')
    const done = tepui(['--sysroot', root, '--json'])
    const document = JSON.parse(done.stdout) as Inventory
    expect(document.cpu.online).toBe('0-511')
    expect([document.os.kernel, document.os.hostname, document.memory.totalBytes]).toEqual([null, null, null])
  })

  it.each(['/no/such/folder', '/etc/passwd', temporary])('refuses %s as a machine in one line', (dir) => {
    const done = tepui(['--sysroot', dir])
    expect([done.status, done.stdout]).toEqual([1, ''])
    expect(done.stderr).toMatch(/^tepui: [^\n]+\n$/)
  })

  it('calls wrong usage wrong usage', () => {
    for (const args of [['--nonsense'], ['--json', '--tree'], ['extra']]) {
      const done = tepui(args)
      expect([done.status, done.stdout]).toEqual([2, ''])
      expect(done.stderr).toMatch(/^tepui: [^\n]+\n$/)
    }
  })

  it('survives a folder of garbage where the machine should be', () => {
    const root = join(temporary, 'garbage')
    cpSync(new URL('../../../src/hw/', import.meta.url), join(root, 'sys/devices/system/cpu/cpu0/topology'), {
      recursive: true,
    })
    for (const path of [
      'proc/cpuinfo',
      'proc/meminfo',
      'sys/devices/system/cpu/online',
      'sys/firmware/dmi/tables/DMI',
    ]) {
      mkdirSync(join(root, path, '..'), { recursive: true })
      writeFileSync(
        join(root, path),
        Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251),
      )
    }
    const done = tepui(['--sysroot', root, '--json'])
    expect([done.status, done.stderr]).toEqual([0, ''])
    expect(documentFaults(JSON.parse(done.stdout) as Inventory)).toEqual([])
  })
})
