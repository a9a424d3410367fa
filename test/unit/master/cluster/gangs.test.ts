import { describe, expect, test } from 'vitest'
import { gangCountMax, gangResourcesMax, holdDefaultMs } from '../../../../src/master/cluster/gang-request.ts'
import { gangsPerFrameworkMax, looksPerStepMax } from '../../../../src/master/cluster/gangs.ts'
import { frameworksMessage } from '../../../../src/master/cluster/messages.ts'
import type { Offer, Request, TepuiV1Gang } from '../../../../src/mesos/types.ts'
import { type TestAgent, TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

const attributesOf = (rack: string | null) =>
  rack === null ? [] : [{ name: 'rack', type: 'TEXT', text: { value: rack } }]

/** Machines of 4 cpus and 4096 MiB, each in the rack named. */
function machines(cluster: TestCluster, racks: readonly (string | null)[]): TestAgent[] {
  return racks.map((rack, i) => cluster.agent({ hostname: `n${i}`, attributes: attributesOf(rack) }))
}

/** A framework that is offered nothing unasked. */
function asker(cluster: TestCluster): TestScheduler {
  return cluster.framework({ roles: ['gang'] }, { suppressed_roles: ['gang'] })
}

function gang(count: number, more: Partial<TepuiV1Gang> = {}, resources = scalars({ cpus: 3 })): Request {
  return { resources, gang: { id: 'g', count, ...more } }
}

function ask(scheduler: TestScheduler, ...requests: readonly Request[]) {
  return scheduler.call({ type: 'REQUEST', request: { requests } })
}

/** Offers of each event that is marked as a whole gang. */
function gangsOf(scheduler: TestScheduler): (readonly Offer[])[] {
  return scheduler.all('OFFERS').flatMap(({ offers }) => (offers?.gang?.complete ? [offers.offers ?? []] : []))
}

const hosts = (offers: readonly Offer[]) => offers.map(({ hostname }) => hostname).sort()

describe('a gang', () => {
  test('that can be complete comes at once as one event of exactly what was asked for', () => {
    const cluster = new TestCluster()
    machines(cluster, [null, null, null])
    const scheduler = asker(cluster)
    expect(ask(scheduler, gang(3)).status).toBe(202)
    const [offers = []] = gangsOf(scheduler)
    expect(hosts(offers)).toEqual(['n0', 'n1', 'n2'])
    expect(offers.map(({ resources }) => amount(resources, 'cpus'))).toEqual([3, 3, 3])
    expect(scheduler.all('OFFERS').map(({ offers: it }) => it?.gang)).toEqual([{ id: 'g', complete: true }])
  })

  test('is accepted like other offers, each on its machine', () => {
    const cluster = new TestCluster()
    const agents = machines(cluster, [null, null])
    const scheduler = asker(cluster)
    ask(scheduler, gang(2))
    for (const [i, offer] of (gangsOf(scheduler)[0] ?? []).entries()) {
      scheduler.launch(offer, [aTaskInfo(offer, `t${i}`, { resources: scalars({ cpus: 3 }) })])
    }
    expect(agents.flatMap((agent) => [...agent.runs.keys()]).sort()).toEqual(['t0', 't1'])
    cluster.pass(holdDefaultMs * 4)
    expect(gangsOf(scheduler)).toHaveLength(1)
  })

  test('of one rack comes from the smallest rack that is large enough', () => {
    const cluster = new TestCluster()
    machines(cluster, ['a', 'b', 'b', 'c', 'c', 'c', null])
    const scheduler = asker(cluster)
    ask(scheduler, gang(2, { racks: 'SAME' }))
    expect(hosts(gangsOf(scheduler)[0] ?? [])).toEqual(['n1', 'n2'])
  })

  test('over racks has each machine in another one', () => {
    const cluster = new TestCluster()
    machines(cluster, ['a', 'a', 'b', null])
    const scheduler = asker(cluster)
    ask(scheduler, gang(2, { racks: 'SPREAD' }))
    expect(hosts(gangsOf(scheduler)[0] ?? [])).toEqual(['n0', 'n2'])
    ask(scheduler, gang(3, { id: 'h', racks: 'SPREAD' }))
    expect(gangsOf(scheduler)).toHaveLength(1)
  })

  test('waits until enough machines join', () => {
    const cluster = new TestCluster()
    machines(cluster, [null])
    const scheduler = asker(cluster)
    ask(scheduler, gang(2))
    expect(gangsOf(scheduler)).toEqual([])
    machines(cluster, [null])
    expect(gangsOf(scheduler)).toHaveLength(1)
  })

  test('takes what its role has reserved first', () => {
    const cluster = new TestCluster()
    const reserved = {
      name: 'cpus',
      type: 'SCALAR',
      scalar: { value: 2 },
      reservations: [{ type: 'STATIC', role: 'gang' }],
    }
    cluster.agent({ resourceMessages: [reserved, ...scalars({ cpus: 2, mem: 1024 })] as never })
    const scheduler = asker(cluster)
    ask(scheduler, gang(1))
    const [offers = []] = gangsOf(scheduler)
    const cpus = offers.flatMap(({ resources = [] }) => resources.filter(({ name }) => name === 'cpus'))
    expect(cpus.map(({ scalar, reservations = [] }) => [scalar?.value, reservations.length]).sort()).toEqual([
      [1, 0],
      [2, 1],
    ])
  })
})

describe('a gang that is not complete', () => {
  /** Two machines, one of them held by another framework's task. */
  function halfFree() {
    const cluster = new TestCluster()
    const [busy] = machines(cluster, [null]) as [TestAgent]
    const other = cluster.framework({ roles: ['other'] })
    other.launch(other.offer, [aTaskInfo(other.offer, 't', { resources: scalars({ cpus: 4 }) })], 1e6)
    busy.update('t', 'TASK_RUNNING')
    return { cluster, busy, other }
  }

  test('keeps what there is while others hear of it no more, and is offered when the rest is free', () => {
    const { cluster, busy, other } = halfFree()
    const scheduler = asker(cluster)
    ask(scheduler, gang(2))
    const before = other.offers.length
    machines(cluster, [null])
    cluster.pass(5_000)
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([1])
    expect(other.offers.slice(before).filter(({ resources }) => amount(resources, 'cpus') > 1)).toEqual([])
    expect(scheduler.offers).toEqual([])
    busy.update('t', 'TASK_FINISHED')
    cluster.settle()
    expect(hosts(gangsOf(scheduler)[0] ?? [])).toEqual(['n0', 'n0'])
  })

  test('lets go after its hold time and rests as long, so that others get their turn', () => {
    const { cluster, other } = halfFree()
    const scheduler = asker(cluster)
    ask(scheduler, gang(2, { hold_seconds: 10 }))
    machines(cluster, [null])
    cluster.pass(9_000)
    expect(other.offers.filter(({ resources }) => amount(resources, 'cpus') > 2)).toHaveLength(1)
    cluster.pass(3_000)
    expect(other.offers.filter(({ resources }) => amount(resources, 'cpus') > 2)).toHaveLength(2)
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([0])
    other.decline(other.offer, 60)
    cluster.pass(12_000)
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([1])
  })

  test('asked for again unchanged goes on as it is; changed, it rests as long as it had kept machines', () => {
    const { cluster, other } = halfFree()
    const kept = () => [...cluster.view.gangs()].map((it) => it.kept.size)
    const scheduler = asker(cluster)
    ask(scheduler, gang(2, { hold_seconds: 10 }))
    machines(cluster, [null])
    cluster.pass(8_000)
    ask(scheduler, gang(2, { hold_seconds: 10 }))
    expect(kept()).toEqual([1])
    cluster.pass(3_000)
    expect(kept()).toEqual([0])
    other.decline(other.offer, 600)
    cluster.pass(10_000)
    expect(kept()).toEqual([1])
    cluster.pass(4_000)
    ask(scheduler, gang(2, { hold_seconds: 11 }))
    cluster.pass(3_000)
    expect(kept()).toEqual([0])
    cluster.pass(3_000)
    expect(kept()).toEqual([1])
  })

  test('keeps nothing where there are too few machines for it at all', () => {
    const cluster = new TestCluster()
    machines(cluster, ['a', 'b'])
    const scheduler = asker(cluster)
    ask(scheduler, gang(3), gang(2, { id: 'h', racks: 'SAME' }))
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([0, 0])
  })

  test('does not keep what another gang needs to be complete: one at a time keeps', () => {
    const cluster = new TestCluster()
    machines(cluster, [null, null])
    const holder = cluster.framework({ roles: ['other'] })
    const first = asker(cluster)
    const second = asker(cluster)
    ask(first, gang(2, { id: 'one' }))
    ask(second, gang(2, { id: 'two' }))
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([0, 0])
    holder.decline(holder.offers[0] as Offer, 1e6)
    cluster.pass(2_000)
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([1, 0])
    holder.decline(holder.offers[1] as Offer, 1e6)
    cluster.pass(2_000)
    expect([gangsOf(first).length, gangsOf(second).length]).toEqual([1, 0])
  })

  test('loses what it kept with the machine, and goes on', () => {
    const { cluster } = halfFree()
    const scheduler = asker(cluster)
    ask(scheduler, gang(2))
    const [late] = machines(cluster, [null]) as [TestAgent]
    late.cut()
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([0])
    expect(scheduler.all('RESCIND')).toEqual([])
    late.connect()
    cluster.pass(2_000)
    expect([...cluster.view.gangs()].map(({ kept }) => kept.size)).toEqual([1])
  })

  test('cannot be accepted or declined before it was told', () => {
    const { cluster } = halfFree()
    const scheduler = asker(cluster)
    ask(scheduler, gang(2))
    machines(cluster, [null])
    const [kept] = [...cluster.view.gangs()].flatMap(({ kept: offers }) => [...offers.values()])
    const id = { value: kept?.id ?? '' }
    const task = aTaskInfo({ agent_id: { value: kept?.agentId ?? '' } }, 'thief')
    scheduler.accept([{ id }], [{ type: 'LAUNCH', launch: { task_infos: [task] } }])
    expect(scheduler.update('thief').state).toBe('TASK_DROPPED')
    scheduler.call({ type: 'DECLINE', decline: { offer_ids: [id] } })
    expect([...cluster.view.gangs()].map(({ kept: offers }) => offers.size)).toEqual([1])
  })

  test.each([
    ['its framework takes it back', (it: TestScheduler) => ask(it, { gang: { id: 'g', count: 0 } })],
    ['its scheduler leaves', (it: TestScheduler) => it.close()],
    ['its scheduler is replaced', (it: TestScheduler) => it.subscribe({ suppressed_roles: ['gang'] })],
    ['its framework ends', (it: TestScheduler) => it.call({ type: 'TEARDOWN' })],
    [
      'its framework leaves the role',
      (it: TestScheduler) => {
        const framework_info = { ...it.info, roles: ['elsewhere'] }
        it.call({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info, suppressed_roles: ['elsewhere'] } })
      },
    ],
  ])('is forgotten when %s, and what it kept is free', (_what, end) => {
    const { cluster, other } = halfFree()
    const scheduler = cluster.framework({ roles: ['gang'], failover_timeout: 600 }, { suppressed_roles: ['gang'] })
    ask(scheduler, gang(2))
    machines(cluster, [null])
    end(scheduler)
    cluster.pass(2_000)
    expect([...cluster.view.gangs()]).toEqual([])
    expect(other.offers.filter(({ resources }) => amount(resources, 'cpus') > 2)).toHaveLength(2)
  })
})

describe('a request', () => {
  test('without a gang is 202 and asks nothing, as Mesos has it', () => {
    const cluster = new TestCluster()
    const scheduler = asker(cluster)
    expect(ask(scheduler, { resources: scalars({ cpus: 1 }) }).status).toBe(202)
    expect([...cluster.view.gangs()]).toEqual([])
  })

  test.each<[string, Request, RegExp]>([
    ['without resources', gang(2, {}, []), /resources of each machine/],
    ['of too many machines', gang(gangCountMax + 1), /at most 256/],
    ['in a role that is not its own', gang(2, { role: 'other' }), /role/],
    ['with an id that is none', gang(2, { id: 'a/b' }), /id/],
    ['with a wish that is none', gang(2, { labels: { labels: [{ key: 'tepui.numa', value: 'near' }] } }), /tepui.numa/],
    [
      'with reserved resources',
      gang(
        2,
        {},
        scalars({ cpus: 1 }).map((item) => ({ ...item, role: 'gang' })),
      ),
      /cpus/,
    ],
    [
      'of more resources than every agent is asked for',
      gang(2, {}, scalars(Object.fromEntries(Array.from({ length: gangResourcesMax + 1 }, (_, i) => [`r${i}`, 1])))),
      /at most 32/,
    ],
    ['that keeps for ever', gang(2, { hold_seconds: 1e9 }), /hold_seconds/],
    ['of one machine by name', { ...gang(2), agent_id: { value: 'a' } }, /agent_id/],
  ])('%s is 400 with the reason, and nothing of it is taken', (_what, request, why) => {
    const cluster = new TestCluster()
    const scheduler = asker(cluster)
    const answer = ask(scheduler, gang(5, { id: 'fine' }), request)
    expect([answer.status, answer.message]).toEqual([400, expect.stringMatching(why)])
    expect([...cluster.view.gangs()]).toEqual([])
  })

  test('for more gangs than one framework may have is 400', () => {
    const cluster = new TestCluster()
    const scheduler = asker(cluster)
    const many = Array.from({ length: gangsPerFrameworkMax + 1 }, (_, i) => gang(2, { id: `g${i}` }))
    expect(ask(scheduler, ...many).status).toBe(400)
  })

  test('that names a gang twice is 400: however often it is written, it is looked for once', () => {
    const cluster = new TestCluster()
    const scheduler = asker(cluster)
    expect(ask(scheduler, gang(5), gang(6))).toMatchObject({ status: 400, message: /named twice/ })
  })

  test('of a known id replaces it', () => {
    const cluster = new TestCluster()
    const scheduler = asker(cluster)
    ask(scheduler, gang(5))
    ask(scheduler, gang(6))
    expect([...cluster.view.gangs()].map(({ count }) => count)).toEqual([6])
  })
})

test('what is kept for a gang is shown to nobody as an offer; offers that are held show since when', () => {
  const cluster = new TestCluster()
  machines(cluster, [null])
  const holder = cluster.framework({ roles: ['other'] })
  const sentMs = cluster.nowMs
  cluster.pass(5_000)
  const scheduler = asker(cluster)
  ask(scheduler, gang(2))
  machines(cluster, [null])
  const shown = frameworksMessage(cluster.view).frameworks ?? []
  const of = (it: TestScheduler) => shown.find(({ framework_info }) => framework_info.id?.value === it.id)
  expect([...cluster.view.gangs()][0]?.kept.size).toBe(1)
  expect(of(scheduler)).toMatchObject({ offers: [] })
  expect(of(holder)?.offers_since).toEqual({ nanoseconds: BigInt(sentMs) * 1_000_000n })
})

test('of many gangs some are looked at in each step, and all of them without other news', () => {
  const cluster = new TestCluster()
  const agents = machines(
    cluster,
    Array.from({ length: 40 }, () => null),
  )
  const scheduler = asker(cluster)
  cluster.pass(5_000)
  const small = scalars({ cpus: 0.01 })
  ask(scheduler, ...Array.from({ length: gangsPerFrameworkMax }, (_, i) => gang(1, { id: `g${i}` }, small)))
  expect(gangsOf(scheduler)).toHaveLength(looksPerStepMax / agents.length)
  cluster.settle()
  expect(gangsOf(scheduler)).toHaveLength(gangsPerFrameworkMax)
})
