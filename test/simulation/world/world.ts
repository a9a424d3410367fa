// The whole simulated rack: machines, master, frameworks, the network between them, and the facts that checkers see.
// It wires and keeps time; what goes wrong is decided in faults.ts.

import { createAgentCore } from '../../../src/agent/core/core.ts'
import { createCluster } from '../../../src/master/cluster/cluster.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { drawPlan, type NetworkPlan, type Plan, type Rng } from '../engine/plan.ts'
import { Clock } from '../engine/process.ts'
import { EventQueue } from '../engine/queue.ts'
import type { Trace } from '../engine/trace.ts'
import type { Fact, Observer } from './facts.ts'
import type { Attempt } from './goals.ts'
import { Machine } from './machine.ts'
import { MasterHost } from './master-host.ts'
import { Operator } from './operator.ts'
import { Scheduler } from './scheduler.ts'

/** What is simulated around, so that a planted bug can take its place. */
export type Parts = { readonly createAgentCore: typeof createAgentCore; readonly createCluster: typeof createCluster }

export const productionParts: Parts = { createAgentCore, createCluster }

/** A wall clock's beginning: any large number of milliseconds. */
const startMs = 1_700_000_000_000

/** Labels of the branches of the RNG tree. */
const branch = { plan: 1, master: 2, machines: 3, schedulers: 4, faults: 5, operator: 6 }

type Work = { readonly runMs: number; readonly exitCode: number; readonly ports: readonly number[] }

export class World {
  readonly queue = new EventQueue()
  readonly plan: Plan
  readonly trace: Trace
  readonly machines: readonly Machine[]
  readonly master: MasterHost
  readonly schedulers: readonly Scheduler[]
  readonly operator: Operator
  readonly faultsRandom: Rng
  readonly observe: Observer
  readonly makeAgentCore: Parts['createAgentCore']
  readonly makeCluster: Parts['createCluster']
  readonly #work = new Map<string, Work>()
  #isHealed = false

  constructor(options: {
    readonly seed: number
    readonly parts: Parts
    readonly trace: Trace
    readonly observersOf: (world: World) => readonly Observer[]
  }) {
    const root = seededRandom(options.seed)
    this.trace = options.trace
    this.plan = drawPlan(root.fork(branch.plan))
    this.makeAgentCore = options.parts.createAgentCore
    this.makeCluster = options.parts.createCluster
    this.faultsRandom = subtree(root, branch.faults)
    this.machines = this.plan.machines.map((plan, i) => new Machine(this, i, plan, subtree(root, branch.machines, i)))
    this.master = new MasterHost(this, subtree(root, branch.master))
    this.schedulers = this.plan.frameworks.map(
      (plan, i) => new Scheduler(this, i, plan, subtree(root, branch.schedulers, i)),
    )
    this.operator = new Operator(this, subtree(root, branch.operator))
    const observers = options.observersOf(this)
    this.observe = (fact: Fact) => {
      for (const observer of observers) observer(fact)
    }
  }

  /** Starts everything. */
  start(): void {
    this.master.start()
    for (const machine of this.machines) machine.startAgent()
    for (const scheduler of this.schedulers) scheduler.start()
    this.operator.start()
  }

  get isHealed(): boolean {
    return this.#isHealed
  }

  /** The network as it is now: after healing, quick and without loss. */
  get network(): NetworkPlan {
    return this.#isHealed ? { ...this.plan.network, ...calm } : this.plan.network
  }

  /** No fault happens any more, and everything that can come back has been started. */
  heal(): void {
    this.#isHealed = true
    this.note('world', 'heals')
    for (const machine of this.machines) {
      machine.cut.up = false
      machine.cut.down = false
    }
    this.master.start()
    for (const machine of this.machines) {
      machine.recoverHealth()
      machine.startAgent()
    }
    for (const scheduler of this.schedulers) scheduler.heal()
    this.operator.heal()
    this.observe({ kind: 'healed' })
  }

  newClock(random: Rng): Clock {
    const { clockSkewMaxMs, clockDriftMaxPpm } = this.plan.faults
    return new Clock({
      offsetMs: startMs + random.below(2 * clockSkewMaxMs + 1) - clockSkewMaxMs,
      driftPpm: random.below(2 * clockDriftMaxPpm + 1) - clockDriftMaxPpm,
    })
  }

  taskAccepted(frameworkId: string, { taskId, goal }: Attempt, ports: readonly number[]): void {
    this.#work.set(`${frameworkId}/${taskId}`, { runMs: goal.plan.runMs, exitCode: goal.plan.exitCode, ports })
    this.observe({ kind: 'taskAccepted', frameworkId, taskId })
  }

  /** What the command of a task does once it runs. */
  workOf(frameworkId: string, taskId: string): Work {
    return this.#work.get(`${frameworkId}/${taskId}`) ?? { runMs: 0, exitCode: 0, ports: [] }
  }

  note(who: string, what: string): void {
    this.trace.add(this.queue.nowMs, who, what)
  }
}

const calm = {
  delay: { minMs: 1, maxMs: 20 },
  lossPermille: 0,
  duplicatePermille: 0,
  stalePermille: 0,
  reorders: false,
  detection: { minMs: 0, maxMs: 1_000 },
}

/** A stream of its own for each node, so that what one draws does not change what another gets. */
function subtree(root: Rng, ...labels: readonly number[]): Rng {
  return labels.reduce<Rng>((rng, label) => rng.fork(label), root)
}
