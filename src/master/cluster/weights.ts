// Weights of roles: set by operators at run time, kept in the registry, given to the allocator.

import type { State } from './state.ts'
import type { ClusterInput } from './types.ts'

/** UPDATE_WEIGHTS and PUT /weights. */
export function updateWeights(state: State, input: Extract<ClusterInput, { kind: 'updateWeights' }>): void {
  state.reply(input.requestId, 501)
}
