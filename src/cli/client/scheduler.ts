// The scheduler's side of the v1 API over JSON: one subscription that is kept alive across broken connections and
// masters that restart, and the calls that belong to it. It does not know what its user wants to run.

import { addAbortSignal } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { decode, encode } from '../../mesos/codec.ts'
import { RecordReader } from '../../mesos/recordio.ts'
import type { FrameworkInfo, SchedulerCall, SchedulerEvent } from '../../mesos/types.ts'
import { type Backoff, backoffMs } from '../../model/backoff.ts'
import type { Random } from '../../model/random.ts'
import { type Fault, fail, fault, ok, type Result } from '../../model/result.ts'
import { type HttpClient, tokenAsked } from './http.ts'

const backoff: Backoff = { baseMs: 100, maxMs: 2_000 }

/** A master without any event for this long is gone: several of its heartbeats. */
const silenceMaxMs = 60_000

export type SubscriptionEvents = {
  /** Every event but HEARTBEAT, in order; SUBSCRIBED again after each reconnection. */
  readonly event: (event: SchedulerEvent) => void
  /** The connection broke and is being made anew. */
  readonly interrupted: (fault: Fault) => void
  /** The master ended the framework, or stayed away too long: nothing more will come. */
  readonly ended: (fault: Fault) => void
}

export type SubscriptionOptions = {
  readonly client: HttpClient
  readonly framework: FrameworkInfo
  /** Roles in which nothing is offered unasked. */
  readonly suppressedRoles?: readonly string[]
  readonly random: Random
  /** How long a lost master is tried again. */
  readonly reconnectMaxMs: number
  readonly events: SubscriptionEvents
}

export class Subscription {
  readonly #options: SubscriptionOptions
  #frameworkId: string | null = null
  #streamId: string | null = null
  #isLeaving = false
  /** Aborted by close: ends the open stream and the wait for the next one. */
  readonly #closing = new AbortController()

  constructor(options: SubscriptionOptions) {
    this.#options = options
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  get frameworkId(): string | null {
    return this.#frameworkId
  }

  /** Subscribes for the first time; a master that cannot be reached now is a fault at once. */
  async start(): Promise<Result<null>> {
    const opened = await this.#subscribe()
    if (!opened.ok) return opened
    void this.#keep(opened.value)
    return ok(null)
  }

  /** One call of this framework; the ids are filled in. Fails without a live subscription or when refused. */
  async call(call: Omit<SchedulerCall, 'framework_id'>): Promise<Result<null>> {
    if (this.#frameworkId === null || this.#streamId === null) return fail('NET_UNREACHABLE', 'not subscribed')
    const answered = await this.#options.client.ask({
      method: 'POST',
      path: '/api/v1/scheduler',
      headers: { 'content-type': 'application/json', 'mesos-stream-id': this.#streamId },
      body: encode('application/json', 'mesos.v1.scheduler.Call', {
        ...call,
        framework_id: { value: this.#frameworkId },
      }),
    })
    if (!answered.ok) return answered
    const { status, body } = answered.value
    return status < 300 ? ok(null) : refused(call.type ?? '', status, body)
  }

  /** Ends the framework, and with it what may still run of it; the master closes the stream. */
  async teardown(patienceMs: number): Promise<void> {
    this.#isLeaving = true
    const patience = delay(patienceMs, null, { signal: this.#closing.signal }).catch(() => null)
    await Promise.race([this.call({ type: 'TEARDOWN' }), patience])
    this.close()
  }

  close(): void {
    this.#closing.abort()
  }

  /** Reads one connection to its end, then makes the next, until closed, ended or out of patience. */
  async #keep(first: AsyncIterable<Buffer>): Promise<void> {
    let stream: AsyncIterable<Buffer> = first
    for (;;) {
      const why = await this.#read(stream)
      if (this.#isClosed || this.#isLeaving) return
      if (why.code !== 'NET_UNREACHABLE') return this.#end(why)
      this.#options.events.interrupted(why)
      const next = await this.#reconnect(why)
      if (this.#isClosed) return
      if (!next.ok) return this.#end(next.fault)
      stream = next.value
    }
  }

  #end(fault: Fault): void {
    this.close()
    this.#options.events.ended(fault)
  }

  async #reconnect(broken: Fault): Promise<Result<AsyncIterable<Buffer>>> {
    const { random, reconnectMaxMs } = this.#options
    const giveUpAtMs = performance.now() + reconnectMaxMs
    let last = broken
    for (let attempt = 0; performance.now() < giveUpAtMs && !this.#isClosed; attempt++) {
      await delay(backoffMs(backoff, attempt, random), null, { signal: this.#closing.signal }).catch(() => null)
      const opened = await this.#subscribe()
      if (opened.ok || opened.fault.code !== 'NET_UNREACHABLE') return opened
      last = opened.fault
    }
    return { ok: false, fault: last }
  }

  async #subscribe(): Promise<Result<AsyncIterable<Buffer>>> {
    const { client, framework, suppressedRoles = [] } = this.#options
    const id = this.#frameworkId === null ? undefined : { value: this.#frameworkId }
    this.#streamId = null
    const opened = await client.open(
      {
        method: 'POST',
        path: '/api/v1/scheduler',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: encode('application/json', 'mesos.v1.scheduler.Call', {
          type: 'SUBSCRIBE',
          framework_id: id,
          subscribe: { framework_info: { ...framework, id }, suppressed_roles: suppressedRoles },
        }),
      },
      silenceMaxMs,
    )
    if (!opened.ok) return opened
    const message = opened.value
    const streamId = message.headers['mesos-stream-id']
    if (message.statusCode !== 200 || typeof streamId !== 'string') {
      const body = await client.read(message)
      return body.ok ? refused('SUBSCRIBE', message.statusCode ?? 0, body.value) : body
    }
    this.#streamId = streamId
    addAbortSignal(this.#closing.signal, message)
    return ok(message)
  }

  /** Hands on the events of one connection. Resolves with why it ended: an ERROR event, or the end of the stream. */
  async #read(stream: AsyncIterable<Buffer>): Promise<Fault> {
    const reader = new RecordReader()
    try {
      for await (const chunk of stream) {
        const records = reader.push(chunk)
        if (!records.ok) return records.fault
        for (const record of records.value) {
          const event = decode('application/json', 'mesos.v1.scheduler.Event', record)
          if (!event.ok) return event.fault
          if (event.value.type === 'ERROR') return fault('API_REFUSED', event.value.error?.message ?? 'no reason given')
          this.#handOn(event.value)
        }
      }
    } catch (error) {
      return fault('NET_UNREACHABLE', 'the connection to the master broke', {}, error)
    }
    return fault('NET_UNREACHABLE', 'the master closed the connection')
  }

  #handOn(event: SchedulerEvent): void {
    if (this.#isClosed || event.type === 'HEARTBEAT') return
    if (event.type === 'SUBSCRIBED') this.#frameworkId = event.subscribed?.framework_id.value ?? null
    this.#options.events.event(event)
  }
}

function refused(what: string, status: number, body: Buffer): Result<never> {
  if (status === 401) return fail('API_REFUSED', tokenAsked, { status })
  // A master that starts is worth another try, and so is one that has just seen this subscription end (403).
  const code = status === 503 || status === 403 || status === 0 ? 'NET_UNREACHABLE' : 'API_REFUSED'
  const text = body.toString('utf8', 0, 500).trim()
  return fail(code, `the master answered ${what} with ${status}${text === '' ? '' : `: ${text}`}`, { status })
}
