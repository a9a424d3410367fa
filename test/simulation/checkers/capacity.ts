// Never oversubscribe: what the master has offered and given out fits into each agent, each GPU is granted once, and
// what really runs on a machine fits into it, whatever anybody believes.

import type { AgentRecord, ClusterView } from '../../../src/master/cluster/types.ts'
import { isTerminal } from '../../../src/mesos/names.ts'
import { formatResources } from '../../../src/mesos/resource-text.ts'
import {
  add,
  allocatedTo,
  contains,
  equal,
  overlap,
  type Resource,
  type Resources,
  resources,
  scalarTotal,
} from '../../../src/model/resources.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer, Usage } from '../world/facts.ts'
import type { World } from '../world/world.ts'

export function capacity(world: World): Observer {
  const running = new Map<string, Map<string, Usage>>()
  const checked: Checked = new WeakMap()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'masterStepped':
        checkBooks(fact.view, world.plan.machineChangesEveryMs !== null, checked)
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

/** What was found right of an agent: resources are never changed in place. */
type Checked = WeakMap<AgentRecord, Pick<AgentRecord, 'total' | 'used' | 'offered'> & { readonly over: Resources }>

/**
 * By identity and by name. Tasks may hold what their agent no longer has (its machine shrank, an operation was not done):
 * then as much of the same name must not be offered to others.
 */
function checkBooks(view: ClusterView, canShrink: boolean, checked: Checked): void {
  for (const agent of view.agents()) {
    const last = checked.get(agent)
    if (
      last?.total === agent.total &&
      last.over === agent.oversubscribed &&
      last.used === agent.used &&
      last.offered === agent.offered
    )
      continue
    checked.set(agent, { total: agent.total, used: agent.used, offered: agent.offered, over: agent.oversubscribed })
    checkIdle(agent)
    const used = once(allocatedTo(agent.used, undefined)).filter(isOwn)
    const offered = once(allocatedTo(agent.offered, undefined)).filter(isOwn)
    const counted = overlap(agent.total, used)
    const isExact = !canShrink && equal(counted, used)
    const details = () => ({ agent: agent.id, used: shown(used), offered: shown(offered), total: shown(agent.total) })
    // What is shared is held by some and offered to others.
    const held = add(unshared(counted), unshared(offered))
    if (!contains(agent.total, held) || !contains(agent.total, offered)) {
      throw new Violation('capacity', 'offered and used fit into the agent', details())
    }
    checkNames(agent.total, [...used, ...notIn(offered, used)], isExact, offered, details)
    checkOffers(view, agent)
    checkGpus(agent)
  }
}

/** Of each kind of thing a machine has, whatever was made of it: not more is offered than is left. */
function checkNames(
  total: Resources,
  held: Resources,
  isExact: boolean,
  offered: Resources,
  details: () => Readonly<Record<string, unknown>>,
): void {
  const [there, taken, shown] = [amounts(total), amounts(held), amounts(offered)]
  for (const [name, amount] of taken) {
    const isWithin = amount <= (there.get(name) ?? 0)
    if (isWithin || (!isExact && (shown.get(name) ?? 0) === 0)) continue
    throw new Violation('capacity', 'of no part of a machine more is held and offered than is there', {
      name,
      ...details,
    })
  }
}

function amounts(items: Resources): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const item of items) {
    if (item.value.kind !== 'scalar') continue
    const name = `${item.name} ${item.disk?.source?.root ?? ''}`
    sums.set(name, (sums.get(name) ?? 0) + item.value.milli)
  }
  return sums
}

/** Of what others leave idle no more is offered than is left of it. */
function checkIdle({ id, oversubscribed, used, offered }: AgentRecord): void {
  const sum = (items: Resources) =>
    scalarTotal(
      items.filter((item) => !isOwn(item)),
      'cpus',
    )
  if (sum(offered) === 0 || sum(offered) + sum(used) <= sum(oversubscribed)) return
  throw new Violation('capacity', 'no more idle CPUs are offered than are left', {
    agent: id,
    used: shown(used),
    offered: shown(offered),
    oversubscribed: shown(oversubscribed),
  })
}

/** Not what others leave idle. */
function isOwn({ revocable }: Resource): boolean {
  return revocable !== true
}

/** What is shared counts once, however many copies of it are held. */
function once(items: Resources): Resources {
  return items.map(({ copies: _copies, ...item }) => item)
}

function unshared(items: Resources): Resources {
  return items.filter(({ shared }) => shared !== true)
}

/** What is shared and used is not held once more by who is offered it. */
function notIn(offered: Resources, used: Resources): Resources {
  const keys = new Set(used.map(({ key }) => key))
  return offered.filter(({ shared, key }) => shared !== true || !keys.has(key))
}

function shown(items: Resources): string {
  return formatResources(items)
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
