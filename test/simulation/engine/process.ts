// One running process around a production state machine: steps it with a clock of its own, performs effects in order,
// ticks it when it asks, and dies or freezes when told, also between two effects. It decides nothing.

import type { Draws } from './plan.ts'
import type { EventQueue } from './queue.ts'
import { Violation } from './violation.ts'

export type Machine<Input, Effect> = {
  step(input: Input, nowMs: number): readonly Effect[]
  nextTickMs(): number | null
}

/** A node's own idea of the time: skewed from the start, drifting from then on, never jumping within one life. */
export class Clock {
  readonly #offsetMs: number
  readonly #driftPpm: number

  constructor(options: { readonly offsetMs: number; readonly driftPpm: number }) {
    this.#offsetMs = options.offsetMs
    this.#driftPpm = options.driftPpm
  }

  localMs(virtualMs: number): number {
    return this.#offsetMs + virtualMs + Math.floor((virtualMs * this.#driftPpm) / 1_000_000)
  }

  /** A virtual time at which the clock shows at least `localMs`, at most a few milliseconds late. */
  virtualMs(localMs: number): number {
    const near = Math.ceil(((localMs - this.#offsetMs) * 1_000_000) / (1_000_000 + this.#driftPpm))
    return near + 1
  }
}

/** A process that is to die at its next step dies without one after this. */
export const doomedMaxMs = 1_000
/** A machine that asks for more of them would spin a processor in production. */
const ticksPerSecondMax = 1_000

export class Process<Input, Effect> {
  readonly #machine: Machine<Input, Effect>
  readonly #queue: EventQueue
  readonly #clock: Clock
  readonly #tick: Input
  readonly #perform: (effect: Effect) => void
  readonly #afterStep: () => void
  readonly #random: Draws
  readonly #onDeath: () => void
  #isDead = false
  #isDoomed = false
  #frozenUntilMs: number | null = null
  #waiting: Input[] = []
  #tickAtMs: number | null = null
  #ticks = { second: 0, count: 0 }

  constructor(options: {
    readonly machine: Machine<Input, Effect>
    readonly queue: EventQueue
    readonly clock: Clock
    readonly tick: Input
    readonly random: Draws
    readonly perform: (effect: Effect) => void
    readonly afterStep: () => void
    readonly onDeath: () => void
  }) {
    this.#machine = options.machine
    this.#queue = options.queue
    this.#clock = options.clock
    this.#tick = options.tick
    this.#random = options.random
    this.#perform = options.perform
    this.#afterStep = options.afterStep
    this.#onDeath = options.onDeath
    this.#arm()
  }

  get isDead(): boolean {
    return this.#isDead
  }

  get localMs(): number {
    return this.#clock.localMs(this.#queue.nowMs)
  }

  submit(input: Input): void {
    if (this.#isDead) return
    if (this.#frozenUntilMs !== null) this.#waiting.push(input)
    else this.#step(input)
  }

  /** Ends the process at once, or in the middle of what its next step would do. */
  crash(when: 'now' | 'midStep'): void {
    if (this.#isDead) return
    if (when === 'now') return this.#die()
    this.#isDoomed = true
    this.#queue.after(doomedMaxMs, () => {
      if (!this.#isDead) this.#die()
    })
  }

  /** Nothing is handled for a while; then everything that came in the meantime is. */
  freeze(durationMs: number): void {
    if (this.#isDead) return
    const untilMs = this.#queue.nowMs + durationMs
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs ?? 0, untilMs)
    this.#queue.after(durationMs, () => this.#thaw())
  }

  #thaw(): void {
    if (this.#isDead || this.#frozenUntilMs === null || this.#queue.nowMs < this.#frozenUntilMs) return
    this.#frozenUntilMs = null
    const waiting = this.#waiting
    this.#waiting = []
    for (const input of waiting) this.submit(input)
    this.#arm()
  }

  #step(input: Input): void {
    const effects = this.#machine.step(input, this.localMs)
    const performed = this.#isDoomed ? this.#random.below(effects.length + 1) : effects.length
    for (const effect of effects.slice(0, performed)) {
      if (this.#isDead) return
      this.#perform(effect)
    }
    if (this.#isDead) return
    if (this.#isDoomed) return this.#die()
    this.#afterStep()
    this.#arm()
  }

  #die(): void {
    this.#isDead = true
    this.#waiting = []
    this.#onDeath()
  }

  #arm(): void {
    const next = this.#isDead ? null : this.#machine.nextTickMs()
    if (next === null) {
      this.#tickAtMs = null
      return
    }
    const nowMs = this.#queue.nowMs
    const atMs = Math.max(nowMs + 1, next <= this.localMs ? nowMs + 1 : this.#clock.virtualMs(next))
    if (this.#tickAtMs === atMs) return
    this.#tickAtMs = atMs
    this.#queue.after(atMs - nowMs, () => {
      if (this.#tickAtMs !== atMs || this.#isDead || this.#frozenUntilMs !== null) return
      this.#tickAtMs = null
      this.#countTick()
      this.#step(this.#tick)
    })
  }

  #countTick(): void {
    const second = Math.floor(this.#queue.nowMs / 1000)
    this.#ticks = { second, count: this.#ticks.second === second ? this.#ticks.count + 1 : 1 }
    if (this.#ticks.count >= ticksPerSecondMax) {
      throw new Violation('bounds', 'a machine lets time pass between its ticks', { ticksPerSecondMax })
    }
  }
}
