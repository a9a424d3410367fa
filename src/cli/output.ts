// Writing to the caller's terminal or pipe: bytes with back-pressure, whole lines with a prefix when several tasks
// share it, and our own words on standard error. It does not know what is written.

import type { Writable } from 'node:stream'
import type { Fault } from '../model/result.ts'

/** Resolves once the stream takes more; a reader that went away takes everything. */
export async function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0 || stream.destroyed || stream.write(bytes)) return
  // Not `once` of node:events: it would listen for 'error' too, and whoever decides what an error means would be fooled.
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.on('drain', done).on('close', done)
  })
}

/** Names come from anybody: nothing in them may steer the terminal, nor look like a line of its own. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** What JSON leaves as it is and a terminal obeys: the controls above 126. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
  })
}

/** One line of our own, on standard error so that the output of tasks stays clean; a trace of ours is several. */
export function say(sentence: string): void {
  process.stderr.write(`tepui: ${sentence.split('\n').map(printable).join('\n')}\n`)
}

/** Says what failed. @returns exit status 1 */
export function sayFault(fault: Fault): number {
  say(printable(fault.message))
  return 1
}

/** A longer line without its end is passed on in pieces. */
const partialLineMaxBytes = 64 * 1024

const newline = 0x0a

/** Puts a prefix before every line of one source, so that lines of several do not mix. */
export class LinePrefixer {
  readonly #prefix: Buffer
  #partial: Buffer = Buffer.alloc(0)

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix)
  }

  /** The lines that are complete now. */
  push(bytes: Uint8Array): Buffer {
    const lines: Buffer[] = []
    let rest = this.#partial.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#partial, bytes])
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      lines.push(this.#prefix, rest.subarray(0, end + 1))
      rest = rest.subarray(end + 1)
    }
    this.#partial = rest
    if (rest.length > partialLineMaxBytes) lines.push(this.end())
    return Buffer.concat(lines)
  }

  /** What is left without an end of line, with one. */
  end(): Buffer {
    if (this.#partial.length === 0) return Buffer.alloc(0)
    const last = Buffer.concat([this.#prefix, this.#partial, Buffer.from('\n')])
    this.#partial = Buffer.alloc(0)
    return last
  }
}
