// The agent's state machine: inputs in, effects out, in the order in which they must happen. This file gives every
// input and timer to the part that knows it: session.ts (registration), tasks.ts (the life of tasks), runs.ts (what is
// held). It does not know MQTT, disks, processes or clocks.

import type { Condition } from '../../model/health.ts'
import type { AgentId, ContainerId, SessionId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import { invariant, unreachable } from '../../model/result.ts'
import { Timers } from '../../model/timers.ts'
import type { DownMessage, MesosJson, Register } from '../../wire/messages.ts'
import { conditionsToTell, isSameHealth } from './conditions.ts'
import { Estimator } from './estimator.ts'
import { Operations } from './operations.ts'
import { Reservations } from './reservations.ts'
import { observedRun, Runs, runView, taskReport } from './runs.ts'
import { Session } from './session.ts'
import { Tasks } from './tasks.ts'
import type { AgentCheckpoint, AgentConfig, AgentEffect, AgentInput, AgentView, RecoveredRun } from './types.ts'

export type AgentCore = {
  step(input: AgentInput, nowMs: number): AgentEffect[]
  nextTickMs(): number | null
  /** With the machine as it is now. */
  readonly config: AgentConfig
  readonly view: AgentView
}

/** `checkpoint` is what the store held when this life of the agent began. */
export function createAgentCore(config: AgentConfig, checkpoint: AgentCheckpoint, random: Random): AgentCore {
  return new Core(config, checkpoint, random)
}

class Core implements AgentCore {
  #config: AgentConfig
  readonly #timers = new Timers()
  readonly #runs: Runs
  readonly #session: Session
  readonly #tasks: Tasks
  readonly #reservations: Reservations
  readonly #operations: Operations
  #agentId: AgentId | null
  #hasRecovered = false
  #waitingSession: SessionId | null = null
  #exitMessage: string | null = null
  #conditions: readonly Condition[] = []
  /** They changed while no session could tell it: a registration that is on its way may say the old ones. */
  #isHealthUntold = false
  #oversubscribed: readonly MesosJson[] = []
  /** The same of this. */
  #isEstimateUntold = false
  readonly #estimator = new Estimator()
  #effects: AgentEffect[] = []

  constructor(config: AgentConfig, checkpoint: AgentCheckpoint, random: Random) {
    this.#config = config
    this.#agentId = checkpoint.agentId
    this.#runs = new Runs(checkpoint, (op) => this.#effects.push({ kind: 'persist', op }))
    this.#session = new Session(this.#timers, random, () => this.#registration())
    const agentId = () => {
      invariant(this.#agentId !== null, 'only an agent that was registered has tasks and operations')
      return this.#agentId
    }
    const emit = (...effects: readonly AgentEffect[]) => this.#effects.push(...effects)
    this.#reservations = new Reservations(config.resources, checkpoint.reserved)
    this.#operations = new Operations(
      {
        reservations: this.#reservations,
        runs: this.#runs,
        session: this.#session,
        timers: this.#timers,
        random,
        agentId,
        emit,
      },
      checkpoint.operations,
    )
    this.#tasks = new Tasks({
      config: () => this.#config,
      random,
      runs: this.#runs,
      session: this.#session,
      timers: this.#timers,
      agentId,
      emit,
      volumes: {
        isThere: (place) => this.#reservations.has(place),
        isChanging: (places) => this.#operations.isChanging(places),
      },
    })
  }

  step(input: AgentInput, nowMs: number): AgentEffect[] {
    this.#effects = []
    this.#handle(input, nowMs)
    if (this.#exitMessage !== null && this.#runs.size === 0) {
      this.#effects.push({ kind: 'exit', message: this.#exitMessage })
    }
    return this.#effects
  }

  nextTickMs(): number | null {
    return this.#timers.nextMs()
  }

  get config(): AgentConfig {
    return { ...this.#config, resources: this.#reservations.messages }
  }

  get view(): AgentView {
    return {
      agentId: this.#agentId,
      masterId: this.#session.masterId,
      isRegistered: this.#session.isRegistered,
      frameworks: this.#runs.frameworks,
      runningCount: this.#tasks.runningCount,
      runs: () => this.#runs.all().map(runView),
      hasRun: (containerId) => this.#runs.get(containerId) !== undefined,
      counters: () => this.#tasks.counters,
      operations: () => this.#operations.reports,
      volumes: () => this.#reservations.volumes,
    }
  }

  #handle(input: AgentInput, nowMs: number): void {
    switch (input.kind) {
      case 'recovered':
        return this.#recovered(input.runs, nowMs)
      case 'linkUp':
        if (this.#exitMessage !== null) return
        if (this.#hasRecovered) this.#effects.push(...this.#session.linkUp(input.session, nowMs))
        else this.#waitingSession = input.session
        return
      case 'linkDown':
        this.#waitingSession = null
        this.#effects.push(...this.#session.linkLost(), { kind: 'statusChanged' })
        this.#operations.pauseRetries()
        return this.#tasks.pauseRetries()
      case 'frame': {
        const outcome = this.#session.receive(input.frame, nowMs)
        this.#effects.push(...outcome.effects)
        if (outcome.registeredAs !== undefined) this.#registered(outcome.registeredAs, nowMs)
        for (const message of outcome.deliver) this.#obey(message, nowMs)
        return
      }
      case 'containerStarted':
      case 'containerFailed':
      case 'containerExited': {
        // An event may cross the end of its run: what is over stays over.
        const run = this.#runs.get(input.containerId)
        if (run === undefined || run.phase === 'ended') return
        if (input.kind === 'containerStarted') return this.#tasks.started(run, input.pid, nowMs, input.note)
        if (input.kind === 'containerFailed') return this.#tasks.failed(run, input.fault.message, nowMs)
        return this.#tasks.exited(run, input.exit, nowMs)
      }
      case 'machineChanged':
        this.#config = { ...this.#config, ...input.machine }
        this.#reservations.setMachine(input.machine.resources)
        this.#tasks.machineChanged()
        // Only a registration tells the machine; the tasks run on meanwhile.
        if (this.#hasRecovered) this.#effects.push(...this.#session.registerAnew(), { kind: 'statusChanged' })
        return
      case 'healthChanged': {
        const told = this.#conditions
        // The newest words are kept for the next registration, but words alone are no news.
        this.#conditions = conditionsToTell(input.conditions)
        if (isSameHealth(told, this.#conditions)) return
        if (this.#session.isRegistered) return this.#tellHealth(nowMs)
        this.#isHealthUntold = true
        return
      }
      case 'usage':
        return this.#measured(input.cpuUsageUsec, nowMs)
      case 'volumesChanged':
        this.#operations.volumesChanged(input.operationUuid, input.failed, nowMs)
        return this.#tasks.volumesChanged(nowMs)
      case 'shutdown':
        return this.#shutdown('the operator stopped this agent', nowMs)
      case 'tick':
        for (const key of this.#timers.due(nowMs)) {
          const ofSession = this.#session.due(key, nowMs)
          if (ofSession !== null) this.#effects.push(...ofSession)
          else if (!this.#operations.due(key, nowMs)) this.#tasks.due(key, nowMs)
        }
        return
      default:
        unreachable(input)
    }
  }

  #measured(cpuUsageUsec: ReadonlyMap<ContainerId, number>, nowMs: number): void {
    const running = this.#runs.all().filter(({ phase }) => phase === 'running')
    const observed = running.map((run) => observedRun(run, cpuUsageUsec.get(run.record.containerId) ?? null))
    const { spareMilli, preempted } = this.#estimator.look(observed, nowMs)
    for (const run of running) if (preempted.includes(run.record.containerId)) this.#tasks.preempt(run, nowMs)
    const resources = spareMilli === 0 ? [] : [revocableCpus(spareMilli)]
    if (JSON.stringify(resources) === JSON.stringify(this.#oversubscribed)) return
    this.#oversubscribed = resources
    if (this.#session.isRegistered) this.#tellEstimate(nowMs)
    else this.#isEstimateUntold = true
  }

  #recovered(found: readonly RecoveredRun[], nowMs: number): void {
    invariant(!this.#hasRecovered, 'an agent recovers once')
    this.#hasRecovered = true
    this.#operations.recovered()
    const states = new Map(found.map((run) => [run.containerId, run.state]))
    this.#tasks.recovering()
    for (const run of this.#runs.all()) {
      if (run.phase === 'ended') {
        this.#effects.push({ kind: 'remove', containerId: run.record.containerId })
        continue
      }
      const state = states.get(run.record.containerId)
      invariant(state !== undefined, 'every unfinished run was looked at', { containerId: run.record.containerId })
      if (state.kind === 'neverStarted') this.#tasks.neverStarted(run, nowMs)
      else if (state.kind === 'exited') this.#tasks.exited(run, state.exit, nowMs)
      else this.#tasks.started(run, state.pid, nowMs)
    }
    const session = this.#waitingSession
    this.#waitingSession = null
    if (session !== null) this.#effects.push(...this.#session.linkUp(session, nowMs))
  }

  #tellHealth(nowMs: number): void {
    this.#isHealthUntold = false
    this.#effects.push(...this.#session.send({ kind: 'machineHealth', conditions: this.#conditions }, nowMs))
  }

  #tellEstimate(nowMs: number): void {
    this.#isEstimateUntold = false
    this.#effects.push(...this.#session.send({ kind: 'oversubscribed', resources: this.#oversubscribed }, nowMs))
  }

  #registration(): Register {
    const { uid, version, hostname, domain, http, attributes, capabilities, hardware } = this.#config
    const resources = this.#reservations.messages
    return {
      kind: 'register',
      uid,
      agentId: this.#agentId,
      version,
      agentInfo: {
        hostname,
        ...(domain === null ? {} : { domain: domainMessage(domain) }),
        port: http.port,
        resources,
        attributes,
        ...(this.#agentId === null ? {} : { id: { value: this.#agentId } }),
      },
      capabilities,
      http,
      hardware,
      conditions: this.#conditions,
      oversubscribed: this.#oversubscribed,
      frameworks: [...this.#runs.frameworks.values()],
      tasks: this.#runs.all().map((run) => taskReport(run.record)),
      operations: this.#operations.reports,
    }
  }

  #registered(agentId: AgentId, nowMs: number): void {
    const isNew = agentId !== this.#agentId
    if (isNew) {
      this.#agentId = agentId
      this.#effects.push({ kind: 'persist', op: { op: 'setAgentId', agentId } })
    }
    const event = isNew ? 'agent.registered' : 'agent.reregistered'
    this.#effects.push({
      kind: 'log',
      level: 'info',
      event,
      message: 'the master took this agent',
      fields: { agentId },
    })
    this.#effects.push(...this.#session.confirm(), { kind: 'statusChanged' })
    if (this.#isHealthUntold) this.#tellHealth(nowMs)
    if (this.#isEstimateUntold) this.#tellEstimate(nowMs)
    for (const run of this.#runs.all()) this.#tasks.registered(run, nowMs)
    this.#operations.registered(nowMs)
  }

  #obey(message: DownMessage, nowMs: number): void {
    switch (message.kind) {
      case 'launch':
        return this.#tasks.launch(message, nowMs)
      case 'kill':
        return this.#tasks.kill(message, nowMs)
      case 'acknowledge':
        return this.#tasks.acknowledged(message, nowMs)
      case 'shutdownFramework':
        for (const run of this.#runs.ofFramework(message.frameworkId)) this.#tasks.abandon(run, nowMs)
        return this.#runs.dropFrameworkIfUnused(message.frameworkId)
      case 'refused':
        this.#effects.push({
          kind: 'log',
          level: 'warn',
          event: 'agent.refused',
          message: 'the master refuses this agent',
          fields: { reason: message.message },
        })
        this.#effects.push({ kind: 'statusChanged' })
        if (message.shutdown) this.#shutdown(message.message, nowMs)
        return
      case 'applyOperation':
        return this.#operations.apply(message, nowMs)
      case 'acknowledgeOperation':
        return this.#operations.acknowledged(message)
      case 'registered':
      case 'heartbeatEcho':
        return
      default:
        unreachable(message)
    }
  }

  #shutdown(message: string, nowMs: number): void {
    this.#exitMessage = message
    this.#tasks.isEnding = true
    for (const run of this.#runs.all()) this.#tasks.abandon(run, nowMs)
  }
}

function revocableCpus(milli: number): MesosJson {
  return { name: 'cpus', type: 'SCALAR', scalar: { value: milli / 1000 }, revocable: {} }
}

function domainMessage({ region, zone }: NonNullable<AgentConfig['domain']>): MesosJson {
  return { fault_domain: { region: { name: region }, zone: { name: zone } } }
}
