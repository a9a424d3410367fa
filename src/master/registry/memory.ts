// A registry that lives as long as the process: for tests, and for a master that was told to keep nothing.
// `memory` stands for the disk: whoever opens a registry on it again finds what was applied before.

import type { AgentId } from '../../model/ids.ts'
import { unreachable } from '../../model/result.ts'
import type { Quota } from '../allocator/types.ts'
import { changesOf, idOf, type RecordChange, type RegistryRecord, snapshotOf } from './records.ts'
import type { Registry, RegistrySnapshot } from './types.ts'

export type RegistryMemory = {
  epoch: number
  readonly records: Map<AgentId, RegistryRecord>
  readonly weights: Map<string, number>
  readonly quotas: Map<string, Quota>
}

export function emptyRegistryMemory(): RegistryMemory {
  return { epoch: 0, records: new Map(), weights: new Map(), quotas: new Map() }
}

export function createMemoryRegistry(memory: RegistryMemory = emptyRegistryMemory()): Registry {
  memory.epoch++
  return {
    snapshot: read(memory),
    apply: (op) => {
      const changes = structuredClone(changesOf(op, (agentId) => memory.records.get(agentId) ?? null))
      for (const change of changes) write(memory, change)
    },
    close: () => {},
  }
}

function read({ epoch, records, weights, quotas }: RegistryMemory): RegistrySnapshot {
  return structuredClone(
    snapshotOf({
      epoch,
      records: records.values(),
      weights: [...weights].map(([role, weight]) => ({ role, weight })),
      quotas: [...quotas].map(([role, quota]) => ({ role, quota })),
    }),
  )
}

function write({ records, weights, quotas }: RegistryMemory, change: RecordChange): void {
  switch (change.kind) {
    case 'put':
      records.set(idOf(change.record), change.record)
      return
    case 'remove':
      records.delete(change.agentId)
      return
    case 'putWeight':
      weights.set(change.role, change.weight)
      return
    case 'removeWeight':
      weights.delete(change.role)
      return
    case 'putQuota':
      quotas.set(change.role, change.quota)
      return
    case 'removeQuota':
      quotas.delete(change.role)
      return
    default:
      unreachable(change)
  }
}
