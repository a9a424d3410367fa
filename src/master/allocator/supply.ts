// What each agent has and who holds it. Everything that is held, freed, resized or converted goes through here, and is
// told to the tree of shares and to the quotas by what changed. It does not know who is offered what, or when.
//
// It holds, and asserts: free + held = total on every agent that has not shrunk, where what is shared is free as long
// as it is there, and held in copies; and only what is held comes back.

import type { AgentId } from '../../model/ids.ts'
import { add, noResources, overlap, type Resource, type Resources, resources, subtract } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import type { Holdings } from './holdings.ts'
import { amountsOf, isWithin, type NameTable } from './quantities.ts'
import type { Quotas } from './quota.ts'
import type { AgentState, Holder } from './records.ts'
import type { ShareTree } from './share-tree.ts'
import { type AgentSupply, noFacts } from './types.ts'
import { isPlain, isPlainItem, ownerOf } from './visibility.ts'

export type Supply = {
  readonly agents: ReadonlyMap<AgentId, AgentState>
  /** Active agents with anything free. */
  readonly offerable: ReadonlySet<AgentState>
  agent(id: AgentId): AgentState
  add(id: AgentId): AgentState
  /** Everything held there is forgotten; the holders that held something. */
  remove(state: AgentState): readonly Holder[]
  set(state: AgentState, supply: AgentSupply): void
  setActive(state: AgentState, isActive: boolean): void
  /** Resources that somebody holds without having been given them here. */
  hold(state: AgentState, holder: Holder, items: Resources): void
  /** Gives what is free. `isRest`: nothing but its own reservation, when another had the agent's rest. */
  give(state: AgentState, holder: Holder, items: Resources, isRest?: boolean): void
  takeBack(state: AgentState, holder: Holder, items: Resources): void
  convertHeld(state: AgentState, holder: Holder, consumed: Resources, converted: Resources): void
  /** False, and nothing changed, when not all of `consumed` is free and held by nobody. */
  convertFree(state: AgentState, consumed: Resources, converted: Resources): boolean
  /** In the order of their ids. */
  inOrder(states: ReadonlySet<AgentState>): AgentState[]
}

export type SupplyParts = {
  readonly names: NameTable
  readonly tree: ShareTree
  readonly quotas: Quotas
  readonly holdings: Holdings
  /** Agents of another region are remote; null: none is. */
  readonly region: string | null
}

export function createSupply({ names, tree, quotas, holdings, region }: SupplyParts): Supply {
  const agents = new Map<AgentId, AgentState>()
  const offerable = new Set<AgentState>()
  const { hold, release, heldBy } = holdings
  let ranked: AgentState[] | null = []

  /** Counts what agents have, held or not, for the cluster's headroom and for the roles that it is reserved for. */
  function count(items: Resources, sign: 1 | -1): void {
    if (items.length === 0) return
    quotas.changeSupply(
      amountsOf(names, items.some(isRevocable) ? items.filter((item) => !item.revocable) : items),
      sign,
    )
    for (const item of items) {
      const owner = ownerOf(item)
      if (owner === null || item.value.kind !== 'scalar') continue
      const amounts = amountsOf(names, [item])
      tree.reserve(owner, { amounts, revocable: item.revocable ? amounts : null }, sign)
    }
  }

  /** Takes `free` as it must be after any change, and keeps the agent among the offerable ones or not. */
  function setFree(state: AgentState, free: Resources): void {
    state.free = free
    state.isPlain = isPlain(free)
    if (state.idle.length > 0 || !state.isActive) setIdle(state)
    if (state.isActive && free.length > 0) offerable.add(state)
    else offerable.delete(state)
  }

  function setIdle(state: AgentState): void {
    quotas.changeIdle(state.idle, -1)
    state.idle = state.isActive ? [] : amountsOf(names, state.free.filter(isPlainItem))
    quotas.changeIdle(state.idle, 1)
  }

  /** From scratch, for agents that came back or changed: they may hold more than they have. */
  function recomputeFree(state: AgentState): void {
    const held = resources([...state.holders].flatMap((holder) => heldBy(state, holder)))
    const own = withoutShared(held)
    const covered = overlap(state.total, own)
    const lost = held.filter((item) => item.shared && !hasKey(state.total, item.key))
    const excess = lost.length === 0 && isWithin(own, covered) ? noResources : add(subtract(own, covered), lost)
    count(state.excess, -1)
    count(excess, 1)
    state.excess = excess
    setFree(state, subtract(state.total, covered))
  }

  function setTotal(state: AgentState, total: Resources): void {
    const before = state.totalAmounts
    count(state.total, -1)
    state.total = total
    state.totalAmounts = amountsOf(names, total)
    // Every share is of the whole cluster: they are counted anew only when that is another.
    if (state.totalAmounts.some((amount, i) => amount !== (before[i] ?? 0))) {
      tree.changeTotal(before, -1)
      tree.changeTotal(state.totalAmounts, 1)
    }
    count(total, 1)
  }

  /** An operation makes one resource another; of an agent that has shrunk, as much as it still has. */
  function convertTotal(state: AgentState, consumed: Resources, converted: Resources): void {
    const present = overlap(state.total, consumed)
    setTotal(state, add(subtract(state.total, present), converted))
  }

  return {
    agents,
    offerable,
    agent(id) {
      const state = agents.get(id)
      invariant(state !== undefined, 'an agent is known to the allocator', { id })
      return state
    },
    add(id) {
      invariant(!agents.has(id), 'an agent is added once', { id })
      const state = newAgent(id)
      agents.set(id, state)
      ranked = null
      return state
    },
    remove(state) {
      const holders = [...state.holders]
      for (const holder of holders) release(state, holder, heldBy(state, holder))
      count(state.total, -1)
      count(state.excess, -1)
      quotas.changeIdle(state.idle, -1)
      tree.changeTotal(state.totalAmounts, -1)
      agents.delete(state.id)
      offerable.delete(state)
      ranked = null
      return holders
    },
    set(state, { total, hasGpus, capabilities, facts }) {
      state.facts = facts
      state.hasGpus = hasGpus
      state.isMultiRole = capabilities.has('MULTI_ROLE')
      state.isHierarchical = capabilities.has('HIERARCHICAL_ROLE')
      state.isRemote = region !== null && facts.region !== null && facts.region !== region
      setTotal(state, total)
      recomputeFree(state)
    },
    setActive(state, isActive) {
      state.isActive = isActive
      setFree(state, state.free)
    },
    hold(state, holder, items) {
      hold(state, holder, items, null)
      recomputeFree(state)
    },
    give(state, holder, items, isRest = false) {
      hold(state, holder, items, isRest ? 'rest' : items)
      const own = withoutShared(items)
      setFree(state, own === state.free ? noResources : subtract(state.free, own))
    },
    takeBack(state, holder, items) {
      release(state, holder, items)
      if (state.excess.length > 0) return recomputeFree(state)
      setFree(state, add(state.free, withoutShared(items)))
      invariant(isWithin(state.free, state.total), 'no more is free than there is', { items, free: state.free })
    },
    convertHeld(state, holder, consumed, converted) {
      release(state, holder, consumed)
      convertTotal(state, consumed, converted)
      if (converted.length > 0) hold(state, holder, converted, null)
      recomputeFree(state)
    },
    convertFree(state, consumed, converted) {
      const isHeld = (item: Resource) => [...state.holders].some((holder) => hasKey(heldBy(state, holder), item.key))
      if (!isWithin(consumed, state.free) || consumed.some((item) => item.shared && isHeld(item))) return false
      convertTotal(state, consumed, converted)
      recomputeFree(state)
      return true
    },
    inOrder(states) {
      if (ranked === null) {
        ranked = [...agents.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
        for (const [rank, state] of ranked.entries()) state.rank = rank
      }
      // Sorting many costs more than looking for them among all.
      if (states.size * 8 > ranked.length) return ranked.filter((state) => states.has(state))
      return [...states].sort((a, b) => a.rank - b.rank)
    },
  }
}

function withoutShared(items: Resources): Resources {
  return items.some(({ shared }) => shared) ? items.filter(({ shared }) => !shared) : items
}

function isRevocable({ revocable }: Resource): boolean {
  return revocable === true
}

function hasKey(items: Resources, key: string): boolean {
  return items.some((item) => item.key === key)
}

function newAgent(id: AgentId): AgentState {
  return {
    id,
    total: noResources,
    totalAmounts: [],
    free: noResources,
    excess: noResources,
    idle: [],
    facts: noFacts,
    hasGpus: false,
    isMultiRole: false,
    isHierarchical: false,
    isRemote: false,
    isPlain: true,
    isActive: true,
    holders: new Set(),
    filters: new Map(),
    passed: new Map(),
    served: null,
    servedRound: 0,
    sharedGiven: new Set(),
    sharedRound: 0,
    rank: 0,
    isOpenToAll: false,
    openTo: [],
  }
}
