// Tries again what takes the kernel a moment, sooner first and then rarely, within a bound. It knows nothing of what.

/** The most between two attempts; they begin at 1 ms and double. */
const againMaxMs = 250

export class Patience {
  readonly #timers = new Set<NodeJS.Timeout>()
  #isClosed = false

  /** Repeats `attempt`, the first time at once, until it is true, the time is over or this is closed. */
  until(attempt: () => boolean, maxMs: number): Promise<void> {
    const deadline = performance.now() + maxMs
    return new Promise((resolve) => {
      const again = (waitMs: number) => {
        if (attempt() || performance.now() > deadline || this.#isClosed) {
          resolve()
          return
        }
        const timer = setTimeout(() => {
          this.#timers.delete(timer)
          again(Math.min(2 * waitMs, againMaxMs))
        }, waitMs)
        this.#timers.add(timer)
      }
      again(1)
    })
  }

  /** What still waits then is left waiting. */
  close(): void {
    this.#isClosed = true
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
