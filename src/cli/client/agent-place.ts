// One agent's HTTP API, wherever it is at the moment: an agent that was restarted may have another port, and the master
// knows it. It does not know what is asked there.

import type { HostPort } from '../command.ts'
import { findAgent } from './find-task.ts'
import { HttpClient } from './http.ts'

/** The master is asked at most this often where an agent went. */
const lookAgainMs = 1_000

export class AgentPlace {
  readonly #agentId: string
  readonly #master: HttpClient
  readonly #token: string | null
  #client: HttpClient
  #lookedMs = performance.now()

  constructor(options: { agentId: string; address: HostPort; master: HttpClient; token: string | null }) {
    this.#agentId = options.agentId
    this.#master = options.master
    this.#token = options.token
    this.#client = new HttpClient(options.address, options.token)
  }

  get client(): HttpClient {
    return this.#client
  }

  /** The agent did not answer: asks the master where it is now. */
  async lookAgain(): Promise<void> {
    const nowMs = performance.now()
    if (nowMs - this.#lookedMs < lookAgainMs) return
    this.#lookedMs = nowMs
    const found = await findAgent(this.#master, this.#agentId)
    if (!found.ok) return
    const { host, port } = this.#client.peer
    if (found.value.host === host && found.value.port === port) return
    this.#client.close()
    this.#client = new HttpClient(found.value, this.#token)
  }

  close(): void {
    this.#client.close()
  }
}
