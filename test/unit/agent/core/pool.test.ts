// CPUs that are alone and the pool of those that are not, through the agent's state machine.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { confinementOf, poolOf } from '../../../../src/agent/core/pool.ts'
import type { AgentCheckpoint, AgentEffect, AgentInput, Confinement } from '../../../../src/agent/core/types.ts'
import { formatCpuList, parseCpuList } from '../../../../src/model/cpu-set.ts'
import { type Grant, type Hardware, noGrant, noHardware } from '../../../../src/model/hardware.ts'
import type { ContainerId } from '../../../../src/model/ids.ts'
import { fault } from '../../../../src/model/result.ts'
import { aFramework, agentConfig, MasterSide } from '../../../support/master-side.ts'

/** Cores of two hardware threads, half of them on each of two nodes. */
function aMachine(coreCount: number): Hardware {
  return {
    ...noHardware,
    cores: Array.from({ length: coreCount }, (_, i) => ({
      cpus: `${i},${i + coreCount}`,
      node: i < coreCount / 2 ? 0 : 1,
      package: 0,
      cache: 0,
      kind: null,
    })),
    nodes: [0, 1].map((id) => ({ id, memoryBytes: 2 ** 30, hugepages: [] })),
  }
}

const machine = aMachine(4)
const alone = (cpus: string): Grant => ({ ...noGrant, cpus })

function aMaster(hardware = machine, checkpoint?: AgentCheckpoint): MasterSide {
  return new MasterSide(checkpoint, { ...agentConfig, hardware })
}

function start(master: MasterSide, taskId: string, grant: Grant = noGrant): ContainerId {
  const { containerId } = master.launch(taskId, {}, aFramework(), grant)
  master.step({ kind: 'containerStarted', containerId, pid: 10 })
  return containerId
}

const told = (effects: readonly AgentEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'confine' ? [[effect.containerId, effect.confinement.cpus]] : []))

const said = (master: MasterSide, taskId: string) => master.lastUpdate(taskId)?.status

describe('the pool', () => {
  test.each([
    [[], '0-7'],
    [[noGrant], '0-7'],
    [[alone('0,4')], '1-3,5-7'],
    [[alone('0'), noGrant, alone('7,1')], '2-6'],
    [[alone('0-7')], ''],
  ])('%#: is what nobody has alone', (grants, cpus) => {
    expect(formatCpuList(poolOf(machine, grants) ?? [])).toBe(cpus)
  })

  test('is not known where the machine tells of no CPU', () => {
    expect(poolOf(noHardware, [alone('0')])).toBeNull()
  })
})

describe('a task is kept to', () => {
  const memory = [
    { node: 1, bytes: 1 },
    { node: 0, bytes: 1 },
  ]
  test.each<[string, Grant, Confinement]>([
    ['its own CPUs', alone('2,6'), { cpus: '2,6', isAlone: true, memoryNodes: null }],
    ['the pool', noGrant, { cpus: '0-5', isAlone: false, memoryNodes: null }],
    ['its part of the pool', { ...noGrant, cpusWithin: '5-7' }, { cpus: '5', isAlone: false, memoryNodes: null }],
    [
      'the pool, where its part is all taken',
      { ...noGrant, cpusWithin: '6-7' },
      { cpus: '0-5', isAlone: false, memoryNodes: null },
    ],
    [
      'the node it is bound to',
      { ...noGrant, memory: memory.slice(0, 1), memoryPolicy: 'bind' },
      { cpus: '0-5', isAlone: false, memoryNodes: '1' },
    ],
    [
      'no node, where it is given all',
      { ...noGrant, memory, memoryPolicy: 'interleave' },
      { cpus: '0-5', isAlone: false, memoryNodes: null },
    ],
    [
      'no node that it only prefers',
      { ...noGrant, memory: memory.slice(0, 1), memoryPolicy: 'preferred' },
      { cpus: '0-5', isAlone: false, memoryNodes: null },
    ],
    [
      'no node without a policy',
      { ...noGrant, memory: memory.slice(0, 1) },
      { cpus: '0-5', isAlone: false, memoryNodes: null },
    ],
  ])('%s', (_what, grant, confinement) => {
    expect(confinementOf(grant, [0, 1, 2, 3, 4, 5], machine)).toEqual(confinement)
  })

  test('nodes in order where the machine has more', () => {
    const three = { ...machine, nodes: [...machine.nodes, { id: 2, memoryBytes: 1, hugepages: [] }] }
    expect(confinementOf({ ...noGrant, memory, memoryPolicy: 'interleave' }, null, three).memoryNodes).toBe('0-1')
  })
})

test('those that share make room before a task with CPUs of its own starts, and get them back when it is over', () => {
  const master = aMaster()
  master.register()
  const [a, b] = [start(master, 'a'), start(master, 'b', { ...noGrant, cpusWithin: '0,4' })]
  const seen = master.effects.length
  const own = start(master, 'own', alone('0,4'))
  const effects = master.effects.slice(seen).filter(({ kind }) => kind === 'confine' || kind === 'start')
  expect(effects.map(({ kind }) => kind)).toEqual(['confine', 'confine', 'start'])
  expect(told(effects)).toEqual([
    [a, '1-3,5-7'],
    [b, '1-3,5-7'],
  ])
  expect(effects.at(-1)).toMatchObject({ spec: { confinement: { cpus: '0,4' } } })
  expect(told(master.exited(own, 0))).toEqual([
    [a, '0-7'],
    [b, '0,4'],
  ])
})

test('nobody hears of changes that do not concern it', () => {
  const master = aMaster()
  master.register()
  start(master, 'near', { ...noGrant, cpusWithin: '1,5' })
  start(master, 'other', alone('3'))
  const seen = master.effects.length
  const own = start(master, 'own', alone('0,4'))
  expect(told([...master.effects.slice(seen), ...master.exited(own, 0)])).toEqual([])
})

test('a task that cannot be started gives its CPUs back', () => {
  const master = aMaster()
  master.register()
  const shared = start(master, 'a')
  const { containerId } = master.launch('own', {}, aFramework(), alone('0'))
  const because = fault('AGENT_LAUNCH_FAILED', 'no')
  expect(told(master.step({ kind: 'containerFailed', containerId, fault: because }))).toEqual([[shared, '0-7']])
})

test.each([
  ['what another has alone', [alone('0,4')], alone('4-5'), 'CPUs 4 are another'],
  ['what is not there', [], alone('7-8'), "CPUs 8 are another task's alone, or not there"],
  ['nothing', [], alone(''), 'no list of CPUs'],
  ['the last that others share', [noGrant, alone('0-5')], alone('6-7'), 'leaves none for 1 that share'],
  ['a share where all are taken', [alone('0-7')], noGrant, 'none is shared'],
])('a task is refused that is given %s', (_what, present, grant, sentence) => {
  const master = aMaster()
  master.register()
  for (const [i, one] of present.entries()) start(master, `t${i}`, one)
  expect(() => master.launch('late', {}, aFramework(), grant)).toThrow('not started')
  expect(said(master, 'late')).toMatchObject({ state: 'TASK_FAILED', reason: 'REASON_CONTAINER_LAUNCH_FAILED' })
  expect(said(master, 'late')?.message).toContain(sentence)
})

test('an agent that knows no CPUs keeps none for anybody, and runs what shares them where it likes', () => {
  const master = aMaster(noHardware)
  master.register()
  expect(master.launch('a').confinement).toEqual({ cpus: null, isAlone: false, memoryNodes: null })
  expect(() => master.launch('own', {}, aFramework(), alone('0'))).toThrow('not started')
})

test('a machine with other CPUs tells everybody; one that tells of none is not believed', () => {
  const master = aMaster()
  master.register()
  const [shared, own] = [start(master, 'a'), start(master, 'own', alone('0,4'))]
  const change = (hardware: Hardware): AgentInput => ({
    kind: 'machineChanged',
    machine: { resources: [], attributes: [], hardware },
  })
  expect(told(master.step(change({ ...machine, cores: machine.cores.slice(0, 3) })))).toEqual([
    [shared, '1-2,5-6'],
    [own, '0,4'],
  ])
  expect(told(master.step(change(noHardware)))).toEqual([])
  master.reconnect(2)
  expect(master.launch('b').confinement.cpus).toBe('1-2,5-6')
})

test('after a restart every task is told again where it stays, before any is started', () => {
  const before = aMaster()
  before.register()
  const [shared, own, ended] = [start(before, 'a'), start(before, 'own', alone('0,4')), start(before, 'e', alone('1'))]
  const { containerId: late } = before.launch('late', {}, aFramework(), alone('2'))
  const master = aMaster(machine, before.checkpoint())
  const effects = master.step({
    kind: 'recovered',
    runs: [
      { containerId: shared, state: { kind: 'running', pid: 10 } },
      { containerId: own, state: { kind: 'running', pid: 11 } },
      {
        containerId: ended,
        state: { kind: 'exited', exit: { status: { kind: 'exited', code: 0 }, limitation: null } },
      },
      { containerId: late, state: { kind: 'neverStarted' } },
    ],
  })
  const order = effects.flatMap((effect) => (effect.kind === 'start' ? ['start'] : told([effect]).map(String)))
  expect(order).toEqual([`${shared},3,5-7`, `${own},0,4`, `${ended},1`, `${late},2`, `${shared},1,3,5-7`, 'start'])
})

test('whatever comes and goes, nobody is told of a CPU that another has alone, and no CPU lies idle', () => {
  const step = fc.record({
    kind: fc.constantFrom('alone', 'within', 'shared', 'end', 'fail'),
    cpus: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 4 }),
    pick: fc.nat(),
  })
  const walk = (
    steps: readonly { readonly kind: string; readonly cpus: readonly number[]; readonly pick: number }[],
  ) => {
    const master = aMaster()
    master.register()
    const grants = new Map<ContainerId, Grant>()
    const sets = new Map<ContainerId, string | null>()
    for (const [i, { kind, cpus, pick }] of steps.entries()) {
      const seen = master.effects.length
      const list = formatCpuList([...cpus].sort((a, b) => a - b))
      const one = [...grants.keys()][pick % Math.max(1, grants.size)]
      if (kind === 'end' || kind === 'fail') {
        if (one === undefined) continue
        if (kind === 'end') master.exited(one, 0)
        else master.step({ kind: 'containerFailed', containerId: one, fault: fault('AGENT_LAUNCH_FAILED', 'no') })
        grants.delete(one)
        sets.delete(one)
      } else {
        const grant = kind === 'alone' ? alone(list) : kind === 'within' ? { ...noGrant, cpusWithin: list } : noGrant
        try {
          const spec = master.launch(`t${i}`, {}, aFramework(), grant)
          grants.set(spec.containerId, grant)
          sets.set(spec.containerId, spec.confinement.cpus)
        } catch {
          // Refused.
        }
      }
      for (const [containerId, cpus] of told(master.effects.slice(seen)) as [ContainerId, string][]) {
        if (grants.has(containerId)) sets.set(containerId, cpus)
      }
      const owned = [...grants.values()].flatMap(({ cpus }) => (cpus === null ? [] : (parseCpuList(cpus) ?? [])))
      expect(new Set(owned).size, 'no CPU has two owners').toBe(owned.length)
      const free = [0, 1, 2, 3, 4, 5, 6, 7].filter((cpu) => !owned.includes(cpu))
      for (const [containerId, grant] of grants) {
        const near = free.filter((cpu) => parseCpuList(grant.cpusWithin ?? '')?.includes(cpu))
        expect(sets.get(containerId)).toBe(grant.cpus ?? formatCpuList(near.length > 0 ? near : free))
        expect(sets.get(containerId)).not.toBe('')
      }
    }
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), walk), { numRuns: 200 })
})

test('a task that gets the last shared CPUs ends those that ran on idle ones, and no others', () => {
  const master = aMaster(aMachine(1))
  master.register()
  const cpus = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, revocable: {}, allocation_info: { role: '*' } }
  const { containerId } = master.launch('idle', { resources: [cpus] })
  master.step({ kind: 'containerStarted', containerId, pid: 10 })
  const before = master.effects.length
  master.launch('all', {}, aFramework(), alone('0-1'))
  const since = master.effects.slice(before).filter(({ kind }) => kind === 'signal' || kind === 'confine')
  expect(since).toEqual([{ kind: 'signal', containerId, signal: 'KILL' }])
})
