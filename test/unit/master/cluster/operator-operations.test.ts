// Operators' operations on what is free or offered of an agent (scenario W08).

import { describe, expect, test } from 'vitest'
import type { OfferOperation, Resource } from '../../../../src/mesos/types.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import {
  type TestAgent,
  type TestAgentOptions,
  TestCluster,
  type TestScheduler,
} from '../../../support/cluster-harness.ts'
import {
  aReserved,
  aResource,
  aSharedVolume,
  aVolume,
  create,
  destroy,
  dynamicReservation,
  grow,
  named,
  operationCapabilities,
  reserve,
  sharingFramework,
  shrink,
  unreserve,
  words,
} from '../../../support/operations.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

type Scene = { readonly rack: TestCluster; readonly agent: TestAgent; readonly framework: TestScheduler }

/** The framework of role test comes after the operator, so that everything is free at first. */
function aScene(options: Partial<TestAgentOptions> = {}): Omit<Scene, 'framework'> {
  const rack = new TestCluster()
  return {
    rack,
    agent: rack.agent({ capabilities: operationCapabilities, resources: { cpus: 4, disk: 1000 }, ...options }),
  }
}

function operate({ rack, agent }: Omit<Scene, 'framework'>, operation: OfferOperation, principal: string | null = 'p') {
  const agentId = agent.agentId as AgentId
  return rack.request((requestId) => ({ kind: 'operate', requestId, agentId, operation, principal }))
}

function totalOf({ rack }: Omit<Scene, 'framework'>): string {
  const [agent] = [...rack.view.agents()]
  return (agent?.total ?? [])
    .map(({ key, value }) => `${key.split('|')[0]}:${value.kind === 'scalar' ? value.milli / 1000 : ''}`)
    .join(' ')
}

const reserved = reserve(aReserved('cpus', 2), aReserved('disk', 200))
const made = create(aVolume('v', 100))

describe('what is free', () => {
  test('is reserved, made a volume, grown, shrunk, destroyed and unreserved: 202', () => {
    const scene = aScene()
    const { agent } = scene
    const steps = [
      reserved,
      made,
      grow(aVolume('v', 100), aReserved('disk', 50)),
      shrink(aVolume('v', 150), 30),
      destroy(aVolume('v', 120)),
      unreserve(aReserved('cpus', 2), aReserved('disk', 200)),
    ]
    const shown = [
      'cpus(test,p):2; cpus:2; disk(test,p):200; disk:800',
      'cpus(test,p):2; cpus:2; disk(test,p):100; disk(test,p)[v]:100; disk:800',
      'cpus(test,p):2; cpus:2; disk(test,p):50; disk(test,p)[v]:150; disk:800',
      'cpus(test,p):2; cpus:2; disk(test,p):80; disk(test,p)[v]:120; disk:800',
      'cpus(test,p):2; cpus:2; disk(test,p):200; disk:800',
      'cpus:4; disk:1000',
    ]
    for (const [i, step] of steps.entries()) {
      expect(operate(scene, step)).toMatchObject({ status: 202, message: null })
      expect(words(agent.registration.agentInfo.resources as Resource[])).toBe(shown[i])
    }
    expect(
      agent.heardOf('applyOperation').map(({ frameworkId, operationId }) => [frameworkId, operationId])[0],
    ).toEqual([null, null])
    expect(agent.heardOf('acknowledgeOperation')).toHaveLength(steps.length)
    expect([...scene.rack.view.operations()]).toEqual([])
  })

  test('a source moves a reservation to another role', () => {
    const scene = aScene()
    operate(scene, reserve(aReserved('cpus', 2)))
    const moved = aReserved('cpus', 2, dynamicReservation('other'))
    const move: OfferOperation = { type: 'RESERVE', reserve: { source: [aReserved('cpus', 2)], resources: [moved] } }
    expect(operate(scene, move).status).toBe(202)
    const other = scene.rack.framework({ roles: ['other'] })
    scene.rack.pass(2_000)
    expect(words(other.offer.resources)).toBe('cpus(other,p):2; cpus:2; disk:1000')
  })

  test('an operator that showed no principal signs as it likes', () => {
    const scene = aScene()
    expect(operate(scene, reserved, null).status).toBe(202)
    expect(operate(scene, reserve(aReserved('cpus', 1, dynamicReservation('test', null))), null).status).toBe(202)
  })
})

describe('what is offered', () => {
  test('is taken back as far as it is needed: RESCIND, then 202', () => {
    const scene = aScene()
    const { rack } = scene
    operate(scene, reserve(aReserved('disk', 500), aReserved('cpus', 2, dynamicReservation('other'))))
    const framework = rack.framework({ principal: 'p' })
    const other = rack.framework({ roles: ['other'] })
    rack.pass(2_000)
    const [offers, others] = [framework.offers.length, other.offers.length]
    expect([offers, others]).toEqual([1, 1])
    expect(words(other.offer.resources)).toContain('cpus(other,p):2')
    expect(operate(scene, create(aVolume('v', 100))).status).toBe(202)
    expect(framework.all('RESCIND')).toHaveLength(1)
    expect(other.all('RESCIND')).toEqual([])
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toContain('disk(test,p)[v]:100')
  })

  test('stays where that would not be enough: 409 and nothing is taken back', () => {
    const scene = aScene()
    const { rack } = scene
    const framework = rack.framework()
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources: scalars({ cpus: 3 }) })], 0)
    rack.pass(2_000)
    expect(operate(scene, reserved)).toMatchObject({ status: 409 })
    expect(framework.all('RESCIND')).toEqual([])
    expect(totalOf(scene)).toBe('cpus:4 disk:1000')
  })

  test('a shared volume is destroyed for all that were offered it', () => {
    const scene = aScene()
    const { rack } = scene
    operate(scene, reserve(aReserved('disk', 100)))
    operate(scene, create(aSharedVolume('s', 100)))
    const framework = rack.framework({ principal: 'p', capabilities: sharingFramework })
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toContain('[s]+:100')
    expect(operate(scene, destroy(aSharedVolume('s', 100))).status).toBe(202)
    expect(framework.all('RESCIND')).toHaveLength(1)
    rack.pass(2_000)
    expect(words(framework.offer.resources)).toBe('cpus:4; disk(test,p):100; disk:900')
  })
})

describe('400', () => {
  test.each<[string, OfferOperation, string]>([
    ['another principal', reserve(aReserved('cpus', 1, dynamicReservation('test', 'q'))), 'principal'],
    ['no principal', reserve(aReserved('cpus', 1, dynamicReservation('test', null))), 'principal'],
    ['an allocation', reserve({ ...aReserved('cpus', 1), allocation_info: { role: 'test' } }), 'allocation_info'],
    ['nothing', { type: 'RESERVE', reserve: { resources: [] } }, 'at least one'],
    ['a resource that is none', reserve(aResource('', 1)), 'name'],
    ['what is not reserved', reserve(aResource('cpus', 1)), 'dynamically'],
    ['a volume that is there', made, 'there already'],
    ['a volume that is not there', destroy(aVolume('w', 1)), 'has no persistent volume'],
    ['a volume of a resource provider', destroy({ ...aVolume('v', 1), provider_id: { value: 'x' } }), 'provider'],
    ['an id', named('op', reserve(aReserved('cpus', 1))), 'id'],
    ['no type', {}, 'type'],
  ])('%s', (_what, operation, why) => {
    const scene = aScene()
    operate(scene, reserve(aReserved('disk', 200)))
    operate(scene, made)
    const answer = operate(scene, operation)
    expect(answer.status).toBe(400)
    expect(answer.message).toContain(why)
  })

  test('an agent that is not there', () => {
    const { rack, agent } = aScene()
    const nobody = { rack, agent: Object.assign(Object.create(agent), { agentId: 'x' }) }
    expect(operate(nobody, reserved)).toMatchObject({ status: 400 })
  })

  test('a role below another on an agent that knows no such roles', () => {
    const scene = aScene({ capabilities: ['MULTI_ROLE'] })
    const answer = operate(scene, reserve(aReserved('cpus', 1, dynamicReservation('a/b'))))
    expect(answer).toMatchObject({ status: 400, message: 'the agent lacks the capability HIERARCHICAL_ROLE' })
    const stack = [dynamicReservation('a'), dynamicReservation('a/b')]
    operate(scene, reserve(aResource('cpus', 1, { reservations: stack.slice(0, 1) })))
    expect(operate(scene, reserve(aResource('cpus', 1, { reservations: stack }))).status).toBe(400)
  })

  test('a volume that a task uses', () => {
    const scene = aScene()
    const { rack } = scene
    operate(scene, reserve(aReserved('disk', 100)))
    operate(scene, made)
    const framework = rack.framework({ principal: 'p' })
    rack.pass(2_000)
    const resources = [...scalars({ cpus: 1 }), aVolume('v', 100)]
    framework.launch(framework.offer, [aTaskInfo(framework.offer, 't', { resources })], 0)
    const answer = operate(scene, destroy(aVolume('v', 100)))
    expect(answer).toMatchObject({ status: 400, message: `persistent volume 'v' of role 'test' is in use` })
  })
})

describe('409', () => {
  test.each<[string, OfferOperation]>([
    ['more than there is', reserve(aReserved('cpus', 5))],
    ['a volume larger than what is reserved', create(aVolume('v', 1))],
    ['unreserving what is not reserved', unreserve(aReserved('cpus', 1))],
    ['growing a volume that is not there', grow(aVolume('v', 1), aReserved('disk', 1))],
  ])('%s', (_what, operation) => {
    expect(operate(aScene(), operation)).toMatchObject({ status: 409 })
  })

  test('an agent that is disconnected', () => {
    const scene = aScene()
    scene.agent.cut()
    expect(operate(scene, reserved)).toMatchObject({ status: 409, message: 'the agent is disconnected' })
  })
})

test('W06 reservations and volumes survive the agent and the master', () => {
  const scene = aScene()
  const { rack, agent } = scene
  operate(scene, reserved)
  operate(scene, made)
  agent.reconnect()
  rack.restartMaster()
  agent.connect()
  const framework = rack.framework({ principal: 'p' })
  rack.pass(2_000)
  expect(words(framework.offer.resources)).toBe(
    'cpus(test,p):2; cpus:2; disk(test,p):100; disk(test,p)[v]:100; disk:800',
  )
})

test('an agent that comes back with what the master believes keeps its filters', () => {
  const scene = aScene()
  const { rack, agent } = scene
  const framework = rack.framework({ principal: 'p' })
  framework.accept([framework.offer], [reserved], 0)
  rack.pass(2_000)
  framework.decline(framework.offer, 3600)
  const offers = framework.offers.length
  agent.reconnect()
  rack.pass(60_000)
  expect(framework.offers).toHaveLength(offers)
  agent.change({ resources: { cpus: 8, disk: 1000 } })
  agent.reconnect()
  rack.pass(2_000)
  expect(words(framework.offer.resources)).toBe('cpus:8; disk:1000')
})
