// After the faults: everything that can be done gets done, and nothing is left over. Not a checker of single facts but
// a question asked again and again once the world has healed.

import type { OperationRecord } from '../../../src/agent/core/types.ts'
import { placeName, placeOf } from '../../../src/agent/core/volumes.ts'
import type { ClusterView } from '../../../src/master/cluster/types.ts'
import { fromJsonValue } from '../../../src/mesos/json.ts'
import { isVolume } from '../../../src/mesos/operations.ts'
import { formatResources } from '../../../src/mesos/resource-text.ts'
import { fromMessages } from '../../../src/mesos/resources.ts'
import { isWithinRole } from '../../../src/mesos/roles.ts'
import type { Resource } from '../../../src/mesos/types.ts'
import type { AgentId } from '../../../src/model/ids.ts'
import { equal, type Resources, scalarTotal } from '../../../src/model/resources.ts'
import type { MesosJson } from '../../../src/wire/messages.ts'
import { Violation } from '../engine/violation.ts'
import type { Goal } from '../world/goals.ts'
import { isDynamic } from '../world/keeping.ts'
import type { Machine } from '../world/machine.ts'
import type { Scheduler } from '../world/scheduler.ts'
import { take } from '../world/taking.ts'
import type { World } from '../world/world.ts'

/** The first thing that is not as it must be in the end, or null when all is quiet. */
export function unsettled(world: World): string | null {
  const { view } = world.master
  if (view === null) return 'no master runs'
  for (const machine of world.machines) {
    const reason = machineUnsettled(machine)
    if (reason !== null) return `${machine.name}: ${reason}`
  }
  for (const scheduler of world.schedulers) {
    const reason = schedulerUnsettled(world, scheduler)
    if (reason !== null) return `${scheduler.name}: ${reason}`
  }
  for (const agent of view.agents()) {
    if (!world.machines.some((machine) => !machine.isDestroyed && machine.uid === agent.uid)) {
      return `agent ${agent.id} is registered and no longer exists`
    }
    if (agent.used.length > 0)
      return `agent ${agent.id} counts ${scalarTotal(agent.used, 'cpus')} thousandths of cpus as used`
  }
  for (const framework of view.frameworks()) {
    const scheduler = world.schedulers.find(({ frameworkId }) => frameworkId === framework.id)
    if (scheduler === undefined || scheduler.isOver) return `framework ${framework.id} has ended and is still there`
    if (framework.tasks.size > 0) return `framework ${framework.id} still has tasks at the master`
  }
  return (
    world.operator.unsettled ??
    world.machines.map((machine) => reservedUnsettled(world, view, machine)).find(isReason) ??
    null
  )
}

function isReason(reason: string | null): reason is string {
  return reason !== null
}

/** The agent's disk, the machine's directories and the master's books say the same of reservations and volumes. */
function reservedUnsettled(world: World, view: ClusterView, machine: Machine): string | null {
  if (machine.isDestroyed) return null
  const agent = [...view.agents()].find(({ uid }) => uid === machine.uid)
  if (agent === undefined) return `${machine.name} is not at the master`
  const { reserved, operations } = machine.store.checkpoint()
  // Whose framework has ended and is forgotten waits long for an acknowledgement.
  const isOpen = ({ frameworkId }: OperationRecord) =>
    !world.schedulers.some((scheduler) => scheduler.isOver && scheduler.frameworkId === frameworkId)
  if (operations.some(isOpen)) return `${machine.name}: operations wait on the disk`
  const kept = fromMessages(reserved.map(messageOf))
  if (!kept.ok) return `${machine.name}: what is reserved cannot be read`
  const known = agent.total.filter((item) => isDynamic(item) || isVolume(item))
  if (!equal(kept.value, known)) {
    return `${machine.name}: reserved on disk ${formatResources(kept.value)}, at the master ${formatResources(known)}`
  }
  const names = new Set(kept.value.flatMap((item) => placeOf(item) ?? []).map(placeName))
  const { names: there, leftovers } = machine.volumes
  const isOff = (name: string) => names.has(name) !== there.has(name) && !leftovers.has(name)
  if ([...names, ...there].some(isOff)) {
    return `${machine.name}: volumes ${[...names]}, and directories ${[...there]}`
  }
  return null
}

function messageOf(json: MesosJson): Resource {
  const decoded = fromJsonValue('mesos.v1.Resource', json)
  if (!decoded.ok) throw new Violation('convergence', 'what an agent keeps can be read', { json })
  return decoded.value
}

function machineUnsettled(machine: Machine): string | null {
  if (machine.containers.aliveCount > 0) return `${machine.containers.alive.map(({ taskId }) => taskId)} still runs`
  if (machine.isDestroyed) return null
  if (machine.view === null) return 'no agent runs'
  if (!machine.view.isRegistered) return 'the agent is not registered'
  const runs = [...machine.view.runs()]
  if (runs.length > 0)
    return `the agent still holds ${runs.map(({ taskId, latestState }) => `${taskId} ${latestState}`)}`
  if (machine.store.containerIds.length > 0) return 'the disk still holds runs that the agent does not know'
  return null
}

function schedulerUnsettled(world: World, scheduler: Scheduler): string | null {
  if (scheduler.isOver) return null
  if (!scheduler.isSubscribed) return 'not subscribed'
  const undone = scheduler.goals.all.find((goal) => !goal.isDone && isPossible(world, scheduler, goal))
  if (undone !== undefined)
    return `${undone.name} is not done (${undone.attempt?.taskId ?? 'no task'} ${undone.attempt?.state ?? ''})`
  const alive = scheduler.goals.open.find(
    ({ state }) => state.startsWith('TASK_STA') || state === 'TASK_RUNNING' || state === 'TASK_KILLING',
  )
  if (scheduler.wantsGang && isGangPossible(world, scheduler)) return 'its gang has not come'
  // Of an agent that never comes back nothing more is heard.
  const isThere = (agentId: string) => world.master.view?.agent(agentId as AgentId) !== undefined
  const open = scheduler.keeping?.open.find(
    ({ state, agentId }) => state !== 'OPERATION_UNREACHABLE' || isThere(agentId),
  )
  if (open !== undefined) return `operation ${open.id} has no end: ${open.state}`
  return alive === undefined ? null : `${alive.taskId} has no end: ${alive.state}`
}

/** Whether any machine that is left could take it, of what is reserved for one of its roles and of what is not. */
function isPossible(world: World, scheduler: Scheduler, { plan }: Goal): boolean {
  return world.machines.some((machine) => {
    if (machine.isDestroyed || (machine.plan.gpus > 0 && !scheduler.plan.seesGpus)) return false
    const agent = [...(world.master.view?.agents() ?? [])].find(({ uid }) => uid === machine.uid)
    const total = agent?.total ?? machine.total
    return scheduler.plan.roles.some((role) => {
      const refines = scheduler.plan.keeping?.refines === true
      return take(usable(total, role, refines), plan) !== null
    })
  })
}

function usable(total: Resources, role: string, refines: boolean): Resources {
  return total.filter(({ reservations = [] }) => {
    const owner = reservations.at(-1)?.role
    return owner === undefined || (isWithinRole(role, owner) && (refines || reservations.length < 2))
  })
}

/** Whether there are so many machines of which each could give it all when nothing else is there. */
function isGangPossible(world: World, { plan: { gang, seesGpus, keeping, roles } }: Scheduler): boolean {
  const [role] = roles
  if (gang === null || role === undefined) return false
  const racks = [...(world.master.view?.agents() ?? [])].flatMap(({ info, total }) => {
    if (scalarTotal(total, 'gpus') > 0 && !seesGpus) return []
    const wanted = { cpusMilli: gang.cpusMilli, memMb: gang.memMb, gpus: 0, ports: 0 }
    if (take(usable(total, role, keeping?.refines === true), wanted) === null) return []
    return [info.attributes?.find(({ name }) => name === 'rack')?.text?.value ?? null]
  })
  if (gang.racks === 'ANY') return racks.length >= gang.count
  const named = racks.filter((rack) => rack !== null)
  if (gang.racks === 'SPREAD') return new Set(named).size >= gang.count
  return named.some((rack) => named.filter((other) => other === rack).length >= gang.count)
}
