// Looks, again and again, at runs whose end no child's exit will tell: those of an earlier life of the agent, and those
// whose supervisor was killed. It tells each end once and forgets the run.

import type { ContainerExit } from '../core/types.ts'
import { isAlive } from './processes.ts'
import type { Run } from './run.ts'
import { readExit } from './run-directory.ts'

const lookIntervalMs = 200
/** Between two looks passes at least this many times what a look took, so that many runs do not keep the agent busy. */
const lookRestFactor = 20

export class Watch {
  readonly #ended: (run: Run, status: ContainerExit['status']) => void
  readonly #runs = new Set<Run>()
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(ended: (run: Run, status: ContainerExit['status']) => void) {
    this.#ended = ended
  }

  add(run: Run): void {
    this.#runs.add(run)
    this.#timer ??= setTimeout(() => this.#look(), lookIntervalMs)
  }

  delete(run: Run): void {
    this.#runs.delete(run)
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #look(): void {
    this.#timer = null
    const begunMs = performance.now()
    for (const run of this.#runs) {
      const status = readExit(run.directory) ?? unseenEnd(run)
      if (status === null) continue
      this.#runs.delete(run)
      this.#ended(run, status)
    }
    if (this.#runs.size === 0 || this.#isClosed) return
    const restMs = Math.max(lookIntervalMs, lookRestFactor * (performance.now() - begunMs))
    this.#timer = setTimeout(() => this.#look(), restMs)
  }
}

/** What can be said when the task and its supervisor are both gone and no status was left; null while one lives. */
export function unseenEnd(run: Run): ContainerExit['status'] | null {
  if (run.main !== null && isAlive(run.main)) return null
  if (run.supervisor !== null && isAlive(run.supervisor)) return null
  // It may have been written between our looks.
  return readExit(run.directory) ?? { kind: 'unknown', why: 'its supervisor was killed, so nobody saw how it ended' }
}
