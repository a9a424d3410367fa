// Bytes to a JSON value and back, with size and depth bounded before the parser sees anything.
// It does not know messages.

import { fail, ok, type Result } from '../model/result.ts'
import { jsonDepthMax } from './bounds.ts'

const quote = 0x22
const backslash = 0x5c

/** WIRE_TOO_LARGE above `bytesMax`; WIRE_MALFORMED for what is nested too deeply or is no JSON in UTF-8. */
export function parseJson(bytes: Uint8Array, bytesMax: number): Result<unknown> {
  if (bytes.length > bytesMax) return tooLarge(bytes.length, bytesMax)
  if (isTooDeep(bytes)) return fail('WIRE_MALFORMED', `the message is nested more than ${jsonDepthMax} deep`)
  try {
    return ok(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  } catch {
    // What exactly is wrong would quote the sender's bytes; who sent it is known to the caller.
    return fail('WIRE_MALFORMED', 'the message is not JSON in UTF-8', { bytes: bytes.length })
  }
}

/** WIRE_TOO_LARGE when the text would be refused by the other side. */
export function formatJson(value: unknown, bytesMax: number): Result<Uint8Array> {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  return bytes.length > bytesMax ? tooLarge(bytes.length, bytesMax) : ok(bytes)
}

function tooLarge(bytes: number, bytesMax: number): Result<never> {
  return fail('WIRE_TOO_LARGE', `the message has ${bytes} bytes; at most ${bytesMax} are allowed`, { bytes, bytesMax })
}

/** Brackets outside of strings; in UTF-8 no byte of a longer character looks like one. */
function isTooDeep(bytes: Uint8Array): boolean {
  if (bytes.length <= jsonDepthMax) return false
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) {
      for (i++; i < bytes.length && bytes[i] !== quote; i++) if (bytes[i] === backslash) i++
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > jsonDepthMax) return true
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--
    }
  }
  return false
}
