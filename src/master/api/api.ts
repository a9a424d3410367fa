// The master's HTTP API put together: endpoints, event streams, metrics, one server. It decides nothing about
// frameworks, agents or tasks; see types.ts for what it needs and gives.

import { fail, ok, type Result } from '../../model/result.ts'
import { createAccess } from '../../shell/http-access.ts'
import { createHttpServer, listeningPort, pathOf } from '../../shell/http-server.ts'
import { isLoopback, listenFault } from '../../shell/listen.ts'
import { classicEndpoints } from './classic.ts'
import { EventStreams } from './event-streams.ts'
import { createMetrics } from './metrics.ts'
import { operatorEndpoint } from './operator.ts'
import { schedulerEndpoint } from './scheduler.ts'
import type { ClusterPort, MasterApi, MasterApiEffect, MasterApiOptions } from './types.ts'

/** Longer bodies are answered 413 and not kept. */
export const requestBodyMaxBytes = 16 * 1024 * 1024
/** Connections over this are closed by the server at once. */
export const connectionsMax = 16_384

/**
 * Starts the API; until `serve` it answers 503 where the cluster is needed.
 * @returns NET_UNPROTECTED beyond loopback without a token, NET_ADDRESS_IN_USE when the port is taken,
 * USAGE when the host is not an address of this machine
 */
export async function createMasterApi(options: MasterApiOptions): Promise<Result<MasterApi>> {
  const { host, port, token, httpFlagName } = options
  if (token === null && !isLoopback(host)) {
    return fail(
      'NET_UNPROTECTED',
      `the HTTP API would listen on ${host} for everybody: set --token-file, or listen on 127.0.0.1`,
    )
  }
  let cluster: ClusterPort | null = null
  let isClosing = false
  const submit: ClusterPort['submit'] = (input) => {
    if (!isClosing) cluster?.submit(input)
  }
  const logCut = (streamId: string, wasSlow: boolean) => {
    if (wasSlow) options.log('warn', 'api.streamCut', 'an event stream was cut: its reader is too slow', { streamId })
  }
  const schedulers = new EventStreams({
    message: 'mesos.v1.scheduler.Event',
    onClosed: (streamId, wasSlow) => {
      logCut(streamId, wasSlow)
      submit({ kind: 'streamClosed', streamId })
    },
  })
  const operators = new EventStreams({
    message: 'mesos.v1.master.Event',
    onClosed: (streamId, wasSlow) => {
      logCut(streamId, wasSlow)
      submit({ kind: 'operatorStreamClosed', streamId })
    },
  })
  const metrics = createMetrics({
    transportCounters: options.transportCounters,
    streams: () => ({ schedulers: schedulers.size, operators: operators.size }),
    allocationRuns: options.allocationRuns,
  })
  const about = { version: options.version, flags: options.flags }
  const app = createHttpServer<ClusterPort>({
    name: 'master',
    prefix: '/master',
    endpoints: [
      schedulerEndpoint(schedulers),
      operatorEndpoint({ streams: operators, about, metrics }),
      ...classicEndpoints({ about, metrics }),
    ],
    access: createAccess(token),
    bodyBytesMax: requestBodyMaxBytes,
    connectionsMax,
    subject: () => cluster,
    answered: (status, request) => {
      metrics.countAnswer(status)
      if (status < 400) return
      const remote = { address: request.ip, method: request.method, path: pathOf(request).slice(0, 200) }
      options.log('debug', 'api.refused', 'a request was refused', { status, remote })
    },
  })
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    return { ok: false, fault: listenFault(error, { host, port, flagName: httpFlagName }) }
  }
  return ok({
    address: { host, port: listeningPort(app) },
    serve: (port) => {
      cluster = port
    },
    perform: (effect) => perform(effect, schedulers, operators),
    close: async () => {
      isClosing = true
      schedulers.close()
      operators.close()
      await app.close()
      metrics.close()
    },
  })
}

function perform(
  effect: MasterApiEffect,
  schedulers: EventStreams<'mesos.v1.scheduler.Event'>,
  operators: EventStreams<'mesos.v1.master.Event'>,
): void {
  switch (effect.kind) {
    case 'sendEvent':
      return schedulers.send(effect.streamId, effect.event)
    case 'closeStream':
      return schedulers.end(effect.streamId)
    case 'sendOperatorEvent':
      return operators.send(effect.streamId, effect.event)
    case 'closeOperatorStream':
      return operators.end(effect.streamId)
  }
}
