// How memory comes from the nodes that were granted, with and without cpusets and numactl.

import { expect, test } from 'vitest'
import { memoryPlan } from '../../../../src/agent/containers/memory-policy.ts'
import type { Grant } from '../../../../src/model/hardware.ts'

type Policy = Grant['memoryPolicy']
const memory = [
  { node: 2, bytes: 1 },
  { node: 0, bytes: 5 },
]
type Machine = Parameters<typeof memoryPlan>[2]
const full: Machine = { hasCpuset: true, numactl: '/n', nodes: [0, 1, 2, 3] }

test.each<[string, Policy, Partial<Machine>, readonly string[], string | null]>([
  ['a cpuset binds by itself', 'bind', {}, [], null],
  ['without one numactl binds', 'bind', { hasCpuset: false }, ['/n', '--membind=0,2'], null],
  ['numactl interleaves within the cpuset', 'interleave', {}, ['/n', '--interleave=0,2'], null],
  ['the node with most of the memory is preferred', 'preferred', {}, ['/n', '--preferred=0'], null],
  ['what is only wished for is told when there is no numactl', 'interleave', { numactl: null }, [], 'not installed'],
  ['the same of a preferred node', 'preferred', { numactl: null }, [], 'not installed'],
  ['and when the nodes are not there', 'interleave', { nodes: [0, 1] }, [], 'nodes 0-1 alone'],
  ['one node needs no policy', 'interleave', { nodes: [0], numactl: null }, [], null],
  ['no policy needs nothing', null, { numactl: null }, [], null],
])('%s', (_claim, memoryPolicy, over, words, note) => {
  const plan = memoryPlan({ memory, memoryPolicy }, { memoryNodes: '0,2' }, { ...full, ...over })
  if (!plan.ok) throw new Error(plan.fault.message)
  expect(plan.value.words).toEqual(words)
  if (note === null) expect(plan.value.note).toBeNull()
  else expect(plan.value.note).toContain(note)
})

test('memory that cannot be bound is no start', () => {
  const plan = memoryPlan(
    { memory, memoryPolicy: 'bind' },
    { memoryNodes: '0,2' },
    { ...full, hasCpuset: false, numactl: null },
  )
  expect(plan).toMatchObject({ ok: false, fault: { code: 'AGENT_LAUNCH_FAILED' } })
})

test('memory bound to every node is bound to none', () => {
  const plan = memoryPlan(
    { memory, memoryPolicy: 'bind' },
    { memoryNodes: null },
    { ...full, hasCpuset: false, numactl: null },
  )
  expect(plan).toMatchObject({ ok: true, value: { words: [], note: null } })
})

test('memory all on one node is not interleaved', () => {
  const plan = memoryPlan({ memory: memory.slice(1), memoryPolicy: 'interleave' }, { memoryNodes: '0' }, full)
  expect(plan).toMatchObject({ ok: true, value: { words: [] } })
})
