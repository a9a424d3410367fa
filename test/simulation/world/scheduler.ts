// A simulated framework: a scheduler that speaks the calls and events of the API and behaves as real ones do, badly at
// times: it thinks slowly, declines, forgets to acknowledge, goes silent, dies and fails over, tears itself down. What
// it wants done it does again when it is lost. It does not know the cluster but by what it is told.

import { fromMessages, toMessages } from '../../../src/mesos/resources.ts'
import type {
  FrameworkInfo,
  Offer,
  OfferOperation,
  OperationStatus,
  SchedulerCall,
  SchedulerEvent,
  TaskInfo,
  TaskStatus,
} from '../../../src/mesos/types.ts'
import type { FrameworkId, StreamId } from '../../../src/model/ids.ts'
import type { Resources } from '../../../src/model/resources.ts'
import { between, chance, type FrameworkPlan, inRange, oneOf, type Range, type Rng } from '../engine/plan.ts'
import { Violation } from '../engine/violation.ts'
import type { WishPlan } from '../engine/wants.ts'
import { type Attempt, Goals } from './goals.ts'
import { cleanUp, drawOperations, type Format, Keeping } from './keeping.ts'
import { take, takeVolumes } from './taking.ts'
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
  /** Of its own, so that what is drawn for tasks stays what it was. */
  readonly #keepingRandom: Rng
  readonly keeping: Keeping | null
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
  /** The gang that it wants and has not got. */
  #gangId: string | null = null
  #gangs = 0

  constructor(world: World, index: number, plan: FrameworkPlan, random: Rng) {
    this.#world = world
    this.#random = random
    this.plan = plan
    this.#roles = plan.roles
    this.name = `sched${index}`
    this.goals = new Goals(`f${index}`, plan.goals)
    this.#keepingRandom = random.fork(1)
    this.keeping = plan.keeping === null ? null : new Keeping(`f${index}`, plan.keeping)
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

  get wantsGang(): boolean {
    return this.#gangId !== null
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
    if (this.plan.gang !== null) this.#every(this.plan.gang.everyMs, () => this.#changeGang())
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
        ...(this.plan.takesIdle ? ([{ type: 'REVOCABLE_RESOURCES' }] as const) : []),
        ...(this.plan.keeping?.refines ? ([{ type: 'RESERVATION_REFINEMENT' }] as const) : []),
        ...(this.plan.keeping?.shares ? ([{ type: 'SHARED_RESOURCES' }] as const) : []),
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
        this.#askGang()
        return
      case 'OFFERS':
        if (event.offers?.gang !== undefined) this.#hearGang(event.offers.gang, event.offers.offers ?? [])
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
      case 'UPDATE_OPERATION_STATUS':
        if (event.update_operation_status !== undefined) this.#operationUpdate(event.update_operation_status.status)
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
    // An operation before it may have been refused, and what it was to make is not there.
    if (status.state === 'TASK_ERROR' && !attempt.isVenturous) {
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

  #operationUpdate(status: OperationStatus): void {
    const frameworkId = this.#frameworkId as string
    this.#world.observe({ kind: 'operationSeen', frameworkId, status })
    const { keeping } = this
    if (keeping === null || !keeping.asked.has(status.operation_id?.value ?? '')) {
      throw new Violation('operations', 'a framework hears of its own operations only', { status })
    }
    keeping.hear(status)
    const { operation_id, agent_id, uuid } = status
    if (uuid === undefined || operation_id === undefined || agent_id === undefined) return
    if (!this.#world.isHealed && chance(this.#keepingRandom, keeping.plan.forgetsAckPermille)) return
    this.#later(inRange(this.#keepingRandom, keeping.plan.ackMs), () => {
      this.#call(
        {
          type: 'ACKNOWLEDGE_OPERATION_STATUS',
          acknowledge_operation_status: { agent_id, operation_id, uuid: uuid.value },
        },
        () => this.#world.observe({ kind: 'operationAcknowledged', frameworkId, status }),
      )
    })
  }

  // --- gangs -----------------------------------------------------------------------------------------------------

  /** Wants one when it wants none; takes its wish back at times. */
  #changeGang(): void {
    if (this.#world.isHealed || this.plan.gang === null) return
    if (this.#gangId === null) {
      this.#gangId = `k${this.#gangs++}`
      return this.#askGang()
    }
    if (!chance(this.#keepingRandom, this.plan.gang.cancelsPermille)) return
    const gang = { id: this.#gangId, count: 0 }
    this.#gangId = null
    this.#call({ type: 'REQUEST', request: { requests: [{ gang }] } })
  }

  #askGang(): void {
    const { gang: plan } = this.plan
    const id = this.#gangId
    const [role] = this.#roles
    if (plan === null || id === null || role === undefined) return
    const scalar = (name: string, value: number) => ({ name, type: 'SCALAR', scalar: { value } }) as const
    const resources = [scalar('cpus', plan.cpusMilli / 1000), scalar('mem', plan.memMb)]
    const gang = { id, count: plan.count, racks: plan.racks, hold_seconds: plan.holdMs / 1000, role }
    this.#call({ type: 'REQUEST', request: { requests: [{ resources, gang }] } }, () =>
      this.#world.observe({ kind: 'gangAsked', frameworkId: this.#frameworkId as string, id, plan }),
    )
  }

  #hearGang({ id, complete }: { readonly id: string; readonly complete: boolean }, offers: readonly Offer[]): void {
    const frameworkId = this.#frameworkId as string
    this.#world.observe({ kind: 'gangOffered', frameworkId, id, isComplete: complete, offers })
    if (id === this.#gangId) this.#gangId = null
  }

  // --- offers ----------------------------------------------------------------------------------------------------

  #answer(offer: Offer): void {
    if (!this.#offers.has(offer.id.value) || !this.#isSubscribed) return
    if (this.#isSilent()) {
      this.#later(1_000, () => this.#answer(offer))
      return
    }
    this.#offers.delete(offer.id.value)
    const { isHealed } = this.#world
    const isMoody = !isHealed && chance(this.#random, this.plan.declinesPermille)
    const items = fromMessages(offer.resources ?? [])
    if (!items.ok) throw new Violation('offers', 'what is offered can be read', { message: items.fault.message })
    const prepared = isMoody ? { operations: [], left: items.value } : this.#prepare(offer, items.value)
    const tasks = isMoody ? [] : this.#tasksOf(offer, prepared.left, prepared.operations.length > 0)
    const refuse_seconds = isHealed ? refuseDefaultSeconds : oneOf(this.#random, [0, 1, 5, 30, 3_600])
    const filters = { refuse_seconds }
    if (tasks.length + prepared.operations.length === 0) {
      return this.#call({ type: 'DECLINE', decline: { offer_ids: [offer.id], filters } })
    }
    const launch = tasks.length === 0 ? [] : [{ type: 'LAUNCH', launch: { task_infos: tasks } } as const]
    const operations = [...prepared.operations, ...launch]
    this.#call({ type: 'ACCEPT', accept: { offer_ids: [offer.id], operations, filters } }, () => {
      for (const operation of prepared.operations) {
        this.#world.observe({
          kind: 'operationAsked',
          frameworkId: this.#frameworkId,
          agentId: offer.agent_id.value,
          operation,
        })
      }
    })
  }

  get #format(): Format {
    return this.plan.keeping?.refines ? 'post' : 'pre'
  }

  /** Reservations and volumes, before anything is launched. */
  #prepare(
    offer: Offer,
    items: Resources,
  ): { readonly operations: readonly OfferOperation[]; readonly left: Resources } {
    const { keeping } = this
    const random = this.#keepingRandom
    const role = offer.allocation_info?.role ?? '*'
    if (keeping === null) return { operations: [], left: items }
    const drawn = this.#drawn(items, role, keeping)
    return {
      operations: drawn.operations.map((operation) => keeping.ask(random, offer.agent_id.value, operation)),
      left: drawn.left,
    }
  }

  #drawn(items: Resources, role: string, { plan }: Keeping) {
    const random = this.#keepingRandom
    const format = this.#format
    if (this.#world.isHealed) return plan.cleansUp ? cleanUp(items, format) : { operations: [], left: items }
    if (!chance(random, plan.operatesPermille)) return { operations: [], left: items }
    return drawOperations(random, items, { role, format, shares: plan.shares })
  }

  /** What is wanted and fits; `isVenturous`: what it is made of may not come about. */
  #tasksOf(offer: Offer, items: Resources, isVenturous: boolean): readonly TaskInfo[] {
    let left = items
    const tasks: TaskInfo[] = []
    for (const goal of this.goals.wanted(this.#world.queue.nowMs)) {
      const found = take(left, goal.plan, this.plan.takesIdle)
      if (found === null) continue
      const spare = takeVolumes(this.#keepingRandom, found.left, this.keeping?.plan.attachesPermille ?? 0)
      left = spare.left
      const attempt = this.goals.accept(goal, offer.agent_id.value, this.#world.queue.nowMs)
      attempt.isVenturous = isVenturous || goal.wish !== null
      this.#world.taskAccepted(this.#frameworkId as string, attempt, found.ports)
      this.#planKill(attempt)
      tasks.push({
        name: goal.name,
        task_id: { value: attempt.taskId },
        agent_id: offer.agent_id,
        command: { value: 'work' },
        ...labelled(goal.wish),
        resources: toMessages([...found.taken, ...withPaths(spare.volumes)], this.#format),
      })
    }
    return tasks
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
    this.#reconcileOperations()
    // What was said while nobody listened is said again.
    this.#askGang()
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

  #reconcileOperations(): void {
    const open = this.keeping?.open ?? []
    if (open.length === 0) return
    const operations = open.map(({ id, agentId }) => ({ operation_id: { value: id }, agent_id: { value: agentId } }))
    this.#call({ type: 'RECONCILE_OPERATIONS', reconcile_operations: { operations } })
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

function labelled(wish: WishPlan | null): Pick<TaskInfo, 'labels'> {
  if (wish === null) return {}
  return { labels: { labels: Object.entries(wish).map(([key, value]) => ({ key, value })) } }
}

/** Each in a place of its own in the sandbox. */
function withPaths(volumes: Resources): Resources {
  return volumes.map((item, i) => {
    const { disk } = item
    return { ...item, disk: { ...disk, volume: { containerPath: `data${i}`, mode: 'RW' } } }
  })
}

function isAlive({ state }: Attempt): boolean {
  return state === 'TASK_STAGING' || state === 'TASK_STARTING' || state === 'TASK_RUNNING' || state === 'TASK_KILLING'
}

function describeEvent(event: SchedulerEvent): string {
  if (event.type === 'UPDATE') {
    const status = event.update?.status
    return `UPDATE ${status?.task_id.value} ${status?.state} ${status?.reason ?? ''}${status?.uuid ? ' reliable' : ''}`
  }
  if (event.type === 'UPDATE_OPERATION_STATUS') {
    const status = event.update_operation_status?.status
    return `${status?.state} ${status?.operation_id?.value} ${status?.message ?? ''}${status?.uuid ? ' reliable' : ''}`
  }
  if (event.type === 'OFFERS') return `OFFERS ${event.offers?.offers?.length}`
  return event.type ?? 'UNKNOWN'
}

function describeCall(call: SchedulerCall): string {
  const accepted = call.accept?.operations?.flatMap((operation) => operation.launch?.task_infos ?? []) ?? []
  const kinds = call.accept?.operations?.map(({ type, id }) => `${type}${id === undefined ? '' : `=${id.value}`}`) ?? []
  return [
    ...kinds,
    ...accepted.map((task) => task.task_id.value),
    call.kill?.task_id.value ?? call.acknowledge?.task_id.value ?? '',
  ].join(' ')
}
