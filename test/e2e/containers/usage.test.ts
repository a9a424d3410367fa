// What a container uses, measured on processes that use it.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { measureUsage } from '../../../src/agent/containers/usage.ts'
import type { ContainerId } from '../../../src/model/ids.ts'
import { aWorkDir, openContainers, removeWorkDir, shell, type TestContainers } from '../../support/containers.ts'
import { until } from '../../support/until.ts'

const mebibyte = 2 ** 20
const limits = { cpuMilli: 1000, cpuLimitMilli: null, memoryBytes: 512 * mebibyte, pidsMax: null, isLowPriority: false }

describe.each(['auto', 'process-group'] as const)('isolation %s', (isolation) => {
  let workDir: string
  let containers: TestContainers

  beforeEach(async () => {
    workDir = aWorkDir()
    containers = await openContainers(workDir, isolation)
  })

  afterEach(async () => {
    await containers.containerizer.close('kill')
    removeWorkDir(workDir)
  })

  const usage = (id: ContainerId) => containers.containerizer.usage(id)

  test('what computes uses time, as much as passes, also in children that have ended', async () => {
    const begunMs = performance.now()
    const spec = shell('sh -c "i=0; while [ \\$i -lt 200000 ]; do i=\\$((i+1)); done"; touch done; sleep 60', {
      limits,
    })
    containers.containerizer.start(spec)
    await containers.pid(spec.containerId)
    await until('it has computed', () => existsSync(join(containers.containerizer.sandbox(spec), 'done')))
    const used = usage(spec.containerId)?.cpuUsageUsec ?? 0
    expect(used).toBeGreaterThan(10_000)
    expect(used).toBeLessThan(1.5 * 1000 * (performance.now() - begunMs))
  })

  test('what holds memory is charged for it, until it has ended', async () => {
    const held = 'const held = Buffer.alloc(128 * 2 ** 20, 1); setInterval(() => held.length, 1e6)'
    const spec = shell(`exec ${process.execPath} -e '${held}'`, { limits })
    containers.containerizer.start(spec)
    expect(usage(spec.containerId)).toBeNull()
    await containers.pid(spec.containerId)
    const used = await until('it holds its memory', () => {
      const now = usage(spec.containerId)
      return now !== null && now.memoryBytes > 128 * mebibyte ? now : null
    })
    expect(used.memoryBytes).toBeLessThan(400 * mebibyte)
    expect(used.reclaimableBytes ?? 0).toBeLessThan(used.memoryBytes)
    containers.containerizer.signal(spec.containerId, 'KILL')
    await containers.exit(spec.containerId)
    expect(usage(spec.containerId)).toBeNull()
  })

  test('a container that nobody knows uses nothing', () => {
    expect(usage('nobody' as ContainerId)).toBeNull()
  })
})

test('groups that count nothing leave it to the processes, and no process to nobody', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  const used = measureUsage(['/sys/fs/cgroup/no/such/group'], () => [child.pid as number, 2 ** 22 + 1])
  expect(used?.memoryBytes).toBeGreaterThan(0)
  expect(used?.reclaimableBytes).toBeNull()
  expect(measureUsage([], () => null)).toBeNull()
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
})
