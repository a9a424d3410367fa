// HTTP as a black-box test wants it: every header and byte visible, streams read record by record, nothing retried.
// It knows the API's encodings and nothing of the server.

import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http'
import { type ContentType, decode, encode } from '../../src/mesos/codec.ts'
import type { MessageName } from '../../src/mesos/plan.ts'
import { RecordReader } from '../../src/mesos/recordio.ts'
import type { MessageTypes } from '../../src/mesos/types.ts'
import { until } from './until.ts'

export type HttpAddress = { readonly host: string; readonly port: number }

export type HttpAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Uint8Array
  readonly text: string
}

export type HttpRequest = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** One request with the whole answer. */
export async function ask(address: HttpAddress, question: HttpRequest): Promise<HttpAnswer> {
  const response = await begin(address, question).response
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  return { status: response.statusCode ?? 0, headers: response.headers, bytes, text: bytes.toString() }
}

/** A classic endpoint's document. */
export async function getJson(address: HttpAddress, path: string): Promise<Record<string, unknown>> {
  const answer = await ask(address, { path })
  if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${answer.text}`)
  return JSON.parse(answer.text) as Record<string, unknown>
}

/** POSTs a message of the API; the answer is given as it came. */
export function postMessage<N extends MessageName>(
  address: HttpAddress,
  path: string,
  name: N,
  message: MessageTypes[N],
  { contentType = 'application/json' as ContentType, headers = {} as Readonly<Record<string, string>> } = {},
): Promise<HttpAnswer> {
  const body = encode(contentType, name, message)
  return ask(address, {
    method: 'POST',
    path,
    body,
    headers: { 'Content-Type': contentType, Accept: contentType, ...headers },
  })
}

/** An operator call and its decoded response. */
export async function operatorCall(
  address: HttpAddress,
  call: MessageTypes['mesos.v1.master.Call'],
  contentType: ContentType = 'application/json',
): Promise<MessageTypes['mesos.v1.master.Response']> {
  const answer = await postMessage(address, '/api/v1', 'mesos.v1.master.Call', call, { contentType })
  if (answer.status !== 200) throw new Error(`${call.type} answered ${answer.status}: ${answer.text}`)
  const decoded = decode(contentType, 'mesos.v1.master.Response', answer.bytes)
  if (!decoded.ok) throw new Error(decoded.fault.message)
  return decoded.value
}

/** An open RecordIO stream: events are collected as they come and taken by those who wait for them. */
export class EventStream<E extends { readonly type?: string | undefined }> {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** All events so far, oldest first; `take` does not remove from here. */
  readonly all: E[] = []
  readonly records: Uint8Array[] = []
  hasEnded = false
  readonly #pending: E[] = []
  readonly #request: ClientRequest

  private constructor(request: ClientRequest, response: IncomingMessage, read: (record: Uint8Array) => E) {
    this.#request = request
    this.status = response.statusCode ?? 0
    this.headers = response.headers
    const reader = new RecordReader()
    response.on('data', (chunk: Buffer) => {
      const records = reader.push(chunk)
      if (!records.ok) throw new Error(records.fault.message)
      for (const record of records.value) {
        const event = read(record)
        this.records.push(record)
        this.all.push(event)
        this.#pending.push(event)
      }
    })
    response.on('close', () => {
      this.hasEnded = true
    })
    // A stream that is cut ends with an error here, which is what `hasEnded` says.
    response.on('error', () => {})
  }

  /** Opens a stream; an answer other than 200 is thrown with its text. */
  static async open<N extends 'mesos.v1.scheduler.Event' | 'mesos.v1.master.Event'>(
    address: HttpAddress,
    question: HttpRequest,
    eventName: N,
  ): Promise<EventStream<MessageTypes[N]>> {
    const { request, response: opening } = begin(address, question)
    const response = await opening
    if (response.statusCode !== 200) {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      throw new Error(`${response.statusCode}: ${Buffer.concat(chunks).toString()}`)
    }
    const contentType = response.headers['content-type'] as ContentType
    return new EventStream(request, response, (record) => {
      const event = decode(contentType, eventName, record)
      if (!event.ok) throw new Error(event.fault.message)
      return event.value
    })
  }

  /** The oldest event of this type, and of these words, that nobody has taken yet; waits for it. */
  async take<T extends NonNullable<E['type']>>(
    type: T,
    isWanted: (event: E) => boolean = () => true,
    timeoutMs?: number,
  ): Promise<E> {
    const seen = () => this.all.map((event) => event.type).join(' ')
    try {
      return await until(
        `${type} on the stream`,
        () => {
          const index = this.#pending.findIndex((event) => event.type === type && isWanted(event))
          return index === -1 ? null : this.#pending.splice(index, 1)[0]
        },
        timeoutMs,
      )
    } catch (error) {
      throw new Error(`${(error as Error).message}; there were: ${seen()}`)
    }
  }

  /** Events of this type that nobody has taken. */
  pending(type: string): E[] {
    return this.#pending.filter((event) => event.type === type)
  }

  async ended(): Promise<void> {
    await until('the stream ends', () => this.hasEnded)
  }

  /** Drops the connection, as a scheduler that dies does. */
  cut(): void {
    this.#request.destroy()
  }
}

/** Each request has its own connection, so that cutting one cuts nothing else. */
function begin(
  { host, port }: HttpAddress,
  { method = 'GET', path, headers = {}, body }: HttpRequest,
): { request: ClientRequest; response: Promise<IncomingMessage> } {
  const agent = new Agent({ keepAlive: false })
  const request = httpRequest({ host, port, method, path, headers: { ...headers }, agent })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
  if (body !== undefined && headers['Transfer-Encoding'] === undefined) {
    request.setHeader('Content-Length', Buffer.byteLength(body))
  }
  request.end(body)
  return { request, response }
}
