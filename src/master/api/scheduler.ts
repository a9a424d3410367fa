// `POST /api/v1/scheduler` (Mesos docs/scheduler-http-api.md, and src/master/http.cpp where the two differ): reads a
// call, checks what the message alone can say, and hands it to the cluster, which knows frameworks and answers.
// SUBSCRIBE opens the event stream first, so that the cluster's events have somewhere to go. It decides nothing about
// frameworks.

import { randomUUID } from 'node:crypto'
import { decode } from '../../mesos/codec.ts'
import { acceptedContentType, requestContentType } from '../../mesos/http.ts'
import type { FrameworkInfo, SchedulerCall, SchedulerCallSubscribe } from '../../mesos/types.ts'
import type { FrameworkId, StreamId } from '../../model/ids.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { sendEmpty, sendText } from '../../shell/http-answers.ts'
import type { Answer, Endpoint, Exchange } from '../../shell/http-server.ts'
import type { EventStreams } from './event-streams.ts'
import { schedulerCallError } from './scheduler-call.ts'
import type { ClusterPort } from './types.ts'

const streamIdHeader = 'Mesos-Stream-Id'

export function schedulerEndpoint(streams: EventStreams<'mesos.v1.scheduler.Event'>): Endpoint<ClusterPort> {
  return {
    path: '/api/v1/scheduler',
    method: 'POST',
    realm: 'mesos-master-scheduler',
    needs: 'subject',
    takesMessage: true,
    handle: (exchange) => handle(exchange, streams),
  }
}

function handle(exchange: Exchange<ClusterPort>, streams: EventStreams<'mesos.v1.scheduler.Event'>): Answer {
  const { request, reply } = exchange
  const contentType = requestContentType(request.headers['content-type'])
  const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
  const decoded = decode(contentType ?? 'application/json', 'mesos.v1.scheduler.Call', body)
  if (!decoded.ok) return sendText(reply, 400, decoded.fault.message)
  const call = decoded.value
  const error = schedulerCallError(call)
  if (error !== null) return sendText(reply, 400, error)
  if (call.type === 'SUBSCRIBE' && call.subscribe !== undefined) {
    return subscribe(exchange, streams, call, call.subscribe)
  }
  if (call.type === 'RECONCILE_OPERATIONS' && acceptedContentType(request.headers.accept) === null) {
    return notAcceptable(exchange)
  }
  if (call.type === 'UNKNOWN') return sendText(reply, 501, 'the call type UNKNOWN is not implemented')
  return forward(exchange, call)
}

async function forward({ request, reply, principal, subject: cluster }: Exchange<ClusterPort>, call: SchedulerCall) {
  const streamId = streamIdOf(request.headers)
  const { status, message } = await cluster.request((requestId) => ({
    kind: 'call',
    requestId,
    call,
    streamId,
    principal,
  }))
  return message === null ? sendEmpty(reply, status) : sendText(reply, status, message)
}

function subscribe(
  exchange: Exchange<ClusterPort>,
  streams: EventStreams<'mesos.v1.scheduler.Event'>,
  call: SchedulerCall,
  subscribe: SchedulerCallSubscribe,
): Answer {
  const { request, reply, principal, subject: cluster } = exchange
  if (streamIdOf(request.headers) !== null) {
    return sendText(reply, 400, `a SUBSCRIBE call must not carry the ${streamIdHeader} header`)
  }
  const owned = ownedBy(subscribe.framework_info, principal)
  if (!owned.ok) return sendText(reply, 400, owned.fault.message)
  const contentType = acceptedContentType(request.headers.accept)
  if (contentType === null) return notAcceptable(exchange)
  const streamId = randomUUID() as string as StreamId
  streams.open(streamId, reply, contentType, { [streamIdHeader]: streamId })
  const frameworkId = call.framework_id?.value ?? ''
  cluster.submit({
    kind: 'subscribe',
    streamId,
    frameworkId: frameworkId === '' ? null : (frameworkId as FrameworkId),
    subscribe: { ...subscribe, framework_info: owned.value },
    principal,
  })
  return reply
}

/** FrameworkInfo with the authenticated principal filled in; fails when it names another. */
function ownedBy(info: FrameworkInfo, principal: string | null): Result<FrameworkInfo> {
  if (principal === null) return ok(info)
  if (info.principal === undefined) return ok({ ...info, principal })
  if (info.principal === principal) return ok(info)
  return fail(
    'API_MALFORMED',
    `authenticated principal '${principal}' does not match principal '${info.principal}' of the framework`,
  )
}

function notAcceptable({ reply }: Exchange<ClusterPort>): Answer {
  return sendText(reply, 406, `expecting 'Accept' to allow application/json or application/x-protobuf`)
}

/** The header's value; an empty one counts as one that is wrong, not as none. */
function streamIdOf(headers: Exchange<ClusterPort>['request']['headers']): StreamId | null {
  const value = headers[streamIdHeader.toLowerCase()]
  return typeof value === 'string' ? (value as StreamId) : null
}
