// The HTTP server under the agent's API: routes, and the checks that every endpoint shares in the order of behaviour.md
// §1, made from headers alone, so that a refused body is never read. It knows no call and no document.

import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { isForeignPage, requestContentType } from '../../mesos/http.ts'
import type { Access } from '../../shell/http-access.ts'
import { sendText } from './answers.ts'
import type { AgentFacts } from './types.ts'

/** Longer bodies are answered 413 and not kept; no call of this API is near it. */
export const requestBodyMaxBytes = 1024 * 1024
/** Connections over this are closed by the server at once. */
export const connectionsMax = 4_096

export type Exchange = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly query: URLSearchParams
}

type Answer = FastifyReply | Promise<FastifyReply>

/** A path without the `/slave(1)` prefix and without a trailing slash; unknown paths below it are its own too. */
export type Endpoint = {
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** Null: open to everybody, also when a token is set. */
  readonly realm: 'mesos-agent-readonly' | 'mesos-agent-readwrite' | null
} & (
  | { readonly needs: 'nothing'; readonly handle: (exchange: Exchange) => Answer }
  | { readonly needs: 'agent'; readonly handle: (exchange: Exchange, facts: AgentFacts) => Answer }
  /** The body is a message of the v1 API: its Content-Type is checked before it is read. */
  | { readonly needs: 'message'; readonly handle: (exchange: Exchange, facts: AgentFacts) => Answer }
)

export function createApp(): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: requestBodyMaxBytes,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.server.maxConnections = connectionsMax
  // Bodies are bytes: every endpoint decodes its own.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setNotFoundHandler((request, reply) => sendText(reply, 404, `there is no ${pathOf(request)} here`))
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply))
  return app
}

/** Puts an endpoint under its path, under everything below it, and under both again with `/slave(1)` before. */
export function mount(
  app: FastifyInstance,
  endpoint: Endpoint,
  access: Access,
  running: () => AgentFacts | null,
): void {
  const check = async (request: FastifyRequest, reply: FastifyReply) => {
    const { method, realm, needs } = endpoint
    if (realm !== null && !access.isAllowed(request.headers.authorization)) {
      reply.header('WWW-Authenticate', `Basic realm="${realm}"`)
      return sendText(reply, 401, 'show the token: Authorization: Bearer TOKEN, or Basic with it as the password')
    }
    if (needs !== 'nothing' && running() === null) return sendText(reply, 503, 'the agent is still starting')
    if (request.method !== method && !(method === 'GET' && request.method === 'HEAD')) {
      reply.header('Allow', method)
      return sendText(reply, 405, `expecting one of { '${method}' }, but received '${request.method}'`)
    }
    if (method === 'POST' && isForeignPage(request.headers, access.isOpen)) {
      return sendText(reply, 403, 'a page of another site may not do this')
    }
    if (needs === 'message') return checkContentType(request, reply)
  }
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const exchange = { request, reply, query: queryOf(request) }
    if (endpoint.needs === 'nothing') return endpoint.handle(exchange)
    const facts = running()
    if (facts === null) return sendText(reply, 503, 'the agent is still starting')
    return endpoint.handle(exchange, facts)
  }
  const { path } = endpoint
  for (const url of [path, `${path}/*`, `/slave(1)${path}`, `/slave(1)${path}/*`]) {
    app.all(url, { onRequest: check }, handler)
  }
}

/** Old tools still ask for `/state.json`. */
export function withSuffix(endpoint: Endpoint): Endpoint[] {
  return [endpoint, { ...endpoint, path: `${endpoint.path}.json` }]
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
    return sendText(reply, 500, 'the agent made a mistake and restarts')
  }
  if (status === 413) {
    // The rest is read and dropped, so that a client that is still sending hears the answer.
    reply.removeHeader('connection')
    request.raw.resume()
    return sendText(reply, 413, `the body is larger than ${requestBodyMaxBytes} bytes`)
  }
  return sendText(reply, status, error.message)
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : request.url.slice(start + 1))
}

function pathOf(request: FastifyRequest): string {
  const query = request.url.indexOf('?')
  return query === -1 ? request.url : request.url.slice(0, query)
}
