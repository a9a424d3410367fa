// An operation that an agent has carried out ends once: its framework hears of that end, acknowledges it and never hears
// of another. One that is said not to have happened has not.

import type { OperationState, OperationStatus } from '../../../src/mesos/types.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

type Life = {
  readonly id: string
  readonly frameworkId: string
  machine: string | null
  /** As its agent has it on disk, and with which status. */
  carriedOut: OperationState | null
  /** The end that its framework was to acknowledge, with its uuid. */
  end: string | null
  isAcknowledged: boolean
  /** Said by the master of its own accord. */
  isDenied: boolean
  isMachineLost: boolean
}

export function operations(world: World): Observer {
  const lives = new Map<string, Life>()
  const removed = new Set<string>()
  const life = (frameworkId: string, id: string): Life => {
    const key = `${frameworkId}/${id}`
    const present = lives.get(key)
    if (present !== undefined) return present
    const fresh: Life = {
      id,
      frameworkId,
      machine: null,
      carriedOut: null,
      end: null,
      isAcknowledged: false,
      isDenied: false,
      isMachineLost: false,
    }
    lives.set(key, fresh)
    return fresh
  }

  return (fact: Fact) => {
    switch (fact.kind) {
      case 'agentPersisted': {
        if (fact.op.op !== 'putOperation' || !fact.op.operation.isDone) return
        const { frameworkId, operationId, status } = fact.op.operation
        if (frameworkId === null || operationId === null) return
        const of = life(frameworkId, operationId)
        const state = status.state as OperationState
        if (of.carriedOut !== null && of.carriedOut !== state) {
          throw new Violation('operations', 'an operation is carried out once', { ...of, state })
        }
        of.machine = fact.machine
        of.carriedOut = state
        checkDenial(of)
        return
      }
      case 'operationSeen':
        return seen(life(fact.frameworkId, fact.status.operation_id?.value ?? ''), fact.status)
      case 'operationAcknowledged':
        if (fact.status.uuid !== undefined) {
          life(fact.frameworkId, fact.status.operation_id?.value ?? '').isAcknowledged = true
        }
        return
      case 'machineLost':
        for (const of of lives.values()) if (of.machine === fact.machine) of.isMachineLost = true
        return
      case 'frameworkEnded':
        removed.add(fact.frameworkId)
        return
      case 'masterStepped':
        for (const { id } of fact.view.completedFrameworks()) removed.add(id)
        return
      case 'ended':
        for (const of of lives.values()) {
          if (of.carriedOut === null || of.isMachineLost || removed.has(of.frameworkId)) continue
          if (of.end !== null && of.isAcknowledged) continue
          if (!world.schedulers.some(({ frameworkId }) => frameworkId === of.frameworkId)) continue
          throw new Violation('operations', 'an operation that was carried out has an end that was acknowledged', of)
        }
        return
      default:
        return
    }
  }
}

function seen(of: Life, status: OperationStatus): void {
  const state = status.state ?? 'OPERATION_UNSUPPORTED'
  if (status.uuid === undefined) {
    if (state === 'OPERATION_DROPPED' || state === 'OPERATION_ERROR') of.isDenied = true
    return checkDenial(of)
  }
  const end = `${state} ${Buffer.from(status.uuid.value).toString('base64')}`
  if (of.end !== null && of.end !== end) throw new Violation('operations', 'an operation ends once', { ...of, end })
  if (of.carriedOut !== state) {
    throw new Violation('operations', 'an operation is said to have ended as its agent has it on disk', {
      ...of,
      state,
    })
  }
  of.end = end
}

function checkDenial(of: Life): void {
  if (!of.isDenied || of.carriedOut !== 'OPERATION_FINISHED') return
  throw new Violation('operations', 'what is said not to have been done is not done', { ...of })
}
