// How much of the CPUs that tasks hold they leave idle, so that it can be offered a second time as revocable, and which
// revocable tasks must go when the holders want it back. Measured, not guessed: a container counts with the most that it
// used lately, with a margin, and with all that it holds until it was looked at often enough. Only CPUs: memory that was
// given away cannot be taken back without harm. It does not know clocks, cgroups, tasks or offers.
//
// Mesos has this as two modules, ResourceEstimator and QoSController; here one look gives both answers.

import type { ContainerId } from '../../model/ids.ts'

/** Looks whose highest counts, and without which nothing counts as idle. */
export const looksMin = 4
/** A look in which revocable tasks have more than is idle may be a moment; two in a row are not. */
export const shortLooksMin = 2
/** What is used is taken for this much more. */
const marginRatio = 1.25
/** Estimates are told in whole steps of this, so that noise does not withdraw offers. */
export const stepMilli = 500

/** One container that runs, oldest first in every list of them. */
export type Observed = {
  readonly containerId: ContainerId
  /** What it holds, in thousandths of a CPU. */
  readonly cpusMilli: number
  readonly isRevocable: boolean
  /** Its CPUs are its alone: what it leaves idle nobody else can use. */
  readonly isExclusive: boolean
  /** Time on CPUs since its start, in microseconds; null: it could not be measured. */
  readonly cpuUsageUsec: number | null
}

export type Estimate = {
  /** What may be offered as revocable in all, held or not. */
  readonly spareMilli: number
  /** Revocable containers that must go, the youngest first. */
  readonly preempted: readonly ContainerId[]
}

type Track = { usageUsec: number; rates: number[] }

export class Estimator {
  readonly #tracks = new Map<ContainerId, Track>()
  #lookedMs: number | null = null
  #shortLooks = 0

  /** `nowMs` must not go back; `containers` are all that run. */
  look(containers: readonly Observed[], nowMs: number): Estimate {
    const elapsedMs = this.#lookedMs === null ? 0 : nowMs - this.#lookedMs
    this.#lookedMs = nowMs
    this.#measure(containers, elapsedMs)
    const holders = containers.filter((one) => !one.isRevocable && !one.isExclusive)
    const sum = (idleOf: (one: Observed) => number) => holders.reduce((total, one) => total + idleOf(one), 0)
    const spareMilli = Math.floor(sum((one) => this.#idleMilli(one)) / stepMilli) * stepMilli
    return {
      spareMilli,
      preempted: this.#preempted(
        containers,
        sum((one) => this.#idleNowMilli(one)),
      ),
    }
  }

  #measure(containers: readonly Observed[], elapsedMs: number): void {
    const live = new Set(containers.map(({ containerId }) => containerId))
    for (const id of this.#tracks.keys()) if (!live.has(id)) this.#tracks.delete(id)
    for (const { containerId, cpuUsageUsec } of containers) {
      const track = this.#tracks.get(containerId)
      if (cpuUsageUsec === null) this.#tracks.delete(containerId)
      else if (track === undefined) this.#tracks.set(containerId, { usageUsec: cpuUsageUsec, rates: [] })
      else {
        // Without cgroups the count falls when a process ends: that look says nothing.
        if (elapsedMs > 0 && cpuUsageUsec >= track.usageUsec) {
          track.rates = [...track.rates, (cpuUsageUsec - track.usageUsec) / elapsedMs].slice(-looksMin)
        }
        track.usageUsec = cpuUsageUsec
      }
    }
  }

  /** Microseconds a millisecond are thousandths of a CPU. */
  #idleMilli({ containerId, cpusMilli }: Observed): number {
    const rates = this.#tracks.get(containerId)?.rates ?? []
    return rates.length < looksMin ? 0 : Math.max(0, cpusMilli - Math.ceil(Math.max(...rates) * marginRatio))
  }

  #idleNowMilli({ containerId, cpusMilli }: Observed): number {
    const rate = this.#tracks.get(containerId)?.rates.at(-1)
    return rate === undefined ? 0 : Math.max(0, cpusMilli - Math.ceil(rate))
  }

  #preempted(containers: readonly Observed[], idleMilli: number): readonly ContainerId[] {
    const revocable = containers.filter(({ isRevocable }) => isRevocable)
    let excess = revocable.reduce((sum, { cpusMilli }) => sum + cpusMilli, 0) - idleMilli
    this.#shortLooks = excess > 0 ? this.#shortLooks + 1 : 0
    if (this.#shortLooks < shortLooksMin) return []
    const preempted: ContainerId[] = []
    for (const { containerId, cpusMilli } of [...revocable].reverse()) {
      if (excess <= 0) break
      preempted.push(containerId)
      excess -= cpusMilli
    }
    return preempted
  }
}
