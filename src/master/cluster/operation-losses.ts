// Operations whose agent or framework goes away, or whose agent comes back and says how far it is.
//
//   believed and reported      its status is learnt, and done it is: the total says so; the agent tells it again
//   believed, not reported     acknowledged long ago, or never arrived: DROPPED
//   reported, not believed     taken over (a master that began anew, or an agent that was given up)

import type { OperationState } from '../../mesos/types.ts'
import type { AgentId } from '../../model/ids.ts'
import { add } from '../../model/resources.ts'
import { resize } from './ending.ts'
import {
  acknowledgeUnawaited,
  endWaiting,
  isOver,
  learnOperation,
  masterOperationStatus,
  tellOperation,
} from './operation-updates.ts'
import type { Agent, Framework, Operation, ReportedOperation } from './records.ts'
import type { State } from './state.ts'

/** The agent has registered, with these operations whose end nobody has acknowledged; its total is in the books. */
export function reconcileReported(state: State, agent: Agent, reports: readonly ReportedOperation[]): void {
  const reported = new Set(reports.map(({ uuid }) => uuid))
  for (const operation of [...state.operations.ofAgent(agent.id)]) {
    if (!reported.has(operation.uuid)) dropOperation(state, agent, operation)
  }
  for (const report of reports) {
    const known = state.operations.get(report.uuid)
    if (known !== undefined && known.agentId !== agent.id) continue
    const operation = known ?? takeOver(state, agent, report)
    endWaiting(state, agent, operation, false)
    learnOperation(state, agent, operation, report.status, 'registered')
    acknowledgeUnawaited(state, agent, operation)
  }
}

/** The agent is out of reach or gone, and the operations of frameworks that asked with it. */
export function loseOperations(state: State, agentId: AgentId, what: OperationState, message: string): void {
  for (const operation of [...state.operations.ofAgent(agentId)]) {
    state.operations.remove(operation)
    tellOperation(state, operation, masterOperationStatus(operation, what, message))
  }
}

/**
 * A framework ends: what its operations held is nobody's until their agent says what became of it, and nobody will
 * acknowledge their ends. Said of each of them, for a master forgets the frameworks that have ended one day.
 */
export function releaseOperations(state: State, framework: Framework): void {
  for (const operation of [...state.operations.ofFramework(framework.id)]) {
    const agent = state.agents.get(operation.agentId)
    const { waiting } = operation
    operation.isAbandoned = true
    // An agent that is away says it again when it is back.
    if (agent !== undefined && agent.link !== null) acknowledgeUnawaited(state, agent, operation)
    if (agent === undefined || waiting === null || waiting.holder === null) continue
    const { holder, consumed, held } = waiting
    state.allocator.recover({ ...holder, agentId: agent.id, resources: consumed }, null, state.nowMs)
    operation.waiting = { ...waiting, holder: null }
    agent.endingUsed = add(agent.endingUsed, held)
    resize(state, agent)
  }
}

/** A scheduler came: it hears again what it has not acknowledged. */
export function repeatOperations(state: State, framework: Framework): void {
  for (const operation of state.operations.ofFramework(framework.id)) {
    if (isOver(operation.status.state)) tellOperation(state, operation, operation.status)
  }
}

function dropOperation(state: State, agent: Agent, operation: Operation): void {
  state.operations.remove(operation)
  // The agent knows that its end was acknowledged.
  if (isOver(operation.status.state)) return
  endWaiting(state, agent, operation, false)
  const message = 'the agent does not have this operation: it never arrived'
  tellOperation(state, operation, masterOperationStatus(operation, 'OPERATION_DROPPED', message))
}

function takeOver(state: State, agent: Agent, report: ReportedOperation): Operation {
  const operation: Operation = {
    ...report,
    agentId: agent.id,
    status: { state: 'OPERATION_PENDING' },
    statuses: [],
    waiting: null,
    isAbandoned: false,
  }
  state.operations.add(operation)
  return operation
}
