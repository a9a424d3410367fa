// Revocable resources: what running tasks leave idle on their agents, as the agents measure it. What an agent says
// replaces what it said before, and offers of it are taken back: what they promise may be gone (as Mesos does). Tasks that
// run on it stay until their agent ends them.

import { fromMessages } from '../../mesos/resources.ts'
import type { Resource } from '../../mesos/types.ts'
import { equal, type Resources } from '../../model/resources.ts'
import { fail, type Result } from '../../model/result.ts'
import type { MesosJson, Oversubscribed } from '../../wire/messages.ts'
import { supplyOf } from './ending.ts'
import { rescindOffer } from './offers.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'

/** Amounts that are revocable and nothing else; WIRE_MALFORMED or API_MALFORMED says what they are instead. */
export function readOversubscribed(messages: readonly MesosJson[]): Result<Resources> {
  const read = fromMessages(messages as unknown as readonly Resource[])
  if (!read.ok) return read
  const isPlain = read.value.every(
    ({ revocable, reservations, disk, shared, providerId, allocationRole, value }) =>
      revocable === true &&
      (reservations?.length ?? 0) === 0 &&
      !disk &&
      !shared &&
      providerId === undefined &&
      allocationRole === undefined &&
      value.kind === 'scalar',
  )
  return isPlain ? read : fail('WIRE_MALFORMED', 'what is oversubscribed must be revocable amounts and nothing else')
}

/** The agent says what may be offered beyond its total. */
export function onOversubscribed(state: State, agent: Agent, { resources }: Oversubscribed): void {
  const read = readOversubscribed(resources)
  if (!read.ok) {
    state.counters.add('dropped_messages')
    const fields = { agentId: agent.id, reason: read.fault.message }
    return state.log('debug', 'wire.dropped', 'an estimate of an agent was dropped', fields)
  }
  const known = new Set([...agent.total, ...agent.oversubscribed].map(({ name }) => name))
  const unknown = read.value.find(({ name }) => !known.has(name))
  if (unknown !== undefined) {
    // Names are never forgotten: an agent says which it has when it registers.
    state.counters.add('dropped_messages')
    const fields = { agentId: agent.id, reason: `'${unknown.name}' is no resource of the agent` }
    return state.log('debug', 'wire.dropped', 'an estimate of an agent was dropped', fields)
  }
  if (equal(read.value, agent.oversubscribed)) return
  agent.oversubscribed = read.value
  for (const id of [...agent.offers]) {
    const offer = state.offers.get(id)
    if (offer?.resources.some((item) => item.revocable)) rescindOffer(state, offer)
  }
  state.allocator.resizeAgent(agent.id, supplyOf(agent))
  state.isAllocationUrgent = true
}
