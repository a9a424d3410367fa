// What becomes of operations: feedback and its acknowledgement, operations that nobody waits for, agents that could
// not do what was taken for done (scenarios R09-R12).

import { describe, expect, test } from 'vitest'
import { orphanAgeMs } from '../../../../src/master/cluster/operation-updates.ts'
import type { AgentId, OperationUuid } from '../../../../src/model/ids.ts'
import { type TestAgent, TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import {
  aReserved,
  aVolume,
  create,
  grow,
  named,
  operationCapabilities,
  reserve,
  words,
} from '../../../support/operations.ts'
import { aTaskInfo } from '../../../support/scheduler.ts'

type Scene = { readonly rack: TestCluster; readonly agent: TestAgent; readonly framework: TestScheduler }

function aScene(): Scene {
  const rack = new TestCluster()
  const agent = rack.agent({ capabilities: operationCapabilities, resources: { cpus: 4, disk: 1000 } })
  const framework = rack.framework({ principal: 'p', failover_timeout: 100_000 })
  return { rack, agent, framework }
}

const one = reserve(aReserved('cpus', 1))

function operationsOf({ rack }: Scene) {
  return [...rack.view.operations()].map(({ id, status }) => [id, status.state])
}

describe('feedback', () => {
  test('R11 the end is told with a uuid until it is acknowledged, then the operation is forgotten', () => {
    const scene = aScene()
    const { framework, agent, rack } = scene
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', one)])
    expect(operationsOf(scene)).toEqual([['op', 'OPERATION_PENDING']])
    agent.carryOut()
    const [status] = framework.operationStatuses()
    expect(status).toMatchObject({
      operation_id: { value: 'op' },
      state: 'OPERATION_FINISHED',
      agent_id: { value: agent.agentId },
    })
    expect(status?.uuid?.value).toHaveLength(16)
    const [uuid] = agent.operations.keys()
    agent.tellOperation(uuid as string)
    expect(framework.operationStatuses()).toEqual([status, status])
    expect([...rack.view.operations()][0]?.statuses).toHaveLength(1)
    framework.acknowledgeOperation(status as NonNullable<typeof status>)
    expect(agent.operations.size).toBe(0)
    expect(operationsOf(scene)).toEqual([])
    expect(rack.counter('messages_operation_status_update_acknowledgement')).toBe(1)
  })

  test.each([
    ['another uuid', { uuid: { value: new Uint8Array(16) } }],
    ['another agent', { agent_id: { value: 'x' } }],
    ['another operation', { operation_id: { value: 'x' } }],
  ])('an acknowledgement of %s changes nothing', (_what, change) => {
    const scene = aScene()
    const { framework, agent } = scene
    framework.accept([framework.offer], [named('op', one)])
    const [status] = framework.operationStatuses()
    framework.acknowledgeOperation({ ...(status as NonNullable<typeof status>), ...change })
    expect(agent.operations.size).toBe(1)
    expect(operationsOf(scene)).toEqual([['op', 'OPERATION_FINISHED']])
  })

  test('nobody else can acknowledge', () => {
    const { rack, framework, agent } = aScene()
    framework.accept([framework.offer], [named('op', one)])
    const [status] = framework.operationStatuses()
    rack.framework().acknowledgeOperation(status as NonNullable<typeof status>)
    expect(agent.operations.size).toBe(1)
  })

  test('an acknowledgement while the agent is away is lost, and the end is told again', () => {
    const { rack, framework, agent } = aScene()
    framework.accept([framework.offer], [named('op', one)])
    const [status] = framework.operationStatuses()
    agent.cut()
    framework.acknowledgeOperation(status as NonNullable<typeof status>)
    agent.connect()
    rack.settle()
    expect(framework.reconcileOperations({ id: 'op' })).toMatchObject([{ state: 'OPERATION_FINISHED' }])
  })

  test('a scheduler that comes back hears what it has not acknowledged', () => {
    const { rack, framework, agent } = aScene()
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', one), named('other', one)])
    framework.close()
    agent.carryOut()
    framework.subscribe()
    rack.settle()
    expect(framework.operationStatuses().map(({ operation_id }) => operation_id?.value)).toEqual(['op', 'other'])
  })

  test('without an id nothing is told, and the master acknowledges', () => {
    const scene = aScene()
    const { framework, agent } = scene
    framework.accept([framework.offer], [one])
    expect(framework.operationStatuses()).toEqual([])
    expect(agent.heardOf('acknowledgeOperation')).toHaveLength(1)
    expect(operationsOf(scene)).toEqual([])
  })

  test('the master acknowledges for a framework that is gone', () => {
    const scene = aScene()
    const { framework, agent } = scene
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', one)])
    framework.call({ type: 'TEARDOWN' })
    agent.carryOut()
    expect(agent.operations.size).toBe(0)
    expect(operationsOf(scene)).toEqual([])
  })

  test.each([
    ['that it has been told of', true],
    ['that is still under way', false],
  ])('the end of an operation %s is acknowledged though the master has forgotten its framework', (_which, isTold) => {
    const rack = new TestCluster({ completedFrameworksMax: 0 })
    const agent = rack.agent({ capabilities: operationCapabilities, resources: { cpus: 4, disk: 1000 } })
    const framework = rack.framework({ principal: 'p', failover_timeout: 100_000 })
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', one)])
    if (isTold) agent.carryOut()
    framework.call({ type: 'TEARDOWN' })
    if (!isTold) agent.carryOut()
    expect(agent.operations.size).toBe(0)
    expect([...rack.view.operations()]).toEqual([])
  })

  test('a status that is none is dropped; one of an operation that is not known is acknowledged', () => {
    const { rack, agent } = aScene()
    const operationUuid = rack.newId<OperationUuid>()
    const said = { kind: 'operationUpdate', operationUuid, frameworkId: null, operationId: null } as const
    agent.say({ ...said, status: { state: 'OPERATION_FINISHED' } })
    agent.say({ ...said, status: { uuid: { value: btoa('0123456789abcdef') } } })
    expect(agent.heardOf('acknowledgeOperation')).toEqual([])
    agent.say({ ...said, status: { state: 'OPERATION_FINISHED', uuid: { value: btoa('0123456789abcdef') } } })
    expect(agent.heardOf('acknowledgeOperation')).toMatchObject([{ operationUuid }])
  })
})

describe('an agent that could not do it', () => {
  test.each(['failed', 'done'] as const)('%s: it registers anew, and what it has is offered', (result) => {
    const { rack, framework, agent } = aScene()
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', reserve(aReserved('cpus', 2)))], 0)
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toBe('cpus(test,p):2; cpus:2; disk:1000')
    // Somebody took half of the machine out: what was reserved is not there.
    if (result === 'done') agent.change({ resources: { cpus: 1, disk: 1000 } })
    agent.carryOut(result)
    expect(framework.operationStatuses('op')).toMatchObject([
      { state: result === 'failed' ? 'OPERATION_FAILED' : 'OPERATION_DROPPED' },
    ])
    expect(framework.all('RESCIND')).toHaveLength(1)
    expect(agent.session).toBeNull()
    agent.connect()
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toBe(result === 'failed' ? 'cpus:4; disk:1000' : 'cpus:1; disk:1000')
    framework.acknowledgeOperation(framework.operationStatuses('op').at(-1) as never)
    expect(agent.operations.size).toBe(0)
  })

  test('tasks that were launched on what is not there hold it until they end, and nothing is given away twice', () => {
    const { rack, framework, agent } = aScene()
    agent.isSlow = true
    const task = aTaskInfo(framework.offer, 't', { resources: [aReserved('cpus', 2)] })
    const launch = { type: 'LAUNCH', launch: { task_infos: [task] } } as const
    framework.accept([framework.offer], [reserve(aReserved('cpus', 2)), launch], 0)
    agent.carryOut('failed')
    agent.connect()
    rack.pass(2_000)
    expect([...(rack.view.agents() as Iterable<{ used: unknown }>)][0]?.used).toMatchObject([{ name: 'cpus' }])
    agent.update('t', 'TASK_FAILED')
    rack.pass(2_000)
    framework.accept(liveOffers({ rack, agent, framework }), [], 0)
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toBe('cpus:4; disk:1000')
  })
})

describe('operations of agents that go and come', () => {
  test('R12 an operation that never arrived is DROPPED, and its reservation is none', () => {
    const scene = aScene()
    const { rack, framework, agent } = scene
    agent.isDeaf = true
    framework.accept([framework.offer], [named('op', one)], 0)
    agent.isDeaf = false
    agent.reconnect()
    const [status] = framework.operationStatuses()
    expect(status).toMatchObject({ state: 'OPERATION_DROPPED', agent_id: { value: agent.agentId } })
    expect(status?.uuid).toBeUndefined()
    expect(operationsOf(scene)).toEqual([])
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toBe('cpus:4; disk:1000')
  })

  test.each(['arrived', 'lost'])('a growth that was %s when the link broke is settled by what the agent has', (way) => {
    const scene = aScene()
    const { rack, framework, agent } = scene
    framework.accept([framework.offer], [reserve(aReserved('disk', 200)), create(aVolume('v', 100))], 0)
    rack.pass(2_000)
    agent.isSlow = true
    agent.isDeaf = way === 'lost'
    framework.accept([framework.offer], [named('g', grow(aVolume('v', 100), aReserved('disk', 50)))], 0)
    agent.lose()
    agent.isDeaf = false
    agent.carryOut()
    agent.reconnect()
    rack.pass(2_000)
    framework.accept(liveOffers(scene), [], 0)
    rack.pass(2_000)
    const shown = way === 'lost' ? ['100', '100'] : ['50', '150']
    expect(words(framework.offer.resources)).toBe(
      `cpus:4; disk(test,p):${shown[0]}; disk(test,p)[v]:${shown[1]}; disk:800`,
    )
    const ended = way === 'lost' ? 'OPERATION_DROPPED' : 'OPERATION_FINISHED'
    const known = way === 'lost' ? framework.operationStatuses('g') : framework.reconcileOperations()
    expect(known.at(-1)).toMatchObject({ state: ended })
  })

  test('a growth of a framework that ends stays out of the offers until the agent has done it', () => {
    const scene = aScene()
    const { rack, framework, agent } = scene
    framework.accept([framework.offer], [reserve(aReserved('disk', 200)), create(aVolume('v', 100))], 0)
    rack.pass(2_000)
    agent.isSlow = true
    framework.accept([framework.offer], [grow(aVolume('v', 100), aReserved('disk', 50))], 0)
    framework.call({ type: 'TEARDOWN' })
    const next = rack.framework({ principal: 'p' })
    rack.pass(2_000)
    expect(words(next.offer.resources)).toBe('cpus:4; disk(test,p):50; disk:800')
    agent.carryOut()
    rack.pass(2_000)
    next.accept(liveOffers({ ...scene, framework: next }), [], 0)
    rack.pass(2_000)
    expect(words(next.offer.resources)).toBe('cpus:4; disk(test,p):50; disk(test,p)[v]:150; disk:800')
  })

  test('an agent out of reach takes its operations with it: UNREACHABLE, and told again when it is back', () => {
    const scene = aScene()
    const { rack, framework, agent } = scene
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', one), one])
    agent.lose()
    rack.pass(100_000)
    expect(framework.operationStatuses()).toMatchObject([
      { operation_id: { value: 'op' }, state: 'OPERATION_UNREACHABLE', agent_id: { value: agent.agentId } },
    ])
    expect(operationsOf(scene)).toEqual([])
    expect(framework.reconcileOperations({ id: 'op', agentId: agent.agentId as string })).toMatchObject([
      { state: 'OPERATION_UNREACHABLE' },
    ])
    agent.carryOut()
    agent.connect()
    rack.settle()
    expect(operationsOf(scene)).toEqual([['op', 'OPERATION_FINISHED']])
    expect(agent.operations.size).toBe(1)
  })

  test('an agent that is replaced leaves its operations unknown', () => {
    const scene = aScene()
    const { framework, agent, rack } = scene
    framework.accept([framework.offer], [named('op', one)])
    agent.lose()
    agent.agentId = null
    agent.operations.clear()
    agent.connect()
    rack.settle()
    expect(framework.operationStatuses().at(-1)).toMatchObject({ state: 'OPERATION_UNKNOWN' })
    expect(operationsOf(scene)).toEqual([])
  })

  test('R10 an end that was not acknowledged survives the master', () => {
    const scene = aScene()
    const { rack, framework, agent } = scene
    framework.accept([framework.offer], [named('op', one)])
    rack.restartMaster()
    agent.connect()
    framework.subscribe()
    rack.settle()
    expect(framework.operationStatuses().at(-1)).toMatchObject({ state: 'OPERATION_FINISHED' })
    const [answer] = framework.reconcileOperations({ id: 'op' })
    expect(answer).toMatchObject({ state: 'OPERATION_FINISHED', operation_id: { value: 'op' } })
    expect(answer?.uuid).toBeUndefined()
    framework.acknowledgeOperation(framework.operationStatuses()[1] as never)
    expect(agent.operations.size).toBe(0)
  })

  test('operations of a framework that no master of this time has seen are acknowledged after a while', () => {
    const { rack, framework, agent } = aScene()
    framework.accept([framework.offer], [named('op', one)])
    rack.restartMaster()
    agent.connect()
    rack.pass(orphanAgeMs - 60_000)
    const [uuid] = agent.operations.keys()
    agent.tellOperation(uuid as string)
    expect(agent.operations.size).toBe(1)
    rack.pass(120_000)
    agent.tellOperation(uuid as string)
    expect(agent.operations.size).toBe(0)
  })

  test('what the disk of an agent still works at is pending after a failover, too', () => {
    const { rack, framework, agent } = aScene()
    framework.accept([framework.offer], [named('op', one)])
    const [[uuid, report] = []] = agent.operations
    if (uuid === undefined || report === undefined) throw new Error('an operation was expected')
    agent.operations.set(uuid, { ...report, status: { ...report.status, state: 'OPERATION_PENDING' } })
    rack.restartMaster()
    agent.connect()
    framework.subscribe()
    expect(framework.reconcileOperations({ id: 'op' })).toMatchObject([{ state: 'OPERATION_PENDING' }])
    agent.operations.set(uuid, report)
    agent.tellOperation(uuid)
    expect(framework.reconcileOperations({ id: 'op' })).toMatchObject([{ state: 'OPERATION_FINISHED' }])
  })
})

describe('R09 reconciliation', () => {
  test('the empty list is every operation with an id, with its latest state and no uuid', () => {
    const { framework, agent } = aScene()
    framework.accept([framework.offer], [named('a', one), one])
    agent.isSlow = true
    framework.accept([framework.offer], [])
    const answers = framework.reconcileOperations()
    expect(answers.map(({ operation_id, state, uuid }) => [operation_id?.value, state, uuid])).toEqual([
      ['a', 'OPERATION_FINISHED', undefined],
    ])
  })

  test('what is pending is PENDING', () => {
    const { framework, agent } = aScene()
    agent.isSlow = true
    framework.accept([framework.offer], [named('op', one)])
    expect(framework.reconcileOperations({ id: 'op' })).toMatchObject([
      { state: 'OPERATION_PENDING', agent_id: { value: agent.agentId } },
    ])
  })

  test('what is not known depends on its agent', () => {
    const { rack, framework, agent } = aScene()
    const ask = (agentId?: string) =>
      framework.reconcileOperations({ id: 'x', ...(agentId === undefined ? {} : { agentId }) })[0]?.state
    const here = agent.agentId as AgentId
    expect(ask(here)).toBe('OPERATION_UNKNOWN')
    expect(ask()).toBe('OPERATION_UNKNOWN')
    expect(ask('nobody')).toBe('OPERATION_UNKNOWN')
    rack.restartMaster()
    framework.subscribe()
    expect(ask(here)).toBe('OPERATION_RECOVERING')
    rack.pass(700_000)
    expect(ask(here)).toBe('OPERATION_UNREACHABLE')
    rack.mark({ op: 'markGone', agentId: here, uid: agent.uid, sinceMs: 0 })
    rack.restartMaster()
    framework.subscribe()
    expect(ask(here)).toBe('OPERATION_GONE_BY_OPERATOR')
  })
})

/** Offers that the framework still has. */
function liveOffers({ rack, framework }: Scene) {
  const live = new Set([...rack.view.offers()].map(({ id }) => id as string))
  return framework.offers.filter(({ id }) => live.has(id.value))
}
