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

import { fromMessages } from '../../mesos/resources.ts'
import { isWithinRole } from '../../mesos/roles.ts'
import type { Request, SchedulerCallRequest } from '../../mesos/types.ts'
import { type AgentId, idError } from '../../model/ids.ts'
import { contains, type Resource, type Resources, resources, scalarTotal } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import { milli } from '../../model/units.ts'
import { noWish, wishOf } from '../placement/wish.ts'
import { whyNotOffered } from './agent-activity.ts'
import { type Candidate, chooseGang, gather } from './gang-choice.ts'
import { needOf } from './hardware.ts'
import { bookOffer, dropOffer, tellGang } from './offers.ts'
import type { Agent, Framework, Gang } from './records.ts'
import type { State } from './state.ts'

/** Machines of one gang: their offers are one event, which clients refuse beyond 4 MiB. */
export const gangCountMax = 256
/** Gangs of one framework that wait; one more is refused. */
export const gangsPerFrameworkMax = 100
export const holdDefaultMs = 30_000
export const holdMaxMs = 600_000
/** Resources of each machine that are named: every agent is asked for each. */
export const gangResourcesMax = 32
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

/** One that is asked for again goes on as it is: what it keeps, and how long. */
function isSameWish(present: Gang, again: Gang): boolean {
  const words = ({ role, count, wanted, wish, racks, holdMs }: Gang) =>
    JSON.stringify([role, count, wanted, wish, racks, holdMs])
  return words(present) === words(again)
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

function readGang(
  state: State,
  framework: Framework,
  { gang, resources: messages = [], agent_id }: Request,
): Gang | string {
  invariant(gang !== undefined, 'only gangs are read')
  const { id, count, labels, racks = 'ANY', hold_seconds } = gang
  const role = gang.role ?? (framework.roles.length === 1 ? framework.roles[0] : undefined)
  const wrong = (what: string) => `gang '${id.slice(0, 80)}': ${what}`
  const error = idError(id)
  if (error !== null) return wrong(error)
  if (agent_id !== undefined) return wrong('agent_id must not be set: it is asked for any machines')
  if (count > gangCountMax) return wrong(`count must be at most ${gangCountMax}`)
  if (role === undefined || !framework.roles.includes(role)) return wrong('role must be a role of the framework')
  const wanted = fromMessages(messages)
  if (!wanted.ok) return wrong(wanted.fault.message)
  if (wanted.value.length === 0) return wrong('resources of each machine are required')
  if (wanted.value.length > gangResourcesMax) return wrong(`at most ${gangResourcesMax} resources may be named`)
  const special = wanted.value.find((item) => {
    return !isAmountAlone(item) || item.reservations !== undefined || item.allocationRole !== undefined
  })
  if (special !== undefined) return wrong(`'${special.name}' must be given without reservation, disk, volume or role`)
  const wish = wishOf(labels?.labels ?? [])
  if (!wish.ok) return wrong(wish.fault.message)
  const holdMs = Math.round((hold_seconds ?? holdDefaultMs / 1000) * 1000)
  if (!(holdMs >= 0 && holdMs <= holdMaxMs)) return wrong(`hold_seconds must be from 0 to ${holdMaxMs / 1000}`)
  return {
    id,
    frameworkId: framework.id,
    role,
    count,
    wanted: wanted.value,
    wish: wish.value,
    racks,
    holdMs,
    askedMs: state.nowMs,
    kept: new Map(),
    keepUntilMs: null,
    restUntilMs: 0,
  }
}

/** Nothing but an amount, whoever it is reserved for. */
function isAmountAlone({ disk, revocable, shared, providerId }: Resource): boolean {
  return !disk && !revocable && !shared && providerId === undefined
}

type Found = Candidate & { readonly agent: Agent; readonly taken: Resources }

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
  if (!mayKeep(state, gang)) return
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

/** Machines of which enough is free now and that are not kept for it already. */
function candidates(state: State, framework: Framework, gang: Gang): Map<AgentId, Found> {
  const found = new Map<AgentId, Found>()
  for (const agent of state.agents.values()) {
    if (gang.kept.has(agent.id) || whyNotOffered(state, agent) !== null) continue
    const free = state.allocator.available(agent.id)
    const taken = take(framework, gang, free)
    if (taken === null) continue
    found.set(agent.id, { agentId: agent.id, agent, rack: rackOf(agent), left: leftOf(free, gang.wanted), taken })
  }
  return found
}

/** Machines that would do if they were empty. */
function possibleMembers(state: State, framework: Framework, gang: Gang): Found[] {
  return [...state.agents.values()].flatMap((agent) => {
    if (gang.kept.has(agent.id) || whyNotOffered(state, agent) !== null) return []
    const taken = take(framework, gang, agent.total)
    if (taken === null || isNeverPlaced(agent, gang)) return []
    return [{ agentId: agent.id, agent, rack: rackOf(agent), left: 0, taken }]
  })
}

function isNeverPlaced(agent: Agent, { wanted, wish }: Gang): boolean {
  if (wish === noWish) return false
  const placed = agent.books.place(needOf(wanted, agent.hardware), wish)
  return !placed.ok && placed.fault.code === 'PLACEMENT_IMPOSSIBLE'
}

/** What `choose` chooses of those that can really be had; who cannot is left out, and it chooses again. */
function confirmed(
  state: State,
  gang: Gang,
  free: Map<AgentId, Found>,
  choose: (rest: readonly Found[]) => readonly Candidate[] | null,
): readonly Found[] | null {
  const sure = new Set<AgentId>(gang.kept.keys())
  for (;;) {
    const chosen = choose([...free.values()]) as readonly Found[] | null
    const unsure = chosen?.filter(({ agentId }) => !sure.has(agentId)) ?? []
    if (unsure.length === 0) return chosen
    for (const one of unsure) {
      if (canHave(state, gang, one)) sure.add(one.agentId)
      else free.delete(one.agentId)
    }
  }
}

function canHave(state: State, gang: Gang, { agent, taken }: Found): boolean {
  const { frameworkId, role, wanted, wish } = gang
  if (state.allocator.mayClaim({ frameworkId, role, agentId: agent.id, resources: taken }) !== null) return false
  return agent.books.place(needOf(wanted, agent.hardware), wish).ok
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

/** Of `items` what one member takes: its role's own reservations first; null when that is not enough. */
export function take(
  framework: Framework,
  { role, wanted }: Pick<Gang, 'role' | 'wanted'>,
  items: Resources,
): Resources | null {
  const seesRefined = framework.capabilities.has('RESERVATION_REFINEMENT')
  const usable = items.filter((item) => {
    const depth = item.reservations?.length ?? 0
    const owner = item.reservations?.at(-1)?.role
    const isOwn = owner === undefined || isWithinRole(role, owner)
    return isOwn && (depth < 2 || seesRefined) && isAmountAlone(item)
  })
  const taken: Resource[] = []
  for (const want of wanted) {
    const named = usable.filter((item) => item.name === want.name && item.value.kind === want.value.kind)
    if (want.value.kind !== 'scalar') {
      const whole = named.find((item) => contains([item], [{ ...want, key: item.key }]))
      if (whole === undefined) return null
      taken.push({ ...whole, value: want.value })
      continue
    }
    let missing: number = want.value.milli
    for (const item of named.sort((a, b) => (b.reservations?.length ?? 0) - (a.reservations?.length ?? 0))) {
      const part = Math.min(missing, item.value.kind === 'scalar' ? item.value.milli : 0)
      if (part > 0) taken.push({ ...item, value: { kind: 'scalar', milli: milli(part) } })
      missing -= part
    }
    if (missing > 0) return null
  }
  return resources(taken)
}

/** GPUs are the scarcest: a machine that has none too many comes first. */
function leftOf(free: Resources, wanted: Resources): number {
  const more = (name: string) => scalarTotal(free, name) - scalarTotal(wanted, name)
  return more('gpus') * 1e6 + more('cpus')
}

function rackOf({ info }: Agent): string | null {
  return info.attributes?.find(({ name }) => name === 'rack')?.text?.value ?? null
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
