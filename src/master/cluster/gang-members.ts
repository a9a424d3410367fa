// Which machines could be members of a gang now, which ever, and what one takes of its machine. The answers are the
// allocator's and placement's; nothing is claimed here.

import { isWithinRole } from '../../mesos/roles.ts'
import type { AgentId } from '../../model/ids.ts'
import { contains, noResources, type Resource, type Resources, resources, scalarTotal } from '../../model/resources.ts'
import { milli } from '../../model/units.ts'
import { whyNotOffered } from './agent-activity.ts'
import type { Candidate } from './gang-choice.ts'
import { isAmountAlone } from './gang-request.ts'
import { canPlace, type GangSearch, isEverPlaced, isPlaced } from './gang-search.ts'
import type { Agent, Framework, Gang } from './records.ts'
import type { State } from './state.ts'

export type Found = Candidate & { readonly agent: Agent; readonly taken: Resources }

/** Machines of which enough is free now and that are not kept for it already. */
export function candidates(state: State, framework: Framework, gang: Gang): Map<AgentId, Found> {
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

/** Machines that would do if they were empty; unknown when not all could be asked in this step. */
export function possibleMembers(state: State, framework: Framework, search: GangSearch): readonly Found[] | 'unknown' {
  const { gang } = search
  const found: Found[] = []
  for (const agent of state.agents.values()) {
    if (gang.kept.has(agent.id) || whyNotOffered(state, agent) !== null) continue
    const taken = take(framework, gang, agent.total)
    if (taken === null) continue
    const isFit = isEverPlaced(search, agent)
    if (isFit === null) return 'unknown'
    if (isFit) found.push({ agentId: agent.id, agent, rack: rackOf(agent), left: 0, taken })
  }
  return found
}

/**
 * What `choose` chooses of those that can really be had; who cannot is left out, and it chooses again. After a refusal
 * ever more are asked at once, so that where most refuse it chooses a few times only.
 */
export function confirmed(
  state: State,
  search: GangSearch,
  free: Map<AgentId, Found>,
  choose: (rest: readonly Found[]) => readonly Candidate[] | null,
): readonly Found[] | 'unknown' | null {
  const sure = new Set<AgentId>(search.gang.kept.keys())
  let batch = search.gang.count
  for (;;) {
    const chosen = choose([...free.values()]) as readonly Found[] | null
    const unsure = chosen?.filter(({ agentId }) => !sure.has(agentId)) ?? []
    if (unsure.length === 0) return chosen
    const sizeBefore = free.size
    if (!askAll(unsure)) return 'unknown'
    if (free.size === sizeBefore) continue
    const others = [...free.values()].filter(({ agentId }) => !sure.has(agentId))
    if (!askAll(others.slice(0, batch))) return 'unknown'
    batch *= 2
  }

  /** False when the step is over. */
  function askAll(some: readonly Found[]): boolean {
    for (const one of some) {
      const isOk = canHave(state, search, one)
      if (isOk === null) return false
      if (isOk) sure.add(one.agentId)
      else free.delete(one.agentId)
    }
    return true
  }
}

function canHave(state: State, search: GangSearch, { agent, taken }: Found): boolean | null {
  const { frameworkId, role } = search.gang
  if (state.allocator.mayClaim({ frameworkId, role, agentId: agent.id, resources: taken }) !== null) return false
  return isPlaced(search, agent)
}

/** What is kept for it and can still be had: a machine may have been taken out, fallen sick, or filled up. */
export function keptMembers(state: State, gang: Gang): readonly Found[] {
  return [...gang.kept].flatMap(([agentId, { resources: taken }]) => {
    const agent = state.agents.get(agentId)
    if (agent === undefined || !isStillGood(state, gang, agent)) return []
    return [{ agentId, agent, rack: rackOf(agent), left: -1, taken }]
  })
}

function isStillGood(state: State, gang: Gang, agent: Agent): boolean {
  const { frameworkId, role } = gang
  if (whyNotOffered(state, agent) !== null) return false
  const nothing = { frameworkId, role, agentId: agent.id, resources: noResources }
  return state.allocator.mayClaim(nothing) === null && canPlace(gang, agent)
}

/** Of `items` what one member takes: its role's own reservations first; null when that is not enough. */
export function take(
  framework: Framework,
  { role, wanted }: Pick<Gang, 'role' | 'wanted'>,
  items: Resources,
): Resources | null {
  // Most machines of a busy cluster have too little of it all: seen without making anything.
  const lacks = (want: Resource) => want.value.kind === 'scalar' && scalarTotal(items, want.name) < want.value.milli
  if (wanted.some(lacks)) return null
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

export function rackOf({ info }: Agent): string | null {
  return info.attributes?.find(({ name }) => name === 'rack')?.text?.value ?? null
}
