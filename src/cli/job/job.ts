// A framework of one job: launches its instances as offers come, passes their output on as they write it, and ends
// with their exit status. Everything that reaches it is an event or a tick; it does not know command lines or signals.

import type { Offer, Resource, SchedulerEvent, TaskInfo, TaskStatus } from '../../mesos/types.ts'
import type { Fault } from '../../model/result.ts'
import { AgentPlace } from '../client/agent-place.ts'
import type { HttpClient } from '../client/http.ts'
import { askWhy } from '../client/operator.ts'
import type { Subscription } from '../client/scheduler.ts'
import { say } from '../output.ts'
import { type Broken, brokenVerdict } from './broken-gang.ts'
import { forgetLaunch, type Instance, isWaiting, newInstances, type Running } from './instance.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { followOutputs, type Output } from './output.ts'
import { PassedOver } from './passed-over.ts'
import { gangRequest, type JobSpec, OfferRest, taskInfo, wantedMilli } from './spec.ts'
import { whyQuestion, whyWaiting } from './waiting.ts'

/** An instance that was dropped this often before it started will not start. */
const dropsMax = 20

/** Waiting this long for an offer is worth a word, and another one this much later if the reason has changed. */
const explainAfterMs = 1_500
const tickMs = 500

/** A kill is asked for again until the task has ended: the first one may have met a restarting master. */
const killAgainMs = 5_000

/** Offers of one machine that do not fit are held back this long (the API's own default). */
const declineSeconds = 5

type NotStarted = Extract<Outcome, { kind: 'dropped' | 'refused' }>

export type JobOptions = {
  readonly spec: JobSpec
  /** Makes task ids of this run different from those of every other. */
  readonly runId: string
  readonly token: string | null
  readonly master: HttpClient
  readonly subscription: Subscription
}

export class Job {
  readonly #options: JobOptions
  readonly #instances: readonly Instance[]
  readonly #wanted: ReadonlyMap<string, number>
  readonly #agents = new Map<string, AgentPlace>()
  readonly #ticker: NodeJS.Timeout
  readonly #passedOver = new PassedOver()
  /** Set once the job is to end: the exit status then. */
  #stopping: { readonly exitStatus: number } | null = null
  /** Of a gang: why one of it did not start; the others are being ended. */
  #broken: Broken | null = null
  #killedMs = 0
  #waitingSinceMs = performance.now()
  #explained: string | null = null
  /** Settled once the master has answered every launch. */
  #launched: Promise<unknown> = Promise.resolve()
  /** Settled once the master has heard whether offers are wanted. */
  #appetite: Promise<unknown> = Promise.resolve()
  #finish: (exitStatus: number) => void = () => {}
  /** Resolves with the job's exit status. */
  readonly finished = new Promise<number>((resolve) => {
    this.#finish = resolve
  })

  constructor(options: JobOptions) {
    this.#options = options
    this.#wanted = wantedMilli(options.spec)
    this.#instances = newInstances(options.spec.instances)
    this.#ticker = setInterval(() => this.#tick(), tickMs)
  }

  handle(event: SchedulerEvent): void {
    switch (event.type) {
      case 'SUBSCRIBED':
        return this.#resume()
      case 'OFFERS': {
        const offers = event.offers?.offers ?? []
        if (event.offers?.gang?.complete === true && this.#isWaitingWhole) return this.#useGang(offers)
        return this.#useEach(offers)
      }
      case 'UPDATE':
        if (event.update !== undefined) void this.#update(event.update.status)
        return
    }
  }

  /** Kills what runs and forgets what waits; the job finishes with `exitStatus` once all has ended. */
  stop(exitStatus: number): void {
    if (this.#stopping !== null) return
    this.#stopping = { exitStatus }
    for (const instance of this.#instances) if (instance.running === null) instance.exitStatus ??= exitStatus
    this.#killRunning()
    this.#finishIfOver()
  }

  /** Stops without waiting for tasks to end. */
  abandon(exitStatus: number): void {
    this.#finish(exitStatus)
  }

  /** The framework is no more; nothing further will be heard of its tasks. */
  fail(fault: Fault): void {
    say(fault.message)
    this.#finish(1)
  }

  /** Lets go of every connection and timer. */
  close(): void {
    clearInterval(this.#ticker)
    for (const { running } of this.#instances) for (const output of running?.outputs ?? []) output.abandon()
    for (const agent of this.#agents.values()) agent.close()
  }

  /** After a reconnection: asks what became of the tasks, and repeats what may have been lost. */
  #resume(): void {
    const running = this.#instances.flatMap((instance) => (instance.isEnding ? [] : (instance.running ?? [])))
    if (running.length > 0) {
      const tasks = running.map(({ taskId, agentId }) => ({ task_id: { value: taskId }, agent_id: { value: agentId } }))
      void this.#options.subscription.call({ type: 'RECONCILE', reconcile: { tasks } })
    }
    if (this.#isKilling) this.#killRunning()
    if (this.#options.spec.gang === null) this.#suppressIfPlaced()
    else this.#askForGang()
  }

  get #isKilling(): boolean {
    return this.#stopping !== null || this.#broken !== null
  }

  /** A gang that waits waits as a whole. */
  get #isWaitingWhole(): boolean {
    return this.#waiting().length === this.#instances.length
  }

  /** Asked anew by each subscription: a master forgets with the stream what was asked on it. */
  #askForGang(): void {
    const { spec, runId, subscription } = this.#options
    if (spec.gang === null || this.#isKilling || !this.#isWaitingWhole) return
    const requests = [gangRequest(spec, spec.gang.racks, runId)]
    void subscription.call({ type: 'REQUEST', request: { requests } }).then((called) => {
      if (!called.ok && called.fault.code === 'API_REFUSED') this.fail(called.fault)
    })
  }

  /** Each instance on a machine of its own; offers that do not do are all given back, and asked for again. */
  #useGang(offers: readonly Offer[]): void {
    const placed = this.#instances.flatMap((instance, i) => {
      const offer = offers[i]
      const resources = offer === undefined ? null : new OfferRest(offer).take(this.#wanted)
      return offer === undefined || resources === null ? [] : [{ instance, offer, resources }]
    })
    if (placed.length < this.#instances.length) {
      const offer_ids = offers.map(({ id }) => id)
      void this.#options.subscription.call({ type: 'DECLINE', decline: { offer_ids } }).then(() => this.#askForGang())
      return
    }
    for (const { instance, offer, resources } of placed) this.#launch(offer, [this.#start(instance, offer, resources)])
  }

  /** Launches what is waiting where it fits, and declines the other offers. */
  #useEach(offers: readonly Offer[]): void {
    const declined = new Map<number, Offer['id'][]>()
    for (const offer of offers) {
      const refuseSeconds = this.#use(offer)
      if (refuseSeconds !== null) declined.set(refuseSeconds, [...(declined.get(refuseSeconds) ?? []), offer.id])
    }
    for (const [refuse_seconds, offer_ids] of declined) {
      const decline = { offer_ids, filters: { refuse_seconds } }
      void this.#options.subscription.call({ type: 'DECLINE', decline })
    }
  }

  /** Launches as many waiting instances as fit into the offer; for how long to decline it where none does. */
  #use(offer: Offer): number | null {
    const waiting = this.#options.spec.gang === null ? this.#waiting() : []
    const passedOverSeconds = waiting.length === 0 ? 0 : this.#passedOver.secondsFor(offer, performance.now())
    if (passedOverSeconds > 0) return passedOverSeconds
    const rest = new OfferRest(offer)
    const tasks = []
    for (const instance of waiting) {
      const resources = rest.take(this.#wanted)
      if (resources === null) break
      tasks.push(this.#start(instance, offer, resources))
    }
    if (tasks.length === 0) return declineSeconds
    this.#launch(offer, tasks)
    return null
  }

  #start(instance: Instance, offer: Offer, resources: readonly Resource[]): TaskInfo {
    const taskId = this.#taskId(instance)
    const { agent_id, hostname } = offer
    instance.launches++
    instance.running = { taskId, agentId: agent_id.value, hostname, outputs: this.#follow(instance, taskId, offer) }
    return taskInfo(this.#options.spec, taskId, offer, resources)
  }

  #launch(offer: Offer, tasks: readonly TaskInfo[]): void {
    this.#waitingSinceMs = performance.now()
    const filters = { refuse_seconds: declineSeconds }
    const launched = this.#options.subscription
      .call({
        type: 'ACCEPT',
        accept: { offer_ids: [offer.id], operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }], filters },
      })
      .then((called) => {
        // A broken connection is resolved by reconciliation; a refusal is ours to report.
        if (!called.ok && called.fault.code === 'API_REFUSED') this.fail(called.fault)
        else this.#suppressIfPlaced()
      })
    this.#launched = Promise.all([this.#launched, launched]).then(() => null)
  }

  async #update(status: TaskStatus): Promise<void> {
    const instance = this.#instances.find(({ running }) => running?.taskId === status.task_id.value)
    if (instance?.running != null && !instance.isEnding) {
      await this.#take(instance, instance.running, outcomeOf(status, instance.hasBegun))
    }
    if (status.uuid !== undefined && status.agent_id !== undefined) {
      const { agent_id, task_id, uuid } = status
      await this.#options.subscription.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
    }
    if (this.#broken !== null && this.#stopping === null) this.#regroup(this.#broken)
    this.#finishIfOver()
  }

  async #take(instance: Instance, { agentId, outputs }: Running, outcome: Outcome): Promise<void> {
    switch (outcome.kind) {
      case 'dropped':
      case 'refused':
        return this.#notStarted(instance, outcome)
      case 'going':
        if (outcome.notice !== null) say(this.#about(instance, outcome.notice))
        instance.hasBegun = true
        instance.hasRun ||= outcome.isRunning
        return
      case 'over': {
        const { notice, exitStatus, hasRun } = outcome
        instance.isEnding = true
        instance.hasRun ||= hasRun
        if (this.#options.spec.gang !== null && !instance.hasRun) {
          this.#break({ why: this.#about(instance, notice ?? 'it did not start'), mayStartLater: false })
        } else if (notice !== null && !this.#isKilling) say(this.#about(instance, notice))
        // What was never there has written nothing, and its machine may not be there to say so.
        const wasThere = instance.hasBegun || hasRun
        await Promise.all(outputs.map(({ flush, abandon }) => (wasThere ? flush() : abandon())))
        instance.exitStatus = exitStatus
        this.#passedOver.freed(agentId)
      }
    }
  }

  #notStarted(instance: Instance, outcome: NotStarted): void {
    const hostname = instance.running?.hostname ?? ''
    const agentId = instance.running?.agentId ?? ''
    forgetLaunch(instance)
    if (this.#stopping !== null) {
      instance.exitStatus = this.#stopping.exitStatus
    } else if (this.#options.spec.gang !== null) {
      this.#break({ why: this.#about(instance, outcome.why), mayStartLater: true })
    } else if (outcome.kind === 'refused') {
      const { why, isForEver } = outcome
      const isNew = this.#passedOver.add(agentId, outcome, performance.now())
      const next = isForEver ? 'another machine' : 'another machine, or for more of it'
      if (isNew) say(`${hostname} cannot${isForEver ? '' : ' now'}: ${why}; waiting for ${next}`)
      this.#askForOffers()
    } else if (++instance.drops >= dropsMax) {
      say(this.#about(instance, `it was dropped ${dropsMax} times before it started`))
      instance.exitStatus = 1
    } else {
      this.#askForOffers()
    }
  }

  /** One of a gang did not start: the others end. */
  #break(broken: Broken): void {
    if (this.#isKilling) return
    this.#broken = broken
    this.#killRunning()
  }

  #regroup(broken: Broken): void {
    const verdict = brokenVerdict(broken, this.#instances)
    if (verdict === null) return
    say(verdict.sentence)
    if (!verdict.isTriedAgain) return this.stop(1)
    this.#broken = null
    this.#waitingSinceMs = performance.now()
    for (const instance of this.#instances) forgetLaunch(instance)
    this.#askForGang()
  }

  #follow(instance: Instance, taskId: string, offer: Offer): readonly Output[] {
    const { address } = offer.url ?? {}
    const host = address?.ip ?? address?.hostname ?? offer.hostname
    const peer = { host, port: address?.port ?? 5051 }
    const agentId = offer.agent_id.value
    const { master, token } = this.#options
    const agent = this.#agents.get(agentId) ?? new AgentPlace({ agentId, address: peer, master, token })
    this.#agents.set(agentId, agent)
    const frameworkId = this.#options.subscription.frameworkId ?? ''
    const prefix = this.#options.spec.instances > 1 ? `[${instance.index}] ` : null
    return followOutputs(agent, { frameworkId, taskId }, prefix)
  }

  #killRunning(): void {
    this.#killedMs = performance.now()
    for (const { running, isEnding } of this.#instances) {
      if (running !== null && !isEnding) this.#kill(running)
    }
  }

  #kill({ taskId, agentId }: Running): void {
    const kill = { task_id: { value: taskId }, agent_id: { value: agentId } }
    // A kill that overtook the launch would be answered as if the task were gone.
    void this.#launched.then(() => this.#options.subscription.call({ type: 'KILL', kill }))
  }

  #tick(): void {
    const nowMs = performance.now()
    if (this.#isKilling) {
      if (nowMs - this.#killedMs > killAgainMs) this.#killRunning()
    } else if (this.#waiting().length > 0 && nowMs - this.#waitingSinceMs > explainAfterMs) {
      void this.#explain()
    }
  }

  /** Says why nothing is offered, once for each reason. */
  async #explain(): Promise<void> {
    this.#waitingSinceMs = performance.now()
    const { spec, master, subscription } = this.#options
    const asked = await askWhy(master, whyQuestion(spec, this.#wanted, subscription.frameworkId ?? ''))
    const reason = asked.ok ? whyWaiting(asked.value, this.#passedOver.reason) : null
    if (reason === null || reason === this.#explained) return
    this.#explained = reason
    say(`waiting: ${reason}`)
  }

  /** Something that was placed waits again: what was declined before may do for it. */
  #askForOffers(): void {
    this.#waitingSinceMs = performance.now()
    this.#tellAppetite()
  }

  #suppressIfPlaced(): void {
    if (this.#waiting().length === 0) this.#tellAppetite()
  }

  /** Whether offers are wanted, said one after the other so that the last word is the one that holds. */
  #tellAppetite(): void {
    this.#appetite = this.#appetite.then(() => {
      const type = this.#waiting().length === 0 ? 'SUPPRESS' : 'REVIVE'
      return this.#options.subscription.call({ type })
    })
  }

  #waiting(): readonly Instance[] {
    return this.#instances.filter(isWaiting)
  }

  #finishIfOver(): void {
    const statuses = this.#instances.map(({ exitStatus }) => exitStatus)
    if (statuses.includes(null)) return
    this.#finish(this.#stopping?.exitStatus ?? statuses.find((status) => status !== 0) ?? 0)
  }

  #taskId(instance: Instance): string {
    const { spec, runId } = this.#options
    const index = spec.instances > 1 ? `.${instance.index}` : ''
    const again = instance.launches > 0 ? `.again${instance.launches}` : ''
    return `${spec.name}.${runId}${index}${again}`
  }

  #about(instance: Instance, sentence: string): string {
    return this.#options.spec.instances > 1 ? `[${instance.index}] ${sentence}` : sentence
  }
}
