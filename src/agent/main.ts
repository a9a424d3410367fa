// Wires the agent: probe, store, containerizer, link to the master, HTTP API, and the agent's state machine between
// them. It decides nothing: packets, exits and ticks become inputs; effects become processes, records and packets.

import { hostname as osHostname } from 'node:os'
import type { AgentId, AgentUid, ContainerId, SessionId } from '../model/ids.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Resources } from '../model/resources.ts'
import { ok, type Result } from '../model/result.ts'
import { logEffect } from '../shell/log.ts'
import { Loop, nowMs } from '../shell/loop.ts'
import { reachableAddress } from '../shell/own-address.ts'
import { systemRandom } from '../shell/random.ts'
import { type AgentStatus, wireVersion } from '../wire/messages.ts'
import { createAgentApi } from './api/api.ts'
import type { AgentFacts } from './api/types.ts'
import { createContainerizer } from './containers/containerizer.ts'
import type { Containerizer, Isolation } from './containers/types.ts'
import { type AgentCore, createAgentCore } from './core/core.ts'
import { checkReserved } from './core/reservations.ts'
import type { AgentConfig, AgentEffect, AgentInput, AgentView, ContainerSpec } from './core/types.ts'
import { createLink } from './link/link.ts'
import type { Link } from './link/types.ts'
import {
  conditionsBefore,
  describeMachine,
  findMachine,
  type Machine,
  type MachineOptions,
  type MachineWatch,
  machineOffer,
  watchOver,
} from './machine.ts'
import { readResourceText } from './offered-resources.ts'
import { type AgentStore, openAgentStore } from './store/store.ts'
import { disksOfTasks, reservedDisks, takeBackDevices } from './volumes/devices.ts'
import { volumeDirectory } from './volumes/paths.ts'
import { createVolumes, type Volumes } from './volumes/volumes.ts'

export type AgentOptions = MachineOptions & {
  /** MQTT addresses of masters, tried in turn. */
  readonly masters: readonly { readonly host: string; readonly port: number }[]
  /** Where the agent's HTTP API listens; beyond loopback a token is required. */
  readonly host: string
  readonly httpPort: number
  readonly httpFlagName: string
  readonly token: string | null
  readonly isolation: 'auto' | 'process-group'
  readonly version: string
  /** For `/flags`. */
  readonly flags: Readonly<Record<string, string>>
  readonly hostname?: string
  /** Offers as revocable what tasks leave idle, measured this often; absent: offers nothing twice. */
  readonly oversubscribedIntervalMs?: number
  readonly domain?: { readonly region: string; readonly zone: string }
}

/** How long tasks may take to end in order when the agent is stopped with them; then their trees are killed. */
const closeMaxMs = 10_000

export type Agent = {
  readonly httpAddress: { readonly host: string; readonly port: number }
  readonly inventory: Inventory
  readonly resources: Resources
  readonly isolation: Isolation
  readonly view: AgentView
  /** Resolves once a master has taken this agent. */
  whenRegistered(): Promise<AgentId>
  /** Resolves with the reason when the master tells this agent to end; its tasks have ended then. */
  whenDismissed(): Promise<string>
  close(tasks: 'keep' | 'kill'): Promise<void>
}

/** Starts an agent; a port in use, a locked work directory or nonsense in the options is a fault. */
export async function startAgent(options: AgentOptions): Promise<Result<Agent>> {
  const resources = readResourceText(options.resources)
  if (!resources.ok) return resources
  return startWith({ ...options, resources: resources.value })
}

async function startWith(options: AgentOptions): Promise<Result<Agent>> {
  const { workDir, log } = options
  const inventory = findMachine(options)
  if (!inventory.ok) return inventory
  const store = openAgentStore(workDir, inventory.value.machine.id)
  if (!store.ok) return store
  if (store.value.movedTo !== null) {
    log('warn', 'agent.moved', 'the work directory belonged to another machine', { movedTo: store.value.movedTo })
  }
  const { runs, reserved } = store.value.checkpoint
  const held = new Set([...disksOfTasks(runs.map(({ taskInfo }) => taskInfo)), ...reservedDisks(reserved)])
  const described = describeMachine(options, inventory.value, held)
  const backed = described.ok
    ? checkReserved(machineOffer(described.value, {}).resources, reserved, workDir)
    : described
  if (!described.ok || !backed.ok) {
    store.value.close()
    return backed as Extract<typeof backed, { ok: false }>
  }
  const machine = described.value
  const shell = new AgentShell(options, store.value)
  const containerizer = await createContainerizer({
    workDir,
    isolation: options.isolation,
    isReported: (containerId) => shell.facts()?.view.hasRun(containerId) ?? true,
    events: {
      started: (containerId, pid, note) => shell.submit({ kind: 'containerStarted', containerId, pid, note }),
      failed: (containerId, fault) => shell.submit({ kind: 'containerFailed', containerId, fault }),
      exited: (containerId, exit) => shell.submit({ kind: 'containerExited', containerId, exit }),
      strayed: (containerId, why) =>
        log('warn', 'container.strayed', 'a container may run where it does not belong', { containerId, why }),
    },
  })
  if (!containerizer.ok) {
    store.value.close()
    return containerizer
  }
  const { isolation } = containerizer.value
  if (isolation.kind === 'process-group') {
    log('warn', 'isolation.weak', 'tasks run without limits', { reason: isolation.reason })
  }
  if (cpuIsolation(isolation) === 'none') {
    log('warn', 'isolation.weak', 'no task can have CPUs alone', { reason: isolation.reason })
  }
  const api = await createAgentApi({
    host: options.host,
    port: options.httpPort,
    flagName: options.httpFlagName,
    token: options.token,
    version: options.version,
    flags: options.flags,
    view: {
      running: () => shell.facts(),
      sandbox: (place) => containerizer.value.sandbox(place),
      volume: (place) => volumeDirectory(workDir, place),
      sandboxes: containerizer.value.sandboxes,
    },
    nowMs,
  })
  if (!api.ok) {
    await containerizer.value.close('keep')
    store.value.close()
    return api
  }
  const config = agentConfig(options, machine, {
    uid: store.value.checkpoint.uid,
    isolation,
    port: api.value.address.port,
  })
  shell.run(config, containerizer.value, api.value, machine)
  log('info', 'process.starting', 'the agent serves', { uid: config.uid, http: api.value.address, isolation })
  return ok({
    httpAddress: api.value.address,
    inventory: machine.inventory,
    resources: machine.resources,
    isolation,
    view: shell.core.view,
    whenRegistered: () => shell.registered,
    whenDismissed: () => shell.dismissed,
    close: (tasks) => shell.close(tasks),
  })
}

type Api = Extract<Awaited<ReturnType<typeof createAgentApi>>, { ok: true }>['value']

/** Holds what is running, so that effects find their way and `close` finds everything. */
class AgentShell {
  readonly #options: AgentOptions
  readonly #store: AgentStore
  readonly #early: AgentInput[] = []
  readonly registered: Promise<AgentId>
  readonly dismissed: Promise<string>
  #onRegistered: (agentId: AgentId) => void = () => {}
  #onDismissed: (reason: string) => void = () => {}
  #measuring: NodeJS.Timeout | null = null
  #parts: {
    readonly config: AgentConfig
    readonly core: AgentCore
    readonly loop: Loop<AgentInput, AgentEffect>
    readonly containerizer: Containerizer
    readonly link: Link
    readonly api: Api
    readonly watch: MachineWatch
    readonly volumes: Volumes
  } | null = null

  constructor(options: AgentOptions, store: AgentStore) {
    this.#options = options
    this.#store = store
    this.registered = new Promise((resolve) => {
      this.#onRegistered = resolve
    })
    this.dismissed = new Promise((resolve) => {
      this.#onDismissed = resolve
    })
  }

  /** Null until the state machine runs: the API answers 503 to what needs it. */
  facts(): AgentFacts | null {
    return this.#parts === null ? null : { config: this.#parts.core.config, view: this.#parts.core.view }
  }

  get core(): AgentCore {
    if (this.#parts === null) throw new Error('the agent does not run')
    return this.#parts.core
  }

  run(config: AgentConfig, containerizer: Containerizer, api: Api, machine: Machine): void {
    const { checkpoint } = this.#store
    const core = createAgentCore(config, checkpoint, systemRandom)
    const loop = new Loop<AgentInput, AgentEffect>(core, { kind: 'tick' }, (effects) => this.#performAll(effects))
    const link = createLink({
      uid: config.uid,
      masters: this.#options.masters,
      token: this.#options.token,
      random: systemRandom,
      log: this.#options.log,
      will: (session) => this.#status(config, core, session, false),
      events: {
        up: (session) => this.submit({ kind: 'linkUp', session }),
        down: () => this.submit({ kind: 'linkDown' }),
        frame: (frame) => this.submit({ kind: 'frame', frame }),
      },
    })
    const told = { v: wireVersion, uid: config.uid } as const
    link.publishInventory({ ...told, inventory: machine.inventory, changes: [] })
    const watch = watchOver(machine, this.#store.machine, this.#options, {
      inventory: (inventory, changes) => link.publishInventory({ ...told, inventory, changes }),
      health: (health) => {
        link.publishHealth({ ...told, health })
        this.submit({ kind: 'healthChanged', conditions: health.conditions })
      },
      offer: (now) =>
        this.submit({ kind: 'machineChanged', machine: machineOffer(now, isolationFacts(containerizer.isolation)) }),
      held: () => new Set([...disksOfTasks(liveTasks(core.view)), ...reservedDisks(core.config.resources)]),
      keep: (memory) => this.#store.keepMachine(memory),
    })
    const volumes = createVolumes({
      workDir: this.#options.workDir,
      changed: (operationUuid, failed) => this.submit({ kind: 'volumesChanged', operationUuid, failed }),
      troubled: (message, directory, reason) =>
        this.#options.log('warn', 'volume.troubled', message, { directory, reason }),
    })
    this.#parts = { config, core, loop, containerizer, link, api, watch, volumes }
    volumes.recover(
      core.view.volumes(),
      machine.resources.flatMap(({ disk }) => (disk?.source === undefined ? [] : [{ source: disk.source }])),
    )
    // Exits of recovered containers may come as events while the rest are still looked at; they must not overtake.
    const runs = checkpoint.runs.map((run) => containerizer.recover({ ...run, executorId: run.taskId }))
    containerizer.removeUnrecovered()
    // What was sick is sick until a look finds it well: the first one takes longer than joining does.
    loop.submit({ kind: 'healthChanged', conditions: conditionsBefore(this.#store.machine) })
    loop.submit({ kind: 'recovered', runs })
    for (const input of this.#early) loop.submit(input)
    this.#early.length = 0
    link.publishStatus(this.#status(config, core, null, true))
    const { oversubscribedIntervalMs } = this.#options
    if (oversubscribedIntervalMs !== undefined) {
      this.#measuring = setInterval(() => this.#measure(core, containerizer), oversubscribedIntervalMs)
    }
  }

  /** What every container used so far: two of these make a rate. */
  #measure(core: AgentCore, containerizer: Containerizer): void {
    const cpuUsageUsec = new Map<ContainerId, number>()
    for (const { containerId, phase } of core.view.runs()) {
      const usage = phase === 'running' ? containerizer.usage(containerId) : null
      if (usage !== null) cpuUsageUsec.set(containerId, usage.cpuUsageUsec)
    }
    this.submit({ kind: 'usage', cpuUsageUsec })
  }

  submit(input: AgentInput): void {
    if (this.#parts === null) this.#early.push(input)
    else this.#parts.loop.submit(input)
  }

  async close(tasks: 'keep' | 'kill'): Promise<void> {
    if (tasks === 'kill' && this.#parts !== null) {
      this.submit({ kind: 'shutdown' })
      await Promise.race([this.dismissed, new Promise((resolve) => setTimeout(resolve, closeMaxMs).unref())])
    }
    const parts = this.#parts
    if (parts === null) return
    this.#parts = null
    if (this.#measuring !== null) clearInterval(this.#measuring)
    this.#options.log('info', 'process.stopping', 'the agent stops', { tasks })
    await parts.watch.close()
    parts.loop.close()
    await parts.link.close()
    await parts.containerizer.close(tasks)
    await parts.volumes.close()
    await parts.api.close()
    this.#store.close()
  }

  /**
   * What all steps of a turn want kept goes to the disk in one transaction, before anything else of that turn is done:
   * a fact may be durable earlier than it must, and a hundred tasks at once wait for the disk once.
   */
  #performAll(effects: readonly AgentEffect[]): void {
    const ops = effects.flatMap((effect) => (effect.kind === 'persist' ? [effect.op] : []))
    if (ops.length > 0) this.#store.apply(ops)
    for (const effect of effects) if (effect.kind !== 'persist') this.#perform(effect)
  }

  #perform(effect: Exclude<AgentEffect, { kind: 'persist' }>): void {
    const parts = this.#parts
    if (parts === null) return
    switch (effect.kind) {
      case 'start':
        return parts.containerizer.start(inSandbox(effect.spec, parts.containerizer))
      case 'changeVolumes':
        return parts.volumes.change(effect.operationUuid, effect.make, effect.remove)
      case 'signal':
        return parts.containerizer.signal(effect.containerId, effect.signal)
      case 'confine':
        return parts.containerizer.confine(effect.containerId, effect.confinement)
      case 'remove':
        parts.containerizer.remove(effect.containerId)
        return this.#takeBackDisks()
      case 'send':
        return parts.link.send(effect.frame)
      case 'relink':
        return parts.link.relink(effect.withinMs)
      case 'statusChanged': {
        const { agentId, isRegistered } = parts.core.view
        if (isRegistered && agentId !== null) this.#onRegistered(agentId)
        return parts.link.publishStatus(this.#status(parts.config, parts.core, null, true))
      }
      case 'exit':
        return this.#onDismissed(effect.message)
      case 'log':
        return logEffect(this.#options.log, effect)
    }
  }

  /** A disk that no task has any more is nobody's, and may have become one that is not offered. */
  #takeBackDisks(): void {
    const parts = this.#parts
    const devices = Object.entries(parts?.core.config.devices ?? {})
    if (parts === null || devices.length === 0) return
    const held = new Set(disksOfTasks(liveTasks(parts.core.view)))
    takeBackDevices(devices.flatMap(([id, name]) => (held.has(id) ? [] : [name])))
    parts.watch.judgeAnew()
  }

  #status(config: AgentConfig, core: AgentCore, session: SessionId | null, online: boolean): AgentStatus {
    return {
      v: wireVersion,
      uid: config.uid,
      agentId: core.view.agentId,
      hostname: config.hostname,
      online,
      session,
      version: config.version,
      http: config.http,
      tasksRunning: core.view.runningCount,
    }
  }
}

function liveTasks(view: AgentView) {
  return [...view.runs()].flatMap(({ phase, taskInfo }) => (phase === 'ended' ? [] : [taskInfo]))
}

function inSandbox(spec: ContainerSpec, containerizer: Containerizer): ContainerSpec {
  const sandbox = containerizer.sandbox(spec)
  return { ...spec, environment: { MESOS_SANDBOX: sandbox, MESOS_DIRECTORY: sandbox, ...spec.environment } }
}

function agentConfig(
  options: AgentOptions,
  machine: Machine,
  { uid, isolation, port }: { readonly uid: AgentUid; readonly isolation: Isolation; readonly port: number },
): AgentConfig {
  const address = reachableAddress(options.host)
  return {
    uid,
    version: options.version,
    hostname: options.hostname ?? osHostname(),
    domain: options.domain ?? null,
    http: { host: address, port },
    ...machineOffer(machine, isolationFacts(isolation)),
    capabilities: capabilities(isolation),
    ip: address,
    switchesUser: process.getuid?.() === 0,
  }
}

function isolationFacts(isolation: Isolation): Readonly<Record<string, string>> {
  return { isolation: isolation.kind, cpu_isolation: cpuIsolation(isolation) }
}

function cpuIsolation({ enforced }: Isolation): 'cpuset' | 'affinity' | 'none' {
  return enforced.find((one) => one === 'cpuset' || one === 'affinity') ?? 'none'
}

/** What a framework may count on; TASK_RESOURCE_LIMITS only where limits are really enforced. */
function capabilities(isolation: Isolation): readonly string[] {
  const always = [
    'MULTI_ROLE',
    'HIERARCHICAL_ROLE',
    'RESERVATION_REFINEMENT',
    'RESIZE_VOLUME',
    'AGENT_OPERATION_FEEDBACK',
    'AGENT_DRAINING',
  ]
  const limits = isolation.enforced.includes('cpu') && isolation.enforced.includes('memory')
  return limits ? [...always, 'TASK_RESOURCE_LIMITS'] : always
}
