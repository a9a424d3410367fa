// The face of both encodings: one message, two content types. It does not know HTTP headers beyond the two names.

import type { Result } from '../model/result.ts'
import { decodeJson, encodeJson } from './json.ts'
import type { CodecBounds } from './malformed.ts'
import type { MessageName } from './plan.ts'
import { decodeProtobuf, encodeProtobuf } from './protobuf.ts'
import type { MessageTypes } from './types.ts'

export type ContentType = 'application/json' | 'application/x-protobuf'

/** Reads a message; API_MALFORMED says what is wrong with it and where. */
export function decode<N extends MessageName>(
  contentType: ContentType,
  name: N,
  bytes: Uint8Array,
  bounds: CodecBounds = {},
): Result<MessageTypes[N]> {
  return contentType === 'application/json' ? decodeJson(name, bytes, bounds) : decodeProtobuf(name, bytes, bounds)
}

export function encode<N extends MessageName>(contentType: ContentType, name: N, message: MessageTypes[N]): Uint8Array {
  return contentType === 'application/json'
    ? new TextEncoder().encode(encodeJson(name, message))
    : encodeProtobuf(name, message)
}
