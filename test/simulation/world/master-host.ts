// The management node: the registry on its disk, and the master on it: a production cluster in a process that may die
// and come back as a new master. Its HTTP side is reduced to what reaches the cluster: streams and requests.

import { pauseMaxMs } from '../../../src/master/cluster/pause.ts'
import { defaultPolicy } from '../../../src/master/cluster/timers.ts'
import type {
  ClusterConfig,
  ClusterEffect,
  ClusterInput,
  ClusterView,
  RequestId,
} from '../../../src/master/cluster/types.ts'
import type { SchedulerEvent } from '../../../src/mesos/types.ts'
import type { AgentUid, MasterId, StreamId } from '../../../src/model/ids.ts'
import { uuidText } from '../../../src/model/random.ts'
import type { UpFrame } from '../../../src/wire/messages.ts'
import { chance, inRange, type Rng } from '../engine/plan.ts'
import { Process } from '../engine/process.ts'
import { Broker } from './broker.ts'
import { RegistryStore } from './registry-store.ts'
import type { World } from './world.ts'

/** A scheduler's end of its event stream. */
export type StreamEnd = { event(event: SchedulerEvent): void; closed(): void }

type Stream = {
  readonly end: StreamEnd
  isOpenAtMaster: boolean
  isOpenAtScheduler: boolean
  isBroken: boolean
  lastMs: number
}

export const operatorStreamsMax = 10

export class MasterHost {
  readonly registry = new RegistryStore()
  readonly #world: World
  /** A master that finds quotas waits for most of its agents before it offers anything, but not for ever. */
  #waits = { agents: 0, untilMs: 0 }
  readonly #random: Rng
  #process: Process<ClusterInput, ClusterEffect> | null = null
  #view: ClusterView | null = null
  #broker: Broker | null = null
  #lives = 0
  readonly #streams = new Map<StreamId, Stream>()
  readonly #operatorStreams = new Set<StreamId>()
  readonly #waiting = new Map<RequestId, (status: number, message: string | null) => void>()
  #requests = 0

  constructor(world: World, random: Rng) {
    this.#world = world
    this.#random = random
  }

  /** Null while no master runs. */
  get view(): ClusterView | null {
    return this.#view
  }

  get broker(): Broker | null {
    return this.#broker
  }

  /** Whether it may still offer nothing because few of its agents are back. */
  get isWaiting(): boolean {
    const count = [...(this.#view?.agents() ?? [])].length
    return count < this.#waits.agents && this.#world.queue.nowMs < this.#waits.untilMs
  }

  start(): void {
    if (this.#process !== null) return
    const random = this.#random.fork(100 + this.#lives++)
    const snapshot = this.registry.open()
    const isLimited = snapshot.quotas.length > 0
    const agents = isLimited ? Math.ceil(snapshot.admitted.length * 0.8) : 0
    this.#waits = { agents, untilMs: this.#world.queue.nowMs + pauseMaxMs * 1.01 }
    const clock = this.#world.newClock(random)
    const masterId = uuidText(random.bytes16()) as string as MasterId
    const config: ClusterConfig = {
      ...this.#world.plan.timers,
      masterId,
      epoch: snapshot.epoch,
      masterInfo: { id: masterId, ip: 0, port: 5050 },
      ...this.#world.plan.bounds,
      operatorStreamsMax,
      policy: defaultPolicy,
    }
    const cluster = this.#world.makeCluster(config, snapshot, random, clock.localMs(this.#world.queue.nowMs))
    this.#view = cluster.view
    this.#world.note('master', `starts, epoch ${snapshot.epoch}`)
    if (this.#broker === null || !this.#broker.isUp) this.#broker = new Broker(this.#world, random.fork(1))
    this.#process = new Process<ClusterInput, ClusterEffect>({
      machine: cluster,
      queue: this.#world.queue,
      clock,
      tick: { kind: 'tick' },
      random,
      perform: (effect) => this.#perform(effect),
      afterStep: () => this.#world.observe({ kind: 'masterStepped', view: cluster.view }),
      onDeath: () => this.#died(),
    })
    this.#world.observe({ kind: 'masterStarted', snapshot, view: cluster.view, epoch: snapshot.epoch })
    this.#world.operator.masterStarted()
  }

  crash(when: 'now' | 'midStep'): void {
    this.#process?.crash(when)
  }

  freeze(durationMs: number): void {
    this.#process?.freeze(durationMs)
  }

  agentFrame(uid: AgentUid, frame: UpFrame): void {
    this.#world.note('master', `<- ${uid.slice(0, 8)} ${describeUp(frame)}`)
    this.#process?.submit({ kind: 'agentFrame', uid, frame })
  }

  agentDisconnected(uid: AgentUid): void {
    this.#world.note('master', `<- ${uid.slice(0, 8)} disconnected`)
    this.#process?.submit({ kind: 'agentDisconnected', uid })
  }

  /** A SUBSCRIBE arrived and was answered with 200; null when nobody listens. */
  openStream(end: StreamEnd, inputOf: (streamId: StreamId) => ClusterInput): StreamId | null {
    if (this.#process === null) return null
    const streamId = uuidText(this.#random.bytes16()) as StreamId
    this.#streams.set(streamId, { end, isOpenAtMaster: true, isOpenAtScheduler: true, isBroken: false, lastMs: 0 })
    this.#world.note('master', `<- subscribe ${streamId.slice(0, 8)}`)
    this.#process.submit(inputOf(streamId))
    return streamId
  }

  /** Any other call arrived; false when nobody listens. */
  request(
    inputOf: (requestId: RequestId) => ClusterInput,
    answer: (status: number, message: string | null) => void,
  ): boolean {
    if (this.#process === null) return false
    const requestId = ++this.#requests
    this.#waiting.set(requestId, answer)
    this.#process.submit(inputOf(requestId))
    return true
  }

  /** What needs no answer; nothing when no master runs. */
  submit(input: ClusterInput): void {
    this.#process?.submit(input)
  }

  /** The operator listens; null when there is nobody to listen to. What it is told arrives at once. */
  openOperatorStream(): StreamId | null {
    if (this.#process === null) return null
    const streamId = uuidText(this.#random.bytes16()) as StreamId
    this.#operatorStreams.add(streamId)
    this.#process.submit({ kind: 'operatorSubscribe', streamId })
    return streamId
  }

  closeOperatorStream(streamId: StreamId): void {
    if (!this.#operatorStreams.delete(streamId)) return
    this.#world.observe({ kind: 'operatorStreamEnded', streamId })
    this.#process?.submit({ kind: 'operatorStreamClosed', streamId })
  }

  /** The network breaks a stream; both ends notice in their own time, the scheduler's only if it still listens. */
  breakStream(streamId: StreamId, isHungUp: boolean): void {
    const stream = this.#streams.get(streamId)
    if (stream === undefined || stream.isBroken) return
    stream.isBroken = true
    if (isHungUp) stream.isOpenAtScheduler = false
    else this.#noticeAtScheduler(stream)
    this.#world.queue.after(inRange(this.#random, this.#world.network.detection), () => {
      if (!stream.isOpenAtMaster) return
      stream.isOpenAtMaster = false
      this.#streams.delete(streamId)
      this.#world.note('master', `<- stream ${streamId.slice(0, 8)} closed`)
      this.#process?.submit({ kind: 'streamClosed', streamId })
    })
  }

  #perform(effect: ClusterEffect): void {
    switch (effect.kind) {
      case 'persist':
        this.registry.apply(effect.op)
        this.#world.observe({ kind: 'masterPersisted', op: effect.op })
        return
      case 'sendAgent':
        this.#world.observe({ kind: 'masterSent', uid: effect.uid, frame: effect.frame, registry: this.registry })
        return this.#broker?.sendDown(effect.uid, effect.frame)
      case 'disconnectAgent':
        return this.#broker?.disconnect(effect.uid)
      case 'sendEvent': {
        const stream = this.#streams.get(effect.streamId)
        if (stream !== undefined) this.#inOrder(stream, () => stream.end.event(effect.event))
        return
      }
      case 'closeStream': {
        const stream = this.#streams.get(effect.streamId)
        if (stream === undefined) return
        stream.isOpenAtMaster = false
        this.#streams.delete(effect.streamId)
        this.#inOrder(stream, () => this.#closeAtScheduler(stream))
        return
      }
      case 'reply': {
        const answer = this.#waiting.get(effect.requestId)
        this.#waiting.delete(effect.requestId)
        answer?.(effect.status, effect.message)
        return
      }
      case 'sendOperatorEvent':
        if (!this.#operatorStreams.has(effect.streamId)) return
        this.#world.observe({ kind: 'operatorTold', streamId: effect.streamId, event: effect.event })
        return
      case 'closeOperatorStream':
        if (!this.#operatorStreams.delete(effect.streamId)) return
        this.#world.observe({ kind: 'operatorStreamEnded', streamId: effect.streamId })
        return
      case 'log':
        return
    }
  }

  /** Events of one stream come in order, or, once it is broken, not at all. */
  #inOrder(stream: Stream, deliver: () => void): void {
    const { queue, network } = this.#world
    stream.lastMs = Math.max(stream.lastMs, queue.nowMs + inRange(this.#random, network.delay))
    queue.after(stream.lastMs - queue.nowMs, () => {
      if (!stream.isBroken && stream.isOpenAtScheduler) deliver()
    })
  }

  #closeAtScheduler(stream: Stream): void {
    if (!stream.isOpenAtScheduler) return
    stream.isOpenAtScheduler = false
    stream.end.closed()
  }

  #noticeAtScheduler(stream: Stream): void {
    this.#world.queue.after(inRange(this.#random, this.#world.network.detection), () => this.#closeAtScheduler(stream))
  }

  #died(): void {
    this.#world.note('master', 'dies')
    this.#process = null
    this.#view = null
    this.#waiting.clear()
    for (const stream of this.#streams.values()) {
      stream.isOpenAtMaster = false
      stream.isBroken = true
      this.#noticeAtScheduler(stream)
    }
    this.#streams.clear()
    for (const streamId of this.#operatorStreams) this.#world.observe({ kind: 'operatorStreamEnded', streamId })
    this.#operatorStreams.clear()
    const keepsBroker = this.#world.plan.network.hasOutsideBroker && !chance(this.#random, 100)
    if (!keepsBroker) this.#broker?.close()
    this.#world.observe({ kind: 'masterDied' })
  }
}

function describeUp({ seq, ack, message }: UpFrame): string {
  if (message?.kind === 'statusUpdate') return `${message.status.state} ${message.taskId} #${seq} ack ${ack}`
  if (message?.kind === 'register') return `register with ${message.tasks.length} tasks`
  return `${message?.kind ?? 'ack'} #${seq} ack ${ack}`
}
