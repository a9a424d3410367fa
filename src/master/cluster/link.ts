// The master's end of an agent's session: numbered messages out, frames in, the channel's repetitions.
// It does not know what messages mean.

import type { AgentUid } from '../../model/ids.ts'
import type { DownMessage, UpFrame, UpMessage } from '../../wire/messages.ts'
import type { Agent, AgentLink } from './records.ts'
import type { State } from './state.ts'

/**
 * Sends what must arrive while this session lasts. Nothing is sent to a disconnected agent: whatever still matters is
 * told by the reconciliation when it registers again (returns.ts).
 */
export function sendToAgent(state: State, agent: Agent, message: DownMessage): void {
  if (agent.link === null) return
  const sent = agent.link.channel.send(message, state.nowMs)
  if (!sent.ok) {
    state.cuts.set(agent, 'the queue to an agent is full')
    return
  }
  for (const frame of sent.value) state.sendAgent(agent.uid, frame)
  watchChannel(state, agent.uid, agent.link)
}

/** Sends what may get lost. */
export function sendUnnumbered(state: State, uid: AgentUid, link: AgentLink, message: DownMessage): void {
  state.sendAgent(uid, link.channel.sendUnnumbered(message))
}

/** Takes a frame of the live session and gives back what the agent says now, in order. */
export function receiveFrame(state: State, uid: AgentUid, link: AgentLink, frame: UpFrame): readonly UpMessage[] {
  const received = link.channel.receive(frame, state.nowMs)
  for (const reply of received.send) state.sendAgent(uid, reply)
  watchChannel(state, uid, link)
  return received.deliver
}

/** The channel's deadline came: what is not acknowledged goes out again. */
export function repeatMessages(state: State, uid: AgentUid): void {
  const id = state.agentIdByUid.get(uid)
  const agent = id === undefined ? undefined : state.agents.get(id)
  if (agent === undefined || agent.link === null) return
  for (const frame of agent.link.channel.tick(state.nowMs)) state.sendAgent(uid, frame)
  watchChannel(state, uid, agent.link)
}

export function closeLink(state: State, agent: Agent): void {
  agent.link = null
  state.timers.clear(`channel:${agent.uid}`)
}

function watchChannel(state: State, uid: AgentUid, link: AgentLink): void {
  const deadline = link.channel.nextDeadlineMs()
  if (deadline === null) state.timers.clear(`channel:${uid}`)
  else state.timers.set(`channel:${uid}`, deadline)
}
