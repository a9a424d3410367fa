// What each operation does to the registry's records: one agent is in one of three states, a role has a weight, a quota
// or neither. The in-memory registry holds them and the one on disk writes them; both follow this file. It knows no
// storage.

import type { AgentId, AgentUid } from '../../model/ids.ts'
import { unreachable } from '../../model/result.ts'
import type { RegistryAgent, RegistryOp, RegistrySnapshot, RoleQuota, RoleWeight } from './types.ts'

export type RegistryRecord = AgentState & { readonly isDeactivated: boolean }

type AgentState =
  | { readonly state: 'admitted'; readonly agent: RegistryAgent }
  | ({ readonly state: 'unreachable' | 'gone' } & Absent)

type Absent = { readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }

export type RecordChange =
  | { readonly kind: 'put'; readonly record: RegistryRecord }
  | { readonly kind: 'remove'; readonly agentId: AgentId }
  | ({ readonly kind: 'putWeight' } & RoleWeight)
  | ({ readonly kind: 'putQuota' } & RoleQuota)
  | { readonly kind: 'removeQuota'; readonly role: string }

/** The changes of one operation, to be made together. `recordOf` tells what is kept of an agent, or null. */
export function changesOf(
  op: RegistryOp,
  recordOf: (agentId: AgentId) => RegistryRecord | null,
): readonly RecordChange[] {
  const put = (agent: AgentState, isDeactivated = recordOf(idOf(agent))?.isDeactivated ?? false): RecordChange => ({
    kind: 'put',
    record: { ...agent, isDeactivated },
  })
  switch (op.op) {
    case 'admitAgent':
    case 'markReachable':
      return [put({ state: 'admitted', agent: op.agent })]
    case 'markUnreachable':
      return [put(absent('unreachable', op))]
    case 'markGone':
      return [put(absent('gone', op), false)]
    case 'removeAgent':
      return recordOf(op.agentId)?.state === 'gone' ? [] : [{ kind: 'remove', agentId: op.agentId }]
    case 'pruneUnreachable':
      return op.agentIds
        .filter((agentId) => recordOf(agentId)?.state === 'unreachable')
        .map((agentId) => ({ kind: 'remove', agentId }))
    case 'setAgentActivity': {
      const record = recordOf(op.agentId)
      return record === null || record.state === 'gone' ? [] : [put(record, op.isDeactivated)]
    }
    case 'setWeights':
      return op.weights.map(({ role, weight }) => ({ kind: 'putWeight', role, weight }))
    case 'setQuotas':
      return op.quotas.map(({ role, quota }) =>
        quota === null ? { kind: 'removeQuota', role } : { kind: 'putQuota', role, quota },
      )
    default:
      return unreachable(op)
  }
}

export function idOf(record: AgentState): AgentId {
  return record.state === 'admitted' ? record.agent.agentId : record.agentId
}

export function snapshotOf(parts: {
  readonly epoch: number
  readonly records: Iterable<RegistryRecord>
  readonly weights: readonly RoleWeight[]
  readonly quotas: readonly RoleQuota[]
}): RegistrySnapshot {
  const { epoch, records, weights, quotas } = parts
  const admitted: RegistryAgent[] = []
  const others = { unreachable: [] as Absent[], gone: [] as Absent[] }
  const deactivated: AgentId[] = []
  for (const record of records) {
    if (record.state === 'admitted') admitted.push(record.agent)
    else others[record.state].push({ agentId: record.agentId, uid: record.uid, sinceMs: record.sinceMs })
    if (record.isDeactivated) deactivated.push(idOf(record))
  }
  return { epoch, admitted, ...others, deactivated, weights, quotas }
}

function absent(state: 'unreachable' | 'gone', of: Absent): AgentState {
  return { state, agentId: of.agentId, uid: of.uid, sinceMs: of.sinceMs }
}
