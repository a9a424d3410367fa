// The HTTP server under both APIs: routes, and the checks that every endpoint shares, in the order in which Mesos makes
// them (401, 503, 405, 403, 400, 415), from headers alone, so that a refused body is never read.
// It knows no call and no document. `Subject` is what most endpoints answer about; until it stands they are 503.

import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { isForeignPage, requestContentType } from '../mesos/http.ts'
import type { Access } from './http-access.ts'
import { sendText } from './http-answers.ts'

export type Asked = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The authenticated principal, or null. */
  readonly principal: string | null
  readonly query: URLSearchParams
}

export type Exchange<Subject> = Asked & { readonly subject: Subject }

export type Answer = FastifyReply | Promise<FastifyReply>

export type Endpoint<Subject> = {
  /**
   * Without the server's prefix, without a trailing slash. Unknown paths below it are its own too. Several endpoints of one
   * path differ in their method, and in nothing that is checked before it.
   */
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** The authentication realm; null: open to everybody, also when a token is set. */
  readonly realm: string | null
} & (
  | { readonly needs: 'nothing'; readonly handle: (asked: Asked) => Answer }
  | {
      readonly needs: 'subject'
      /** The body is a message of the v1 API: its Content-Type is checked before it is read. */
      readonly takesMessage?: true
      readonly handle: (exchange: Exchange<Subject>) => Answer
    }
)

export type ServerOptions<Subject> = {
  /** Who speaks, for sentences: `the master is still starting`. */
  readonly name: 'master' | 'agent'
  /** Every endpoint answers below this too, as in Mesos: `/master`, `/slave(1)`. */
  readonly prefix: string
  readonly endpoints: readonly Endpoint<Subject>[]
  readonly access: Access
  /** Longer bodies are answered 413 and not kept. */
  readonly bodyBytesMax: number
  /** Connections over this are closed at once. */
  readonly connectionsMax: number
  /** Null until it stands. */
  subject(): Subject | null
  /** After every answer. */
  answered?(status: number, request: FastifyRequest): void
}

/** A request that is not here whole by then is given up, so that slow senders hold nothing for ever. */
const requestTimeoutMs = 120_000

/** The server with all endpoints in place, not yet listening. */
export function createHttpServer<Subject>(options: ServerOptions<Subject>): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: options.bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  })
  app.server.maxConnections = options.connectionsMax
  // Bodies are bytes: every endpoint decodes its own.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setNotFoundHandler((request, reply) =>
    sendText(reply, 404, `there is no ${pathOf(request)} here; there are /state, /metrics and /api/v1, among others`),
  )
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, options))
  app.addHook('onResponse', async (request, reply) => options.answered?.(reply.statusCode, request))
  for (const [path, endpoints] of Map.groupBy(options.endpoints, ({ path }) => path)) {
    mount(app, path, endpoints, options)
  }
  return app
}

export function listeningPort(app: FastifyInstance): number {
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Old tools still ask for `/state.json`. */
export function withSuffix<Subject>(endpoint: Endpoint<Subject>): readonly Endpoint<Subject>[] {
  return [endpoint, { ...endpoint, path: `${endpoint.path}.json` }]
}

export function pathOf(request: FastifyRequest): string {
  const query = request.url.indexOf('?')
  return query === -1 ? request.url : request.url.slice(0, query)
}

function mount<Subject>(
  app: FastifyInstance,
  path: string,
  endpoints: readonly Endpoint<Subject>[],
  options: ServerOptions<Subject>,
): void {
  const { access, name, prefix, subject } = options
  const endpointOf = ({ method }: FastifyRequest) =>
    endpoints.find((endpoint) => endpoint.method === (method === 'HEAD' ? 'GET' : method))
  const check = async (request: FastifyRequest, reply: FastifyReply) => {
    const endpoint = endpointOf(request)
    const { realm, needs } = endpoint ?? (endpoints[0] as Endpoint<Subject>)
    if (realm !== null && !access.isAllowed(request.headers.authorization)) {
      reply.header('WWW-Authenticate', `Basic realm="${realm}"`)
      return sendText(reply, 401, 'show the token: Authorization: Bearer TOKEN, or Basic with it as the password')
    }
    if (needs === 'subject' && subject() === null) {
      return sendText(reply, 503, `the ${name} is still starting`)
    }
    if (endpoint === undefined) {
      const methods = endpoints.map(({ method }) => method)
      reply.header('Allow', methods.join(', '))
      const expected = methods.map((method) => `'${method}'`).join(', ')
      return sendText(reply, 405, `expecting one of { ${expected} }, but received '${request.method}'`)
    }
    if (realm !== null && isForeignPage(request.headers, access.isOpen)) {
      const hint = access.isOpen ? '; without a token the host must be 127.0.0.1 or localhost' : ''
      return sendText(reply, 403, `a page of another site may not do this${hint}`)
    }
    if (endpoint.needs === 'subject' && endpoint.takesMessage === true) return checkContentType(request, reply)
  }
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const endpoint = endpointOf(request)
    const principal = access.principal(request.headers.authorization)
    const asked: Asked = { request, reply, principal, query: queryOf(request) }
    if (endpoint?.needs === 'nothing') return endpoint.handle(asked)
    const present = subject()
    if (endpoint === undefined || present === null) return sendText(reply, 503, `the ${name} is still starting`)
    return endpoint.handle({ ...asked, subject: present })
  }
  for (const url of [path, `${path}/*`, `${prefix}${path}`, `${prefix}${path}/*`]) {
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
function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  { name, bodyBytesMax }: Pick<ServerOptions<never>, 'name' | 'bodyBytesMax'>,
): FastifyReply {
  const status = error.statusCode ?? 500
  if (status < 400 || status >= 500) {
    // Thrown where nothing catches it: the process logs it, ends and is started again.
    queueMicrotask(() => {
      throw error
    })
    return sendText(reply, 500, `the ${name} made a mistake and restarts`)
  }
  if (status === 413) {
    // The rest is read and dropped, so that a client that is still sending hears the answer.
    reply.removeHeader('connection')
    request.raw.resume()
    return sendText(reply, 413, `the body is larger than ${bodyBytesMax} bytes`)
  }
  return sendText(reply, status, error.message)
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : request.url.slice(start + 1))
}
