// Which pairs of agent and holder may match now and could not when they were last tried: all pairs of an agent where
// something came free, all pairs of a holder that wants more than before, and single pairs whose filter has ended. A
// round tries the open pairs alone. It does not know why something opened, nor shares.

import type { AgentState, Holder } from './records.ts'

export type Openings = {
  openAgent(state: AgentState): void
  openHolder(holder: Holder): void
  openPair(state: AgentState, holder: Holder): void
  forgetAgent(state: AgentState): void
  forgetHolder(holder: Holder): void
  isAnyOpen(): boolean
  /** What a round has to try: these agents with whomever is marked on them, and these holders with all agents. */
  takeAll(): { readonly agents: ReadonlySet<AgentState>; readonly holders: ReadonlySet<Holder> }
  /** The agent is tried now; what opened since all was taken stays open, for the next round. */
  close(state: AgentState): void
}

export function createOpenings(): Openings {
  let agents = new Set<AgentState>()
  let holders = new Set<Holder>()
  return {
    openAgent(state) {
      state.isOpenToAll = true
      agents.add(state)
    },
    openHolder: (holder) => void holders.add(holder),
    openPair(state, holder) {
      state.openTo.push(holder)
      agents.add(state)
    },
    forgetAgent: (state) => void agents.delete(state),
    forgetHolder: (holder) => void holders.delete(holder),
    isAnyOpen: () => agents.size > 0 || holders.size > 0,
    takeAll() {
      const taken = { agents, holders }
      agents = new Set()
      holders = new Set()
      return taken
    },
    close(state) {
      if (agents.has(state)) return
      state.isOpenToAll = false
      if (state.openTo.length > 0) state.openTo = []
    },
  }
}
