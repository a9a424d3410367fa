// How much one question may cost the master, and how much of an answer it gets.

import { expect, test } from 'vitest'
import { whyDocument } from '../../../../src/master/api/why.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'

const about = (cluster: TestCluster, subject: string) =>
  whyDocument(cluster.view, new URLSearchParams({ about: subject }))

test('a role of many frameworks is answered for some of them, the fewer the more machines there are', () => {
  const cluster = new TestCluster()
  // Rounds of offers would take most of the time.
  for (let i = 0; i < 30; i++) cluster.framework({ roles: ['r'] }, { suppressed_roles: ['r'] })
  const shown = () => {
    const document = about(cluster, 'r')
    return typeof document === 'string' ? document : document.frameworks.length
  }
  expect(shown()).toBe(20)
  for (let i = 0; i < 1_000; i++) cluster.agent()
  expect(shown()).toBe(10)
})

test('of many frameworks with one name some are proposed', () => {
  const cluster = new TestCluster()
  for (let i = 0; i < 30; i++) cluster.framework({ name: 'jobs' })
  expect(about(cluster, 'jobs')).toMatch(/^several frameworks are named 'jobs'.* or one of 25 more$/)
})
