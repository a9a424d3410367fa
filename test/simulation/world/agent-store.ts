// The agent's disk: what was persisted is there after any crash, nothing else is. Records go in and come out as JSON,
// so that nothing survives by being the same object.

import type { AgentCheckpoint, AgentStoreOp, OperationRecord, RunRecord } from '../../../src/agent/core/types.ts'
import type { AgentId, AgentUid, ContainerId, FrameworkId, OperationUuid } from '../../../src/model/ids.ts'
import type { MesosJson } from '../../../src/wire/messages.ts'

export class AgentStore {
  readonly uid: AgentUid
  #agentId: AgentId | null = null
  readonly #frameworks = new Map<FrameworkId, string>()
  readonly #runs = new Map<ContainerId, string>()
  #reserved = '[]'
  readonly #operations = new Map<OperationUuid, string>()

  constructor(uid: AgentUid) {
    this.uid = uid
  }

  apply(op: AgentStoreOp): void {
    switch (op.op) {
      case 'setAgentId':
        this.#agentId = op.agentId
        return
      case 'putFramework':
        this.#frameworks.set(op.frameworkId, JSON.stringify(op.info))
        return
      case 'removeFramework':
        this.#frameworks.delete(op.frameworkId)
        return
      case 'putRun':
        this.#runs.set(op.run.containerId, JSON.stringify(op.run))
        return
      case 'removeRun':
        this.#runs.delete(op.containerId)
        return
      case 'putOperation':
        if (op.reserved !== null) this.#reserved = JSON.stringify(op.reserved)
        this.#operations.set(op.operation.operationUuid, JSON.stringify(op.operation))
        return
      case 'removeOperation':
        this.#operations.delete(op.operationUuid)
        return
    }
  }

  run(containerId: ContainerId): RunRecord | undefined {
    const text = this.#runs.get(containerId)
    return text === undefined ? undefined : (JSON.parse(text) as RunRecord)
  }

  get containerIds(): readonly ContainerId[] {
    return [...this.#runs.keys()]
  }

  checkpoint(): AgentCheckpoint {
    return {
      uid: this.uid,
      agentId: this.#agentId,
      frameworks: [...this.#frameworks].map(([frameworkId, text]) => ({
        frameworkId,
        info: JSON.parse(text) as MesosJson,
      })),
      runs: [...this.#runs.values()].map((text) => JSON.parse(text) as RunRecord),
      reserved: JSON.parse(this.#reserved) as MesosJson[],
      operations: [...this.#operations.values()].map((text) => JSON.parse(text) as OperationRecord),
    }
  }
}
