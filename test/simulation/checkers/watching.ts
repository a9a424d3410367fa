// Who watches the operators' event stream and adds up what it is told knows the cluster as it is: the snapshot first, then
// every agent, framework and task that comes, changes or goes. And no more streams are kept than the bound says.

import type { ClusterView } from '../../../src/master/cluster/types.ts'
import { isTerminal } from '../../../src/mesos/names.ts'
import type { MasterEvent, TaskState } from '../../../src/mesos/types.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import { operatorStreamsMax } from '../world/master-host.ts'

type Picture = { readonly agents: Set<string>; readonly frameworks: Set<string>; readonly tasks: Map<string, string> }

export function watching(): Observer {
  const streams = new Map<string, Picture>()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'operatorTold': {
        const picture = streams.get(fact.streamId)
        if (picture === undefined) {
          if (fact.event.type !== 'SUBSCRIBED') {
            throw new Violation('watching', 'a stream begins with a snapshot', { event: fact.event.type })
          }
          streams.set(fact.streamId, snapshotOf(fact.event))
        } else learn(picture, fact.event)
        return
      }
      case 'operatorStreamEnded':
        streams.delete(fact.streamId)
        return
      case 'masterStepped':
        if (streams.size > operatorStreamsMax) {
          throw new Violation('watching', 'streams are bounded', { streams: streams.size })
        }
        if (streams.size > 0) check(fact.view, streams.values())
        return
      default:
        return
    }
  }
}

function snapshotOf({ subscribed }: MasterEvent): Picture {
  const state = subscribed?.get_state
  const agents = state?.get_agents?.agents ?? []
  const frameworks = state?.get_frameworks?.frameworks ?? []
  const tasks = state?.get_tasks?.tasks ?? []
  return {
    agents: new Set(agents.map(({ agent_info }) => agent_info.id?.value ?? '')),
    frameworks: new Set(frameworks.map(({ framework_info }) => framework_info.id?.value ?? '')),
    tasks: new Map(tasks.map((task) => [`${task.framework_id.value}/${task.task_id.value}`, task.state])),
  }
}

function learn({ agents, frameworks, tasks }: Picture, event: MasterEvent): void {
  switch (event.type) {
    case 'AGENT_ADDED':
      agents.add(event.agent_added?.agent.agent_info.id?.value ?? '')
      return
    case 'AGENT_REMOVED':
      agents.delete(event.agent_removed?.agent_id.value ?? '')
      return
    case 'FRAMEWORK_ADDED':
      frameworks.add(event.framework_added?.framework.framework_info.id?.value ?? '')
      return
    case 'FRAMEWORK_REMOVED': {
      const id = event.framework_removed?.framework_info.id?.value ?? ''
      frameworks.delete(id)
      for (const key of tasks.keys()) if (key.startsWith(`${id}/`)) tasks.delete(key)
      return
    }
    case 'TASK_ADDED': {
      const task = event.task_added?.task
      if (task !== undefined) tasks.set(`${task.framework_id.value}/${task.task_id.value}`, task.state)
      return
    }
    case 'TASK_UPDATED': {
      const { framework_id, status, state } = event.task_updated ?? {}
      const key = `${framework_id?.value}/${status?.task_id.value}`
      if (tasks.has(key)) tasks.set(key, state ?? '')
      return
    }
    default:
      return
  }
}

/** Nobody is told of an agent that is out of reach or was given up; a task's newest state may be ahead of its statuses. */
function check(view: ClusterView, pictures: Iterable<Picture>): void {
  const agents = [...view.agents()].map(({ id }) => id)
  const frameworks = new Set<string>([...view.frameworks()].map(({ id }) => id))
  const living: string[] = []
  const held = new Set<string>()
  for (const framework of view.frameworks()) {
    for (const { id, latestState } of framework.tasks.values()) {
      held.add(`${framework.id}/${id}`)
      if (!isTerminal(latestState)) living.push(`${framework.id}/${id}`)
    }
    for (const id of framework.unreachableTasks.keys()) held.add(`${framework.id}/${id}`)
  }
  for (const picture of pictures) {
    const alive = [...picture.tasks]
      .filter(([, state]) => !isTerminal(state as TaskState) && state !== 'TASK_UNREACHABLE')
      .map(([key]) => key)
    demand('agents', agents, picture.agents)
    demand('frameworks', frameworks, picture.frameworks)
    demand('frameworks that ended', picture.frameworks, frameworks)
    demand('tasks', living, picture.tasks)
    demand('tasks that ended', alive, held)
  }
}

function demand(what: string, there: Iterable<string>, told: { has(one: string): boolean }): void {
  for (const one of there) {
    if (!told.has(one)) throw new Violation('watching', 'who listens knows what is there', { what, one })
  }
}
