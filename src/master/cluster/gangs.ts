// Gangs: a framework asks by REQUEST for several machines at once, all or none, in racks as it says. Before each round
// of the allocator those that can be complete now get what they asked for, as one OFFERS event.
//
// One that cannot waits, and one gang at a time may keep what it finds until the rest is there: for its hold time, after
// which everything goes back and it rests as long, so that others are kept waiting for half of the time at most.
// What is kept is an offer that nobody was told of: it ends with its agent or framework as other offers do.
//
//   waiting --a turn, and enough machines exist--> keeping --all there--> offered
//      ^---rest is over--- resting <---hold time is over---'
//
// It does not know fairness: what may be claimed at all (constraints, quota, reservations) is the allocator's answer.

import type { SchedulerCallRequest } from '../../mesos/types.ts'
import { chooseGang, gather } from './gang-choice.ts'
import { candidates, confirmed, type Found, possibleMembers, rackOf } from './gang-members.ts'
import { isSameWish, readGang } from './gang-request.ts'
import { bookOffer, dropOffer, tellGang } from './offers.ts'
import type { Framework, Gang } from './records.ts'
import type { State } from './state.ts'

/** Gangs of one framework that wait; one more is refused. */
export const gangsPerFrameworkMax = 100
/** Agents looked at in one step, some ten microseconds each, so that many gangs cannot stall it; at least one gang's. */
export const looksPerStepMax = 3_000

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
    if (present !== undefined) rest(state, gang, present)
    state.gangs.set(gangKey(framework.id, id), gang)
    state.newGangs.add(gang)
  }
  // The others are looked at before the next rounds, which come for them alone if for nothing else.
  assembleSome(state, state.newGangs)
  return null
}

/** Who changes what it asks for rests as long as it has kept machines, and no shorter than before. */
function rest(state: State, gang: Gang, former: Gang): void {
  const keptMs = former.keepUntilMs === null ? 0 : former.holdMs - (former.keepUntilMs - state.nowMs)
  gang.restUntilMs = Math.max(former.restUntilMs, state.nowMs + keptMs)
  if (gang.restUntilMs > state.nowMs) state.timers.set(timerOf(gang), gang.restUntilMs)
}

/** Before a round: gangs that can be complete now are; one keeps what there is. Those who waited longest come first. */
export function assembleGangs(state: State): void {
  const next = assembleSome(state, state.gangs.values())
  // Who was not looked at comes first the next time.
  if (next !== null) rotate(state, next)
}

/** Looks at as many of these as may be looked at in one step; the first that must wait, or null. */
function assembleSome(state: State, gangs: Iterable<Gang>): Gang | null {
  let looks = 0
  for (const gang of [...gangs]) {
    if (looks > 0 && looks + state.agents.size > looksPerStepMax) return gang
    looks += state.agents.size
    state.newGangs.delete(gang)
    assemble(state, gang)
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

/** The time to keep machines, or to rest, is over. */
export function gangDue(state: State, key: string): void {
  const gang = state.gangs.get(key)
  if (gang === undefined) return
  if (gang.keepUntilMs === null) return assemble(state, gang)
  state.log('info', 'gang.released', 'a gang was not complete in time', {
    frameworkId: gang.frameworkId,
    gang: gang.id,
    kept: gang.kept.size,
    count: gang.count,
  })
  release(state, gang)
  gang.keepUntilMs = null
  gang.restUntilMs = state.nowMs + gang.holdMs
  state.timers.set(timerOf(gang), gang.restUntilMs)
  state.isAllocationUrgent = true
}

/** Completes the gang if that can be now, else keeps for it what there is when it is its turn. */
function assemble(state: State, gang: Gang): void {
  const framework = state.frameworks.get(gang.frameworkId)
  if (framework === undefined || framework.streamId === null) return
  const kept = [...gang.kept].flatMap(([agentId, { resources: taken }]) => {
    const agent = state.agents.get(agentId)
    return agent === undefined ? [] : [{ agentId, agent, rack: rackOf(agent), left: -1, taken }]
  })
  const free = candidates(state, framework, gang)
  const chosen = confirmed(state, gang, free, (rest) => chooseGang([...kept, ...rest], gang.count, gang.racks))
  if (chosen !== null && claimAll(state, gang, chosen)) return complete(state, framework, gang)
  if (free.size + gang.kept.size === 0 || !mayKeep(state, gang)) return
  const possible = [...kept, ...possibleMembers(state, framework, gang)]
  if (chooseGang(possible, gang.count, gang.racks) === null) return
  const more = confirmed(state, gang, free, (rest) => gather(kept, rest, possible, gang)) ?? []
  if (!claimAll(state, gang, [...kept, ...more])) return
  if (gang.kept.size === gang.count) return complete(state, framework, gang)
  if (gang.keepUntilMs !== null || gang.kept.size === 0) return
  gang.keepUntilMs = state.nowMs + gang.holdMs
  state.timers.set(timerOf(gang), gang.keepUntilMs)
}

/** Two that keep machines could wait for each other for ever. */
function mayKeep(state: State, gang: Gang): boolean {
  if (gang.holdMs === 0 || state.nowMs < gang.restUntilMs) return false
  for (const other of state.gangs.values()) if (other !== gang && other.keepUntilMs !== null) return false
  return true
}

function complete(state: State, framework: Framework, gang: Gang): void {
  const offers = [...gang.kept.values()]
  state.gangs.delete(gangKey(gang.frameworkId, gang.id))
  state.timers.clear(timerOf(gang))
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

function forgetGang(state: State, gang: Gang): void {
  release(state, gang)
  state.newGangs.delete(gang)
  state.gangs.delete(gangKey(gang.frameworkId, gang.id))
  state.timers.clear(timerOf(gang))
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
