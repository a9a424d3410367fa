// The port through which the probe sees a machine: one suite for the fake, a folder of another machine and the running
// system; then what only the real ones promise.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { liveSource, sysrootSource } from '../../../src/hw/source/open.ts'
import { Recorder } from '../../../src/hw/source/recording.ts'
import { fileBytesMax, type Source } from '../../../src/hw/source/source.ts'
import { argvText, recordedRunPath } from '../../../src/hw/source/tools.ts'
import { fakeMachine } from '../../support/fake-machine.ts'

const root = mkdtempSync(join(tmpdir(), 'tepui-source-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

function link(path: string, target: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  symlinkSync(target, join(root, path))
}

put('/sys/devices/pci0000:00/0000:00:02.0/numa_node', '1\n')
put('/sys/empty', '')
link('/sys/class/net/eth0/device', '../../../devices/pci0000:00/0000:00:02.0')
link('/sys/absolute', '/sys/devices/pci0000:00')
link('/sys/climbing', '../../../../../sys/devices/pci0000:00')
link('/sys/loop', 'loop')
link('/sys/dangling', '/nowhere')

const fake = fakeMachine({
  '/sys/devices/pci0000:00/0000:00:02.0/numa_node': '1\n',
  '/sys/empty': '',
  '/sys/class/net/eth0/device': { link: '../../../devices/pci0000:00/0000:00:02.0' },
  '/sys/absolute': { link: '/sys/devices/pci0000:00' },
  '/sys/climbing': { link: '../../../../../sys/devices/pci0000:00' },
  '/sys/loop': { link: 'loop' },
  '/sys/dangling': { link: '/nowhere' },
})

/** The same machine by several ways; the running system sees the folder under its own name. */
const machines: readonly [string, Source, string][] = [
  ['the fake', fake, ''],
  ['a sysroot', opened(root), ''],
  ['a recorder', new Recorder(fake).source(), ''],
  ['the running system', liveSource(), root],
]

function opened(dir: string): Source {
  const source = sysrootSource(dir)
  if (!source.ok) throw new Error(source.fault.message)
  return source.value
}

describe.each(machines)('%s', (_, source, base) => {
  const device = `${base}/sys/devices/pci0000:00/0000:00:02.0`

  it('reads text and bytes', () => {
    expect(source.readText(`${device}/numa_node`)).toEqual({ kind: 'known', value: '1\n' })
    expect(source.readBytes(`${base}/sys/empty`)).toMatchObject({ kind: 'known', value: { length: 0 } })
    expect(source.readBytes(`${device}/numa_node`, 1)).toEqual({ kind: 'known', value: Uint8Array.of(49) })
    expect(source.readBytes(`${device}/nothing`, 1)).toEqual({ kind: 'absent' })
  })

  it('says that what is not there is absent', () => {
    expect(source.readText(`${base}/sys/nothing`)).toEqual({ kind: 'absent' })
    expect(source.readText(`${base}/sys/empty/below`)).toEqual({ kind: 'absent' })
    expect(source.list(`${base}/sys/nothing`)).toEqual({ kind: 'absent' })
    expect(source.realPath(`${base}/sys/nothing`)).toBeNull()
    expect(source.exists(`${base}/sys/nothing`)).toBe(false)
  })

  it('lists a folder', () => {
    expect(source.list(`${device}/..`)).toEqual({ kind: 'known', value: ['0000:00:02.0'] })
  })

  it('follows relative links', () => {
    expect(source.realPath(`${base}/sys/class/net/eth0/device`)).toBe(device)
    expect(source.readText(`${base}/sys/class/net/eth0/device/numa_node`)).toMatchObject({ value: '1\n' })
  })

  it('tells the text of a link, also of one to nowhere', () => {
    expect(source.linkText(`${base}/sys/class/net/eth0/device`)).toBe('../../../devices/pci0000:00/0000:00:02.0')
    expect(source.linkText(`${base}/sys/dangling`)).toBe('/nowhere')
    expect(source.linkText(`${base}/sys/empty`)).toBeNull()
    expect(source.linkText(`${base}/sys/nothing`)).toBeNull()
  })

  it('cannot read a folder as a file', () => {
    expect(source.readText(device)).toMatchObject({ kind: 'unreadable', fault: { code: 'HW_UNREADABLE' } })
  })

  it('finds nothing behind a loop of links or a link to nowhere', () => {
    for (const path of ['loop', 'dangling']) {
      expect(source.realPath(`${base}/sys/${path}`)).toBeNull()
      expect(source.exists(`${base}/sys/${path}`)).toBe(false)
      expect(source.readText(`${base}/sys/${path}`).kind).not.toBe('known')
    }
  })

  it('says that a tool is missing', () => {
    const done = source.run(['tepui-no-such-tool', '-x'], { timeoutMs: 1000 })
    expect(done).toMatchObject({ ok: false, fault: { code: 'HW_TOOL_MISSING' } })
  })
})

describe.each(machines.slice(0, 3))('%s never leaves its root', (_, source) => {
  it('by an absolute link, a climbing link or a climbing path', () => {
    for (const path of ['/sys/absolute', '/sys/climbing', '/../../../sys/absolute']) {
      expect(source.realPath(path)).toBe('/sys/devices/pci0000:00')
      expect(source.readText(`${path}/0000:00:02.0/numa_node`)).toMatchObject({ value: '1\n' })
    }
    expect(source.readText('/../../../../../../etc/passwd')).toEqual({ kind: 'absent' })
  })
})

describe('a file that must not be read', () => {
  it.each([
    ['the running system', liveSource(), root],
    ['a sysroot', opened(root), ''],
  ] as const)('a pipe does not block %s', (_, source, base) => {
    const pipe = join(root, `pipe-${base.length}`)
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
    expect(source.readText(`${base}/pipe-${base.length}`)).toMatchObject({ kind: 'unreadable' })
  })

  it('a device in a sysroot is not opened through a link', () => {
    link('/zero', '/dev/zero')
    expect(opened(root).readText('/zero')).toEqual({ kind: 'absent' })
  })

  it('a file past the bound is unreadable and not cut', () => {
    put('/huge', '')
    truncateSync(join(root, 'huge'), fileBytesMax + 1)
    expect(opened(root).readText('/huge')).toMatchObject({ kind: 'unreadable', fault: { details: { errno: 'EFBIG' } } })
  })
})

describe('a tool on the running system', () => {
  const live = liveSource()

  it('gives its output and exit code, in the C locale and without a shell', () => {
    expect(live.run(['printf', '%s|', 'a b', '$HOME'], { timeoutMs: 5000 })).toEqual({
      ok: true,
      value: { stdout: 'a b|$HOME|', stderr: '', exitCode: 0 },
    })
    expect(live.run(['env'], { timeoutMs: 5000 })).toMatchObject({
      value: { stdout: expect.stringMatching(/^LC_ALL=C$/m) },
    })
    expect(live.run(['false'], { timeoutMs: 5000 })).toMatchObject({ ok: true, value: { exitCode: 1 } })
  })

  it('is killed when it takes too long', () => {
    const startMs = performance.now()
    const done = live.run(['sleep', '30'], { timeoutMs: 100 })
    expect(done).toMatchObject({
      ok: false,
      fault: { code: 'HW_TOOL_FAILED', message: 'sleep gave no answer in 100 ms' },
    })
    expect(performance.now() - startMs).toBeLessThan(5000)
  })

  it('fails when it prints without end', () => {
    expect(live.run(['yes'], { timeoutMs: 20_000 })).toMatchObject({
      ok: false,
      fault: { message: 'yes printed more than is kept' },
    })
  })
})

describe('a tool in a capture', () => {
  const argv = ['ethtool', '-i', 'eth0']

  it('answers with what was recorded', () => {
    const folder = recordedRunPath(argv)
    for (const [name, content] of [
      ['argv', argvText(argv)],
      ['stdout', 'driver: mlx5_core\n'],
      ['stderr', ''],
      ['rc', '0\n'],
    ] as const) {
      put(`${folder}/${name}`, content)
    }
    expect(opened(root).run(argv, { timeoutMs: 1 })).toEqual({
      ok: true,
      value: { stdout: 'driver: mlx5_core\n', stderr: '', exitCode: 0 },
    })
  })

  it('is known by the hash that a shell can make', () => {
    const done = spawnSync('sh', ['-c', "printf '%s\\0' ethtool -i eth0 | sha1sum"], { encoding: 'utf8' })
    expect(recordedRunPath(argv)).toBe(`/.capture/cmd/${done.stdout.split(' ')[0]}`)
  })

  it('is never run when it was not recorded', () => {
    expect(opened(root).run(['touch', join(root, 'ran')], { timeoutMs: 1000 })).toMatchObject({
      ok: false,
      fault: { code: 'HW_TOOL_MISSING', message: 'touch is not recorded in this capture' },
    })
    expect(opened(root).exists('/ran')).toBe(false)
  })

  it('failed when its recording has no exit code', () => {
    put(`${recordedRunPath(['lspci'])}/stdout`, '')
    expect(opened(root).run(['lspci'], { timeoutMs: 1 })).toMatchObject({
      ok: false,
      fault: { code: 'HW_TOOL_FAILED' },
    })
  })
})

it.each(['/no/such/folder', '/etc/passwd'])('%s is no sysroot', (dir) => {
  expect(sysrootSource(dir)).toMatchObject({ ok: false, fault: { code: 'HW_NOT_A_MACHINE' } })
})
