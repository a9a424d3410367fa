// Revocable resources: what running tasks leave idle on their agents, as the agents measure it.

import type { Oversubscribed } from '../../wire/messages.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'

/** The agent says what may be offered beyond its total; replaces what it said before. */
export function onOversubscribed(_state: State, _agent: Agent, _message: Oversubscribed): void {}
