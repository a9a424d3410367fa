// What happened, as lines: a hash over all of them, and the last ones for whoever reads a failure.

import { createHash } from 'node:crypto'

const keptMax = 50

export class Trace {
  readonly #hash = createHash('sha256')
  readonly #last: string[] = []
  readonly #print: ((line: string) => void) | null
  #count = 0

  constructor(print: ((line: string) => void) | null) {
    this.#print = print
  }

  add(nowMs: number, who: string, what: string): void {
    const line = `${String(nowMs).padStart(8)} ${who.padEnd(10)} ${what}`
    this.#hash.update(line).update('\n')
    this.#count++
    this.#last.push(line)
    if (this.#last.length > keptMax) this.#last.shift()
    this.#print?.(line)
  }

  get count(): number {
    return this.#count
  }

  /** The newest lines, oldest first. */
  get last(): readonly string[] {
    return this.#last
  }

  /** Of everything so far; ends the trace. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16)
  }
}
