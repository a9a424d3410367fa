// Machines that an operator empties or gives up: DRAIN_AGENT, REACTIVATE_AGENT, MARK_AGENT_GONE.
// Numbers are the conformance scenarios'.

import { describe, expect, test } from 'vitest'
import type { MasterCallDrainAgent } from '../../../src/mesos/types.ts'
import type { FakeAgent } from '../../support/fake-agent.ts'
import { getJson, operatorCall, postMessage } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { aFrameworkInfo, modernCapabilities, plainFramework } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const hourMs = 3_600_000

function drain(rack: Rack, agentId: string, more: Partial<MasterCallDrainAgent> = {}) {
  const drain_agent = { agent_id: { value: agentId }, ...more }
  return postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', { type: 'DRAIN_AGENT', drain_agent })
}

function reactivate(rack: Rack, { agentId }: FakeAgent) {
  const reactivate_agent = { agent_id: { value: agentId } }
  return postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', { type: 'REACTIVATE_AGENT', reactivate_agent })
}

function markGone(rack: Rack, agentId: string) {
  const mark_agent_gone = { agent_id: { value: agentId } }
  return postMessage(rack.http, '/api/v1', 'mesos.v1.master.Call', { type: 'MARK_AGENT_GONE', mark_agent_gone })
}

async function agents(rack: Rack) {
  return (await operatorCall(rack.http, { type: 'GET_AGENTS' })).get_agents?.agents ?? []
}

async function drainState(rack: Rack) {
  return (await agents(rack))[0]?.drain_info?.state
}

async function drained(rack: Rack): Promise<void> {
  await until('the agent is drained', async () => (await drainState(rack)) === 'DRAINED')
}

const killing = [...modernCapabilities, 'TASK_KILLING_STATE' as const].map((type) => ({ type }))

describe('O10 a busy agent that is drained', () => {
  test('loses its offers, its tasks are killed with the reason, and it is drained once that is acknowledged', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ info: { capabilities: killing } })
    await framework.run('t')
    const rest = await framework.offer()
    expect((await drain(rack, agent.agentId)).status).toBe(200)
    expect((await framework.stream.take('RESCIND')).rescind?.offer_id).toEqual(rest.id)
    const first = await framework.status('t')
    expect(first).toMatchObject({ state: 'TASK_KILLING', reason: 'REASON_AGENT_DRAINING' })
    await framework.acknowledge(first)
    const last = await framework.reaches('t', 'TASK_KILLED')
    expect(last.reason).toBe('REASON_AGENT_DRAINING')
    expect(agent.isRunning('t')).toBe(false)
    expect((await agents(rack))[0]).toMatchObject({
      active: false,
      deactivated: true,
      drain_info: { state: 'DRAINING', config: { mark_gone: false } },
    })
    const answer = await reactivate(rack, agent)
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('still draining')])
    await framework.acknowledge(last)
    await drained(rack)
    expect((await reactivate(rack, agent)).status).toBe(200)
    expect((await framework.offer()).agent_id.value).toBe(agent.agentId)
    expect((await agents(rack))[0]?.drain_info).toBeUndefined()
  })

  test('without tasks is drained at once, and shown in the classic endpoint', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    await drain(rack, agent.agentId, { max_grace_period: { seconds: 90n, nanos: 500_000_000 } })
    const { slaves } = (await getJson(rack.http, '/slaves')) as { slaves: readonly object[] }
    expect(slaves).toMatchObject([
      {
        deactivated: true,
        drain_info: {
          state: 'DRAINED',
          config: { mark_gone: false, max_grace_period: { nanoseconds: 90_500_000_000 } },
        },
        estimated_drain_start_time_seconds: expect.any(Number),
      },
    ])
  })

  test.each([
    { claim: 'a shorter limit holds', own: hourMs, limit: { seconds: 0n }, isKilled: true },
    { claim: 'the time of the task holds below the limit', own: hourMs, limit: { seconds: 7_200n }, isKilled: false },
    { claim: 'the time of the task holds without a limit', own: hourMs, limit: undefined, isKilled: false },
  ])('gives tasks the time that they ask for, within the limit: $claim', async ({ own, limit, isKilled }) => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    agent.ignoresTerm = true
    const framework = await rack.framework({ info: { capabilities: killing } })
    await framework.run('t', { kill_policy: { grace_period: { nanoseconds: BigInt(own) * 1_000_000n } } })
    await drain(rack, agent.agentId, limit === undefined ? {} : { max_grace_period: limit })
    await framework.acknowledge(await framework.reaches('t', 'TASK_KILLING'))
    if (!isKilled) {
      expect(agent.isRunning('t')).toBe(true)
      await drain(rack, agent.agentId, { max_grace_period: { seconds: 0n } })
    }
    await framework.reaches('t', 'TASK_KILLED')
  })

  test.each([
    { claim: 'who knows of partitions hears that it is gone', info: {}, state: 'TASK_GONE_BY_OPERATOR' },
    { claim: 'who does not hears of a kill', info: plainFramework, state: 'TASK_KILLED' },
  ])('is given up at the end if that is asked for: $claim', async ({ info, state }) => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ info })
    await framework.run('t')
    await drain(rack, agent.agentId, { mark_gone: true })
    const end = await framework.status('t')
    expect(end).toMatchObject({ state, reason: 'REASON_AGENT_DRAINING' })
    await framework.acknowledge(end)
    expect((await framework.stream.take('FAILURE')).failure?.agent_id?.value).toBe(agent.agentId)
    expect(await agents(rack)).toEqual([])
    await until('the agent is told to end', () => agent.heardOf('refused').some(({ shutdown }) => shutdown))
  })
})

describe('O11 a drain', () => {
  test('takes effect when the agent is back, and holds for the next master', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ info: { failover_timeout: 3_600 } })
    await framework.run('t')
    await agent.stop()
    expect((await drain(rack, agent.agentId)).status).toBe(200)
    await rack.failover()
    expect((await drain(rack, agent.agentId, { max_grace_period: { seconds: 1n } })).status).toBe(200)
    expect(agent.isRunning('t')).toBe(true)
    await agent.start()
    const back = rack.adopt(await framework.again())
    await back.acknowledge(await back.reaches('t', 'TASK_KILLED'))
    await drained(rack)
    expect((await agents(rack))[0]?.drain_info?.config.max_grace_period).toEqual({ nanoseconds: 1_000_000_000 })
  })

  test('of an agent that is out of reach takes effect when it is back', async () => {
    const rack = await Rack.start({ timers: { agentHeartbeatMs: 50, agentHeartbeatMissesMax: 4 } })
    const agent = await rack.agent()
    const framework = await rack.framework()
    await framework.run('t')
    await agent.stop()
    await framework.acknowledge(await framework.reaches('t', 'TASK_UNREACHABLE'))
    expect((await drain(rack, agent.agentId)).status).toBe(200)
    agent.begin()
    await framework.acknowledge(await framework.reaches('t', 'TASK_KILLED'))
    await drained(rack)
  })

  test.each([
    { claim: 'an unknown agent', agentId: 'nobody', more: {} },
    { claim: 'a time below 0', agentId: null, more: { max_grace_period: { seconds: -1n } } },
    { claim: 'a part of a second below 0', agentId: null, more: { max_grace_period: { seconds: 0n, nanos: -1 } } },
    { claim: 'more than a second of nanos', agentId: null, more: { max_grace_period: { seconds: 1n, nanos: 1e9 } } },
    { claim: 'more than int64 nanoseconds', agentId: null, more: { max_grace_period: { seconds: 9_223_372_036n } } },
  ])('is refused for $claim', async ({ agentId, more }) => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    expect((await drain(rack, agentId ?? agent.agentId, more)).status).toBe(400)
    expect(await drainState(rack)).toBeUndefined()
  })

  test('is refused for an agent of a version that knows nothing of it', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent({ capabilities: ['MULTI_ROLE'] })
    expect((await drain(rack, agent.agentId)).status).toBe(400)
  })
})

test('the longest time that a drain may give can be read again', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent()
  const max_grace_period = { seconds: 9_223_372_035n, nanos: 999_999_999 }
  expect((await drain(rack, agent.agentId, { max_grace_period })).status).toBe(200)
  expect(await drainState(rack)).toBe('DRAINED')
})

describe('O07 an agent that is marked gone', () => {
  test('is removed with its tasks and refused from then on, by every master', async () => {
    const rack = await Rack.start()
    const agent = await rack.agent()
    const framework = await rack.framework({ info: aFrameworkInfo() })
    await framework.run('t')
    expect((await markGone(rack, agent.agentId)).status).toBe(200)
    expect(await framework.status('t')).toMatchObject({
      state: 'TASK_GONE_BY_OPERATOR',
      reason: 'REASON_AGENT_REMOVED_BY_OPERATOR',
    })
    await until('the agent ends its tasks', () => !agent.isRunning('t'))
    expect((await markGone(rack, agent.agentId)).status).toBe(200)
    await framework.reconcile([{ taskId: 't', agentId: agent.agentId }])
    expect((await framework.status('t')).state).toBe('TASK_GONE_BY_OPERATOR')
    await agent.stop()
    await rack.failover()
    const before = agent.heardOf('refused').length
    agent.begin()
    await until('it is refused again', () => agent.heardOf('refused').length > before)
    expect((await markGone(rack, 'nobody')).status).toBe(404)
  })

  test('while it is out of reach: its tasks are gone, too', async () => {
    const rack = await Rack.start({ timers: { agentHeartbeatMs: 50, agentHeartbeatMissesMax: 4 } })
    const agent = await rack.agent()
    const framework = await rack.framework()
    await framework.run('t')
    await agent.stop()
    await framework.acknowledge(await framework.reaches('t', 'TASK_UNREACHABLE'))
    expect((await markGone(rack, agent.agentId)).status).toBe(200)
    expect((await framework.status('t')).state).toBe('TASK_GONE_BY_OPERATOR')
  })
})
