// Runs that no framework of this master owns any more but that still occupy their agent: tasks of a framework that was
// removed, and the second task of one id. They have been told to end and count as used until the agent says that they
// have, so that nothing of the machine is given away twice; a removed framework cannot hold them in the allocator, so
// there they are missing from what the agent supplies (decision 0013).

import { add, allocatedTo, overlap, scalarTotal, subtract } from '../../model/resources.ts'
import type { AgentFacts, AgentSupply } from '../allocator/types.ts'
import { needOf } from './hardware.ts'
import { isOverheld, withoutOverheld } from './overheld.ts'
import { type Agent, type EndingTask, type Task, type TaskKey, taskKey } from './records.ts'
import { well } from './sick-parts.ts'
import { withoutSick } from './sick-supply.ts'
import type { State } from './state.ts'

/** Counts a run as ending. The agent has been or will be told to end it. */
export function setEnding(state: State, agent: Agent, run: EndingTask): void {
  const key = taskKey(run.frameworkId, run.taskId)
  if (agent.ending.has(key)) return
  const { frameworkId, taskId, resources, grant, isDuplicate } = run
  agent.ending.set(key, { frameworkId, taskId, resources, grant, isDuplicate })
  agent.used = add(agent.used, resources)
  agent.endingUsed = add(agent.endingUsed, resources)
  agent.books.hold(grant, needOf(resources, agent.hardware))
  resize(state, agent)
}

/** The run is over: what it held is free. */
export function endEnding(state: State, agent: Agent, key: TaskKey): void {
  const run = agent.ending.get(key)
  if (run === undefined) return
  agent.ending.delete(key)
  if (agent.drain !== null) state.emptied.add(agent)
  agent.used = subtract(agent.used, run.resources)
  agent.endingUsed = subtract(agent.endingUsed, run.resources)
  agent.books.release(run.grant, needOf(run.resources, agent.hardware))
  resize(state, agent)
  state.isAllocationUrgent = true
}

/** From a task that its framework loses now, with what it holds already given back to the allocator. */
export function endingRunOf(task: Task): EndingTask {
  const { frameworkId, id, resources, grant } = task
  return { frameworkId, taskId: id, resources, grant, isDuplicate: false }
}

/**
 * Something of the agent is not held any more: what of it is sick is missing from now on, and what it had too little of
 * is there again.
 */
export function resupply(state: State, agent: Agent): void {
  if (agent.isOverheld || agent.sickness !== well) resize(state, agent)
}

/** The agent has more or less for frameworks than before. */
export function resize(state: State, agent: Agent): void {
  agent.isOverheld = isOverheld(agent)
  state.allocator.resizeAgent(agent.id, supplyOf(agent))
  if (agent.sickness !== well) state.resized.add(agent)
}

/** What constraints and domains look at; the same object while the info is the same, so that they are asked once. */
function agentFactsOf(agent: Agent): AgentFacts {
  const { info, constrained } = agent
  if (constrained?.info === info) return constrained.facts
  const { hostname, attributes = [], domain } = info
  const facts = {
    hostname,
    attributes: attributes.map(({ name, text }) => ({ name, text: text?.value ?? null })),
    region: domain?.fault_domain?.region.name ?? null,
    zone: domain?.fault_domain?.zone.name ?? null,
  }
  agent.constrained = { info, facts }
  return facts
}

/**
 * What the agent has for frameworks: its total without what ending runs still hold, without what is sick, and without as
 * much as tasks hold beyond the total; and what is revocable.
 */
export function supplyOf(agent: Agent): AgentSupply {
  const held = allocatedTo(agent.endingUsed, undefined)
  return {
    total: add(
      withoutOverheld(agent, withoutSick(agent, subtract(agent.total, overlap(agent.total, held)))),
      subtract(agent.oversubscribed, overlap(agent.oversubscribed, held)),
    ),
    // A GPU that is missing for now comes back: who needs none must not fill the machine meanwhile.
    hasGpus: scalarTotal(agent.total, 'gpus') > 0,
    capabilities: new Set(agent.capabilities),
    facts: agentFactsOf(agent),
  }
}
