// Quota of roles: set by operators at run time, kept in the registry, given to the allocator. All or nothing: one bad
// config refuses the request. A config without guarantees and limits removes the role's quota.
// It does not know how quota is kept when resources are divided (allocator).

import { invariant } from '../../model/result.ts'
import type { Quota } from '../allocator/types.ts'
import type { RoleQuota } from '../registry/types.ts'
import { rescindForQuotas } from './quota-offers.ts'
import { quotaOf, quotaRefusal } from './quota-rules.ts'
import { logged } from './role-names.ts'
import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** UPDATE_QUOTA, SET_QUOTA, REMOVE_QUOTA and /quota. */
export function updateQuota(state: State, input: Extract<ClusterInput, { kind: 'updateQuota' }>): void {
  const refusal = quotaRefusal(state, input)
  if (refusal !== null) return state.reply(input.requestId, refusal.status, refusal.reason)
  const quotas = input.configs.map((config) => {
    const quota = quotaOf(config)
    invariant(quota.ok, 'a config that is not refused makes a quota', { config })
    return { role: config.role, quota: quota.value }
  })
  if (quotas.length > 0) state.persist({ op: 'setQuotas', quotas })
  for (const { role, quota } of quotas) setQuota(state, role, quota)
  rescindForQuotas(state, quotas)
  state.reply(input.requestId, 200)
  if (quotas.length > 0) state.log('info', 'role.quota', 'quotas of roles were set or removed', logged(quotas))
}

/** What the registry remembers. */
export function recallQuotas(state: State, kept: readonly RoleQuota[]): void {
  for (const { role, quota } of kept) setQuota(state, role, quota)
}

function setQuota(state: State, role: string, quota: Quota | null): void {
  if (quota === null) state.quotas.delete(role)
  else state.quotas.set(role, quota)
  state.allocator.setQuota(role, quota)
}
