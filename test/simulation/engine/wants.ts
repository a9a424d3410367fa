// What frameworks and the operator do beyond running tasks, as a seed draws it: operations on resources, weights, quota,
// agents taken out and brought back. Most seeds have a part of it, so that each part is also alone with the faults.

import { chance, type Draws, oneOf, type Range } from './draws.ts'

/** A framework that reserves and makes volumes. */
export type KeepingPlan = {
  /** Of a thousand answers to offers, those that carry operations; and of operations, those with an id. */
  readonly operatesPermille: number
  readonly namesPermille: number
  readonly ackMs: Range
  readonly forgetsAckPermille: number
  /** It speaks the format of refined reservations, and shares volumes. */
  readonly refines: boolean
  readonly shares: boolean
  /** Of a thousand tasks and volumes that they were offered with, those that use it. */
  readonly attachesPermille: number
  /** After the faults it destroys and unreserves what it is offered. */
  readonly cleansUp: boolean
}

/** Mean times between what the operator does; null for never. */
export type OperatorPlan = {
  readonly operateEveryMs: number | null
  readonly weighEveryMs: number | null
  readonly quotaEveryMs: number | null
  readonly activityEveryMs: number | null
  readonly whitelistEveryMs: number | null
  readonly killEveryMs: number | null
  readonly watchEveryMs: number | null
  readonly cleansUp: boolean
}

export type DiskPlan = {
  /** Of the machine's own disk, and of a second one that is only given whole. */
  readonly diskMb: number
  readonly mountMb: number
  /** Of a thousand volumes that are made or removed, those that the disk fails at. */
  readonly failsPermille: number
}

/** Of all seeds, those without any of this. */
const plainPermille = 250

export function drawsWants(rng: Draws): boolean {
  return !chance(rng, plainPermille)
}

export function drawKeeping(rng: Draws): KeepingPlan | null {
  if (!chance(rng, 500)) return null
  return {
    operatesPermille: oneOf(rng, [100, 400, 800]),
    namesPermille: oneOf(rng, [0, 500, 1_000]),
    ackMs: { minMs: 0, maxMs: oneOf(rng, [0, 100, 3_000, 20_000]) },
    forgetsAckPermille: oneOf(rng, [0, 0, 300]),
    refines: chance(rng, 600),
    shares: chance(rng, 500),
    attachesPermille: oneOf(rng, [0, 300, 800]),
    cleansUp: chance(rng, 500),
  }
}

export function drawOperator(rng: Draws): OperatorPlan {
  const sometimes = (means: readonly number[]) => (chance(rng, 400) ? oneOf(rng, means) : null)
  return {
    operateEveryMs: sometimes([3_000, 15_000]),
    weighEveryMs: sometimes([10_000, 40_000]),
    quotaEveryMs: sometimes([5_000, 20_000]),
    activityEveryMs: sometimes([10_000, 40_000]),
    whitelistEveryMs: sometimes([20_000, 60_000]),
    killEveryMs: sometimes([10_000, 40_000]),
    watchEveryMs: sometimes([10_000, 30_000]),
    cleansUp: chance(rng, 500),
  }
}

export function drawDisks(rng: Draws): DiskPlan {
  return {
    diskMb: oneOf(rng, [0, 100, 1_000]),
    mountMb: oneOf(rng, [0, 0, 500]),
    failsPermille: oneOf(rng, [0, 0, 200]),
  }
}

export const noOperator: OperatorPlan = {
  operateEveryMs: null,
  weighEveryMs: null,
  quotaEveryMs: null,
  activityEveryMs: null,
  whitelistEveryMs: null,
  killEveryMs: null,
  watchEveryMs: null,
  cleansUp: false,
}

export const noDisks: DiskPlan = { diskMb: 0, mountMb: 0, failsPermille: 0 }
