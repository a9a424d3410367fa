// RecordIO (Mesos docs/recordio.md): a stream of records, each its length in ASCII decimals, a newline, then that many
// bytes.
// It does not know what is in a record nor where chunks come from.

import { type Fault, fail, fault, ok, type Result } from '../model/result.ts'

/** The largest record a reader accepts unless told otherwise. */
export const recordSizeMaxBytes = 64 * 1024 * 1024

const newline = 0x0a

/** One record ready to be sent. */
export function frame(record: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${record.length}\n`)
  const framed = new Uint8Array(head.length + record.length)
  framed.set(head)
  framed.set(record, head.length)
  return framed
}

/** Cuts chunks, split and joined anyhow, into records. After a fault the stream is useless and every push fails. */
export class RecordReader {
  readonly #sizeMaxBytes: number
  /** Digits of a length that is not complete yet. */
  #head = ''
  /** The record being filled, once its length is known. */
  #record: Uint8Array | null = null
  #filled = 0
  #fault: Fault | null = null

  constructor(sizeMaxBytes = recordSizeMaxBytes) {
    this.#sizeMaxBytes = sizeMaxBytes
  }

  /** The records that `chunk` completes. */
  push(chunk: Uint8Array): Result<Uint8Array[]> {
    const records: Uint8Array[] = []
    let at = 0
    while (at < chunk.length && this.#fault === null) {
      if (this.#record === null) {
        at = this.#readHead(chunk, at)
      } else {
        const taken = chunk.subarray(at, at + this.#record.length - this.#filled)
        this.#record.set(taken, this.#filled)
        this.#filled += taken.length
        at += taken.length
      }
      if (this.#record !== null && this.#filled === this.#record.length) {
        records.push(this.#record)
        this.#record = null
        this.#filled = 0
      }
    }
    return this.#fault === null ? ok(records) : { ok: false, fault: this.#fault }
  }

  /** The stream has ended: fails when it ended inside a record. */
  end(): Result<null> {
    if (this.#fault !== null) return { ok: false, fault: this.#fault }
    return this.#head === '' && this.#record === null
      ? ok(null)
      : fail('API_MALFORMED', 'the stream ended inside a record')
  }

  /** Reads digits up to the newline and returns the index after what was used. */
  #readHead(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at++) {
      const code = chunk[at] as number
      if (code === newline && this.#head !== '') {
        this.#record = new Uint8Array(Number(this.#head))
        this.#head = ''
        return at + 1
      }
      if (code < 0x30 || code > 0x39) {
        this.#fault = fault('API_MALFORMED', 'a record must begin with its length in decimal digits and a newline')
        return at
      }
      this.#head += String.fromCharCode(code)
      if (Number(this.#head) > this.#sizeMaxBytes || this.#head.length > 20) {
        this.#fault = fault('API_MALFORMED', `a record is larger than ${this.#sizeMaxBytes} bytes`)
        return at
      }
    }
    return chunk.length
  }
}
