// What quota may be set (Mesos src/master/quota.cpp and quota_handler.cpp), each rule with a sentence for the operator:
// what a config alone can break, and what only the whole cluster can tell. It changes nothing.

import { roleError } from '../../mesos/roles.ts'
import type { QuotaConfig } from '../../mesos/types.ts'
import { scalarMax } from '../../mesos/validate-resource.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { milliFromNumber } from '../../model/units.ts'
import type { Quantities, Quota } from '../allocator/types.ts'
import { Amounts, amountOf, minus } from './amounts.ts'
import { topRole, unlistedRoleError } from './role-names.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** Roles with quota. */
export const quotaRolesMax = 10_000
/** Resource names in one quota, and the length of each. */
export const quotaNamesMax = 100
/** Resource names in all quotas together: the allocator has a place for each in each role with quota. */
export const quotaNamesInAllMax = 256
const nameLengthMax = 255

export type QuotaRefusal = { readonly status: 400 | 409; readonly reason: string }

type UpdateQuota = Extract<ClusterInput, { kind: 'updateQuota' }>

/** Why the request changes nothing, or null when all of it can be done. */
export function quotaRefusal(state: State, { configs, force, legacy }: UpdateQuota): QuotaRefusal | null {
  const wanted = new Map<string, Quota | null>()
  for (const config of configs) {
    const { role } = config
    const quota = quotaOf(config)
    if (!quota.ok) return { status: 400, reason: quota.fault.message }
    const reason =
      unlistedRoleError(state.config.policy, role) ??
      (wanted.has(role) ? `role '${role}' is named twice` : null) ??
      (legacy === 'set' && state.quotas.has(role) ? `role '${role}' has quota already: remove it first` : null) ??
      (legacy === 'remove' && !state.quotas.has(role) ? `role '${role}' has no quota` : null)
    if (reason !== null) return { status: 400, reason }
    wanted.set(role, quota.value)
  }
  const roles = new Set([...state.quotas.keys(), ...wanted.keys()])
  if (roles.size > quotaRolesMax) return { status: 400, reason: `at most ${quotaRolesMax} roles may have quota` }
  const all = new Map<string, Quota | null>([...state.quotas, ...wanted])
  const names = new Set([...all.values()].flatMap((quota) => (quota === null ? [] : namesOf(quota))))
  if (names.size > quotaNamesInAllMax) {
    return { status: 400, reason: `all quotas together may name at most ${quotaNamesInAllMax} resources` }
  }
  if (force) return null
  const capacity = capacityError(state, wanted)
  if (capacity !== null) return { status: legacy === 'set' ? 409 : 400, reason: capacity }
  const consumption = consumptionError(state, wanted)
  return consumption === null ? null : { status: 400, reason: consumption }
}

/** The quota that a config asks for; null where it asks for none. Fails with a sentence for what is not a quota. */
export function quotaOf({ role, guarantees = {}, limits = {} }: QuotaConfig): Result<Quota | null> {
  const wrongRole = roleError(role)
  if (wrongRole !== null) return fail('API_MALFORMED', wrongRole)
  if (topRole(role) !== role) return fail('API_MALFORMED', `role '${role}' is below another: only top roles have quota`)
  const guaranteed = quantitiesOf(guarantees)
  if (!guaranteed.ok) return fail('API_MALFORMED', `the guarantees of role '${role}': ${guaranteed.fault.message}`)
  const limited = quantitiesOf(limits)
  if (!limited.ok) return fail('API_MALFORMED', `the limits of role '${role}': ${limited.fault.message}`)
  // A guarantee of nothing is none; a limit of nothing is one.
  const quota = { guarantees: minus(guaranteed.value, {}), limits: limited.value }
  for (const [name, amount] of Object.entries(quota.guarantees)) {
    if (!Object.hasOwn(quota.limits, name) || amount <= amountOf(quota.limits, name)) continue
    return fail('API_MALFORMED', `role '${role}': the guarantee of ${name} is above its limit`)
  }
  const isNone = Object.keys({ ...quota.guarantees, ...quota.limits }).length === 0
  return ok(isNone ? null : quota)
}

function namesOf({ guarantees, limits }: Quota): readonly string[] {
  return [...Object.keys(guarantees), ...Object.keys(limits)]
}

function quantitiesOf(amounts: Readonly<Record<string, { readonly value: number }>>): Result<Quantities> {
  const entries = Object.entries(amounts)
  if (entries.length > quotaNamesMax) return fail('API_MALFORMED', `at most ${quotaNamesMax} resources may be named`)
  const read: [string, number][] = []
  for (const [name, { value }] of entries) {
    if (name === '' || name.length > nameLengthMax) {
      return fail('API_MALFORMED', `the name of a resource has 1 to ${nameLengthMax} characters`)
    }
    if (!(value >= 0 && value <= scalarMax)) {
      return fail('API_MALFORMED', `${name} must be from 0 to ${scalarMax}, not ${value}`)
    }
    read.push([name, milliFromNumber(value)])
  }
  return ok(Object.fromEntries(read))
}

/** All guarantees together must fit into what registered agents have. */
function capacityError(state: State, wanted: ReadonlyMap<string, Quota | null>): string | null {
  const raised = [...wanted].some(([role, quota]) => {
    return Object.keys(minus(quota?.guarantees ?? {}, state.quotas.get(role)?.guarantees ?? {})).length > 0
  })
  if (!raised) return null
  const total = new Amounts()
  for (const agent of state.agents.values()) total.addResources(agent.total, 'all')
  const guaranteed = new Amounts()
  for (const quota of new Map<string, Quota | null>([...state.quotas, ...wanted]).values()) {
    guaranteed.add(quota?.guarantees ?? {})
  }
  const [lack] = Object.entries(minus(guaranteed.sums, total.sums))
  if (lack === undefined) return null
  const [name, missing] = lack
  return `all guarantees together are ${missing / 1000} ${name} more than the cluster has; 'force' sets them anyhow`
}

/** What tasks hold and what is reserved must stay within new limits; offers can be taken back. */
function consumptionError(state: State, wanted: ReadonlyMap<string, Quota | null>): string | null {
  const limited = [...wanted].flatMap(([role, quota]) => (quota === null ? [] : [{ role, limits: quota.limits }]))
  if (limited.length === 0) return null
  const offered = offeredAmounts(state)
  for (const { role, limits } of limited) {
    const consumed = minus(state.allocator.consumed(role), offered.get(role)?.sums ?? {})
    for (const [name, limit] of Object.entries(limits)) {
      const amount = amountOf(consumed, name)
      if (amount <= limit) continue
      return `role '${role}' consumes ${amount / 1000} ${name}, above the limit of ${limit / 1000}; 'force' sets it anyhow`
    }
  }
  return null
}

/** What is offered of unreserved resources, by top role. */
function offeredAmounts(state: State): ReadonlyMap<string, Amounts> {
  const byRole = new Map<string, Amounts>()
  for (const offer of state.offers.values()) {
    const top = topRole(offer.role)
    const amounts = byRole.get(top) ?? new Amounts()
    byRole.set(top, amounts)
    amounts.addResources(offer.resources, 'unreserved')
  }
  return byRole
}
