import { expect, test } from 'vitest'
import { TestCluster } from '../../../support/cluster-harness.ts'

test('A16 machines that are not listed are offered no more; listed again they are; offers that are out stay', () => {
  const cluster = new TestCluster()
  cluster.agent({ hostname: 'n1' })
  const framework = cluster.framework()
  cluster.step({ kind: 'whitelist', hostnames: new Set(['n2']) })
  cluster.settle()
  expect(framework.all('RESCIND')).toEqual([])
  framework.decline(framework.offer, 0)
  cluster.pass(5_000)
  cluster.agent({ hostname: 'n2' })
  expect(framework.offers.map(({ hostname }) => hostname)).toEqual(['n1', 'n2'])
  cluster.step({ kind: 'whitelist', hostnames: null })
  cluster.settle()
  expect(framework.offers.map(({ hostname }) => hostname)).toEqual(['n1', 'n2', 'n1'])
})

test('a listed machine that an operator took out is not offered', () => {
  const cluster = new TestCluster()
  const agent = cluster.agent({ hostname: 'n1' })
  cluster.request((requestId) => ({
    kind: 'setAgentActivity',
    requestId,
    agentId: agent.agentId as never,
    isActive: false,
  }))
  cluster.step({ kind: 'whitelist', hostnames: new Set(['n1']) })
  expect(cluster.framework().offers).toEqual([])
})
