// Weights of roles: set by operators at run time, kept in the registry, given to the allocator. A role that nobody gave
// one weighs 1. All or nothing: one bad weight refuses the request.

import type { RoleWeight } from '../registry/types.ts'
import { rescindMany } from './rescinding.ts'
import { logged, parentRole, rolesInUse, unlistedRoleError } from './role-names.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'
import { weightError } from './weight-rules.ts'

export const defaultWeight = 1
/** Roles with a weight of their own; 1 is none. */
export const weightedRolesMax = 10_000

/** UPDATE_WEIGHTS and PUT /weights. */
export function updateWeights(state: State, input: Extract<ClusterInput, { kind: 'updateWeights' }>): void {
  const error = weightsError(state, input.weights)
  if (error !== null) return state.reply(input.requestId, 400, error)
  const changed = input.weights.filter(({ role, weight }) => weightOf(state, role) !== weight)
  if (input.weights.length > 0) persistWeights(state, input.weights)
  for (const { role, weight } of input.weights) setWeight(state, role, weight)
  rescindForWeights(state, changed)
  state.reply(input.requestId, 200)
  if (changed.length > 0) state.log('info', 'role.weighed', 'weights of roles were set', logged(changed))
}

/**
 * What the registry remembers, or else what the master was started with, which the registry then remembers: from then
 * on operators decide, also that there is none.
 */
export function recallWeights(state: State, kept: readonly RoleWeight[]): void {
  const wanted = [...state.config.policy.weights].map(([role, weight]) => ({ role, weight }))
  if (kept.length === 0 && wanted.length > 0) persistWeights(state, wanted)
  for (const { role, weight } of kept.length === 0 ? wanted : kept) setWeight(state, role, weight)
}

export function weightOf(state: State, role: string): number {
  return state.weights.get(role) ?? defaultWeight
}

/** A role that weighs 1 is forgotten, but `*`: kept for ever, it tells later starts that weights were set. */
function persistWeights(state: State, weights: readonly RoleWeight[]): void {
  const all = [{ role: '*', weight: weightOf(state, '*') }, ...weights]
  const kept = all.map(({ role, weight }) => ({
    role,
    weight: weight === defaultWeight && role !== '*' ? null : weight,
  }))
  state.persist({ op: 'setWeights', weights: kept })
}

function setWeight(state: State, role: string, weight: number): void {
  if (weight === defaultWeight) state.weights.delete(role)
  else state.weights.set(role, weight)
  state.allocator.setWeight(role, weight)
}

function weightsError(state: State, weights: readonly RoleWeight[]): string | null {
  for (const weight of weights) {
    const error = weightError(weight) ?? unlistedRoleError(state.config.policy, weight.role)
    if (error !== null) return error
  }
  const roles = new Set(state.weights.keys())
  for (const { role, weight } of weights) {
    if (weight === defaultWeight) roles.delete(role)
    else roles.add(role)
  }
  return roles.size > weightedRolesMax ? `at most ${weightedRolesMax} roles may have weights` : null
}

/**
 * A weight counts among the roles beside it: when one of those that are in use changes, all that is offered below their
 * common parent is dealt out anew.
 */
function rescindForWeights(state: State, changed: readonly RoleWeight[]): void {
  if (changed.length === 0) return
  const inUse = rolesInUse(state)
  const parents = new Set(changed.filter(({ role }) => inUse.has(role)).map(({ role }) => parentRole(role)))
  if (parents.size === 0) return
  const offers = [...state.offers.values()].filter((offer) => isBelowAny(offer.role, parents))
  rescindMany(
    state,
    offers.map(({ id }) => id),
  )
}

/** Null is the parent of all roles without a slash. */
function isBelowAny(role: string, parents: ReadonlySet<string | null>): boolean {
  for (let above: string | null = role; above !== null; above = parentRole(above)) {
    if (parents.has(above)) return true
  }
  return parents.has(null)
}
