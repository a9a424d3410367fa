// Which machines could be members of a gang now, which ever, and what one takes of its machine. The answers are the
// allocator's and placement's; nothing is claimed here.

import { isWithinRole } from '../../mesos/roles.ts'
import type { AgentId } from '../../model/ids.ts'
import { contains, type Resource, type Resources, resources, scalarTotal } from '../../model/resources.ts'
import { milli } from '../../model/units.ts'
import { noWish } from '../placement/wish.ts'
import { whyNotOffered } from './agent-activity.ts'
import type { Candidate } from './gang-choice.ts'
import { isAmountAlone } from './gang-request.ts'
import { needOf } from './hardware.ts'
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

/** Machines that would do if they were empty. */
export function possibleMembers(state: State, framework: Framework, gang: Gang): Found[] {
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
export function confirmed(
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
