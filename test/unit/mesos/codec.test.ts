// Both content types carry the same message.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode } from '../../../src/mesos/codec.ts'
import { anyMessage } from './arbitrary-message.ts'

test('a message is the same over either content type', () => {
  fc.assert(
    fc.property(anyMessage, ({ name, message }) => {
      const viaJson = decode('application/json', name, encode('application/json', name, message as never))
      const viaProtobuf = decode(
        'application/x-protobuf',
        name,
        encode('application/x-protobuf', name, message as never),
      )
      expect(viaJson).toEqual(viaProtobuf)
    }),
  )
})

test('bounds reach both decoders', () => {
  for (const type of ['application/json', 'application/x-protobuf'] as const) {
    const result = decode(type, 'mesos.v1.Label', new Uint8Array(9), { sizeMaxBytes: 8 })
    expect(result).toMatchObject({ ok: false, fault: { message: 'the message is larger than 8 bytes' } })
  }
})
