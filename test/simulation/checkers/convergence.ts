// After the faults: everything that can be done gets done, and nothing is left over. Not a checker of single facts but
// a question asked again and again once the world has healed.

import { scalarTotal } from '../../../src/model/resources.ts'
import type { Goal } from '../world/goals.ts'
import type { Machine } from '../world/machine.ts'
import type { Scheduler } from '../world/scheduler.ts'
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
  return null
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
  return alive === undefined ? null : `${alive.taskId} has no end: ${alive.state}`
}

/** Whether any machine that is left could take it. */
function isPossible(world: World, scheduler: Scheduler, { plan }: Goal): boolean {
  return world.machines.some(
    ({ isDestroyed, plan: machine }) =>
      !isDestroyed &&
      (machine.gpus === 0 || scheduler.plan.seesGpus) &&
      machine.cpus * 1000 >= plan.cpusMilli &&
      machine.memMb >= plan.memMb &&
      machine.gpus >= plan.gpus &&
      machine.ports >= plan.ports,
  )
}
