// Tasks may hold what their agent no longer has under that name or in that size: its reservations were changed behind
// the master's back, or an operation that they were launched on was not done. The parts of the machine are in use all
// the same, so that as much of the same kind must not be offered to others meanwhile, nor what is left of a volume. It
// does not know how that came about.

import { isVolume } from '../../mesos/operations.ts'
import {
  allocatedTo,
  contains,
  equal,
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
  return !contains(total, held) || partlyHeld(total, held).length > 0
}

/** `supply` (what of the agent's total may be offered or is held) without as much as is held beyond the total. */
export function withoutOverheld(agent: Pick<Agent, 'total' | 'used' | 'isOverheld'>, supply: Resources): Resources {
  if (!agent.isOverheld) return supply
  const used = heldOnce(agent.used)
  let beyond = resources(subtract(used, overlap(used, agent.total)).map(bare))
  let left = subtract(supply, partlyHeld(supply, used))
  const free = subtract(left, overlap(left, used))
  // What nobody reserved goes first: a reservation is a promise.
  const inOrder = [...free].sort((a, b) => (a.reservations?.length ?? 0) - (b.reservations?.length ?? 0))
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

/**
 * Without allocation, and what is shared as if one held it. What is revocable is no part of the total, and may shrink under
 * those who use it.
 */
function heldOnce(used: Resources): Resources {
  const lasting = allocatedTo(used, undefined).filter(({ revocable }) => !revocable)
  return lasting.map(({ copies: _copies, ...item }) => item)
}

/** What nobody holds of volumes that somebody holds: they are only used whole. */
function partlyHeld(total: Resources, held: Resources): Resources {
  const volumes = held.filter((item) => isVolume(item) && item.shared !== true)
  const keys = new Set(volumes.map(({ key }) => key))
  const whole = total.filter(({ key }) => keys.has(key))
  return equal(whole, volumes) ? [] : subtract(whole, overlap(whole, volumes))
}

/** The part of the machine alone, whoever it is reserved for and whatever was made of it. */
function bare({ name, value, disk }: Resource): Resource {
  return resource(disk?.source === undefined ? { name } : { name, disk: { source: disk.source } }, value)
}
