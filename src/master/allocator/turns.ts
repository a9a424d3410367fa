// Whose turn it is on one agent, outside of a round: for whoever takes what somebody asked for by name (claims), so that
// asking is no way around the shares. It does not know rounds, nor what is asked for.

import type { Judging } from './judging.ts'
import { compareNodes } from './node-order.ts'
import { newCut } from './quota-cut.ts'
import type { AgentState, Holder, Moment, ShareNode } from './records.ts'
import type { ShareTree } from './share-tree.ts'
import type { Sorter } from './types.ts'

export type TurnsParts = {
  readonly tree: ShareTree
  readonly judging: Judging
  readonly roleSorter: Sorter
  readonly frameworkSorter: Sorter
}

/** Whether the holder gave something of the agent back since it was last revived: then others come first there. */
export function hasPassed(holder: Holder, state: AgentState): boolean {
  return (state.passed.get(holder) ?? -1) > holder.revivedRound
}

/**
 * Whether nobody who comes before the holder, and has not passed, would be offered something of the agent. At most
 * `looks.left` others are asked, counted down; whoever comes after them is not known to want anything.
 */
export function isTurnOf(
  { tree, judging, roleSorter, frameworkSorter }: TurnsParts,
  holder: Holder,
  state: AgentState,
  moment: Moment,
  looks: { left: number },
): boolean {
  tree.refresh()
  for (let own: ShareNode = holder.node; own.parent !== null; own = own.parent) {
    const sorter = own.parent.name === '.' ? frameworkSorter : roleSorter
    // Chance knows no order.
    if (sorter === 'random') continue
    for (const node of own.parent.listed) {
      if (node !== own && compareNodes(node, own) >= 0) break
      if (node !== own && wants(node)) return false
    }
  }
  return true

  function wants(node: ShareNode): boolean {
    const { holder: other, listed } = node
    if (other === null) return listed.some(wants)
    if (hasPassed(other, state) || looks.left <= 0) return false
    looks.left--
    return typeof judging.decide(other, state, moment, newCut()) !== 'string'
  }
}
