// Watching a machine that changes under it, and tools that answer in the background: real processes, real time, and a
// machine made of a few files that are swapped.

import { afterEach, describe, expect, test } from 'vitest'
import { changeText } from '../../../src/hw/diff.ts'
import { glance } from '../../../src/hw/glance.ts'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { KeptTools } from '../../../src/hw/source/kept-tools.ts'
import { liveSource } from '../../../src/hw/source/open.ts'
import type { Source } from '../../../src/hw/source/source.ts'
import { newMachine, type Watch, type WatchReport, watchMachine } from '../../../src/hw/watch.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { type FakeFile, fakeMachine } from '../../support/fake-machine.ts'
import { until } from '../../support/until.ts'

const options = { timeoutMs: 10_000 }

describe('kept tools', () => {
  let tools = new KeptTools()
  afterEach(() => {
    tools.close()
    tools = new KeptTools()
  })

  test('have no answer to a first question, and answer from then on without asking again', async () => {
    const argv = ['date', '+%N']
    expect(tools.run(argv, options)).toMatchObject({ ok: false, fault: { code: 'HW_TOOL_FAILED' } })
    expect(await tools.refresh(0)).toBe(true)
    const first = tools.run(argv, options)
    expect(first).toMatchObject({ ok: true, value: { exitCode: 0, stderr: '' } })
    expect(await tools.refresh(1)).toBe(false)
    expect(tools.run(argv, options)).toEqual(first)
  })

  test('ask anew what has grown older than it may', async () => {
    const argv = ['date', '+%N']
    const aged = { ...options, maxAgeMs: 1_000 }
    tools.run(argv, aged)
    await tools.refresh(0)
    const first = tools.run(argv, aged)
    expect(await tools.refresh(999)).toBe(false)
    tools.run(argv, aged)
    expect(await tools.refresh(1_000)).toBe(true)
    expect(tools.run(argv, aged)).not.toEqual(first)
  })

  test('forget what nobody asks any more', async () => {
    tools.run(['date'], options)
    await tools.refresh(0)
    await tools.refresh(1)
    expect(tools.run(['date'], options)).toMatchObject({ ok: true })
    await tools.refresh(2)
    await tools.refresh(3)
    expect(tools.run(['date'], options).ok).toBe(false)
  })

  test('give the exit code of a tool that failed, and say which is missing or too slow', async () => {
    const asked = [['false'], ['a-tool-that-nobody-has'], ['sleep', '60']]
    for (const argv of asked) tools.run(argv, { timeoutMs: 200 })
    await tools.refresh(0)
    expect(asked.map((argv) => tools.run(argv, { timeoutMs: 200 }))).toMatchObject([
      { ok: true, value: { exitCode: 1 } },
      { ok: false, fault: { code: 'HW_TOOL_MISSING' } },
      { ok: false, fault: { code: 'HW_TOOL_FAILED', message: 'sleep gave no answer in 200 ms' } },
    ])
  })

  test('end with their owner', async () => {
    tools.run(['sleep', '60'], { timeoutMs: 60_000 })
    const refreshed = tools.refresh(0)
    tools.close()
    await refreshed
  })
})

const cpu = {
  '/sys/devices/system/cpu/online': '0-1',
  '/sys/devices/system/cpu/cpu0/topology/core_cpus_list': '0',
  '/sys/devices/system/cpu/cpu1/topology/core_cpus_list': '1',
  '/proc/meminfo': 'MemTotal: 1024 kB\n',
  '/proc/sys/kernel/random/boot_id': 'one-boot',
}

function aDrive(name: string, serial: string): Record<string, FakeFile> {
  const folder = `/sys/devices/pci0000:00/0000:00:04.0/nvme/${name}`
  return {
    [`/sys/block/${name}n1`]: { link: `${folder}/${name}n1` },
    [`${folder}/${name}n1/device`]: { link: folder },
    [`${folder}/${name}n1/size`]: '2048',
    [`${folder}/serial`]: serial,
    [`${folder}/model`]: 'A DRIVE',
    [`${folder}/transport`]: 'pcie',
  }
}

describe('a watched machine', () => {
  let watch: Watch | null = null
  afterEach(() => watch?.close())

  /** Reads whatever `machine.now` is at the moment. */
  function changing(first: Record<string, FakeFile>) {
    const machine = { now: fakeMachine(first) }
    const source: Source = {
      kind: 'replay',
      root: '/fake',
      readText: (path) => machine.now.readText(path),
      linkText: (path) => machine.now.linkText(path),
      readBytes: (path) => machine.now.readBytes(path),
      list: (path) => machine.now.list(path),
      realPath: (path) => machine.now.realPath(path),
      exists: (path) => machine.now.exists(path),
      run: (argv, how) => machine.now.run(argv, how),
    }
    return { machine, source }
  }

  function watched(source: Source, onReport: () => void = () => {}) {
    const reports: WatchReport[] = []
    const first = probeInventory(source)
    if (!first.ok) throw new Error(first.fault.message)
    watch = watchMachine({
      source,
      before: first.value,
      memory: newMachine,
      random: seededRandom(1),
      nowMs: () => Math.floor(performance.now()),
      pace: { glanceEveryMs: 5, lookEveryMs: 60_000, settleMs: 5 },
      report: (report) => {
        reports.push(report)
        onReport()
      },
    })
    const lines = () => reports.flatMap((report) => report.changes.map(changeText))
    return { reports, lines }
  }

  test('tells at once how it is, and a replaced drive by serial and slot', async () => {
    const { machine, source } = changing({ ...cpu, ...aDrive('nvme0', 'S5XY') })
    const { reports, lines } = watched(source)
    await until('it has looked once', () => reports.length === 1)
    expect(reports[0]).toMatchObject({ changes: [], health: { schema: 'tepui.health/1' } })
    machine.now = fakeMachine({ ...cpu, ...aDrive('nvme1', 'S6AB') })
    await until('it tells the drive', () => lines().length > 0)
    expect(lines()).toEqual(['disk nvme0n1 (S5XY) in 0000:00:04.0 replaced by S6AB'])
  })

  test('tells at the next glance what changed while it looked', async () => {
    const { machine, source } = changing({ ...cpu, ...aDrive('nvme0', 'S5XY') })
    const { lines } = watched(source, () => {
      machine.now = fakeMachine(cpu)
    })
    await until('it is told gone', () => lines().length === 1)
    expect(lines()).toEqual(['disk nvme0n1 (S5XY) in 0000:00:04.0 gone'])
  })

  test('tells a drive that was pulled and one that came back, and misses it meanwhile', async () => {
    const whole = { ...cpu, ...aDrive('nvme0', 'S5XY') }
    const { machine, source } = changing(whole)
    const { reports, lines } = watched(source)
    await until('it has looked once', () => reports.length === 1)
    machine.now = fakeMachine(cpu)
    await until('it is told gone', () => lines().length === 1)
    machine.now = fakeMachine(whole)
    await until('it is told back', () => lines().length === 2)
    expect(lines()).toEqual(['disk nvme0n1 (S5XY) in 0000:00:04.0 gone', 'disk nvme0n1 (S5XY) in 0000:00:04.0 added'])
    expect(reports.at(-1)?.memory.baseline.map(({ ref }) => ref.id)).toContain('S5XY')
  })
})

test('a glance at this machine is the same twice', () => {
  const source = liveSource()
  const probed = probeInventory(source)
  if (!probed.ok) throw new Error(probed.fault.message)
  const seen = glance(source, probed.value)
  expect(seen).toContain(probed.value.cpu.online)
  expect(glance(source, probed.value)).toBe(seen)
})
