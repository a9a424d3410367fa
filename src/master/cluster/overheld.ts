// Tasks may hold what their agent no longer has under that name: its reservations were changed behind the master's back,
// or an operation that they were launched on was not done. The parts of the machine are in use all the same, so that as
// much of the same kind must not be offered to others meanwhile. It does not know how that came about.

import {
  allocatedTo,
  contains,
  overlap,
  type Resource,
  type Resources,
  resource,
  resources,
  subtract,
} from '../../model/resources.ts'
import type { Agent } from './records.ts'

/** Whether anything is held on the agent that it does not have. */
export function isOverheld(agent: Pick<Agent, 'total' | 'used'>): boolean {
  return agent.used.length > 0 && !contains(agent.total, allocatedTo(agent.used, undefined))
}

/** `supply` (what of the agent's total may be offered or is held) without as much as is held beyond the total. */
export function withoutOverheld(agent: Pick<Agent, 'total' | 'used' | 'isOverheld'>, supply: Resources): Resources {
  if (!agent.isOverheld) return supply
  const used = allocatedTo(agent.used, undefined)
  let beyond = resources(subtract(used, overlap(used, agent.total)).map(bare))
  const free = subtract(supply, overlap(supply, used))
  // What nobody reserved goes first: a reservation is a promise.
  const inOrder = [...free].sort((a, b) => (a.reservations?.length ?? 0) - (b.reservations?.length ?? 0))
  let left = supply
  for (const item of inOrder) {
    const taken = overlap([bare(item)], beyond)
    if (taken.length === 0) continue
    beyond = subtract(beyond, taken)
    left = subtract(
      left,
      taken.map(({ value }) => ({ ...item, value })),
    )
  }
  return left
}

/** The part of the machine alone, whoever it is reserved for and whatever was made of it. */
function bare({ name, value, disk }: Resource): Resource {
  return resource(disk?.source === undefined ? { name } : { name, disk: { source: disk.source } }, value)
}
