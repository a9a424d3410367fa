// A new master that has quotas to keep offers nothing until most agents of the earlier one are back, or have had their
// time: with few agents there, guarantees would seem unmet and limits far away (Mesos: the hold-off after recovery).

import type { State } from './state.ts'

/** The part of the agents that must be back; as in Mesos. */
const backPart = 0.8
/** The longest pause; as in Mesos. */
export const pauseMaxMs = 600_000

/** Called once, when the registry has been recalled. */
export function pauseAllocation(state: State): void {
  if (state.quotas.size === 0 || state.recovered.size === 0) return
  state.awaitedAgents = Math.ceil(state.recovered.size * backPart)
  state.timers.set('pause', state.nowMs + pauseMaxMs)
  const { awaitedAgents } = state
  state.log('info', 'allocation.paused', 'nothing is offered until most agents are back', { awaitedAgents, pauseMaxMs })
}

/** Whether nothing may be offered now; ends the pause when enough agents are there, or no quota is left to keep. */
function isPaused(state: State): boolean {
  if (state.awaitedAgents === null) return false
  if (state.quotas.size > 0 && state.agents.size < state.awaitedAgents) return true
  endPause(state)
  return false
}

/** Whether offers wait: for agents of an earlier master, or for others to be taken back. */
export function isHeldUp(state: State): boolean {
  return isPaused(state) || state.doomedOffers.size > 0
}

export function endPause(state: State): void {
  const { awaitedAgents, agents } = state
  state.awaitedAgents = null
  state.timers.clear('pause')
  state.log('info', 'allocation.resumed', 'offers are made again', { agents: agents.size, awaitedAgents })
}
