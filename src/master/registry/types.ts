// The few facts of the cluster that must survive the master: everything else is told again by agents and frameworks.

import type { AgentId, AgentUid } from '../../model/ids.ts'

export type RegistryAgent = {
  readonly agentId: AgentId
  readonly uid: AgentUid
  readonly hostname: string
  /** AgentInfo in JSON, as last registered, so that a recovered agent can be shown. */
  readonly agentInfo: { readonly [field: string]: unknown }
}

export type RegistrySnapshot = {
  /** How many masters this store has seen start, this one included. */
  readonly epoch: number
  readonly admitted: readonly RegistryAgent[]
  readonly unreachable: readonly { readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }[]
  readonly gone: readonly { readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }[]
}

export type RegistryOp =
  | { readonly op: 'admitAgent'; readonly agent: RegistryAgent }
  /** From admitted to unreachable. */
  | { readonly op: 'markUnreachable'; readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }
  /** From unreachable back to admitted. */
  | { readonly op: 'markReachable'; readonly agent: RegistryAgent }
  | { readonly op: 'markGone'; readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }
  | { readonly op: 'removeAgent'; readonly agentId: AgentId }
  | { readonly op: 'pruneUnreachable'; readonly agentIds: readonly AgentId[] }

export type Registry = {
  /** Read once at start; counts this start. */
  readonly snapshot: RegistrySnapshot
  /** Durable when it returns; throws when the store is broken: the master must not go on. */
  apply(op: RegistryOp): void
  close(): void
}
