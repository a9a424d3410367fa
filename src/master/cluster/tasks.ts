// The life of a task in the master's books: it appears on an agent and in its framework, holds resources until it is
// over, and leaves for the completed list when its framework has acknowledged the end (or nobody ever will).
// Invariants: a task that holds resources is counted in its agent's `used` and by the allocator, exactly once; a GPU is
// granted to one task; a task that is not terminal holds its resources.

import { isTerminal } from '../../mesos/names.ts'
import type { TaskInfo, TaskState, TaskStatus } from '../../mesos/types.ts'
import { add, allocatedTo, type Resources, subtract } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import type { AllocationGrant } from '../allocator/types.ts'
import { resupply } from './ending.ts'
import { needOf } from './hardware.ts'
import { taskMessage } from './messages.ts'
import { tellOperators } from './operators.ts'
import { type Agent, type Framework, type Task, taskKey } from './records.ts'
import type { State } from './state.ts'
import { forward, masterStatus, recordStatus, type StatusFacts } from './statuses.ts'

/** The allocator's word for what a task or an offer holds. */
export function grantOf(held: {
  readonly frameworkId: AllocationGrant['frameworkId']
  readonly agentId: AllocationGrant['agentId']
  readonly role: string
  readonly resources: AllocationGrant['resources']
}): AllocationGrant {
  const { frameworkId, agentId, role } = held
  return { frameworkId, agentId, role, resources: allocatedTo(held.resources, undefined) }
}

/** What a record keeps of a TaskInfo: what is shown. The rest is the agent's, and may be most of a megabyte. */
export function shownInfo(info: TaskInfo): TaskInfo {
  const { resources: _resources, executor: _executor, command, check: _check, data: _data, ...shown } = info
  return command?.user === undefined ? shown : { ...shown, command: { user: command.user } }
}

/** Books a task on its agent and in its framework. What it holds is already allocated to its framework. */
export function bookTask(state: State, framework: Framework, agent: Agent, task: Task): void {
  invariant(!framework.tasks.has(task.id), 'a framework has one live task of an id', { taskId: task.id })
  framework.tasks.set(task.id, task)
  agent.tasks.set(taskKey(framework.id, task.id), task)
  if (!isTerminal(task.latestState)) {
    task.holdsResources = true
    agent.used = add(agent.used, task.resources)
    agent.books.hold(task.grant, needOf(task.resources, agent.hardware))
  }
  tellOperators(state, () => ({ type: 'TASK_ADDED', task_added: { task: taskMessage(task) } }))
}

/** The task is over on its agent: what it held is free, whether its end is acknowledged or not. */
export function releaseTask(state: State, agent: Agent, task: Task): void {
  if (!task.holdsResources) return
  unbookResources(agent, task)
  const grant = grantOf(task)
  // The task said where its volumes are mounted; the next offer shows them as they were made.
  const back = { ...grant, resources: asIn(agent.total, grant.resources) }
  state.allocator.recover(back, null, state.nowMs)
  resupply(state, agent)
  state.isAllocationUrgent = true
}

/** The same resources with their disks in the words of `total`, where that has them. */
function asIn(total: Resources, items: Resources): Resources {
  if (items.every((item) => item.disk === undefined)) return items
  const disks = new Map(total.map(({ key, disk }) => [key, disk]))
  return items.map((item) => {
    const disk = disks.get(item.key)
    return disk === undefined ? item : { ...item, disk }
  })
}

/** Takes the resources out of the agent's books only; the allocator has been or will be told otherwise. */
export function unbookResources(agent: Agent, task: Task): void {
  if (!task.holdsResources) return
  task.holdsResources = false
  agent.used = subtract(agent.used, task.resources)
  agent.books.release(task.grant, needOf(task.resources, agent.hardware))
}

/** The task leaves the live ones for the completed ones. It holds nothing any more. */
export function completeTask(state: State, framework: Framework, agent: Agent | undefined, task: Task): void {
  invariant(!task.holdsResources, 'a completed task holds nothing', { taskId: task.id })
  framework.tasks.delete(task.id)
  agent?.tasks.delete(taskKey(framework.id, task.id))
  if (agent !== undefined && agent.drain !== null) state.emptied.add(agent)
  task.sickNotices.clear()
  framework.completedTasks.push(task)
  framework.completedById.set(task.id, task)
  if (framework.completedTasks.length <= state.config.completedTasksPerFrameworkMax) return
  const oldest = framework.completedTasks.shift()
  if (oldest !== undefined && framework.completedById.get(oldest.id) === oldest)
    framework.completedById.delete(oldest.id)
}

/** Takes a completed task back, because its agent still reports it. */
export function uncompleteTask(framework: Framework, task: Task): void {
  framework.completedById.delete(task.id)
  const index = framework.completedTasks.lastIndexOf(task)
  if (index >= 0) framework.completedTasks.splice(index, 1)
}

/** The agent says how far the task is; a task that is over never starts again. */
export function learnState(
  state: State,
  agent: Agent,
  task: Task,
  latest: TaskState,
  by: TaskStatus | undefined,
): void {
  if (isTerminal(task.latestState) || task.latestState === latest) return
  task.latestState = latest
  if (!isTerminal(latest)) return
  state.counters.addTask(latest, by?.state === latest ? by : {})
  task.sickNotices.clear()
  releaseTask(state, agent, task)
}

/** The master itself ends the task (its agent does not have it, or is gone for good): told, and completed at once. */
export function endTask(state: State, framework: Framework, agent: Agent, task: Task, facts: StatusFacts): void {
  releaseTask(state, agent, task)
  concludeTask(state, framework, task, facts)
  completeTask(state, framework, agent, task)
}

/** The status of an end that no agent will report; a task whose end is already known keeps it. */
export function concludeTask(state: State, framework: Framework, task: Task, facts: StatusFacts): void {
  const known = isTerminal(task.latestState) ? { ...facts, state: task.latestState } : facts
  const status = masterStatus(state, framework, task, known)
  if (!isTerminal(task.latestState)) {
    task.latestState = status.state
    state.counters.addTask(status.state, status)
  }
  recordStatus(state, task, status)
  forward(state, framework, status)
}
