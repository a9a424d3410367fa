// Captures: what is recorded of a machine is replayed as that machine, redacted or not, and archives from anywhere are
// read or refused in one line.

import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { packTar, type TarEntry } from 'modern-tar'
import { afterAll, describe, expect, it } from 'vitest'
import { readOld } from '../../../src/cli/probe-diff.ts'
import { captureMachine } from '../../../src/hw/capture.ts'
import { lookAtHealth } from '../../../src/hw/health/look.ts'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { redact } from '../../../src/hw/redaction/redact.ts'
import { readArchive, writeArchive } from '../../../src/hw/source/archive.ts'
import { captureSource, liveSource, sysrootSource, treeSource } from '../../../src/hw/source/open.ts'
import { captureTree, Recorder } from '../../../src/hw/source/recording.ts'
import type { Source } from '../../../src/hw/source/source.ts'
import { FileTree } from '../../../src/hw/source/tree.ts'
import type { HealthLook } from '../../../src/model/health.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { fakeMachine } from '../../support/fake-machine.ts'
import { type CaptureEntry, captureArchive, captureIndex, capturesMissing, withCapture } from './captures.ts'

const main = join(import.meta.dirname, '../../../src/cli/main.ts')
const temporary = mkdtempSync(join(tmpdir(), 'tepui-capture-'))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))

type Seen = { readonly inventory: Inventory; readonly look: HealthLook }

function see(source: Source): Seen {
  const inventory = probeInventory(source)
  if (!inventory.ok) throw new Error(inventory.fault.message)
  return { inventory: inventory.value, look: lookAtHealth(source, inventory.value) }
}

async function opened(archive: Uint8Array, name = 'test'): Promise<Source> {
  const tree = await readArchive(archive, name)
  const source = tree.ok ? treeSource(tree.value, name) : tree
  if (!source.ok) throw new Error(source.fault.message)
  return source.value
}

/** One look at a machine through a recorder, and what the recorder has of it. */
function record(source: Source) {
  const recorder = new Recorder(source)
  const seen = see(recorder.source())
  return { seen, recording: recorder.recording() }
}

const salt = new Uint8Array(32).fill(7)

/** What a redacted machine is to be: identities changed, what is derived from them left out, lists in any order. */
function comparable({ inventory, look }: Seen): unknown {
  const machine = { ...inventory.machine, id: null, idFrom: [] }
  return sorted({ inventory: { ...inventory, machine }, look })
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(sorted(one))).sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, sorted(one)]))
}

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('captured machines survive being captured again', (ctx) => ctx.skip(reason))
} else {
  const index = captureIndex()

  describe('a captured machine', () => {
    it.each(index)('$file is itself again after a capture, and redacted but for its identities', async (entry) => {
      const machine = await opened(captureArchive(entry), entry.file)
      if (!probeInventory(machine).ok) return expect(probeInventory(machine)).toMatchObject({ ok: false })
      const { seen, recording } = record(machine)
      expect(seen).toEqual(see(machine))
      const { inventory, look } = seen
      const redaction = redact(recording, { inventory, look, salt })
      const hidden = await writeArchive(captureTree(redaction.recording))
      const plain = await writeArchive(captureTree(recording))
      expect(see(await opened(plain))).toEqual(seen)
      expect(comparable(see(await opened(hidden)))).toEqual(
        comparable(JSON.parse(redaction.text(JSON.stringify(seen)))),
      )
      const left = gunzipSync(hidden).toString('latin1').toLowerCase()
      expect(identitiesIn(seen, gunzipSync(plain).toString('latin1')).filter((one) => left.includes(one))).toEqual([])
    })

    it.each(index.filter(({ file }) => /gz$/.test(file)).slice(0, 6))(
      '$file is the same as its folder',
      async (entry) => {
        const ofArchive = see(await opened(captureArchive(entry), entry.file))
        const ofFolder = withCapture(entry as CaptureEntry, (root) => {
          const source = sysrootSource(root)
          if (!source.ok) throw new Error(source.fault.message)
          return see(source.value)
        })
        expect(ofArchive).toEqual(ofFolder)
      },
    )
  })
}

/** By other means than the redaction's own: facts that are identities, and what looks like a MAC or a UUID. */
function identitiesIn({ inventory }: Seen, text: string): readonly string[] {
  const { machine, os, disks, nics, gpus, memory } = inventory
  const facts = [machine.serial, machine.uuid, os.bootId, os.hostname, machine.board?.serial, machine.chassis?.serial]
  for (const disk of disks) facts.push(disk.serial, disk.wwn)
  for (const nic of nics) facts.push(nic.mac, nic.permanentMac)
  for (const gpu of gpus) facts.push(gpu.uuid, gpu.serial)
  for (const dimm of memory.dimms) facts.push(dimm.serial)
  for (const [mac] of text.matchAll(/(?<![0-9a-f:])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9a-f:])/gi)) facts.push(mac)
  for (const [, uuid] of text.matchAll(/(?:root=UUID=|FS_UUID=|GPU-)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/gi)) {
    facts.push(uuid)
  }
  const isOne = (fact: string) => fact.length >= 5 && /\d/.test(fact) && !/^([0f:-])+$/.test(fact)
  return facts.flatMap((fact) => (typeof fact === 'string' && isOne(fact) ? [fact.toLowerCase()] : []))
}

/** Ids of one machine in all forms in which its files and tools write them. */
const planted = {
  '/sys/devices/system/cpu/online': '0-3\n',
  '/proc/cpuinfo': 'processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\n',
  '/proc/meminfo': 'MemTotal: 1000 kB\n',
  '/proc/version': 'Linux version 6.1.0 (build@rack7-node3)\n',
  '/proc/cmdline': 'root=UUID=6f25ee76-6bee-437e-9fae-63be5091532e ip=10.20.30.40 ro\n',
  '/proc/sys/kernel/hostname': 'rack7-node3\n',
  '/proc/sys/kernel/random/boot_id': '11f25e76-6bee-437e-9fae-63be50915321\n',
  '/sys/class/dmi/id/product_serial': 'J1KZ5X3\n',
  '/sys/class/dmi/id/product_uuid': '4c4c4544-0031-4b10-805a-cac04f355833\n',
  '/sys/class/dmi/id/chassis_asset_tag': 'AB-4711\n',
  '/sys/class/net/enx525400a1b2c3': { link: '../../devices/virtual/net/enx525400a1b2c3' },
  '/sys/devices/virtual/net/enx525400a1b2c3/address': '52:54:00:a1:b2:c3\n',
  '/sys/block/sda': { link: '../devices/pci0000:00/ata1/host0/0:0:0:0/block/sda' },
  '/sys/devices/pci0000:00/ata1/host0/0:0:0:0/block/sda/size': '1000000\n',
  '/sys/devices/pci0000:00/ata1/host0/0:0:0:0/block/sda/device': { link: '../..' },
  '/sys/devices/pci0000:00/ata1/host0/0:0:0:0/model': 'ST2000DM001\n',
  '/sys/devices/pci0000:00/ata1/host0/0:0:0:0/wwid': 'naa.5000c5008ce80ee8\n',
  '/sys/devices/pci0000:00/ata1/host0/0:0:0:0/vpd_pg80': Buffer.from('\0\x80\0\x14            Z4Z1ABCD', 'latin1'),
  '/sys/devices/pci0000:00/ata1/host0/0:0:0:0/vpd_pg83': Buffer.from('0083000c010300085000c5008ce80ee8', 'hex'),
} as const

const plantedTools = {
  'dmesg --raw':
    '<6>[    1.0] usb 1-1: SerialNumber: USB0123XYZ\n<6>[ 2.0] eth0: 52:54:00:A1:B2:C3 at 10.20.30.40 on rack7-node3\n',
}

const secrets =
  /rack7-node3|6f25ee76|11f25e76|10\.20\.30\.40|j1kz5x3|4c4c4544|ab-4711|a1:?b2:?c3|8ce80ee8|z4z1abcd|usb0123xyz/

describe('a redacted capture', () => {
  const machine = fakeMachine(planted, plantedTools)

  it('has none of the identities in any of their forms', async () => {
    const { recording, seen } = record(machine)
    expect(gunzipSync(await writeArchive(captureTree(recording))).toString('latin1')).toMatch(secrets)
    const { recording: hidden } = redact(record(machine).recording, { ...seen, salt })
    const bytes = gunzipSync(await writeArchive(captureTree(hidden))).toString('latin1')
    expect(secrets.exec(bytes.toLowerCase())).toBeNull()
    expect(bytes).not.toContain(Buffer.from('8ce80ee8', 'hex').toString('latin1'))
  })

  it('keeps the makers of addresses and the form of everything', async () => {
    const capture = await captureMachine(machine, { isRedacted: true, onStage: () => {} })
    if (!capture.ok) throw new Error(capture.fault.message)
    const { inventory } = see(await opened(capture.value.archive))
    expect(inventory.os.hostname).toMatch(/^[a-z]{4}\d-[a-z]{4}\d$/)
    expect(inventory.machine.serial).toMatch(/^[A-Z]\d[A-Z]{2}\d[A-Z]\d$/)
    expect(inventory.disks[0]).toMatchObject({ name: 'sda', serial: expect.stringMatching(/^[A-Z]\d[A-Z]\d[A-Z]{4}$/) })
    expect(inventory.disks[0]?.wwn).toMatch(/^naa\.5000c50[0-9a-f]{9}$/)
  })

  it('is redacted still when it is captured again, and is compared with no machine', async () => {
    const first = await captureMachine(machine, { isRedacted: true, onStage: () => {} })
    if (!first.ok) throw new Error(first.fault.message)
    const again = await captureMachine(await opened(first.value.archive), { isRedacted: false, onStage: () => {} })
    if (!again.ok) throw new Error(again.fault.message)
    expect(again.value.summary).toMatchObject({ redacted: null, isRedacted: true })
    const folder = mkdtempSync(join(tmpdir(), 'tepui-redacted-'))
    try {
      const file = join(folder, 'again.tar.gz')
      writeFileSync(file, again.value.archive)
      const old = await readOld(file)
      expect(old).toMatchObject({ ok: false, fault: { code: 'HW_BAD_DOCUMENT' } })
      expect(old.ok ? '' : old.fault.message).toContain('is redacted')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('gives other names each time', async () => {
    const serials = await Promise.all(
      [1, 2].map(async () => {
        const capture = await captureMachine(machine, { isRedacted: true, onStage: () => {} })
        if (!capture.ok) throw new Error(capture.fault.message)
        return see(await opened(capture.value.archive)).inventory.machine.uuid
      }),
    )
    expect(serials[0]).not.toBe(serials[1])
  })
})

describe('a replay', () => {
  it('says which question nobody asked, and does not call the answer absent', async () => {
    const files = { '/sys/class/net/eth0/address': '52:54:00:00:00:01\n', '/sys/class/net/eth0/mtu': '1500\n' }
    const recorder = new Recorder(fakeMachine(files))
    const asked = recorder.source()
    asked.list('/sys/class/net/eth0')
    asked.readText('/sys/class/net/eth0/address')
    const replay = await opened(await writeArchive(captureTree(recorder.recording())))
    expect(replay.list('/sys/class/net/eth0')).toEqual({ kind: 'known', value: ['address', 'mtu'] })
    expect(replay.readText('/sys/class/net/eth0/address')).toMatchObject({ kind: 'known' })
    const message = expect.stringContaining('not in this capture')
    expect(replay.readText('/sys/class/net/eth0/mtu')).toMatchObject({ kind: 'unreadable', fault: { message } })
    expect(replay.list('/sys/class/net')).toMatchObject({ kind: 'unreadable', fault: { message } })
    expect(replay.readText('/sys/class/net/eth0/nothing')).toEqual({ kind: 'absent' })
  })

  it('gives the errors of files, the failures of tools and the beginnings of long files', async () => {
    const files = {
      '/sys/a/speed': { errno: 'EINVAL' },
      '/sys/a/secret': { errno: 'EACCES' },
      '/sys/a/config': '0123456789',
    }
    const recorder = new Recorder(fakeMachine(files, { lspci: 'out', lshw: 3 }))
    const ask = (source: Source) => [
      source.readText('/sys/a/speed'),
      source.readBytes('/sys/a/secret'),
      source.readBytes('/sys/a/config', 4),
      source.run(['lspci'], { timeoutMs: 1 }),
      source.run(['lshw'], { timeoutMs: 1 }),
      source.run(['missing', '-x'], { timeoutMs: 1 }),
      source.exists('/sys/a/speed'),
    ]
    const answers = ask(recorder.source())
    const replay = await opened(await writeArchive(captureTree(recorder.recording())))
    expect(JSON.stringify(ask(replay))).toBe(JSON.stringify(answers))
    expect(replay.readBytes('/sys/a/config', 2)).toMatchObject({ kind: 'known', value: { length: 2 } })
    expect(replay.readBytes('/sys/a/config')).toMatchObject({ kind: 'unreadable' })
  })

  it('follows links as they are written, whichever way something is reached', async () => {
    const files = {
      '/sys/devices/pci0000:00/0000:00:02.0/net/eth0/address': 'x\n',
      '/sys/devices/pci0000:00/0000:00:02.0/numa_node': '1\n',
      '/sys/devices/pci0000:00/0000:00:02.0/net/eth0/device': { link: '../..' },
      '/sys/class/net/eth0': { link: '../../devices/pci0000:00/0000:00:02.0/net/eth0' },
      '/sys/first': { link: 'second' },
      '/sys/second': { link: '/sys/class/net' },
      '/sys/nowhere': { link: '../gone' },
    }
    const recorder = new Recorder(fakeMachine(files))
    const ask = (source: Source) => [
      source.readText('/sys/first/eth0/device/numa_node'),
      source.realPath('/sys/class/net/eth0/device'),
      source.linkText('/sys/first'),
      source.linkText('/sys/nowhere'),
      source.exists('/sys/nowhere'),
      source.readText('/sys/devices/pci0000:00/0000:00:02.0/numa_node'),
    ]
    const answers = ask(recorder.source())
    expect(answers).toEqual(ask(fakeMachine(files)))
    expect(ask(await opened(await writeArchive(captureTree(recorder.recording()))))).toEqual(answers)
  })

  it('of a state that does not change is the same file, byte for byte', async () => {
    const write = () => writeArchive(captureTree(record(fakeMachine(planted)).recording))
    expect(Buffer.compare(await write(), await write())).toBe(0)
  })
})

function tepui(args: readonly string[]) {
  const done = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return { status: done.status, stdout: done.stdout, stderr: done.stderr }
}

describe('tepui capture', () => {
  const file = join(temporary, 'machine.tar.gz')
  const first = tepui(['capture', file, '--json'])

  it('writes a file that only its owner reads, says what is in it, and leaves nothing else', () => {
    expect(first).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(first.stdout)).toMatchObject({ file, bytes: statSync(file).size, redacted: null })
    expect(JSON.parse(first.stdout).files).toBeGreaterThan(10)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(temporary).filter((name) => name.startsWith('machine'))).toEqual(['machine.tar.gz'])
  })

  it('does not overwrite unless it is forced', () => {
    const before = readFileSync(file)
    expect(tepui(['capture', file])).toMatchObject({
      status: 1,
      stderr: `tepui: ${file} is there already: choose another name, or --force to overwrite it\n`,
    })
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(tepui(['capture', file, '--force'])).toMatchObject({ status: 0, stdout: '' })
  })

  it('says what went wrong where it cannot write', () => {
    expect(tepui(['capture', join(temporary, 'no', 'folder.tar.gz')])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^tepui: writing \S+: ENOENT: make its folder first, or name another\n$/),
    })
    expect(tepui(['capture', '-'])).toMatchObject({ status: 1, stderr: expect.stringMatching(/name a file\n$/) })
  })

  it('is shown by tepui probe, from the file and unpacked, as this machine', async () => {
    const folder = join(temporary, 'unpacked')
    mkdirSync(folder)
    expect(spawnSync('tar', ['-xzf', file, '-C', folder]).status).toBe(0)
    const ofFile = tepui(['probe', '--sysroot', file, '--json'])
    const ofFolder = tepui(['probe', '--sysroot', join(folder, 'machine'), '--json'])
    expect(ofFile).toMatchObject({ status: 0, stderr: '' })
    expect(ofFolder).toEqual(ofFile)
    const live = probeInventory(liveSource())
    if (!live.ok) throw new Error(live.fault.message)
    const replayed = JSON.parse(ofFile.stdout) as Inventory
    for (const part of ['cpu', 'pci', 'disks', 'nics', 'gpus', 'firmware', 'machine', 'os'] as const) {
      expect(replayed[part], part).toEqual(JSON.parse(JSON.stringify(live.value[part])))
    }
    rmSync(folder, { recursive: true })
  })

  it('records a capture again, redacted', async () => {
    const other = join(temporary, 'redacted.tar.gz')
    expect(tepui(['capture', other, '--redact', '--sysroot', file])).toMatchObject({ status: 0 })
    const source = await captureSource(other)
    if (!source.ok) throw new Error(source.fault.message)
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    expect(see(source.value).inventory.os.bootId).toMatch(/^[0-9a-f-]{36}$/)
    expect(gunzipSync(readFileSync(other)).includes(boot)).toBe(false)
    expect(gunzipSync(readFileSync(file)).includes(boot)).toBe(true)
    rmSync(other)
  })

  it('is read by hwloc too', async (ctx) => {
    const version = spawnSync('lstopo-no-graphics', ['--version'], { encoding: 'utf8' })
    if (version.status !== 0) return ctx.skip('lstopo-no-graphics is not installed')
    const folder = join(temporary, 'for-hwloc')
    mkdirSync(folder)
    spawnSync('tar', ['-xzf', file, '-C', folder])
    const env = {
      ...process.env,
      HWLOC_FSROOT: join(folder, 'machine'),
      HWLOC_THISSYSTEM: '0',
      HWLOC_COMPONENTS: 'linux,stop',
    }
    const args = ['--only', 'pu', '--whole-system']
    const count = (text: string) => text.trim().split('\n').length
    const ofCapture = spawnSync('lstopo-no-graphics', args, { encoding: 'utf8', env }).stdout
    const ofMachine = spawnSync('lstopo-no-graphics', args, { encoding: 'utf8' }).stdout
    expect(count(ofCapture)).toBe(count(ofMachine))
    rmSync(folder, { recursive: true })
  })

  it('without root says what root could read too', (ctx) => {
    if (process.getuid?.() !== 0) return ctx.skip('only root can become nobody')
    const code = `
      process.setgroups([]); process.setgid(65534); process.setuid(65534)
      const { captureMachine } = await import(${JSON.stringify(new URL('../../../src/hw/capture.ts', import.meta.url).href)})
      const { sysrootSource } = await import(${JSON.stringify(new URL('../../../src/hw/source/open.ts', import.meta.url).href)})
      const source = sysrootSource(process.env.ROOT)
      const done = await captureMachine(source.value, { isRedacted: false, onStage: () => {} })
      process.stdout.write(JSON.stringify(done.value.summary))`
    const root = mkdtempSync(join(tmpdir(), 'tepui-nobody-'))
    try {
      mkdirSync(join(root, 'sys/class/dmi/id'), { recursive: true })
      writeFileSync(join(root, 'sys/class/dmi/id/sys_vendor'), 'ACME\n')
      writeFileSync(join(root, 'sys/class/dmi/id/product_serial'), 'J1KZ5X3\n', { mode: 0o400 })
      spawnSync('chmod', ['755', root])
      const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        encoding: 'utf8',
        env: { ...process.env, ROOT: root },
      })
      const path = '/sys/class/dmi/id/product_serial'
      expect(done.stderr).toBe('')
      expect(JSON.parse(done.stdout)).toMatchObject({
        refused: [{ path, errno: 'EACCES' }],
        needsRoot: expect.arrayContaining([path]),
        problems: expect.arrayContaining([expect.objectContaining({ code: 'HW_NEEDS_ROOT' })]),
      })
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

const epoch = new Date(0)

function file(name: string, body: string): TarEntry {
  return { header: { name, size: body.length, mtime: epoch }, body }
}

const smallMachine = [file('host/proc/meminfo', 'MemTotal: 1000 kB\n'), file('host/sys/devices/x', 'x')]

describe('an archive of another recorder', () => {
  const folder = join(temporary, 'made')
  mkdirSync(join(folder, 'deep', 'host', 'proc'), { recursive: true })
  const long = `${'long-name-'.repeat(15)}x`
  writeFileSync(join(folder, 'deep/host/proc/meminfo'), 'MemTotal: 1000 kB\n')
  mkdirSync(join(folder, 'deep/host/sys', long, long), { recursive: true })
  writeFileSync(join(folder, 'deep/host/sys', long, long, 'end'), 'long\n')
  symlinkSync(join('..', 'sys', long), join(folder, 'deep/host/proc/link'))
  symlinkSync('/etc/passwd', join(folder, 'deep/host/proc/outside'))
  symlinkSync('../../../../../../../../etc/passwd', join(folder, 'deep/host/proc/climbing'))
  spawnSync('ln', [join(folder, 'deep/host/proc/meminfo'), join(folder, 'deep/host/proc/hard')])
  spawnSync('mkfifo', [join(folder, 'deep/host/proc/pipe')])

  it.each([
    ['gnu', 'tar'],
    ['gnu', 'tar.gz'],
    ['pax', 'tar.gz'],
    ['gnu', 'tar.zst'],
  ])('by tar --format=%s as %s is the folder that has sys and proc', async (format, suffix) => {
    const done = spawnSync('tar', ['-cf', '-', `--format=${format}`, '-C', folder, '.'], { maxBuffer: 1 << 26 })
    const pack = { tar: (bytes: Buffer) => bytes, 'tar.gz': gzipSync, 'tar.zst': zstdCompressSync }[suffix]
    const source = await opened((pack as (bytes: Buffer) => Buffer)(done.stdout))
    expect(source.readText('/proc/meminfo')).toMatchObject({ value: 'MemTotal: 1000 kB\n' })
    expect(source.readText('/proc/hard')).toMatchObject({ value: 'MemTotal: 1000 kB\n' })
    expect(source.readText(`/proc/link/${long}/end`)).toMatchObject({ value: 'long\n' })
    expect(source.readText('/proc/outside')).toEqual({ kind: 'absent' })
    expect(source.readText('/proc/climbing')).toEqual({ kind: 'absent' })
    expect(source.exists('/proc/pipe')).toBe(false)
  })

  it('has the last of several files of one name', async () => {
    const source = await opened(await packTar([...smallMachine, file('host/proc/meminfo', 'MemTotal: 2000 kB\n')]))
    expect(source.readText('/proc/meminfo')).toMatchObject({ value: 'MemTotal: 2000 kB\n' })
  })

  it.each([['bzip2'], ['xz']])('by %s is refused with the way to unpack it', async (packer) => {
    const done = spawnSync(packer, ['-c'], { input: await packTar(smallMachine), encoding: null })
    if (done.status !== 0) throw new Error(`${packer} is not installed`)
    const message = `m.tar is compressed with ${packer}: run \`${packer} -dk m.tar\` first, or unpack it and name its folder`
    expect(await readArchive(done.stdout as Buffer, 'm.tar')).toMatchObject({ ok: false, fault: { message } })
  })
})

describe('what is no capture is refused in one line', () => {
  const link = (name: string, linkname: string): TarEntry => ({ header: { name, linkname, type: 'symlink', size: 0 } })
  const deep = `${'a/'.repeat(70)}b`
  const zeros = (count: number) => Buffer.alloc(count)
  const cases: readonly [string, () => Promise<Uint8Array> | Uint8Array, RegExp][] = [
    ['text', () => Buffer.from('no archive at all\n'.repeat(100)), /is no tar archive, or is damaged/],
    ['nothing', () => zeros(0), /is no tar archive, or is damaged/],
    ['an empty archive', () => zeros(10_240), /holds nothing/],
    ['a cut gzip', async () => gzipSync(await packTar(smallMachine)).subarray(0, 60), /is damaged/],
    ['a cut tar', async () => (await packTar(smallMachine)).subarray(0, 1200), /is no tar archive, or is damaged/],
    ['a bomb', () => gzipSync(zeros(600 * 1024 * 1024), { level: 1 }), /is larger than \d+ bytes when unpacked/],
    ['a climbing name', () => packTar([file('../../etc/passwd', 'x')]), /climbs out of it/],
    ['a deep folder', () => packTar([file(deep, 'x')]), /too deep/],
    ['a long name', () => packTar([file('a'.repeat(3000), 'x')]), /too long/],
    ['a long link', () => packTar([link('a', 'b'.repeat(3000))]), /too long/],
    [
      'several machines',
      () => packTar([...smallMachine, file('other/sys/a', 'x')]),
      /holds several machines: unpack it and name one folder, such as host$/,
    ],
  ]

  it.each(cases)('%s', async (_, make, why) => {
    const refused = await readArchive(await make(), 'm.tar.gz')
    expect(refused).toMatchObject({ ok: false, fault: { code: 'HW_BAD_CAPTURE' } })
    if (refused.ok) return
    expect(refused.fault.message).toMatch(why)
    expect(refused.fault.message).not.toContain('\n')
  })

  it('by the command with exit status 1', () => {
    const text = join(temporary, 'text.tar.gz')
    writeFileSync(text, 'no archive')
    for (const path of [text, '/dev/null', join(temporary, 'nothing')]) {
      const done = tepui(['probe', '--sysroot', path])
      expect(done).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(/^tepui: [^\n]+\n$/) })
    }
  })

  it('also where the notes of the recorder are not what it writes', async () => {
    for (const text of [
      '',
      '[]',
      '{"schema":"tepui.capture/1"}',
      '{"schema":"tepui.capture/1","listings":{"/":[".."]}}',
    ]) {
      const tree = new FileTree()
      tree.putFile('/.capture/manifest.json', Buffer.from(text))
      expect(treeSource(tree, 'x')).toMatchObject({ ok: false, fault: { code: 'HW_BAD_CAPTURE' } })
    }
  })

  it('or is some machine: damaged archives never crash', async () => {
    const whole = Buffer.from(await writeArchive(captureTree(record(fakeMachine(planted, plantedTools)).recording)))
    const tar = gunzipSync(whole)
    const damage = fc.record({
      isPacked: fc.boolean(),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      flips: fc.array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
        maxLength: 6,
      }),
      isChecked: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ isPacked, cut, flips, isChecked }) => {
        const bytes = Buffer.from(isPacked ? whole : tar)
        for (const [at, bits] of flips)
          bytes[Math.floor(at * bytes.length)] = (bytes[Math.floor(at * bytes.length)] ?? 0) ^ bits
        if (isChecked && !isPacked) repairSums(bytes)
        const tree = await readArchive(
          bytes.subarray(0, cut === null ? undefined : Math.floor(cut * bytes.length)),
          'x',
        )
        const source = tree.ok ? treeSource(tree.value, 'x') : tree
        if (source.ok) {
          const inventory = probeInventory(source.value)
          if (inventory.ok) lookAtHealth(source.value, inventory.value)
        } else {
          expect(source.fault.code).toBe('HW_BAD_CAPTURE')
        }
      }),
      { numRuns: 150 },
    )
  })
})

/** Makes the checksum of every block right that looks like a header, so that damage gets past it. */
function repairSums(tar: Buffer): void {
  for (let at = 0; at + 512 <= tar.length; at += 512) {
    const block = tar.subarray(at, at + 512)
    if (block.toString('latin1', 257, 262) !== 'ustar') continue
    block.fill(0x20, 148, 156)
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  }
}
