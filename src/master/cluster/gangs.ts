// Gangs: a framework asks by REQUEST for several machines at once, all or none, in racks as it says. Before each round
// of the allocator those whose turn it is, and that can be complete now, get what they asked for, as one OFFERS event.
//
// One that cannot be complete waits, and one gang at a time may keep what it finds until the rest is there: for its hold
// time, after which everything goes back. Whenever a gang has kept machines, none does for as long as that lasted, so
// that others are kept waiting for half of the time at most; who kept in vain comes last.
// What is kept is an offer that nobody was told of: it ends with its agent or framework as other offers do.
//
//   waiting --its turn, and enough machines exist--> keeping --all there--> offered
//      ^-------------hold time is over-------------------'
//
// Fairness, and what may be claimed at all (constraints, quota, reservations), are the allocator's answers.

import type { SchedulerCallRequest } from '../../mesos/types.ts'
import type { AgentId } from '../../model/ids.ts'
import { chooseGang, gather } from './gang-choice.ts'
import { candidates, confirmed, type Found, keptMembers, possibleMembers } from './gang-members.ts'
import { isSameWish, readGang } from './gang-request.ts'
import { type GangSearch, newSearch } from './gang-search.ts'
import { bookOffer, dropOffer, tellGang } from './offers.ts'
import { isHeldUp } from './pause.ts'
import type { Framework, Gang } from './records.ts'
import type { State } from './state.ts'

/** Gangs of one framework that wait; one more is refused. */
export const gangsPerFrameworkMax = 100
/** Agents looked at in one step, a few microseconds each, so that many gangs cannot stall it; at least one gang's. */
export const looksPerStepMax = 3_000
/** Machines asked in one step whether they can place a member, up to a tenth of a millisecond each. */
export const placementsPerStepMax = 300
/** Other frameworks that are asked whether they come first; who is asked later is not known to want anything. */
const turnLooksMax = 1_000

/** Takes the wishes of a REQUEST, or says why one of them cannot be taken; then none is. Without a gang it asks nothing. */
export function request(state: State, framework: Framework, call: SchedulerCallRequest): string | null {
  const gangs: (Gang | string)[] = []
  const own = [...state.gangs.values()].filter(({ frameworkId }) => frameworkId === framework.id)
  for (const one of call.requests ?? []) {
    if (one.gang === undefined) continue
    const gang = one.gang.count === 0 ? one.gang.id : readGang(state, framework, one)
    if (typeof gang === 'string' && one.gang.count > 0) return gang
    gangs.push(gang)
  }
  const named = gangs.map((it) => (typeof it === 'string' ? it : it.id))
  const twice = named.find((id, i) => named.indexOf(id) !== i)
  if (twice !== undefined) return `gang '${twice.slice(0, 80)}' is named twice`
  const ids = new Set([...own, ...gangs].flatMap((it) => (typeof it === 'string' ? [] : [it.id])))
  if (ids.size > gangsPerFrameworkMax) return `a framework may ask for ${gangsPerFrameworkMax} gangs at a time`
  for (const gang of gangs) {
    const id = typeof gang === 'string' ? gang : gang.id
    const present = state.gangs.get(gangKey(framework.id, id))
    if (typeof gang !== 'string' && present !== undefined && isSameWish(present, gang)) continue
    if (present !== undefined) forgetGang(state, present)
    if (typeof gang === 'string') continue
    state.gangs.set(gangKey(framework.id, id), gang)
    state.newGangs.add(gang)
  }
  // The others are looked at before the next rounds, which come for them alone if for nothing else.
  if (!isHeldUp(state)) assembleSome(state, state.newGangs)
  return null
}

/** Before a round: gangs that can be complete now are; one keeps what there is. Those who waited longest come first. */
export function assembleGangs(state: State): void {
  state.isGangInLine = false
  const next = assembleSome(state, state.gangs.values())
  // Who was not looked at comes first the next time.
  if (next !== null) rotate(state, next)
}

/**
 * Looks at as many of these as may be looked at in one step, a search that is not finished first; the first that must
 * wait, or null.
 */
function assembleSome(state: State, gangs: Iterable<Gang>): Gang | null {
  const budget = { placements: placementsPerStepMax }
  const unfinished = state.gangSearch === null ? [] : [state.gangSearch.gang]
  let looks = 0
  for (const gang of [...new Set([...unfinished, ...gangs])]) {
    if (looks > 0 && looks + state.agents.size > looksPerStepMax) return gang
    looks += state.agents.size
    const search = state.gangSearch?.gang === gang ? state.gangSearch : newSearch(gang)
    state.gangSearch = null
    state.newGangs.delete(gang)
    if (assemble(state, gang, { ...search, budget })) continue
    state.gangSearch = search
    state.newGangs.add(gang)
    return gang
  }
  return null
}

/** The framework is gone or its scheduler is another one: what it asked for is forgotten. */
export function forgetGangsOf(state: State, framework: Framework): void {
  for (const gang of [...state.gangs.values()]) if (gang.frameworkId === framework.id) forgetGang(state, gang)
}

/** The framework may have left a role: what it asked for there is forgotten. */
export function forgetGangsOutside(state: State, { id, roles }: Framework): void {
  for (const gang of [...state.gangs.values()]) {
    if (gang.frameworkId === id && !roles.includes(gang.role)) forgetGang(state, gang)
  }
}

/** The time to keep machines is over. */
export function gangDue(state: State, key: string): void {
  const gang = state.gangs.get(key)
  if (gang === undefined) return
  state.log('info', 'gang.released', 'a gang was not complete in time', {
    frameworkId: gang.frameworkId,
    gang: gang.id,
    kept: gang.kept.size,
    count: gang.count,
  })
  release(state, gang)
  endKeeping(state, gang)
  state.gangs.delete(key)
  state.gangs.set(key, gang)
  state.isAllocationUrgent = true
}

/** Completes the gang if that can be now, else keeps for it what there is. False when there was not time enough to know. */
function assemble(state: State, gang: Gang, search: GangSearch): boolean {
  const framework = state.frameworks.get(gang.frameworkId)
  if (framework === undefined || framework.streamId === null || !isWaiting(state, gang)) return true
  const kept = keptMembers(state, gang)
  for (const [agentId, offer] of [...gang.kept]) {
    // To be looked for anew.
    if (!kept.some((member) => member.agentId === agentId)) dropOffer(state, offer, null)
  }
  const free = candidates(state, framework, gang)
  const chosen = confirmed(state, search, free, (rest) => chooseGang([...kept, ...rest], gang.count, gang.racks))
  if (chosen === 'unknown') return false
  if (chosen !== null) {
    if (!isItsTurn(state, gang, chosen)) return true
    if (claimAll(state, gang, chosen)) {
      complete(state, framework, gang)
      return true
    }
  }
  return free.size + gang.kept.size === 0 || !mayKeep(state, gang) || keep(state, framework, search, kept, free)
}

/** Keeps for the gang what it finds, where it can be complete once more is free. False as for `assemble`. */
function keep(
  state: State,
  framework: Framework,
  search: GangSearch,
  kept: readonly Found[],
  free: Map<AgentId, Found>,
): boolean {
  const { gang } = search
  const others = possibleMembers(state, framework, search)
  if (others === 'unknown') return false
  const possible = [...kept, ...others]
  if (chooseGang(possible, gang.count, gang.racks) === null) return true
  const more = confirmed(state, search, free, (rest) => gather(kept, rest, possible, gang))
  if (more === 'unknown') return false
  if (more === null || !isItsTurn(state, gang, more) || !claimAll(state, gang, [...kept, ...more])) return true
  if (gang.kept.size === gang.count) complete(state, framework, gang)
  else if (gang.keepUntilMs === null && gang.kept.size > 0) {
    gang.keepUntilMs = state.nowMs + gang.holdMs
    state.timers.set(timerOf(gang), gang.keepUntilMs)
  }
  return true
}

/** Two that keep machines could wait for each other for ever. */
export function mayKeep(state: State, gang: Gang): boolean {
  if (gang.keepUntilMs !== null) return true
  if (gang.holdMs === 0 || state.nowMs < state.gangRestUntilMs) return false
  for (const other of state.gangs.values()) if (other.keepUntilMs !== null) return false
  return true
}

/** Nobody with a smaller share wants one of these; while it keeps machines it is the gang's turn. */
export function comesFirst(state: State, { frameworkId, role, keepUntilMs }: Gang, members: readonly Found[]): boolean {
  if (keepUntilMs !== null) return true
  const looks = { left: turnLooksMax }
  return members.every(({ agentId }) => state.allocator.isTurnOf(frameworkId, role, agentId, state.nowMs, looks))
}

/** When it is not, it is asked again in the next batch. */
function isItsTurn(state: State, gang: Gang, members: readonly Found[]): boolean {
  const isTurn = comesFirst(state, gang, members)
  if (!isTurn) state.isGangInLine = true
  return isTurn
}

function complete(state: State, framework: Framework, gang: Gang): void {
  const offers = [...gang.kept.values()]
  endKeeping(state, gang)
  state.gangs.delete(gangKey(gang.frameworkId, gang.id))
  tellGang(state, framework, gang.id, offers)
}

/** Exactly these are kept for the gang from now on. False, and nothing kept, when one was allowed alone but not with all. */
function claimAll(state: State, gang: Gang, members: readonly Found[]): boolean {
  const wanted = new Set(members.map(({ agentId }) => agentId))
  for (const [agentId, offer] of [...gang.kept]) if (!wanted.has(agentId)) dropOffer(state, offer, null)
  for (const { agentId, taken } of members) {
    if (gang.kept.has(agentId)) continue
    const grant = { frameworkId: gang.frameworkId, role: gang.role, agentId, resources: taken }
    if (state.allocator.claim(grant) !== null) {
      release(state, gang)
      return false
    }
    gang.kept.set(agentId, bookOffer(state, grant, gang))
  }
  return true
}

function release(state: State, gang: Gang): void {
  for (const offer of [...gang.kept.values()]) dropOffer(state, offer, null)
}

/** For as long as machines were kept none are, for nobody. */
function endKeeping(state: State, gang: Gang): void {
  if (gang.keepUntilMs === null) return
  const keptMs = gang.holdMs - (gang.keepUntilMs - state.nowMs)
  gang.keepUntilMs = null
  state.timers.clear(timerOf(gang))
  state.gangRestUntilMs = state.nowMs + keptMs
  state.timers.set('gangRest', state.gangRestUntilMs)
}

function forgetGang(state: State, gang: Gang): void {
  release(state, gang)
  endKeeping(state, gang)
  state.newGangs.delete(gang)
  if (state.gangSearch?.gang === gang) state.gangSearch = null
  state.gangs.delete(gangKey(gang.frameworkId, gang.id))
}

/** Neither complete nor forgotten. */
function isWaiting(state: State, gang: Gang): boolean {
  return state.gangs.get(gangKey(gang.frameworkId, gang.id)) === gang
}

/** Moves what comes before `gang` behind the rest. */
function rotate(state: State, gang: Gang): void {
  for (const [key, other] of [...state.gangs]) {
    if (other === gang) return
    state.gangs.delete(key)
    state.gangs.set(key, other)
  }
}

function gangKey(frameworkId: string, id: string): string {
  return `${frameworkId}/${id}`
}

function timerOf({ frameworkId, id }: Gang): string {
  return `gang:${gangKey(frameworkId, id)}`
}
