// One start seen closely: what counts is whether the task's process exists, not when the agent hears of it.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Confinements } from '../../../src/agent/containers/confinement.ts'
import { kernelSets } from '../../../src/agent/containers/kernel-sets.ts'
import { findLaunchTools, launch } from '../../../src/agent/containers/launch.ts'
import { chooseLimiter } from '../../../src/agent/containers/limiter.ts'
import { isAlive, readBootId } from '../../../src/agent/containers/processes.ts'
import { newRun } from '../../../src/agent/containers/run.ts'
import { readExit, runDirectory } from '../../../src/agent/containers/run-directory.ts'
import { launchPlan } from '../../../src/agent/containers/supervisor.ts'
import { aWorkDir, removeWorkDir, shell } from '../../support/containers.ts'

let workDir: string

beforeEach(() => {
  workDir = aWorkDir()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.useRealTimers()
  removeWorkDir(workDir)
})

test('a task that started while the agent was stopped for longer than a start may take has started', async () => {
  const tools = findLaunchTools()
  if (!tools.ok) throw new Error(tools.fault.message)
  const spec = shell('exec sleep 60')
  const directory = runDirectory(workDir, spec.containerId)
  const limiter = chooseLimiter(workDir, 'process-group')
  const nowhere = { kind: null, taskset: null, numactl: null, kernelSets, runs: () => [] }
  const confinements = new Confinements({ ...nowhere, strayed: () => {} })
  const run = newRun(spec.containerId, directory)
  const order = { workDir, run, bootId: readBootId(), spec, limiter, confinements, tools: tools.value }
  const launching = launch(order)
  for (let turns = 0; turns < 100; turns++) await null
  // Nothing is read meanwhile: as if the whole process were stopped.
  for (let waits = 0; waits < 500 && !existsSync(join(directory, 'pid')); waits++) pause(10)
  pause(50)
  vi.advanceTimersByTime(60_000)
  const launched = await launching
  if (!launched.ok) throw new Error(launched.fault.message)
  expect(isAlive(launched.value.main)).toBe(true)
  const ended = new Promise((resolve) => launched.value.child.once('exit', resolve))
  process.kill(launched.value.main.pid, 'SIGKILL')
  await ended
})

test('an exit code that looks like a signal stays one, also when the agent died before it heard of the start', async () => {
  vi.useRealTimers()
  const tools = findLaunchTools()
  if (!tools.ok) throw new Error(tools.fault.message)
  const directory = join(workDir, 'run')
  mkdirSync(directory)
  const command = { kind: 'shell', value: 'exit 137' } as const
  const place = { runDirectory: directory, supervisorProcsFile: null, taskProcsFiles: [], affinity: null, policy: [] }
  const plan = launchPlan({ ...place, command, environment: {}, user: null }, tools.value)
  const child = spawn('/bin/sh', [...plan.argv], {
    env: plan.environment,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  ;(child.stdio[3] as Readable).destroy()
  await new Promise((resolve) => child.once('exit', resolve))
  expect(readExit(directory)).toEqual({ kind: 'exited', code: 137 })
})

test('a task begins with its affinity and its memory policy', async (ctx) => {
  vi.useRealTimers()
  const tools = findLaunchTools()
  if (!tools.ok) throw new Error(tools.fault.message)
  const { taskset, numactl } = tools.value
  if (taskset === null || numactl === null) return ctx.skip('needs taskset (util-linux) and numactl')
  const [cpu = 0] = kernelSets().cpus
  const directory = join(workDir, 'run')
  mkdirSync(directory)
  const value = 'grep Cpus_allowed_list /proc/self/status; grep -o -m 1 interleave:0 /proc/self/numa_maps'
  const place = { runDirectory: directory, supervisorProcsFile: null, taskProcsFiles: [] }
  const kept = { affinity: { taskset, cpus: `${cpu}` }, policy: [numactl, '--interleave=0'] }
  const request = { ...place, ...kept, command: { kind: 'shell', value }, environment: {}, user: null } as const
  const plan = launchPlan(request, tools.value)
  const child = spawn('/bin/sh', [...plan.argv], {
    env: plan.environment,
    stdio: ['ignore', 'pipe', 'ignore', 'ignore'],
  })
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await new Promise((resolve) => child.once('close', resolve))
  expect(said).toBe(`Cpus_allowed_list:\t${cpu}\ninterleave:0\n`)
})

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
