// Counts what clients do wrong, and logs it: once for each connection and at a bounded rate over all, so that a
// thousand misconfigured clients are seen and cannot fill a disk.

import type { Connection } from './connection.ts'
import type { BrokerOptions } from './types.ts'

/** Lines in any one period. */
export const complaintsMax = 20
export const complaintPeriodMs = 60_000

const clientIdLengthMax = 64

export class Complaints {
  readonly #log: BrokerOptions['log']
  readonly #counters = new Map<string, number>()
  #periodEndMs = 0
  #linesInPeriod = 0
  #suppressed = 0

  constructor(log: BrokerOptions['log']) {
    this.#log = log
  }

  count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }

  get counters(): ReadonlyMap<string, number> {
    return this.#counters
  }

  /** `reason` is one of ours; what the client itself says goes under `remote`. */
  complain(
    connection: Connection,
    reason: string,
    remote: { readonly clientId?: string; readonly why?: string },
  ): void {
    this.count(reason)
    if (connection.hasComplaint) return
    connection.hasComplaint = true
    const nowMs = performance.now()
    if (nowMs >= this.#periodEndMs) {
      this.#periodEndMs = nowMs + complaintPeriodMs
      this.#linesInPeriod = 0
    }
    if (this.#linesInPeriod >= complaintsMax) {
      this.#suppressed++
      return
    }
    this.#linesInPeriod++
    this.#log('warn', 'wire.dropped', 'a client of the broker did what it may not', {
      reason,
      remote: {
        address: connection.socket.remoteAddress,
        clientId: remote.clientId?.slice(0, clientIdLengthMax),
        why: remote.why,
      },
      suppressed: this.#suppressed,
    })
    this.#suppressed = 0
  }
}
