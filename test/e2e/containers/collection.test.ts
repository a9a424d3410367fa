// Sandboxes of ended runs go when they are old, in real folders and with real runs; time and disk usage are made.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type CollectionOptions,
  collectSandboxes,
  noteSandboxEnd,
  type SandboxCollection,
  sandboxAgeMaxMs,
  visitsMax,
} from '../../../src/agent/containers/collection.ts'
import { runDirectory } from '../../../src/agent/containers/run-directory.ts'
import { createSandbox, runsPath } from '../../../src/agent/containers/sandbox.ts'
import type { ContainerId } from '../../../src/model/ids.ts'
import { aWorkDir, openContainers, removeWorkDir, shell } from '../../support/containers.ts'
import { until } from '../../support/until.ts'

const dayMs = 24 * 3_600_000
const isFull = async () => 1
const isEmpty = async () => 0

let workDir: string
let collections: SandboxCollection[]

beforeEach(() => {
  workDir = aWorkDir()
  collections = []
})

afterEach(async () => {
  for (const collection of collections) await collection.close()
  removeWorkDir(workDir)
})

/** Days from now it is then; nothing is needed unless the case says so. */
function collect(days: number, over: Partial<CollectionOptions> = {}): void {
  const nowMs = () => Date.now() + days * dayMs
  collections.push(collectSandboxes({ workDir, isNeeded: () => false, diskUsage: isEmpty, nowMs, ...over }))
}

function aSandbox(containerId: string, executorId = 'e'): string {
  const { path, stdoutFd, stderrFd } = createSandbox(workDir, { containerId, frameworkId: 'f', executorId }, null)
  for (const fd of [stdoutFd, stderrFd]) closeSync(fd)
  return path
}

const runs = (executorId = 'e') => runsPath(workDir, { frameworkId: 'f', executorId })
/** Nothing is left of frameworks or in the trash. */
const isBare = () => readdirSync(join(workDir, 'frameworks')).length === 0 && !existsSync(join(workDir, 'trash'))

/** Resolves once each sandbox beside this executor's `latest` was looked at: dangling links go after that. */
async function untilVisited(): Promise<void> {
  await until('all of them were visited', () => !readdirSync(runs()).includes('dangling'))
}

function awaitVisit(): void {
  symlinkSync('gone', join(runs(), 'dangling'))
}

test('an old sandbox goes with everything above it', async () => {
  aSandbox('c')
  collect(7)
  await until('nothing is left', isBare)
})

test('a young one stays, with its latest', async () => {
  aSandbox('c')
  awaitVisit()
  collect(6)
  await untilVisited()
  expect(readdirSync(runs())).toEqual(['c', 'latest'])
})

test('on a full disk they go at once', async () => {
  aSandbox('c')
  collect(1 / dayMs, { diskUsage: isFull })
  await until('nothing is left', isBare)
})

test.each<[string, Partial<CollectionOptions>]>([
  ['that is still needed', { isNeeded: (id) => id === 'kept' }],
  ['whose notes are still there', {}],
])('a sandbox %s stays however old it is, and so does its latest', async (_, over) => {
  aSandbox('old')
  const kept = aSandbox('kept')
  if (over.isNeeded === undefined) mkdirSync(runDirectory(workDir, 'kept' as ContainerId), { recursive: true })
  collect(700, over)
  await until('the other is gone', () => !existsSync(join(runs(), 'old')))
  await until('the trash is empty', () => !existsSync(join(workDir, 'trash')))
  expect(readdirSync(runs())).toEqual(['kept', 'latest'])
  expect(readdirSync(kept)).toEqual(['stderr', 'stdout'])
})

test('latest goes with the run that it shows, although older ones stay', async () => {
  aSandbox('kept')
  aSandbox('newest')
  symlinkSync('gone', join(runs(), '.latest-1'))
  collect(7, { isNeeded: (id) => id === 'kept' })
  await until('only the older run is left', () => readdirSync(runs()).join() === 'kept')
})

test('a task cannot make its sandbox stay by writing its times', async () => {
  utimesSync(aSandbox('c'), new Date('2100-01-01'), new Date('2100-01-01'))
  collect(7)
  await until('nothing is left', isBare)
})

test('the age counts from the noted end, not from what a task did last', async () => {
  const path = aSandbox('c')
  const made = statSync(path).ctimeMs
  await until('time has passed', () => Date.now() > made + 50)
  noteSandboxEnd(path)
  awaitVisit()
  // Old enough by its creation, not by its end.
  collect(0, { nowMs: () => made + sandboxAgeMaxMs(0) + 25 })
  await untilVisited()
  expect(existsSync(path)).toBe(true)
})

test('no link leads out of a sandbox', async () => {
  const outside = join(workDir, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'precious'), '')
  const path = aSandbox('c')
  symlinkSync(outside, join(path, 'link'))
  symlinkSync(outside, join(runs(), 'link'))
  mkdirSync(join(workDir, 'frameworks', 'g'))
  symlinkSync(join(workDir, 'frameworks', 'f', 'executors'), join(workDir, 'frameworks', 'g', 'executors'))
  symlinkSync(outside, join(workDir, 'frameworks', 'h'))
  collect(7)
  await until('the sandbox is gone', () => !existsSync(path) && !existsSync(join(workDir, 'trash')))
  expect(readdirSync(outside)).toEqual(['precious'])
  expect(existsSync(join(runs(), 'link'))).toBe(true)
})

test('what is mounted inside is not touched', async (ctx) => {
  const outside = join(workDir, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'precious'), '')
  const inside = join(aSandbox('c'), 'a b')
  mkdirSync(inside)
  try {
    execFileSync('mount', ['--bind', outside, inside], { stdio: 'ignore' })
  } catch {
    ctx.skip('mounting is not allowed here')
  }
  try {
    awaitVisit()
    collect(7)
    await untilVisited()
    expect(readdirSync(inside)).toEqual(['precious'])
  } finally {
    execFileSync('umount', [inside])
  }
})

test('deep trees and directories that may not be written go too', async () => {
  const path = aSandbox('c')
  // Deeper than any path may be long.
  let fd = openSync(path, 'r')
  for (let i = 0; i < 60; i++) {
    const below = `/proc/self/fd/${fd}/${'d'.repeat(99)}`
    mkdirSync(below)
    const next = openSync(below, 'r')
    closeSync(fd)
    fd = next
  }
  closeSync(fd)
  mkdirSync(join(path, 'fixed'))
  writeFileSync(join(path, 'fixed', 'file'), '')
  chmodSync(join(path, 'fixed'), 0o555)
  collect(7)
  await until('nothing is left', isBare)
})

test('what an earlier life of the agent left in the trash is removed', async () => {
  mkdirSync(join(workDir, 'frameworks'))
  mkdirSync(join(workDir, 'trash', 'x'), { recursive: true })
  collect(0)
  await until('nothing is left', isBare)
})

test('more sandboxes than are removed at once all go, one part after the other', async () => {
  for (let i = 0; i < visitsMax + 1; i++) aSandbox(`c${i}`, `e${i % 50}`)
  collect(7)
  await until('nothing is left', isBare)
})

test('closing ends it in the middle', async () => {
  for (let i = 0; i < visitsMax + 1; i++) aSandbox(`c${i}`)
  const before = readdirSync(runs()).length
  collect(7)
  await until('it has begun', () => readdirSync(runs()).length < before)
  await collections[0]?.close()
  expect(existsSync(runs())).toBe(true)
})

describe('as part of the containerizer', () => {
  test('ended runs go, those that are told of or still run stay', async () => {
    const first = await openContainers(workDir)
    const [acknowledged, reported, running] = [shell('true'), shell('true'), shell('exec sleep 60')]
    for (const spec of [acknowledged, reported, running]) first.containerizer.start(spec)
    for (const { containerId } of [acknowledged, reported]) {
      await first.exit(containerId)
      first.containerizer.remove(containerId)
    }
    await first.pid(running.containerId)
    await until('only the notes of the running one are left', () => {
      return readdirSync(join(workDir, 'meta', 'runs')).join() === running.containerId
    })
    await first.containerizer.close('keep')

    const second = await openContainers(workDir, 'auto', {
      isReported: (id) => id === reported.containerId,
      nowMs: () => Date.now() + 7 * dayMs,
    })
    const { containerizer } = second
    expect(containerizer.recover(running).state.kind).toBe('running')
    containerizer.removeUnrecovered()
    await until('the acknowledged one is gone', () => !existsSync(containerizer.sandbox(acknowledged)))
    await containerizer.close('kill')
    expect(existsSync(containerizer.sandbox(reported))).toBe(true)
    expect(existsSync(containerizer.sandbox(running))).toBe(true)
  })

  test('the end of a run sets the age of its sandbox, also for a later life that does not know it', async () => {
    const first = await openContainers(workDir)
    const [known, unknown] = [shell('true'), shell('exec sleep 60')]
    for (const spec of [known, unknown]) first.containerizer.start(spec)
    const long = new Date('2001-01-01')
    await first.exit(known.containerId)
    await first.pid(unknown.containerId)
    for (const spec of [known, unknown]) utimesSync(first.containerizer.sandbox(spec), long, long)
    first.containerizer.remove(known.containerId)
    await first.containerizer.close('keep')
    const second = await openContainers(workDir)
    second.containerizer.removeUnrecovered()
    for (const spec of [known, unknown]) {
      expect(statSync(second.containerizer.sandbox(spec)).mtimeMs).toBeGreaterThan(long.getTime())
    }
    await second.containerizer.close('kill')
  })
})
