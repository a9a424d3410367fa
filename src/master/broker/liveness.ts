// Finds clients that have been silent for longer than they promised, in time that passes only while this process runs.
// When the loop was held up, bytes may wait in every socket: a deadline on the wall would end healthy clients by the
// thousand (docs/aedes.md D4). It does not know MQTT.

export type Silent = { readonly heardAtMs: number; readonly silenceMaxMs: number | null }

export const sweepIntervalMs = 5_000

export class Liveness<T extends Silent> {
  #awakeMs = 0
  #lastMs: number

  constructor(nowMs: number) {
    this.#lastMs = nowMs
  }

  /** The time to note when a client is heard: milliseconds that the loop has been awake, as of the last sweep. */
  get awakeMs(): number {
    return this.#awakeMs
  }

  /** Called every `sweepIntervalMs`. Yields who is overdue, up to one sweep late and never early. */
  *sweep(nowMs: number, clients: Iterable<T>): Generator<T> {
    // However long the loop was held up, it counts as little more than the time between two sweeps.
    this.#awakeMs += Math.min(nowMs - this.#lastMs, 1.5 * sweepIntervalMs)
    this.#lastMs = nowMs
    for (const client of clients) {
      if (client.silenceMaxMs === null) continue
      // Heard after the sweep whose time is noted, so by up to one interval later than it says.
      if (this.#awakeMs - client.heardAtMs > client.silenceMaxMs + sweepIntervalMs) yield client
    }
  }
}
