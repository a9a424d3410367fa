// Quota of top-level roles: how much a role may still get, how much of its guarantee it lacks, and how much of the
// cluster must be kept back for all that lack something. Kept up to date by what changes, so that a round asks and sums
// nothing. The rules are those of Mesos (src/master/allocator/mesos/hierarchical.cpp); README.md says them in short.
//
// It does not know frameworks, filters or who is next.

import type { Resources } from '../../model/resources.ts'
import { type Amounts, addAmounts, type NameTable, nameIndex, type Threshold } from './quantities.ts'
import type { AgentState, QuotaRecord, ShareNode } from './records.ts'
import type { ShareTree } from './share-tree.ts'
import type { Quantities, Quota } from './types.ts'
import { ownerOf } from './visibility.ts'

export type Quotas = {
  /** Top-level roles that have one. */
  readonly roles: ReadonlySet<ShareNode>
  /** Roles that may get more than when somebody was last kept from it. */
  readonly loosened: Set<ShareNode>
  /** Agents of which something was kept back for guarantees since all were last opened. */
  readonly heldBack: Set<AgentState>
  set(role: string, quota: Quota | null): void
  /** Holders with thresholds of their own in the role: nobody knows beforehand what is too little for them. */
  setOwnThresholds(top: ShareNode, change: 1 | -1): void
  /** Amounts of a role with quota changed. */
  onConsumption(top: ShareNode, sign: 1 | -1): void
  /** What the agents have that is not revocable, reserved or not. */
  changeSupply(amounts: Amounts, sign: 1 | -1): void
  /** What of it is free and unreserved on agents that are offered to nobody: no guarantee can be met with that. */
  changeIdle(amounts: Amounts, sign: 1 | -1): void
  /** Whether anything at all keeps the role from having everything. */
  needsCut(top: ShareNode, isHeadroomKept: boolean): boolean
  /** What the role's limit leaves; infinite without one. */
  room(top: ShareNode, name: string): number
  /** What the role may get for its own guarantee and beyond that, without touching what others lack. */
  allowance(top: ShareNode, name: string): number
  /** Whether the role's guarantee is not met. */
  lacks(top: ShareNode, name: string): boolean
  /** Whether some role lacks some of its guarantee. */
  isHeadroomNeeded(): boolean
  /** Whether any default minimum is left of what is free there, unreserved, when headroom is kept. */
  leavesMinimum(free: Resources): boolean
  /** Other roles that lack the resource. */
  rolesLacking(name: string, except: ShareNode): readonly string[]
  /** A round begins or goes on: whether more may be offered than when something was held back. */
  isLooser(): boolean
  /** The marks of what was held back are to be forgotten. */
  forgetHeldBack(): void
  /** A round has come to its end, or to a pause: then it may still pass by what is loosened until it goes on. */
  remember(isPause: boolean): void
  consumedOf(node: ShareNode): Amounts
}

export type QuotasParts = {
  readonly names: NameTable
  readonly tree: ShareTree
  readonly defaultThresholds: readonly Threshold[]
}

export function createQuotas({ names, tree, defaultThresholds }: QuotasParts): Quotas {
  const roles = new Set<ShareNode>()
  const loosened = new Set<ShareNode>()
  const heldBack = new Set<AgentState>()
  const supply: Amounts = []
  const required: Amounts = []
  let requiredSum = 0
  /** The least headroom to spare at which something was held back. */
  const spareThen: Amounts = []
  const ownThresholds = new Map<ShareNode, number>()
  let ownThresholdsSum = 0
  let isPaused = false

  /** Free, unreserved, not revocable and not needed for any guarantee. */
  function spare(i: number): number {
    const { allocated, revocable } = tree.root
    return Math.max(0, (supply[i] ?? 0) - (allocated[i] ?? 0) + (revocable[i] ?? 0) - (required[i] ?? 0))
  }

  function consumed({ allocated, revocable }: ShareNode, i: number): number {
    return (allocated[i] ?? 0) - (revocable[i] ?? 0)
  }

  function room(top: ShareNode, i: number): number {
    const limit = top.quota?.limits[i] ?? Number.POSITIVE_INFINITY
    return limit === Number.POSITIVE_INFINITY ? limit : Math.max(0, limit - consumed(top, i))
  }

  function allowance({ quota }: ShareNode, i: number): number {
    return requiredSum === 0 ? Number.POSITIVE_INFINITY : (quota?.unmet[i] ?? 0) + spare(i)
  }

  function setUnmet(quota: QuotaRecord, i: number, amount: number): void {
    const change = amount - (quota.unmet[i] ?? 0)
    if (change === 0) return
    quota.unmet[i] = amount
    quota.unmetSum += change
    required[i] = (required[i] ?? 0) + change
    requiredSum += change
  }

  /** Whether what the limits leave is too little for everybody. */
  function isSpent(top: ShareNode, quota: QuotaRecord): boolean {
    if (quota.limited.length === 0 || defaultThresholds.length === 0 || (ownThresholds.get(top) ?? 0) > 0) return false
    return defaultThresholds.every((threshold) =>
      threshold.some(([name, amount]) => room(top, names.indices.get(name) ?? -1) < amount),
    )
  }

  function recount(top: ShareNode, quota: QuotaRecord): void {
    for (const i of quota.guaranteed) {
      setUnmet(quota, i, Math.max(0, (quota.guarantees[i] as number) - consumed(top, i)))
    }
    const isNowSpent = isSpent(top, quota)
    if (isNowSpent) quota.isBinding = true
    tree.setSpent(top, isNowSpent)
  }

  function loosen(top: ShareNode, quota: QuotaRecord): void {
    const mayBeKept = quota.isBinding || (heldBack.size > 0 && quota.guaranteed.length > 0)
    if (mayBeKept || isPaused) loosened.add(top)
  }

  return {
    roles,
    loosened,
    heldBack,
    set(role, quota) {
      const top = tree.roleNode(role)
      const old = top.quota
      if (old !== null) {
        for (const i of old.guaranteed) setUnmet(old, i, 0)
        loosen(top, old)
      }
      const isNone = quota === null || isEmpty(quota)
      top.quota = isNone ? null : newQuota(names, quota)
      if (top.quota === null) {
        roles.delete(top)
        tree.setSpent(top, false)
        tree.prune(top)
        return
      }
      roles.add(top)
      // Nobody knows yet whether the new one keeps something from somebody where the old one did.
      top.quota.isBinding = old?.isBinding ?? false
      recount(top, top.quota)
      loosen(top, top.quota)
    },
    setOwnThresholds(top, change) {
      ownThresholdsSum += change
      const sum = (ownThresholds.get(top) ?? 0) + change
      if (sum > 0) ownThresholds.set(top, sum)
      else ownThresholds.delete(top)
      if (top.quota !== null) recount(top, top.quota)
    },
    onConsumption(top, sign) {
      const quota = top.quota as QuotaRecord
      recount(top, quota)
      if (sign < 0) loosen(top, quota)
    },
    changeSupply: (amounts, sign) => addAmounts(supply, amounts, sign),
    changeIdle: (amounts, sign) => addAmounts(supply, amounts, sign === 1 ? -1 : 1),
    needsCut: (top, isHeadroomKept) => top.quota !== null || (requiredSum > 0 && isHeadroomKept),
    room: (top, name) => room(top, names.indices.get(name) ?? -1),
    allowance: (top, name) => allowance(top, names.indices.get(name) ?? -1),
    lacks: (top, name) => (top.quota?.unmet[names.indices.get(name) ?? -1] ?? 0) > 0,
    isHeadroomNeeded: () => requiredSum > 0,
    leavesMinimum(free) {
      if (ownThresholdsSum > 0 || defaultThresholds.length === 0) return true
      const left = (name: string) => {
        let there = 0
        for (const item of free) {
          if (item.name !== name || item.value.kind !== 'scalar' || ownerOf(item) !== null) continue
          // Headroom is kept of nothing that may be taken back.
          if (item.revocable || item.shared) return Number.POSITIVE_INFINITY
          there += item.value.milli
        }
        return Math.min(there, spare(names.indices.get(name) ?? -1))
      }
      return defaultThresholds.some((threshold) => threshold.every(([name, amount]) => left(name) >= amount))
    },
    rolesLacking(name, except) {
      const i = nameIndex(names, name)
      return [...roles].filter((top) => top !== except && (top.quota?.unmet[i] ?? 0) > 0).map((top) => top.name)
    },
    isLooser() {
      if (heldBack.size === 0) return false
      return requiredSum === 0 || spareThen.some((amount, i) => spare(i) > amount)
    },
    forgetHeldBack() {
      heldBack.clear()
      spareThen.length = 0
    },
    remember(isPause) {
      isPaused = isPause
      if (heldBack.size === 0) return
      for (let i = 0; i < names.indices.size; i++) spareThen[i] = Math.min(spareThen[i] ?? spare(i), spare(i))
    },
    consumedOf: ({ allocated, revocable }) => allocated.map((amount, i) => amount - (revocable[i] ?? 0)),
  }
}

function isEmpty({ guarantees, limits }: Quota): boolean {
  return Object.keys(limits).length === 0 && Object.values(guarantees).every((amount) => amount === 0)
}

function newQuota(names: NameTable, { guarantees, limits }: Quota): QuotaRecord {
  const indexed = (quantities: Quantities) =>
    Object.entries(quantities).map(([name, amount]): [number, number] => [nameIndex(names, name), amount])
  const guaranteed = indexed(guarantees)
  const limited = indexed(limits)
  const infinite = new Array<number>(names.indices.size).fill(Number.POSITIVE_INFINITY)
  for (const [i, amount] of limited) infinite[i] = amount
  const zeros = new Array<number>(names.indices.size).fill(0)
  for (const [i, amount] of guaranteed) zeros[i] = amount
  return {
    guarantees: zeros,
    limits: infinite,
    guaranteed: guaranteed.map(([i]) => i),
    limited: limited.map(([i]) => i),
    unmet: [],
    unmetSum: 0,
    isBinding: false,
  }
}
