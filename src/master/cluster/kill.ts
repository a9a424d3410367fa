// KILL (Mesos docs/scheduler-http-api.md). A kill that cannot be delivered now is kept with its task and told again
// when the agent is back (returns.ts). A task that is not known is answered like an explicit reconciliation.

import { isTerminal } from '../../mesos/names.ts'
import type { SchedulerCallKill } from '../../mesos/types.ts'
import type { TaskId } from '../../model/ids.ts'
import { sendToAgent } from './link.ts'
import { answerTask } from './reconcile.ts'
import type { Framework, Task } from './records.ts'
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
  killTask(state, framework, task, graceMs(call))
}

/** Tells the agent, and remembers it for the case that the agent is not there to hear it. */
export function killTask(state: State, framework: Framework, task: Task, gracePeriodMs: number | null): void {
  if (isTerminal(task.latestState)) return
  task.kill = { gracePeriodMs }
  const agent = state.agents.get(task.agentId)
  if (agent === undefined) return
  sendToAgent(state, agent, { kind: 'kill', frameworkId: framework.id, taskId: task.id, gracePeriodMs })
}

function graceMs({ kill_policy }: SchedulerCallKill): number | null {
  const nanoseconds = kill_policy?.grace_period?.nanoseconds
  return nanoseconds === undefined ? null : Math.max(0, Math.floor(Number(nanoseconds) / 1e6))
}
