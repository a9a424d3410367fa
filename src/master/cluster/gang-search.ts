// The search for members of one gang, which may take more than one step where many machines have to be asked whether
// they can place one. It remembers who said no, and for no longer than the search lasts.

import type { AgentId } from '../../model/ids.ts'
import { noWish } from '../placement/wish.ts'
import { needOf } from './hardware.ts'
import type { Agent, Gang } from './records.ts'

export type GangSearch = {
  readonly gang: Gang
  /** They cannot place a member now. */
  readonly refused: Set<AgentId>
  /** Whether they could if they were empty. */
  readonly fits: Map<AgentId, boolean>
  /** What may still be asked in this step. */
  readonly budget: { placements: number }
}

export function newSearch(gang: Gang): GangSearch {
  return { gang, refused: new Set(), fits: new Map(), budget: { placements: 0 } }
}

/** Whether the machine can place a member now; null when there is no time left to ask. */
export function isPlaced({ gang, refused, budget }: GangSearch, agent: Agent): boolean | null {
  if (refused.has(agent.id)) return false
  if (budget.placements <= 0) return null
  budget.placements--
  const isOk = canPlace(gang, agent)
  if (!isOk) refused.add(agent.id)
  return isOk
}

/** Whether it could if it were empty; null as above. */
export function isEverPlaced({ gang, fits, budget }: GangSearch, agent: Agent): boolean | null {
  if (gang.wish === noWish) return true
  const known = fits.get(agent.id)
  if (known !== undefined) return known
  if (budget.placements <= 0) return null
  budget.placements--
  const placed = agent.books.place(needOf(gang.wanted, agent.hardware), gang.wish)
  const isFit = placed.ok || placed.fault.code !== 'PLACEMENT_IMPOSSIBLE'
  fits.set(agent.id, isFit)
  return isFit
}

export function canPlace({ wanted, wish }: Gang, agent: Agent): boolean {
  return agent.books.place(needOf(wanted, agent.hardware), wish).ok
}
