// Watching a machine that changes under it, and tools that answer in the background: real processes, real time, and a
// machine made of a few files that are swapped.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { changeText } from '../../../src/hw/diff.ts'
import { glance } from '../../../src/hw/glance.ts'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { KeptTools } from '../../../src/hw/source/kept-tools.ts'
import { liveSource } from '../../../src/hw/source/open.ts'
import type { Source } from '../../../src/hw/source/source.ts'
import { newMachine, type Watch, type WatchReport, watchMachine } from '../../../src/hw/watch.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { scratchFolder } from '../../support/command.ts'
import { type FakeFile, fakeMachine } from '../../support/fake-machine.ts'
import { until } from '../../support/until.ts'

const options = { timeoutMs: 10_000 }

function isAlive(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** Processes that are frozen by the first version of cgroups cannot even be killed, as those that wait for a dead drive. */
function freezerGroup(
  skip: (reason: string) => void,
): Disposable & { readonly path: string; readonly thaw: () => void } {
  const path = `/sys/fs/cgroup/freezer/tepui-test-${process.pid}`
  try {
    mkdirSync(path)
    if (!existsSync(join(path, 'freezer.state'))) throw new Error('no freezer')
  } catch {
    skip('no freezer of cgroup v1 that this test may use')
  }
  const thaw = () => writeFileSync(join(path, 'freezer.state'), 'THAWED')
  const isEmpty = () => readFileSync(join(path, 'cgroup.procs'), 'utf8') === ''
  const dispose = () => {
    thaw()
    const patience = performance.now() + 5_000
    while (!isEmpty() && performance.now() < patience) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    rmdirSync(path)
  }
  return { path, thaw, [Symbol.dispose]: dispose }
}

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

  test('end a tool that takes too long, with all that it started', async () => {
    using folder = scratchFolder()
    const pids = join(folder.path, 'pids')
    const argv = ['/bin/sh', '-c', `sleep 1000 & echo $! > ${pids}; echo $$ >> ${pids}; wait`]
    tools.run(argv, { timeoutMs: 300 })
    await tools.refresh(0)
    expect(tools.run(argv, options)).toMatchObject({ ok: false, fault: { message: expect.stringContaining('300 ms') } })
    const started = readFileSync(pids, 'utf8').trim().split('\n')
    expect(started).toHaveLength(2)
    await until('all are gone', () => started.every((pid) => !isAlive(pid)))
  })

  test('end a tool that runs when they are closed, with all that it started', async () => {
    using folder = scratchFolder()
    const pids = join(folder.path, 'pids')
    const argv = ['/bin/sh', '-c', `sleep 1000 & echo $! > ${pids}.new; mv ${pids}.new ${pids}; wait`]
    tools.run(argv, options)
    const round = tools.refresh(0)
    await until('the tool runs', () => existsSync(pids))
    tools.close()
    await round
    await until('it is gone', () => !isAlive(readFileSync(pids, 'utf8').trim()))
    expect(tools.run(argv, options)).toMatchObject({ ok: false })
  })

  test('wait for no tool that cannot be killed, and do not start it again beside itself', async (ctx) => {
    using freezer = freezerGroup(ctx.skip)
    using folder = scratchFolder()
    const starts = join(folder.path, 'starts')
    const freeze = `echo $$ > ${freezer.path}/cgroup.procs && echo FROZEN > ${freezer.path}/freezer.state`
    const argv = ['/bin/sh', '-c', `echo $$ >> ${starts}; ${freeze}; sleep 1000`]
    for (const nowMs of [0, 1_000, 2_000]) {
      tools.run(argv, { timeoutMs: 500, maxAgeMs: 1 })
      await tools.refresh(nowMs)
      expect(tools.run(argv, options)).toMatchObject({ ok: false, fault: { code: 'HW_TOOL_FAILED' } })
    }
    const started = readFileSync(starts, 'utf8').trim().split('\n')
    expect(started).toHaveLength(1)
    freezer.thaw()
    await until('it is killed at last', () => !isAlive(started[0] ?? ''))
    await until('it is asked again', async () => {
      tools.run(argv, { timeoutMs: 500, maxAgeMs: 1 })
      return tools.refresh(3_000 + performance.now())
    })
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
