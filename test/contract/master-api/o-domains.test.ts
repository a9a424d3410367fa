// Regions and zones: who is offered what of which region, and which agents may join. Number as in the scenarios.

import { expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/master/cluster/timers.ts'
import { FakeAgent } from '../../support/fake-agent.ts'
import { getJson } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { modernCapabilities } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const eu = { region: 'eu', zone: 'a' }
const policy = { ...defaultPolicy, domain: eu }

test('O24 a region-unaware framework is offered agents of the master`s region only; an aware one all', async () => {
  const rack = await Rack.start({ timers: { policy } })
  await rack.agent({ hostname: 'near', domain: { region: 'eu', zone: 'b' } })
  await rack.agent({ hostname: 'far', domain: { region: 'us', zone: 'a' } })
  await rack.agent({ hostname: 'nowhere' })
  const unaware = await rack.framework()
  const seen = [await unaware.offer(), await unaware.offer()].map(({ hostname }) => hostname)
  expect(seen.sort()).toEqual(['near', 'nowhere'])
  const capabilities = [...modernCapabilities, 'REGION_AWARE' as const].map((type) => ({ type }))
  const aware = await rack.framework({ info: { capabilities } })
  const far = await aware.offer()
  expect([far.hostname, far.domain?.fault_domain]).toEqual(['far', { region: { name: 'us' }, zone: { name: 'a' } }])
  expect(unaware.stream.pending('OFFERS')).toEqual([])
})

test('clients are told where the master is', async () => {
  const rack = await Rack.start({ timers: { policy } })
  const framework = await rack.framework()
  const subscribed = framework.stream.all.find((event) => event.type === 'SUBSCRIBED')
  expect(subscribed?.subscribed?.master_info?.domain?.fault_domain?.region.name).toBe('eu')
  const state = (await getJson(rack.http, '/state')) as { leader_info: { domain?: unknown } }
  expect(state.leader_info.domain).toEqual({ fault_domain: { region: { name: 'eu' }, zone: { name: 'a' } } })
})

test.each([
  ['an agent with a domain, by a master without one', defaultPolicy, eu, /start the master with --domain/],
  ['one without, by a master that requires it', { ...policy, requireAgentDomain: true }, null, /--domain/],
])('%s is refused with the reason', async (_what, ofMaster, ofAgent, why) => {
  const rack = await Rack.start({ timers: { policy: ofMaster } })
  const agent = new FakeAgent(rack.master.mqttAddress, null, ofAgent === null ? {} : { domain: ofAgent })
  rack.agents.push(agent)
  agent.begin()
  await until('the master refuses the agent', () => agent.heard.some(({ kind }) => kind === 'refused'))
  const refused = agent.heard.find(({ kind }) => kind === 'refused')
  expect(refused).toMatchObject({ message: expect.stringMatching(why), shutdown: false })
})
