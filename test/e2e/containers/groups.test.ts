// What one can do to a group of processes, on each hierarchy of this machine by itself: freezing, killing, removing.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { areGroupsEmpty, freeze, killGroups, removeGroups, thaw } from '../../../src/agent/containers/cgroup-files.ts'
import { findHierarchies } from '../../../src/agent/containers/cgroup-layout.ts'
import { until } from '../../support/until.ts'

const hierarchies = findHierarchies(
  readFileSync('/proc/self/cgroup', 'utf8'),
  readFileSync('/proc/self/mountinfo', 'utf8'),
)
const made: string[] = []

afterEach(async () => {
  killGroups(made)
  await until('the groups are gone', () => removeGroups(made))
  made.length = 0
})

/** A group of its own in the hierarchy with this controller (null: version 2), or null where that cannot be made. */
function group(controller: string | null): string | null {
  const hierarchy = hierarchies.find((one) =>
    controller === null ? one.kind === 'v2' : one.controllers.includes(controller),
  )
  if (hierarchy === undefined) return null
  const directory = join(hierarchy.own, `tepui-test-${process.pid}-${controller}`)
  try {
    mkdirSync(directory)
  } catch {
    return null
  }
  made.push(directory)
  return directory
}

/** Forks without end, never more than a few processes at once, so that killing one by one never finds the last. */
function aForker(...directories: readonly string[]): ChildProcess {
  const script = 'for f in "$@"; do echo 0 >"$f/cgroup.procs" || exit; done; run() { ( : ; run ) & }; run; exit 0'
  return spawn('/bin/sh', ['-c', script, 'sh', ...directories], { stdio: 'ignore' })
}

const kinds = [
  ['version 1 with a freezer', ['freezer']],
  ['version 2', [null]],
  ['version 1 without a freezer, beside version 2', ['pids', null]],
] as const

test.for(kinds)('%s: a tree that forks without end is killed and its group removed', async ([, controllers], ctx) => {
  const directories = controllers.map(group)
  const present = directories.filter((directory) => directory !== null)
  if (present.length < directories.length) ctx.skip('such a hierarchy is not there, or not ours to use')
  aForker(...present)
  await until('it has forked away', () => !areGroupsEmpty(present))
  await until('all are dead', () => {
    killGroups(present)
    return areGroupsEmpty(present)
  })
  await until('the group is removed', () => removeGroups(present))
  expect(present.filter(existsSync)).toEqual([])
})

test.for(['freezer', null])('a frozen group (%s) stands still until it is thawed', async (controller, ctx) => {
  const directory = group(controller)
  if (directory === null) return ctx.skip('such a hierarchy is not there, or not ours to use')
  const child = spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' })
  writeFileSync(join(directory, 'cgroup.procs'), `${child.pid}`)
  const ticks = () => Number(readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[11])
  await until('it runs', () => ticks() > 2)
  expect(freeze(directory)).toBe(true)
  const before = ticks()
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(ticks() - before).toBeLessThanOrEqual(1)
  thaw(directory)
  await until('it runs again', () => ticks() > before + 2)
})

test('groups made by a task below its own are emptied and removed too', async (ctx) => {
  const directory = group('freezer') ?? group(null)
  if (directory === null) return ctx.skip('no hierarchy is ours to use')
  const inner = join(directory, 'a', 'b')
  mkdirSync(inner, { recursive: true })
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  writeFileSync(join(inner, 'cgroup.procs'), `${child.pid}`)
  expect(areGroupsEmpty([directory])).toBe(false)
  expect(removeGroups([directory])).toBe(false)
  killGroups([directory])
  await until('all is gone', () => removeGroups([directory]))
})

test('groups that are not there are empty, dead and removed', () => {
  const nowhere = ['/sys/fs/cgroup/no/such/group']
  killGroups(nowhere)
  expect([areGroupsEmpty(nowhere), removeGroups(nowhere)]).toEqual([true, true])
})
