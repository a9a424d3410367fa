import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../../src/master/cluster/timers.ts'
import type { QuotaConfig } from '../../../../src/mesos/types.ts'
import { TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

type Sums = Readonly<Record<string, number>>

const amounts = (sums: Sums) => Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, { value }]))

function config(role: string, { guarantees, limits }: { guarantees?: Sums; limits?: Sums } = {}): QuotaConfig {
  return {
    role,
    ...(guarantees && { guarantees: amounts(guarantees) }),
    ...(limits && { limits: amounts(limits) }),
  }
}

type Way = { readonly force?: boolean; readonly legacy?: 'set' | 'remove' }

function update(rack: TestCluster, configs: readonly QuotaConfig[], { force = false, legacy }: Way = {}) {
  const answer = rack.request((requestId) => ({
    kind: 'updateQuota',
    requestId,
    configs,
    force,
    legacy: legacy ?? null,
  }))
  rack.settle()
  return answer
}

/** What a framework is offered now. */
function offered(rack: TestCluster, framework: TestScheduler, name: string): number {
  const own = [...rack.view.offers()].filter((offer) => offer.frameworkId === framework.id)
  return own.reduce((sum, offer) => {
    const items = offer.resources.filter((item) => item.name === name && item.value.kind === 'scalar')
    return sum + items.reduce((total, { value }) => total + (value.kind === 'scalar' ? value.milli / 1000 : 0), 0)
  }, 0)
}

const run = (framework: TestScheduler, taskId: string, cpus: number) =>
  framework.launch(framework.offer, [aTaskInfo(framework.offer, taskId, { resources: scalars({ cpus, mem: 64 }) })], 0)

const quotasOf = (rack: TestCluster) => Object.fromEntries(rack.view.quotas())

describe('what quota may be', () => {
  test.each<[string, QuotaConfig]>([
    ['of a nested role (Q06)', config('a/b', { limits: { cpus: 1 } })],
    ['of what is no role', config('-a', { limits: { cpus: 1 } })],
    ['of no role', config('', { limits: { cpus: 1 } })],
    ['a guarantee above its limit', config('a', { guarantees: { cpus: 2 }, limits: { cpus: 1 } })],
    ['a negative guarantee', config('a', { guarantees: { cpus: -1 } })],
    ['a negative limit', config('a', { limits: { cpus: -1 } })],
    ['beyond any cluster', config('a', { limits: { cpus: 1e30 } })],
    ['no number', config('a', { limits: { cpus: Number.NaN } })],
    ['endless', config('a', { limits: { cpus: Number.POSITIVE_INFINITY } })],
    ['of a resource without a name', config('a', { limits: { '': 1 } })],
    [
      'of very many resources',
      config('a', { limits: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`r${i}`, 1])) }),
    ],
    ['more guaranteed than there is', config('a', { guarantees: { cpus: 9 } })],
    ['guaranteed what nobody has', config('a', { guarantees: { constructor: 1 } })],
    ['of a role that is named twice', config('good', { limits: { cpus: 2 } })],
  ])('Q01 one that is %s refuses the whole request', (_claim, bad) => {
    const rack = new TestCluster()
    rack.agent()
    rack.agent()
    const answer = update(rack, [config('good', { limits: { cpus: 1 } }), bad])
    expect(answer).toMatchObject({ status: 400, message: expect.stringMatching(/\S/) })
    expect(quotasOf(rack)).toEqual({})
    rack.restartMaster()
    expect(quotasOf(rack)).toEqual({})
  })

  test('several roles are set, changed and removed by one request, and it outlives the master', () => {
    const rack = new TestCluster()
    rack.agent()
    update(rack, [config('a', { limits: { cpus: 1 } }), config('b', { limits: { cpus: 1.0004, gpus: 0 } })])
    expect(quotasOf(rack)).toEqual({
      a: { guarantees: {}, limits: { cpus: 1000 } },
      b: { guarantees: {}, limits: { cpus: 1000, gpus: 0 } },
    })
    expect(update(rack, [config('a'), config('*', { guarantees: { cpus: 1, mem: 0 } })]).status).toBe(200)
    const left = {
      '*': { guarantees: { cpus: 1000 }, limits: {} },
      b: { guarantees: {}, limits: { cpus: 1000, gpus: 0 } },
    }
    expect(quotasOf(rack)).toEqual(left)
    rack.restartMaster()
    expect(quotasOf(rack)).toEqual(left)
  })

  test('all quotas together name a bounded number of resources; what is removed leaves room', () => {
    const rack = new TestCluster()
    const limits = (from: number) => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`r${from + i}`, 1]))
    const many = ['a', 'b', 'c'].map((role, i) => config(role, { limits: limits(100 * i) }))
    expect(update(rack, many)).toMatchObject({ status: 400, message: expect.stringMatching(/at most 256/) })
    expect(update(rack, many.slice(0, 2)).status).toBe(200)
    expect(update(rack, many.slice(2)).status).toBe(400)
    expect(update(rack, [config('a'), ...many.slice(2)]).status).toBe(200)
  })

  test('where the operator names the roles, others get no quota', () => {
    const rack = new TestCluster({ policy: { ...defaultPolicy, roles: new Set(['a']) } })
    expect(update(rack, [config('b', { limits: { cpus: 1 } })]).status).toBe(400)
    expect(update(rack, [config('a', { limits: { cpus: 1 } })]).status).toBe(200)
  })

  test('all guarantees together must fit into the cluster, those that are set already too, unless forced', () => {
    const rack = new TestCluster()
    rack.agent()
    expect(update(rack, [config('a', { guarantees: { cpus: 3 } })]).status).toBe(200)
    expect(update(rack, [config('b', { guarantees: { cpus: 2 } })]).status).toBe(400)
    expect(update(rack, [config('b', { guarantees: { cpus: 1 } })]).status).toBe(200)
    expect(update(rack, [config('b', { guarantees: { cpus: 2 } })], { force: true }).status).toBe(200)
    // What is lowered needs no room.
    expect(update(rack, [config('a', { guarantees: { cpus: 2.5 } })]).status).toBe(200)
  })

  test('a limit below what tasks hold and what is reserved is refused unless forced; offers are taken back instead', () => {
    const rack = new TestCluster()
    rack.agent({
      resourceMessages: [
        ...scalars({ cpus: 4, mem: 4096 }),
        { name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, reservations: [{ type: 'STATIC', role: 'a' }] },
      ],
    })
    const framework = rack.framework({ roles: ['a'] })
    run(framework, 't', 2)
    rack.pass(1_000)
    // Whatever the task took: 2 cpus, of which the reserved one may be one or not.
    const consumed = [...rack.view.roles()].find(({ name }) => name === 'a')?.consumed.cpus ?? 0
    expect(update(rack, [config('a', { limits: { cpus: consumed / 1000 - 0.5 } })]).status).toBe(400)
    expect(update(rack, [config('a', { limits: { cpus: consumed / 1000 } })]).status).toBe(200)
    expect(update(rack, [config('a', { limits: { cpus: 0.1 } })], { force: true }).status).toBe(200)
  })

  test('Q05 the older calls: set needs a role without quota, remove one with; 409 where there is no room', () => {
    const rack = new TestCluster()
    rack.agent()
    const both = (cpus: number) => [config('a', { guarantees: { cpus }, limits: { cpus } })]
    expect(update(rack, both(9), { legacy: 'set' }).status).toBe(409)
    expect(update(rack, both(2), { legacy: 'set' }).status).toBe(200)
    expect(update(rack, both(1), { legacy: 'set' }).status).toBe(400)
    expect(update(rack, both(1), { legacy: 'set', force: true }).status).toBe(400)
    expect(update(rack, [config('a')], { legacy: 'remove' }).status).toBe(200)
    expect(update(rack, [config('a')], { legacy: 'remove' }).status).toBe(400)
    expect(update(rack, both(9), { legacy: 'set', force: true }).status).toBe(200)
  })
})

describe('what quota does to offers', () => {
  test('Q04 offers of a role beyond its new limit are taken back, and no more than that', () => {
    const rack = new TestCluster()
    for (let i = 0; i < 3; i++) rack.agent({ capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'] })
    const framework = rack.framework({ roles: ['a/b'] })
    expect(offered(rack, framework, 'cpus')).toBe(12)
    update(rack, [config('a', { limits: { cpus: 8 } })])
    expect(framework.all('RESCIND')).toHaveLength(1)
    expect(offered(rack, framework, 'cpus')).toBe(8)
    update(rack, [config('a', { limits: { mem: 100_000 } })])
    expect(framework.all('RESCIND')).toHaveLength(1)
  })

  test('Q04 a guarantee takes back enough of what others are offered, and its role gets it', () => {
    const rack = new TestCluster()
    for (let i = 0; i < 3; i++) rack.agent()
    const hoarder = rack.framework({ roles: ['b'] })
    const framework = rack.framework({ roles: ['a'] })
    expect(offered(rack, hoarder, 'cpus')).toBe(12)
    update(rack, [config('a', { guarantees: { cpus: 6 } })])
    expect(hoarder.all('RESCIND')).toHaveLength(2)
    expect(offered(rack, framework, 'cpus')).toBeGreaterThanOrEqual(6)
  })

  test('Q04 a guarantee that is met takes nothing back', () => {
    const rack = new TestCluster()
    const frameworks = ['a', 'b'].map((role) => rack.framework({ roles: [role] }))
    rack.agent()
    rack.agent()
    for (const framework of frameworks) run(framework, `t-${framework.info.roles?.[0]}`, 2)
    rack.pass(1_000)
    update(rack, [config('a', { guarantees: { cpus: 2 } })])
    expect(frameworks.flatMap((framework) => framework.all('RESCIND'))).toEqual([])
  })

  test('a guarantee of what nobody is offered takes no more back than covers the rest of it', () => {
    const rack = new TestCluster()
    for (let i = 0; i < 3; i++) rack.agent()
    const hoarder = rack.framework({ roles: ['b'] })
    update(rack, [config('a', { guarantees: { cpus: 6, gpus: 1 } })], { force: true })
    expect(hoarder.all('RESCIND')).toHaveLength(2)
  })

  test('a guarantee takes something back for each framework of its role, and nothing that its role is offered', () => {
    const rack = new TestCluster()
    for (let i = 0; i < 6; i++) rack.machine()
    const hoarder = rack.framework({ roles: ['b'] })
    const own = [0, 1].map(() => rack.framework({ roles: ['a'] }))
    for (const agent of rack.agents) agent.connect()
    rack.settle()
    expect(offered(rack, hoarder, 'cpus')).toBe(12)
    update(rack, [config('a', { guarantees: { cpus: 13 } })])
    expect(hoarder.all('RESCIND')).toHaveLength(2)
    expect(own.flatMap((framework) => framework.all('RESCIND'))).toEqual([])
  })

  test('very many guarantees of what nobody is offered cost little', () => {
    const rack = new TestCluster()
    rack.framework({ roles: ['b'] })
    for (let i = 0; i < 300; i++) rack.machine()
    for (const agent of rack.agents) agent.connect()
    rack.settle()
    const configs = Array.from({ length: 10_000 }, (_, i) => config(`r${i}`, { guarantees: { gpus: 1 } }))
    const began = process.cpuUsage()
    expect(update(rack, configs, { force: true }).status).toBe(200)
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(1)
  })

  test('A20 a role at its limit gets no more; without quota it shares again', () => {
    const rack = new TestCluster()
    rack.agent()
    update(rack, [config('a', { limits: { cpus: 1, mem: 64 } })])
    const framework = rack.framework({ roles: ['a'] })
    const other = rack.framework({ roles: ['b'] }, { suppressed_roles: ['b'] })
    expect([offered(rack, framework, 'cpus'), offered(rack, framework, 'mem')]).toEqual([1, 64])
    run(framework, 't', 1)
    rack.pass(10_000)
    expect(offered(rack, framework, 'cpus')).toBe(0)
    update(rack, [config('a')])
    rack.pass(10_000)
    expect(offered(rack, framework, 'cpus')).toBe(3)
    expect(other.offers).toEqual([])
  })

  test('A22 a role with a guarantee and no framework holds up nobody else with one', () => {
    const rack = new TestCluster()
    rack.agent()
    rack.agent()
    update(rack, [config('absent', { guarantees: { cpus: 4, mem: 4096 } }), config('a', { guarantees: { cpus: 4 } })])
    const framework = rack.framework({ roles: ['a'] })
    expect(offered(rack, framework, 'cpus')).toBe(4)
    const plain = rack.framework({ roles: ['b'] })
    rack.pass(10_000)
    expect(offered(rack, plain, 'cpus')).toBe(0)
  })

  test.each(['held', 'free'])('A23 what is reserved to a role and %s counts for its limit', (how) => {
    const rack = new TestCluster()
    const kept = { name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, reservations: [{ type: 'STATIC', role: 'a' }] }
    rack.agent({ resourceMessages: [kept, ...scalars({ mem: 64 })] })
    rack.agent({ resources: { cpus: 4, mem: 4096 } })
    update(rack, [config('a', { limits: { cpus: 3 } })])
    const framework = rack.framework({ roles: ['a'] }, how === 'free' ? { suppressed_roles: ['a'] } : {})
    if (how === 'held') {
      const offer = framework.offers.find(({ resources }) => resources?.some((it) => it.reservations !== undefined))
      if (offer === undefined) throw new Error('the reserved cpus were expected in an offer')
      framework.launch(offer, [aTaskInfo(offer, 't', { resources: offer.resources ?? [] })], 0)
    } else {
      framework.call({ type: 'REVIVE' })
    }
    rack.pass(10_000)
    const unreserved = framework.offers
      .filter(({ id }) => rack.view.offer(id.value as never) !== undefined)
      .flatMap((offer) => offer.resources ?? [])
      .filter((it) => it.reservations === undefined)
    expect(amount(unreserved, 'cpus')).toBe(1)
  })

  test('A24 the headroom of a guarantee leaves what is reserved to others alone', () => {
    const rack = new TestCluster()
    const kept = { name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, reservations: [{ type: 'STATIC', role: 'b' }] }
    rack.agent({ resourceMessages: [kept, ...scalars({ cpus: 2, mem: 64 })] })
    update(rack, [config('a', { guarantees: { cpus: 2 } })])
    const other = rack.framework({ roles: ['b'] })
    rack.pass(5_000)
    const resources = other.offers.flatMap((offer) => offer.resources ?? [])
    expect(amount(resources, 'cpus')).toBe(2)
    expect(resources.filter((it) => it.name === 'cpus').every((it) => it.reservations !== undefined)).toBe(true)
  })
})
