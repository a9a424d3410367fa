// The open event streams of schedulers and operators: RecordIO over a chunked answer, one encoding per stream.
// It knows bytes, buffers and sockets; nothing of what an event means. A subscriber that reads too slowly or is gone
// loses its stream: it comes back and is told everything anew, which is cheaper than keeping it all for it.

import type { FastifyReply } from 'fastify'
import { type ContentType, encode } from '../../mesos/codec.ts'
import type { MessageName } from '../../mesos/plan.ts'
import { frame } from '../../mesos/recordio.ts'
import type { MessageTypes } from '../../mesos/types.ts'
import type { StreamId } from '../../model/ids.ts'
import { invariant } from '../../model/result.ts'

/** A reader that is behind by more than this … */
export const streamBehindBytes = 8 * 1024 * 1024
/** … and has not caught up within this time is cut: a snapshot or an answer of many events may well be larger. */
export const streamPatienceMs = 60_000
/** At once it is cut when this much waits beside the first event, which is the snapshot, and another event comes. */
export const streamBufferMaxBytes = 64 * 1024 * 1024

/** An ended stream whose reader does not take the rest within this time is destroyed. */
export const streamEndGraceMs = 5_000

/** Idle sockets are probed by the kernel from this age on, so that a dead peer is noticed. */
const keepAliveProbeMs = 60_000

type OpenStream = {
  readonly contentType: ContentType
  readonly response: FastifyReply['raw']
  /** Null before the first event. */
  bufferMaxBytes: number | null
  /** Since when its reader is behind, or null. */
  behindSinceMs: number | null
}

export type EventStreamsOptions<N extends MessageName> = {
  /** The message that events are. */
  readonly message: N
  /** The stream ended, but not by `end`: its reader left or was cut for being slow. */
  readonly onClosed: (streamId: StreamId, wasSlow: boolean) => void
  /** Any steady clock. */
  readonly nowMs?: () => number
}

export class EventStreams<N extends MessageName> {
  readonly #message: N
  readonly #onClosed: EventStreamsOptions<N>['onClosed']
  readonly #nowMs: () => number
  readonly #open = new Map<StreamId, OpenStream>()
  /** Streams that were ended and still drain, with the timer that ends their patience. */
  readonly #draining = new Map<FastifyReply['raw'], NodeJS.Timeout>()
  /** The last event encoded: one event usually goes to many streams in a row. */
  #last: { readonly event: MessageTypes[N]; readonly framed: Map<ContentType, Uint8Array> } | null = null

  constructor(options: EventStreamsOptions<N>) {
    this.#message = options.message
    this.#onClosed = options.onClosed
    this.#nowMs = options.nowMs ?? (() => performance.now())
  }

  get size(): number {
    return this.#open.size
  }

  /** Answers 200 and keeps the connection; events may be sent at once. */
  open(
    streamId: StreamId,
    reply: FastifyReply,
    contentType: ContentType,
    headers: Readonly<Record<string, string>>,
  ): void {
    invariant(!this.#open.has(streamId), 'a stream id is new', { streamId })
    reply.hijack()
    const response = reply.raw
    this.#open.set(streamId, { contentType, response, bufferMaxBytes: null, behindSinceMs: null })
    response.on('close', () => {
      clearTimeout(this.#draining.get(response))
      this.#draining.delete(response)
      if (this.#open.delete(streamId)) this.#onClosed(streamId, false)
    })
    // What goes wrong on the socket also closes it.
    response.on('error', () => response.destroy())
    response.socket?.setKeepAlive(true, keepAliveProbeMs)
    response.socket?.setNoDelay(true)
    response.writeHead(200, { 'Content-Type': contentType, ...headers })
    response.flushHeaders()
  }

  /** Sends one event; nothing happens when the stream is no longer open. */
  send(streamId: StreamId, event: MessageTypes[N]): void {
    const stream = this.#open.get(streamId)
    if (stream === undefined) return
    if (this.#isTooSlow(stream)) {
      this.#open.delete(streamId)
      stream.response.destroy()
      this.#onClosed(streamId, true)
      return
    }
    const bytes = this.#framed(stream.contentType, event)
    stream.bufferMaxBytes ??= streamBufferMaxBytes + bytes.length
    stream.response.write(bytes)
  }

  /** Ends a stream after what was sent to it. */
  end(streamId: StreamId): void {
    const stream = this.#open.get(streamId)
    if (stream === undefined) return
    this.#open.delete(streamId)
    const { response } = stream
    this.#draining.set(
      response,
      setTimeout(() => response.destroy(), streamEndGraceMs),
    )
    response.end()
  }

  /** Destroys every stream without telling. */
  close(): void {
    const all = [...[...this.#open.values()].map((stream) => stream.response), ...this.#draining.keys()]
    this.#open.clear()
    for (const response of all) response.destroy()
  }

  #isTooSlow(stream: OpenStream): boolean {
    const waitingBytes = stream.response.writableLength
    if (waitingBytes <= streamBehindBytes) {
      stream.behindSinceMs = null
      return false
    }
    const nowMs = this.#nowMs()
    stream.behindSinceMs ??= nowMs
    return nowMs - stream.behindSinceMs > streamPatienceMs || waitingBytes > (stream.bufferMaxBytes ?? 0)
  }

  #framed(contentType: ContentType, event: MessageTypes[N]): Uint8Array {
    if (this.#last?.event !== event) this.#last = { event, framed: new Map() }
    const { framed } = this.#last
    const present = framed.get(contentType)
    if (present !== undefined) return present
    const bytes = frame(encode(contentType, this.#message, event))
    framed.set(contentType, bytes)
    return bytes
  }
}
