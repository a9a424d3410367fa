// After the faults: demand that fits is met within a bounded number of allocation rounds. Asked again and again, like
// convergence; it needs to remember since when a goal has been waiting for what is there.

import { type Resource, type Resources, scalarTotal } from '../../../src/model/resources.ts'
import { Violation } from '../engine/violation.ts'
import type { Goal } from '../world/goals.ts'
import { type Scheduler, thinkHealedMaxMs } from '../world/scheduler.ts'
import type { World } from '../world/world.ts'

/** Turns that every framework may take before one that waits has had its own. */
const turnsMax = 6

export class Starvation {
  readonly #world: World
  /** Since when a goal waits, and how often it had been refused by then: a wish that cannot be had is given up at last. */
  readonly #since = new Map<string, { readonly ms: number; readonly errors: number }>()
  readonly #turnMaxMs: number

  constructor(world: World) {
    this.#world = world
    // A round, the answer, and the filter that every refusal leaves.
    this.#turnMaxMs = world.plan.timers.allocationIntervalMs + thinkHealedMaxMs + 6_000
  }

  look(): void {
    // Quotas keep back what is free; the operator ends them some time after the faults.
    if (this.#world.operator.unsettled !== null || this.#world.master.isWaiting) return this.#since.clear()
    const { nowMs } = this.#world.queue
    const limitMs = turnsMax * this.#world.schedulers.length * this.#turnMaxMs
    for (const scheduler of this.#world.schedulers) {
      const wanted = scheduler.isSubscribed ? scheduler.goals.wanted(nowMs) : []
      for (const goal of scheduler.goals.all) {
        if (!wanted.includes(goal) || !this.#isFree(scheduler, goal)) {
          this.#since.delete(goal.name)
          continue
        }
        const { errors } = goal
        const known = this.#since.get(goal.name)
        const since = known?.errors === errors ? known : { ms: nowMs, errors }
        this.#since.set(goal.name, since)
        const waitedMs = nowMs - since.ms
        if (waitedMs <= limitMs) continue
        throw new Violation('starvation', 'demand that fits is met', { goal: goal.name, waitedMs, limitMs })
      }
    }
  }

  /** Whether some agent has enough that no task uses; offers to others come back. */
  #isFree(scheduler: Scheduler, { plan }: Goal): boolean {
    return [...(this.#world.master.view?.agents() ?? [])].some((agent) => {
      if (!agent.isActive) return false
      const left = (name: string) => {
        const of = (items: Resources) => scalarTotal(items.filter(isUnreserved), name)
        const all = scalarTotal(agent.total, name) - scalarTotal(agent.used, name)
        return Math.min(all, of(agent.total) - of(agent.used))
      }
      const isVisible = scalarTotal(agent.total, 'gpus') === 0 || scheduler.plan.seesGpus
      // Ports are sets, not amounts: only an agent where none is used counts for a goal that needs some.
      const hasPorts =
        agent.total.some(({ name }) => name === 'ports') && !agent.used.some(({ name }) => name === 'ports')
      return (
        isVisible &&
        left('cpus') >= plan.cpusMilli &&
        left('mem') >= plan.memMb * 1000 &&
        left('gpus') >= plan.gpus * 1000 &&
        (plan.ports === 0 || hasPorts)
      )
    })
  }
}

function isUnreserved({ reservations = [], revocable }: Resource): boolean {
  return reservations.length === 0 && revocable !== true
}
