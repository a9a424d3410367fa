// The few facts of the cluster that must survive the master: everything else is told again by agents and frameworks.

import type { AgentId, AgentUid } from '../../model/ids.ts'
import type { Quota } from '../allocator/types.ts'

export type RegistryAgent = {
  readonly agentId: AgentId
  readonly uid: AgentUid
  readonly hostname: string
  /** AgentInfo in JSON, as last registered, so that a recovered agent can be shown. */
  readonly agentInfo: { readonly [field: string]: unknown }
}

/** An operator takes an agent out of use: its tasks are told to end. */
export type Drain = {
  readonly sinceMs: number
  /** No task is given more time than this to end; null: each has its own. */
  readonly maxGraceMs: number | null
  /** The agent is marked gone once nothing runs there any more. */
  readonly markGone: boolean
  /** Nothing runs there any more. */
  readonly isDrained: boolean
}

export type DeactivatedAgent = {
  readonly agentId: AgentId
  /** Null: what runs there goes on. */
  readonly drain: Drain | null
}

export type RoleWeight = { readonly role: string; readonly weight: number }

export type RoleQuota = { readonly role: string; readonly quota: Quota }

export type RegistrySnapshot = {
  /** How many masters this store has seen start, this one included. */
  readonly epoch: number
  readonly admitted: readonly RegistryAgent[]
  readonly unreachable: readonly { readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }[]
  readonly gone: readonly { readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }[]
  /** Admitted or unreachable agents that an operator took out of use. */
  readonly deactivated: readonly DeactivatedAgent[]
  readonly weights: readonly RoleWeight[]
  readonly quotas: readonly RoleQuota[]
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
  /** Stays with the agent until it is reactivated, removed, pruned or gone; nothing for a stranger. */
  | ({ readonly op: 'deactivateAgent' } & DeactivatedAgent)
  | { readonly op: 'reactivateAgent'; readonly agentId: AgentId }
  /** Null removes it. */
  | {
      readonly op: 'setWeights'
      readonly weights: readonly { readonly role: string; readonly weight: number | null }[]
    }
  /** Null removes it. */
  | {
      readonly op: 'setQuotas'
      readonly quotas: readonly { readonly role: string; readonly quota: Quota | null }[]
    }

export type Registry = {
  /** Read once at start; counts this start. */
  readonly snapshot: RegistrySnapshot
  /** Durable when it returns; throws when the store is broken: the master must not go on. */
  apply(op: RegistryOp): void
  close(): void
}
