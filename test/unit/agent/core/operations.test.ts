// Operations on an agent's resources, from the master's side: what the agent answers, keeps, repeats and tells anew.

import { describe, expect, test } from 'vitest'
import { updateRetryMaxMs, updateRetryMinMs } from '../../../../src/agent/core/status-updates.ts'
import type { AgentCheckpoint, AgentConfig, AgentEffect } from '../../../../src/agent/core/types.ts'
import type { OperationUuid } from '../../../../src/model/ids.ts'
import type { Fault } from '../../../../src/model/result.ts'
import type { MesosJson, OperationUpdate, Register } from '../../../../src/wire/messages.ts'
import { agentConfig, emptyCheckpoint, frameworkId, MasterSide } from '../../../support/master-side.ts'

const scalar = (name: string, value: number, more: MesosJson = {}): MesosJson => ({
  name,
  type: 'SCALAR',
  scalar: { value },
  ...more,
})
const forA = { reservations: [{ type: 'DYNAMIC', role: 'a' }] }
const volume = (id: string, value: number, container_path = 'data'): MesosJson =>
  scalar('disk', value, { ...forA, disk: { persistence: { id }, volume: { container_path, mode: 'RW' } } })
const reserve = (...resources: readonly MesosJson[]): MesosJson => ({ type: 'RESERVE', reserve: { resources } })
const unreserve = (...resources: readonly MesosJson[]): MesosJson => ({ type: 'UNRESERVE', unreserve: { resources } })
const create = (...volumes: readonly MesosJson[]): MesosJson => ({ type: 'CREATE', create: { volumes } })
const destroy = (...volumes: readonly MesosJson[]): MesosJson => ({ type: 'DESTROY', destroy: { volumes } })

const config: AgentConfig = { ...agentConfig, resources: [scalar('cpus', 4), scalar('disk', 100)] }

function aMaster(checkpoint: AgentCheckpoint = emptyCheckpoint): MasterSide {
  const master = new MasterSide(checkpoint, config)
  master.register()
  return master
}

const uuid = (n: number) => `00000000-0000-4000-8000-${`${n}`.padStart(12, '0')}` as OperationUuid

function apply(master: MasterSide, n: number, operation: MesosJson): AgentEffect[] {
  return master.say({
    kind: 'applyOperation',
    operationUuid: uuid(n),
    frameworkId,
    operationId: `op${n}`,
    operation,
  })
}

/** The disk did as it was told. */
function done(master: MasterSide, n: number, failed: readonly string[] = []): AgentEffect[] {
  const fault: Fault = { code: 'AGENT_VOLUME', message: 'the disk is broken' }
  return master.step({
    kind: 'volumesChanged',
    operationUuid: uuid(n),
    failed: failed.map((id) => ({ place: { role: 'a', id, source: null }, fault })),
  })
}

function updates(master: MasterSide, n: number): OperationUpdate[] {
  return master.received.filter(
    (message): message is OperationUpdate => message.kind === 'operationUpdate' && message.operationUuid === uuid(n),
  )
}

const states = (master: MasterSide, n: number) => updates(master, n).map(({ status }) => status.state)
const told = (register: Register) => register.agentInfo.resources
/** Without log lines and the channel's own frames. */
const kinds = (effects: readonly AgentEffect[]) =>
  effects
    .filter((effect) => effect.kind !== 'log' && !(effect.kind === 'send' && effect.frame.message === null))
    .map(({ kind }) => kind)

function acknowledge(master: MasterSide, n: number): AgentEffect[] {
  const status = updates(master, n).at(-1)?.status as { readonly uuid: { readonly value: string } }
  const statusUuid = status.uuid.value
  return master.say({ kind: 'acknowledgeOperation', operationUuid: uuid(n), statusUuid })
}

describe('a reservation', () => {
  test('is kept with its status before it is answered, in one record', () => {
    const master = aMaster()
    const effects = apply(master, 1, reserve(scalar('cpus', 1, forA)))
    expect(kinds(effects)).toEqual(['persist', 'send'])
    const kept = { op: 'putOperation', reserved: [scalar('cpus', 1, forA)] }
    expect(effects).toContainEqual(expect.objectContaining({ op: expect.objectContaining(kept) }))
    expect(updates(master, 1)).toMatchObject([
      {
        frameworkId,
        operationId: 'op1',
        status: {
          operation_id: { value: 'op1' },
          state: 'OPERATION_FINISHED',
          converted_resources: [scalar('cpus', 1, forA)],
          agent_id: { value: 'm-S0' },
        },
      },
    ])
  })

  test('is what the next registration tells, and what another life begins with', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('cpus', 1, forA)))
    const total = [scalar('cpus', 3), scalar('cpus', 1, forA), scalar('disk', 100)]
    expect(told(master.reconnect())).toEqual(expect.arrayContaining(total))
    expect(told(new MasterSide(master.checkpoint(), config).register())).toEqual(expect.arrayContaining(total))
    expect(master.core.config.resources).toHaveLength(3)
  })

  test('goes when it is unreserved, and nothing of it is kept', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('cpus', 1, forA)))
    apply(master, 2, unreserve(scalar('cpus', 1, forA)))
    expect(states(master, 2)).toEqual(['OPERATION_FINISHED'])
    expect(master.checkpoint().reserved).toEqual([])
    expect(told(master.reconnect())).toEqual(config.resources)
  })

  test('that is asked for twice is answered twice and made once', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('cpus', 1, forA)))
    expect(kinds(apply(master, 1, reserve(scalar('cpus', 1, forA))))).toEqual(['send'])
    expect(updates(master, 1)[1]).toEqual(updates(master, 1)[0])
    expect(master.checkpoint().reserved).toEqual([scalar('cpus', 1, forA)])
  })

  test('of what the agent has not is dropped, and the agent registers anew with what it has', () => {
    const master = aMaster()
    const effects = apply(master, 1, reserve(scalar('cpus', 5, forA)))
    expect(kinds(effects)).toEqual(['persist', 'send', 'relink', 'statusChanged'])
    expect(updates(master, 1)).toMatchObject([
      { status: { state: 'OPERATION_DROPPED', message: 'there is not enough unreserved cpus' } },
    ])
    const register = master.reconnect()
    expect(told(register)).toEqual(config.resources)
    expect(register.operations).toMatchObject([{ operationUuid: uuid(1), status: { state: 'OPERATION_DROPPED' } }])
  })

  test('that makes no sense fails', () => {
    const master = aMaster()
    apply(master, 1, { type: 'RESERVE' })
    apply(master, 2, { type: {} })
    expect([...states(master, 1), ...states(master, 2)]).toEqual(['OPERATION_FAILED', 'OPERATION_FAILED'])
    expect(master.reconnect().operations.map(({ status }) => status.state)).toEqual([
      'OPERATION_FAILED',
      'OPERATION_FAILED',
    ])
  })

  test('outlives a machine that shrinks: of it as much is told as the machine has', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('cpus', 3, forA)))
    const shrunk = { resources: [scalar('cpus', 2), scalar('disk', 100)], attributes: [], hardware: config.hardware }
    master.step({ kind: 'machineChanged', machine: shrunk })
    expect(told(master.reconnect())).toEqual([scalar('cpus', 2, forA), scalar('disk', 100)])
    master.step({ kind: 'machineChanged', machine: { ...shrunk, resources: config.resources } })
    expect(told(master.reconnect())).toContainEqual(scalar('cpus', 3, forA))
  })

  test('leaves nothing to others of what is promised while its machine is smaller', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 80, forA)))
    apply(master, 2, create(volume('v', 80)))
    done(master, 2)
    const shrunk = { resources: [scalar('cpus', 4), scalar('disk', 50)], attributes: [], hardware: config.hardware }
    master.step({ kind: 'machineChanged', machine: shrunk })
    expect(told(master.reconnect())).toEqual([scalar('cpus', 4)])
    apply(master, 3, reserve(scalar('disk', 30, forA)))
    expect(states(master, 3)).toEqual(['OPERATION_DROPPED'])
    master.step({ kind: 'machineChanged', machine: { ...shrunk, resources: config.resources } })
    expect(told(master.reconnect())).toContainEqual(volume('v', 80))
  })
})

test('a volume that could not be made is none, though it was resized meanwhile', () => {
  const master = aMaster()
  apply(master, 1, reserve(scalar('disk', 80, forA)))
  apply(master, 2, create(volume('v', 50)))
  apply(master, 3, {
    type: 'GROW_VOLUME',
    grow_volume: { volume: volume('v', 50), addition: scalar('disk', 10, forA) },
  })
  done(master, 2, ['v'])
  expect([states(master, 2), states(master, 3)]).toEqual([['OPERATION_FAILED'], ['OPERATION_FINISHED']])
  expect(told(master.reconnect())).toContainEqual(scalar('disk', 80, forA))
})

test('a volume that could not be made takes none of its name with it that came later', () => {
  const master = aMaster()
  apply(master, 1, reserve(scalar('disk', 50, forA)))
  apply(master, 2, create(volume('v', 50)))
  apply(master, 3, destroy(volume('v', 50)))
  apply(master, 4, create(volume('v', 50)))
  done(master, 2, ['v'])
  done(master, 3)
  done(master, 4)
  expect([states(master, 2), states(master, 4)]).toEqual([['OPERATION_FAILED'], ['OPERATION_FINISHED']])
  expect(told(master.reconnect())).toContainEqual(volume('v', 50))
})

test('a volume that could not be removed is not there again when a later operation removes it', () => {
  const master = aMaster()
  apply(master, 1, reserve(scalar('disk', 50, forA)))
  apply(master, 2, create(volume('v', 50)))
  done(master, 2)
  apply(master, 3, destroy(volume('v', 50)))
  apply(master, 4, create(volume('v', 50)))
  apply(master, 5, destroy(volume('v', 50)))
  done(master, 3, ['v'])
  done(master, 4, ['v'])
  done(master, 5)
  expect([3, 4, 5].map((n) => states(master, n).at(-1))).toEqual([
    'OPERATION_FAILED',
    'OPERATION_FAILED',
    'OPERATION_FINISHED',
  ])
  expect(told(master.reconnect())).toContainEqual(scalar('disk', 50, forA))
})

test('a volume that could not be made is none, though it was to be destroyed and was in use', () => {
  const master = aMaster()
  apply(master, 1, reserve(scalar('disk', 50, forA)))
  apply(master, 2, create(volume('v', 50)))
  expect(() => master.launch('t', { resources: [scalar('cpus', 1), volume('v', 50)] })).toThrow('not started')
  apply(master, 3, destroy(volume('v', 50)))
  expect(states(master, 3)).toEqual(['OPERATION_FAILED'])
  done(master, 2, ['v'])
  expect(told(master.reconnect())).toContainEqual(scalar('disk', 50, forA))
})

describe('a status', () => {
  test('is repeated with growing pauses until it is acknowledged by its own uuid', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('cpus', 1, forA)))
    const seenAfter = (ms: number) => {
      const before = updates(master, 1).length
      // The master is heard all the time.
      for (let passed = 0; passed < ms; passed += 5_000) {
        master.say({ kind: 'heartbeatEcho' })
        master.pass(Math.min(5_000, ms - passed))
      }
      return updates(master, 1).length - before
    }
    expect(seenAfter(updateRetryMinMs)).toBe(1)
    expect(seenAfter(2 * updateRetryMinMs)).toBe(1)
    expect(seenAfter(4 * updateRetryMinMs)).toBe(1)
    expect(updateRetryMaxMs).toBe(600_000)
    master.say({ kind: 'acknowledgeOperation', operationUuid: uuid(1), statusUuid: 'AAAAAAAAAAAAAAAAAAAAAA==' })
    expect(master.checkpoint().operations).toHaveLength(1)
    expect(kinds(acknowledge(master, 1))).toEqual(['persist'])
    expect(master.checkpoint()).toMatchObject({ operations: [], reserved: [scalar('cpus', 1, forA)] })
    expect(seenAfter(100_000)).toBe(0)
    expect(master.reconnect().operations).toEqual([])
  })

  test('that is not acknowledged is told by another life, with the same uuid', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('cpus', 1, forA)))
    const next = new MasterSide(master.checkpoint(), config)
    const [report] = next.register().operations
    expect(report).toMatchObject({ operationUuid: uuid(1), frameworkId, operationId: 'op1' })
    expect(report?.status).toEqual(updates(master, 1)[0]?.status)
    expect(updates(next, 1)).toHaveLength(1)
    acknowledge(next, 1)
    expect(next.checkpoint().operations).toEqual([])
  })
})

describe('a volume', () => {
  function withVolume(): MasterSide {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    apply(master, 2, create(volume('v', 10)))
    done(master, 2)
    return master
  }

  test('is kept, then made on disk, then answered', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    expect(kinds(apply(master, 2, create(volume('v', 10))))).toEqual(['persist', 'changeVolumes'])
    expect(updates(master, 2)).toEqual([])
    expect(kinds(done(master, 2))).toEqual(['persist', 'send'])
    expect(states(master, 2)).toEqual(['OPERATION_FINISHED'])
    expect(done(master, 2)).toEqual([])
  })

  test('whose making was interrupted is made again by the next life, and is pending meanwhile', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    apply(master, 2, create(volume('v', 10)))
    const next = new MasterSide(master.checkpoint(), config)
    next.recover([])
    expect(next.effects).toMatchObject([
      { kind: 'changeVolumes', operationUuid: uuid(2), make: [{ role: 'a', id: 'v', source: null }], remove: [] },
    ])
    const { operations } = next.reconnect()
    expect(operations.map(({ status }) => status.state)).toEqual(['OPERATION_FINISHED', 'OPERATION_PENDING'])
    done(next, 2)
    expect(states(next, 2)).toEqual(['OPERATION_FINISHED'])
  })

  test('that cannot be made is none', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    apply(master, 2, create(volume('v', 10), volume('w', 10)))
    expect(kinds(done(master, 2, ['w']))).toEqual(['persist', 'send'])
    expect(updates(master, 2)).toMatchObject([{ status: { state: 'OPERATION_FAILED', message: 'the disk is broken' } }])
    expect(told(master.reconnect())).toContainEqual(scalar('disk', 50, forA))
    expect(master.checkpoint().reserved).toEqual([scalar('disk', 50, forA)])
  })

  test('that is destroyed leaves its disk reserved', () => {
    const master = withVolume()
    const effects = apply(master, 3, destroy(volume('v', 10, 'elsewhere')))
    expect(effects).toContainEqual({
      kind: 'changeVolumes',
      operationUuid: uuid(3),
      make: [],
      remove: [{ role: 'a', id: 'v', source: null }],
    })
    done(master, 3)
    expect(states(master, 3)).toEqual(['OPERATION_FINISHED'])
    expect(master.checkpoint().reserved).toEqual([scalar('disk', 50, forA)])
  })

  test('that cannot be removed from disk stays', () => {
    const master = withVolume()
    apply(master, 3, destroy(volume('v', 10)))
    done(master, 3, ['v'])
    expect(states(master, 3)).toEqual(['OPERATION_FAILED'])
    expect(told(master.reconnect())).toContainEqual(volume('v', 10))
  })

  test.each<[string, MesosJson]>([
    ['destroyed', destroy(volume('v', 10))],
    ['grown', { type: 'GROW_VOLUME', grow_volume: { volume: volume('v', 10), addition: scalar('disk', 5, forA) } }],
    ['shrunk', { type: 'SHRINK_VOLUME', shrink_volume: { volume: volume('v', 10), subtract: { value: 5 } } }],
  ])('is not %s while a task uses it, and is afterwards', (_claim, operation) => {
    const master = withVolume()
    const spec = master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10)] })
    apply(master, 3, operation)
    expect(updates(master, 3)).toMatchObject([
      { status: { state: 'OPERATION_FAILED', message: `the volume 'v' is in use by task 't'` } },
    ])
    master.reconnect()
    master.exited(spec.containerId)
    apply(master, 4, operation)
    done(master, 4)
    expect(states(master, 4)).toEqual(['OPERATION_FINISHED'])
  })

  test('of another role with the same id is not in use', () => {
    const master = withVolume()
    const forB = { reservations: [{ type: 'DYNAMIC', role: 'b' }] }
    const other = { ...volume('v', 1), ...forB }
    apply(master, 3, reserve(scalar('disk', 1, forB)))
    apply(master, 4, create(other))
    done(master, 4)
    master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10)] })
    apply(master, 5, destroy(other))
    done(master, 5)
    expect(states(master, 5)).toEqual(['OPERATION_FINISHED'])
  })

  test('is found by its task in the sandbox', () => {
    const master = withVolume()
    const spec = master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10, 'some/where')] })
    expect(spec.volumes).toEqual([{ place: { role: 'a', id: 'v', source: null }, path: 'some/where' }])
  })

  test('is waited for by a task that comes before it is made', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    apply(master, 2, create(volume('v', 10)))
    const launch = () => master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10)] })
    expect(launch).toThrow('not started')
    expect(kinds(done(master, 2))).toEqual(['persist', 'send', 'start'])
  })

  test('that is never made ends the task that waits for it', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    apply(master, 2, create(volume('v', 10)))
    expect(() => master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10)] })).toThrow('not started')
    done(master, 2, ['v'])
    expect(master.checkpoint().runs[0]?.statuses.at(-1)).toMatchObject({
      state: 'TASK_FAILED',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message: `this agent has no persistent volume 'v' of role 'a'`,
    })
  })

  test('that a killed task waits for ends it as killed', () => {
    const master = aMaster()
    apply(master, 1, reserve(scalar('disk', 50, forA)))
    apply(master, 2, create(volume('v', 10)))
    expect(() => master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10)] })).toThrow('not started')
    master.kill('t')
    done(master, 2)
    expect(master.checkpoint().runs[0]?.statuses.at(-1)).toMatchObject({ state: 'TASK_KILLED' })
  })

  test('that is read only to its task is said not to be', () => {
    const master = withVolume()
    const readOnly = {
      ...volume('v', 10),
      disk: { persistence: { id: 'v' }, volume: { container_path: 'd', mode: 'RO' } },
    }
    master.launch('t', { resources: [scalar('cpus', 1), readOnly] })
    expect(master.updates('t')[0]?.status.message).toContain('RO is not enforced')
  })
})

test('a volume that the agent has not fails the task that wants it', () => {
  const master = aMaster()
  expect(() => master.launch('t', { resources: [scalar('cpus', 1), volume('v', 10)] })).toThrow('not started')
  expect(master.lastUpdate('t')?.status).toMatchObject({ state: 'TASK_STARTING' })
  expect(master.checkpoint().runs[0]?.statuses.at(-1)).toMatchObject({ state: 'TASK_FAILED' })
})
