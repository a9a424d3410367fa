// One HTTP request to a master or an agent, answered as a value. Connections are kept alive within one command.
// It does not know what is asked; the callers beside it do.

import { Agent, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { fail, ok, type Result } from '../../model/result.ts'
import type { HostPort } from '../command.ts'

/** A server that sends more than this to one question is not ours. */
export const answerSizeMaxBytes = 512 * 1024 * 1024

/** What to say to an answer of 401. */
export const tokenAsked = 'the master asks for its token: name the file that holds it with --token-file'

/** What to do when nothing answers at the master's address. */
export const masterAsked = 'is a master running there? `tepui up` starts one; --master names another'

const requestTimeoutMs = 30_000

export type HttpQuestion = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export type HttpAnswer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

/** One peer and its connections; `token` goes with every request. */
export class HttpClient {
  readonly peer: HostPort
  readonly #token: string | null
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 })

  constructor(peer: HostPort, token: string | null) {
    this.peer = peer
    this.#token = token
  }

  /** The whole answer, whatever its status; NET_UNREACHABLE when there is none. */
  async ask(question: HttpQuestion): Promise<Result<HttpAnswer>> {
    const opened = await this.open(question, requestTimeoutMs)
    if (!opened.ok) return opened
    const { statusCode, headers } = opened.value
    const body = await this.read(opened.value)
    return body.ok ? ok({ status: statusCode ?? 0, headers, body: body.value }) : body
  }

  /** The body of an answer that was opened, to its end; NET_UNREACHABLE when it breaks off. */
  async read(message: IncomingMessage): Promise<Result<Buffer>> {
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of message as AsyncIterable<Buffer>) {
        size += chunk.length
        if (size > answerSizeMaxBytes) {
          message.destroy()
          return fail('API_MALFORMED', `${this.#name()} sent more than ${answerSizeMaxBytes} bytes`)
        }
        chunks.push(chunk)
      }
    } catch (error) {
      return this.#unreachable(error)
    }
    return ok(Buffer.concat(chunks))
  }

  /** The answer as soon as its head is there; the caller reads or destroys the message. Silence ends it. */
  open(question: HttpQuestion, silenceMaxMs: number): Promise<Result<IncomingMessage>> {
    const options: RequestOptions = {
      host: this.peer.host,
      port: this.peer.port,
      method: question.method,
      path: question.path,
      agent: this.#agent,
      timeout: silenceMaxMs,
      headers: {
        ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(question.method === 'POST' ? { 'content-length': question.body?.length ?? 0 } : {}),
        ...question.headers,
      },
    }
    return new Promise((resolve) => {
      const sent = request(options, (message) => resolve(ok(message)))
      sent.on('timeout', () => sent.destroy(new Error(`no answer for ${silenceMaxMs} ms`)))
      sent.on('error', (error) => resolve(this.#unreachable(error)))
      sent.end(question.body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }

  #unreachable(error: unknown): Result<never> {
    const { code, message } = error as NodeJS.ErrnoException
    return fail('NET_UNREACHABLE', `${this.#name()} cannot be reached (${code ?? message})`, { ...this.peer }, error)
  }

  #name(): string {
    return `${this.peer.host}:${this.peer.port}`
  }
}

/** An answer of the master, with what the caller can do when it is not there or wants a token. */
export function fromMaster(answered: Result<HttpAnswer>): Result<HttpAnswer> {
  if (answered.ok) return answered.value.status === 401 ? fail('API_REFUSED', tokenAsked) : answered
  const { code, message, details, cause } = answered.fault
  return code === 'NET_UNREACHABLE' ? fail(code, `${message}: ${masterAsked}`, details, cause) : answered
}
