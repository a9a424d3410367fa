// One start seen closely: what counts is whether the task's process exists, not when the agent hears of it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { findLaunchTools, launch } from '../../../src/agent/containers/launch.ts'
import { chooseLimiter } from '../../../src/agent/containers/limiter.ts'
import { isAlive, readBootId } from '../../../src/agent/containers/processes.ts'
import { runDirectory } from '../../../src/agent/containers/run-directory.ts'
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
  const launching = launch({ workDir, directory, bootId: readBootId(), spec, limiter, tools: tools.value })
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

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
