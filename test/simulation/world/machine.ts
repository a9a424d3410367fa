// One machine of the rack: its processes, its disk, and the agent on it: a production core in a process that may die
// and come back while the tasks go on. A reboot ends the tasks; a machine that is destroyed never returns; one that is
// set up afresh comes back as another agent.

import type { AgentCore } from '../../../src/agent/core/core.ts'
import type { AgentConfig, AgentEffect, AgentInput, AgentView } from '../../../src/agent/core/types.ts'
import { toJsonValue } from '../../../src/mesos/json.ts'
import { toMessages } from '../../../src/mesos/resources.ts'
import type { Hardware } from '../../../src/model/hardware.ts'
import type { Condition } from '../../../src/model/health.ts'
import type { AgentUid } from '../../../src/model/ids.ts'
import { uuidText } from '../../../src/model/random.ts'
import { type Resources, resource, resources, scalar } from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'
import { operationCapabilities } from '../../support/operations.ts'
import { chance, type MachinePlan, type Rng } from '../engine/plan.ts'
import { Process } from '../engine/process.ts'
import { AgentStore } from './agent-store.ts'
import { LinkClient } from './broker.ts'
import { Containers } from './containers.ts'
import { drawCondition, hardwareOf, mountRoot } from './hardware.ts'
import { Volumes } from './volumes.ts'
import type { World } from './world.ts'

const restartMs = 5_000
const mounted = { type: 'MOUNT', root: mountRoot } as const

export class Machine {
  readonly name: string
  readonly plan: MachinePlan
  readonly containers: Containers
  readonly volumes: Volumes
  readonly gpuUuids: readonly string[]
  readonly #world: World
  readonly #random: Rng
  readonly #partsRandom: Rng
  #store: AgentStore
  #process: Process<AgentInput, AgentEffect> | null = null
  #link: LinkClient | null = null
  #core: AgentCore | null = null
  #lives = 0
  #isDestroyed = false
  #cpusOffline = 0
  #conditions: readonly Condition[] = []
  /** Directions in which nothing gets through. */
  readonly cut = { up: false, down: false }

  constructor(world: World, index: number, plan: MachinePlan, random: Rng) {
    this.#world = world
    this.#random = random
    this.#partsRandom = random.fork(3)
    this.plan = plan
    this.name = `machine${index}`
    this.containers = new Containers(world, this.name, random.fork(1))
    this.volumes = new Volumes(world, this.name, plan.disks.failsPermille, random.fork(2))
    this.gpuUuids = Array.from({ length: plan.gpus }, (_, i) => `GPU-${index}-${i}`)
    this.#store = new AgentStore(this.#newUid())
  }

  get uid(): AgentUid {
    return this.#store.uid
  }

  get store(): AgentStore {
    return this.#store
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed
  }

  /** Null while no agent runs. */
  get view(): AgentView | null {
    return this.#core?.view ?? null
  }

  get total(): Resources {
    const { cpus, memMb, gpus, ports, disks } = this.plan
    const online = cpus - this.#cpusOffline
    return resources([
      ...(online === 0 ? [] : [scalar('cpus', milli(online * 1000))]),
      scalar('mem', milli(memMb * 1000)),
      ...(disks.diskMb === 0 ? [] : [scalar('disk', milli(disks.diskMb * 1000))]),
      ...(disks.mountMb === 0 ? [] : [scalar('disk', milli(disks.mountMb * 1000), { disk: { source: mounted } })]),
      ...(gpus === 0 ? [] : [scalar('gpus', milli(gpus * 1000))]),
      ...(ports === 0
        ? []
        : [resource({ name: 'ports' }, { kind: 'ranges', ranges: [{ begin: 31_000, end: 31_000 + ports - 1 }] })]),
    ])
  }

  get hardware(): Hardware {
    return hardwareOf(this.plan.parts.shape, this.gpuUuids, this.#cpusOffline)
  }

  /** Starts the agent's process, if the machine is there and has none. */
  startAgent(): void {
    if (this.#isDestroyed || this.#process !== null) return
    const random = this.#random.fork(100 + this.#lives++)
    const core = this.#world.makeAgentCore(this.#config(), this.#store.checkpoint(), random)
    this.#core = core
    this.#world.note(this.name, 'agent starts')
    const process = new Process<AgentInput, AgentEffect>({
      machine: core,
      queue: this.#world.queue,
      clock: this.#world.newClock(random),
      tick: { kind: 'tick' },
      random,
      perform: (effect) => this.#perform(effect),
      afterStep: () => this.#world.observe({ kind: 'agentStepped', machine: this.name }),
      onDeath: () => this.#died(),
    })
    this.#process = process
    const submit = (input: AgentInput) => {
      this.#world.note(this.name, `<- ${describeInput(input)}`)
      process.submit(input)
    }
    this.containers.events = {
      started: (containerId, pid) => submit({ kind: 'containerStarted', containerId, pid }),
      failed: (containerId, fault) => submit({ kind: 'containerFailed', containerId, fault }),
      exited: (containerId, exit) => submit({ kind: 'containerExited', containerId, exit }),
    }
    this.#link = new LinkClient(this.#world, random, {
      uid: this.uid,
      name: this.name,
      isCut: (direction) => this.cut[direction],
      up: (session) => submit({ kind: 'linkUp', session }),
      down: () => submit({ kind: 'linkDown' }),
      frame: (frame) => submit({ kind: 'frame', frame }),
    })
    this.#world.observe({ kind: 'agentStarted', machine: this.name, store: this.#store, view: core.view })
    // It looks before it says anything.
    if (this.#conditions.length > 0) submit({ kind: 'healthChanged', conditions: this.#conditions })
    this.#measureLater(process)
    submit({ kind: 'recovered', runs: this.#store.containerIds.map((id) => this.containers.recover(id)) })
  }

  crashAgent(when: 'now' | 'midStep'): void {
    this.#process?.crash(when)
  }

  /** The operator ends the agent and its tasks in order. */
  stopAgent(): void {
    if (this.#process === null) return
    this.#world.note(this.name, 'is stopped')
    this.#world.observe({ kind: 'machineStopped', machine: this.name })
    this.#process.submit({ kind: 'shutdown' })
  }

  /** Some of its CPUs are switched off (and the others on): the agent that watches it says so. */
  switchCpus(offline: number): void {
    this.#cpusOffline = offline
    this.#world.note(this.name, `has ${offline} CPUs offline`)
    const { resources: total, attributes, hardware } = this.#config()
    this.#process?.submit({ kind: 'machineChanged', machine: { resources: total, attributes, hardware } })
  }

  /** Something breaks, or is well again; the agent that looks says so. */
  sicken(): void {
    const isWorse = this.#conditions.length === 0 || chance(this.#partsRandom, 500)
    this.#setConditions(
      isWorse
        ? [...this.#conditions, drawCondition(this.#partsRandom, hardwareOf(this.plan.parts.shape, this.gpuUuids, 0))]
        : this.#conditions.slice(1),
    )
  }

  recoverHealth(): void {
    if (this.#conditions.length > 0) this.#setConditions([])
  }

  #setConditions(conditions: readonly Condition[]): void {
    this.#conditions = conditions
    this.#world.note(this.name, `has ${conditions.map(({ code, part }) => `${code} ${part.name}`).join(', ')}`)
    this.#process?.submit({ kind: 'healthChanged', conditions })
  }

  freezeAgent(durationMs: number): void {
    this.#process?.freeze(durationMs)
  }

  breakLink(): void {
    this.#link?.break()
  }

  reboot(): void {
    this.#process?.crash('now')
    this.#world.note(this.name, 'loses power')
    this.containers.endAll('the machine was restarted')
  }

  /** Set up again with an empty disk: another agent as far as anybody can tell. */
  replace(): void {
    this.reboot()
    this.#world.observe({ kind: 'machineLost', machine: this.name, uid: this.uid })
    this.volumes.wipe()
    this.#store = new AgentStore(this.#newUid())
  }

  destroy(): void {
    this.reboot()
    this.#isDestroyed = true
    this.#world.observe({ kind: 'machineLost', machine: this.name, uid: this.uid })
  }

  #measureLater(process: Process<AgentInput, AgentEffect>): void {
    const { measuresEveryMs } = this.plan.parts
    if (measuresEveryMs === null) return
    this.#world.queue.after(measuresEveryMs, () => {
      if (process !== this.#process || process.isDead) return
      process.submit({ kind: 'usage', cpuUsageUsec: this.containers.measure(this.#partsRandom) })
      this.#measureLater(process)
    })
  }

  #died(): void {
    this.#world.note(this.name, 'agent dies')
    this.#process = null
    this.#core = null
    this.containers.events = null
    this.#link?.close()
    this.#link = null
  }

  #perform(effect: AgentEffect): void {
    const { observe } = this.#world
    switch (effect.kind) {
      case 'persist':
        this.#store.apply(effect.op)
        observe({ kind: 'agentPersisted', machine: this.name, op: effect.op })
        return
      case 'send':
        observe({ kind: 'agentSent', machine: this.name, frame: effect.frame, store: this.#store })
        this.#link?.send(effect.frame)
        return
      case 'start':
        observe({ kind: 'agentActed', machine: this.name, effect, store: this.#store })
        return this.containers.start(effect.spec)
      case 'changeVolumes':
        return this.#changeVolumes(effect)
      case 'confine':
        return this.containers.confine(effect.containerId, effect.confinement)
      case 'signal':
        return this.containers.signal(effect.containerId, effect.signal)
      case 'remove':
        observe({ kind: 'agentActed', machine: this.name, effect, store: this.#store })
        return this.containers.remove(effect.containerId)
      case 'relink':
        this.#world.note(this.name, 'relinks')
        return this.#link?.relink(effect.withinMs)
      case 'exit':
        this.#world.note(this.name, `is dismissed: ${effect.message}`)
        this.#process?.crash('now')
        // An operator has given this agent up: the machine is set up as another.
        if (this.#world.master.registry.snapshot().gone.some(({ uid }) => uid === this.uid)) this.replace()
        // Whoever stopped it starts it again some time.
        this.#world.queue.after(restartMs, () => this.startAgent())
        return
      case 'statusChanged':
      case 'log':
        return
    }
  }

  #changeVolumes(effect: Extract<AgentEffect, { kind: 'changeVolumes' }>): void {
    const process = this.#process
    if (process === null) return
    const isAlive = () => process === this.#process && !process.isDead
    this.volumes.change(effect, isAlive, (changed) => {
      this.#world.note(this.name, `<- ${changed.kind} ${changed.operationUuid.slice(0, 8)} ${changed.failed.length}`)
      process.submit(changed)
    })
  }

  #config(): AgentConfig {
    const { rack } = this.plan.parts
    return {
      uid: this.uid,
      version: '0.0.0',
      hostname: this.name,
      domain: null,
      http: { host: '127.0.0.1', port: 5051 },
      resources: toMessages(this.total, 'post').map((item) => toJsonValue('mesos.v1.Resource', item)),
      attributes: rack === null ? [] : [{ name: 'rack', type: 'TEXT', text: { value: rack } }],
      capabilities: operationCapabilities,
      ip: '127.0.0.1',
      switchesUser: false,
      hardware: this.hardware,
    }
  }

  #newUid(): AgentUid {
    return uuidText(this.#random.bytes16()) as AgentUid
  }
}

function describeInput(input: AgentInput): string {
  switch (input.kind) {
    case 'frame': {
      const { seq, ack, message } = input.frame
      const task = message !== null && 'taskId' in message ? ` ${message.taskId}` : ''
      return `${message?.kind ?? 'ack'}${task} #${seq} ack ${ack}`
    }
    case 'recovered':
      return `recovered ${input.runs.map(({ state }) => state.kind).join(' ')}`
    case 'containerStarted':
    case 'containerFailed':
    case 'containerExited':
      return `${input.kind} ${input.containerId.slice(0, 8)}`
    default:
      return input.kind
  }
}
