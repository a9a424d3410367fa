// An agent whose machine and containers are pretended: the production state machine of the agent on the production
// link over real MQTT. Tests say what a container does, when the link breaks, and what a restart remembers.

import { randomUUID } from 'node:crypto'
import { createAgentCore } from '../../src/agent/core/core.ts'
import type {
  AgentCheckpoint,
  AgentConfig,
  AgentEffect,
  AgentInput,
  AgentStoreOp,
  ContainerExit,
  ContainerSpec,
  OperationRecord,
  RunRecord,
} from '../../src/agent/core/types.ts'
import { createLink } from '../../src/agent/link/link.ts'
import type { Link } from '../../src/agent/link/types.ts'
import type { Hardware } from '../../src/model/hardware.ts'
import type { Condition } from '../../src/model/health.ts'
import type { AgentId, AgentUid, ContainerId, FrameworkId, OperationUuid, SessionId } from '../../src/model/ids.ts'
import { Loop } from '../../src/shell/loop.ts'
import { systemRandom } from '../../src/shell/random.ts'
import {
  type AgentStatus,
  type DownMessage,
  type MesosJson,
  type UpMessage,
  wireVersion,
} from '../../src/wire/messages.ts'
import { gpusOnly } from './hardware.ts'
import { until } from './until.ts'

export type FakeAgentOptions = {
  readonly resources?: Readonly<Record<string, number>>
  /** Resource messages, for what a number cannot say; replaces `resources`. */
  readonly resourceMessages?: readonly MesosJson[]
  readonly attributes?: readonly MesosJson[]
  readonly capabilities?: readonly string[]
  readonly gpuUuids?: readonly string[]
  /** Replaces `gpuUuids`. */
  readonly hardware?: Hardware
  readonly hostname?: string
  readonly domain?: { readonly region: string; readonly zone: string }
}

/** What the agents of this version can do. */
const capabilitiesDefault = ['MULTI_ROLE', 'HIERARCHICAL_ROLE', 'RESERVATION_REFINEMENT', 'AGENT_DRAINING']

/** One life of the agent's process; what is on its disk outlives it. */
type Life = {
  readonly loop: Loop<AgentInput, AgentEffect>
  readonly link: Link
  readonly agentId: () => AgentId | null
}

export class FakeAgent {
  readonly uid = randomUUID() as string as AgentUid
  /** Messages of the master, and to it, as they passed the link: numbered ones may come repeatedly. */
  readonly heard: DownMessage[] = []
  readonly said: UpMessage[] = []
  /** Containers that run; they survive the agent's process. */
  readonly running = new Map<ContainerId, ContainerSpec>()
  /** Set to keep containers from starting: their tasks stay STARTING or STAGING. */
  holdsStarts = false
  /** Set to let containers ignore TERM. */
  ignoresTerm = false
  readonly #mqtt: { readonly host: string; readonly port: number }
  readonly #token: string | null
  #config: AgentConfig
  readonly #disk = {
    agentId: null as AgentId | null,
    frameworks: new Map<FrameworkId, MesosJson>(),
    runs: new Map<ContainerId, RunRecord>(),
    reserved: [] as readonly MesosJson[],
    operations: new Map<OperationUuid, OperationRecord>(),
  }
  /** Ends that no life of the agent has seen yet. */
  readonly #exits = new Map<ContainerId, ContainerExit>()
  #life: Life | null = null

  constructor(mqtt: { readonly host: string; readonly port: number }, token: string | null, options: FakeAgentOptions) {
    const { resources = { cpus: 4, mem: 4096, disk: 10_000 } } = options
    this.#mqtt = mqtt
    this.#token = token
    this.#config = {
      uid: this.uid,
      version: '0.0.0',
      hostname: options.hostname ?? `machine-${this.uid.slice(0, 4)}`,
      domain: options.domain ?? null,
      http: { host: '127.0.0.1', port: 5051 },
      resources:
        options.resourceMessages ??
        Object.entries(resources).map(([name, value]) => ({ name, type: 'SCALAR', scalar: { value } })),
      attributes: options.attributes ?? [],
      capabilities: options.capabilities ?? capabilitiesDefault,
      ip: '127.0.0.1',
      switchesUser: true,
      hardware: options.hardware ?? gpusOnly(options.gpuUuids ?? []),
    }
  }

  get agentId(): string {
    return this.#disk.agentId ?? ''
  }

  get hostname(): string {
    return this.#config.hostname
  }

  /** Starts the agent's process on what is on its disk, and waits until the master has taken it. */
  async start(): Promise<void> {
    const heardBefore = this.heard.length
    this.begin()
    await until('the master takes the agent', () =>
      this.heard.slice(heardBefore).some((message) => message.kind === 'registered'),
    )
  }

  /** Starts the agent's process without waiting for anything. */
  begin(): void {
    if (this.#life !== null) throw new Error('this agent runs already')
    const core = createAgentCore(this.#config, this.#checkpoint(), systemRandom)
    const loop = new Loop<AgentInput, AgentEffect>(core, { kind: 'tick' }, (effects) => {
      for (const effect of effects) this.#perform(effect)
    })
    const link = createLink({
      uid: this.uid,
      masters: [this.#mqtt],
      token: this.#token,
      random: systemRandom,
      log: () => {},
      will: (session) => this.#status(session, false),
      events: {
        up: (session) => loop.submit({ kind: 'linkUp', session }),
        down: () => loop.submit({ kind: 'linkDown' }),
        frame: (frame) => {
          if (frame.message !== null) this.heard.push(frame.message)
          loop.submit({ kind: 'frame', frame })
        },
      },
    })
    this.#life = { loop, link, agentId: () => core.view.agentId }
    loop.submit({ kind: 'healthChanged', conditions: this.#conditions })
    loop.submit({ kind: 'recovered', runs: [...this.#disk.runs.keys()].map((id) => this.#foundRun(id)) })
  }

  /** The agent's process is killed: its link breaks without a word, containers run on, its disk stays. */
  async stop(): Promise<void> {
    const life = this.#life
    this.#life = null
    life?.loop.close()
    await life?.link.close()
  }

  /** Stops, forgets parts of its disk, and starts again. */
  async restart(forget: { readonly runs?: boolean; readonly everything?: boolean } = {}): Promise<void> {
    await this.stop()
    this.forget(forget)
    await this.start()
  }

  /** Loses parts of its disk while it is stopped. */
  forget({ runs = false, everything = false }: { readonly runs?: boolean; readonly everything?: boolean }): void {
    if (runs || everything) this.#disk.runs.clear()
    if (everything) {
      this.#disk.agentId = null
      this.#disk.frameworks.clear()
      this.#disk.reserved = []
      this.#disk.operations.clear()
    }
  }

  /** Drops the link and registers once more in the same life. */
  relink(): void {
    this.#life?.link.relink(0)
  }

  /** The container of the task ends with this code, whether the agent looks or not. */
  exit(taskId: string, code = 0): void {
    this.#ended(this.#containerOf(taskId), { status: { kind: 'exited', code }, limitation: null })
  }

  /** Lets a container start that `holdsStarts` held back. */
  startHeld(taskId: string): void {
    const containerId = this.#containerOf(taskId)
    this.#life?.loop.submit({ kind: 'containerStarted', containerId, pid: 4242 })
  }

  /** Its next life has these attributes. */
  label(...attributes: readonly MesosJson[]): void {
    this.#config = { ...this.#config, attributes }
  }

  /** From now on this is wrong with its machine, and nothing else. */
  ails(...conditions: readonly Condition[]): void {
    this.#conditions = conditions
    this.#life?.loop.submit({ kind: 'healthChanged', conditions })
  }
  #conditions: readonly Condition[] = []

  isRunning(taskId: string): boolean {
    return [...this.running.values()].some((spec) => spec.taskId === taskId)
  }

  heardOf<K extends DownMessage['kind']>(kind: K): Extract<DownMessage, { kind: K }>[] {
    return this.heard.filter((message): message is Extract<DownMessage, { kind: K }> => message.kind === kind)
  }

  #perform(effect: AgentEffect): void {
    switch (effect.kind) {
      case 'persist':
        return this.#persist(effect.op)
      case 'start': {
        const { containerId } = effect.spec
        this.running.set(containerId, effect.spec)
        if (!this.holdsStarts) this.#life?.loop.submit({ kind: 'containerStarted', containerId, pid: 4242 })
        return
      }
      case 'changeVolumes':
        this.#life?.loop.submit({ kind: 'volumesChanged', operationUuid: effect.operationUuid, failed: [] })
        return
      case 'signal':
        if (effect.signal === 'TERM' && this.ignoresTerm) return
        return this.#ended(effect.containerId, {
          status: { kind: 'signaled', signal: effect.signal === 'TERM' ? 15 : 9 },
          limitation: null,
        })
      case 'send':
        if (effect.frame.message !== null) this.said.push(effect.frame.message)
        return this.#life?.link.send(effect.frame)
      case 'relink':
        return this.#life?.link.relink(effect.withinMs)
      case 'remove':
      case 'statusChanged':
      case 'exit':
      case 'log':
        return
    }
  }

  #ended(containerId: ContainerId, exit: ContainerExit): void {
    if (!this.running.delete(containerId)) return
    if (this.#life === null) this.#exits.set(containerId, exit)
    else this.#life.loop.submit({ kind: 'containerExited', containerId, exit })
  }

  #containerOf(taskId: string): ContainerId {
    for (const [containerId, spec] of this.running) if (spec.taskId === taskId) return containerId
    throw new Error(`no container of task ${taskId} runs on this agent`)
  }

  #foundRun(containerId: ContainerId): Extract<AgentInput, { kind: 'recovered' }>['runs'][number] {
    const exit = this.#exits.get(containerId)
    if (this.running.has(containerId)) return { containerId, state: { kind: 'running', pid: 4242 } }
    if (exit !== undefined) return { containerId, state: { kind: 'exited', exit } }
    return {
      containerId,
      state: { kind: 'exited', exit: { status: { kind: 'unknown', why: 'nobody saw it' }, limitation: null } },
    }
  }

  #persist(op: AgentStoreOp): void {
    switch (op.op) {
      case 'setAgentId':
        this.#disk.agentId = op.agentId
        return
      case 'putFramework':
        this.#disk.frameworks.set(op.frameworkId, op.info)
        return
      case 'removeFramework':
        this.#disk.frameworks.delete(op.frameworkId)
        return
      case 'putRun':
        this.#disk.runs.set(op.run.containerId, op.run)
        return
      case 'removeRun':
        this.#disk.runs.delete(op.containerId)
        return
      case 'putOperation':
        this.#disk.reserved = op.reserved ?? this.#disk.reserved
        this.#disk.operations.set(op.operation.operationUuid, op.operation)
        return
      case 'removeOperation':
        this.#disk.operations.delete(op.operationUuid)
    }
  }

  #checkpoint(): AgentCheckpoint {
    return {
      uid: this.uid,
      agentId: this.#disk.agentId,
      frameworks: [...this.#disk.frameworks].map(([frameworkId, info]) => ({ frameworkId, info })),
      runs: [...this.#disk.runs.values()],
      reserved: this.#disk.reserved,
      operations: [...this.#disk.operations.values()],
    }
  }

  #status(session: SessionId | null, online: boolean): AgentStatus {
    return {
      v: wireVersion,
      uid: this.uid,
      agentId: this.#disk.agentId,
      hostname: this.#config.hostname,
      online,
      session,
      version: this.#config.version,
      http: this.#config.http,
      tasksRunning: this.running.size,
    }
  }
}
