// Tasks may hold what their agent no longer has under that name or in that size: its reservations were changed behind
// the master's back, or an operation that they were launched on was not done. The parts of the machine are in use all
// the same, so that as much of the same kind must not be offered to others meanwhile, nor what is left of a volume. It
// does not know how that came about.

import { isVolume } from '../../mesos/operations.ts'
import {
  add,
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

/** Whether anything is held on the agent that it does not have, or a part of a volume. */
export function isOverheld({ total, used }: Pick<Agent, 'total' | 'used'>): boolean {
  if (used.length === 0) return false
  const held = heldOnce(used)
  if (!contains(total, held)) return true
  const volumes = held.filter(isWhole)
  const keys = new Set(volumes.map(({ key }) => key))
  return !contains(
    volumes,
    total.filter(({ key }) => keys.has(key)),
  )
}

/** `supply` (what of the agent may be offered, or frameworks hold) without as much as is held beyond the total. */
export function withoutOverheld(
  agent: Pick<Agent, 'total' | 'used' | 'endingUsed' | 'isOverheld'>,
  supply: Resources,
): Resources {
  if (!agent.isOverheld) return supply
  const used = heldOnce(agent.used)
  // What nobody's runs hold is not in the supply.
  const kept = heldOnce(subtract(agent.used, agent.endingUsed))
  const volumes = new Set(used.filter(isWhole).map(({ key }) => key))
  const others = supply.filter(({ key }) => !volumes.has(key))
  let left = add(others, overlap(supply, kept.filter(isWhole)))
  let beyond = resources(subtract(used, overlap(used, agent.total)).map(bare))
  const free = subtract(left, overlap(left, kept))
  // What nobody reserved goes first: a reservation is a promise.
  const inOrder = [...free].sort((a, b) => (a.reservations?.length ?? 0) - (b.reservations?.length ?? 0))
  for (const item of inOrder) {
    const taken = overlap([bare(item)], beyond)
    beyond = subtract(beyond, taken)
    left = subtract(
      left,
      taken.map(({ value }) => ({ ...item, value })),
    )
  }
  return left
}

/** Without allocation; what is shared as if one held it, and without what is beyond the total by its nature. */
function heldOnce(used: Resources): Resources {
  const own = used.filter(({ revocable }) => revocable !== true)
  return allocatedTo(own, undefined).map(({ copies: _copies, ...item }) => item)
}

/** A volume that one task uses, and uses whole. */
function isWhole(item: Resource): boolean {
  return isVolume(item) && item.shared !== true
}

/** The part of the machine alone, whoever it is reserved for and whatever was made of it. */
function bare({ name, value, disk }: Resource): Resource {
  return resource(disk?.source === undefined ? { name } : { name, disk: { source: disk.source } }, value)
}
