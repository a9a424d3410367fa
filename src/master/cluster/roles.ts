// Roles as the whole cluster sees them: which there are, and what is in each of them and below it. Made when it is asked
// for, in one walk over what holds resources. It does not know how resources are divided among roles.

import { roleAndAncestors } from '../../mesos/roles.ts'
import type { FrameworkId } from '../../model/ids.ts'
import { noResources, type Resource, type Resources, sumToShow } from '../../model/resources.ts'
import type { Quantities } from '../allocator/types.ts'
import { Amounts } from './amounts.ts'
import type { State } from './state.ts'
import type { RoleRecord } from './types.ts'
import { weightOf } from './weights.ts'

type RoleParts = {
  readonly frameworks: FrameworkId[]
  readonly allocated: Resource[]
  readonly offered: Resource[]
  readonly reserved: Resource[]
}

export function rolesOf(state: State): readonly RoleRecord[] {
  const roles = partsOf(state)
  return [...roles.keys()].sort().map((name) => roleRecord(state, name, roles.get(name) as RoleParts))
}

function partsOf(state: State): ReadonlyMap<string, RoleParts> {
  const roles = new Map<string, RoleParts>()
  const roleOf = (name: string): RoleParts => {
    const present = roles.get(name)
    if (present !== undefined) return present
    const made: RoleParts = { frameworks: [], allocated: [], offered: [], reserved: [] }
    roles.set(name, made)
    return made
  }
  const put = (kind: 'allocated' | 'offered' | 'reserved', role: string, items: Resources) => {
    for (const name of roleAndAncestors(role)) {
      const list = roleOf(name)[kind]
      for (const item of items) list.push(item)
    }
  }
  const mention = (role: string) => put('offered', role, noResources)
  const { policy } = state.config
  for (const role of ['*', ...(policy.roles ?? []), ...state.weights.keys(), ...state.quotas.keys()]) mention(role)
  for (const framework of state.frameworks.values()) {
    for (const name of framework.roles) {
      mention(name)
      roleOf(name).frameworks.push(framework.id)
    }
    for (const task of framework.tasks.values()) if (task.holdsResources) put('allocated', task.role, task.resources)
  }
  for (const offer of state.offers.values()) put('offered', offer.role, offer.resources)
  for (const agent of state.agents.values()) {
    for (const item of agent.total) {
      const holder = item.reservations?.at(-1)?.role
      if (holder !== undefined) put('reserved', holder, [item])
    }
  }
  return roles
}

function roleRecord(state: State, name: string, { frameworks, allocated, offered, reserved }: RoleParts): RoleRecord {
  return {
    name,
    weight: weightOf(state, name),
    frameworks,
    allocated: sumToShow(allocated),
    offered: sumToShow(offered),
    reserved: sumToShow(reserved),
    quota: state.quotas.get(name) ?? null,
    consumed: consumedOf(allocated, reserved),
    share: state.allocator.share(name),
  }
}

/** Reserved resources count whether held or not, and so they count once. */
function consumedOf(allocated: readonly Resource[], reserved: readonly Resource[]): Quantities {
  const amounts = new Amounts()
  amounts.addResources(allocated, 'unreserved')
  amounts.addResources(reserved, 'all')
  return amounts.sums
}
