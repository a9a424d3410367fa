// What each holder has of each agent, and how that counts in the tree of shares. It does not know what an agent has or
// what of it is free (supply.ts). Only what is held comes back.

import { copiesOf, type Resource, type Resources, resources, subtract } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import { amountsOf, isSame, isWithin, type NameTable } from './quantities.ts'
import type { AgentState, Holder } from './records.ts'
import type { ShareTree } from './share-tree.ts'
import { isAtOrBelow, isPlain, ownerOf } from './visibility.ts'

/** Parts in which a holder's resources of one agent are kept; past it they are added up. */
const piecesMax = 8

export type Holdings = {
  /** `granted`: how, rather than found to be held (null). */
  hold(state: AgentState, holder: Holder, items: Resources, granted: Resources | 'rest' | null): void
  release(state: AgentState, holder: Holder, items: Resources): void
  heldBy(state: AgentState, holder: Holder): Resources
  /** Whether these are all that the holder was granted last of what it has there. */
  isAllGranted(state: AgentState, holder: Holder, items: Resources): boolean
}

export function createHoldings(names: NameTable, tree: ShareTree): Holdings {
  /** Counts what a holder has: what is reserved counts already for the role it is reserved for and those above. */
  function charge(state: AgentState, holder: Holder, items: Resources, sign: 1 | -1, isTurn: boolean): void {
    const { node, role } = holder
    if (isPlain(items)) {
      return tree.count(node, { amounts: amountsOf(names, items), revocable: null }, sign, unreservedDepth, isTurn)
    }
    const byDepth = new Map<number, Resource[]>()
    for (const item of items) {
      const depth = uncountedDepth(item, role)
      byDepth.set(depth, [...(byDepth.get(depth) ?? []), item])
    }
    let isFirst = isTurn
    for (const [depth, group] of byDepth) {
      const own = group.filter(({ shared }) => !shared)
      const revocable = own.filter(isRevocable)
      const ofRevocable = revocable.length === 0 ? null : amountsOf(names, revocable)
      tree.count(node, { amounts: amountsOf(names, own), revocable: ofRevocable }, sign, depth, isFirst)
      isFirst = false
      for (const item of group) {
        if (!item.shared) continue
        const amounts = amountsOf(names, [item])
        const shared = { key: `${state.id} ${item.key}`, copies: sign * copiesOf(item) }
        tree.countCopies(node, { amounts, revocable: item.revocable ? amounts : null }, shared, depth)
      }
    }
  }

  return {
    hold(state, holder, items, granted) {
      const holding = holder.held.get(state)
      if (holding === undefined) {
        holder.held.set(state, { pieces: [items], granted })
        state.holders.add(holder)
      } else {
        holding.pieces.push(items)
        if (holding.pieces.length > piecesMax) holding.pieces = [resources(holding.pieces.flat())]
        if (granted !== null) holding.granted = granted
      }
      charge(state, holder, items, 1, granted !== null)
    },
    release(state, holder, items) {
      const pieces = holder.held.get(state)?.pieces ?? []
      // More may be held of an agent that has shrunk than there is, and some of it twice.
      const whole = state.excess.length > 0 ? -1 : pieces.findIndex((piece) => isSame(piece, items))
      if (whole >= 0) pieces.splice(whole, 1)
      else {
        const held = resources(pieces.flat())
        invariant(isWithin(items, held), 'only what is held comes back', {
          agentId: state.id,
          frameworkId: holder.framework.id,
          role: holder.role,
          held,
          items,
        })
        const rest = subtract(held, items)
        pieces.length = 0
        if (rest.length > 0) pieces.push(rest)
      }
      if (pieces.length === 0) {
        holder.held.delete(state)
        state.holders.delete(holder)
      }
      charge(state, holder, items, -1, false)
    },
    heldBy: (state, holder) => resources((holder.held.get(state)?.pieces ?? []).flat()),
    isAllGranted(state, holder, items) {
      const granted = holder.held.get(state)?.granted ?? null
      return granted !== 'rest' && (granted === null || isWithin(granted, items))
    },
  }
}

/** Deeper than this counts everything, the root too. */
const unreservedDepth = -1

/** The depth of the role that it is reserved for: that role and those above count it by the reservation. */
function uncountedDepth(item: Resource, role: string): number {
  const owner = ownerOf(item)
  if (owner === null) return unreservedDepth
  return isAtOrBelow(role, owner) ? owner.split('/').length : 0
}

function isRevocable({ revocable }: Resource): boolean {
  return revocable === true
}
