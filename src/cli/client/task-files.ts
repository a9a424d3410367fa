// Reads the growing output files of a task through its agent's HTTP API: a short poll on a kept connection, faster
// while something comes. It does not know where the bytes go.

import { setTimeout as delay } from 'node:timers/promises'
import { decode, encode } from '../../mesos/codec.ts'
import { ok, type Result } from '../../model/result.ts'
import type { AgentPlace } from './agent-place.ts'
import type { HttpClient } from './http.ts'

/** The pause between two looks at a file: short after news, longer the longer there is none. */
const pauseMinMs = 20
const pauseMaxMs = 250

/** After the task's end, an agent that does not answer is asked this long for the rest. */
const drainMaxMs = 5_000

export type OutputName = 'stdout' | 'stderr'

export type TaskPlace = { readonly frameworkId: string; readonly taskId: string; readonly file: OutputName }

/** Follows one file from its beginning. */
export class OutputFollower {
  readonly #agent: AgentPlace
  readonly #path: string
  readonly #write: (bytes: Uint8Array) => Promise<void>
  #offset = 0
  /** Aborted when nothing more is written to the file, which also ends the pause at once. */
  readonly #ended = new AbortController()
  readonly #abandoned = new AbortController()
  readonly #done: Promise<void>

  constructor(agent: AgentPlace, place: TaskPlace, write: (bytes: Uint8Array) => Promise<void>) {
    this.#agent = agent
    this.#path = outputPath(place)
    this.#write = write
    this.#done = this.#follow()
  }

  /** The task is over: reads what is left, or gives up when the agent does not answer. */
  async finish(): Promise<void> {
    this.#ended.abort()
    const giveUp = setTimeout(() => this.abandon(), drainMaxMs)
    await this.#done
    clearTimeout(giveUp)
  }

  abandon(): void {
    this.#ended.abort()
    this.#abandoned.abort()
  }

  async #follow(): Promise<void> {
    let pauseMs = pauseMinMs
    while (!this.#abandoned.signal.aborted) {
      // Asked before reading: an empty read after the end is the end of the file.
      const isLast = this.#ended.signal.aborted
      const chunk = await readOutput(this.#agent.client, this.#path, this.#offset)
      if (chunk.ok && chunk.value.length > 0) {
        this.#offset += chunk.value.length
        await this.#write(chunk.value)
        pauseMs = pauseMinMs
        continue
      }
      if (isLast && chunk.ok) return
      if (!chunk.ok) await this.#agent.lookAgain()
      const signal = isLast ? this.#abandoned.signal : this.#ended.signal
      await delay(pauseMs, null, { signal }).catch(() => null)
      pauseMs = Math.min(pauseMaxMs, pauseMs * 1.5)
    }
  }
}

/** The virtual path of a command task's output; its executor carries the task's own id. */
export function outputPath({ frameworkId, taskId, file }: TaskPlace): string {
  return `/framework/${frameworkId}/executor/${taskId}/latest/${file}`
}

/** The next bytes of a file from `offset` on, as many as the agent gives at once; none at its end or before it is. */
export async function readOutput(agent: HttpClient, path: string, offset: number): Promise<Result<Uint8Array>> {
  const answered = await agent.ask({
    method: 'POST',
    path: '/api/v1',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    // Unlike `/files/read` this call gives the bytes as they are, text or not.
    body: encode('application/json', 'mesos.v1.agent.Call', { type: 'READ_FILE', read_file: { path, offset } }),
  })
  if (!answered.ok) return answered
  const { status, body } = answered.value
  if (status !== 200) return ok(new Uint8Array())
  const read = decode('application/json', 'mesos.v1.agent.Response', body)
  return read.ok ? ok(read.value.read_file?.data ?? new Uint8Array()) : read
}
