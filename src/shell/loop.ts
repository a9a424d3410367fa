// Drives one state machine in production: queues inputs, steps through all that one turn of the event loop brought,
// hands over the effects of all these steps in order, and ticks when the machine asks for it. It decides nothing.
//
// A broken invariant inside a step is not caught here: the process ends and is started again.

/** A state machine with the one shape that both of ours have. */
export type Machine<Input, Effect> = {
  step(input: Input, nowMs: number): readonly Effect[]
  /** When it wants its next tick, or null. */
  nextTickMs(): number | null
}

/** The longest delay that a timer of the platform can take. */
const timerMaxMs = 2 ** 31 - 1

export class Loop<Input, Effect> {
  readonly #machine: Machine<Input, Effect>
  readonly #perform: (effects: readonly Effect[]) => void
  readonly #tick: Input
  #queue: Input[] = []
  #isScheduled = false
  #isClosed = false
  #timer: NodeJS.Timeout | null = null
  #timerAtMs: number | null = null

  constructor(machine: Machine<Input, Effect>, tick: Input, perform: (effects: readonly Effect[]) => void) {
    this.#machine = machine
    this.#tick = tick
    this.#perform = perform
    this.#armTimer()
  }

  /** Queues an input; it is handled after the current callback. */
  submit(input: Input): void {
    if (this.#isClosed) return
    this.#queue.push(input)
    this.#schedule()
  }

  /** Nothing is handled or performed any more. */
  close(): void {
    this.#isClosed = true
    this.#queue = []
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#run()
    })
  }

  #run(): void {
    if (this.#isClosed) return
    // All of them: sockets bring more only after this, so what one turn brings bounds the queue, and whoever sends faster
    // than we handle is held back by the kernel. A part of them would let the queue grow without end.
    const batch = this.#queue
    this.#queue = []
    const stepped = batch.flatMap((input) => this.#machine.step(input, nowMs()))
    const next = this.#machine.nextTickMs()
    const isDue = next !== null && next <= nowMs()
    const effects = isDue ? stepped.concat(this.#machine.step(this.#tick, nowMs())) : stepped
    if (effects.length > 0) this.#perform(effects)
    if (this.#isClosed) return
    if (this.#queue.length > 0) this.#schedule()
    this.#armTimer()
  }

  #armTimer(): void {
    const next = this.#machine.nextTickMs()
    if (next === this.#timerAtMs && this.#timer !== null) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#timerAtMs = next
    if (next === null) return
    const delayMs = Math.min(timerMaxMs, Math.max(0, next - nowMs()))
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#run()
    }, delayMs)
  }
}

/** Milliseconds since the epoch that never jump: wall clock at start, monotonic from then on. */
export function nowMs(): number {
  return Math.floor(performance.timeOrigin + performance.now())
}
