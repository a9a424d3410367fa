// What each operation does to the registry's records: one agent is in one of three states, a role has a weight, a quota
// or neither. The in-memory registry holds them and the one on disk writes them; both follow this file. It knows no
// storage.

import type { AgentId, AgentUid } from '../../model/ids.ts'
import { unreachable } from '../../model/result.ts'
import type {
  DeactivatedAgent,
  Drain,
  RegistryAgent,
  RegistryOp,
  RegistrySnapshot,
  RoleQuota,
  RoleWeight,
} from './types.ts'

/** `deactivated`: by an operator, and how; null: it is not. */
export type RegistryRecord = AgentState & { readonly deactivated: { readonly drain: Drain | null } | null }

type AgentState =
  | { readonly state: 'admitted'; readonly agent: RegistryAgent }
  | ({ readonly state: 'unreachable' | 'gone' } & Absent)

type Absent = { readonly agentId: AgentId; readonly uid: AgentUid; readonly sinceMs: number }

export type RecordChange =
  | { readonly kind: 'put'; readonly record: RegistryRecord }
  | { readonly kind: 'remove'; readonly agentId: AgentId }
  | ({ readonly kind: 'putWeight' } & RoleWeight)
  | { readonly kind: 'removeWeight'; readonly role: string }
  | ({ readonly kind: 'putQuota' } & RoleQuota)
  | { readonly kind: 'removeQuota'; readonly role: string }

/** The changes of one operation, to be made together. `recordOf` tells what is kept of an agent, or null. */
export function changesOf(
  op: RegistryOp,
  recordOf: (agentId: AgentId) => RegistryRecord | null,
): readonly RecordChange[] {
  const put = (agent: AgentState): RecordChange => ({
    kind: 'put',
    record: { ...agent, deactivated: recordOf(idOf(agent))?.deactivated ?? null },
  })
  const setDeactivated = (agentId: AgentId, deactivated: RegistryRecord['deactivated']): readonly RecordChange[] => {
    const record = recordOf(agentId)
    return record === null || record.state === 'gone' ? [] : [{ kind: 'put', record: { ...record, deactivated } }]
  }
  switch (op.op) {
    case 'admitAgent':
    case 'markReachable':
      return [put({ state: 'admitted', agent: op.agent })]
    case 'markUnreachable':
      return [put(absent('unreachable', op))]
    case 'markGone':
      return [{ kind: 'put', record: { ...absent('gone', op), deactivated: null } }]
    case 'removeAgent':
      return recordOf(op.agentId)?.state === 'gone' ? [] : [{ kind: 'remove', agentId: op.agentId }]
    case 'pruneUnreachable':
      return op.agentIds
        .filter((agentId) => recordOf(agentId)?.state === 'unreachable')
        .map((agentId) => ({ kind: 'remove', agentId }))
    case 'deactivateAgent':
      return setDeactivated(op.agentId, { drain: op.drain })
    case 'reactivateAgent':
      return setDeactivated(op.agentId, null)
    case 'setWeights':
      return op.weights.map(({ role, weight }) =>
        weight === null ? { kind: 'removeWeight', role } : { kind: 'putWeight', role, weight },
      )
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
  const deactivated: DeactivatedAgent[] = []
  for (const record of records) {
    if (record.state === 'admitted') admitted.push(record.agent)
    else others[record.state].push({ agentId: record.agentId, uid: record.uid, sinceMs: record.sinceMs })
    if (record.deactivated !== null) deactivated.push({ agentId: idOf(record), ...record.deactivated })
  }
  return { epoch, admitted, ...others, deactivated, weights, quotas }
}

function absent(state: 'unreachable' | 'gone', of: Absent): AgentState {
  return { state, agentId: of.agentId, uid: of.uid, sinceMs: of.sinceMs }
}
