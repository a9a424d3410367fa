import { describe, expect, test } from 'vitest'
import { refusalsLoggedMax } from '../../../../src/master/cluster/refusals.ts'
import type { OfferOperation, TaskInfo } from '../../../../src/mesos/types.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

const modern = [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }] as const
const old = [{ type: 'MULTI_ROLE' }] as const

function launchOf(...tasks: TaskInfo[]): OfferOperation {
  return { type: 'LAUNCH', launch: { task_infos: tasks } }
}

describe('offers that may not be used', () => {
  test.each([
    ['DROPPED', modern],
    ['LOST', old],
  ])('C20 offers of two agents at once: %s, and both go back', (state, capabilities) => {
    const rack = new TestCluster()
    rack.agent()
    rack.agent()
    const framework = rack.framework({ capabilities })
    const offers = framework.offers
    const [offer] = offers
    if (offer === undefined) throw new Error('an offer was expected')
    framework.accept(offers, [launchOf(aTaskInfo(offer, 't'))])
    const [status] = framework.updates('t')
    expect(status).toMatchObject({
      state: `TASK_${state}`,
      source: 'SOURCE_MASTER',
      reason: 'REASON_INVALID_OFFERS',
    })
    expect(status?.uuid).toBeUndefined()
    rack.pass(1_000)
    expect(framework.offers).toHaveLength(4)
  })

  test('C22 offers of two roles at once: DROPPED', () => {
    const rack = new TestCluster()
    rack.agent({
      resourceMessages: [
        { name: 'cpus', type: 'SCALAR', scalar: { value: 4 } },
        { name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, reservations: [{ type: 'STATIC', role: 'b' }] },
      ],
    })
    const framework = rack.framework({ roles: ['a', 'b'] })
    expect(new Set(framework.offers.map((offer) => offer.allocation_info?.role)).size).toBe(2)
    framework.accept(framework.offers, [launchOf(aTaskInfo(framework.offer, 't'))])
    expect(framework.update('t').reason).toBe('REASON_INVALID_OFFERS')
  })

  test.each([
    ['none', () => []],
    ['an unknown one', () => [{ id: { value: 'x' } }]],
    ['one twice', (own: readonly { id: { value: string } }[]) => [...own, ...own]],
    [
      'an unknown one beside a good one',
      (own: readonly { id: { value: string } }[]) => [...own, { id: { value: 'x' } }],
    ],
  ])('%s: DROPPED, and what is good of them goes back without a filter', (_what, choose) => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    const offer = framework.offer
    const chosen = choose(framework.offers)
    framework.accept(chosen, [launchOf(aTaskInfo(offer, 't'))], 3600)
    expect(framework.update('t')).toMatchObject({ state: 'TASK_DROPPED', reason: 'REASON_INVALID_OFFERS' })
    rack.pass(1_000)
    const isUsed = chosen.some(({ id }) => id.value === offer.id.value)
    expect(framework.offers).toHaveLength(isUsed ? 2 : 1)
  })

  test('an offer of another framework is refused and stays with its owner', () => {
    const rack = new TestCluster()
    rack.agent()
    const owner = rack.framework()
    const thief = rack.framework()
    thief.accept(owner.offers, [launchOf(aTaskInfo(owner.offer, 't'))])
    expect(thief.update('t').reason).toBe('REASON_INVALID_OFFERS')
    owner.launch(owner.offer, [aTaskInfo(owner.offer, 'mine')])
    expect(owner.updates('mine')).toEqual([])
  })

  test('an offer of an agent that went away is no longer valid', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    const { offer } = framework
    agent.cut()
    expect(framework.all('RESCIND')).toHaveLength(1)
    framework.launch(offer, [aTaskInfo(offer, 't')])
    expect(framework.update('t')).toMatchObject({ state: 'TASK_DROPPED', reason: 'REASON_INVALID_OFFERS' })
  })

  test('an operation with an id is told, one without is not', () => {
    const rack = new TestCluster()
    const framework = rack.framework()
    framework.accept(
      [],
      [
        { type: 'RESERVE', reserve: {} },
        { type: 'CREATE', id: { value: 'op' }, create: {} },
      ],
    )
    expect(
      framework.all('UPDATE_OPERATION_STATUS').map((event) => event.update_operation_status?.status),
    ).toMatchObject([{ operation_id: { value: 'op' }, state: 'OPERATION_ERROR' }])
  })
})

describe('operations', () => {
  test('they work on what the ones before left; a failing one stops nothing', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    const task = (id: string, cpus: number) => aTaskInfo(framework.offer, id, { resources: scalars({ cpus }) })
    framework.accept(framework.offers, [
      launchOf(task('a', 3)),
      { type: 'RESERVE', id: { value: 'r' }, reserve: { resources: [] } },
      launchOf(task('b', 3), task('c', 1)),
    ])
    expect(framework.updates().map(({ task_id, state }) => [task_id.value, state])).toEqual([['b', 'TASK_ERROR']])
    expect(framework.all('UPDATE_OPERATION_STATUS')).toHaveLength(1)
    expect([...(rack.view.framework(framework.id)?.tasks.keys() ?? [])]).toEqual(['a', 'c'])
  })

  test('C14 an operation with an id on an agent without feedback is OPERATION_ERROR, and its offer goes back', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ principal: 'p' })
    const resources = [
      {
        name: 'cpus',
        type: 'SCALAR' as const,
        scalar: { value: 1 },
        reservations: [{ type: 'DYNAMIC' as const, role: 'test', principal: 'p' }],
      },
    ]
    framework.accept(framework.offers, [{ type: 'RESERVE', id: { value: 'op' }, reserve: { resources } }], 0)
    expect(framework.all('UPDATE_OPERATION_STATUS')[0]?.update_operation_status?.status).toEqual({
      operation_id: { value: 'op' },
      state: 'OPERATION_ERROR',
      message: 'an operation with an id needs the agent capability AGENT_OPERATION_FEEDBACK',
      agent_id: { value: agent.agentId },
    })
    rack.pass(1_000)
    expect(amount(framework.offer.resources, 'cpus')).toBe(4)
  })

  test('C13 a launch with an operation id is TASK_ERROR', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.accept(framework.offers, [{ ...launchOf(aTaskInfo(framework.offer, 't')), id: { value: 'op' } }])
    expect(framework.update('t')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
    expect(framework.all('UPDATE_OPERATION_STATUS')).toEqual([])
  })

  test('an operation of no known type is refused where somebody waits for it', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.accept(framework.offers, [{ id: { value: 'op' } }, {}])
    expect(framework.all('UPDATE_OPERATION_STATUS')).toHaveLength(1)
  })

  test('no operation at all declines', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.accept(framework.offers, [], 60)
    rack.pass(59_000)
    expect(framework.offers).toHaveLength(1)
    rack.pass(2_000)
    expect(framework.offers).toHaveLength(2)
  })

  test('two offers of one agent are one room', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 'a', { resources: scalars({ cpus: 2 }) })], 3600)
    framework.call({ type: 'REVIVE' })
    rack.settle()
    const [, rest] = framework.offers
    agent.update('a', 'TASK_FINISHED')
    rack.settle()
    const [, , freed] = framework.offers
    if (rest === undefined || freed === undefined) throw new Error('two offers were expected')
    framework.accept([rest, freed], [launchOf(aTaskInfo(freed, 'b', { resources: scalars({ cpus: 4 }) }))])
    expect(framework.updates('b')).toEqual([])
    expect(agent.runs.has('b')).toBe(true)
  })
})

describe('very many refusals in one ACCEPT', () => {
  const count = 200
  const reserve: OfferOperation = { type: 'RESERVE', reserve: { resources: scalars({ cpus: 1 }) } }
  const named = (_: unknown, i: number): OfferOperation => ({ ...reserve, id: { value: `o${i}` } })

  test.each([
    ['that may be used', 1],
    ['that may not, as it is listed twice,', 2],
  ])('for an offer %s are all answered; the log has the first and how many more there were', (_claim, times) => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    const { offer } = framework
    const tasks = Array.from({ length: count }, (_, i) => aTaskInfo(offer, `t${i}`, { resources: [] }))
    const operations = [launchOf(...tasks), ...Array.from({ length: count }, named)]
    framework.accept(
      Array.from({ length: times }, () => offer),
      operations,
    )
    expect(framework.updates()).toHaveLength(count)
    expect(framework.operationStatuses()).toHaveLength(count)
    expect(rack.logged.get('operation.rejected')).toBe(refusalsLoggedMax + 1)
    expect(rack.logged.get('task.rejected')).toBe(times === 1 ? refusalsLoggedMax + 1 : undefined)
  })

  test('few are logged each by itself', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.accept([framework.offer], Array.from({ length: refusalsLoggedMax }, named))
    expect(rack.logged.get('operation.rejected')).toBe(refusalsLoggedMax)
  })
})
