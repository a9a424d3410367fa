// The limits hold: a task cannot use more memory, processes or time than it was given, and what the kernel did about it
// is told. Needs cgroups; version 2 is covered where the machine has it (its plan of files is in test/unit).

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aWorkDir, openContainers, removeWorkDir, shell, type TestContainers } from '../../support/containers.ts'

const mebibyte = 1024 * 1024
let workDir: string
let containers: TestContainers

beforeEach(async (ctx) => {
  workDir = aWorkDir()
  containers = await openContainers(workDir)
  const { isolation } = containers.containerizer
  const all = (['cpu', 'memory', 'pids'] as const).every((one) => isolation.enforced.includes(one))
  if (!all) ctx.skip(`limits are not enforced here: ${isolation.reason}`)
})

afterEach(async () => {
  await containers.containerizer.close('kill')
  removeWorkDir(workDir)
})

const limits = { cpuMilli: 1500, cpuLimitMilli: 250, memoryBytes: 32 * mebibyte, pidsMax: 10, isLowPriority: false }
const hog = 'x=x; while :; do x=$x$x; done'

test('a task that outgrows its memory is killed, and the limit is named with what was used', async () => {
  const spec = shell(hog, { limits })
  containers.containerizer.start(spec)
  const { status, limitation } = await containers.exit(spec.containerId)
  expect(status).toEqual({ kind: 'signaled', signal: 9 })
  expect(limitation).toMatchObject({ kind: 'memory', limitBytes: 32 * mebibyte })
  expect(limitation?.usedBytes).toBeGreaterThan(30 * mebibyte)
  expect(limitation?.usedBytes).toBeLessThanOrEqual(32 * mebibyte)
})

test('a task that fails for a child killed at the limit names it; one that goes on well does not', async () => {
  const [fails, copes] = [shell(`sh -c '${hog}'`, { limits }), shell(`sh -c '${hog}'; true`, { limits })]
  for (const spec of [fails, copes]) containers.containerizer.start(spec)
  expect((await containers.exit(fails.containerId)).limitation?.kind).toBe('memory')
  const { isolation } = containers.containerizer
  const coped = await containers.exit(copes.containerId)
  // Version 2 ends the whole group together.
  if (isolation.kind === 'cgroup-v1') expect(coped).toEqual({ status: { kind: 'exited', code: 0 }, limitation: null })
})

test('killing a task that stayed below its limit names no limit', async () => {
  const spec = shell('sleep 60', { limits })
  containers.containerizer.start(spec)
  await containers.pid(spec.containerId)
  containers.containerizer.signal(spec.containerId, 'KILL')
  expect(await containers.exit(spec.containerId)).toEqual({ status: { kind: 'signaled', signal: 9 }, limitation: null })
})

test('a task cannot have more processes than its limit', async () => {
  const spec = shell('for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 60 & done; true', { limits })
  containers.containerizer.start(spec)
  expect((await containers.exit(spec.containerId)).status).not.toEqual({ kind: 'exited', code: 0 })
  expect(readFileSync(join(containers.containerizer.sandbox(spec), 'stderr'), 'utf8')).toMatch(/fork/i)
})

test('a task cannot use more cpu than its quota', async () => {
  const spin = 'i=0; while [ $i -lt 60000000 ]; do i=$((i+1)); done'
  const spec = shell(`timeout 1 sh -c '${spin}'; cat /proc/uptime; times`, { limits })
  containers.containerizer.start(spec)
  await containers.exit(spec.containerId)
  const text = readFileSync(join(containers.containerizer.sandbox(spec), 'stdout'), 'utf8')
  const [, children = ''] = text.trim().split('\n').slice(-2)
  const seconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map((match) => Number(match[1]) * 60 + Number(match[2]))
  const used = seconds.reduce((sum, one) => sum + one, 0)
  expect(used).toBeGreaterThan(0.05)
  // A quarter of a second, and one period more.
  expect(used).toBeLessThan(0.25 + 0.15)
})

test('a task without limits gets a share of cpu and nothing else', async () => {
  const spec = shell('sleep 60', {
    limits: { cpuMilli: 500, cpuLimitMilli: null, memoryBytes: null, pidsMax: null, isLowPriority: false },
  })
  containers.containerizer.start(spec)
  await containers.pid(spec.containerId)
  const read = (file: string) => {
    const depths = ['', '*/', '*/*/', '*/*/*/', '*/*/*/*/']
    const [path] = depths.flatMap((depth) => globSync(`/sys/fs/cgroup/${depth}tepui/*/${spec.containerId}/${file}`))
    return path === undefined ? null : readFileSync(path, 'utf8').trim()
  }
  if (containers.containerizer.isolation.kind === 'cgroup-v1') {
    expect(read('cpu.shares')).toBe('512')
    expect(read('cpu.cfs_quota_us')).toBe('-1')
    expect(Number(read('memory.limit_in_bytes'))).toBeGreaterThan(2 ** 60)
  } else {
    expect(read('cpu.weight')).toBe('20')
    expect(read('memory.max')).toBe('max')
  }
  expect(read('pids.max')).toBe('max')
})
