// A simulated framework: a scheduler that speaks the calls and events of the API and behaves as real ones do, badly at
// times: it thinks slowly, declines, forgets to acknowledge, goes silent, dies and fails over, tears itself down. What
// it wants done it does again when it is lost. It does not know the cluster but by what it is told.

import type {
  FrameworkInfo,
  Offer,
  Resource,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskStatus,
} from '../../../src/mesos/types.ts'
import type { FrameworkId, StreamId } from '../../../src/model/ids.ts'
import { between, chance, type FrameworkPlan, inRange, oneOf, type Range, type Rng } from '../engine/plan.ts'
import { Violation } from '../engine/violation.ts'
import { type Attempt, type Goal, Goals } from './goals.ts'
import type { World } from './world.ts'

/** Heartbeats that may fail to come before the scheduler looks for another master. */
const silentHeartbeatsMax = 3
export const thinkHealedMaxMs = 500
/** What a well-behaved framework says, and what the API takes when it says nothing. */
const refuseDefaultSeconds = 5
/** Of one goal; later ones are left alone. */
const killedAttemptsMax = 3

export class Scheduler {
  readonly name: string
  readonly plan: FrameworkPlan
  readonly goals: Goals
  readonly #world: World
  readonly #random: Rng
  /** Kept by the framework for ever. */
  #frameworkId: string | null = null
  #isOver = false
  #roles: readonly string[]
  // What an instance holds in memory:
  #instance = 0
  #isRunning = false
  #streamId: StreamId | null = null
  #isSubscribed = false
  #heartbeatMs = 15_000
  #heardMs = 0
  #silentUntilMs = 0
  #lastCallMs = 0
  #offers = new Map<string, Offer>()
  #isSuppressed = false

  constructor(world: World, index: number, plan: FrameworkPlan, random: Rng) {
    this.#world = world
    this.#random = random
    this.plan = plan
    this.#roles = plan.roles
    this.name = `sched${index}`
    this.goals = new Goals(`f${index}`, plan.goals)
  }

  get frameworkId(): string | null {
    return this.#frameworkId
  }

  /** Removed by itself or by the master: it never comes back. */
  get isOver(): boolean {
    return this.#isOver
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed
  }

  start(): void {
    if (this.#isRunning || this.#isOver) return
    this.#isRunning = true
    this.#instance++
    this.#world.note(this.name, `starts, instance ${this.#instance}`)
    this.#connect(0)
    this.#every(this.plan.reconcileEveryMs, () => this.#reconcile())
    this.#every(1_000, () => this.#look())
    const { changesRolesEveryMs } = this.plan
    if (changesRolesEveryMs !== null) this.#every(changesRolesEveryMs, () => this.#changeRoles())
  }

  crash(): void {
    if (!this.#isRunning) return
    this.#world.note(this.name, 'dies')
    this.#isRunning = false
    this.#hangUp()
  }

  /** Hears everything and says nothing for a while. */
  fallSilent(durationMs: number): void {
    this.#silentUntilMs = this.#world.queue.nowMs + durationMs
  }

  breakStream(): void {
    if (this.#streamId !== null) this.#world.master.breakStream(this.#streamId, false)
  }

  /** Ends the framework for good. */
  tearDown(): void {
    if (!this.#isSubscribed || this.#frameworkId === null) return
    this.#world.note(this.name, 'tears down')
    this.#call({ type: 'TEARDOWN' })
    this.#end()
  }

  /** Faults are over: forget what was held back, ask for everything again. */
  heal(): void {
    this.#silentUntilMs = 0
    this.start()
    this.#call({ type: 'REVIVE' })
    this.#isSuppressed = false
  }

  // --- connection ------------------------------------------------------------------------------------------------

  #connect(delayMs: number): void {
    this.#later(delayMs + inRange(this.#random, this.#world.network.delay), () => {
      if (this.#streamId !== null) return
      this.#heardMs = this.#world.queue.nowMs
      const info = this.#info()
      const claimed = this.#frameworkId as FrameworkId | null
      let mine: StreamId | null = null
      const instance = this.#instance
      const isMine = () => instance === this.#instance && this.#isRunning && mine !== null && mine === this.#streamId
      mine = this.#world.master.openStream(
        {
          event: (event) => {
            if (isMine()) this.#hear(event)
          },
          closed: () => {
            if (!isMine()) return
            this.#forgetStream()
            this.#connect(between(this.#random, 0, 2_000))
          },
        },
        (streamId) => {
          this.#streamId = streamId
          return {
            kind: 'subscribe',
            streamId,
            frameworkId: claimed,
            subscribe: { framework_info: info },
            principal: null,
          }
        },
      )
      if (mine === null) {
        this.#streamId = null
        this.#connect(between(this.#random, 100, 5_000))
      }
    })
  }

  #info(): FrameworkInfo {
    const { isPartitionAware, killsGracefully, seesGpus, isCheckpointing, failoverTimeoutMs } = this.plan
    return {
      user: 'nobody',
      name: this.name,
      ...(this.#frameworkId === null ? {} : { id: { value: this.#frameworkId } }),
      roles: this.#roles,
      failover_timeout: failoverTimeoutMs / 1000,
      checkpoint: isCheckpointing,
      capabilities: [
        { type: 'MULTI_ROLE' },
        ...(isPartitionAware ? ([{ type: 'PARTITION_AWARE' }] as const) : []),
        ...(killsGracefully ? ([{ type: 'TASK_KILLING_STATE' }] as const) : []),
        ...(seesGpus ? ([{ type: 'GPU_RESOURCES' }] as const) : []),
      ],
    }
  }

  #hangUp(): void {
    if (this.#streamId !== null) this.#world.master.breakStream(this.#streamId, true)
    this.#forgetStream()
  }

  #forgetStream(): void {
    this.#streamId = null
    this.#isSubscribed = false
    this.#offers.clear()
    this.#isSuppressed = false
  }

  #end(): void {
    this.#isOver = true
    this.#isRunning = false
    if (this.#frameworkId !== null) this.#world.observe({ kind: 'frameworkEnded', frameworkId: this.#frameworkId })
    this.#hangUp()
  }

  // --- events ----------------------------------------------------------------------------------------------------

  #hear(event: SchedulerEvent): void {
    this.#heardMs = this.#world.queue.nowMs
    if (event.type !== 'HEARTBEAT') this.#world.note(this.name, describeEvent(event))
    switch (event.type) {
      case 'SUBSCRIBED':
        this.#frameworkId = event.subscribed?.framework_id.value ?? null
        this.#heartbeatMs = (event.subscribed?.heartbeat_interval_seconds ?? 15) * 1000
        this.#isSubscribed = true
        this.#world.observe({ kind: 'subscribed', frameworkId: this.#frameworkId ?? '', instance: this.#instance })
        this.#call({ type: 'RECONCILE', reconcile: { tasks: [] } })
        return
      case 'OFFERS':
        for (const offer of event.offers?.offers ?? []) {
          this.#offers.set(offer.id.value, offer)
          this.#later(inRange(this.#random, this.#thinkMs), () => this.#answer(offer))
        }
        return
      case 'RESCIND':
        this.#offers.delete(event.rescind?.offer_id.value ?? '')
        return
      case 'UPDATE':
        if (event.update !== undefined) this.#update(event.update.status)
        return
      case 'ERROR':
        this.#world.note(this.name, `ERROR ${event.error?.message}`)
        this.#end()
        return
      default:
        return
    }
  }

  #update(status: TaskStatus): void {
    const frameworkId = this.#frameworkId as string
    const { isPartitionAware } = this.plan
    this.#world.observe({ kind: 'statusSeen', frameworkId, isPartitionAware, status })
    const attempt = this.goals.attempts.get(status.task_id.value)
    if (attempt === undefined) throw new Violation('updates', 'a framework hears of its own tasks only', { status })
    if (status.state === 'TASK_ERROR') {
      throw new Violation('updates', 'a task that was made of its offer is accepted', { message: status.message })
    }
    this.goals.hear(attempt, status.state, status.uuid !== undefined)
    if (status.uuid === undefined) return
    const isForgotten = !this.#world.isHealed && chance(this.#random, this.plan.forgetsAckPermille)
    if (isForgotten) return
    const { uuid, agent_id } = status
    if (agent_id === undefined)
      throw new Violation('updates', 'a status to be acknowledged names its agent', { status })
    this.#later(inRange(this.#random, this.plan.ackMs), () => {
      this.#call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id: status.task_id, uuid } }, () =>
        this.#world.observe({ kind: 'statusAcknowledged', frameworkId, status }),
      )
    })
  }

  // --- offers ----------------------------------------------------------------------------------------------------

  #answer(offer: Offer): void {
    if (!this.#offers.has(offer.id.value) || !this.#isSubscribed) return
    if (this.#isSilent()) {
      this.#later(1_000, () => this.#answer(offer))
      return
    }
    this.#offers.delete(offer.id.value)
    const { isHealed, queue } = this.#world
    const isMoody = !isHealed && chance(this.#random, this.plan.declinesPermille)
    const left = amountsOf(offer.resources ?? [])
    const tasks: TaskInfo[] = []
    for (const goal of isMoody ? [] : this.goals.wanted(queue.nowMs)) {
      const task = this.#taskOf(goal, offer, left)
      if (task !== null) tasks.push(task)
    }
    const refuse_seconds = isHealed ? refuseDefaultSeconds : oneOf(this.#random, [0, 1, 5, 30, 3_600])
    const filters = { refuse_seconds }
    if (tasks.length === 0) this.#call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } })
    else {
      const operations = [{ type: 'LAUNCH', launch: { task_infos: tasks } } as const]
      this.#call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations, filters } })
    }
  }

  /** The goal as a task on this offer, taken from what is left of it; null when it does not fit. */
  #taskOf(goal: Goal, offer: Offer, left: Amounts): TaskInfo | null {
    const { cpusMilli, memMb, gpus, ports } = goal.plan
    if (left.cpusMilli < cpusMilli || left.memMb < memMb || left.gpus < gpus || left.ports.length < ports) return null
    left.cpusMilli -= cpusMilli
    left.memMb -= memMb
    left.gpus -= gpus
    const taken = left.ports.splice(0, ports)
    const attempt = this.goals.accept(goal, offer.agent_id.value, this.#world.queue.nowMs)
    const frameworkId = this.#frameworkId as string
    this.#world.taskAccepted(frameworkId, attempt, taken)
    this.#planKill(attempt)
    const scalarOf = (name: string, value: number): Resource => ({ name, type: 'SCALAR', scalar: { value } })
    return {
      name: goal.name,
      task_id: { value: attempt.taskId },
      agent_id: offer.agent_id,
      command: { value: 'work' },
      resources: [
        scalarOf('cpus', cpusMilli / 1000),
        scalarOf('mem', memMb),
        ...(gpus === 0 ? [] : [scalarOf('gpus', gpus)]),
        ...(taken.length === 0
          ? []
          : [
              {
                name: 'ports',
                type: 'RANGES',
                ranges: { range: taken.map((port) => ({ begin: port, end: port })) },
              } as const,
            ]),
      ],
    }
  }

  #planKill(attempt: Attempt): void {
    const { killAfterMs } = attempt.goal.plan
    // A kill that overtakes its launch is answered with TASK_GONE, and the goal begins again: not for ever.
    if (killAfterMs === null || attempt.goal.attempts > killedAttemptsMax) return
    this.#later(killAfterMs, () => {
      attempt.isKilled = true
      this.#kill(attempt)
    })
  }

  // --- by and by -------------------------------------------------------------------------------------------------

  /** Asks about what has no last word, and says again what must not get lost. */
  #reconcile(): void {
    const { open } = this.goals
    if (open.length === 0) return
    const isExplicit = chance(this.#random, 700)
    const tasks = isExplicit
      ? open.map(({ taskId, agentId }) => ({ task_id: { value: taskId }, agent_id: { value: agentId } }))
      : []
    this.#call({ type: 'RECONCILE', reconcile: { tasks } })
    for (const attempt of open) {
      if (attempt.isKilled || (attempt.isAbandoned && isAlive(attempt))) this.#kill(attempt)
    }
  }

  /** Looks for another master when this one is silent; suppresses and revives as there is work. */
  #look(): void {
    const { nowMs } = this.#world.queue
    if (this.#streamId !== null && nowMs - this.#heardMs > this.#heartbeatMs * silentHeartbeatsMax) {
      this.#world.note(this.name, 'hears nothing')
      this.#hangUp()
      this.#connect(between(this.#random, 0, 2_000))
      return
    }
    if (!this.#isSubscribed || !this.plan.suppresses) return
    const isWanted = this.goals.wanted(nowMs).length > 0
    if (isWanted === !this.#isSuppressed) return
    this.#isSuppressed = !isWanted
    this.#call({ type: isWanted ? 'REVIVE' : 'SUPPRESS' })
  }

  /** Leaves all roles but one, or takes them all again. */
  #changeRoles(): void {
    const { roles } = this.plan
    this.#roles = this.#roles.length === roles.length && !this.#world.isHealed ? [oneOf(this.#random, roles)] : roles
    this.#isSuppressed = false
    this.#call({ type: 'UPDATE_FRAMEWORK', update_framework: { framework_info: this.#info() } })
  }

  #kill(attempt: Attempt): void {
    const { taskId, agentId } = attempt
    const agent_id = chance(this.#random, 500) ? { agent_id: { value: agentId } } : {}
    this.#call({ type: 'KILL', kill: { task_id: { value: taskId }, ...agent_id } })
  }

  /**
   * Sends a call, if it can. `onTaken`: the master has it and did not refuse it at once (it may die before it answers).
   * What gets lost is lost.
   */
  #call(call: SchedulerCall, onTaken: () => void = () => {}): void {
    const streamId = this.#streamId
    const frameworkId = this.#frameworkId
    if (streamId === null || frameworkId === null || !this.#isSubscribed || this.#isSilent()) return
    const instance = this.#instance
    const { queue, master } = this.#world
    queue.after(this.#callDelayMs(call), () => {
      let isRefused = false
      const full = { ...call, framework_id: { value: frameworkId } }
      this.#world.note('master', `<- ${this.name} ${call.type} ${describeCall(call)}`)
      const isHeard = master.request(
        (requestId) => ({ kind: 'call', requestId, call: full, streamId, principal: null }),
        (status, message) => {
          isRefused = status >= 300
          if (isRefused) this.#refused({ call, status, message, instance, streamId })
        },
      )
      if (isHeard && !isRefused) onTaken()
      if (!isHeard) this.#world.note(this.name, `${call.type} finds nobody`)
    })
  }

  /** Calls may overtake each other, but for those that say which offers are wanted: of them the last one counts. */
  #callDelayMs({ type }: SchedulerCall): number {
    const { queue, network } = this.#world
    const drawnMs = queue.nowMs + inRange(this.#random, network.delay)
    const mayOvertake = type === 'ACKNOWLEDGE' || type === 'KILL' || type === 'RECONCILE'
    if (network.reorders && mayOvertake) return drawnMs - queue.nowMs
    this.#lastCallMs = Math.max(this.#lastCallMs, drawnMs)
    return this.#lastCallMs - queue.nowMs
  }

  #refused(answer: {
    readonly call: SchedulerCall
    readonly status: number
    readonly message: string | null
    readonly instance: number
    readonly streamId: StreamId
  }): void {
    const { call, status, message, instance, streamId } = answer
    this.#world.note(this.name, `${call.type} is answered ${status} ${message}`)
    if (instance !== this.#instance || streamId !== this.#streamId || !this.#isRunning) return
    // Whatever the reason, this subscription is of no use any more.
    this.#hangUp()
    this.#connect(between(this.#random, 0, 2_000))
  }

  /** After healing quicker than any offer times out. */
  get #thinkMs(): Range {
    return this.#world.isHealed ? { minMs: 0, maxMs: thinkHealedMaxMs } : this.plan.thinkMs
  }

  #isSilent(): boolean {
    return this.#world.queue.nowMs < this.#silentUntilMs
  }

  /** Something that this instance does later, if it still runs then. */
  #later(delayMs: number, run: () => void): void {
    const instance = this.#instance
    this.#world.queue.after(delayMs, () => {
      if (instance === this.#instance && this.#isRunning) run()
    })
  }

  #every(intervalMs: number, run: () => void): void {
    this.#later(intervalMs, () => {
      run()
      this.#every(intervalMs, run)
    })
  }
}

type Amounts = { cpusMilli: number; memMb: number; gpus: number; ports: number[] }

function amountsOf(items: readonly Resource[]): Amounts {
  const amount = (name: string) =>
    items.filter((item) => item.name === name).reduce((sum, item) => sum + (item.scalar?.value ?? 0), 0)
  const ranges = items.filter((item) => item.name === 'ports').flatMap((item) => item.ranges?.range ?? [])
  const ports = ranges.flatMap(({ begin, end }) =>
    Array.from({ length: Number(end) - Number(begin) + 1 }, (_, i) => Number(begin) + i),
  )
  return { cpusMilli: Math.round(amount('cpus') * 1000), memMb: amount('mem'), gpus: amount('gpus'), ports }
}

function isAlive({ state }: Attempt): boolean {
  return state === 'TASK_STAGING' || state === 'TASK_STARTING' || state === 'TASK_RUNNING' || state === 'TASK_KILLING'
}

function describeEvent(event: SchedulerEvent): string {
  if (event.type === 'UPDATE') {
    const status = event.update?.status
    return `UPDATE ${status?.task_id.value} ${status?.state} ${status?.reason ?? ''}${status?.uuid ? ' reliable' : ''}`
  }
  if (event.type === 'OFFERS') return `OFFERS ${event.offers?.offers?.length}`
  return event.type ?? 'UNKNOWN'
}

function describeCall(call: SchedulerCall): string {
  const accepted = call.accept?.operations?.flatMap((operation) => operation.launch?.task_infos ?? []) ?? []
  return [
    ...accepted.map((task) => task.task_id.value),
    call.kill?.task_id.value ?? call.acknowledge?.task_id.value ?? '',
  ].join(' ')
}
