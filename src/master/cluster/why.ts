// Why a framework is or is not offered machines now, and what would change it: for each machine the first reason in the
// order in which offers are decided, then grouped and counted for a person. The reasons come from the code that decides
// (allocator's `judge`, placement's `place`, agent-activity), never from a second opinion. It looks at every agent and is
// asked by people, not by the cluster. It does not know how answers are shown.

import { isWithinRole } from '../../mesos/roles.ts'
import {
  add,
  allocatedTo,
  noResources,
  overlap,
  type Resources,
  scalarTotal,
  scalarTotals,
  subtract,
} from '../../model/resources.ts'
import { unreachable } from '../../model/result.ts'
import type { Refusal } from '../allocator/types.ts'
import { whyNotOffered } from './agent-activity.ts'
import { supplyOf } from './ending.ts'
import { take } from './gang-members.ts'
import { reasonOf } from './gang-reason.ts'
import { isAmountAlone } from './gang-request.ts'
import { needOf } from './hardware.ts'
import type { Agent, Framework, Gang, Offer } from './records.ts'
import { reliefOf } from './sick-relief.ts'
import { withoutSick } from './sick-supply.ts'
import type { State } from './state.ts'
import type { WhyAnswer, WhyCode, WhyGroup, WhyQuery } from './types.ts'
import { type Answer, refusalAnswer } from './why-refusal.ts'
import { sentenceOf } from './why-sentence.ts'

/** Examples of machines and of holders that a group names; it counts all. */
const namesMax = 8

/** Null for a framework that is not there. */
export function why(state: State, query: WhyQuery): WhyAnswer | null {
  const framework = state.frameworks.get(query.frameworkId)
  if (framework === undefined) return null
  const one = query.agentId === null ? undefined : state.agents.get(query.agentId)
  const agents = query.agentId === null ? [...state.agents.values()] : one === undefined ? [] : [one]
  const gang = [...state.gangs.values()].find((it) => it.frameworkId === framework.id && it.role === query.role)
  // Who waits for a gang and says nothing else is asked what that wants.
  const asked = gang !== undefined && query.wanted.length === 0 ? { wanted: gang.wanted, wish: gang.wish } : query
  const groups = groupsOf(state, { ...query, wanted: asked.wanted, wish: asked.wish, framework, gang }, agents)
  const sentence = sentenceOf(agents, asked.wanted, groups)
  if (sentence !== null || gang === undefined || query.agentId !== null) return { groups, sentence }
  return { groups, sentence: reasonOf(state, framework, gang) }
}

type Query = WhyQuery & {
  readonly framework: Framework
  /** It waits for. */
  readonly gang: Gang | undefined
}

function groupsOf(state: State, query: Query, agents: readonly Agent[]): readonly WhyGroup[] {
  const groups = new Map<string, { readonly answer: Answer; readonly agents: Agent[]; readonly answers: Answer[] }>()
  for (const agent of agents) {
    const answer = answerOf(state, query, agent)
    const key = `${answer.code} ${answer.text}`
    const group = groups.get(key) ?? { answer, agents: [], answers: [] }
    group.agents.push(agent)
    group.answers.push(answer)
    groups.set(key, group)
  }
  return [...groups.values()]
    .map(({ answer: { code, text }, agents: members, answers }) => ({
      code,
      text,
      count: members.length,
      machines: members.slice(0, namesMax).map(({ info }) => info.hostname),
      changes: changesOf(answers),
      holders: answers.some(({ isHeld }) => isHeld) ? holdersOf(state, members) : [],
    }))
    .sort((a, b) => rankOf(a.code) - rankOf(b.code) || b.count - a.count)
}

const soonest: readonly WhyCode[] = ['offerable', 'hasOffer', 'filter']

function rankOf(code: WhyCode): number {
  const place = soonest.indexOf(code)
  return place < 0 ? soonest.length : place
}

function changesOf(answers: readonly Answer[]): readonly string[] {
  const sorted = [...answers].sort((a, b) => (a.changeMs ?? Infinity) - (b.changeMs ?? Infinity) || 0)
  return [...new Set(sorted.flatMap(({ change }) => change ?? []))].slice(0, namesMax)
}

function holdersOf(state: State, agents: readonly Agent[]): WhyGroup['holders'] {
  const counts = new Map<string, { framework: string; role: string; machines: number }>()
  for (const agent of agents) {
    const seen = new Set<string>()
    for (const { frameworkId, role } of state.allocator.holders(agent.id)) {
      const key = `${frameworkId}/${role}`
      if (seen.has(key)) continue
      seen.add(key)
      const framework = state.frameworks.get(frameworkId)?.info.name ?? frameworkId
      const count = counts.get(key) ?? { framework, role, machines: 0 }
      count.machines++
      counts.set(key, count)
    }
  }
  return [...counts.values()].sort((a, b) => b.machines - a.machines).slice(0, namesMax)
}

function answerOf(state: State, query: Query, agent: Agent): Answer {
  const { framework, role, wanted, gang } = query
  const inactive = activityAnswer(state, agent)
  if (inactive !== null) return inactive
  const never = neverAnswer(state, query, agent)
  if (never !== null) return never
  const mine = ownOffers(state, query, agent)
  // Offers of one machine are accepted together, but for those that nobody was told of.
  const told = mine.filter(({ keptFor }) => keptFor === null).map(({ resources }) => resources)
  if (told.length > 0 && lackOf(told.flat(), wanted) === null) {
    return placementAnswer(query, agent) ?? { code: 'hasOffer', text: 'it holds an offer of it' }
  }
  const kept = mine.find(({ keptFor, resources }) => keptFor !== null && lackOf(resources, wanted) === null)
  if (kept !== undefined) {
    const text = `it is kept for its gang '${kept.keptFor?.id}'`
    return placementAnswer(query, agent) ?? { code: 'hasOffer', text }
  }
  const barrier = wanted.length === 0 ? null : claimAnswer(state, query, agent)
  if (barrier !== null) return barrier
  if (gang !== undefined) {
    return placementAnswer(query, agent) ?? { code: 'offerable', text: `it could be a member of gang '${gang.id}'` }
  }
  const judged = state.allocator.judge(framework.id, role, agent.id, state.nowMs)
  if (judged.kind === 'refused') return refusalAnswer(state, judged.refusal)
  return placementAnswer(query, agent) ?? { code: 'offerable', text: 'it can be offered, or is at this moment' }
}

function ownOffers(state: State, { framework, role }: Query, agent: Agent): readonly Offer[] {
  const offers = [...agent.offers].flatMap((id) => state.offers.get(id) ?? [])
  return offers.filter((offer) => offer.frameworkId === framework.id && offer.role === role)
}

/** Why exactly what is wanted cannot be had of the machine now, whoever's turn it is. */
function claimAnswer(state: State, query: Query, agent: Agent): Answer | null {
  const refusedFor = (items: Resources) => claimRefusal(state, query, agent, items)
  const barrier = refusedFor(noResources)
  if (barrier !== null) return refusalAnswer(state, barrier)
  const taken = take(query.framework, query, state.allocator.available(agent.id))
  if (taken === null) return reachAnswer(state, query, agent) ?? heldAnswer(state, query, agent)
  const refusal = refusedFor(taken)
  return refusal === null ? null : refusalAnswer(state, refusal)
}

function claimRefusal(state: State, { framework, role }: Query, agent: Agent, items: Resources): Refusal | null {
  return state.allocator.mayClaim({ frameworkId: framework.id, role, agentId: agent.id, resources: items })
}

function activityAnswer(state: State, agent: Agent): Answer | null {
  if (state.awaitedAgents !== null) {
    const missing = Math.max(1, state.awaitedAgents - state.agents.size)
    return {
      code: 'paused',
      text: 'a new master with quotas waits for its agents',
      change: `${missing} more come back`,
    }
  }
  const reason = whyNotOffered(state, agent)
  switch (reason) {
    case null:
      return null
    case 'disconnected':
      return { code: reason, text: 'its link is broken', change: 'the agent comes back' }
    case 'draining':
      return { code: reason, text: 'an operator drains it', change: 'an operator reactivates it once it is drained' }
    case 'drained':
      return { code: reason, text: 'an operator drained it', change: 'an operator reactivates it' }
    case 'deactivated':
      return { code: reason, text: 'an operator took it out', change: 'an operator reactivates it' }
    case 'notOnWhitelist':
      return { code: reason, text: 'it is not on the whitelist', change: 'an operator lists it' }
    case 'sick':
      return {
        code: reason,
        text: 'the machine is sick',
        change: `${agent.info.hostname}: ${agent.sickMachine ?? 'it is well again'}`,
      }
    default:
      return unreachable(reason)
  }
}

/** Why what is wanted could not be had of the machine if it were well and nobody held anything. */
function neverAnswer(state: State, query: Query, agent: Agent): Answer | null {
  const { framework, role, wanted } = query
  const lack = lackOf(agent.total, wanted)
  if (lack !== null) return tooSmall(agent.total, lack, scalarTotal(wanted, lack))
  if (take(framework, query, agent.total) !== null) return null
  const named = agent.total.filter(({ name }) => wanted.some((want) => want.name === name))
  const owners = named.flatMap(({ reservations }) => reservations?.at(-1)?.role ?? [])
  const others = [...new Set(owners.filter((owner) => !isWithinRole(role, owner)))].sort()
  if (others.length > 0) return { code: 'reserved', text: `too much of it is reserved for ${others.join(', ')}` }
  if (owners.length === 0) return { code: 'tooSmall', text: 'it has not all of it' }
  return refusalAnswer(state, { kind: 'hidden', capability: 'RESERVATION_REFINEMENT' })
}

/** The first resource by name of which `items` has less than `wanted`, or null. Who wants an amount gets no whole disk. */
function lackOf(items: Resources, wanted: Resources): string | null {
  const alone = items.filter(isAmountAlone)
  for (const [name, amount] of scalarTotals(wanted)) if (scalarTotal(alone, name) < amount) return name
  return null
}

function tooSmall(total: Resources, name: string, wantedMilli: number): Answer {
  const code = 'tooSmall'
  const isNone = scalarTotal(total.filter(isAmountAlone), name) === 0
  const little = `it has too little ${name}`
  if (scalarTotal(total, name) < wantedMilli) return { code, text: isNone ? `it has no ${name}` : little }
  const own = 'only as disks or volumes of their own'
  return { code, text: isNone ? `it has ${name} ${own}` : `${little}: the rest is there ${own}` }
}

/**
 * It is all free or in an offer of its own, or would be if certain parts that are sick were healthy. Null where others
 * hold it.
 */
function reachAnswer(state: State, query: Query, agent: Agent): Answer | null {
  const { framework, wanted, wish } = query
  const own = ownOffers(state, query, agent).reduce<Resources>(
    (sum, { resources }) => add(sum, allocatedTo(resources, undefined)),
    noResources,
  )
  const free = state.allocator.available(agent.id)
  const now = supplyOf(agent).total
  const takenOf = (ifHealthy: Agent) => {
    const then = supplyOf(ifHealthy).total
    return take(framework, query, add(add(free, own), subtract(then, overlap(then, now))))
  }
  const need = needOf(wanted, agent.hardware)
  const relief = reliefOf(agent, (ifHealthy) => {
    return takenOf(ifHealthy) !== null && agent.books.fitsIf(ifHealthy.sickness.parts, need, wish)
  })
  const taken = relief === null ? null : takenOf(relief.agent)
  if (relief === null || taken === null) return null
  // What it has in an offer counts for its quota already.
  const more = subtract(taken, overlap(taken, own))
  const refusal = claimRefusal(state, query, agent, overlap(more, free)) ?? claimRefusal(state, query, agent, more)
  if (refusal !== null && refusal.kind !== 'nothingFree') return refusalAnswer(state, refusal)
  if (relief.names === '') {
    return {
      code: 'busy',
      text: 'it holds an offer of a part of it, and the rest is free',
      change: 'it declines that offer',
    }
  }
  return {
    code: 'sick',
    text: 'parts of it are sick',
    change: `would fit on ${agent.info.hostname} if ${relief.names} were healthy`,
  }
}

/** Too much is held; what is sick is said where it would be missing even if nothing were. */
function heldAnswer(state: State, query: Query, agent: Agent): Answer {
  const held: Answer =
    state.allocator.available(agent.id).length === 0
      ? refusalAnswer(state, { kind: 'nothingFree' })
      : { code: 'busy', text: 'too much of it is held by others or by itself', isHeld: true }
  const empty = { tasks: new Map(), ending: new Map(), used: noResources, endingUsed: noResources }
  const relief = reliefOf(agent, (ifHealthy) => {
    return take(query.framework, query, withoutSick({ ...ifHealthy, ...empty }, agent.total)) !== null
  })
  if (relief === null || relief.names === '') return held
  return {
    ...held,
    text: `${held.text}, and parts of it are sick`,
    change: `${agent.info.hostname}: ${relief.names} would have to be healthy as well`,
  }
}

function placementAnswer({ wanted, wish }: Query, agent: Agent): Answer | null {
  const placed = agent.books.place(needOf(wanted, agent.hardware), wish)
  if (placed.ok) return null
  const isTaken = placed.fault.code === 'PLACEMENT_TAKEN'
  return {
    code: 'placement',
    text: isTaken ? 'its hardware cannot be had in that way now' : 'its hardware can never be had in that way',
    change: `${agent.info.hostname}: ${placed.fault.message}`,
    isHeld: isTaken,
  }
}
