// The end of a framework: TEARDOWN, failover timeout, operator (`removeFramework` in Mesos src/master/master.cpp). Its
// tasks are KILLED in the books at once and told to end on their agents, where they count as used until they have
// (ending.ts). No UPDATE is sent.

import { isTerminal } from '../../mesos/names.ts'
import { endingRunOf, setEnding } from './ending.ts'
import { forgetGangsOf } from './gangs.ts'
import { sendToAgent } from './link.ts'
import { forgetAway } from './loss.ts'
import { dropOffersOf } from './offers.ts'
import { releaseOperations } from './operation-losses.ts'
import { tellOperators } from './operators.ts'
import type { Agent, Framework } from './records.ts'
import type { State } from './state.ts'
import { masterStatus, recordStatus } from './statuses.ts'
import { completeTask, releaseTask } from './tasks.ts'

export function removeFramework(state: State, framework: Framework): void {
  const { id, streamId } = framework
  forgetGangsOf(state, framework)
  dropOffersOf(state, framework)
  const agents = new Set<Agent>()
  for (const task of [...framework.tasks.values()]) {
    const agent = state.agents.get(task.agentId)
    const wasLive = task.holdsResources
    if (agent !== undefined) {
      agents.add(agent)
      releaseTask(state, agent, task)
      if (wasLive) setEnding(state, agent, endingRunOf(task))
    }
    if (!isTerminal(task.latestState)) {
      task.latestState = 'TASK_KILLED'
      const status = masterStatus(state, framework, task, {
        state: 'TASK_KILLED',
        reason: 'REASON_FRAMEWORK_REMOVED',
        message: 'the framework was removed',
      })
      state.counters.addTask('TASK_KILLED', status)
      recordStatus(state, task, status)
    }
    completeTask(state, framework, agent, task)
  }
  for (const task of [...framework.unreachableTasks.values()]) forgetAway(state, task)
  releaseOperations(state, framework)
  for (const agent of agents) sendToAgent(state, agent, { kind: 'shutdownFramework', frameworkId: id })
  state.allocator.removeFramework(id)
  state.frameworks.delete(id)
  state.timers.clear(`heartbeat:${id}`)
  state.unexpect(`failover:${id}`)
  framework.streamId = null
  framework.isActive = false
  framework.unregisteredMs = state.nowMs
  remember(state, framework)
  if (streamId !== null) {
    state.frameworkByStream.delete(streamId)
    state.closeStream(streamId)
  }
  tellOperators(state, () => ({
    type: 'FRAMEWORK_REMOVED',
    framework_removed: { framework_info: framework.info },
  }))
  state.log('info', 'framework.removed', 'a framework ended', { frameworkId: id, name: framework.info.name })
}

function remember(state: State, framework: Framework): void {
  state.completedFrameworks.set(framework.id, framework)
  for (const oldest of state.completedFrameworks.keys()) {
    if (state.completedFrameworks.size <= state.config.completedFrameworksMax) break
    state.completedFrameworks.delete(oldest)
  }
}
