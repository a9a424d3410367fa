import { describe, expect, test } from 'vitest'
import type { FrameworkInfo, Resource } from '../../../../src/mesos/types.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aTaskInfo, modernCapabilities, scalars } from '../../../support/scheduler.ts'

const revocable = (cpus: number): Resource[] => scalars({ cpus }).map((item) => ({ ...item, revocable: {} }))
const frugal: Partial<FrameworkInfo> = {
  roles: ['frugal'],
  capabilities: [...modernCapabilities, 'REVOCABLE_RESOURCES' as const].map((type) => ({ type })),
}
const revocableCpus = (resources: readonly Resource[] | undefined) =>
  (resources ?? []).reduce((sum, it) => sum + (it.revocable === undefined ? 0 : (it.scalar?.value ?? 0)), 0)

/** A machine of 4 cpus, all of them held by a task. */
function busyMachine() {
  const cluster = new TestCluster()
  const agent = cluster.agent({ resources: { cpus: 4, mem: 4096 } })
  const holder = cluster.framework()
  holder.launch(holder.offer, [aTaskInfo(holder.offer, 't', { resources: scalars({ cpus: 4, mem: 64 }) })], 1e6)
  agent.update('t', 'TASK_RUNNING')
  return { cluster, agent, holder }
}

describe('O25 what an agent calls idle', () => {
  test('is offered as revocable to those who can use it, and to nobody else', () => {
    const { cluster, agent, holder } = busyMachine()
    const scheduler = cluster.framework(frugal)
    agent.say({ kind: 'oversubscribed', resources: revocable(2.5) as never })
    cluster.settle()
    expect(scheduler.offers.map(({ resources }) => revocableCpus(resources))).toContain(2.5)
    expect(holder.offers.every(({ resources }) => revocableCpus(resources) === 0)).toBe(true)
  })

  test('takes back its offers when it changes, and offers what is idle then', () => {
    const { cluster, agent } = busyMachine()
    const scheduler = cluster.framework(frugal)
    agent.say({ kind: 'oversubscribed', resources: revocable(3) as never })
    cluster.settle()
    const first = scheduler.offer
    agent.say({ kind: 'oversubscribed', resources: revocable(1) as never })
    cluster.pass(1_000)
    expect(scheduler.all('RESCIND').map((event) => event.rescind?.offer_id)).toEqual([first.id])
    expect(revocableCpus(scheduler.offer.resources)).toBe(1)
  })

  test('runs tasks that need none of the exact hardware, and less of it ends none of them', () => {
    const { cluster, agent } = busyMachine()
    const scheduler = cluster.framework(frugal)
    agent.say({ kind: 'oversubscribed', resources: revocable(3) as never })
    cluster.settle()
    // The memory came before, as an offer of its own.
    const task = aTaskInfo(scheduler.offer, 'r', { resources: [...revocable(2), ...scalars({ mem: 64 })] })
    scheduler.accept(scheduler.offers, [{ type: 'LAUNCH', launch: { task_infos: [task] } }], 0)
    expect(agent.runs.has('r')).toBe(true)
    agent.say({ kind: 'oversubscribed', resources: [] })
    cluster.pass(2_000)
    expect([...cluster.view.agents()][0]?.tasks.size).toBe(2)
    agent.update('r', 'TASK_GONE', { reason: 'REASON_CONTAINER_PREEMPTED', source: 'SOURCE_AGENT' })
    expect(scheduler.update('r')).toMatchObject({ state: 'TASK_GONE', reason: 'REASON_CONTAINER_PREEMPTED' })
    cluster.pass(2_000)
    expect(revocableCpus(scheduler.offer.resources)).toBe(0)
  })

  test('is known again from the registration when the master is another', () => {
    const { cluster, agent } = busyMachine()
    agent.change({ oversubscribed: revocable(2) as never })
    cluster.restartMaster()
    agent.connect()
    cluster.settle()
    const scheduler = cluster.framework(frugal)
    expect(scheduler.offers.map(({ resources }) => revocableCpus(resources))).toEqual([2])
  })

  test('that is not revocable, more than an amount, or of a name that it has nothing of, is not believed', () => {
    const { cluster, agent } = busyMachine()
    for (const resources of [
      scalars({ cpus: 9 }),
      revocable(1).map((item) => ({ ...item, role: 'a' })),
      revocable(1).map((item) => ({ ...item, name: 'invented' })),
    ]) {
      agent.say({ kind: 'oversubscribed', resources: resources as never })
    }
    expect([...cluster.view.agents()][0]?.oversubscribed).toEqual([])
  })
})
