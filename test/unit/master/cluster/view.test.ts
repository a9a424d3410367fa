import { expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { formatResources } from '../../../support/resource-text.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

test('roles are shown with their frameworks, what they use and what they are offered', () => {
  const rack = new TestCluster()
  rack.agent()
  const a = rack.framework({ roles: ['a'] })
  const b = rack.framework({ roles: ['b', 'a'] })
  a.launch(a.offer, [aTaskInfo(a.offer, 't', { resources: scalars({ cpus: 1 }) })], 3600)
  rack.pass(1_000)
  const roles = [...rack.view.roles()].map(({ name, frameworks, allocated, offered }) => ({
    name,
    frameworks,
    allocated: formatResources(allocated),
    offered: formatResources(offered),
  }))
  expect(roles).toEqual([
    { name: 'a', frameworks: [a.id, b.id], allocated: 'cpus:1', offered: '' },
    { name: 'b', frameworks: [b.id], allocated: '', offered: 'cpus:3;disk:10000;mem:4096' },
  ])
})

test('what exists is found by id, and what does not is not', () => {
  const rack = new TestCluster()
  const agent = rack.agent()
  const framework = rack.framework()
  const { view } = rack
  expect([...view.agents()][0]).toBe(view.agent(agent.agentId as never))
  expect([...view.frameworks()][0]).toBe(view.framework(framework.id))
  expect([...view.offers()][0]).toBe(view.offer(framework.offer.id.value as never))
  expect(view.agent('x' as never) ?? view.framework('x' as never) ?? view.offer('x' as never)).toBeUndefined()
})
