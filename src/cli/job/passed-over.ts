// Machines that could not grant what a job wishes for, and for how long their offers are not worth another try. Pure; it
// does not know what was wished for, nor how offers are declined.

import type { Offer } from '../../mesos/types.ts'
import { milliFromNumber } from '../../model/units.ts'

/** A machine that never can is tried again all the same: it may be repaired, or get other hardware. */
const neverMs = 600_000
/** One that cannot now is tried again earlier when it offers more. */
const takenMs = 60_000

/** Reasons that are worth a line each; a large cluster may have very many. */
export const newsMax = 10

type Refusal = {
  readonly isForEver: boolean
  readonly untilMs: number
  /** Amounts by name of the first offer after the refusal; null until there is one. */
  offered: ReadonlyMap<string, number> | null
}

export class PassedOver {
  readonly #machines = new Map<string, Refusal>()
  readonly #told = new Set<string>()
  #lastWhy = ''

  /** The machine refused a task. @returns whether the reason is a new one, worth a line */
  add(agentId: string, refusal: { readonly isForEver: boolean; readonly why: string }, nowMs: number): boolean {
    const { isForEver, why } = refusal
    this.#machines.set(agentId, { isForEver, untilMs: nowMs + (isForEver ? neverMs : takenMs), offered: null })
    this.#lastWhy = why
    if (this.#told.has(why) || this.#told.size >= newsMax) return false
    this.#told.add(why)
    return true
  }

  /** A task of the job ended there: what was taken may be free now. */
  freed(agentId: string): void {
    if (this.#machines.get(agentId)?.isForEver === false) this.#machines.delete(agentId)
  }

  /** For how many seconds, from now on, an offer like this is not worth a try; 0: it is now. */
  secondsFor({ agent_id, resources = [] }: Offer, nowMs: number): number {
    const refusal = this.#machines.get(agent_id.value)
    if (refusal === undefined) return 0
    const offered = new Map<string, number>()
    for (const { name, scalar } of resources) {
      offered.set(name, (offered.get(name) ?? 0) + milliFromNumber(scalar?.value ?? 0))
    }
    refusal.offered ??= offered
    const { offered: before } = refusal
    const hasMore = [...offered].some(([name, milli]) => milli > (before.get(name) ?? 0))
    if (nowMs < refusal.untilMs && (refusal.isForEver || !hasMore)) return Math.ceil((refusal.untilMs - nowMs) / 1000)
    this.#machines.delete(agent_id.value)
    return 0
  }

  /** Why the job still waits although machines were offered; null when none was passed over. */
  get reason(): string | null {
    const count = this.#machines.size
    if (count === 0) return null
    return count === 1
      ? `the machine offered cannot: ${this.#lastWhy}`
      : `${count} machines offered cannot: ${this.#lastWhy}`
  }
}
