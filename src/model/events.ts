// The one registry of log event names. A log line is a constant message with an `event` from this list and fields.
// Tests may assert on events, never on message text.

export const logEvents = {
  'process.starting': 'a process begins',
  'process.stopping': 'a process ends in order',
  'store.failed': 'state could not be kept on disk',
  'process.crashed': 'a promise of ours was broken and ends the process',
  'hw.problem': 'the probe could not read or believe something',
  'volume.troubled': 'a persistent volume is not there, or what is left of one cannot be deleted',
  'inventory.changed': 'a part of the machine came, went, was replaced or changed',
  'health.appeared': 'a condition of the machine was found',
  'health.cleared': 'a condition of the machine is over',
  'agent.moved': 'the work directory belonged to another machine, and the agent joins as a new one',
  'agent.registered': 'the master took an agent for the first time',
  'agent.reregistered': 'an agent came back',
  'agent.refused': 'the master refused an agent',
  'agent.disconnected': 'the link to an agent broke',
  'agent.unreachable': 'an agent was silent too long',
  'agent.deactivated': 'an operator took an agent out of the offers',
  'agent.reactivated': 'an operator let an agent be offered again',
  'agent.draining': 'an operator empties a machine',
  'agent.drained': 'nothing runs any more on a machine that an operator empties',
  'agent.removed': 'an agent left for good',
  'link.failed': 'a connection to a master could not be made or was lost',
  'wire.dropped': 'a message was not valid, stale or not allowed, and was dropped',
  'api.refused': 'a request was refused',
  'api.streamCut': 'an event stream was cut because its reader was too slow',
  'framework.subscribed': 'a scheduler subscribed',
  'framework.refused': 'a subscription was refused',
  'framework.disconnected': 'a scheduler left',
  'framework.removed': 'a framework ended',
  'whitelist.changed': 'the list of machines that may be offered changed',
  'role.weighed': 'weights of roles were set',
  'role.quota': 'quotas of roles were set or removed',
  'allocation.paused': 'nothing is offered until the agents of an earlier master are back',
  'allocation.resumed': 'a pause of offers is over',
  'whitelist.unreadable': 'the list of machines that may be offered could not be read',
  'offer.sent': 'resources were offered',
  'offer.rescinded': 'an offer was taken back',
  'gang.offered': 'machines that were asked for together were offered together',
  'gang.released': 'machines that were kept for a gang are free again',
  'task.launched': 'a task was accepted for launch',
  'task.rejected': 'a task was refused',
  'operation.accepted': 'an operation on resources was accepted',
  'operation.ended': 'an agent carried out an operation, or could not',
  'operation.applied': 'the resources of an agent were changed by an operation',
  'operation.rejected': 'an offer operation was refused',
  'task.update': 'a task changed its state',
  'container.started': 'a container runs',
  'container.exited': 'a container ended',
  'container.limited': 'a container was stopped at a limit',
  'container.strayed': 'a container may run on CPUs or take memory where it was not to',
  'isolation.weak': 'tasks run without cgroup limits',
} as const

export type LogEvent = keyof typeof logEvents

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** A line that a pure room wants logged; the shell adds time and process. */
export type LogEffect = {
  readonly kind: 'log'
  readonly level: LogLevel
  readonly event: LogEvent
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}
