// The exact hardware of agents: what a task is granted when it is launched, what is free for offers, what is sick. The
// decisions are placement's; here they meet tasks, offers and agents' reports.

import type { Labels, TepuiV1Topology } from '../../mesos/types.ts'
import type { Grant } from '../../model/hardware.ts'
import { type Resources, scalarTotal, scalarTotals } from '../../model/resources.ts'
import type { Result } from '../../model/result.ts'
import type { MachineHealth } from '../../wire/messages.ts'
import type { Need } from '../placement/types.ts'
import { wishOf } from '../placement/wish.ts'
import type { Agent, AgentFacts } from './records.ts'
import type { State } from './state.ts'

const bytesPerMilliMebibyte = (1024 * 1024) / 1000
const instancePrefix = 'gpu-'

/** What a task with these resources needs of its machine. */
export function needOf(items: Resources): Need {
  const gpuInstances: Record<string, number> = {}
  for (const [name, amount] of scalarTotals(items)) {
    if (name.startsWith(instancePrefix)) gpuInstances[name] = amount / 1000
  }
  return {
    cpusMilli: scalarTotal(items, 'cpus'),
    memoryBytes: Math.round(scalarTotal(items, 'mem') * bytesPerMilliMebibyte),
    gpus: scalarTotal(items, 'gpus') / 1000,
    gpuInstances,
  }
}

/** PLACEMENT_WISH, PLACEMENT_IMPOSSIBLE or PLACEMENT_TAKEN with the reason for a person. */
export function grantFor(agent: Agent, items: Resources, labels: Labels | undefined): Result<Grant> {
  const wish = wishOf(labels?.labels ?? [])
  return wish.ok ? agent.books.place(needOf(items), wish.value) : wish
}

/** The agent said what its machine is, at its registration. */
export function learnMachine(_state: State, agent: Agent, facts: AgentFacts): void {
  Object.assign(agent, { hardware: facts.hardware, conditions: facts.conditions })
}

/** Other things are wrong with the machine than before. */
export function onMachineHealth(_state: State, agent: Agent, message: MachineHealth): void {
  agent.conditions = message.conditions
}

/** The free hardware of the agent as an offer shows it; undefined where nothing is known of it. */
export function topologyOf(_agent: Agent): TepuiV1Topology | undefined {
  return undefined
}
