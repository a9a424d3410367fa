// How the decoders of this room give up on a message: a private exception with the path into the message, turned
// into a Fault at the room's face. Nothing outside this room sees it.

import { fail, ok, type Result } from '../model/result.ts'

/** The deepest nesting of messages that is accepted; protobuf's own limit is the same. */
export const messageDepthMax = 100

/** The largest encoded message that is accepted unless the caller says otherwise. */
export const messageSizeMaxBytes = 64 * 1024 * 1024

export type CodecBounds = { readonly sizeMaxBytes?: number; readonly depthMax?: number }

export class Malformed extends Error {}

/** Runs a decoder; what it refuses becomes an API_MALFORMED fault, anything else is our mistake and passes. */
export function catchMalformed<T>(decode: () => T): Result<T> {
  try {
    return ok(decode())
  } catch (error) {
    if (error instanceof Malformed) return fail('API_MALFORMED', error.message)
    throw error
  }
}

/** Where in a message a decoder is: field names and indexes, pushed on the way down and popped on the way up. */
export class MessagePath {
  readonly root: string
  readonly #parts: (string | number)[] = []

  constructor(root: string) {
    this.root = root
  }

  push(part: string | number): void {
    this.#parts.push(part)
  }

  pop(): void {
    this.#parts.pop()
  }

  get depth(): number {
    return this.#parts.length
  }

  /** Gives up: `<path>.<field> <complaint>`. */
  refuse(field: string | undefined, complaint: string): never {
    const parts = field === undefined ? this.#parts : [...this.#parts, field]
    const text = parts.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')
    throw new Malformed(`${this.root}${text} ${complaint}`)
  }
}
