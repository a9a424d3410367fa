// What agents send: the third step of their registration, heartbeats, statuses of their tasks. A frame of any other
// session than the live one changes nothing (but a registration, which begins one: handshake.ts).

import { fromJsonValue } from '../../mesos/json.ts'
import { isTerminal, taskStates } from '../../mesos/names.ts'
import type { TaskState, TaskStatus } from '../../mesos/types.ts'
import type { AgentUid } from '../../model/ids.ts'
import { unreachable } from '../../model/result.ts'
import type { StatusUpdate, UpFrame, UpMessage } from '../../wire/messages.ts'
import { endEnding } from './ending.ts'
import { register, takePending } from './handshake.ts'
import { receiveFrame, sendToAgent, sendUnnumbered } from './link.ts'
import { onMachineHealth } from './machine-health.ts'
import { onOperationUpdate } from './operation-updates.ts'
import { onOversubscribed } from './oversubscription.ts'
import { type Agent, type Task, taskKey, uuidBase64 } from './records.ts'
import { agentJoins } from './returns.ts'
import type { State } from './state.ts'
import { forward, recordStatus, tellTaskUpdated } from './statuses.ts'
import { learnState } from './tasks.ts'

export function onAgentFrame(state: State, uid: AgentUid, frame: UpFrame): void {
  if (frame.message?.kind === 'register') return register(state, uid, frame, frame.message)
  const pending = takePending(state, uid, frame)
  if (pending !== null) agentJoins(state, uid, pending)
  const id = state.agentIdByUid.get(uid)
  const agent = id === undefined ? undefined : state.agents.get(id)
  if (agent === undefined || agent.link === null || agent.link.channel.isStale(frame)) {
    state.counters.add('dropped_messages')
    return
  }
  agent.lastHeardMs = state.attendedMs
  for (const message of receiveFrame(state, uid, agent.link, frame)) onMessage(state, agent, message)
}

function onMessage(state: State, agent: Agent, message: UpMessage): void {
  switch (message.kind) {
    case 'heartbeat':
      if (agent.link !== null) sendUnnumbered(state, agent.uid, agent.link, { kind: 'heartbeatEcho' })
      return
    case 'statusUpdate':
      return onStatusUpdate(state, agent, message)
    case 'operationUpdate':
      return onOperationUpdate(state, agent, message)
    case 'machineHealth':
      return onMachineHealth(state, agent, message)
    case 'oversubscribed':
      return onOversubscribed(state, agent, message)
    case 'register':
      return
    default:
      unreachable(message)
  }
}

function onStatusUpdate(state: State, agent: Agent, update: StatusUpdate): void {
  state.counters.add('messages_status_update')
  const status = readStatus(agent, update)
  const { frameworkId, taskId } = update
  if (status === null) return dropUpdate(state, agent, update, 'the status is not valid')
  state.counters.add('valid_status_updates')
  const key = taskKey(frameworkId, taskId)
  const task = agent.tasks.get(key)
  if (task !== undefined) return learnStatus(state, agent, task, status, update.latestState as TaskState)
  // Nobody is left to acknowledge: the task was completed and its acknowledgement is on its way, or it is only ending.
  if (isTerminal(update.latestState as TaskState)) endEnding(state, agent, key)
  sendToAgent(state, agent, { kind: 'acknowledge', frameworkId, taskId, uuid: uuidBase64(status.uuid) })
}

function learnStatus(state: State, agent: Agent, task: Task, status: TaskStatus, latest: TaskState): void {
  const before = task.latestState
  const uuid = uuidBase64(status.uuid)
  learnState(state, agent, task, isTerminal(status.state) ? status.state : latest, status)
  // Acknowledged already; the agent has not heard of it yet.
  if (uuid === task.acknowledgedUuid) return
  const isNew = uuid !== uuidBase64(task.status?.uuid)
  // What the master said of its own accord while the agent was away (TASK_LOST, without uuid) ended nothing.
  if (isNew && task.status?.uuid !== undefined && isTerminal(task.status.state)) {
    return dropUpdate(state, agent, { frameworkId: task.frameworkId, taskId: task.id }, 'the task is over')
  }
  if (isNew) {
    recordStatus(state, task, status)
    state.log('info', 'task.update', 'a task changed its state', {
      frameworkId: task.frameworkId,
      taskId: task.id,
      state: status.state,
    })
  } else if (before !== task.latestState) {
    tellTaskUpdated(state, task)
  }
  const framework = state.frameworks.get(task.frameworkId)
  if (framework !== undefined) forward(state, framework, status)
}

function dropUpdate(
  state: State,
  agent: Agent,
  { frameworkId, taskId }: Pick<StatusUpdate, 'frameworkId' | 'taskId'>,
  reason: string,
): void {
  state.counters.add('invalid_status_updates')
  // Counted, and told at debug: how often an agent may make us write is not for it to say.
  state.log('debug', 'wire.dropped', 'a status update was dropped', { agentId: agent.id, frameworkId, taskId, reason })
}

/** The status with its place as the master knows it, or null when it is not one that a task can have. */
function readStatus(agent: Agent, update: StatusUpdate): TaskStatus | null {
  const status = fromJsonValue('mesos.v1.TaskStatus', update.status)
  if (!status.ok || status.value.uuid?.length !== 16) return null
  if (status.value.task_id.value !== update.taskId || !taskStates.includes(update.latestState as TaskState)) return null
  return { ...status.value, agent_id: { value: agent.id } }
}
