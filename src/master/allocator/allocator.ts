// The allocator: who is offered what now. Every change marks which pairs of agent and holder (a framework in a role)
// may match that could not before; a round tries those pairs alone, agents in random order, holders in order of
// share. Between rounds no pair matches, so a filter, a suppressed role or a full agent costs nothing while it lasts.
// Whoever gave an agent back comes after everybody who was not asked about it since, so that frameworks that want
// nothing, and so have the smallest share for ever, starve nobody.
//
// It holds, and asserts: free + held = total on every agent that has not shrunk, and only what is held comes back.
// It does not know offers, messages, or when a round is due.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import {
  add,
  contains,
  noResources,
  overlap,
  type Resources,
  resources,
  scalarTotals,
  subtract,
} from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import { createFilters } from './filters.ts'
import {
  amountsOf,
  createNameTable,
  isWithin,
  nameIndex,
  reachesAny,
  type Threshold,
  thresholdOf,
} from './quantities.ts'
import type { AgentState, FrameworkRecord, Holder, ShareNode } from './records.ts'
import { compareLeaves, createShareTree } from './share-tree.ts'
import type { AgentSupply, AllocationGrant, Allocator, AllocatorOptions, FrameworkDemand } from './types.ts'
import { isPlain, visibleTo } from './visibility.ts'

/** Marks of holders that are gone which an agent may keep beside those of the living. */
const passedSpareMax = 8

/** The contract is types.ts; broken preconditions throw BrokenInvariant. */
export function createAllocator(options: AllocatorOptions): Allocator {
  const names = createNameTable()
  const tree = createShareTree()
  const filters = createFilters(options.allocationIntervalMs)
  const defaultThresholds = options.minAllocatable.map(thresholdOf)
  const gpuIndex = nameIndex(names, 'gpus')
  const frameworks = new Map<FrameworkId, FrameworkRecord>()
  const agents = new Map<AgentId, AgentState>()
  /** Active agents with anything free. */
  const offerable = new Set<AgentState>()
  /** Agents that opened to somebody since the last round. */
  const touched = new Set<AgentState>()
  /** Holders to whom every agent opened since the last round. */
  const opened = new Set<Holder>()
  let holdersListed = 0
  let areRanksStale = false
  let round = 0

  function framework(id: FrameworkId): FrameworkRecord {
    const record = frameworks.get(id)
    invariant(record !== undefined, 'a framework is known to the allocator', { id })
    return record
  }

  function agent(id: AgentId): AgentState {
    const state = agents.get(id)
    invariant(state !== undefined, 'an agent is known to the allocator', { id })
    return state
  }

  // Holders.

  function holderOf(record: FrameworkRecord, role: string): Holder {
    const present = record.holders.get(role)
    if (present !== undefined) return present
    const node = tree.addLeaf(role, record.id)
    const holder: Holder = { framework: record, role, node, held: new Map(), filters: new Set(), revivedRound: -1 }
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
        holdersListed += isListed ? 1 : -1
        if (isListed) opened.add(holder)
        else opened.delete(holder)
      }
      if (!isSubscribed) filters.clearHolder(holder)
      dropIfVoid(holder)
    }
  }

  /** A role that a framework left lives on while it holds something there. */
  function dropIfVoid(holder: Holder): void {
    const { framework: record, role, held, node } = holder
    if (held.size > 0 || record.roles.has(role)) return
    record.holders.delete(role)
    tree.removeLeaf(node)
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
    record.thresholds = new Map(
      [...demand.minAllocatableByRole].map(([role, alternatives]): [string, readonly Threshold[]] => [
        role,
        alternatives.map(thresholdOf),
      ]),
    )
    relist(record)
    for (const holder of record.holders.values()) {
      if (wasSuppressed.has(holder.role) && !record.suppressedRoles.has(holder.role)) filters.clearHolder(holder)
      if (holder.node.isListed) opened.add(holder)
    }
  }

  // Agents.

  function openToAll(state: AgentState): void {
    state.isOpenToAll = true
    touched.add(state)
  }

  /** Takes `free` as it must be after any change, and keeps the agent among the offerable ones or not. */
  function setFree(state: AgentState, free: Resources): void {
    state.free = free
    state.isPlain = isPlain(free)
    if (state.isActive && free.length > 0) offerable.add(state)
    else offerable.delete(state)
  }

  /** From scratch, for agents that came back or changed: they may hold more than they have. */
  function recomputeFree(state: AgentState): void {
    const held = resources([...state.holders].flatMap((holder) => holder.held.get(state) ?? noResources))
    state.isOvercommitted = !contains(state.total, held)
    setFree(state, subtract(state.total, overlap(state.total, held)))
  }

  function setTotal(state: AgentState, supply: Pick<AgentSupply, 'total'>): void {
    tree.changeTotal(state.totalAmounts, -1)
    state.total = supply.total
    state.totalAmounts = amountsOf(names, supply.total)
    state.hasGpus = (state.totalAmounts[gpuIndex] ?? 0) > 0
    tree.changeTotal(state.totalAmounts, 1)
  }

  /** An operation makes one resource another. */
  function changeTotal(state: AgentState, consumed: Resources, converted: Resources): void {
    setTotal(state, { total: add(subtract(state.total, overlap(state.total, consumed)), converted) })
  }

  function resize(state: AgentState, supply: AgentSupply): void {
    setTotal(state, supply)
    recomputeFree(state)
    openToAll(state)
  }

  function hold(grant: AllocationGrant, isOffer: boolean): void {
    const state = agent(grant.agentId)
    const holder = holderOf(framework(grant.frameworkId), grant.role)
    const held = holder.held.get(state)
    holder.held.set(state, held === undefined ? grant.resources : add(held, grant.resources))
    state.holders.add(holder)
    const amounts = amountsOf(names, grant.resources)
    if (isOffer) tree.grant(holder.node, amounts)
    else tree.charge(holder.node, amounts)
  }

  function release(state: AgentState, holder: Holder, items: Resources): void {
    const held = holder.held.get(state) ?? noResources
    invariant(isWithin(items, held), 'only what is held comes back', {
      agentId: state.id,
      frameworkId: holder.framework.id,
      role: holder.role,
      held,
      items,
    })
    const rest = isWithin(held, items) ? noResources : subtract(held, items)
    if (rest.length > 0) holder.held.set(state, rest)
    else {
      holder.held.delete(state)
      state.holders.delete(holder)
    }
    tree.discharge(holder.node, amountsOf(names, items))
  }

  // A round.

  /** What `holder` is to be offered of the agent now, or null. */
  function wish(holder: Holder, state: AgentState): Resources | null {
    const candidate = visibleTo(holder, state, options.filterGpuResources)
    if (candidate.length === 0) return null
    const thresholds = holder.framework.thresholds.get(holder.role) ?? defaultThresholds
    if (thresholds.length > 0 && !reachesAny(names, amountsOf(names, candidate), thresholds)) return null
    return filters.holdsBack(holder, state, candidate) ? null : candidate
  }

  function hasPassed(holder: Holder, state: AgentState): boolean {
    return (state.passed.get(holder) ?? -1) > holder.revivedRound
  }

  /** The first in order who takes something, of those who have passed or of those who have not. */
  function firstOfAll(node: ShareNode, state: AgentState, passed: boolean): AllocationGrant | null {
    for (const member of node.listed) {
      const { holder } = member
      if (holder !== null && hasPassed(holder, state) !== passed) continue
      const grant = holder === null ? firstOfAll(member, state, passed) : grantTo(holder, state)
      if (grant !== null) return grant
    }
    return null
  }

  function firstOf(holders: readonly Holder[], state: AgentState, passed: boolean): AllocationGrant | null {
    const listed = holders.filter((holder) => holder.node.isListed && hasPassed(holder, state) === passed)
    const sorted = listed.length < 2 ? listed : listed.sort((a, b) => compareLeaves(a.node, b.node))
    for (const holder of sorted) {
      const grant = grantTo(holder, state)
      if (grant !== null) return grant
    }
    return null
  }

  /** The next grant of the agent; when only those who have passed want it, their turns begin anew. */
  function nextGrant(state: AgentState, few: readonly Holder[] | null): AllocationGrant | null {
    const first = (passed: boolean) =>
      few === null ? firstOfAll(tree.root, state, passed) : firstOf(few, state, passed)
    const fresh = first(false)
    if (fresh !== null || state.passed.size === 0) return fresh
    const again = first(true)
    if (again !== null) state.passed.clear()
    return again
  }

  /** Marks of holders that are gone are dropped by and by. */
  function pass(state: AgentState, holder: Holder): void {
    state.passed.set(holder, round)
    if (state.passed.size <= 2 * (holdersListed + passedSpareMax)) return
    for (const other of state.passed.keys()) {
      if (other.framework.holders.get(other.role) !== other) state.passed.delete(other)
    }
  }

  function grantTo(holder: Holder, state: AgentState): AllocationGrant | null {
    const candidate = wish(holder, state)
    if (candidate === null) return null
    return { frameworkId: holder.framework.id, role: holder.role, agentId: state.id, resources: candidate }
  }

  /**
   * Grants of one agent: all that the first willing holder may see, then what is left (reserved to others) to the
   * next one. Whoever was passed over once would be passed over again: what is left only shrinks.
   */
  function offerAgent(state: AgentState, grants: AllocationGrant[]): void {
    // Trying a few holders one by one pays only while they are few.
    const areFew = !state.isOpenToAll && (opened.size + state.openTo.length) * 4 <= holdersListed
    const few = areFew ? [...new Set([...opened, ...state.openTo])] : null
    while (state.free.length > 0) {
      const grant = nextGrant(state, few)
      if (grant === null) return
      hold(grant, true)
      setFree(state, grant.resources === state.free ? noResources : subtract(state.free, grant.resources))
      grants.push(grant)
    }
  }

  function inRandomOrder(states: AgentState[], random: Random): AgentState[] {
    if (areRanksStale) {
      const sorted = [...agents.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
      for (const [rank, state] of sorted.entries()) state.rank = rank
      areRanksStale = false
    }
    states.sort((a, b) => a.rank - b.rank)
    for (let i = states.length - 1; i > 0; i--) {
      const j = random.below(i + 1)
      const swapped = states[i] as AgentState
      states[i] = states[j] as AgentState
      states[j] = swapped
    }
    return states
  }

  return {
    addFramework(id, demand) {
      invariant(!frameworks.has(id), 'a framework is added once', { id })
      const record: FrameworkRecord = {
        id,
        isActive: true,
        roles: new Set(),
        suppressedRoles: new Set(),
        seesGpus: false,
        seesRevocable: false,
        seesShared: false,
        seesRefined: false,
        thresholds: new Map(),
        holders: new Map(),
      }
      frameworks.set(id, record)
      setDemand(record, demand)
    },
    updateFramework: (id, demand) => setDemand(framework(id), demand),
    deactivateFramework(id) {
      const record = framework(id)
      record.isActive = false
      for (const holder of record.holders.values()) filters.clearHolder(holder)
      relist(record)
    },
    activateFramework(id) {
      const record = framework(id)
      record.isActive = true
      relist(record)
    },
    removeFramework(id) {
      const record = framework(id)
      const holding = [...record.holders.values()].find((holder) => holder.held.size > 0)
      invariant(holding === undefined, 'a framework that leaves holds nothing', { id, role: holding?.role })
      record.isActive = false
      record.roles = new Set()
      relist(record)
      frameworks.delete(id)
    },

    addAgent(id, supply, used) {
      invariant(!agents.has(id), 'an agent is added once', { id })
      const state: AgentState = {
        id,
        total: noResources,
        totalAmounts: [],
        free: noResources,
        hasGpus: false,
        isPlain: true,
        isActive: true,
        isOvercommitted: false,
        holders: new Set(),
        filters: new Map(),
        passed: new Map(),
        rank: 0,
        isOpenToAll: false,
        openTo: [],
      }
      agents.set(id, state)
      areRanksStale = true
      setTotal(state, supply)
      for (const grant of used) hold(grant, false)
      recomputeFree(state)
      openToAll(state)
    },
    updateAgent(id, supply) {
      filters.clearAgent(agent(id))
      resize(agent(id), supply)
    },
    resizeAgent: (id, supply) => resize(agent(id), supply),
    deactivateAgent(id) {
      const state = agent(id)
      state.isActive = false
      setFree(state, state.free)
    },
    activateAgent(id) {
      const state = agent(id)
      state.isActive = true
      setFree(state, state.free)
      openToAll(state)
    },
    removeAgent(id) {
      const state = agent(id)
      for (const holder of [...state.holders]) {
        release(state, holder, holder.held.get(state) as Resources)
        dropIfVoid(holder)
      }
      filters.clearAgent(state)
      tree.changeTotal(state.totalAmounts, -1)
      agents.delete(id)
      offerable.delete(state)
      touched.delete(state)
      areRanksStale = true
    },

    addAllocation(grant) {
      hold(grant, false)
      recomputeFree(agent(grant.agentId))
    },
    recover(grant, refuseMs, nowMs) {
      const state = agent(grant.agentId)
      const holder = framework(grant.frameworkId).holders.get(grant.role)
      invariant(holder !== undefined, 'what comes back was held in this role', { grant })
      release(state, holder, grant.resources)
      if (state.isOvercommitted) recomputeFree(state)
      else {
        setFree(state, add(state.free, grant.resources))
        invariant(isWithin(state.free, state.total), 'no more is free than there is', { grant, free: state.free })
      }
      if (refuseMs === null) state.passed.clear()
      else pass(state, holder)
      if (refuseMs !== null && refuseMs > 0 && holder.framework.isActive && holder.framework.roles.has(grant.role)) {
        const endMs = nowMs + Math.max(refuseMs, options.allocationIntervalMs)
        filters.add({ holder, agent: state, refused: grant.resources, endMs, round })
      }
      dropIfVoid(holder)
      openToAll(state)
    },
    revive(id, roles) {
      const record = framework(id)
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
        if (holder?.node.isListed) opened.add(holder)
      }
    },
    suppress(id, roles) {
      const record = framework(id)
      for (const role of roles) record.suppressedRoles.add(role)
      relist(record)
    },

    allocate(nowMs, random) {
      round++
      for (const { holder, agent: state } of filters.takeEnded(nowMs, round)) {
        state.openTo.push(holder)
        touched.add(state)
      }
      tree.refresh()
      const grants: AllocationGrant[] = []
      if (holdersListed > 0) {
        const visited = opened.size > 0 ? [...offerable] : [...touched].filter((state) => offerable.has(state))
        for (const state of inRandomOrder(visited, random)) offerAgent(state, grants)
      }
      for (const state of touched) {
        state.isOpenToAll = false
        state.openTo = []
      }
      touched.clear()
      opened.clear()
      return grants
    },
    setWeight: (role, weight) => tree.setWeight(role, weight),
    setQuota() {},
    convertHeld({ frameworkId, role, agentId }, consumed, converted) {
      const state = agent(agentId)
      const holder = framework(frameworkId).holders.get(role)
      invariant(holder !== undefined, 'what an operation changes is held in this role', { frameworkId, role, agentId })
      release(state, holder, consumed)
      changeTotal(state, consumed, converted)
      hold({ frameworkId, role, agentId, resources: converted }, false)
      recomputeFree(state)
    },
    convertFree(id, consumed, converted) {
      const state = agent(id)
      if (!isWithin(consumed, state.free)) return false
      changeTotal(state, consumed, converted)
      recomputeFree(state)
      openToAll(state)
      return true
    },
    claim(grant) {
      const state = agent(grant.agentId)
      const record = framework(grant.frameworkId)
      const holder = record.holders.get(grant.role)
      if (!record.isActive) return { kind: 'frameworkInactive' }
      if (holder === undefined || !record.roles.has(grant.role)) return { kind: 'notSubscribed' }
      if (record.suppressedRoles.has(grant.role)) return { kind: 'suppressed' }
      if (!state.isActive) return { kind: 'agentInactive' }
      if (!isWithin(grant.resources, visibleTo(holder, state, options.filterGpuResources)))
        return { kind: 'nothingFree' }
      hold(grant, true)
      setFree(state, subtract(state.free, grant.resources))
      return null
    },
    hasMore: () => false,
    judge(frameworkId, role, agentId) {
      const state = agent(agentId)
      const record = framework(frameworkId)
      const holder = record.holders.get(role)
      const refusal = (
        kind: 'frameworkInactive' | 'notSubscribed' | 'suppressed' | 'agentInactive' | 'nothingFree',
      ) => ({
        kind: 'refused' as const,
        refusal: { kind },
      })
      if (!record.isActive) return refusal('frameworkInactive')
      if (holder === undefined || !record.roles.has(role)) return refusal('notSubscribed')
      if (record.suppressedRoles.has(role)) return refusal('suppressed')
      if (!state.isActive) return refusal('agentInactive')
      const wished = wish(holder, state)
      return wished === null ? refusal('nothingFree') : { kind: 'offered', resources: wished }
    },
    holders: (id) =>
      [...agent(id).holders].map((holder) => ({
        frameworkId: holder.framework.id,
        role: holder.role,
        agentId: id,
        resources: holder.held.get(agent(id)) as Resources,
      })),
    consumed(role) {
      const isUnder = (other: string) => other === role || other.startsWith(`${role}/`)
      const held = [...frameworks.values()].flatMap((record) =>
        [...record.holders.values()]
          .filter((holder) => isUnder(holder.role))
          .flatMap((holder) => [...holder.held.values()].flat()),
      )
      const reserved = [...agents.values()].flatMap((state) =>
        state.free.filter((item) => isUnder(item.reservations?.at(-1)?.role ?? '')),
      )
      return Object.fromEntries(scalarTotals([...held, ...reserved].filter((item) => !item.revocable)))
    },
    totals: () => Object.fromEntries(scalarTotals([...agents.values()].flatMap((state) => state.total))),
    share(role) {
      tree.refresh()
      return tree.shareOf(role)
    },
    hasWork: () => touched.size > 0 || opened.size > 0,
    nextFilterEndMs: () => filters.nextEndMs(),

    available: (id) => agent(id).free,
    allocatedToRole(role) {
      const holders = [...frameworks.values()].flatMap((record) => record.holders.get(role) ?? [])
      return resources(holders.flatMap((holder) => [...holder.held.values()].flat()))
    },
    allocatedToFramework(id) {
      return resources([...framework(id).holders.values()].flatMap((holder) => [...holder.held.values()].flat()))
    },
  }
}
