// The port between the agent's shell and its connection to a master: frames and states, nothing of MQTT.

import type { AgentUid, SessionId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import type { AgentHealth, AgentInventory, AgentStatus, DownFrame, UpFrame } from '../../wire/messages.ts'

export type LinkEvents = {
  /** Connected and subscribed to this agent's own topic, with a fresh session. */
  readonly up: (session: SessionId) => void
  readonly down: () => void
  /** A valid, bounded frame of the current connection. */
  readonly frame: (frame: DownFrame) => void
}

export type Link = {
  /** Sends or drops (the channel above repeats); never queues while down. */
  send(frame: UpFrame): void
  /** Ends this connection and makes a fresh one after a uniform time up to `withinMs`, then with back-off. */
  relink(withinMs: number): void
  /** Public state; kept and sent again on every connection, only when it differs from what was last sent there. */
  publishStatus(status: AgentStatus): void
  publishInventory(inventory: AgentInventory): void
  publishHealth(health: AgentHealth): void
  close(): Promise<void>
}

export type LinkOptions = {
  readonly uid: AgentUid
  /** Tried in turn. */
  readonly masters: readonly { readonly host: string; readonly port: number }[]
  readonly token: string | null
  /** What the broker tells watchers when this connection breaks; asked for at each connect. */
  readonly will: (session: SessionId) => AgentStatus
  readonly random: Random
  readonly events: LinkEvents
  readonly log: (
    level: 'warn' | 'info' | 'debug',
    event: import('../../model/events.ts').LogEvent,
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void
}

export type CreateLink = (options: LinkOptions) => Link
