// Follows the fixed headers in a stream of MQTT packets (MQTT 3.1.1 §2.2) so that a packet larger than its bound is
// known from its first bytes, before anybody collects the rest: neither MQTT library in use bounds what it receives.
// It does not know what the packets are.

export class PacketMeter {
  #packetBytesMax: number
  /** Bytes of the current packet still to come, after its header. */
  #rest = 0
  /** The header being read: bytes so far (0 between packets), and the length they say. */
  #headerBytes = 0
  #length = 0

  constructor(packetBytesMax: number) {
    this.#packetBytesMax = packetBytesMax
  }

  /** A new bound for packets that begin after this. */
  setBound(packetBytesMax: number): void {
    this.#packetBytesMax = packetBytesMax
  }

  /** Takes the next bytes; false once a packet is too large or its length is no length. Then nothing more may come. */
  accept(chunk: Uint8Array): boolean {
    for (let i = 0; i < chunk.length; ) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, chunk.length - i)
        this.#rest -= skipped
        i += skipped
      } else if (!this.#header(chunk[i++] as number)) {
        return false
      }
    }
    return true
  }

  #header(byte: number): boolean {
    if (this.#headerBytes++ === 0) {
      this.#length = 0
      return true
    }
    const digit = this.#headerBytes - 2
    this.#length += (byte & 0x7f) * 128 ** digit
    if ((byte & 0x80) !== 0) return digit < 3
    this.#headerBytes = 0
    this.#rest = this.#length
    return this.#length <= this.#packetBytesMax
  }
}
