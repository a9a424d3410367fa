// What a framework says of itself when it subscribes or updates itself (Mesos src/master/validation.cpp), as far as the
// message alone can tell. It does not know other frameworks, role whitelists, nor who is authenticated as whom.

import { idError } from '../model/ids.ts'
import { encodeJson } from './json.ts'
import { roleError } from './roles.ts'
import type { FrameworkInfo, FrameworkInfoCapabilityType, OfferFilters } from './types.ts'
import { scalarMax } from './validate-resource.ts'

/** A failover_timeout beyond this many seconds does not fit into 63 bits of nanoseconds. */
export const failoverTimeoutMaxSeconds = 9_223_372_036

export function hasCapability(info: FrameworkInfo, capability: FrameworkInfoCapabilityType): boolean {
  return (info.capabilities ?? []).some(({ type }) => type === capability)
}

/** The roles a framework is in: `roles` with MULTI_ROLE, else the one `role`, which is `*` when unset. */
export function frameworkRoles(info: FrameworkInfo): readonly string[] {
  return hasCapability(info, 'MULTI_ROLE') ? (info.roles ?? []) : [info.role ?? '*']
}

/** The id a framework wants, or undefined; an empty value counts as unset. */
export function wantedFrameworkId(info: FrameworkInfo): string | undefined {
  return info.id === undefined || info.id.value === '' ? undefined : info.id.value
}

/** The longest FrameworkInfo, in characters of JSON: it goes with every launch and is kept when the framework has ended. */
export const frameworkInfoLengthMax = 256 * 1024

/** Why the framework cannot be taken as it describes itself, or null. */
export function frameworkInfoError(info: FrameworkInfo): string | null {
  return (
    sizeError(info) ??
    rolesError(info) ??
    frameworkIdError(info) ??
    failoverTimeoutError(info.failover_timeout ?? 0) ??
    offerFiltersError(info.offer_filters ?? {})
  )
}

/** Why these roles cannot be suppressed for this framework, or null. */
export function suppressedRolesError(info: FrameworkInfo, suppressed: readonly string[]): string | null {
  const own = new Set(frameworkRoles(info))
  for (const role of suppressed) {
    const error = roleError(role)
    if (error !== null) return `suppressed_roles: ${error}`
    if (!own.has(role)) return `suppressed_roles: '${role}' is not a role of the framework`
  }
  return duplicateOf(suppressed, 'suppressed_roles')
}

function sizeError(info: FrameworkInfo): string | null {
  const size = encodeJson('mesos.v1.FrameworkInfo', info).length
  return size > frameworkInfoLengthMax
    ? `framework_info is longer than ${frameworkInfoLengthMax} characters of JSON`
    : null
}

function rolesError(info: FrameworkInfo): string | null {
  const isMultiRole = hasCapability(info, 'MULTI_ROLE')
  const roles = info.roles ?? []
  if (isMultiRole && info.role !== undefined) return `a framework with MULTI_ROLE sets 'roles' and not 'role'`
  if (!isMultiRole && roles.length > 0) return `'roles' needs the capability MULTI_ROLE`
  for (const role of frameworkRoles(info)) {
    const error = roleError(role)
    if (error !== null) return error
  }
  return duplicateOf(roles, 'roles')
}

function duplicateOf(roles: readonly string[], field: string): string | null {
  const seen = new Set<string>()
  const twice = roles.find((role) => seen.size === seen.add(role).size)
  return twice === undefined ? null : `${field}: '${twice}' is listed twice`
}

function frameworkIdError(info: FrameworkInfo): string | null {
  const id = wantedFrameworkId(info)
  const error = id === undefined ? null : idError(id)
  return error === null ? null : `framework id: ${error}`
}

function failoverTimeoutError(seconds: number): string | null {
  return seconds >= 0 && seconds <= failoverTimeoutMaxSeconds
    ? null
    : `failover_timeout must be from 0 to ${failoverTimeoutMaxSeconds} seconds`
}

function offerFiltersError(filters: Readonly<Record<string, OfferFilters>>): string | null {
  for (const [role, { min_allocatable_resources }] of Object.entries(filters)) {
    const alternatives = min_allocatable_resources?.quantities ?? []
    if (min_allocatable_resources !== undefined && alternatives.length === 0) {
      return `offer_filters of role '${role}': min_allocatable_resources has no quantities`
    }
    for (const { quantities = {} } of alternatives) {
      if (Object.keys(quantities).length === 0) return `offer_filters of role '${role}': a list of quantities is empty`
      for (const [name, { value }] of Object.entries(quantities)) {
        if (!(value >= 0 && value <= scalarMax)) {
          return `offer_filters of role '${role}': '${name}' must be from 0 to ${scalarMax}`
        }
      }
    }
  }
  return null
}
