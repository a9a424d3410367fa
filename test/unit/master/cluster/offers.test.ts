import { describe, expect, test } from 'vitest'
import { refuseDefaultMs, refuseMaxMs, refuseMsOf } from '../../../../src/master/cluster/offers.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

describe('what an offer says', () => {
  test('it carries host, url, attributes and the role it is allocated to', () => {
    const rack = new TestCluster()
    const agent = rack.agent({
      hostname: 'm1',
      attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
    })
    const framework = rack.framework()
    expect(framework.offer).toEqual({
      id: { value: `${rack.masterId}-O0` },
      framework_id: { value: framework.id },
      agent_id: { value: agent.agentId },
      hostname: 'm1',
      url: { scheme: 'http', address: { hostname: 'm1', ip: '10.0.0.1', port: 5051 }, path: '/slave(1)' },
      resources: [
        { name: 'cpus', type: 'SCALAR', scalar: { value: 4 }, allocation_info: { role: 'test' } },
        { name: 'disk', type: 'SCALAR', scalar: { value: 10_000 }, allocation_info: { role: 'test' } },
        { name: 'mem', type: 'SCALAR', scalar: { value: 4096 }, allocation_info: { role: 'test' } },
      ],
      attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
      executor_ids: [],
      allocation_info: { role: 'test' },
    })
  })

  test('without RESERVATION_REFINEMENT resources come in the older format', () => {
    const rack = new TestCluster()
    rack.agent({
      resourceMessages: [
        { name: 'cpus', type: 'SCALAR', scalar: { value: 4 } },
        { name: 'mem', type: 'SCALAR', scalar: { value: 64 }, reservations: [{ type: 'STATIC', role: 'test' }] },
      ],
    })
    const framework = rack.framework({ capabilities: [{ type: 'MULTI_ROLE' }] })
    expect(framework.offer.resources?.map(({ name, role, reservations }) => ({ name, role, reservations }))).toEqual([
      { name: 'cpus', role: '*', reservations: undefined },
      { name: 'mem', role: 'test', reservations: undefined },
    ])
  })

  test('C15 two agents make offers of two distinct agents, in one event', () => {
    const rack = new TestCluster()
    rack.agent()
    rack.agent()
    const framework = rack.framework()
    expect(new Set(framework.offers.map((offer) => offer.agent_id.value)).size).toBe(2)
    expect(framework.all('OFFERS')).toHaveLength(1)
  })

  test('C27 a framework of two roles gets offers of either', () => {
    const rack = new TestCluster()
    rack.agent()
    rack.agent()
    const framework = rack.framework({ roles: ['a', 'b'] })
    expect(framework.offers.map((offer) => offer.allocation_info?.role).sort()).toEqual(['a', 'b'])
  })

  test('an event holds no more offers than it may', () => {
    const rack = new TestCluster({ offersPerEventMax: 2 })
    for (let i = 0; i < 5; i++) rack.agent()
    expect(
      rack
        .framework()
        .all('OFFERS')
        .map((event) => event.offers?.offers?.length),
    ).toEqual([2, 2, 1])
  })

  test('an event stays far below the 4 MiB that clients take, however much agents say of themselves', () => {
    const rack = new TestCluster()
    const text = { value: 'x'.repeat(60_000) }
    for (let i = 0; i < 80; i++) rack.agent({ attributes: [{ name: 'note', type: 'TEXT', text }] })
    const events = rack.framework().all('OFFERS')
    expect(events.flatMap((event) => event.offers?.offers ?? [])).toHaveLength(80)
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(4 * 1024 * 1024)
  })
})

describe('declining', () => {
  test('C06 refused for no time, the same comes again with the next allocation', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.decline(framework.offer, 0)
    expect(framework.offers).toHaveLength(1)
    rack.pass(1_000)
    expect(framework.offers).toHaveLength(2)
    expect(framework.offer.resources).toEqual(framework.offers[0]?.resources)
  })

  test('a scheduler that always refuses for no time is asked once in an allocation interval, not as fast as it answers', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    for (let i = 0; i < 50; i++) {
      framework.decline(framework.offer, 0)
      rack.pass(100)
    }
    expect(framework.offers.length).toBeLessThanOrEqual(6)
  })

  test('by default the same offer comes back after 5 to 6 s', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.decline(framework.offer)
    rack.pass(4_999)
    expect(framework.offers).toHaveLength(1)
    rack.pass(1_001)
    expect(framework.offers).toHaveLength(2)
  })

  test.each([
    ['an absent time is 5 s', undefined, refuseDefaultMs],
    ['a negative time is 5 s', -1, refuseDefaultMs],
    ['nonsense is 5 s', Number.NaN, refuseDefaultMs],
    ['none is none', 0, 0],
    ['more than a year is a year', Number.POSITIVE_INFINITY, refuseMaxMs],
    ['what is said', 1.5, 1_500],
  ])('refuse_seconds: %s', (_claim, seconds, ms) => {
    expect(refuseMsOf(seconds === undefined ? undefined : { refuse_seconds: seconds })).toBe(ms)
  })

  test('C07 REVIVE ends an hour of refusal at once', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.decline(framework.offer, 3600)
    rack.pass(10_000)
    expect(framework.offers).toHaveLength(1)
    expect(framework.call({ type: 'REVIVE' }).status).toBe(202)
    rack.settle()
    expect(framework.offers).toHaveLength(2)
  })

  test('C08 SUPPRESS stops offers and frees nothing that is held; REVIVE brings them back', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.call({ type: 'SUPPRESS' })
    framework.decline(framework.offer, 0)
    rack.pass(10_000)
    expect(framework.offers).toHaveLength(1)
    framework.call({ type: 'REVIVE' })
    rack.settle()
    expect(framework.offers).toHaveLength(2)
  })

  test('C10 a subscription that suppresses all its roles gets no offers', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework({}, { suppressed_roles: ['test'] })
    rack.pass(10_000)
    expect(framework.offers).toEqual([])
  })

  test('REVIVE of a role that is not its own does nothing, not even for the others named', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.decline(framework.offer, 3600)
    expect(framework.call({ type: 'REVIVE', revive: { roles: ['test', 'other'] } }).status).toBe(202)
    rack.pass(5_000)
    expect(framework.offers).toHaveLength(1)
  })

  test('an offer of another framework cannot be declined', () => {
    const rack = new TestCluster()
    rack.agent()
    const owner = rack.framework()
    const thief = rack.framework()
    thief.decline(owner.offer, 0)
    expect(rack.view.offer(owner.offer.id.value as never)).toBeDefined()
  })
})

describe('where resources go', () => {
  test('C16 what a framework leaves behind is offered to another, once its tasks have ended', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const first = rack.framework()
    const second = rack.framework()
    first.launch(first.offer, [aTaskInfo(first.offer, 't', { resources: scalars({ cpus: 3, mem: 64 }) })], 3600)
    first.call({ type: 'TEARDOWN' })
    rack.pass(1_000)
    expect(amount(second.offer.resources, 'cpus')).toBe(1)
    agent.update('t', 'TASK_KILLED')
    rack.pass(1_000)
    expect(second.offers.slice(1).map((offer) => amount(offer.resources, 'cpus'))).toEqual([3])
  })

  test('C17 what a launch did not use is offered again after the filter', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources: scalars({ cpus: 1 }) })])
    rack.pass(6_000)
    expect(amount(framework.offer.resources, 'cpus')).toBe(3)
  })

  test('a new agent is offered at once', () => {
    const rack = new TestCluster()
    const framework = rack.framework()
    rack.agent()
    expect(framework.offers).toHaveLength(1)
  })
})

describe('an offer that nobody answers', () => {
  test('C23 is taken back after offer_timeout and made again', () => {
    const rack = new TestCluster({ offerTimeoutMs: 30_000 })
    rack.agent()
    const framework = rack.framework()
    rack.pass(30_000)
    expect(framework.all('RESCIND')).toMatchObject([{ rescind: { offer_id: framework.offers[0]?.id } }])
    rack.pass(1_000)
    expect(framework.offers).toHaveLength(2)
  })

  test('C24 an offer that was used or declined in time is not taken back', () => {
    const rack = new TestCluster({ offerTimeoutMs: 30_000 })
    rack.agent()
    rack.agent()
    const framework = rack.framework()
    const [one, two] = framework.offers
    if (one === undefined || two === undefined) throw new Error('two offers were expected')
    framework.launch(one, [aTaskInfo(one, 't')], 3600)
    framework.decline(two, 3600)
    rack.pass(60_000)
    expect(framework.all('RESCIND')).toEqual([])
  })
})

test('who hoards offers keeps nobody else from the only machine: an offer that expired goes to others first', () => {
  const rack = new TestCluster({ offerTimeoutMs: 10_000 })
  const agent = rack.agent({ resources: { cpus: 4, mem: 4096 } })
  const worker = rack.framework({ roles: ['worker'] })
  worker.run(agent, 't', { resources: scalars({ cpus: 1, mem: 64 }) })
  const hoarder = rack.framework({ roles: ['hoarder'] })
  const before = worker.offers.length
  worker.decline(worker.offer, 0)
  rack.pass(60_000)
  expect(hoarder.offers.length).toBeGreaterThan(0)
  expect(worker.offers.length).toBeGreaterThan(before)
})
