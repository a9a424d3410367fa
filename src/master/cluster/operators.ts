// The operators' event stream (Mesos docs/operator-http-api.md): a snapshot first, then one event for each change, a
// heartbeat between.
// It does not know who listens, nor what is hidden from whom.

import type { MasterEvent } from '../../mesos/types.ts'
import type { StreamId } from '../../model/ids.ts'
import { stateMessage } from './messages.ts'
import type { State } from './state.ts'
import type { ClusterView } from './types.ts'

export function subscribeOperator(state: State, view: ClusterView, streamId: StreamId): void {
  const heartbeatSeconds = state.config.schedulerHeartbeatMs / 1000
  state.operators.add(streamId)
  state.tellOperator(streamId, {
    type: 'SUBSCRIBED',
    subscribed: { get_state: stateMessage(view), heartbeat_interval_seconds: heartbeatSeconds },
  })
  beatOperator(state, streamId)
  if (state.operators.size <= state.config.operatorStreamsMax) return
  const [oldest] = state.operators
  if (oldest === undefined) return
  forgetOperator(state, oldest)
  state.closeOperatorStream(oldest)
}

export function forgetOperator(state: State, streamId: StreamId): void {
  state.operators.delete(streamId)
  state.timers.clear(`operator:${streamId}`)
}

export function beatOperator(state: State, streamId: StreamId): void {
  if (!state.operators.has(streamId)) return
  state.tellOperator(streamId, { type: 'HEARTBEAT' })
  state.timers.set(`operator:${streamId}`, state.nowMs + state.config.schedulerHeartbeatMs)
}

/** Tells all operators; the event is made only when somebody listens. */
export function tellOperators(state: State, make: () => MasterEvent): void {
  if (state.operators.size === 0) return
  const event = make()
  for (const streamId of state.operators) state.tellOperator(streamId, event)
}
