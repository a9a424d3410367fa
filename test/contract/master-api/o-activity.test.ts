// Agents that an operator takes out of the offers and brings back: DEACTIVATE_AGENT, REACTIVATE_AGENT, the whitelist.

import { expect, test } from 'vitest'
import type { MasterCall } from '../../../src/mesos/types.ts'
import { getJson, operatorCall, postMessage } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'

function say(rack: Rack, type: 'DEACTIVATE_AGENT' | 'REACTIVATE_AGENT', id: string) {
  const agent_id = { value: id }
  const call: MasterCall =
    type === 'DEACTIVATE_AGENT' ? { type, deactivate_agent: { agent_id } } : { type, reactivate_agent: { agent_id } }
  return postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', call)
}

async function shown(rack: Rack) {
  const response = await operatorCall(rack.http, { type: 'GET_AGENTS' })
  return response.get_agents?.agents?.map(({ active, deactivated }) => ({ active, deactivated }))
}

test('a deactivated agent loses its offers and gets none, keeps its tasks, and is offered again when reactivated', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent({ resources: { cpus: 4, mem: 4096 } })
  const framework = await rack.framework()
  await framework.run('t')
  const rest = await framework.offer()
  expect((await say(rack, 'DEACTIVATE_AGENT', agent.agentId)).status).toBe(200)
  expect((await framework.stream.take('RESCIND')).rescind?.offer_id).toEqual(rest.id)
  expect(await shown(rack)).toEqual([{ active: false, deactivated: true }])
  const state = (await getJson(rack.http, '/state')) as { slaves: readonly object[] }
  expect(state.slaves).toMatchObject([{ active: false, deactivated: true }])
  await framework.reconcile([{ taskId: 't' }])
  expect((await framework.status('t')).state).toBe('TASK_RUNNING')
  expect((await say(rack, 'DEACTIVATE_AGENT', agent.agentId)).status).toBe(200)
  expect((await say(rack, 'REACTIVATE_AGENT', agent.agentId)).status).toBe(200)
  expect((await framework.offer()).agent_id.value).toBe(agent.agentId)
  expect(framework.stream.pending('UPDATE')).toEqual([])
})

test('it stays deactivated when it registers again and when the master is another', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  await say(rack, 'DEACTIVATE_AGENT', agent.agentId)
  await agent.stop()
  await agent.start()
  expect(await shown(rack)).toEqual([{ active: false, deactivated: true }])
  await agent.stop()
  await rack.failover()
  await agent.start()
  expect(await shown(rack)).toEqual([{ active: false, deactivated: true }])
})

test('an unknown agent is 400, and so is one that is to be reactivated and never was deactivated', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  expect((await say(rack, 'DEACTIVATE_AGENT', 'nobody')).status).toBe(400)
  const answer = await say(rack, 'REACTIVATE_AGENT', agent.agentId)
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('not deactivated')])
})
