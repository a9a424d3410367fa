// Random operations of frameworks and operators on agents that come, go, are slow, fail and lose frames, with masters
// that begin anew: after each step nothing is given away twice, and when all has settled, master and agents believe the
// same.

import { describe, expect, test } from 'vitest'
import { orphanAgeMs } from '../../../../src/master/cluster/operation-updates.ts'
import { isTerminal } from '../../../../src/mesos/names.ts'
import { toMessages } from '../../../../src/mesos/resources.ts'
import type { Offer, OfferOperation, Resource } from '../../../../src/mesos/types.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { type SeededRandom, seededRandom } from '../../../../src/model/random.ts'
import { allocatedTo, contains, equal, type Resources, resources } from '../../../../src/model/resources.ts'
import { type TestAgent, TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import {
  aReserved,
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
import { aTaskInfo } from '../../../support/scheduler.ts'

const stepsPerSeed = 120
const seeds = Array.from({ length: 25 }, (_, i) => i + 1)

class World {
  readonly rack = new TestCluster({ unreachableTasksPerFrameworkMax: 1000 })
  readonly random: SeededRandom
  readonly agents: TestAgent[]
  readonly frameworks: TestScheduler[]
  #names = 0

  constructor(seed: number) {
    this.random = seededRandom(seed)
    const capabilities = [...operationCapabilities, 'TASK_RESOURCE_LIMITS']
    this.agents = [1, 2].map(() => this.rack.agent({ capabilities, resources: { cpus: 8, mem: 1024, disk: 1000 } }))
    this.frameworks = ['test', 'test', 'test/below'].map((role) => this.#framework(role))
  }

  #framework(role: string): TestScheduler {
    const capabilities = sharingFramework
    return this.rack.framework({ roles: [role], principal: 'p', capabilities, failover_timeout: 3_000 })
  }

  step(): void {
    const { random, rack } = this
    const agent = this.#oneOf(this.agents)
    const framework = this.#oneOf(this.frameworks)
    switch (random.below(18)) {
      case 0:
        agent.isSlow = !agent.isSlow
        if (!agent.isSlow && agent.session !== null) agent.carryOut()
        break
      case 1:
        agent.carryOut(random.below(4) === 0 ? 'failed' : 'done')
        break
      case 2:
        if (agent.session === null) agent.connect()
        else if (random.below(2) === 0) agent.reconnect()
        else agent.cut()
        break
      case 3:
        if (random.below(8) === 0) this.#restartMaster()
        break
      case 4:
      case 5:
        this.#operator(agent)
        break
      case 6:
        for (const [id, run] of agent.runs) {
          if (agent.session !== null && run.latestState === 'TASK_STAGING') agent.update(id, 'TASK_FINISHED')
        }
        break
      case 7:
        for (const status of framework.operationStatuses().slice(-3)) framework.acknowledgeOperation(status)
        for (const status of framework.updates().slice(-3)) framework.acknowledge(status)
        break
      case 8:
        rack.pass(random.below(100_000))
        break
      case 9:
        if (random.below(3) > 0) break
        framework.call({ type: 'TEARDOWN' })
        this.frameworks[this.frameworks.indexOf(framework)] = this.#framework(framework.info.roles?.[0] ?? '')
        break
      default:
        this.#accept(framework)
    }
    for (const it of this.agents) if (it.session === null && random.below(3) === 0) it.connect()
    for (const it of this.frameworks) if (it.streamId === null) it.subscribe()
    rack.pass(1_500)
    this.check()
  }

  /** Held and offered is at most what there is, entry by entry, and the allocator knows the same. */
  check(): void {
    for (const { id, total, used, offered, tasks } of this.rack.view.agents()) {
      const given = resources([...used, ...offered].map(bare)).filter(({ disk }) => disk?.persistence === undefined)
      if (!contains(resources(total.map(bare)), resources(given))) {
        throw new Error(`more is given away of ${id} than it has`)
      }
      const offers = [...this.rack.view.offers()].filter((offer) => offer.agentId === id)
      const holders = [...offers, ...[...tasks.values()].filter(({ latestState }) => !isTerminal(latestState))]
      const volumes = holders.flatMap(({ resources: items }) =>
        items.filter(({ disk }) => disk?.persistence !== undefined),
      )
      const whole = volumes
        .filter(({ shared }) => !shared)
        .map(({ disk, reservations }) => {
          return `${reservations?.at(-1)?.role} ${disk?.persistence?.id}`
        })
      if (new Set(whole).size < whole.length) throw new Error(`a volume of ${id} is given away twice`)
    }
  }

  /** Everything is let go: agents do what they were told, tasks end, all is acknowledged, offers are declined. */
  settle(): void {
    for (const agent of this.agents) {
      agent.isSlow = false
      if (agent.session === null) agent.connect()
      agent.carryOut()
      if (agent.session === null) agent.connect()
    }
    // Those of frameworks that ended under an earlier master are nobody's after a while.
    this.rack.pass(orphanAgeMs)
    for (let round = 0; round < 6; round++) {
      for (const agent of this.agents) {
        if (agent.session === null) agent.connect()
        for (const [id, run] of agent.runs) if (run.latestState === 'TASK_STAGING') agent.update(id, 'TASK_FINISHED')
        for (const id of agent.runs.keys()) agent.tell(id)
        for (const uuid of [...agent.operations.keys()]) agent.tellOperation(uuid)
      }
      for (const framework of this.frameworks) {
        for (const status of framework.operationStatuses()) framework.acknowledgeOperation(status)
        for (const status of framework.updates()) framework.acknowledge(status)
      }
      this.rack.pass(30_000)
    }
    expect([...this.rack.view.operations()]).toEqual([])
    for (const agent of this.agents) {
      const record = this.rack.view.agent(agent.agentId as AgentId)
      expect(agent.operations.size).toBe(0)
      expect(words(toMessages(record?.total ?? [], 'post'))).toBe(words(toMessages(agent.total, 'post')))
      expect(equal(record?.total ?? [], agent.total)).toBe(true)
      expect(record?.used).toEqual([])
      for (const framework of this.frameworks)
        for (const offer of this.#liveOffers(framework)) framework.decline(offer, 0)
    }
  }

  #restartMaster(): void {
    this.rack.restartMaster()
    for (const agent of this.agents) agent.connect()
    for (const framework of this.frameworks) framework.subscribe()
  }

  #operator(agent: TestAgent): void {
    const agentId = agent.agentId as AgentId
    const total = this.rack.view.agent(agentId)?.total ?? []
    const operation = this.#operation(total, this.random.below(2) === 0 ? 'test' : 'test/below')
    if (operation === null) return
    this.rack.request((requestId) => ({ kind: 'operate', requestId, agentId, operation, principal: 'p' }))
  }

  #accept(framework: TestScheduler): void {
    const offers = this.#liveOffers(framework)
    const [first] = offers
    if (first === undefined) return
    const own = offers.filter(({ agent_id }) => agent_id.value === first.agent_id.value)
    const role = framework.info.roles?.[0] as string
    const record = this.rack.view.agent(first.agent_id.value as AgentId)
    const operations: OfferOperation[] = []
    for (let i = this.random.below(3); i >= 0; i--) {
      const operation = this.#operation(record?.total ?? [], role)
      if (operation !== null) operations.push(this.random.below(3) === 0 ? named(this.#name(), operation) : operation)
      if (this.random.below(2) === 0) operations.push(this.#launch(first, record?.total ?? []))
    }
    framework.accept(own, operations, this.random.below(2) * 5)
  }

  #launch(offer: Offer, total: Resources): OfferOperation {
    const item = this.#oneOf(total)
    const volume = item?.disk?.persistence === undefined ? [] : toMessages([item], 'post')
    const disk = { persistence: volume[0]?.disk?.persistence, volume: { container_path: 'mine', mode: 'RW' as const } }
    const used: Resource[] = volume.map((it) => ({ ...it, disk }))
    const cpus = this.random.below(2) === 0 ? aReserved('cpus', 1) : { ...aReserved('cpus', 1), reservations: [] }
    const one = aTaskInfo(offer, this.#name(), { resources: [cpus, ...used] })
    const other = aTaskInfo(offer, this.#name(), { resources: [cpus, ...used] })
    return { type: 'LAUNCH', launch: { task_infos: [one, other] } }
  }

  #operation(total: Resources, role: string): OfferOperation | null {
    const reservation = dynamicReservation(role)
    const volumes = toMessages(
      total.filter(({ disk }) => disk?.persistence !== undefined),
      'post',
    )
    const volume = this.#oneOf(volumes)
    const amount = 1 + this.random.below(100)
    const some = this.random.below(2) === 0 ? aReserved('cpus', 1, reservation) : aReserved('disk', amount, reservation)
    const more = { reservations: [reservation], ...(this.random.below(3) === 0 && { shared: {} }) }
    switch (this.random.below(6)) {
      case 0:
        return reserve(some)
      case 1:
        return unreserve(some)
      case 2:
        return create(aVolume(`v${this.random.below(4)}`, amount, more))
      case 3:
        return volume === undefined ? null : destroy(volume)
      case 4:
        return volume === undefined ? null : grow(volume, aReserved('disk', amount, volume.reservations?.[0]))
      default:
        return volume === undefined ? null : shrink(volume, 1 + this.random.below(50))
    }
  }

  #liveOffers({ offers }: TestScheduler): Offer[] {
    const live = new Set([...this.rack.view.offers()].map(({ id }) => id as string))
    return offers.filter(({ id }) => live.has(id.value))
  }

  #oneOf<T>(items: readonly T[]): T {
    return items[this.random.below(Math.max(1, items.length))] as T
  }

  #name(): string {
    return `n${this.#names++}`
  }
}

/** The part of the machine, whoever it is reserved for. */
function bare(item: Resources[number]): Resources[number] {
  const { allocationRole: _role, reservations: _stack, ...rest } = item
  const [plain] = allocatedTo([{ ...rest, key: '' }], undefined)
  return plain as Resources[number]
}

describe('random operations', () => {
  test.each(seeds)('seed %i', (seed) => {
    const world = new World(seed)
    for (let i = 0; i < stepsPerSeed; i++) world.step()
    world.settle()
  })
})
