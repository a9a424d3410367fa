// The master's state machine under the hands of a test: time that passes only when told to, agents that speak real
// frames through a real channel, schedulers that remember what they heard. Every effect goes where it would go in
// production, at once and in order; links may be cut, frames kept back and delivered again.

import { createCluster } from '../../src/master/cluster/cluster.ts'
import { defaultTimers } from '../../src/master/cluster/timers.ts'
import type {
  AgentRecord,
  Cluster,
  ClusterConfig,
  ClusterEffect,
  ClusterInput,
} from '../../src/master/cluster/types.ts'
import { createMemoryRegistry, emptyRegistryMemory } from '../../src/master/registry/memory.ts'
import type { Registry, RegistryOp } from '../../src/master/registry/types.ts'
import { fromJsonValue } from '../../src/mesos/json.ts'
import { applied } from '../../src/mesos/operations.ts'
import { fromMessages, toMessages } from '../../src/mesos/resources.ts'
import type {
  FrameworkInfo,
  MasterEvent,
  Offer,
  OfferOperation,
  OperationStatus,
  Resource,
  SchedulerCall,
  SchedulerCallSubscribe,
  SchedulerEvent,
  SchedulerEventType,
  TaskInfo,
  TaskState,
  TaskStatus,
} from '../../src/mesos/types.ts'
import type { Hardware } from '../../src/model/hardware.ts'
import type { Condition } from '../../src/model/health.ts'
import type { AgentId, AgentUid, FrameworkId, MasterId, SessionId, StreamId, TaskId } from '../../src/model/ids.ts'
import { seededRandom, uuidText } from '../../src/model/random.ts'
import { type Resources, scalarTotal } from '../../src/model/resources.ts'
import type { Result } from '../../src/model/result.ts'
import { Channel } from '../../src/wire/channel.ts'
import type {
  ApplyOperation,
  DownFrame,
  DownMessage,
  Launch,
  MesosJson,
  OperationReport,
  Register,
  TaskReport,
  UpFrame,
  UpMessage,
} from '../../src/wire/messages.ts'
import { gpusOnly, partsAlone } from './hardware.ts'
import { aFrameworkInfo, amount, aTaskInfo, scalars } from './scheduler.ts'

const startMs = 1_700_000_000_000

export class TestCluster {
  nowMs = startMs
  cluster: Cluster
  readonly effects: ClusterEffect[] = []
  readonly agents: TestAgent[] = []
  readonly #schedulers = new Map<StreamId, TestScheduler>()
  readonly #operators = new Map<StreamId, MasterEvent[]>()
  readonly #memory = emptyRegistryMemory()
  readonly #options: Partial<ClusterConfig>
  readonly random = seededRandom(7)
  #registry: Registry
  #requests = 0
  /** Whether every step is looked at whole; too slow with thousands of tasks. */
  isChecked = true

  constructor(options: Partial<ClusterConfig> = {}) {
    this.#options = options
    this.#registry = createMemoryRegistry(this.#memory)
    this.cluster = this.#create()
  }

  get masterId(): string {
    return this.cluster.view.config.masterId
  }

  /** Lines of the log by event. */
  readonly logged = new Map<string, number>()

  get view() {
    return this.cluster.view
  }

  /** One step; its effects are performed and returned. What they cause is handled after them, in order. */
  step(input: ClusterInput): ClusterEffect[] {
    if (this.#isBusy) {
      this.#waiting.push(input)
      return []
    }
    this.#isBusy = true
    const first = this.#stepOne(input)
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#stepOne(next)
    this.#isBusy = false
    return first
  }
  #isBusy = false
  readonly #waiting: ClusterInput[] = []

  #stepOne(input: ClusterInput): ClusterEffect[] {
    const effects = this.cluster.step(input, this.nowMs)
    this.effects.push(...effects)
    for (const effect of effects) this.#perform(effect)
    this.#check()
    return effects
  }

  /** Handles what is due now: what a shell does after a batch of inputs. */
  settle(): void {
    for (let i = 0; i < 1000; i++) {
      const next = this.cluster.nextTickMs()
      if (next === null || next > this.nowMs) return
      this.step({ kind: 'tick' })
    }
    throw new Error('the cluster never comes to rest')
  }

  /** Lets time pass, with a tick whenever one is wanted, and connected agents beating. */
  pass(ms: number): void {
    const endMs = this.nowMs + ms
    this.settle()
    for (;;) {
      const beats = this.agents.filter((agent) => agent.beats).map((agent) => agent.nextBeatMs)
      const next = Math.min(this.cluster.nextTickMs() ?? Number.POSITIVE_INFINITY, ...beats)
      if (next > endMs) break
      this.nowMs = Math.max(this.nowMs, next)
      for (const agent of this.agents) if (agent.beats && agent.nextBeatMs <= this.nowMs) agent.beat()
      this.settle()
    }
    this.nowMs = endMs
    this.settle()
  }

  /** The master dies without a word and another starts on its registry: every stream and link is broken. */
  restartMaster(afterMs = 1_000): void {
    for (const scheduler of this.#schedulers.values()) scheduler.streamId = null
    this.#schedulers.clear()
    this.#operators.clear()
    for (const agent of this.agents) agent.lose()
    this.nowMs += afterMs
    this.#registry = createMemoryRegistry(this.#memory)
    this.cluster = this.#create()
  }

  /** What an operator or an earlier master left in the registry. */
  mark(op: RegistryOp): void {
    this.#registry.apply(op)
  }

  agent(options: Partial<TestAgentOptions> = {}): TestAgent {
    const agent = this.machine(options)
    agent.connect()
    this.settle()
    return agent
  }

  /** An agent that has not tried to join yet. */
  machine(options: Partial<TestAgentOptions> = {}): TestAgent {
    const agent = new TestAgent(this, options)
    this.agents.push(agent)
    return agent
  }

  framework(info: Partial<FrameworkInfo> = {}, subscribe: Partial<SchedulerCallSubscribe> = {}): TestScheduler {
    const scheduler = new TestScheduler(this, aFrameworkInfo(info))
    scheduler.subscribe(subscribe)
    this.settle()
    return scheduler
  }

  operator(): MasterEvent[] {
    const streamId = this.newId<StreamId>()
    const events: MasterEvent[] = []
    this.#operators.set(streamId, events)
    this.step({ kind: 'operatorSubscribe', streamId })
    return events
  }

  listen(streamId: StreamId, scheduler: TestScheduler): void {
    this.#schedulers.set(streamId, scheduler)
  }

  request(inputOf: (requestId: number) => ClusterInput): { readonly status: number; readonly message: string | null } {
    const requestId = ++this.#requests
    const reply = this.step(inputOf(requestId)).find((it) => it.kind === 'reply' && it.requestId === requestId)
    if (reply?.kind !== 'reply') throw new Error('a request was not answered')
    return reply
  }

  newId<T extends string>(): T {
    return uuidText(this.random.bytes16()) as string as T
  }

  counter(name: string): number {
    return this.view.counters().get(`master/${name}`) ?? Number.NaN
  }

  #create(): Cluster {
    const { snapshot } = this.#registry
    const config: ClusterConfig = {
      ...defaultTimers,
      masterId: `master-${snapshot.epoch}` as MasterId,
      epoch: snapshot.epoch,
      masterInfo: { id: `master-${snapshot.epoch}`, ip: 1, port: 5050 },
      ...this.#options,
    }
    return createCluster(config, snapshot, this.random, this.nowMs)
  }

  #perform(effect: ClusterEffect): void {
    switch (effect.kind) {
      case 'persist':
        return this.#registry.apply(effect.op)
      case 'sendAgent':
        return this.agents.find((agent) => agent.uid === effect.uid)?.hear(effect.frame)
      case 'disconnectAgent':
        return this.agents.find((agent) => agent.uid === effect.uid)?.lose()
      case 'sendEvent':
        this.#schedulers.get(effect.streamId)?.hear(effect.event)
        return
      case 'closeStream': {
        const scheduler = this.#schedulers.get(effect.streamId)
        this.#schedulers.delete(effect.streamId)
        if (scheduler?.streamId === effect.streamId) scheduler.streamId = null
        return
      }
      case 'sendOperatorEvent':
        this.#operators.get(effect.streamId)?.push(effect.event)
        return
      case 'closeOperatorStream':
        this.#operators.delete(effect.streamId)
        return
      case 'reply':
        return
      case 'log':
        this.logged.set(effect.event, (this.logged.get(effect.event) ?? 0) + 1)
        return
    }
  }

  /** After every step: nothing is given away twice, neither in the books nor on the machines. */
  #check(): void {
    if (!this.isChecked) return
    for (const agent of this.agents) agent.checkRuns()
    for (const agent of this.view.agents()) {
      const granted = [...agent.tasks.values()]
        .filter((it) => !isOver(it.latestState))
        .flatMap((it) => partsAlone(it.grant))
      if (new Set(granted).size !== granted.length) throw new Error(`a part of ${agent.id} is granted twice`)
      this.#checkSick(agent, new Set(granted))
      for (const name of ['cpus', 'mem', 'gpus']) {
        // What is revocable may shrink under those who use it.
        const sum = (items: typeof agent.total) =>
          items
            .filter((it) => it.name === name && !it.revocable)
            .reduce((total, { value }) => total + (value.kind === 'scalar' ? value.milli : 0), 0)
        if (sum(agent.used) + sum(agent.offered) > sum(agent.total)) {
          throw new Error(`${name} of ${agent.id} are given away twice`)
        }
      }
    }
  }

  /** No more GPUs are out than are well, or had by a task since before they were sick. */
  #checkSick({ id, hardware, sickness, used, offered }: AgentRecord, granted: ReadonlySet<string>): void {
    const whole = hardware.gpus.filter(({ instances }) => instances.length === 0)
    const usable = whole.filter(({ uuid }) => granted.has(`GPU ${uuid}`) || !sickness.parts.gpus.includes(uuid))
    const out = scalarTotal(used, 'gpus') + scalarTotal(offered, 'gpus')
    if (out > 1000 * usable.length) throw new Error(`a GPU of ${id} that is sick is given away`)
  }
}

export type TestAgentOptions = {
  readonly uid: AgentUid
  readonly hostname: string
  readonly resources: Readonly<Record<string, number>>
  readonly resourceMessages: readonly MesosJson[]
  readonly gpuUuids: readonly string[]
  /** Replaces `gpuUuids`. */
  readonly hardware: Hardware
  readonly conditions: readonly Condition[]
  readonly oversubscribed: readonly MesosJson[]
  readonly capabilities: readonly string[]
  readonly attributes: readonly MesosJson[]
}

type Run = { readonly launch: Launch; readonly statuses: MesosJson[]; acknowledged: number; latestState: TaskState }

/** An agent by hand: it keeps its runs over a broken link, and says nothing about them but what the test lets it say. */
export class TestAgent {
  readonly uid: AgentUid
  agentId: AgentId | null = null
  readonly runs = new Map<string, Run>()
  /** Frameworks that the master of this session calls gone; nobody waits for the end of their tasks. */
  readonly gone = new Set<string>()
  /** Everything delivered in order, and every frame as it came. */
  readonly heard: DownMessage[] = []
  readonly frames: DownFrame[] = []
  /** Every frame sent, to be sent again by a test. */
  readonly said: UpFrame[] = []
  session: SessionId | null = null
  /** Set to answer `registered` with nothing: the third step is never taken. */
  isMute = false
  /** Set to let launches get lost on the way, with everything after them. */
  isDeaf = false
  /** Set to let operations arrive and wait for `carryOut`. */
  isSlow = false
  /** Operations whose end is not acknowledged, and those that wait to be carried out. */
  readonly operations = new Map<string, OperationReport>()
  readonly #arrived: ApplyOperation[] = []
  /** What operations made of its resources; null: nothing yet. */
  #total: Resources | null = null
  beats = false
  nextBeatMs = 0
  #channel: Channel<UpMessage, DownMessage> | null = null
  readonly #cluster: TestCluster
  #options: Partial<TestAgentOptions>

  constructor(cluster: TestCluster, options: Partial<TestAgentOptions>) {
    this.#cluster = cluster
    this.#options = options
    this.uid = options.uid ?? cluster.newId<AgentUid>()
  }

  /** Another machine than before: new hardware behind the same uid. */
  change(options: Partial<TestAgentOptions>): void {
    this.#options = { ...this.#options, ...options }
    if (options.resources !== undefined || options.resourceMessages !== undefined) this.#total = null
  }

  /** With its reservations and volumes. */
  get total(): Resources {
    return this.#total ?? must(fromMessages(this.#bareResources))
  }

  get #bareResources(): readonly Resource[] {
    const { resources = { cpus: 4, mem: 4096, disk: 10_000 }, resourceMessages } = this.#options
    return (resourceMessages as readonly Resource[] | undefined) ?? scalars(resources)
  }

  get registration(): Register {
    const { hostname = 'machine', gpuUuids = [] } = this.#options
    const id = this.agentId === null ? {} : { id: { value: this.agentId } }
    const live = [...this.runs.values()]
    const frameworks = new Map(live.map(({ launch }) => [idOf(launch.frameworkInfo, 'id'), launch.frameworkInfo]))
    return {
      kind: 'register',
      uid: this.uid,
      agentId: this.agentId,
      version: '1',
      agentInfo: {
        hostname,
        port: 5051,
        resources: this.#total === null ? this.#bareResources : toMessages(this.#total, 'post'),
        attributes: this.#options.attributes ?? [],
        ...id,
      },
      capabilities: this.#options.capabilities ?? ['MULTI_ROLE', 'TASK_RESOURCE_LIMITS', 'AGENT_DRAINING'],
      http: { host: '10.0.0.1', port: 5051 },
      hardware: this.#options.hardware ?? gpusOnly(gpuUuids),
      conditions: this.#options.conditions ?? [],
      oversubscribed: this.#options.oversubscribed ?? [],
      frameworks: [...frameworks.values()],
      tasks: live.map(reportOf),
      operations: [...this.operations.values()],
    }
  }

  /** The link is up with a fresh session: registers, and takes the third step unless it is mute. */
  connect(): void {
    this.session = this.#cluster.newId<SessionId>()
    this.#channel = null
    // What it says of itself now holds: what it has not done yet was of another session.
    this.#arrived.length = 0
    this.register()
  }

  register(): void {
    if (this.session === null) throw new Error('the link is down')
    this.send({ v: 1, session: this.session, epoch: 0, seq: 0, ack: 0, message: this.registration })
  }

  /** The link breaks and the master notices. */
  cut(): void {
    this.lose()
    this.#cluster.step({ kind: 'agentDisconnected', uid: this.uid })
    this.#cluster.settle()
  }

  /** The link breaks and nobody tells the master. */
  lose(): void {
    this.session = null
    this.#channel = null
    this.beats = false
  }

  reconnect(): void {
    this.cut()
    this.connect()
    this.#cluster.settle()
  }

  beat(): void {
    this.nextBeatMs = this.#cluster.nowMs + 15_000
    if (this.#channel !== null) this.send(this.#channel.sendUnnumbered({ kind: 'heartbeat' }))
  }

  send(frame: UpFrame): void {
    this.said.push(frame)
    this.#cluster.step({ kind: 'agentFrame', uid: this.uid, frame })
  }

  hear(frame: DownFrame): void {
    this.frames.push(frame)
    if (frame.session !== this.session) return
    if (frame.message?.kind === 'refused') this.heard.push(frame.message)
    if (frame.message?.kind === 'registered' && this.#channel === null) {
      this.heard.push(frame.message)
      this.agentId = frame.message.agentId
      this.gone.clear()
      if (this.isMute) return
      this.#channel = new Channel({ session: frame.session, epoch: frame.epoch })
      this.beats = true
      this.beat()
      return
    }
    if (this.#channel === null || this.isDeaf) return
    const received = this.#channel.receive(frame, this.#cluster.nowMs)
    for (const reply of received.send) this.send(reply)
    for (const message of received.deliver) this.#obey(message)
  }

  #obey(message: DownMessage): void {
    this.heard.push(message)
    if (message.kind === 'launch') {
      const run: Run = { launch: message, statuses: [], acknowledged: 0, latestState: 'TASK_STAGING' }
      this.runs.set(idOf(message.taskInfo, 'task_id'), run)
    } else if (message.kind === 'shutdownFramework') {
      this.gone.add(message.frameworkId)
    } else if (message.kind === 'applyOperation') {
      this.#arrived.push(message)
      if (!this.isSlow) this.carryOut()
    } else if (message.kind === 'acknowledgeOperation') {
      this.operations.delete(message.operationUuid)
    } else if (message.kind === 'acknowledge') {
      const run = this.runs.get(message.taskId)
      if (run === undefined || run.statuses[run.acknowledged]?.uuid !== message.uuid) return
      run.acknowledged++
      if (isOver(run.latestState) && run.acknowledged === run.statuses.length) this.runs.delete(message.taskId)
      else this.tell(message.taskId)
    }
  }

  /** The task reaches a state: its status waits its turn and is sent when it is the next. */
  update(taskId: string, state: TaskState, more: MesosJson = {}): void {
    const run = this.runs.get(taskId)
    if (run === undefined) throw new Error(`no task ${taskId} on this agent`)
    run.statuses.push({
      task_id: { value: taskId },
      state,
      source: 'SOURCE_EXECUTOR',
      agent_id: { value: this.agentId },
      uuid: btoa(String.fromCharCode(...this.#cluster.random.bytes16())),
      timestamp: this.#cluster.nowMs / 1000,
      ...more,
    })
    run.latestState = state
    if (run.acknowledged === run.statuses.length - 1 || isOver(state)) this.tell(taskId)
  }

  /** Does what the operations that arrived say, as far as it can (or says that it failed), and tells. */
  carryOut(result: 'done' | 'failed' = 'done'): void {
    for (const { kind: _kind, ...message } of this.#arrived.splice(0)) {
      const operation = must(fromJsonValue('mesos.v1.Offer.Operation', message.operation))
      const change = applied(this.total, operation)
      const isDone = change.ok && result === 'done'
      if (isDone) this.#total = change.value.total
      const status: MesosJson = {
        state: isDone ? 'OPERATION_FINISHED' : change.ok ? 'OPERATION_FAILED' : 'OPERATION_DROPPED',
        uuid: { value: btoa(String.fromCharCode(...this.#cluster.random.bytes16())) },
      }
      this.operations.set(message.operationUuid, { ...message, status })
      this.tellOperation(message.operationUuid)
    }
  }

  /** Sends (again) what became of an operation. */
  tellOperation(uuid: string): void {
    const report = this.operations.get(uuid)
    if (report === undefined) return
    const { operation: _operation, ...told } = report
    this.say({ kind: 'operationUpdate', ...told })
  }

  /** Sends (again) the oldest status that is not acknowledged. */
  tell(taskId: string): void {
    const run = this.runs.get(taskId)
    const status = run?.statuses[run.acknowledged]
    if (run === undefined || status === undefined || this.#channel === null) return
    const frameworkId = idOf(run.launch.frameworkInfo, 'id') as FrameworkId
    const sent = this.#channel.send(
      { kind: 'statusUpdate', frameworkId, taskId: taskId as TaskId, status, latestState: run.latestState },
      this.#cluster.nowMs,
    )
    if (!sent.ok) throw new Error('the channel of an agent is full')
    for (const frame of sent.value) this.send(frame)
  }

  /** A numbered message by hand. */
  say(message: UpMessage): void {
    const sent = this.#channel?.send(message, this.#cluster.nowMs)
    if (sent?.ok) for (const frame of sent.value) this.send(frame)
  }

  /** From now on this is wrong with its machine, and nothing else. */
  ails(...conditions: readonly Condition[]): void {
    this.change({ conditions })
    this.say({ kind: 'machineHealth', conditions })
    this.#cluster.settle()
  }

  heardOf<K extends DownMessage['kind']>(kind: K): Extract<DownMessage, { kind: K }>[] {
    return this.heard.filter((message): message is Extract<DownMessage, { kind: K }> => message.kind === kind)
  }

  /** What runs on this machine fits into it, and no two runs have one GPU. */
  checkRuns(): void {
    const live = [...this.runs.values()].filter((run) => !isOver(run.latestState))
    const parts = live.flatMap((run) => partsAlone(run.launch.grant))
    if (new Set(parts).size !== parts.length) throw new Error(`two tasks on one machine have the same part`)
    for (const [name, total] of Object.entries(this.#options.resources ?? {})) {
      const all = live.flatMap((run) => run.launch.taskInfo.resources as Resource[])
      const used = all.filter(({ revocable }) => revocable === undefined)
      if (amount(used, name) > total) throw new Error(`more ${name} run on a machine than it has`)
    }
  }

  /** The run ends without a word. */
  forget(taskId: string): void {
    this.runs.delete(taskId)
  }
}

export class TestScheduler {
  info: FrameworkInfo
  streamId: StreamId | null = null
  events: SchedulerEvent[] = []
  /** What was last heard of each task. */
  readonly told = new Map<string, TaskState>()
  readonly #cluster: TestCluster

  constructor(cluster: TestCluster, info: FrameworkInfo) {
    this.#cluster = cluster
    this.info = info
  }

  get id(): FrameworkId {
    return this.info.id?.value as FrameworkId
  }

  hear(event: SchedulerEvent): void {
    this.events.push(event)
    if (event.update !== undefined) this.told.set(event.update.status.task_id.value, event.update.status.state)
  }

  /** Opens a stream; the id is learnt from SUBSCRIBED. */
  subscribe(more: Partial<SchedulerCallSubscribe> = {}, principal: string | null = null): void {
    const streamId = this.#cluster.newId<StreamId>()
    this.streamId = streamId
    this.#cluster.listen(streamId, this)
    this.#cluster.step({
      kind: 'subscribe',
      streamId,
      frameworkId: this.info.id === undefined ? null : (this.info.id.value as FrameworkId),
      subscribe: { framework_info: this.info, ...more },
      principal,
    })
    const subscribed = this.all('SUBSCRIBED').at(-1)?.subscribed
    if (subscribed !== undefined) this.info = { ...this.info, id: subscribed.framework_id }
  }

  /** The same framework on another stream, the first one left as it is. */
  twin(): TestScheduler {
    const twin = new TestScheduler(this.#cluster, this.info)
    twin.subscribe()
    this.#cluster.settle()
    return twin
  }

  close(): void {
    const { streamId } = this
    if (streamId === null) return
    this.streamId = null
    this.#cluster.step({ kind: 'streamClosed', streamId })
    this.#cluster.settle()
  }

  call(call: SchedulerCall, streamId = this.streamId): { readonly status: number; readonly message: string | null } {
    return this.#cluster.request((requestId) => ({
      kind: 'call',
      requestId,
      call: { framework_id: { value: this.id }, ...call },
      streamId,
      principal: null,
    }))
  }

  all(type: SchedulerEventType): SchedulerEvent[] {
    return this.events.filter((event) => event.type === type)
  }

  get types(): (SchedulerEventType | undefined)[] {
    return this.events.map((event) => event.type)
  }

  /** All offers ever heard of. */
  get offers(): Offer[] {
    return this.all('OFFERS').flatMap((event) => event.offers?.offers ?? [])
  }

  /** The newest offer. */
  get offer(): Offer {
    const offer = this.offers.at(-1)
    if (offer === undefined) throw new Error('no offer came')
    return offer
  }

  /** What it was told of its operations, or of one. */
  operationStatuses(id?: string): OperationStatus[] {
    const all = this.all('UPDATE_OPERATION_STATUS').flatMap((event) => event.update_operation_status?.status ?? [])
    return id === undefined ? all : all.filter((status) => status.operation_id?.value === id)
  }

  acknowledgeOperation({ agent_id, operation_id, uuid }: OperationStatus): void {
    if (operation_id === undefined || uuid === undefined) return
    this.call({
      type: 'ACKNOWLEDGE_OPERATION_STATUS',
      acknowledge_operation_status: { operation_id, uuid: uuid.value, ...(agent_id && { agent_id }) },
    })
  }

  reconcileOperations(...operations: { readonly id: string; readonly agentId?: string }[]): OperationStatus[] {
    const before = this.operationStatuses().length
    this.call({
      type: 'RECONCILE_OPERATIONS',
      reconcile_operations: {
        operations: operations.map(({ id, agentId }) => ({
          operation_id: { value: id },
          ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
        })),
      },
    })
    return this.operationStatuses().slice(before)
  }

  updates(taskId?: string): TaskStatus[] {
    const all = this.all('UPDATE').flatMap((event) => event.update?.status ?? [])
    return taskId === undefined ? all : all.filter((status) => status.task_id.value === taskId)
  }

  update(taskId: string): TaskStatus {
    const status = this.updates(taskId).at(-1)
    if (status === undefined) throw new Error(`no update of ${taskId} came`)
    return status
  }

  states(taskId: string): TaskState[] {
    return this.updates(taskId).map(({ state }) => state)
  }

  accept(offers: readonly Pick<Offer, 'id'>[], operations: readonly OfferOperation[], refuseSeconds?: number): void {
    const filters = refuseSeconds === undefined ? {} : { filters: { refuse_seconds: refuseSeconds } }
    this.call({ type: 'ACCEPT', accept: { offer_ids: offers.map(({ id }) => id), operations, ...filters } })
    this.#cluster.settle()
  }

  launch(offer: Offer, tasks: readonly TaskInfo[], refuseSeconds?: number): void {
    this.accept([offer], [{ type: 'LAUNCH', launch: { task_infos: tasks } }], refuseSeconds)
  }

  decline(offer: Offer, refuseSeconds?: number): void {
    const filters = refuseSeconds === undefined ? {} : { filters: { refuse_seconds: refuseSeconds } }
    this.call({ type: 'DECLINE', decline: { offer_ids: [offer.id], ...filters } })
    this.#cluster.settle()
  }

  acknowledge(status: TaskStatus): void {
    if (status.uuid === undefined || status.agent_id === undefined) return
    const { agent_id, task_id, uuid } = status
    this.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
  }

  reconcile(...tasks: { readonly taskId: string; readonly agentId?: string }[]): TaskStatus[] {
    const before = this.updates().length
    this.call({
      type: 'RECONCILE',
      reconcile: {
        tasks: tasks.map(({ taskId, agentId }) => ({
          task_id: { value: taskId },
          ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
        })),
      },
    })
    return this.updates().slice(before)
  }

  kill(taskId: string, agentId?: string): void {
    const agent_id = agentId === undefined ? {} : { agent_id: { value: agentId } }
    this.call({ type: 'KILL', kill: { task_id: { value: taskId }, ...agent_id } })
  }

  /** A task from the newest offer to RUNNING, acknowledged. */
  run(agent: TestAgent, taskId: string, more: Partial<TaskInfo> = {}): void {
    this.launch(this.offer, [aTaskInfo(this.offer, taskId, more)], 0)
    agent.update(taskId, 'TASK_RUNNING')
    this.acknowledge(this.update(taskId))
    this.#cluster.pass(2_000)
  }
}

function reportOf(run: Run): TaskReport {
  const { launch, statuses, acknowledged, latestState } = run
  const waiting = statuses[acknowledged]
  return {
    frameworkId: idOf(launch.frameworkInfo, 'id') as FrameworkId,
    containerId: 'c' as TaskReport['containerId'],
    taskInfo: launch.taskInfo,
    grant: launch.grant,
    latestState,
    statuses,
    unacknowledgedUuid: waiting === undefined ? null : (waiting.uuid as string),
  }
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

function idOf(message: MesosJson, field: string): string {
  return (message[field] as { readonly value: string }).value
}

function isOver(state: TaskState): boolean {
  return !['TASK_STAGING', 'TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_UNREACHABLE'].includes(state)
}
