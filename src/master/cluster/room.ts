// What the operations of one ACCEPT work in: the resources of its offers, less what each operation took. Volumes and
// whole disks are taken whole; a shared volume that was offered once may be used by several tasks, each with a copy of
// its own. It does not know what is taken for what.

import { formatResources } from '../../mesos/resource-text.ts'
import {
  add,
  allocatedTo,
  contains,
  isIndivisible,
  noResources,
  overlap,
  type Resource,
  type Resources,
  subtract,
} from '../../model/resources.ts'
import type { Agent, Framework } from './records.ts'
import type { Refusals } from './refusals.ts'
import type { State } from './state.ts'

export type Room = {
  readonly framework: Framework
  readonly agent: Agent
  readonly role: string
  /** All of it allocated to the role. */
  left: Resources
  /** Keys of the shared volumes that were offered or made by an operation. */
  readonly sharedKeys: Set<string>
  readonly refusals: Refusals
}

export function openRoom(place: Pick<Room, 'framework' | 'agent' | 'role' | 'refusals'>, offered: Resources): Room {
  return { ...place, left: offered, sharedKeys: new Set(offered.filter(({ shared }) => shared).map(({ key }) => key)) }
}

/** Why these (allocated to the room's role) cannot be taken, or null. */
export function shortageIn(room: Room, wanted: Resources): string | null {
  const whole = wanted.find((item) => isPartOfWhole(room.agent, item))
  if (whole !== undefined) return `'${whole.name}' of one volume or one whole disk can only be used whole`
  const { own } = split(room, wanted)
  if (contains(room.left, own)) return null
  return `more resources are used than offered: ${textOf(wanted)} of ${textOf(room.left)}`
}

/** Takes them out, after `shortageIn` had nothing against it; copies of shared volumes are made as they are needed. */
export function takeFrom(state: State, room: Room, wanted: Resources): void {
  const { own, copies } = split(room, wanted)
  room.left = subtract(room.left, own)
  if (copies.length === 0) return
  const { framework, agent, role } = room
  state.allocator.addAllocation({
    frameworkId: framework.id,
    agentId: agent.id,
    role,
    resources: allocatedTo(copies, undefined),
  })
}

/** Puts in what an operation made. */
export function putInto(room: Room, made: Resources): void {
  room.left = add(room.left, made)
  for (const { shared, key } of made) if (shared) room.sharedKeys.add(key)
}

/** What is taken out of the room, and the copies of shared volumes that it no longer has. */
function split(room: Room, wanted: Resources): { readonly own: Resources; readonly copies: Resources } {
  const isCopied = ({ shared, key }: Resource) => shared === true && room.sharedKeys.has(key)
  const shared = wanted.filter(isCopied)
  if (shared.length === 0) return { own: wanted, copies: noResources }
  const present = overlap(shared, room.left)
  return {
    own: add(
      wanted.filter((item) => !isCopied(item)),
      present,
    ),
    copies: subtract(shared, present),
  }
}

/** Whether it is a part of something that only exists as a whole: the agent has one entry of it. */
function isPartOfWhole(agent: Agent, item: Resource): boolean {
  if (!isIndivisible(item)) return false
  const [plain] = allocatedTo([item], undefined)
  const whole = agent.total.find(({ key }) => key === plain?.key)
  return whole !== undefined && plain !== undefined && !contains([plain], [whole])
}

function textOf(items: Resources): string {
  return items.length === 0 ? 'nothing' : formatResources(allocatedTo(items, undefined))
}
