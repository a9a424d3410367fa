// Never oversubscribe: what the master has offered and given out fits into each agent, each GPU is granted once, and
// what really runs on a machine fits into it, whatever anybody believes.

import type { AgentRecord, ClusterView } from '../../../src/master/cluster/types.ts'
import { isTerminal } from '../../../src/mesos/names.ts'
import { add, allocatedTo, contains, equal, overlap, resources } from '../../../src/model/resources.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer, Usage } from '../world/facts.ts'
import type { World } from '../world/world.ts'

export function capacity(world: World): Observer {
  const running = new Map<string, Map<string, Usage>>()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'masterStepped':
        checkBooks(fact.view, world.plan.machineChangesEveryMs !== null)
        return
      case 'containerLaunched': {
        const onMachine = running.get(fact.machine) ?? new Map<string, Usage>()
        running.set(fact.machine, onMachine)
        onMachine.set(fact.spec.containerId, fact.resources)
        checkMachine(world, fact.machine, [...onMachine.values()])
        return
      }
      case 'containerEnded':
        running.get(fact.machine)?.delete(fact.containerId)
        return
      default:
        return
    }
  }
}

/** Tasks go on where a machine shrank under them, and then nothing more of that may be offered. */
function checkBooks(view: ClusterView, canShrink: boolean): void {
  for (const agent of view.agents()) {
    const used = allocatedTo(agent.used, undefined)
    const counted = canShrink ? overlap(agent.total, used) : used
    const held = add(counted, allocatedTo(agent.offered, undefined))
    if (!contains(agent.total, held)) {
      throw new Violation('capacity', 'offered and used fit into the agent', {
        agent: agent.id,
        held,
        total: agent.total,
      })
    }
    checkOffers(view, agent)
    checkGpus(agent)
  }
}

function checkOffers(view: ClusterView, agent: AgentRecord): void {
  const offered = resources([...agent.offers].flatMap((id) => view.offer(id)?.resources ?? []))
  if (!equal(offered, agent.offered)) {
    throw new Violation('capacity', 'what is offered of an agent is the sum of its offers', { agent: agent.id })
  }
}

function checkGpus(agent: AgentRecord): void {
  const granted = new Map<string, string>()
  for (const task of agent.tasks.values()) {
    if (isTerminal(task.latestState)) continue
    for (const uuid of task.grant.gpuUuids) {
      const other = granted.get(uuid)
      if (other !== undefined)
        throw new Violation('capacity', 'a GPU is granted once', { uuid, tasks: [other, task.id] })
      granted.set(uuid, task.id)
    }
  }
}

function checkMachine(world: World, name: string, usages: readonly Usage[]): void {
  const plan = world.machines.find((machine) => machine.name === name)?.plan
  if (plan === undefined) return
  const sum = (amount: (usage: Usage) => number) => usages.reduce((total, usage) => total + amount(usage), 0)
  if (sum((usage) => usage.cpusMilli) > plan.cpus * 1000 || sum((usage) => usage.memMilli) > plan.memMb * 1000) {
    throw new Violation('capacity', 'what runs on a machine fits into it', { machine: name, usages })
  }
  for (const devices of [usages.flatMap((usage) => usage.gpuUuids), usages.flatMap((usage) => usage.ports)]) {
    if (new Set<unknown>(devices).size < devices.length) {
      throw new Violation('capacity', 'a GPU or port of a machine is used once', { machine: name, usages })
    }
  }
}
