// KILL (Mesos docs/scheduler-http-api.md). A kill that cannot be delivered now is kept with its task and told again
// when the agent is back (returns.ts). A task that is not known is answered like an explicit reconciliation.

import { isTerminal } from '../../mesos/names.ts'
import type { SchedulerCallKill } from '../../mesos/types.ts'
import type { FrameworkId, TaskId } from '../../model/ids.ts'
import type { Drain } from '../registry/types.ts'
import { sendToAgent } from './link.ts'
import { answerTask } from './reconcile.ts'
import type { Agent, Framework, Task } from './records.ts'
import type { State } from './state.ts'

export function kill(state: State, framework: Framework, call: SchedulerCallKill): void {
  state.counters.add('messages_kill_task')
  const task = framework.tasks.get(call.task_id.value as TaskId)
  if (task === undefined) return answerTask(state, framework, call.task_id.value, call.agent_id?.value)
  if (call.agent_id !== undefined && call.agent_id.value !== task.agentId) {
    state.log('info', 'task.rejected', 'a kill names another agent than that of its task', {
      frameworkId: framework.id,
      taskId: task.id,
    })
    return
  }
  killTask(state, task, graceMs(call))
}

/** Tells the agent, and remembers it for the case that the agent is not there to hear it. */
export function killTask(state: State, task: Task, gracePeriodMs: number | null, drain: Drain | null = null): void {
  if (isTerminal(task.latestState)) return
  task.kill = { gracePeriodMs, drain: drain ?? task.kill?.drain ?? null }
  const agent = state.agents.get(task.agentId)
  if (agent !== undefined) repeatKill(state, agent, task)
}

/** Tells the agent what it was, or may not have been, told of the task's end. */
export function repeatKill(state: State, agent: Agent, { frameworkId, id: taskId, kill: asked }: Task): void {
  if (asked !== null) sendKill(state, agent, { frameworkId, taskId }, asked.gracePeriodMs, asked.drain)
}

export function sendKill(
  state: State,
  agent: Agent,
  { frameworkId, taskId }: { readonly frameworkId: FrameworkId; readonly taskId: TaskId },
  gracePeriodMs: number | null,
  drain: Drain | null,
): void {
  sendToAgent(state, agent, {
    kind: 'kill',
    frameworkId,
    taskId,
    gracePeriodMs,
    ...(drain === null ? {} : { drain: { maxGraceMs: drain.maxGraceMs, markGone: drain.markGone } }),
  })
}

function graceMs({ kill_policy }: SchedulerCallKill): number | null {
  const nanoseconds = kill_policy?.grace_period?.nanoseconds
  return nanoseconds === undefined ? null : Math.max(0, Math.floor(Number(nanoseconds) / 1e6))
}
