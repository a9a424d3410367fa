// The master's end of an agent's session, for tests of the agent's core: a real channel and the real core, no network.

import { type AgentCore, createAgentCore } from '../../src/agent/core/core.ts'
import type {
  AgentCheckpoint,
  AgentConfig,
  AgentEffect,
  AgentInput,
  ContainerSpec,
} from '../../src/agent/core/types.ts'
import { type Grant, noGrant, noHardware } from '../../src/model/hardware.ts'
import type { AgentId, AgentUid, ContainerId, FrameworkId, SessionId, TaskId } from '../../src/model/ids.ts'
import { seededRandom } from '../../src/model/random.ts'
import { Channel } from '../../src/wire/channel.ts'
import type {
  DownMessage,
  Kill,
  MesosJson,
  Register,
  StatusUpdate,
  UpFrame,
  UpMessage,
} from '../../src/wire/messages.ts'

export const agentId = 'm-S0' as AgentId
export const frameworkId = 'm-0000' as FrameworkId

export const agentConfig: AgentConfig = {
  uid: '6a0f2d5c-0000-4000-8000-000000000001' as AgentUid,
  version: '0.0.0',
  hostname: 'n1',
  domain: null,
  http: { host: '127.0.0.1', port: 5051 },
  resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 4 } }],
  attributes: [],
  capabilities: [],
  ip: '127.0.0.1',
  switchesUser: true,
  hardware: noHardware,
}

export const emptyCheckpoint: AgentCheckpoint = {
  uid: agentConfig.uid,
  agentId: null,
  frameworks: [],
  runs: [],
  reserved: [],
  operations: [],
}

export function aFramework(capabilities: readonly string[] = []): MesosJson {
  return {
    id: { value: frameworkId },
    user: 'root',
    name: 'test',
    capabilities: capabilities.map((type) => ({ type })),
  }
}

export function aTask(taskId: string, more: MesosJson = {}): MesosJson {
  return {
    name: taskId,
    task_id: { value: taskId },
    agent_id: { value: agentId },
    resources: [
      { name: 'cpus', type: 'SCALAR', scalar: { value: 0.5 } },
      { name: 'mem', type: 'SCALAR', scalar: { value: 64 } },
    ],
    command: { value: 'true' },
    ...more,
  }
}

/** One agent core with a master that answers by hand. */
export class MasterSide {
  readonly core: AgentCore
  readonly effects: AgentEffect[] = []
  nowMs: number
  /** Applied persist effects, as the store would hold them. */
  readonly stored = {
    agentId: null as AgentId | null,
    frameworks: new Map<string, MesosJson>(),
    runs: new Map<string, AgentCheckpoint['runs'][number]>(),
    reserved: [] as AgentCheckpoint['reserved'],
    operations: new Map<string, AgentCheckpoint['operations'][number]>(),
  }
  #channel: Channel<DownMessage, UpMessage> | null = null
  #sessions = 0
  readonly received: UpMessage[] = []

  constructor(checkpoint: AgentCheckpoint = emptyCheckpoint, config: AgentConfig = agentConfig, nowMs = 1_000_000) {
    this.nowMs = nowMs
    this.core = createAgentCore(config, checkpoint, seededRandom(7))
    this.stored.agentId = checkpoint.agentId
    for (const { frameworkId: id, info } of checkpoint.frameworks) this.stored.frameworks.set(id, info)
    for (const run of checkpoint.runs) this.stored.runs.set(run.containerId, run)
    this.stored.reserved = checkpoint.reserved
    for (const one of checkpoint.operations) this.stored.operations.set(one.operationUuid, one)
  }

  step(input: AgentInput): AgentEffect[] {
    const effects = this.core.step(input, this.nowMs)
    for (const effect of effects) this.#observe(effect)
    return effects
  }

  /** Recovers with nothing found, connects, and is taken by the master. */
  register(found: Parameters<typeof this.recover>[0] = []): Register {
    this.recover(found)
    return this.reconnect()
  }

  recover(runs: Extract<AgentInput, { kind: 'recovered' }>['runs']): void {
    this.step({ kind: 'recovered', runs })
  }

  /** A fresh link and session; answers the registration. */
  reconnect(epoch = 1): Register {
    const session = `s${++this.#sessions}` as SessionId
    const frames = sent(this.step({ kind: 'linkUp', session }))
    const register = frames.at(-1)?.message
    if (register?.kind !== 'register') throw new Error('the agent did not register')
    this.#channel = new Channel<DownMessage, UpMessage>({ session, epoch })
    this.say({
      kind: 'registered',
      agentId,
      masterId: 'm',
      heartbeatIntervalMs: 15_000,
      reconnectWindowMs: 1_000,
    })
    return register
  }

  /** Sends one message down; returns what the agent did. */
  say(message: DownMessage): AgentEffect[] {
    const channel = this.#channel
    if (channel === null) throw new Error('no session')
    const unnumbered = message.kind === 'registered' || message.kind === 'refused' || message.kind === 'heartbeatEcho'
    if (unnumbered) return this.step({ kind: 'frame', frame: channel.sendUnnumbered(message) })
    const frames = channel.send(message, this.nowMs)
    if (!frames.ok) throw new Error('overflow')
    return frames.value.flatMap((frame) => this.step({ kind: 'frame', frame }))
  }

  launch(
    taskId: string,
    more: MesosJson = {},
    framework: MesosJson = aFramework(),
    grant: Grant = noGrant,
  ): ContainerSpec {
    const effects = this.say({
      kind: 'launch',
      frameworkInfo: framework,
      taskInfo: aTask(taskId, more),
      grant,
    })
    const start = effects.find((effect) => effect.kind === 'start')
    if (start?.kind !== 'start') throw new Error(`task ${taskId} was not started`)
    return start.spec
  }

  kill(taskId: string, gracePeriodMs: number | null = null, drain?: Kill['drain']): AgentEffect[] {
    return this.say({
      kind: 'kill',
      frameworkId,
      taskId: taskId as TaskId,
      gracePeriodMs,
      ...(drain === undefined ? {} : { drain }),
    })
  }

  acknowledge(update: StatusUpdate): AgentEffect[] {
    const { frameworkId: id, taskId, status } = update
    return this.say({ kind: 'acknowledge', frameworkId: id, taskId, uuid: status.uuid as string })
  }

  /** Acknowledges every status of the task that has come in so far and those that follow. */
  acknowledgeAll(taskId: string): void {
    for (let next = this.lastUpdate(taskId); next !== undefined; ) {
      const before = this.received.length
      this.acknowledge(next)
      next = this.received.length > before ? this.lastUpdate(taskId) : undefined
    }
  }

  exited(containerId: ContainerId, code = 0): AgentEffect[] {
    return this.step({
      kind: 'containerExited',
      containerId,
      exit: { status: { kind: 'exited', code }, limitation: null },
    })
  }

  /** Lets time pass up to `untilMs` more, ticking when the core asks. */
  pass(durationMs: number): AgentEffect[] {
    const endMs = this.nowMs + durationMs
    const effects: AgentEffect[] = []
    for (let next = this.core.nextTickMs(); next !== null && next <= endMs; next = this.core.nextTickMs()) {
      this.nowMs = Math.max(this.nowMs, next)
      effects.push(...this.step({ kind: 'tick' }))
    }
    this.nowMs = endMs
    return effects
  }

  updates(taskId: string): StatusUpdate[] {
    return this.received.filter(
      (message): message is StatusUpdate => message.kind === 'statusUpdate' && message.taskId === taskId,
    )
  }

  lastUpdate(taskId: string): StatusUpdate | undefined {
    return this.updates(taskId).at(-1)
  }

  states(taskId: string): unknown[] {
    return this.updates(taskId).map((update) => update.status.state)
  }

  /** What a new life of the agent would find on disk. */
  checkpoint(): AgentCheckpoint {
    return {
      uid: agentConfig.uid,
      agentId: this.stored.agentId,
      frameworks: [...this.stored.frameworks].map(([id, info]) => ({ frameworkId: id as FrameworkId, info })),
      runs: [...this.stored.runs.values()],
      reserved: this.stored.reserved,
      operations: [...this.stored.operations.values()],
    }
  }

  #observe(effect: AgentEffect): void {
    this.effects.push(effect)
    if (effect.kind === 'send') {
      const received = this.#channel?.receive(effect.frame, this.nowMs)
      this.received.push(...(received?.deliver ?? []))
      for (const frame of received?.send ?? []) this.step({ kind: 'frame', frame })
    } else if (effect.kind === 'persist') {
      const { op } = effect
      if (op.op === 'setAgentId') this.stored.agentId = op.agentId
      else if (op.op === 'putFramework') this.stored.frameworks.set(op.frameworkId, op.info)
      else if (op.op === 'removeFramework') this.stored.frameworks.delete(op.frameworkId)
      else if (op.op === 'putRun') this.stored.runs.set(op.run.containerId, op.run)
      else if (op.op === 'removeRun') this.stored.runs.delete(op.containerId)
      else if (op.op === 'putOperation') {
        this.stored.reserved = op.reserved ?? this.stored.reserved
        this.stored.operations.set(op.operation.operationUuid, op.operation)
      } else this.stored.operations.delete(op.operationUuid)
    }
  }
}

function sent(effects: readonly AgentEffect[]): UpFrame[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [effect.frame] : []))
}
