// `POST /api/v1` (Mesos docs/operator-http-api.md): answers operators' questions from the view, forwards what changes
// the cluster, and opens event streams. Calls that Tepui does not know yet are answered 501 by name. It decides
// nothing.

import { randomUUID } from 'node:crypto'
import { decode } from '../../mesos/codec.ts'
import { acceptedContentType, requestContentType } from '../../mesos/http.ts'
import type { MasterCall, MasterResponse } from '../../mesos/types.ts'
import type { FrameworkId, StreamId } from '../../model/ids.ts'
import { type About, flagList, versionInfo } from '../../shell/http-about.ts'
import { sendEmpty, sendMessage, sendText } from '../../shell/http-answers.ts'
import type { Answer, Endpoint, Exchange } from '../../shell/http-server.ts'
import { agentsMessage, frameworksMessage, operationsMessage, stateMessage, tasksMessage } from '../cluster/messages.ts'
import type { EventStreams } from './event-streams.ts'
import type { Metrics } from './metrics.ts'
import { operatorWrite, performWrite } from './operator-writes.ts'
import { masterMessage, quotaMessage, rolesMessage, weightsMessage } from './render-messages.ts'
import type { ClusterPort } from './types.ts'

export type OperatorParts = {
  readonly streams: EventStreams<'mesos.v1.master.Event'>
  readonly about: About
  readonly metrics: Metrics
}

export function operatorEndpoint(parts: OperatorParts): Endpoint<ClusterPort> {
  return {
    path: '/api/v1',
    method: 'POST',
    realm: 'mesos-master-readwrite',
    needs: 'subject',
    takesMessage: true,
    handle: (exchange) => handle(exchange, parts),
  }
}

function handle(exchange: Exchange<ClusterPort>, parts: OperatorParts): Answer {
  const { request, reply, principal, subject: cluster } = exchange
  const contentType = requestContentType(request.headers['content-type'])
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  const decoded = decode(contentType ?? 'application/json', 'mesos.v1.master.Call', body)
  if (!decoded.ok) return sendText(reply, 400, decoded.fault.message)
  const call = decoded.value
  const error = operatorCallError(call)
  if (error !== null) return sendText(reply, 400, error)
  const accepted = acceptedContentType(request.headers.accept)
  if (accepted === null) {
    return sendText(reply, 406, `expecting 'Accept' to allow application/json or application/x-protobuf`)
  }
  if (call.type === 'SUBSCRIBE') {
    const streamId = randomUUID() as string as StreamId
    parts.streams.open(streamId, reply, accepted, {})
    cluster.submit({ kind: 'operatorSubscribe', streamId })
    return reply
  }
  if (call.type === 'TEARDOWN') return teardown(exchange, call.teardown?.framework_id.value ?? '')
  const write = operatorWrite(call, principal)
  if (typeof write === 'string') return sendText(reply, 400, write)
  if (write !== null) return performWrite(exchange, write)
  const response = answer(call, exchange, parts)
  if (response === null) return sendText(reply, 501, `the call ${call.type} is not implemented`)
  return sendMessage(reply, accepted, 'mesos.v1.master.Response', response)
}

/** Removes a framework; also behind the classic `POST /teardown`. */
export async function teardown({ reply, subject: cluster }: Exchange<ClusterPort>, frameworkId: string) {
  const { status, message } = await cluster.request((requestId) => ({
    kind: 'teardown',
    requestId,
    frameworkId: frameworkId as FrameworkId,
  }))
  return message === null ? sendEmpty(reply, status) : sendText(reply, status, message)
}

/** Why the message alone is wrong, a sentence, or null. */
function operatorCallError(call: MasterCall): string | null {
  if (call.type === undefined) return 'call.type is required and must be the name of a call'
  if (call.type === 'GET_METRICS' && call.get_metrics === undefined) return 'call.get_metrics is required'
  if (call.type === 'TEARDOWN' && call.teardown === undefined) return 'call.teardown is required'
  return null
}

/** The response to a question, or null when it is not one that can be answered. */
function answer(
  call: MasterCall,
  { subject: cluster }: Exchange<ClusterPort>,
  { about, metrics }: OperatorParts,
): MasterResponse | null {
  const { view } = cluster
  switch (call.type) {
    case 'GET_HEALTH':
      return { type: 'GET_HEALTH', get_health: { healthy: true } }
    case 'GET_FLAGS':
      return { type: 'GET_FLAGS', get_flags: { flags: flagList(about) } }
    case 'GET_VERSION':
      return { type: 'GET_VERSION', get_version: { version_info: versionInfo() } }
    case 'GET_METRICS':
      return { type: 'GET_METRICS', get_metrics: { metrics: metricList(metrics.snapshot(cluster)) } }
    case 'GET_LOGGING_LEVEL':
      // Mesos' verbosity; 0 is its ordinary one, and ours cannot be changed while running.
      return { type: 'GET_LOGGING_LEVEL', get_logging_level: { level: 0 } }
    case 'GET_MASTER':
      return { type: 'GET_MASTER', get_master: masterMessage(view) }
    case 'GET_STATE':
      return { type: 'GET_STATE', get_state: stateMessage(view) }
    case 'GET_AGENTS':
      return { type: 'GET_AGENTS', get_agents: agentsMessage(view) }
    case 'GET_FRAMEWORKS':
      return { type: 'GET_FRAMEWORKS', get_frameworks: frameworksMessage(view) }
    case 'GET_EXECUTORS':
      // Command tasks have no executor that anybody sees, and there are no others yet.
      return { type: 'GET_EXECUTORS', get_executors: {} }
    case 'GET_TASKS':
      return { type: 'GET_TASKS', get_tasks: tasksMessage(view) }
    case 'GET_ROLES':
      return { type: 'GET_ROLES', get_roles: rolesMessage(view) }
    case 'GET_OPERATIONS':
      return { type: 'GET_OPERATIONS', get_operations: operationsMessage(view) }
    case 'GET_WEIGHTS':
      return { type: 'GET_WEIGHTS', get_weights: weightsMessage(view) }
    case 'GET_QUOTA':
      return { type: 'GET_QUOTA', get_quota: { status: quotaMessage(view) } }
    default:
      return null
  }
}

function metricList(snapshot: Readonly<Record<string, number>>): { name: string; value: number }[] {
  return Object.entries(snapshot).map(([name, value]) => ({ name, value }))
}
