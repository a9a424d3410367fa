// What each operation does to the registry's records: one agent is in one of three states. The in-memory registry holds
// them and the one on disk writes them; both follow this file. It knows no storage.

import type { AgentId, AgentUid } from '../../model/ids.ts'
import { unreachable } from '../../model/result.ts'
import type { RegistryAgent, RegistryOp, RegistrySnapshot } from './types.ts'

export type RegistryRecord =
  | { readonly state: 'admitted'; readonly agent: RegistryAgent }
  | {
      readonly state: 'unreachable' | 'gone'
      readonly agentId: AgentId
      readonly uid: AgentUid
      readonly sinceMs: number
    }

export type RecordChange =
  | { readonly kind: 'put'; readonly record: RegistryRecord }
  | { readonly kind: 'remove'; readonly agentId: AgentId }

/** The changes of one operation, to be made together. `stateOf` tells an agent's present state, or null. */
export function changesOf(
  op: RegistryOp,
  stateOf: (agentId: AgentId) => RegistryRecord['state'] | null,
): readonly RecordChange[] {
  switch (op.op) {
    case 'admitAgent':
    case 'markReachable':
      return [{ kind: 'put', record: { state: 'admitted', agent: op.agent } }]
    case 'markUnreachable':
      return [{ kind: 'put', record: absent('unreachable', op) }]
    case 'markGone':
      return [{ kind: 'put', record: absent('gone', op) }]
    case 'removeAgent':
      return stateOf(op.agentId) === 'gone' ? [] : [{ kind: 'remove', agentId: op.agentId }]
    case 'pruneUnreachable':
      return op.agentIds
        .filter((agentId) => stateOf(agentId) === 'unreachable')
        .map((agentId) => ({ kind: 'remove', agentId }))
    default:
      return unreachable(op)
  }
}

export function recordId(record: RegistryRecord): AgentId {
  return record.state === 'admitted' ? record.agent.agentId : record.agentId
}

export function snapshotOf(epoch: number, records: Iterable<RegistryRecord>): RegistrySnapshot {
  const admitted: RegistryAgent[] = []
  const others = { unreachable: [] as Absent[], gone: [] as Absent[] }
  for (const record of records) {
    if (record.state === 'admitted') admitted.push(record.agent)
    else others[record.state].push({ agentId: record.agentId, uid: record.uid, sinceMs: record.sinceMs })
  }
  return { epoch, admitted, ...others }
}

type Absent = RegistrySnapshot['unreachable'][number]

function absent(state: 'unreachable' | 'gone', of: Absent): RegistryRecord {
  return { state, agentId: of.agentId, uid: of.uid, sinceMs: of.sinceMs }
}
