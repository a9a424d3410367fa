// aedes as a plain pipe: it speaks MQTT with each client, and everything else that it would do is taken over here.
// Numbers are those of docs/aedes.md.
// - its routing (every message through one emitter, where one frozen client stalls all: D13, and where a QoS 0 message
//   makes a QoS 1 one look like a duplicate: D1) is replaced by one call-back;
// - its table of clients, wrong after storms (D2, D3), stays empty: our own is in broker.ts;
// - its $SYS messages, three for each connection, are not made.
// The version is pinned: contract tests show that each hook still has its effect.

import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes'

export type { Client, PublishPacket } from 'aedes'

type Done = (error?: Error) => void

export class Pipe extends Aedes {
  readonly #received: (client: Client, packet: PublishPacket) => void

  /** `received` is called once for each message that `authorizePublish` let through. */
  constructor(options: AedesOptions, received: (client: Client, packet: PublishPacket) => void) {
    super(options)
    this.#received = received
  }

  /** aedes calls this with the sender for what clients publish, and without one for its own $SYS messages. */
  override publish(packet: PublishPacket, sender: Client | null | Done, done?: Done): void {
    const reply = typeof sender === 'function' ? sender : done
    if (sender !== null && typeof sender !== 'function') this.#received(sender, packet)
    // Not at once: aedes may be in the middle of its parser, and going on would parse inside of parsing.
    if (reply !== undefined) queueMicrotask(reply)
  }

  override subscribe(_topic: string, _deliver: unknown, done?: () => void): void {
    if (done !== undefined) queueMicrotask(done)
  }

  override unsubscribe(_topic: string, _deliver: unknown, done?: () => void): void {
    if (done !== undefined) queueMicrotask(done)
  }

  /** aedes would enter the client into its table and close an older one of the same name. */
  registerClient(_client: Client): void {}
}
