import { expect, test } from 'vitest'
import { defaultPolicy } from '../../../../src/master/cluster/timers.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { formatResources } from '../../../support/resource-text.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

function shownRoles(rack: TestCluster) {
  return [...rack.view.roles()].map((role) => ({
    name: role.name,
    frameworks: role.frameworks.length,
    allocated: formatResources(role.allocated),
    offered: formatResources(role.offered),
    reserved: formatResources(role.reserved),
    consumed: role.consumed,
  }))
}

const nothing = { frameworks: 0, allocated: '', offered: '', reserved: '', consumed: {} }
const reserved = (role: string, cpus: number) => ({
  name: 'cpus',
  type: 'SCALAR',
  scalar: { value: cpus },
  reservations: [{ type: 'STATIC', role }],
})

test('Q08 every role that anything is known of is shown, and every role above it', () => {
  const rack = new TestCluster({ policy: { ...defaultPolicy, weights: new Map([['weighed/x', 2]]) } })
  rack.mark({ op: 'setQuotas', quotas: [{ role: 'limited', quota: { guarantees: {}, limits: { cpus: 1000 } } }] })
  rack.restartMaster()
  rack.agent({ resourceMessages: [...scalars({ mem: 64 }), reserved('kept/y', 1)] })
  rack.framework({ roles: ['in/use'] }, { suppressed_roles: ['in/use'] })
  expect([...rack.view.roles()].map(({ name, weight, quota }) => [name, weight, quota])).toEqual([
    ['*', 1, null],
    ['in', 1, null],
    ['in/use', 1, null],
    ['kept', 1, null],
    ['kept/y', 1, null],
    ['limited', 1, { guarantees: {}, limits: { cpus: 1000 } }],
    ['weighed', 1, null],
    ['weighed/x', 2, null],
  ])
})

test('roles that the operator named are shown before anybody is in them', () => {
  const rack = new TestCluster({ policy: { ...defaultPolicy, roles: new Set(['b', 'a']) } })
  expect(shownRoles(rack)).toEqual(['*', 'a', 'b'].map((name) => ({ name, ...nothing })))
})

test('a role shows what is in it and below it; its frameworks are its own', () => {
  const rack = new TestCluster()
  rack.agent({ capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE'] })
  const child = rack.framework({ roles: ['a/b'] })
  child.launch(child.offer, [aTaskInfo(child.offer, 't', { resources: scalars({ cpus: 1 }) })], 3600)
  const other = rack.framework({ roles: ['c', 'a/b'] }, { suppressed_roles: ['a/b'] })
  expect(shownRoles(rack)).toEqual([
    { name: '*', ...nothing },
    { name: 'a', ...nothing, allocated: 'cpus:1', consumed: { cpus: 1000 } },
    { name: 'a/b', ...nothing, frameworks: 2, allocated: 'cpus:1', consumed: { cpus: 1000 } },
    { name: 'c', ...nothing, frameworks: 1, offered: 'cpus:3;disk:10000;mem:4096' },
  ])
  expect(other.offers).toHaveLength(1)
})

test('Q09 what is consumed is what tasks hold and what is reserved, each counted once, and no offer', () => {
  const rack = new TestCluster()
  rack.agent({ resourceMessages: [...scalars({ cpus: 4, mem: 4096 }), reserved('a', 2)] })
  const framework = rack.framework({ roles: ['a'] })
  expect(shownRoles(rack).find(({ name }) => name === 'a')).toMatchObject({ consumed: { cpus: 2000 } })
  const [held] = framework.offer.resources?.filter(({ reservations }) => reservations !== undefined) ?? []
  if (held === undefined) throw new Error('reserved resources were expected in the offer')
  const resources = [{ ...held, scalar: { value: 1.5 } }, ...scalars({ cpus: 1, mem: 64 })]
  framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources })], 3600)
  expect(shownRoles(rack).find(({ name }) => name === 'a')).toMatchObject({
    reserved: 'cpus(a):2',
    consumed: { cpus: 3000, mem: 64_000 },
  })
})
