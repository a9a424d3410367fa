// What aedes asks of a store, answered with nothing: sessions are clean, retained state is kept by public-state.ts,
// wills are ours, and QoS 2 is refused. So no SUBSCRIBE scans anything and no client id leaves an entry behind.
// aedes finds these methods by name; the streams must be real ones where it pipes them.

import { Readable } from 'node:stream'

export class NoPersistence {
  async setup(): Promise<void> {}

  createRetainedStreamCombi(): Readable {
    return emptyStream()
  }

  outgoingStream(): Readable {
    return emptyStream()
  }

  async cleanSubscriptions(): Promise<void> {}

  /** Every QoS 1 message that an agent acknowledges comes by here. */
  async outgoingClearMessageId(): Promise<undefined> {
    return undefined
  }

  async delWill(): Promise<undefined> {
    return undefined
  }

  /** A PUBREL for a QoS 2 message, which nobody can have sent us: aedes closes the connection. */
  async incomingGetPacket(): Promise<never> {
    throw new Error('no message of QoS 2 is kept')
  }

  streamWill(): Readable {
    return emptyStream()
  }
}

function emptyStream(): Readable {
  return new Readable({
    objectMode: true,
    read() {
      this.push(null)
    },
  })
}
