// One side of one session: numbers what this side sends, repeats it until the other side has it, and hands over what
// the other side sends in order and exactly once. Both sides of the link run the same class.
// It does not know what the messages mean, nor who carries the frames: a carrier may lose, repeat and reorder them.
// Invariants: sequence numbers start at 1 in each session; what is acknowledged is a prefix; nothing is delivered twice.

import type { SessionId } from '../model/ids.ts'
import { fail, invariant, ok, type Result } from '../model/result.ts'
import { type Frame, wireVersion } from './messages.ts'

/** Numbered messages sent at once without an acknowledgement; the rest waits its turn. */
export const windowMax = 32
/** Messages that wait for their turn or for their acknowledgement. Beyond it `send` says WIRE_OVERFLOW. */
export const unackedMax = 4096
/** How far ahead of a gap a message is kept; the rest is dropped and comes again. Not below the other side's window. */
export const reorderMax = 64
/** The first repetition waits this long, each further one twice as long up to the maximum. */
export const repeatBaseMs = 1_000
export const repeatMaxMs = 30_000

export type ChannelOptions = {
  readonly session: SessionId
  /** The master's start count, on both sides: the agent has it from `registered`. */
  readonly epoch: number
  readonly unackedMax?: number
  readonly windowMax?: number
  readonly reorderMax?: number
  readonly repeatBaseMs?: number
  readonly repeatMaxMs?: number
}

export type Received<Out, In> = {
  /** What the other side says now, in its order. Heartbeats and other unnumbered messages come through as they are. */
  readonly deliver: readonly In[]
  /** What to send in return: an acknowledgement where one is due, and messages whose turn has come. */
  readonly send: readonly Frame<Out>[]
}

export class Channel<Out, In> {
  readonly session: SessionId
  readonly #epoch: number
  readonly #unackedMax: number
  readonly #windowMax: number
  readonly #reorderMax: number
  readonly #repeatBaseMs: number
  readonly #repeatMaxMs: number
  /** Unacknowledged messages by number, ascending; the first `#inFlight` of them have been sent. */
  readonly #unacked = new Map<number, Out>()
  #inFlight = 0
  #lastSeq = 0
  #ackedSeq = 0
  #repeats = 0
  #repeatAtMs: number | null = null
  #receivedSeq = 0
  readonly #early = new Map<number, In>()

  constructor(options: ChannelOptions) {
    this.session = options.session
    this.#epoch = options.epoch
    this.#unackedMax = options.unackedMax ?? unackedMax
    this.#windowMax = options.windowMax ?? windowMax
    this.#reorderMax = options.reorderMax ?? reorderMax
    this.#repeatBaseMs = options.repeatBaseMs ?? repeatBaseMs
    this.#repeatMaxMs = options.repeatMaxMs ?? repeatMaxMs
  }

  /** Messages that the other side has not acknowledged yet, sent or waiting. */
  get unackedCount(): number {
    return this.#unacked.size
  }

  /**
   * Takes a message that must arrive. The frames to send now are none while the window is full.
   * WIRE_OVERFLOW, with nothing changed, when too much waits already.
   */
  send(message: Out, nowMs: number): Result<readonly Frame<Out>[]> {
    if (this.#unacked.size >= this.#unackedMax) {
      return fail('WIRE_OVERFLOW', 'the other side does not acknowledge: the queue towards it is full', {
        session: this.session,
        unacked: this.#unacked.size,
      })
    }
    this.#unacked.set(++this.#lastSeq, message)
    return ok(this.#fillWindow(nowMs))
  }

  /** A frame outside the numbering, which may get lost; null carries the acknowledgement alone. */
  sendUnnumbered(message: Out | null): Frame<Out> {
    return this.#frame(0, message)
  }

  /**
   * Whether the frame belongs to another session or another master's term. Only unnumbered frames may come from an
   * agent that does not know the term yet (epoch 0).
   */
  isStale(frame: Frame<In>): boolean {
    if (frame.session !== this.session) return true
    return frame.epoch !== this.#epoch && (frame.epoch !== 0 || frame.seq > 0)
  }

  /** Takes a frame from the other side. A stale one changes nothing and is not answered. */
  receive(frame: Frame<In>, nowMs: number): Received<Out, In> {
    if (this.isStale(frame)) return { deliver: [], send: [] }
    const deliver = this.#accept(frame)
    const send = this.#acknowledge(frame.ack, nowMs)
    // Every frame carries the acknowledgement, so a bare one is needed only where nothing else goes out.
    return { deliver, send: frame.seq > 0 && send.length === 0 ? [this.#frame(0, null)] : send }
  }

  /** What is to be repeated by now. */
  tick(nowMs: number): readonly Frame<Out>[] {
    if (this.#repeatAtMs === null || nowMs < this.#repeatAtMs) return []
    this.#repeats++
    this.#armRepeat(nowMs)
    const frames: Frame<Out>[] = []
    for (const [seq, message] of this.#unacked) {
      if (frames.length >= this.#inFlight) break
      frames.push(this.#frame(seq, message))
    }
    return frames
  }

  /** When `tick` has something to do, or null while nothing waits for an acknowledgement. */
  nextDeadlineMs(): number | null {
    return this.#repeatAtMs
  }

  #accept(frame: Frame<In>): readonly In[] {
    if (frame.seq === 0) return frame.message === null ? [] : [frame.message]
    const isKnown = frame.seq <= this.#receivedSeq || this.#early.has(frame.seq)
    if (isKnown || frame.message === null || frame.seq > this.#receivedSeq + this.#reorderMax) return []
    this.#early.set(frame.seq, frame.message)
    const deliver: In[] = []
    for (let next = this.#early.get(this.#receivedSeq + 1); next !== undefined; ) {
      this.#early.delete(++this.#receivedSeq)
      deliver.push(next)
      next = this.#early.get(this.#receivedSeq + 1)
    }
    return deliver
  }

  /** The other side has everything up to `ack`; a number that was never sent is nonsense and ignored. */
  #acknowledge(ack: number, nowMs: number): readonly Frame<Out>[] {
    if (ack <= this.#ackedSeq || ack > this.#ackedSeq + this.#inFlight) return []
    while (this.#ackedSeq < ack) {
      this.#unacked.delete(++this.#ackedSeq)
      this.#inFlight--
    }
    this.#repeats = 0
    this.#repeatAtMs = null
    const frames = this.#fillWindow(nowMs)
    if (this.#inFlight > 0) this.#armRepeat(nowMs)
    return frames
  }

  #fillWindow(nowMs: number): readonly Frame<Out>[] {
    const frames: Frame<Out>[] = []
    while (this.#inFlight < this.#windowMax && this.#inFlight < this.#unacked.size) {
      const seq = this.#ackedSeq + ++this.#inFlight
      const message = this.#unacked.get(seq)
      invariant(message !== undefined, 'every number above the acknowledged ones has its message', { seq })
      frames.push(this.#frame(seq, message))
    }
    if (frames.length > 0 && this.#repeatAtMs === null) this.#armRepeat(nowMs)
    return frames
  }

  #armRepeat(nowMs: number): void {
    this.#repeatAtMs = nowMs + Math.min(this.#repeatMaxMs, this.#repeatBaseMs * 2 ** Math.min(this.#repeats, 30))
  }

  #frame(seq: number, message: Out | null): Frame<Out> {
    return { v: wireVersion, session: this.session, epoch: this.#epoch, seq, ack: this.#receivedSeq, message }
  }
}
