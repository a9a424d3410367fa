// CPUs are one task's alone only while nobody else is on them, and everything that fails is said. The groups are
// directories whose files say what a kernel would.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ConfinementOptions, Confinements } from '../../../../src/agent/containers/confinement.ts'
import { newRun, type Run } from '../../../../src/agent/containers/run.ts'
import { noGrant } from '../../../../src/model/hardware.ts'
import type { ContainerId } from '../../../../src/model/ids.ts'

let directory: string
let runs: Run[]
let strayed: [string, string][]

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tepui-confinement-'))
  runs = []
  strayed = []
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function confinements(over: Partial<ConfinementOptions> = {}): Confinements {
  return new Confinements({
    kind: 'cpuset',
    taskset: null,
    numactl: null,
    kernelSets: () => ({ cpus: [0, 1, 2, 3], memoryNodes: [0, 1] }),
    runs: () => runs,
    strayed: (containerId, why) => strayed.push([containerId, why]),
    ...over,
  })
}

/** A run in a cpuset of version 2 in which the kernel gives `effective`, whatever is written. */
function aRun(name: string, effective: string): Run {
  const group = join(directory, name)
  mkdirSync(group)
  for (const file of ['cgroup.controllers', 'cpuset.cpus', 'cpuset.mems']) writeFileSync(join(group, file), '')
  writeFileSync(join(group, 'cpuset.cpus.effective'), effective)
  const run = newRun(name as ContainerId, '/nowhere')
  run.groups = [group]
  run.phase = 'running'
  runs.push(run)
  return run
}

const kept = (run: Run) => readFileSync(join(run.groups[0] as string, 'cpuset.cpus'), 'utf8').trim()
const to = (cpus: string) => ({ cpus, isAlone: false, memoryNodes: null })
const late = newRun('late' as ContainerId, '/nowhere')

test('a run that the kernel leaves on other CPUs strays, and nobody gets those alone until it has left or ended', async () => {
  const [stays, moves] = [aRun('stays', '0-3'), aRun('moves', '1-3')]
  const all = confinements()
  for (const run of [stays, moves]) {
    run.confinement = to('1-3')
    all.confine(run)
  }
  expect([kept(stays), kept(moves)]).toEqual(['1-3', '1-3'])
  expect(strayed).toEqual([['stays', 'cpuset.cpus is 0-3 and not 1-3']])
  expect(await all.makeRoom(late, '0')).toContain('of container stays, cpuset.cpus is 0-3')
  writeFileSync(join(stays.groups[0] as string, 'cpuset.cpus.effective'), '1-3')
  expect(await all.makeRoom(late, '0')).toBeNull()
  expect(await all.makeRoom(late, '1')).not.toBeNull()
  stays.phase = 'ended'
  expect(await all.makeRoom(late, '1')).toBeNull()
})

test.each(['waiting', 'starting', 'ended'] as const)('a run that is %s is not moved', (phase) => {
  const run = aRun('r', '0-3')
  run.phase = phase
  run.confinement = to('1')
  confinements().confine(run)
  expect([kept(run), strayed]).toEqual(['', []])
})

test('where nothing keeps tasks to CPUs, they run, and none gets CPUs alone', async () => {
  const none = confinements({ kind: null })
  const run = newRun('r' as ContainerId, '/nowhere')
  run.phase = 'running'
  run.confinement = to('1')
  none.confine(run)
  expect(strayed).toEqual([])
  expect(none.begin(run, noGrant)).toMatchObject({ ok: true, value: { affinity: null } })
  expect(await none.makeRoom(late, '1')).toContain('neither cpusets nor taskset')
})

test('a run of an earlier life that has no cpuset strays where there is no taskset', () => {
  const run = newRun('old' as ContainerId, '/nowhere')
  run.phase = 'running'
  run.confinement = to('1')
  confinements().confine(run)
  expect(strayed).toEqual([['old', 'it was started without a cpuset, and there is no taskset']])
})

test('without a cpuset a run starts with the affinity of where it belongs, if its own CPUs are all there', () => {
  const affine = confinements({ kind: 'affinity', taskset: '/t' })
  const begin = (cpus: string, isAlone: boolean) => {
    const run = newRun('r' as ContainerId, '/nowhere')
    run.confinement = { cpus, isAlone, memoryNodes: null }
    return affine.begin(run, noGrant)
  }
  expect(begin('2-3', true)).toMatchObject({ ok: true, value: { affinity: { taskset: '/t', cpus: '2-3' } } })
  expect(begin('2-5', false)).toMatchObject({ ok: true })
  expect(begin('2-5', true)).toMatchObject({ ok: false, fault: { message: 'CPUs 4-5 are not there' } })
})
