// Persist, then act, then send: whatever anybody else has been told is on disk by then, and what is on disk is known
// again after a restart.

import type { AgentId } from '../../../src/model/ids.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'

export function persistence(): Observer {
  /** Agents whose absence was ever decided. */
  const absent = new Set<AgentId>()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'agentActed': {
        const { effect, store } = fact
        if (effect.kind !== 'start' || store.run(effect.spec.containerId) !== undefined) return
        throw new Violation('persistence', 'a container is on disk before it is started', {
          taskId: effect.spec.taskId,
        })
      }
      case 'agentSent':
        return checkStatus(fact)
      case 'agentStarted': {
        const known = new Map([...fact.view.runs()].map((run) => [run.containerId, run.statuses.length]))
        for (const run of fact.store.checkpoint().runs) {
          if ((known.get(run.containerId) ?? -1) >= run.statuses.length) continue
          throw new Violation('persistence', 'a stored run is known after a restart', { containerId: run.containerId })
        }
        return
      }
      case 'masterSent': {
        const { message } = fact.frame
        if (message?.kind !== 'registered' || fact.registry.isAdmitted(message.agentId)) return
        // An agent that comes back after it was given up becomes reachable only with its next frame.
        if (fact.registry.snapshot().unreachable.some(({ agentId }) => agentId === message.agentId)) return
        throw new Violation('persistence', 'an agent is in the registry before it is told its id', {
          agentId: message.agentId,
        })
      }
      case 'masterPersisted':
        if (fact.op.op === 'markUnreachable' || fact.op.op === 'markGone' || fact.op.op === 'removeAgent') {
          absent.add(fact.op.agentId)
        }
        return
      case 'masterStarted': {
        const recovered = new Set([...fact.view.recoveredAgents()].map(({ id }) => id))
        const unreachable = new Set([...fact.view.unreachableAgents()].map(({ id }) => id))
        for (const { agentId } of fact.snapshot.admitted) {
          if (!recovered.has(agentId))
            throw new Violation('persistence', 'a new master expects every admitted agent', { agentId })
        }
        for (const { agentId } of fact.snapshot.unreachable) {
          if (!unreachable.has(agentId))
            throw new Violation('persistence', 'a new master knows who is unreachable', { agentId })
        }
        return
      }
      case 'statusSeen': {
        const { status } = fact
        if (status.reason !== 'REASON_AGENT_REMOVED' || status.agent_id === undefined) return
        if (absent.has(status.agent_id.value as AgentId)) return
        throw new Violation('persistence', 'an agent is given up in the registry before frameworks are told', {
          agentId: status.agent_id.value,
        })
      }
      default:
        return
    }
  }
}

function checkStatus({ frame, store }: Extract<Fact, { kind: 'agentSent' }>): void {
  const { message } = frame
  if (message?.kind !== 'statusUpdate') return
  const place = message.status.container_status as { readonly container_id?: { readonly value?: string } } | undefined
  const run = store.containerIds
    .map((id) => store.run(id))
    .find((stored) => stored?.containerId === place?.container_id?.value)
  // A run whose end was acknowledged, or that nobody waits for, is forgotten; a repeated frame may still tell of it.
  if (run === undefined || run.statuses.some((status) => status.uuid === message.status.uuid)) return
  throw new Violation('persistence', 'a status is on disk before it is sent', {
    taskId: message.taskId,
    state: message.status.state,
  })
}
