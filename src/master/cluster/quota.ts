// Quota of roles: set by operators at run time, kept in the registry, given to the allocator.

import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** UPDATE_QUOTA, SET_QUOTA, REMOVE_QUOTA and /quota. */
export function updateQuota(state: State, input: Extract<ClusterInput, { kind: 'updateQuota' }>): void {
  state.reply(input.requestId, 501)
}
