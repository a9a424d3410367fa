// Roles by their names alone: what is above what, which the operator allows, which frameworks are in.

import { roleAndAncestors } from '../../mesos/roles.ts'
import type { State } from './state.ts'
import type { ClusterPolicy } from './types.ts'

/** Names the first of `wanted` that the operator's list of roles, if there is one, has not; `*` is always there. */
export function unlistedRoleError(
  { roles }: Pick<ClusterPolicy, 'roles'>,
  ...wanted: readonly string[]
): string | null {
  const other = roles === null ? undefined : wanted.find((role) => role !== '*' && !roles.has(role))
  return other === undefined ? null : `role '${other}' is not one of the master's roles`
}

/** The role above; null for a role without a slash. */
export function parentRole(role: string): string | null {
  const slash = role.lastIndexOf('/')
  return slash === -1 ? null : role.slice(0, slash)
}

/** The role without what is below its first slash. */
export function topRole(role: string): string {
  const slash = role.indexOf('/')
  return slash === -1 ? role : role.slice(0, slash)
}

/** The roles of live frameworks and all above them. */
export function rolesInUse(state: State): ReadonlySet<string> {
  const roles = new Set<string>()
  for (const framework of state.frameworks.values()) {
    for (const role of framework.roles) for (const name of roleAndAncestors(role)) roles.add(name)
  }
  return roles
}

/** A log line names so many roles of one request; the rest is a number. */
const rolesLoggedMax = 20

export function logged(changes: readonly { readonly role: string }[]): Readonly<Record<string, unknown>> {
  return { remote: changes.slice(0, rolesLoggedMax), roles: changes.length }
}
