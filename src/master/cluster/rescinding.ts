// Takes many offers back, a part in each step: with tens of thousands outstanding, one step would keep everybody waiting.
// Nothing is offered until all of them are back, so that they are dealt out together; one that is accepted or declined
// before its turn is spared. It does not know why they are taken back.

import type { OfferId } from '../../model/ids.ts'
import { rescindOffer } from './offers.ts'
import type { State } from './state.ts'

/** So many in one step. */
export const rescindsPerSliceMax = 250

/** The first of them at once. */
export function rescindMany(state: State, ids: Iterable<OfferId>): void {
  for (const id of ids) state.doomedOffers.add(id)
  rescindSome(state)
}

export function rescindSome(state: State): void {
  state.isAllocationUrgent = true
  let left = rescindsPerSliceMax
  for (const id of state.doomedOffers) {
    if (left-- === 0) return state.timers.set('rescind', state.nowMs)
    state.doomedOffers.delete(id)
    const offer = state.offers.get(id)
    if (offer !== undefined) rescindOffer(state, offer)
  }
}
