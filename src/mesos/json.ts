// JSON of the public API, both ways, by the field table: texts here, values in json-read.ts and json-write.ts.
// Size and nesting are bounded before a text is parsed. It does not know which messages are sent where.

import { invariant, type Result } from '../model/result.ts'
import { readJsonMessage } from './json-read.ts'
import { jsonMessageText, jsonMessageValue } from './json-write.ts'
import {
  type CodecBounds,
  catchMalformed,
  Malformed,
  MessagePath,
  messageDepthMax,
  messageSizeMaxBytes,
} from './malformed.ts'
import { type MessageName, messagePlan, rootLabel } from './plan.ts'
import type { MessageTypes } from './types.ts'

/**
 * Reads a message from JSON, by the rules of json-read.ts.
 * @returns API_MALFORMED with a sentence that names the field, such as "call.kill.task_id is required"
 */
export function decodeJson<N extends MessageName>(
  name: N,
  body: string | Uint8Array,
  bounds: CodecBounds = {},
): Result<MessageTypes[N]> {
  return catchMalformed(() => readMessage(name, parseBounded(body, bounds)))
}

/** Reads a message from a value that JSON.parse, or a program, made. Nesting is bounded; size is the caller's affair. */
export function fromJsonValue<N extends MessageName>(name: N, value: unknown): Result<MessageTypes[N]> {
  return catchMalformed(() => readMessage(name, value))
}

/** Parses any JSON with size and nesting bounded first; integers past 2^53 become bigints. */
export function parseJson(body: string | Uint8Array, bounds: CodecBounds = {}): Result<unknown> {
  return catchMalformed(() => parseBounded(body, bounds))
}

/** The JSON text of a message: all digits of 64-bit integers, integral doubles as `1.0`. */
export function encodeJson<N extends MessageName>(name: N, message: MessageTypes[N]): string {
  return jsonMessageText(messagePlan(name), message)
}

/** The same as a value, to be put into a larger document: JSON.stringify of it keeps all digits of integers. */
export function toJsonValue<N extends MessageName>(name: N, message: MessageTypes[N]): Record<string, unknown> {
  return jsonMessageValue(messagePlan(name), message)
}

function readMessage<N extends MessageName>(name: N, value: unknown): MessageTypes[N] {
  return readJsonMessage(messagePlan(name), value, new MessagePath(rootLabel(name))) as MessageTypes[N]
}

function parseBounded(body: string | Uint8Array, bounds: CodecBounds): unknown {
  const sizeMax = bounds.sizeMaxBytes ?? messageSizeMaxBytes
  if (body.length > sizeMax) throw new Malformed(`the message is larger than ${sizeMax} bytes`)
  const text = typeof body === 'string' ? body : utf8Text(body)
  const depthMax = bounds.depthMax ?? messageDepthMax
  if (!isNestedWithin(text, depthMax)) throw new Malformed(`the JSON is nested deeper than ${depthMax} levels`)
  try {
    return hasLongNumber.test(text) ? parseWithSource(text, exactInteger) : JSON.parse(text)
  } catch (error) {
    invariant(error instanceof SyntaxError, 'parsing JSON fails only for its syntax', { error })
    throw new Malformed(`the body is not JSON: ${error.message}`)
  }
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Malformed('the body is not JSON: it is not UTF-8')
  }
}

/** Integers that a double does not hold have at least 16 digits; a text without such a run needs no reviver. */
const hasLongNumber = /\d{16}/

/** JSON.parse as ECMAScript 2026 has it: the reviver also sees how a number was written. */
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown

function exactInteger(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
  return /^-?\d{16,40}$/.test(source) ? BigInt(source) : value
}

const quote = 0x22
const backslash = 0x5c

/** Whether arrays and objects nest at most `max` deep; tells nothing about whether the text is JSON. */
function isNestedWithin(text: string, max: number): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) {
      i = endOfString(text, i)
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > max) return false
    } else if (code === 0x5d || code === 0x7d) {
      depth--
    }
  }
  return true
}

/** The index of the quote that closes the string opened at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === backslash) escapes++
    if (escapes % 2 === 0) return end
  }
  return text.length
}
