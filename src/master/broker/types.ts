// The narrow transport between the master and its agents: sessions in and out, frames in and out, nothing of MQTT.
// One implementation embeds aedes; another may be a client of an outside broker. Defects of either stay behind this.

import type { AgentUid } from '../../model/ids.ts'
import type { Result } from '../../model/result.ts'
import type { DownFrame, UpFrame } from '../../wire/messages.ts'

export type TransportEvents = {
  /** A valid, bounded frame from the agent that `uid` proved to be. */
  readonly frame: (uid: AgentUid, frame: UpFrame) => void
  /** The agent's connection ended (a hint: it may already have a newer one; then this is not called). */
  readonly disconnected: (uid: AgentUid) => void
}

export type Transport = {
  /** The address that agents connect to. */
  readonly address: { readonly host: string; readonly port: number }
  /** False when the agent has no connection or is too slow to be sent more; the caller's channel repeats. */
  send(uid: AgentUid, frame: DownFrame): boolean
  /** Cuts the agent's connection. */
  disconnect(uid: AgentUid): void
  /** Counters for metrics: connections, frames in and out, dropped by reason. */
  counters(): Readonly<Record<string, number>>
  close(): Promise<void>
}

export type BrokerOptions = {
  readonly host: string
  readonly port: number
  /** The shared token that agents and watchers must show; null is allowed on loopback only. */
  readonly token: string | null
  readonly events: TransportEvents
  readonly log: (
    level: 'warn' | 'info' | 'debug',
    event: import('../../model/events.ts').LogEvent,
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void
}

/** NET_UNPROTECTED beyond loopback without a token; NET_ADDRESS_IN_USE when the port is taken. */
export type CreateBroker = (options: BrokerOptions) => Promise<Result<Transport>>
