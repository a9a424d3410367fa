// What frameworks and the operator do beyond running tasks, as a seed draws it: operations on resources, weights, quota,
// agents taken out and brought back. Most seeds have a part of it, so that each part is also alone with the faults.

import { between, chance, type Draws, oneOf, type Range } from './draws.ts'

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
  readonly drainEveryMs: number | null
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

/** One node; two nodes with two threads a core; two nodes with eight linked GPUs. */
export type Shape = 'one' | 'two' | 'eight'

export type PartsPlan = {
  /** Null: nothing is known of the machine but its GPUs. */
  readonly shape: Shape | null
  readonly rack: string | null
  /** Mean time between changes of what is wrong with it, or null. */
  readonly sickensEveryMs: number | null
  /** How often it looks what its tasks leave idle, or null. */
  readonly measuresEveryMs: number | null
}

export const noParts: PartsPlan = { shape: null, rack: null, sickensEveryMs: null, measuresEveryMs: null }

/** A framework that asks for several machines at once. */
export type GangPlan = {
  readonly count: number
  readonly racks: 'ANY' | 'SAME' | 'SPREAD'
  readonly holdMs: number
  readonly everyMs: number
  readonly cpusMilli: number
  readonly memMb: number
  /** Asks that are taken back or asked anew before they are answered. */
  readonly cancelsPermille: number
}

/** What a task wishes for by labels. */
export type WishPlan = Readonly<Record<string, string>>

/** Of all seeds, those without any of this. */
const plainPermille = 250

export function drawsWants(rng: Draws): boolean {
  return !chance(rng, plainPermille)
}

export function drawKeeping(rng: Draws): KeepingPlan | null {
  if (!chance(rng, 500)) return null
  return {
    operatesPermille: oneOf(rng, [200, 600, 900]),
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
    drainEveryMs: sometimes([10_000, 40_000]),
  }
}

export function drawDisks(rng: Draws): DiskPlan {
  return {
    diskMb: oneOf(rng, [0, 200, 1_000, 1_000]),
    mountMb: oneOf(rng, [0, 0, 500]),
    failsPermille: oneOf(rng, [0, 200, 400]),
  }
}

export function drawParts(rng: Draws): PartsPlan {
  return {
    shape: chance(rng, 500) ? oneOf(rng, ['one', 'two', 'two', 'eight'] as const) : null,
    rack: oneOf(rng, [null, 'r0', 'r0', 'r1']),
    sickensEveryMs: chance(rng, 400) ? oneOf(rng, [5_000, 20_000]) : null,
    measuresEveryMs: chance(rng, 300) ? oneOf(rng, [500, 2_000]) : null,
  }
}

export function drawGang(rng: Draws): GangPlan | null {
  if (!chance(rng, 350)) return null
  return {
    count: between(rng, 1, 3),
    racks: oneOf(rng, ['ANY', 'SAME', 'SPREAD'] as const),
    holdMs: oneOf(rng, [0, 2_000, 20_000]),
    everyMs: oneOf(rng, [3_000, 15_000, 40_000]),
    cpusMilli: oneOf(rng, [500, 1_000, 2_000]),
    memMb: oneOf(rng, [32, 128]),
    cancelsPermille: oneOf(rng, [0, 300]),
  }
}

export function drawWish(rng: Draws): WishPlan | null {
  if (!chance(rng, 500)) return null
  return oneOf<WishPlan>(rng, [
    { 'tepui.cpus': 'cores' },
    { 'tepui.cpus': 'threads' },
    { 'tepui.cpus': 'threads', 'tepui.numa': 'single' },
    { 'tepui.numa': 'single' },
    { 'tepui.numa': 'preferred' },
    { 'tepui.numa': 'interleave' },
    { 'tepui.numa': '0', 'tepui.near': 'nic' },
    { 'tepui.gpus': 'linked' },
    { 'tepui.nics': '1' },
  ])
}

export const noOperator: OperatorPlan = {
  operateEveryMs: null,
  weighEveryMs: null,
  quotaEveryMs: null,
  activityEveryMs: null,
  drainEveryMs: null,
  whitelistEveryMs: null,
  killEveryMs: null,
  watchEveryMs: null,
  cleansUp: false,
}

export const noDisks: DiskPlan = { diskMb: 0, mountMb: 0, failsPermille: 0 }
