// The processes of one machine, as they really are: they start late or not at all, run, end by themselves or by
// signals, and outlive the agent's process but not the machine. They do not know what the agent believes.

import type { Confinement, ContainerExit, ContainerSpec, RecoveredRun } from '../../../src/agent/core/types.ts'
import type { ContainerId } from '../../../src/model/ids.ts'
import { type Fault, fault } from '../../../src/model/result.ts'
import { chance, type Draws, inRange, oneOf } from '../engine/plan.ts'
import type { Usage } from './facts.ts'
import type { World } from './world.ts'

export type ContainerEvents = {
  started(containerId: ContainerId, pid: number): void
  failed(containerId: ContainerId, fault: Fault): void
  exited(containerId: ContainerId, exit: ContainerExit): void
}

type Container = {
  readonly spec: ContainerSpec
  /** Where it is kept now. */
  confinement: Confinement
  readonly pid: number
  state: 'starting' | 'running' | 'exited' | 'failed'
  exit: ContainerExit | null
  ignoresTerm: boolean
  /** What it has used of CPUs since its start, when that was seen, and how busy it is, in thousandths of what it holds. */
  readonly usage: { usec: number; atMs: number; busyPermille: number }
}

export class Containers {
  readonly #world: World
  readonly #machine: string
  readonly #random: Draws
  readonly #all = new Map<ContainerId, Container>()
  #pids = 1000
  /** The agent process that listens, if any. */
  events: ContainerEvents | null = null

  constructor(world: World, machine: string, random: Draws) {
    this.#world = world
    this.#machine = machine
    this.#random = random
  }

  /** Containers whose processes exist. */
  get aliveCount(): number {
    return [...this.#all.values()].filter(({ state }) => state === 'running').length
  }

  get alive(): readonly ContainerSpec[] {
    return [...this.#all.values()].filter(({ state }) => state === 'running').map(({ spec }) => spec)
  }

  start(spec: ContainerSpec): void {
    const { container: plan } = this.#world.plan.faults
    const container: Container = {
      spec,
      confinement: spec.confinement,
      pid: this.#pids++,
      state: 'starting',
      exit: null,
      usage: { usec: 0, atMs: 0, busyPermille: 0 },
      ignoresTerm: chance(this.#random, plan.ignoresTermPermille),
    }
    this.#all.set(spec.containerId, container)
    const fails = chance(this.#random, plan.failsPermille)
    this.#world.queue.after(inRange(this.#random, plan.start), () => {
      if (this.#all.get(spec.containerId) !== container || container.state !== 'starting') return
      if (fails) this.#fail(container)
      else this.#run(container)
    })
  }

  /** As the kernel counts it; tasks are busy by fits and starts. */
  measure(random: Draws): ReadonlyMap<ContainerId, number> {
    const { nowMs } = this.#world.queue
    const measured = new Map<ContainerId, number>()
    for (const { spec, state, usage } of this.#all.values()) {
      if (state !== 'running') continue
      usage.usec += Math.floor(((nowMs - usage.atMs) * spec.limits.cpuMilli * usage.busyPermille) / 1000)
      usage.atMs = nowMs
      if (chance(random, 150)) usage.busyPermille = oneOf(random, [0, 0, 100, 1_000])
      measured.set(spec.containerId, usage.usec)
    }
    return measured
  }

  confine(containerId: ContainerId, confinement: Confinement): void {
    const container = this.#all.get(containerId)
    if (container === undefined) return
    container.confinement = confinement
    if (container.state !== 'running') return
    this.#world.observe({ kind: 'containerConfined', machine: this.#machine, containerId, confinement })
  }

  signal(containerId: ContainerId, signal: 'TERM' | 'KILL'): void {
    const container = this.#all.get(containerId)
    if (container === undefined || (signal === 'TERM' && container.ignoresTerm)) return
    this.#world.queue.after(inRange(this.#random, this.#world.plan.faults.container.end), () => {
      const exit = { status: { kind: 'signaled', signal: signal === 'TERM' ? 15 : 9 }, limitation: null } as const
      if (container.state === 'running') this.#end(container, exit)
    })
  }

  recover(containerId: ContainerId): RecoveredRun {
    const container = this.#all.get(containerId)
    if (container === undefined) return { containerId, state: { kind: 'neverStarted' } }
    switch (container.state) {
      case 'running':
        return { containerId, state: { kind: 'running', pid: container.pid } }
      case 'exited':
        return { containerId, state: { kind: 'exited', exit: container.exit as ContainerExit } }
      // What had not come up yet is called off, and found as never started.
      case 'starting':
      case 'failed':
        this.#all.delete(containerId)
        return { containerId, state: { kind: 'neverStarted' } }
    }
  }

  remove(containerId: ContainerId): void {
    const container = this.#all.get(containerId)
    if (container === undefined) return
    this.#all.delete(containerId)
    if (container.state === 'running') this.#observeEnd(container)
  }

  /** The machine lost power: no process is left, and nobody saw how they ended. */
  endAll(why: string): void {
    for (const container of this.#all.values()) {
      if (container.state === 'running') this.#observeEnd(container)
      if (container.state !== 'starting' && container.state !== 'running') continue
      container.state = 'exited'
      container.exit ??= { status: { kind: 'unknown', why }, limitation: null }
    }
  }

  #run(container: Container): void {
    const { spec, pid } = container
    container.state = 'running'
    container.usage.atMs = this.#world.queue.nowMs
    const work = this.#world.workOf(spec.frameworkId, spec.taskId)
    this.#world.trace.add(
      this.#world.queue.nowMs,
      this.#machine,
      `runs ${spec.taskId} as ${spec.containerId.slice(0, 8)}`,
    )
    this.#world.observe({
      kind: 'containerLaunched',
      machine: this.#machine,
      spec,
      resources: usageOf(spec, work.ports),
      confinement: container.confinement,
    })
    this.events?.started(spec.containerId, pid)
    this.#world.queue.after(work.runMs, () => {
      if (this.#all.get(spec.containerId) !== container || container.state !== 'running') return
      this.#end(container, { status: { kind: 'exited', code: work.exitCode }, limitation: null })
    })
  }

  #fail(container: Container): void {
    container.state = 'failed'
    this.#all.delete(container.spec.containerId)
    this.events?.failed(container.spec.containerId, fault('AGENT_LAUNCH_FAILED', 'the machine is out of processes'))
  }

  #end(container: Container, exit: ContainerExit): void {
    container.state = 'exited'
    container.exit = exit
    this.#observeEnd(container)
    this.events?.exited(container.spec.containerId, exit)
  }

  #observeEnd({ spec }: Container): void {
    this.#world.trace.add(
      this.#world.queue.nowMs,
      this.#machine,
      `ended ${spec.taskId} ${spec.containerId.slice(0, 8)}`,
    )
    this.#world.observe({ kind: 'containerEnded', machine: this.#machine, containerId: spec.containerId })
  }
}

function usageOf(spec: ContainerSpec, ports: readonly number[]): Usage {
  return {
    // What runs on idle CPUs has none of its own.
    cpusMilli: spec.limits.isLowPriority ? 0 : spec.limits.cpuMilli,
    memMilli: Math.round(((spec.limits.memoryBytes ?? 0) / 1024 / 1024) * 1000),
    gpuUuids: spec.grant.gpuUuids,
    ports,
  }
}
