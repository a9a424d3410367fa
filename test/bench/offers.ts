// How long one step of a round of offers holds up the whole master: the allocator, the books of the cluster, and the
// events encoded as they go out; by the clock, for pauses of the collector count. Agents
// are real to the cluster: they register over its own channel.
//
// Options: --agents N (10000), --frameworks N (200), --rounds N (5), --slice N agents looked at in one step.

import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { createCluster } from '../../src/master/cluster/cluster.ts'
import { defaultTimers } from '../../src/master/cluster/timers.ts'
import type { Cluster, ClusterEffect, ClusterInput } from '../../src/master/cluster/types.ts'
import { createMemoryRegistry } from '../../src/master/registry/memory.ts'
import { encode } from '../../src/mesos/codec.ts'
import { parseResources } from '../../src/mesos/resource-text.ts'
import { toMessages } from '../../src/mesos/resources.ts'
import type { AgentUid, MasterId, SessionId, StreamId } from '../../src/model/ids.ts'
import { type SeededRandom, seededRandom, uuidText } from '../../src/model/random.ts'
import { Channel } from '../../src/wire/channel.ts'
import type { DownFrame, DownMessage, UpMessage } from '../../src/wire/messages.ts'
import { gpusOnly } from '../support/hardware.ts'
import { aFrameworkInfo } from '../support/scheduler.ts'
import { percentile, type Workload } from './main.ts'

export const run: Workload = async ({ agents = 10_000, frameworks = 200, rounds = 5, slice }) => {
  const rack = new BenchRack(agents, slice ?? defaultTimers.agentsPerSliceMax)
  for (let i = 0; i < agents; i++) rack.addAgent()
  for (let i = 0; i < frameworks; i++) rack.addFramework()
  const stepsMs: number[] = []
  const encodedMs: number[] = []
  let offers = 0
  for (let round = 0; round <= rounds; round++) {
    const measured = await rack.round()
    // The first round compiles what the others run.
    if (round > 0) {
      stepsMs.push(...measured.stepsMs)
      encodedMs.push(...measured.encodedMs)
      offers += measured.offers
    }
    rack.takeBack()
  }
  const wholeMs = stepsMs.map((ms, i) => ms + (encodedMs[i] ?? 0))
  return {
    agents,
    frameworks,
    slice: slice ?? defaultTimers.agentsPerSliceMax,
    offers_per_round: offers / rounds,
    steps_per_round: stepsMs.length / rounds,
    step_p50_ms: percentile(stepsMs, 0.5),
    step_max_ms: percentile(stepsMs, 1),
    encode_p50_ms: percentile(encodedMs, 0.5),
    encode_max_ms: percentile(encodedMs, 1),
    both_p50_ms: percentile(wholeMs, 0.5),
    both_max_ms: percentile(wholeMs, 1),
  }
}

/** The cluster alone, with as many agents as are wanted, in time that stands still but between rounds. */
class BenchRack {
  #nowMs = 1_700_000_000_000
  readonly #random: SeededRandom = seededRandom(1)
  readonly #cluster: Cluster
  readonly #streams: StreamId[] = []

  constructor(agents: number, agentsPerSliceMax: number) {
    const masterId = 'm' as MasterId
    this.#cluster = createCluster(
      {
        ...defaultTimers,
        agentsPerSliceMax,
        agentHeartbeatMs: 3_600_000,
        schedulerHeartbeatMs: 3_600_000,
        masterId,
        epoch: agents,
        masterInfo: { id: masterId, ip: 1, port: 5050 },
      },
      createMemoryRegistry().snapshot,
      this.#random,
      this.#nowMs,
    )
  }

  addAgent(): void {
    const uid = this.#newId<AgentUid>()
    const session = this.#newId<SessionId>()
    const resources = parseResources('cpus:24;mem:4096;disk:4096;ports:[31000-32000]')
    if (!resources.ok) throw new Error(resources.fault.message)
    const told = this.#step({
      kind: 'agentFrame',
      uid,
      frame: {
        v: 1,
        session,
        epoch: 0,
        seq: 0,
        ack: 0,
        message: {
          kind: 'register',
          uid,
          agentId: null,
          version: '1',
          agentInfo: {
            hostname: `host-${uid.slice(0, 8)}`,
            port: 5051,
            resources: toMessages(resources.value, 'post'),
            attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
          },
          capabilities: ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT'],
          http: { host: '10.0.0.1', port: 5051 },
          hardware: gpusOnly([]),
          conditions: [],
          oversubscribed: [],
          frameworks: [],
          tasks: [],
          operations: [],
        },
      },
    })
    const registered = told.flatMap((effect) => (effect.kind === 'sendAgent' ? [effect.frame as DownFrame] : []))[0]
    if (registered === undefined) throw new Error('an agent was not taken')
    const channel = new Channel<UpMessage, DownMessage>({ session, epoch: registered.epoch })
    this.#step({ kind: 'agentFrame', uid, frame: channel.sendUnnumbered({ kind: 'heartbeat' }) })
  }

  addFramework(): void {
    const streamId = this.#newId<StreamId>()
    this.#streams.push(streamId)
    const subscribe = { framework_info: aFrameworkInfo({ roles: ['*'] }) }
    this.#step({ kind: 'subscribe', streamId, frameworkId: null, subscribe, principal: null })
  }

  /** Ticks as long as the cluster wants to at once; others have their turn in between, as in the master. */
  async round(): Promise<{ stepsMs: number[]; encodedMs: number[]; offers: number }> {
    const stepsMs: number[] = []
    const encodedMs: number[] = []
    let offers = 0
    while ((this.#cluster.nextTickMs() ?? Number.POSITIVE_INFINITY) <= this.#nowMs) {
      const startMs = performance.now()
      const effects = this.#step({ kind: 'tick' })
      const steppedMs = performance.now()
      for (const effect of effects) {
        if (effect.kind !== 'sendEvent') continue
        encode('application/json', 'mesos.v1.scheduler.Event', effect.event)
        offers += effect.event.offers?.offers?.length ?? 0
      }
      stepsMs.push(steppedMs - startMs)
      encodedMs.push(performance.now() - steppedMs)
      await turnOfTheLoop()
    }
    return { stepsMs, encodedMs, offers }
  }

  /** Every offer is declined without a filter; the next round may begin. */
  takeBack(): void {
    for (const framework of [...this.#cluster.view.frameworks()]) {
      const offer_ids = [...framework.offers].map((value) => ({ value }))
      const call = {
        type: 'DECLINE' as const,
        framework_id: { value: framework.id },
        decline: { offer_ids, filters: { refuse_seconds: 0 } },
      }
      this.#step({ kind: 'call', requestId: 1, call, streamId: framework.streamId, principal: null })
    }
    this.#nowMs += defaultTimers.allocationIntervalMs
  }

  #step(input: ClusterInput): ClusterEffect[] {
    return this.#cluster.step(input, this.#nowMs)
  }

  #newId<T extends string>(): T {
    return uuidText(this.#random.bytes16()) as string as T
  }
}
