import { describe, expect, test } from 'vitest'
import type { FrameworkId } from '../../../../src/model/ids.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'

const noCapabilities = { roles: [], capabilities: [] }

describe('subscribing', () => {
  test('S06 SUBSCRIBED with id, interval and master comes first, a HEARTBEAT at once, then every 15 s', () => {
    const rack = new TestCluster()
    const framework = rack.framework()
    expect(framework.types).toEqual(['SUBSCRIBED', 'HEARTBEAT'])
    expect(framework.events[0]?.subscribed).toEqual({
      framework_id: { value: `${rack.masterId}-0000` },
      heartbeat_interval_seconds: 15,
      master_info: { id: rack.masterId, ip: 1, port: 5050 },
    })
    rack.pass(45_000)
    expect(framework.all('HEARTBEAT')).toHaveLength(4)
  })

  test('C29 an empty id counts as none: a new id is given', () => {
    const rack = new TestCluster()
    expect(rack.framework({ id: { value: '' } }).id).toBe(`${rack.masterId}-0000`)
    expect(rack.framework().id).toBe(`${rack.masterId}-0001`)
  })

  test('an unknown id that the framework chose is taken as new', () => {
    expect(new TestCluster().framework({ id: { value: 'my-own' } }).id).toBe('my-own')
  })

  test('an id that a framework chose is never given to another', () => {
    const rack = new TestCluster()
    rack.framework({ id: { value: `${rack.masterId}-0000` } })
    expect(rack.framework().id).toBe(`${rack.masterId}-0001`)
  })

  test.each([
    ['C30 a failover_timeout outside the range', { failover_timeout: -1 }],
    ['C30 a failover_timeout beyond 63 bits of nanoseconds', { failover_timeout: 1e12 }],
    ['V01 a role name with a slash in front', { roles: ['/a'] }],
    ['V02 roles without MULTI_ROLE', { roles: ['a'], capabilities: [] }],
    ['V02 role with MULTI_ROLE', { role: 'a' }],
    ['V05 an id with a slash', { id: { value: 'a/b' } }],
  ])('%s: ERROR, and the stream ends', (_claim, info) => {
    const rack = new TestCluster()
    const framework = rack.framework(info)
    expect(framework.types).toEqual(['ERROR'])
    expect(framework.streamId).toBeNull()
    expect([...rack.view.frameworks()]).toEqual([])
  })

  test('a suppressed role that is not one of its roles: ERROR', () => {
    expect(new TestCluster().framework({}, { suppressed_roles: ['other'] }).types).toEqual(['ERROR'])
  })

  test('the authenticated principal becomes the framework principal', () => {
    const rack = new TestCluster()
    const framework = rack.framework()
    framework.subscribe({}, 'owner')
    expect(framework.types.at(-1)).toBe('ERROR')
    const owned = rack.framework({ principal: 'owner' })
    expect(rack.view.framework(owned.id)?.principal).toBe('owner')
  })
})

describe('failover of the scheduler', () => {
  test('the older stream hears "Framework failed over" and ends; offers move without RESCIND', () => {
    const rack = new TestCluster()
    rack.agent()
    const first = rack.framework()
    rack.settle()
    expect(first.offers).toHaveLength(1)
    const second = first.twin()
    expect(first.events.at(-1)).toEqual({ type: 'ERROR', error: { message: 'Framework failed over' } })
    expect(first.streamId).toBeNull()
    expect(first.all('RESCIND')).toEqual([])
    expect(second.offers).toHaveLength(1)
    expect(second.offer.id).not.toEqual(first.offer.id)
  })

  test('the end of a stream that was replaced is nobody', () => {
    const rack = new TestCluster()
    const first = rack.framework()
    const { streamId } = first
    const second = first.twin()
    if (streamId !== null) rack.step({ kind: 'streamClosed', streamId })
    expect(rack.view.framework(second.id)?.isActive).toBe(true)
  })

  test('user and checkpoint stay as they were, the rest is replaced', () => {
    const rack = new TestCluster()
    const framework = rack.framework({ failover_timeout: 60 })
    framework.info = { ...framework.info, user: 'other', checkpoint: false, name: 'renamed', roles: ['b'] }
    framework.subscribe()
    expect(rack.view.framework(framework.id)).toMatchObject({
      info: { user: 'root', checkpoint: true, name: 'renamed' },
      roles: ['b'],
    })
  })

  test('a principal cannot change: ERROR, and the live subscription stays', () => {
    const rack = new TestCluster()
    const first = rack.framework({ principal: 'a' })
    const info = first.info
    first.info = { ...info, principal: 'b' }
    const twin = first.twin()
    expect(twin.types).toEqual(['ERROR'])
    expect(rack.view.framework(first.id)?.streamId).toBe(first.streamId)
  })

  test('F05 a status that was not acknowledged is told to the next scheduler, with the same uuid', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const first = rack.framework({ failover_timeout: 60 })
    first.launch(first.offer, [{ ...task(first.offer.agent_id), task_id: { value: 't' } }])
    agent.update('t', 'TASK_RUNNING')
    const sent = first.update('t')
    first.close()
    const second = first.twin()
    expect(second.types.slice(0, 3)).toEqual(['SUBSCRIBED', 'HEARTBEAT', 'UPDATE'])
    expect(second.update('t').uuid).toEqual(sent.uuid)
    second.acknowledge(second.update('t'))
    expect(second.twin().updates()).toEqual([])
  })

  test('declined resources are offered again after a failover: filters are forgotten', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework({ failover_timeout: 60 })
    framework.decline(framework.offer, 3600)
    rack.pass(5_000)
    expect(framework.offers).toHaveLength(1)
    framework.close()
    const back = framework.twin()
    rack.pass(1_000)
    expect(back.offers).toHaveLength(1)
  })
})

describe('absence of the scheduler', () => {
  test('a framework with no failover_timeout is removed when its stream ends', () => {
    const rack = new TestCluster()
    const framework = rack.framework()
    framework.close()
    expect([...rack.view.frameworks()]).toEqual([])
    expect([...rack.view.completedFrameworks()].map(({ id }) => id)).toEqual([framework.id])
  })

  test('F03 one that comes back after its failover_timeout is refused', () => {
    const rack = new TestCluster()
    const framework = rack.framework({ failover_timeout: 60 })
    framework.close()
    rack.pass(59_999)
    expect(rack.view.framework(framework.id)).toMatchObject({ isActive: false, streamId: null })
    rack.pass(1)
    framework.subscribe()
    expect(framework.events.at(-1)).toMatchObject({ type: 'ERROR', error: { message: 'Framework has been removed' } })
    expect(framework.streamId).toBeNull()
  })

  test('one that comes back in time keeps its tasks', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 60 })
    framework.run(agent, 't')
    framework.close()
    rack.pass(30_000)
    const back = framework.twin()
    rack.pass(120_000)
    expect(back.reconcile({ taskId: 't' })).toMatchObject([{ state: 'TASK_RUNNING' }])
  })

  test('time that the master itself was not there does not count against it', () => {
    const rack = new TestCluster()
    const framework = rack.framework({ failover_timeout: 60 })
    framework.close()
    rack.pass(30_000)
    rack.nowMs += 3_600_000
    rack.pass(20_000)
    expect(rack.view.framework(framework.id)).toBeDefined()
    rack.pass(15_000)
    expect(rack.view.framework(framework.id)).toBeUndefined()
  })

  test('while it is away its offers are free for others', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework({ failover_timeout: 60 })
    const other = rack.framework()
    expect(other.offers).toEqual([])
    framework.close()
    rack.pass(1_000)
    expect(other.offers).toHaveLength(1)
  })
})

describe('failover of the master', () => {
  test('F09 a framework subscribes at the next master with its id and gets offers', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 60 })
    rack.restartMaster()
    framework.events = []
    framework.subscribe()
    agent.connect()
    rack.settle()
    expect(framework.types).toEqual(['SUBSCRIBED', 'HEARTBEAT', 'OFFERS'])
    expect(framework.id).toBe('master-1-0000')
  })

  test('F11 a framework known from its agent alone is recovered, inactive, once, with its task', () => {
    const rack = new TestCluster()
    const [one, two] = [rack.agent(), rack.agent()]
    const framework = rack.framework({ failover_timeout: 60 })
    const [a, b] = framework.offers
    if (a === undefined || b === undefined) throw new Error('two offers were expected')
    framework.launch(a, [{ ...task(a.agent_id), task_id: { value: 'a' } }])
    framework.launch(b, [{ ...task(b.agent_id), task_id: { value: 'b' } }])
    rack.restartMaster()
    one.connect()
    two.connect()
    rack.settle()
    expect([...rack.view.frameworks()]).toMatchObject([
      { id: framework.id, isRecovered: true, isActive: false, streamId: null },
    ])
    expect([...(rack.view.framework(framework.id)?.tasks.keys() ?? [])].sort()).toEqual(['a', 'b'])
    framework.subscribe()
    expect(rack.view.framework(framework.id)).toMatchObject({ isRecovered: false, isActive: true })
  })

  test('a recovered framework has its failover_timeout from the start of the master, and no less than agents have', () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework({ failover_timeout: 1 })
    framework.run(agent, 't')
    rack.restartMaster()
    agent.connect()
    rack.pass(599_999)
    expect(rack.view.framework(framework.id)).toBeDefined()
    rack.pass(1)
    expect(rack.view.framework(framework.id)).toBeUndefined()
    expect(agent.heardOf('shutdownFramework')).toHaveLength(1)
  })

  test('a framework without capabilities is in role * and sees no allocation_info', () => {
    const rack = new TestCluster()
    rack.agent()
    const framework = rack.framework(noCapabilities)
    expect(rack.view.framework(framework.id)?.roles).toEqual(['*'])
    expect(framework.offer.allocation_info).toBeUndefined()
    expect(framework.offer.resources?.every((it) => it.allocation_info === undefined && it.role === '*')).toBe(true)
  })
})

test('an input about a stream nobody knows changes nothing', () => {
  const rack = new TestCluster()
  expect(rack.step({ kind: 'streamClosed', streamId: 'x' as never })).toEqual([])
  expect(rack.step({ kind: 'operatorStreamClosed', streamId: 'x' as never })).toEqual([])
  expect(rack.view.framework('x' as FrameworkId)).toBeUndefined()
})

function task(agent_id: { readonly value: string }) {
  return {
    name: 't',
    agent_id,
    resources: [{ name: 'cpus', type: 'SCALAR' as const, scalar: { value: 1 } }],
    command: { value: 'true' },
  }
}
