// Frameworks and their holders, one in each role: which roles they want offers in, what they can handle, what they
// refuse to be asked about. It does not know agents, nor what is granted to whom.

import type { FrameworkId } from '../../model/ids.ts'
import { invariant } from '../../model/result.ts'
import type { Filters } from './filters.ts'
import type { Openings } from './openings.ts'
import { type Threshold, thresholdOf } from './quantities.ts'
import type { Quotas } from './quota.ts'
import type { FrameworkRecord, Holder, ShareNode } from './records.ts'
import type { ShareTree } from './share-tree.ts'
import type { FrameworkDemand } from './types.ts'

export type Holders = {
  readonly frameworks: ReadonlyMap<FrameworkId, FrameworkRecord>
  /** How many may be offered something. */
  listedCount(): number
  framework(id: FrameworkId): FrameworkRecord
  add(id: FrameworkId, demand: FrameworkDemand): void
  setDemand(record: FrameworkRecord, demand: FrameworkDemand): void
  setActive(record: FrameworkRecord, isActive: boolean): void
  remove(record: FrameworkRecord): void
  revive(record: FrameworkRecord, roles: readonly string[], round: number): void
  suppress(record: FrameworkRecord, roles: readonly string[]): void
  /** The holder of a role, made if the framework is not there yet. */
  holderOf(record: FrameworkRecord, role: string): Holder
  /** A role that a framework left lives on while it holds something there. */
  dropIfVoid(holder: Holder): void
  /** Opens all agents to those of these roles who may be offered something. */
  openBelow(node: ShareNode): void
}

export type HoldersParts = {
  readonly tree: ShareTree
  readonly filters: Filters
  readonly quotas: Quotas
  readonly openings: Openings
  readonly defaultThresholds: readonly Threshold[]
}

export function createHolders({ tree, filters, quotas, openings, defaultThresholds }: HoldersParts): Holders {
  const frameworks = new Map<FrameworkId, FrameworkRecord>()
  let listed = 0

  function holderOf(record: FrameworkRecord, role: string): Holder {
    const present = record.holders.get(role)
    if (present !== undefined) return present
    const node = tree.addLeaf(role, record.id)
    const holder = newHolder(record, role, node, defaultThresholds)
    node.holder = holder
    record.holders.set(role, holder)
    return holder
  }

  /** Lists exactly the holders that may be offered something; opens all agents to those that now may and could not. */
  function relist(record: FrameworkRecord): void {
    for (const role of record.roles) holderOf(record, role)
    for (const holder of [...record.holders.values()]) {
      const isSubscribed = record.roles.has(holder.role)
      const isListed = record.isActive && isSubscribed && !record.suppressedRoles.has(holder.role)
      if (isListed !== holder.node.isListed) {
        tree.setListed(holder.node, isListed)
        listed += isListed ? 1 : -1
        if (isListed) openings.openHolder(holder)
        else openings.forgetHolder(holder)
      }
      if (!isSubscribed) filters.clearHolder(holder)
      dropIfVoid(holder)
    }
  }

  function dropIfVoid(holder: Holder): void {
    const { framework: record, role, held, node } = holder
    if (held.size > 0 || record.roles.has(role)) return
    setThresholds(holder, undefined)
    record.holders.delete(role)
    tree.removeLeaf(node)
  }

  function setThresholds(holder: Holder, own: readonly Threshold[] | undefined): void {
    const hasOwn = own !== undefined
    if (hasOwn !== holder.hasOwnThresholds) quotas.setOwnThresholds(holder.top, hasOwn ? 1 : -1)
    holder.hasOwnThresholds = hasOwn
    holder.thresholds = own ?? defaultThresholds
  }

  function setDemand(record: FrameworkRecord, demand: FrameworkDemand): void {
    const wasSuppressed = new Set(record.suppressedRoles)
    record.roles = new Set(demand.roles)
    record.suppressedRoles.clear()
    for (const role of demand.suppressedRoles) record.suppressedRoles.add(role)
    record.seesGpus = demand.capabilities.has('GPU_RESOURCES')
    record.seesRevocable = demand.capabilities.has('REVOCABLE_RESOURCES')
    record.seesShared = demand.capabilities.has('SHARED_RESOURCES')
    record.seesRefined = demand.capabilities.has('RESERVATION_REFINEMENT')
    record.isRegionAware = demand.capabilities.has('REGION_AWARE')
    record.isMultiRole = demand.capabilities.has('MULTI_ROLE')
    relist(record)
    for (const holder of record.holders.values()) {
      setThresholds(holder, demand.minAllocatableByRole.get(holder.role)?.map(thresholdOf))
      const accepts = demand.acceptsByRole.get(holder.role) ?? null
      if (accepts !== holder.accepts) holder.accepted = new WeakMap()
      holder.accepts = accepts
      if (wasSuppressed.has(holder.role) && !record.suppressedRoles.has(holder.role)) filters.clearHolder(holder)
      if (holder.node.isListed) openings.openHolder(holder)
    }
  }

  return {
    frameworks,
    listedCount: () => listed,
    framework(id) {
      const record = frameworks.get(id)
      invariant(record !== undefined, 'a framework is known to the allocator', { id })
      return record
    },
    add(id, demand) {
      invariant(!frameworks.has(id), 'a framework is added once', { id })
      const record = newFramework(id)
      frameworks.set(id, record)
      setDemand(record, demand)
    },
    setDemand,
    setActive(record, isActive) {
      record.isActive = isActive
      if (!isActive) for (const holder of record.holders.values()) filters.clearHolder(holder)
      relist(record)
    },
    remove(record) {
      const holding = [...record.holders.values()].find((holder) => holder.held.size > 0)
      invariant(holding === undefined, 'a framework that leaves holds nothing', { id: record.id, role: holding?.role })
      record.isActive = false
      record.roles = new Set()
      relist(record)
      frameworks.delete(record.id)
    },
    revive(record, roles, round) {
      for (const role of roles) {
        record.suppressedRoles.delete(role)
        const holder = record.holders.get(role)
        if (holder === undefined) continue
        filters.clearHolder(holder)
        holder.revivedRound = round
      }
      relist(record)
      for (const role of roles) {
        const holder = record.holders.get(role)
        if (holder?.node.isListed) openings.openHolder(holder)
      }
    },
    suppress(record, roles) {
      for (const role of roles) record.suppressedRoles.add(role)
      relist(record)
    },
    holderOf,
    dropIfVoid,
    openBelow(node) {
      if (node.holder !== null) openings.openHolder(node.holder)
      else for (const member of node.listed) this.openBelow(member)
    },
  }
}

function newFramework(id: FrameworkId): FrameworkRecord {
  return {
    id,
    isActive: true,
    roles: new Set(),
    suppressedRoles: new Set(),
    seesGpus: false,
    seesRevocable: false,
    seesShared: false,
    seesRefined: false,
    isRegionAware: false,
    isMultiRole: false,
    holders: new Map(),
  }
}

function newHolder(
  framework: FrameworkRecord,
  role: string,
  node: ShareNode,
  thresholds: readonly Threshold[],
): Holder {
  let top = node
  while (top.depth > 1) top = top.parent as ShareNode
  return {
    framework,
    role,
    node,
    top,
    held: new Map(),
    filters: new Set(),
    thresholds,
    hasOwnThresholds: false,
    accepts: null,
    accepted: new WeakMap(),
    revivedRound: -1,
    openedRound: 0,
    openedVisit: 0,
    triedTurn: 0,
  }
}
