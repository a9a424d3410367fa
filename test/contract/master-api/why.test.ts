// `GET /tepui/why` over HTTP: what it can be asked about, and what it says. The reasons themselves are tested beside
// src/master/cluster/why.ts.

import { expect, test } from 'vitest'
import type { WhyDocument } from '../../../src/master/api/why.ts'
import { ask, getJson } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'

async function why(rack: Rack, query: Readonly<Record<string, string>>): Promise<WhyDocument> {
  return (await getJson(rack.http, `/tepui/why?${new URLSearchParams(query)}`)) as WhyDocument
}

test('a framework is found by id and by name, and answered for in each of its roles', async () => {
  const rack = await Rack.start()
  await rack.agent({ hostname: 'n1' })
  const framework = await rack.framework({ info: { name: 'jobs', roles: ['a', 'b'] } })
  const offer = await framework.offer()
  for (const about of [framework.frameworkId, 'jobs']) {
    const document = await why(rack, { about })
    expect([document.kind, document.id, document.reason]).toEqual(['framework', framework.frameworkId, null])
    expect(document.frameworks.map(({ role }) => role)).toEqual(['a', 'b'])
    const holding = document.frameworks.find(({ role }) => role === offer.allocation_info?.role)
    expect(holding?.groups).toMatchObject([{ code: 'hasOffer', count: 1, machines: ['n1'] }])
    expect(holding?.offers).toEqual({ count: 1, sinceMs: expect.any(Number) })
  }
})

test('a wish that no machine can fulfil is one sentence, and one for each machine', async () => {
  const rack = await Rack.start()
  await rack.agent({ hostname: 'n1', resources: { cpus: 2, mem: 1024 } })
  await rack.framework({ info: { name: 'jobs' } })
  const document = await why(rack, { about: 'jobs', want: 'cpus:64;mem:128' })
  expect(document.wanted).toBe('cpus:64; mem:128')
  expect(document.reason).toBe('asked 64 cpus; the largest machine has 2')
  expect(document.frameworks[0]?.groups).toMatchObject([{ code: 'tooSmall', machines: ['n1'] }])
  expect((await why(rack, { about: 'jobs', cpus: '2' })).reason).toBeNull()
})

test('a task says where it runs and what was said of it last', async () => {
  const rack = await Rack.start()
  await rack.agent({ hostname: 'n1' })
  const framework = await rack.framework({ info: { name: 'jobs' } })
  await framework.run('t1')
  const document = await why(rack, { about: 't1' })
  expect(document).toMatchObject({ kind: 'task', id: 't1', task: { state: 'TASK_RUNNING', machine: 'n1' } })
})

test('a role says its weight, its share and quota, and answers for its frameworks', async () => {
  const rack = await Rack.start()
  await rack.agent({ resources: { cpus: 4, mem: 4096 } })
  const framework = await rack.framework({ info: { name: 'jobs', roles: ['r'] } })
  await framework.run('t1')
  const document = await why(rack, { about: 'r' })
  expect(document.role).toMatchObject({ name: 'r', weight: 1, limit: {}, guarantee: {} })
  expect(document.frameworks.map(({ name }) => name)).toEqual(['jobs'])
})

test.each([
  ['nothing that is known', { about: 'nobody' }, /no task, framework or role 'nobody'/],
  ['nothing at all', {}, /'about' must name/],
  ['a machine that is not there', { about: 'jobs', agent: 'n9' }, /no agent 'n9'/],
  ['no amounts', { about: 'jobs', cpus: 'many' }, /must be numbers/],
  ['no resources', { about: 'jobs', want: 'cpus' }, /./],
  ['a wish that is none', { about: 'jobs', 'tepui.numa': 'close' }, /tepui.numa/],
])('%s is 400 with a sentence', async (_what, query, sentence) => {
  const rack = await Rack.start()
  await rack.framework({ info: { name: 'jobs' } })
  const answer = await ask(rack.http, { path: `/tepui/why?${new URLSearchParams(query)}` })
  expect([answer.status, answer.text]).toEqual([400, expect.stringMatching(sentence)])
})

test('one machine alone is asked by its id or host name', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent({ hostname: 'n1' })
  await rack.agent({ hostname: 'n2' })
  await rack.framework({ info: { name: 'jobs' } })
  for (const name of ['n1', agent.agentId]) {
    const document = await why(rack, { about: 'jobs', agent: name })
    expect(document.frameworks[0]?.groups.map(({ machines }) => machines)).toEqual([['n1']])
  }
})
