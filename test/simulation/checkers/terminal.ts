// Never lose: a task once reported RUNNING ends in exactly one terminal state that its framework has acknowledged,
// unless the framework was removed, the machine
// never came back, or its operator stopped it with its tasks. And nobody says that a task is gone while it runs.

import { isTerminal } from '../../../src/mesos/names.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

/** More tasks than any framework of a simulation has out of reach at a time. */
const unreachableTasksMin = 100

type Life = {
  readonly frameworkId: string
  readonly taskId: string
  machine: string | null
  containerId: string | null
  isHeardOf: boolean
  wasRunning: boolean
  end: string | null
  isAcknowledged: boolean
  isMachineLost: boolean
  /** A master ended it; a later master may take the framework again, but not this task. */
  isFrameworkRemoved: boolean
}

export function terminal(world: World): Observer {
  // A master that forgets tasks out of reach can only say that their agent does not have them.
  const forgets = world.plan.bounds.unreachableTasksPerFrameworkMax < unreachableTasksMin
  const lives = new Map<string, Life>()
  const removed = new Set<string>()
  const remove = (frameworkId: string) => {
    for (const of of lives.values()) if (of.frameworkId === frameworkId) of.isFrameworkRemoved = true
  }
  const life = (frameworkId: string, taskId: string): Life => {
    const key = `${frameworkId}/${taskId}`
    const present = lives.get(key)
    if (present !== undefined) return present
    const fresh: Life = {
      frameworkId,
      taskId,
      machine: null,
      containerId: null,
      isHeardOf: false,
      wasRunning: false,
      end: null,
      isAcknowledged: false,
      isMachineLost: false,
      isFrameworkRemoved: false,
    }
    lives.set(key, fresh)
    return fresh
  }

  return (fact: Fact) => {
    switch (fact.kind) {
      case 'containerLaunched': {
        const of = life(fact.spec.frameworkId, fact.spec.taskId)
        of.machine = fact.machine
        of.containerId = fact.spec.containerId
        return
      }
      case 'containerEnded':
        for (const of of lives.values()) if (of.containerId === fact.containerId) of.containerId = null
        return
      case 'machineLost':
      case 'machineStopped':
        for (const of of lives.values()) if (of.machine === fact.machine) of.isMachineLost = true
        return
      case 'statusSeen':
        return seen(life(fact.frameworkId, fact.status.task_id.value), fact, forgets)
      case 'statusAcknowledged': {
        const of = life(fact.frameworkId, fact.status.task_id.value)
        if (isTerminal(fact.status.state)) of.isAcknowledged = true
        return
      }
      case 'frameworkEnded':
        return remove(fact.frameworkId)
      case 'masterStarted':
        removed.clear()
        return
      case 'masterStepped':
        for (const { id } of fact.view.completedFrameworks()) {
          if (!removed.has(id)) remove(id)
          removed.add(id)
        }
        return
      case 'ended':
        for (const of of lives.values()) {
          if (!of.wasRunning || of.isMachineLost || of.isFrameworkRemoved) continue
          if (of.end === null || !of.isAcknowledged) {
            throw new Violation('terminal', 'a task that ran has an end that was acknowledged', { ...of })
          }
        }
        return
      default:
        return
    }
  }
}

function seen(of: Life, { status }: Extract<Fact, { kind: 'statusSeen' }>, forgets: boolean): void {
  if (status.uuid === undefined) {
    const isGone = status.state === 'TASK_GONE' || status.state === 'TASK_DROPPED'
    if (isGone && !forgets && of.isHeardOf && of.containerId !== null && !of.isMachineLost && !of.isFrameworkRemoved) {
      throw new Violation('terminal', 'a task is not said to be gone while it runs', { ...of, state: status.state })
    }
    return
  }
  of.isHeardOf = true
  if (status.state === 'TASK_RUNNING') of.wasRunning = true
  if (!isTerminal(status.state)) return
  if (of.containerId !== null) {
    throw new Violation('terminal', 'a task that is said to have ended does not run', { ...of, state: status.state })
  }
  const end = `${status.state} ${Buffer.from(status.uuid).toString('base64')}`
  if (of.end !== null && of.end !== end) {
    throw new Violation('terminal', 'a task ends once', { ...of, end })
  }
  of.end = end
}
