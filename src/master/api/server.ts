// The HTTP server under the API: routes, and the checks that every endpoint shares in the order of behaviour.md §1,
// made from headers alone wherever possible, so that a refused body is never read.
// It knows no call and no document; those are in scheduler.ts, operator.ts and classic.ts.

import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { isForeignPage, requestContentType } from '../../mesos/http.ts'
import type { Access } from '../../shell/http-access.ts'
import { sendText } from './answers.ts'
import type { Endpoint } from './endpoint.ts'
import type { ClusterPort, MasterApiOptions } from './types.ts'

/** Longer bodies are answered 413 and not kept. */
export const requestBodyMaxBytes = 16 * 1024 * 1024

/** A request that is not here whole by then is given up, so that slow senders hold nothing for ever. */
const requestTimeoutMs = 120_000

/** Connections over this are closed by the server at once. */
export const connectionsMax = 16_384

export function createApp({ log }: MasterApiOptions, countAnswer: (status: number) => void): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: requestBodyMaxBytes,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.server.maxConnections = connectionsMax
  // Bodies are bytes: every endpoint decodes its own.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setNotFoundHandler((request, reply) => sendText(reply, 404, `there is no ${pathOf(request)} here`))
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply))
  app.addHook('onResponse', async (request, reply) => {
    countAnswer(reply.statusCode)
    if (reply.statusCode < 400) return
    log('debug', 'api.refused', 'a request was refused', {
      status: reply.statusCode,
      remote: { address: request.ip, method: request.method, path: pathOf(request).slice(0, 200) },
    })
  })
  return app
}

/** Puts an endpoint under its path, under everything below it, and under both again with `/master` before. */
export function mount(
  app: FastifyInstance,
  endpoint: Endpoint,
  access: Access,
  cluster: () => ClusterPort | null,
): void {
  const { path, realm, method } = endpoint
  const check = async (request: FastifyRequest, reply: FastifyReply) => {
    if (realm !== null && !access.isAllowed(request.headers.authorization)) {
      reply.header('WWW-Authenticate', `Basic realm="${realm}"`)
      return sendText(reply, 401, 'show the token: Authorization: Bearer TOKEN, or Basic with it as the password')
    }
    if (endpoint.needs === 'cluster' && cluster() === null) {
      return sendText(reply, 503, 'the master is still starting')
    }
    if (request.method !== method && !(method === 'GET' && request.method === 'HEAD')) {
      reply.header('Allow', method)
      return sendText(reply, 405, `expecting one of { '${method}' }, but received '${request.method}'`)
    }
    if (method === 'POST' && isForeignPage(request.headers, access.isOpen)) {
      return sendText(reply, 403, 'a page of another site may not do this')
    }
    if (endpoint.needs === 'cluster' && endpoint.takesMessage === true) return checkContentType(request, reply)
  }
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const principal = access.principal(request.headers.authorization)
    if (endpoint.needs === 'nothing') return endpoint.handle({ request, reply, principal })
    const port = cluster()
    if (port === null) return sendText(reply, 503, 'the master is still starting')
    return endpoint.handle({ request, reply, principal, cluster: port })
  }
  for (const url of [path, `${path}/*`, `/master${path}`, `/master${path}/*`]) {
    app.all(url, { onRequest: check }, handler)
  }
}

async function checkContentType(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const header = request.headers['content-type']
  if (header === undefined) return sendText(reply, 400, 'expecting a Content-Type header')
  if (requestContentType(header) === null) {
    return sendText(reply, 415, 'expecting Content-Type application/json or application/x-protobuf')
  }
}

/** What the server itself refuses (too large, cut off, not HTTP) is an answer; any other error is our mistake. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode ?? 500
  if (status < 400 || status >= 500) {
    // Thrown where nothing catches it: the process logs it, ends and is started again.
    queueMicrotask(() => {
      throw error
    })
    return sendText(reply, 500, 'the master made a mistake and restarts')
  }
  if (status === 413) {
    // The rest is read and dropped, so that a client that is still sending hears the answer.
    reply.removeHeader('connection')
    request.raw.resume()
    return sendText(reply, 413, `the body is larger than ${requestBodyMaxBytes} bytes`)
  }
  return sendText(reply, status, error.message)
}

export function listeningPort(app: FastifyInstance): number {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

function pathOf(request: FastifyRequest): string {
  const query = request.url.indexOf('?')
  return query === -1 ? request.url : request.url.slice(0, query)
}
