// Tasks run where they were granted to: the agent's state machine over real processes, kept by cpusets where the machine
// has them, else (and with cgroups switched off) by the affinity of every thread.

import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { kernelSets } from '../../../src/agent/containers/kernel-sets.ts'
import type { AgentEffect, Confinement } from '../../../src/agent/core/types.ts'
import { formatCpuList, parseCpuList } from '../../../src/model/cpu-set.ts'
import { type Grant, type Hardware, noGrant, noHardware } from '../../../src/model/hardware.ts'
import type { ContainerId } from '../../../src/model/ids.ts'
import { aSpec, aWorkDir, openContainers, removeWorkDir, shell, type TestContainers } from '../../support/containers.ts'
import { aFramework, agentConfig, MasterSide } from '../../support/master-side.ts'
import { until } from '../../support/until.ts'

const { cpus: mine } = kernelSets()
const [first = 0] = mine
const rest = formatCpuList(mine.slice(1))
const all = formatCpuList(mine)

const hardware: Hardware = {
  ...noHardware,
  cores: mine.map((cpu) => ({ cpus: `${cpu}`, node: 0, package: 0, cache: 0, kind: null })),
}
const own: Grant = { ...noGrant, cpus: `${first}` }

const prints = 'grep Cpus_allowed_list /proc/self/status; exec sleep 60'
/** A shell, its child, a daemon that left the session, and a program of many threads. */
const aTree = `setsid sleep 60 & sleep 60 & exec ${process.execPath} -e 'setInterval(() => {}, 1e9)'`

describe.each(['auto', 'process-group'] as const)('isolation %s', (isolation) => {
  let workDir: string
  let containers: TestContainers
  let master: MasterSide

  beforeEach(async (ctx) => {
    if (mine.length < 2) ctx.skip('one CPU cannot be shared and alone')
    workDir = aWorkDir()
    containers = await openContainers(workDir, isolation)
    const { enforced, reason } = containers.containerizer.isolation
    if (!enforced.includes('cpuset') && !enforced.includes('affinity')) ctx.skip(`nothing keeps tasks here: ${reason}`)
    master = new MasterSide(undefined, { ...agentConfig, hardware })
    master.register()
  })

  afterEach(async () => {
    await containers.containerizer.close('kill')
    removeWorkDir(workDir)
  })

  /** What the agent's shell does with effects, as far as containers go. */
  function perform(effects: readonly AgentEffect[]): void {
    const { containerizer } = containers
    for (const effect of effects) {
      if (effect.kind === 'start') containerizer.start(effect.spec)
      else if (effect.kind === 'confine') containerizer.confine(effect.containerId, effect.confinement)
      else if (effect.kind === 'signal') containerizer.signal(effect.containerId, effect.signal)
      else if (effect.kind === 'remove') containerizer.remove(effect.containerId)
    }
  }

  function launch(taskId: string, command: string, grant: Grant = noGrant) {
    const seen = master.effects.length
    const spec = master.launch(taskId, { command: { value: command, user: 'root' } }, aFramework(), grant)
    perform(master.effects.slice(seen))
    return spec
  }

  async function started(containerId: ContainerId): Promise<number> {
    const pid = await containers.pid(containerId)
    perform(master.step({ kind: 'containerStarted', containerId, pid }))
    return pid
  }

  async function killed(containerId: ContainerId): Promise<void> {
    containers.containerizer.signal(containerId, 'KILL')
    const exit = await containers.exit(containerId)
    perform(master.step({ kind: 'containerExited', containerId, exit }))
  }

  const printed = (spec: Parameters<typeof containers.containerizer.sandbox>[0]) =>
    until('it has printed', () => {
      const text = read(join(containers.containerizer.sandbox(spec), 'stdout'))
      return /^Cpus_allowed_list:\s*(\S+)\n$/.exec(text)?.[1]
    })

  /** The different sets of all threads of all processes of a container. */
  function setsOf(containerId: ContainerId): readonly string[] {
    const mark = `MESOS_CONTAINER_ID=${containerId}`
    const pids = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && read(`/proc/${pid}/environ`).includes(mark))
    // The supervisor, which passes it on under another name, is no part of the container.
    const ours = pids.filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(mark))
    const sets = ours.flatMap((pid) =>
      globSync(`/proc/${pid}/task/*/status`).map((path) => /^Cpus_allowed_list:\s*(\S+)$/m.exec(read(path))?.[1] ?? ''),
    )
    return [...new Set(sets.filter((set) => set !== ''))]
  }

  const isTree = (containerId: ContainerId, pid: number) => () =>
    setsOf(containerId).length > 0 && readdirSync(`/proc/${pid}/task`).length > 4

  test('a task has the CPUs that are its alone, another those that nobody has alone', async () => {
    const alone = launch('own', prints, own)
    expect(await printed(alone)).toBe(`${first}`)
    expect(await printed(launch('a', prints))).toBe(rest)
    expect(await printed(launch('b', prints, { ...noGrant, cpusWithin: `${mine[1]}` }))).toBe(`${mine[1]}`)
  })

  test('every thread of those that share makes room before a task with its own CPUs starts, and is back after', async () => {
    const shared = launch('a', aTree)
    const pid = await started(shared.containerId)
    await until('the tree has grown', isTree(shared.containerId, pid))
    expect(setsOf(shared.containerId)).toEqual([all])
    const others = `for f in /proc/${pid}/task/*/status; do grep Cpus_allowed_list $f; done | sort -u; exec sleep 60`
    const alone = launch('own', others, own)
    expect(await printed(alone)).toBe(rest)
    expect(setsOf(shared.containerId)).toEqual([rest])
    await killed(alone.containerId)
    await until('all are back', () => setsOf(shared.containerId).join() === all)
  })

  test('a task that is still to start when another gets its CPUs starts without them', async () => {
    const shared = Array.from({ length: 20 }, (_, i) => launch(`s${i}`, prints))
    const alone = launch('own', prints, own)
    for (const spec of shared) {
      await printed(spec)
      await until('it has made room', () => setsOf(spec.containerId).join() === rest)
    }
    expect(await printed(alone)).toBe(`${first}`)
    expect(containers.heard.filter(({ kind }) => kind === 'strayed' || kind === 'failed')).toEqual([])
  })

  test('a new life of the agent finds tasks where they were, and gives back what ended meanwhile', async () => {
    const shared = launch('a', aTree)
    const pid = await started(shared.containerId)
    await until('the tree has grown', isTree(shared.containerId, pid))
    const [alone, short] = [launch('own', prints, own), launch('later', 'while [ ! -e go ]; do sleep 0.02; done')]
    const alonePid = await started(alone.containerId)
    await started(short.containerId)
    await containers.containerizer.close('keep')
    expect(setsOf(shared.containerId)).toEqual([rest])
    process.kill(alonePid, 'SIGKILL')
    const exited = join(workDir, 'meta', 'runs', alone.containerId)
    await until('its end is on disk', () => readdirSync(exited).includes('exit'))

    containers = await openContainers(workDir, isolation)
    const before = master.checkpoint()
    const runs = before.runs.map((run) => containers.containerizer.recover({ ...run, executorId: run.taskId }))
    containers.containerizer.removeUnrecovered()
    master = new MasterSide(before, { ...agentConfig, hardware })
    perform(master.step({ kind: 'recovered', runs }))
    await until('all are back', () => setsOf(shared.containerId).join() === all)
    master.reconnect()
    const again = launch('again', prints, own)
    expect(await printed(again)).toBe(`${first}`)
    expect([setsOf(shared.containerId), setsOf(short.containerId)]).toEqual([[rest], [rest]])
  })

  test('a task does not start on fewer CPUs than are its alone', async () => {
    const absent = Math.max(...(parseCpuList(read('/sys/devices/system/cpu/possible')) ?? [])) + 1
    const cpus = `${first},${absent}`
    const confinement: Confinement = { cpus, isAlone: true, memoryNodes: null }
    const spec = aSpec({ grant: { ...noGrant, cpus }, confinement })
    containers.containerizer.start(spec)
    expect(await containers.failure(spec.containerId)).toMatchObject({ code: 'AGENT_LAUNCH_FAILED' })
  })

  // With cgroups switched off there is no cpuset to look at.
  if (isolation === 'process-group') return

  test('memory is bound to the nodes of the grant', async (ctx) => {
    const { enforced } = containers.containerizer.isolation
    if (!enforced.includes('cpuset')) ctx.skip('no cpusets')
    const memory = [{ node: 0, bytes: 1 }]
    const spec = shell('grep Mems_allowed_list /proc/self/status', {
      grant: { ...noGrant, memory, memoryPolicy: 'bind' },
      confinement: { cpus: null, isAlone: false, memoryNodes: '0' },
    })
    const nowhere = shell('true', { confinement: { cpus: null, isAlone: false, memoryNodes: '999' } })
    for (const one of [spec, nowhere]) containers.containerizer.start(one)
    await containers.exit(spec.containerId)
    expect(readFileSync(join(containers.containerizer.sandbox(spec), 'stdout'), 'utf8')).toMatch(/:\s*0\n$/)
    expect((await containers.failure(nowhere.containerId)).message).toContain('cpuset.mems cannot be 999')
  })

  test('a task that made groups of its own below its cpuset makes room too', async (ctx) => {
    const shared = launch('a', 'sleep 60')
    const pid = await started(shared.containerId)
    const [group] = globSync(`/sys/fs/cgroup/**/tepui/*/${shared.containerId}`).filter((path) => {
      return read(join(path, 'cpuset.cpus')) !== '' && read(join(path, 'cgroup.controllers')) === ''
    })
    if (group === undefined) return ctx.skip('no cpusets of version 1')
    const below = join(group, 'below')
    mkdirSync(below)
    writeFileSync(join(below, 'cpuset.cpus'), all)
    writeFileSync(join(below, 'cpuset.mems'), read(join(group, 'cpuset.mems')).trim())
    writeFileSync(join(below, 'cgroup.procs'), `${pid}`)
    const alone = launch('own', prints, own)
    expect(await printed(alone)).toBe(`${first}`)
    expect(setsOf(shared.containerId)).toEqual([rest])
  })
})

/** '' when it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
