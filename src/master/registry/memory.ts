// A registry that lives as long as the process: for tests, and for a master that was told to keep nothing.
// `memory` stands for the disk: whoever opens a registry on it again finds what was applied before.

import type { AgentId } from '../../model/ids.ts'
import { changesOf, type RegistryRecord, recordId, snapshotOf } from './records.ts'
import type { Registry } from './types.ts'

export type RegistryMemory = { epoch: number; readonly records: Map<AgentId, RegistryRecord> }

export function emptyRegistryMemory(): RegistryMemory {
  return { epoch: 0, records: new Map() }
}

export function createMemoryRegistry(memory: RegistryMemory = emptyRegistryMemory()): Registry {
  memory.epoch++
  return {
    snapshot: structuredClone(snapshotOf(memory.epoch, memory.records.values())),
    apply: (op) => {
      for (const change of changesOf(op, (agentId) => memory.records.get(agentId)?.state ?? null)) {
        if (change.kind === 'put') memory.records.set(recordId(change.record), structuredClone(change.record))
        else memory.records.delete(change.agentId)
      }
    },
    close: () => {},
  }
}
