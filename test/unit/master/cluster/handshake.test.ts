import { describe, expect, test } from 'vitest'
import type { AgentId } from '../../../../src/model/ids.ts'
import { decodeDownFrame } from '../../../../src/wire/decode.ts'
import { encodeDownFrame } from '../../../../src/wire/encode.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aTaskInfo } from '../../../support/scheduler.ts'

describe('joining', () => {
  test('a new agent gets an id, which is in the registry before the agent hears of it', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    expect(agent.agentId).toBe(`${rack.masterId}-S0`)
    const kinds = rack.effects.map((effect) => effect.kind)
    expect(kinds.indexOf('persist')).toBeLessThan(kinds.indexOf('sendAgent'))
    expect(rack.view.agent(agent.agentId as AgentId)).toMatchObject({ isConnected: true, isActive: true })
  })

  test('registered tells who the master is and how often to beat', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    expect(agent.heardOf('registered')).toMatchObject([{ masterId: rack.masterId, heartbeatIntervalMs: 15_000 }])
    expect(agent.frames.every((frame) => frame.epoch === 1)).toBe(true)
  })

  test('a registration alone changes nothing but the registry, and that is taken back', () => {
    const rack = new TestCluster()
    const framework = rack.framework()
    const agent = rack.machine()
    agent.isMute = true
    agent.connect()
    rack.settle()
    expect([...rack.view.agents()]).toEqual([])
    expect(framework.offers).toEqual([])
    rack.pass(60_000)
    const ops = rack.effects.flatMap((effect) => (effect.kind === 'persist' ? [effect.op] : []))
    expect(ops.map((op) => op.op)).toEqual(['admitAgent', 'removeAgent'])
  })

  test('a repeated registration is answered with the same id', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    agent.register()
    expect(agent.frames.filter((frame) => frame.message?.kind === 'registered')).toHaveLength(2)
    expect([...rack.view.agents()]).toHaveLength(1)
  })

  test('an agent that did not hear its id gets the same one again', () => {
    const rack = new TestCluster()
    const agent = rack.machine()
    agent.isMute = true
    agent.connect()
    agent.agentId = null
    agent.lose()
    agent.isMute = false
    agent.connect()
    expect([...rack.view.agents()].map(({ id }) => id)).toEqual([`${rack.masterId}-S0`])
  })
})

describe('late and repeated frames', () => {
  test('an old registration that arrives late cannot take a running task away', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const [old] = agent.said
    agent.reconnect()
    const framework = rack.framework()
    framework.run(agent, 't')
    const before = framework.updates().length
    if (old !== undefined) rack.step({ kind: 'agentFrame', uid: agent.uid, frame: old })
    // The same report in a session that this master never saw: its agent is not there to take the third step.
    if (old !== undefined) {
      rack.step({ kind: 'agentFrame', uid: agent.uid, frame: { ...old, session: rack.newId() } })
    }
    rack.pass(120_000)
    expect(framework.updates()).toHaveLength(before)
    expect(framework.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_RUNNING' }])
    agent.update('t', 'TASK_FINISHED')
    expect(framework.update('t').state).toBe('TASK_FINISHED')
  })

  test('every frame of an ended session, delivered again in any order, changes nothing', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    const old = [...agent.said]
    agent.reconnect()
    agent.update('t', 'TASK_KILLING')
    const before = framework.updates().length
    for (const frame of [...old, ...old.toReversed()]) rack.step({ kind: 'agentFrame', uid: agent.uid, frame })
    expect(framework.updates()).toHaveLength(before)
    expect(rack.view.framework(framework.id)?.tasks.get('t' as never)?.latestState).toBe('TASK_KILLING')
    agent.beat()
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(true)
  })

  test('frames of an earlier term of office are stale', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const old = [...agent.said]
    rack.restartMaster()
    agent.connect()
    for (const frame of old.slice(1)) rack.step({ kind: 'agentFrame', uid: agent.uid, frame })
    expect(rack.view.agent(agent.agentId as AgentId)?.isConnected).toBe(true)
    expect(rack.counter('dropped_messages')).toBe(old.length - 1)
  })

  test('a registration for a later master is not for this one', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const [first] = agent.said
    if (first !== undefined) {
      rack.step({ kind: 'agentFrame', uid: agent.uid, frame: { ...first, session: rack.newId(), epoch: 9 } })
    }
    expect(rack.counter('dropped_messages')).toBe(1)
  })
})

describe('who may join', () => {
  test('an agent cannot register under the uid of another', () => {
    const rack = new TestCluster()
    const [victim, thief] = [rack.agent(), rack.agent()]
    const [frame] = victim.said
    if (frame !== undefined) rack.step({ kind: 'agentFrame', uid: thief.uid, frame })
    expect(rack.counter('dropped_messages')).toBe(1)
  })

  test('an agent cannot take the id of another', () => {
    const rack = new TestCluster()
    const victim = rack.agent()
    const thief = rack.agent()
    thief.lose()
    thief.agentId = victim.agentId
    thief.connect()
    expect(thief.heardOf('refused')).toMatchObject([{ shutdown: false }])
    expect(rack.view.agent(victim.agentId as AgentId)?.uid).toBe(victim.uid)
  })

  test('of two agents that bring one unknown id, the first has it', () => {
    const rack = new TestCluster()
    const [one, two] = [rack.machine(), rack.machine()]
    for (const agent of [one, two]) agent.agentId = 'brought' as AgentId
    one.isMute = true
    one.connect()
    two.connect()
    expect(two.heardOf('refused')).toHaveLength(1)
    one.isMute = false
    one.connect()
    expect(rack.view.agent('brought' as AgentId)?.uid).toBe(one.uid)
    rack.restartMaster()
    expect([...rack.view.recoveredAgents()].map(({ uid }) => uid)).toEqual([one.uid])
  })

  test('an agent that was marked gone is refused and told to end', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const agentId = agent.agentId as AgentId
    agent.lose()
    rack.mark({ op: 'markGone', agentId, uid: agent.uid, sinceMs: rack.nowMs })
    rack.restartMaster()
    agent.connect()
    expect(agent.heardOf('refused')).toMatchObject([{ shutdown: true }])
    expect([...rack.view.agents()]).toEqual([])
  })

  test.each([
    ['resources that are not', { resourceMessages: [{ name: 'cpus', type: 'SCALAR', scalar: { value: -1 } }] }],
    ['more GPUs than it can name', { resources: { cpus: 1, gpus: 2 }, gpuUuids: ['GPU-1'] }],
    ['a GPU named twice', { resources: { cpus: 1, gpus: 1 }, gpuUuids: ['GPU-1', 'GPU-1'] }],
    ['more words than fit into an offer', { hostname: 'x'.repeat(70_000) }],
    [
      'resources allocated to a role',
      { resourceMessages: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: 'a' } }] },
    ],
  ])('one with %s is refused with the reason, and may try again', (_what, options) => {
    const rack = new TestCluster()
    const agent = rack.agent(options)
    expect(agent.heardOf('refused')).toMatchObject([{ shutdown: false, message: expect.stringMatching(/./) }])
    expect([...rack.view.agents()]).toEqual([])
    expect(rack.effects.filter((effect) => effect.kind === 'persist')).toEqual([])
    agent.change({
      resources: { cpus: 1 },
      resourceMessages: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }],
      hostname: 'm',
      gpuUuids: [],
    })
    agent.connect()
    expect([...rack.view.agents()]).toHaveLength(1)
  })

  test('one that lost its disk gets a new id, and the tasks of the old one are LOST', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    const events = rack.operator()
    framework.run(agent, 't')
    const former = agent.agentId
    agent.lose()
    agent.agentId = null
    agent.forget('t')
    agent.connect()
    rack.settle()
    expect(agent.agentId).not.toBe(former)
    expect(framework.update('t')).toMatchObject({ state: 'TASK_LOST', reason: 'REASON_AGENT_REMOVED' })
    expect(framework.all('FAILURE')).toEqual([{ type: 'FAILURE', failure: { agent_id: { value: former } } }])
    expect(events.map((event) => event.type)).toContain('AGENT_REMOVED')
    rack.restartMaster()
    expect([...rack.view.recoveredAgents()].map(({ id }) => id)).toEqual([agent.agentId])
  })

  test('one that this registry does not know brings its own id, and its tasks', () => {
    const one = new TestCluster()
    const agent = one.agent()
    const framework = one.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't')])
    const two = new TestCluster({ masterId: 'other' as never })
    const moved = two.machine({ uid: agent.uid })
    moved.agentId = agent.agentId
    for (const [id, run] of agent.runs) moved.runs.set(id, run)
    moved.connect()
    expect([...two.view.agents()].map(({ id }) => id)).toEqual([agent.agentId])
    expect([...two.view.frameworks()][0]?.tasks.size).toBe(1)
  })
})

test('a reason that quotes more than a message may hold is cut, so that the agent hears it', () => {
  const rack = new TestCluster()
  const resources = [{ name: 'x'.repeat(10_000), type: 'SCALAR', scalar: { value: -1 } }]
  const agent = rack.agent({ resourceMessages: resources })
  expect(agent.heardOf('refused')).toHaveLength(1)
  for (const frame of agent.frames) {
    const encoded = encodeDownFrame(frame)
    expect(encoded.ok && decodeDownFrame(encoded.value)).toMatchObject({ ok: true })
  }
})
