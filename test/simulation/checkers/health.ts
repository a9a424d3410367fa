// Nothing that is sick is given away once the master knows: no offer of a machine that is sick as a whole or that an
// operator took out, no more GPUs than are well and free, no task on a part that was said to be sick. Judged by what the
// agent said, not by what the master makes of it.

import type { AgentRecord, ClusterView } from '../../../src/master/cluster/types.ts'
import { isTerminal } from '../../../src/mesos/names.ts'
import { intersect, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Grant } from '../../../src/model/hardware.ts'
import { scalarTotal } from '../../../src/model/resources.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

export function health(world: World): Observer {
  /** Launches that were sent once: what is sent again was decided before. */
  const sent = new Set<string>()
  return (fact: Fact) => {
    if (fact.kind === 'masterStepped') for (const agent of fact.view.agents()) checkOffers(agent)
    if (fact.kind !== 'masterSent' || fact.frame.message?.kind !== 'launch') return
    const { taskInfo, frameworkInfo, grant } = fact.frame.message
    const key = JSON.stringify([frameworkInfo.id, taskInfo.task_id])
    if (sent.has(key)) return
    sent.add(key)
    const agent = agentOf(world.master.view, fact.uid)
    if (agent !== undefined) checkGrant(agent, grant, key)
  }
}

function agentOf(view: ClusterView | null, uid: string): AgentRecord | undefined {
  return [...(view?.agents() ?? [])].find((agent) => agent.uid === uid)
}

function criticalOf(agent: AgentRecord) {
  return agent.conditions.filter(({ severity }) => severity === 'critical')
}

function checkOffers(agent: AgentRecord): void {
  if (agent.offers.size === 0 || (agent.conditions.length === 0 && !agent.isDeactivated)) return
  const critical = criticalOf(agent)
  const whole = critical.find(({ part }) => part.kind === 'memory')
  if (agent.isDeactivated || whole !== undefined) {
    throw new Violation('health', 'nothing is offered of a machine that is sick or taken out', {
      agent: agent.id,
      whole,
    })
  }
  const sick = new Set(critical.filter(({ part }) => part.kind === 'gpu').map(({ part }) => part.name))
  if (sick.size === 0) return
  const held = [...agent.tasks.values()].filter(({ latestState }) => !isTerminal(latestState))
  const taken = new Set(held.flatMap(({ grant }) => grant.gpuUuids))
  const free = agent.hardware.gpus.filter(({ uuid }) => !sick.has(uuid) && !taken.has(uuid)).length
  const offered = scalarTotal(agent.offered, 'gpus') / 1000
  if (offered > free) {
    throw new Violation('health', 'no more GPUs are offered than are well and free', { agent: agent.id, offered, free })
  }
}

function checkGrant(agent: AgentRecord, grant: Grant, task: string): void {
  for (const { part } of criticalOf(agent)) {
    const cpus = part.kind === 'core' ? (parseCpuList(part.name.replace('CPUs ', '')) ?? []) : []
    const isSick =
      grant.gpuUuids.includes(part.name) ||
      grant.nics.includes(part.name) ||
      grant.disks.includes(part.name) ||
      intersect(parseCpuList(grant.cpus ?? '') ?? [], cpus).length > 0 ||
      (grant.memoryPolicy === 'bind' && grant.memory.some(({ node }) => part.name === `node ${node}`))
    if (isSick)
      throw new Violation('health', 'no task is started on a sick part', { agent: agent.id, task, part, grant })
  }
}
