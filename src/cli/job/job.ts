// A framework of one job: launches its instances as offers come, passes their output on as they write it, and ends
// with their exit status. Everything that reaches it is an event or a tick; it does not know command lines or signals.

import type { WhyDocument } from '../../master/api/why.ts'
import type { Offer, Resource, SchedulerEvent, TaskInfo, TaskStatus } from '../../mesos/types.ts'
import type { Fault } from '../../model/result.ts'
import { AgentPlace } from '../client/agent-place.ts'
import type { HttpClient } from '../client/http.ts'
import { askWhy } from '../client/operator.ts'
import type { Subscription } from '../client/scheduler.ts'
import { OutputFollower, type OutputName } from '../client/task-files.ts'
import { LinePrefixer, say, writeTo } from '../output.ts'
import { outcomeOf } from './outcome.ts'
import { gangRequest, type JobSpec, OfferRest, taskInfo, wantedMilli } from './spec.ts'

/** An instance that was dropped this often before it started will not start. */
const launchesMax = 20

/** Waiting this long for an offer is worth a word, and another one this much later if the reason has changed. */
const explainAfterMs = 1_500
const tickMs = 500

/** A kill is asked for again until the task has ended: the first one may have met a restarting master. */
const killAgainMs = 5_000

/** Offers of one machine that do not fit are held back this long (the API's own default). */
const declineSeconds = 5

type Instance = {
  readonly index: number
  launches: number
  /** Null while it waits for an offer. */
  running: { readonly taskId: string; readonly agentId: string; readonly outputs: readonly Output[] } | null
  /** Some status said that it is on its machine. */
  hasBegun: boolean
  /** Its end is known and its last output is being fetched. */
  isEnding: boolean
  exitStatus: number | null
}

type Output = { readonly follower: OutputFollower; readonly flush: () => Promise<void> }

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
  /** Set once the job is to end: the exit status then. */
  #stopping: { readonly exitStatus: number; killedMs: number } | null = null
  #waitingSinceMs = performance.now()
  #explained: string | null = null
  /** Of a gang: one of it did not start, and the others are being ended. */
  #isRegrouping = false
  #finish: (exitStatus: number) => void = () => {}
  /** Resolves with the job's exit status. */
  readonly finished = new Promise<number>((resolve) => {
    this.#finish = resolve
  })

  constructor(options: JobOptions) {
    this.#options = options
    this.#wanted = wantedMilli(options.spec)
    this.#instances = Array.from({ length: options.spec.instances }, (_, index) => ({
      index,
      launches: 0,
      running: null,
      hasBegun: false,
      isEnding: false,
      exitStatus: null,
    }))
    this.#ticker = setInterval(() => this.#tick(), tickMs)
  }

  handle(event: SchedulerEvent): void {
    switch (event.type) {
      case 'SUBSCRIBED':
        return this.#resume()
      case 'OFFERS': {
        const offers = event.offers?.offers ?? []
        if (event.offers?.gang?.complete === true && this.#isWaitingWhole) return this.#useGang(offers)
        for (const offer of offers) this.#use(offer)
        return
      }
      case 'UPDATE':
        if (event.update !== undefined) void this.#update(event.update.status)
        return
    }
  }

  /** Kills what runs and forgets what waits; the job finishes with `exitStatus` once all has ended. */
  stop(exitStatus: number): void {
    if (this.#stopping !== null) return
    this.#stopping = { exitStatus, killedMs: 0 }
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
    for (const { running } of this.#instances) for (const { follower } of running?.outputs ?? []) follower.abandon()
    for (const agent of this.#agents.values()) agent.close()
  }

  /** After a reconnection: asks what became of the tasks, and repeats what may have been lost. */
  #resume(): void {
    const running = this.#instances.flatMap((instance) => (instance.isEnding ? [] : (instance.running ?? [])))
    if (running.length > 0) {
      const tasks = running.map(({ taskId, agentId }) => ({ task_id: { value: taskId }, agent_id: { value: agentId } }))
      void this.#options.subscription.call({ type: 'RECONCILE', reconcile: { tasks } })
    }
    if (this.#stopping !== null) this.#killRunning()
    if (this.#options.spec.gang === null) this.#suppressIfPlaced()
    else this.#askForGang()
  }

  /** A gang that waits waits as a whole. */
  get #isWaitingWhole(): boolean {
    return this.#waiting().length === this.#instances.length
  }

  /** Asked anew by each subscription: a master forgets with the stream what was asked on it. */
  #askForGang(): void {
    const { spec, runId, subscription } = this.#options
    if (spec.gang === null || this.#stopping !== null || !this.#isWaitingWhole) return
    this.#isRegrouping = false
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

  /** Launches as many waiting instances as fit into the offer, or declines it. */
  #use(offer: Offer): void {
    const rest = new OfferRest(offer)
    const tasks = []
    for (const instance of this.#options.spec.gang === null ? this.#waiting() : []) {
      const resources = rest.take(this.#wanted)
      if (resources === null) break
      tasks.push(this.#start(instance, offer, resources))
    }
    if (tasks.length > 0) return this.#launch(offer, tasks)
    const filters = { refuse_seconds: declineSeconds }
    void this.#options.subscription.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } })
  }

  #start(instance: Instance, offer: Offer, resources: readonly Resource[]): TaskInfo {
    const taskId = this.#taskId(instance)
    instance.launches++
    instance.running = { taskId, agentId: offer.agent_id.value, outputs: this.#follow(instance, taskId, offer) }
    return taskInfo(this.#options.spec, taskId, offer, resources)
  }

  #launch(offer: Offer, tasks: readonly TaskInfo[]): void {
    this.#waitingSinceMs = performance.now()
    const filters = { refuse_seconds: declineSeconds }
    void this.#options.subscription
      .call({
        type: 'ACCEPT',
        accept: { offer_ids: [offer.id], operations: [{ type: 'LAUNCH', launch: { task_infos: tasks } }], filters },
      })
      .then((called) => {
        // A broken connection is resolved by reconciliation; a refusal is ours to report.
        if (!called.ok && called.fault.code === 'API_REFUSED') this.fail(called.fault)
        else this.#suppressIfPlaced()
      })
  }

  async #update(status: TaskStatus): Promise<void> {
    const instance = this.#instances.find(({ running }) => running?.taskId === status.task_id.value)
    const outcome = outcomeOf(status, instance?.hasBegun ?? true)
    if (instance?.running != null && !instance.isEnding) {
      if (outcome.kind !== 'relaunch' && outcome.notice !== null && this.#stopping === null) {
        say(this.#about(instance, outcome.notice))
      }
      if (outcome.kind === 'going') instance.hasBegun = true
      if (outcome.kind === 'relaunch' || (outcome.kind === 'over' && this.#isRegrouping)) this.#relaunch(instance)
      else if (outcome.kind === 'over') {
        instance.isEnding = true
        await Promise.all(instance.running.outputs.map(({ flush }) => flush()))
        instance.exitStatus = outcome.exitStatus
      }
    }
    if (status.uuid !== undefined && status.agent_id !== undefined) {
      const { agent_id, task_id, uuid } = status
      await this.#options.subscription.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
    }
    this.#finishIfOver()
  }

  #relaunch(instance: Instance): void {
    for (const { follower } of instance.running?.outputs ?? []) follower.abandon()
    instance.running = null
    if (this.#stopping !== null) {
      instance.exitStatus = this.#stopping.exitStatus
    } else if (instance.launches >= launchesMax) {
      say(this.#about(instance, `it was dropped ${launchesMax} times before it started`))
      instance.exitStatus = 1
    } else if (this.#options.spec.gang !== null) {
      this.#regroup()
    } else {
      this.#waitingSinceMs = performance.now()
      void this.#options.subscription.call({ type: 'REVIVE' })
    }
  }

  /** One of a gang did not start: the others end, and all are asked for again. */
  #regroup(): void {
    if (!this.#isRegrouping) say('not all could start together; trying again')
    this.#isRegrouping = true
    this.#waitingSinceMs = performance.now()
    if (this.#isWaitingWhole) return this.#askForGang()
    for (const instance of this.#instances) if (instance.running !== null) this.#kill(instance.running)
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
    return (['stdout', 'stderr'] as const).map((file: OutputName) => {
      const prefixer = this.#options.spec.instances > 1 ? new LinePrefixer(`[${instance.index}] `) : null
      const stream = process[file]
      const write = (bytes: Uint8Array) => writeTo(stream, prefixer === null ? bytes : prefixer.push(bytes))
      const follower = new OutputFollower(agent, { frameworkId, taskId, file }, write)
      const flush = async () => {
        await follower.finish()
        if (prefixer !== null) await writeTo(stream, prefixer.end())
      }
      return { follower, flush }
    })
  }

  #killRunning(): void {
    if (this.#stopping === null) return
    this.#stopping.killedMs = performance.now()
    for (const { running, isEnding } of this.#instances) {
      if (running !== null && !isEnding) this.#kill(running)
    }
  }

  #kill({ taskId, agentId }: NonNullable<Instance['running']>): void {
    const kill = { task_id: { value: taskId }, agent_id: { value: agentId } }
    void this.#options.subscription.call({ type: 'KILL', kill })
  }

  #tick(): void {
    const nowMs = performance.now()
    if (this.#stopping !== null) {
      if (nowMs - this.#stopping.killedMs > killAgainMs) this.#killRunning()
    } else if (this.#waiting().length > 0 && nowMs - this.#waitingSinceMs > explainAfterMs) {
      void this.#explain()
    }
  }

  /** Says why nothing is offered, once for each reason. */
  async #explain(): Promise<void> {
    this.#waitingSinceMs = performance.now()
    const { spec, master, subscription } = this.#options
    const asked = await askWhy(master, {
      about: subscription.frameworkId ?? '',
      want: [...this.#wanted].map(([name, milli]) => `${name}:${milli / 1000}`).join(';'),
      ...Object.fromEntries(spec.labels.map(({ key, value }) => [key, value])),
    })
    const reason = asked.ok ? this.#reasonIn(asked.value) : null
    if (reason === null || reason === this.#explained) return
    this.#explained = reason
    say(`waiting: ${reason}`)
  }

  #reasonIn({ reason, frameworks }: WhyDocument): string | null {
    const [framework] = frameworks
    const gang = framework?.gangs[0]
    if (framework === undefined || gang === undefined) return reason
    const free = framework.groups.find(({ code }) => code === 'offerable')?.count ?? 0
    const where = { ANY: '', SAME: ' in one rack', SPREAD: ' in different racks' }[gang.racks] ?? ''
    const kept = gang.kept === 0 ? '' : `, ${gang.kept} kept so far`
    const rest = reason === null ? `; ${free} could be among them now` : `; ${reason}`
    return `for ${gang.count} machines together${where}${kept}${rest}`
  }

  #suppressIfPlaced(): void {
    if (this.#waiting().length === 0) void this.#options.subscription.call({ type: 'SUPPRESS' })
  }

  #waiting(): readonly Instance[] {
    return this.#instances.filter(({ running, exitStatus }) => running === null && exitStatus === null)
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
