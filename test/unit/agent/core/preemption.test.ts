// The agent's side of revocable resources: what is idle is told, and who used it goes when it is wanted back.

import { expect, test } from 'vitest'
import { looksMin, shortLooksMin } from '../../../../src/agent/core/estimator.ts'
import type { ContainerId, SessionId } from '../../../../src/model/ids.ts'
import { aFramework, MasterSide } from '../../../support/master-side.ts'

const everyMs = 1_000

/** An agent with a task that holds 4 cpus and one that runs on 2 revocable ones; rates are in cpus. */
function shared(capabilities: readonly string[]) {
  const master = new MasterSide()
  master.register()
  const framework = { ...aFramework(), capabilities: capabilities.map((type) => ({ type })) }
  const cpus = (value: number, more = {}) => [
    { name: 'cpus', type: 'SCALAR', scalar: { value }, allocation_info: { role: '*' }, ...more },
  ]
  const holder = master.launch('holder', { resources: cpus(4) }, framework).containerId
  const user = master.launch('user', { resources: cpus(2, { revocable: {} }) }, framework).containerId
  for (const containerId of [holder, user]) master.step({ kind: 'containerStarted', containerId, pid: 10 })
  const used = new Map<ContainerId, number>([
    [holder, 0],
    [user, 0],
  ])
  const measure = (rates: ReadonlyMap<ContainerId, number>) => {
    for (const [id, rate] of rates) used.set(id, (used.get(id) ?? 0) + rate * everyMs * 1000)
    master.pass(everyMs)
    return master.step({ kind: 'usage', cpuUsageUsec: new Map(used) })
  }
  master.step({ kind: 'usage', cpuUsageUsec: new Map(used) })
  return { master, holder, user, measure }
}

test('what tasks leave idle is told as revocable cpus, once while it stays', () => {
  const { master, holder, user, measure } = shared(['PARTITION_AWARE'])
  const told = Array.from({ length: looksMin + 2 }, () =>
    measure(
      new Map([
        [holder, 1],
        [user, 0],
      ]),
    ),
  )
    .flat()
    .flatMap((effect) =>
      effect.kind === 'send' && effect.frame.message?.kind === 'oversubscribed' ? effect.frame.message : [],
    )
  expect(told.map(({ resources }) => resources)).toEqual([
    [{ name: 'cpus', type: 'SCALAR', scalar: { value: 2.5 }, revocable: {} }],
  ])
  expect(master.core.view.isRegistered).toBe(true)
})

test.each([
  [['PARTITION_AWARE'], 'TASK_GONE'],
  [[], 'TASK_LOST'],
])('with capabilities %j a task on CPUs that are wanted back is ended as %s', (capabilities, state) => {
  const { master, holder, user, measure } = shared(capabilities)
  for (let i = 0; i < looksMin; i++)
    measure(
      new Map([
        [holder, 0],
        [user, 2],
      ]),
    )
  const effects = Array.from({ length: shortLooksMin }, () =>
    measure(
      new Map([
        [holder, 4],
        [user, 0],
      ]),
    ),
  ).flat()
  expect(effects.filter((effect) => effect.kind === 'signal')).toEqual([
    { kind: 'signal', containerId: user, signal: 'KILL' },
  ])
  master.step({
    kind: 'containerExited',
    containerId: user,
    exit: { status: { kind: 'signaled', signal: 9 }, limitation: null },
  })
  master.acknowledgeAll('user')
  expect(master.states('user').at(-1)).toBe(state)
  expect(master.states('holder')).not.toContain(state)
})

test('what is idle is told again where it changed while a registration was on its way', () => {
  const { master, holder, user, measure } = shared(['PARTITION_AWARE'])
  const rates = new Map([
    [holder, 1],
    [user, 0],
  ])
  master.step({ kind: 'linkDown' })
  for (let i = 0; i < looksMin - 1; i++) measure(rates)
  master.step({ kind: 'linkUp', session: '22222222-2222-4222-8222-222222222222' as SessionId })
  measure(rates)
  const before = master.received.length
  master.reconnect()
  expect(master.received.slice(before)).toContainEqual({
    kind: 'oversubscribed',
    resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 2.5 }, revocable: {} }],
  })
})
