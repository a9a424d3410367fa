// What the master's HTTP API needs from its surroundings and what it gives them.
// Start: `createMasterApi` listens and answers 503 to everything that needs the cluster; once the cluster stands
// (its MasterInfo holds the port that is known only now), `serve` opens the rest. It decides nothing about frameworks,
// agents or tasks: calls become inputs, effects become bytes.

import type { LogEvent } from '../../model/events.ts'
import type { ClusterEffect, ClusterInput, ClusterView, RequestId } from '../cluster/types.ts'

/** What a request was answered by the cluster: an HTTP status and, when it failed, a sentence. */
export type ClusterReply = { readonly status: number; readonly message: string | null }

/** The master's state machine as its shell offers it. */
export type ClusterPort = {
  /** Queues an input that nobody waits for. */
  submit(input: ClusterInput): void
  /** Queues an input and resolves with its `reply` effect; the shell gives out the request id. */
  request(inputOf: (requestId: RequestId) => ClusterInput): Promise<ClusterReply>
  /** Read synchronously, between steps. */
  readonly view: ClusterView
  /** Wall clock. */
  nowMs(): number
}

export type MasterApiLog = (
  level: 'warn' | 'info' | 'debug',
  event: LogEvent,
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void

export type MasterApiOptions = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** The flag that changes the port, for the line that says that it is taken (`--http-port`). */
  readonly httpFlagName: string
  /** What clients must show (Bearer, or the password of Basic); null is allowed on loopback only. */
  readonly token: string | null
  /** Tepui's version; `/version` gives the Mesos version whose behaviour it follows beside it. */
  readonly version: string
  /** For `/flags`: names as on the command line without dashes; no secrets. */
  readonly flags: Readonly<Record<string, string>>
  /** Counters of the agent transport, for metrics. */
  transportCounters(): Readonly<Record<string, number>>
  /** How long rounds of offers take, by metric name. */
  allocationRuns(): Readonly<Record<string, number>>
  readonly log: MasterApiLog
}

/** The effects that end in an HTTP stream; `reply` is resolved by the shell's `request`. */
export type MasterApiEffect = Extract<
  ClusterEffect,
  { readonly kind: 'sendEvent' | 'closeStream' | 'sendOperatorEvent' | 'closeOperatorStream' }
>

export type MasterApi = {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number }
  /** Opens everything that needs the cluster; called once. */
  serve(cluster: ClusterPort): void
  /** Performs one effect, in the order given; never waits: what a slow subscriber cannot take is buffered or cut. */
  perform(effect: MasterApiEffect): void
  /** Ends all streams and connections; no input is submitted from then on. */
  close(): Promise<void>
}
