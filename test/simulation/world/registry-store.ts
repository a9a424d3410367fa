// The master's registry: what was applied is there for the next master, which also counts as one more start.

import type { Quota } from '../../../src/master/allocator/types.ts'
import type { Drain, RegistryAgent, RegistryOp, RegistrySnapshot } from '../../../src/master/registry/types.ts'
import type { AgentId } from '../../../src/model/ids.ts'

type Absent = RegistrySnapshot['unreachable'][number]

export class RegistryStore {
  #epoch = 0
  readonly #admitted = new Map<AgentId, RegistryAgent>()
  readonly #unreachable = new Map<AgentId, Absent>()
  readonly #gone = new Map<AgentId, Absent>()
  readonly #deactivated = new Map<AgentId, Drain | null>()
  readonly #weights = new Map<string, number>()
  readonly #quotas = new Map<string, Quota>()

  /** As a master reads it when it starts. */
  open(): RegistrySnapshot {
    this.#epoch++
    return this.snapshot()
  }

  snapshot(): RegistrySnapshot {
    return structuredClone({
      epoch: this.#epoch,
      admitted: [...this.#admitted.values()],
      unreachable: [...this.#unreachable.values()],
      gone: [...this.#gone.values()],
      deactivated: [...this.#deactivated].map(([agentId, drain]) => ({ agentId, drain })),
      weights: [...this.#weights].map(([role, weight]) => ({ role, weight })),
      quotas: [...this.#quotas].map(([role, quota]) => ({ role, quota })),
    })
  }

  isAdmitted(agentId: AgentId): boolean {
    return this.#admitted.has(agentId)
  }

  apply(op: RegistryOp): void {
    switch (op.op) {
      case 'admitAgent':
        this.#admitted.set(op.agent.agentId, structuredClone(op.agent))
        return
      case 'markReachable':
        this.#unreachable.delete(op.agent.agentId)
        this.#admitted.set(op.agent.agentId, structuredClone(op.agent))
        return
      case 'markUnreachable':
        this.#admitted.delete(op.agentId)
        this.#unreachable.set(op.agentId, { agentId: op.agentId, uid: op.uid, sinceMs: op.sinceMs })
        return
      case 'markGone':
        this.#admitted.delete(op.agentId)
        this.#unreachable.delete(op.agentId)
        this.#deactivated.delete(op.agentId)
        this.#gone.set(op.agentId, { agentId: op.agentId, uid: op.uid, sinceMs: op.sinceMs })
        return
      case 'removeAgent':
        this.#admitted.delete(op.agentId)
        this.#unreachable.delete(op.agentId)
        this.#deactivated.delete(op.agentId)
        return
      case 'pruneUnreachable':
        for (const agentId of op.agentIds) if (this.#unreachable.delete(agentId)) this.#deactivated.delete(agentId)
        return
      case 'deactivateAgent': {
        const isThere = this.#admitted.has(op.agentId) || this.#unreachable.has(op.agentId)
        if (isThere) this.#deactivated.set(op.agentId, structuredClone(op.drain))
        return
      }
      case 'reactivateAgent':
        this.#deactivated.delete(op.agentId)
        return
      case 'setWeights':
        for (const { role, weight } of op.weights) {
          if (weight === null) this.#weights.delete(role)
          else this.#weights.set(role, weight)
        }
        return
      case 'setQuotas':
        for (const { role, quota } of structuredClone(op.quotas)) {
          if (quota === null) this.#quotas.delete(role)
          else this.#quotas.set(role, quota)
        }
        return
    }
  }
}
