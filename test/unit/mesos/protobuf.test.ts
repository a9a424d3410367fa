// The protobuf codec: names and numbers against bytes written by hand from the .proto rules, then properties.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { messageDepthMax } from '../../../src/mesos/malformed.ts'
import type { MessageName } from '../../../src/mesos/plan.ts'
import { decodeProtobuf, encodeProtobuf } from '../../../src/mesos/protobuf.ts'
import type { MessageTypes } from '../../../src/mesos/types.ts'
import { anyMessage, messageNames } from './arbitrary-message.ts'

/** A length-delimited field: tag, length, bytes. */
function delimited(number: number, ...parts: readonly (number | readonly number[] | string)[]): number[] {
  const bytes = parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part))
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes]
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))]
}

function field(number: number, value: number): number[] {
  return [...varint(number << 3), ...varint(value)]
}

const one = [0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
const two = [0, 0, 0, 0, 0, 0, 0, 0x40]

const golden: readonly { [N in MessageName]: readonly [N, MessageTypes[N], number[]] }[MessageName][] = [
  [
    'mesos.v1.scheduler.Call',
    {
      type: 'ACCEPT',
      framework_id: { value: 'f' },
      accept: { offer_ids: [{ value: 'o1' }, { value: 'o2' }], filters: { refuse_seconds: 1 } },
    },
    [
      ...delimited(1, delimited(1, 'f')),
      ...field(2, 3),
      ...delimited(4, delimited(1, delimited(1, 'o1')), delimited(1, delimited(1, 'o2')), delimited(3, [0x09, ...one])),
    ],
  ],
  [
    'mesos.v1.TaskStatus',
    {
      task_id: { value: 't' },
      state: 'TASK_STARTING',
      source: 'SOURCE_EXECUTOR',
      uuid: new Uint8Array([1, 2]),
      healthy: false,
    },
    [...delimited(1, delimited(1, 't')), ...field(2, 0), ...field(8, 0), ...field(9, 2), ...delimited(11, [1, 2])],
  ],
  [
    'mesos.v1.Resource',
    { name: 'cpus', type: 'SCALAR', scalar: { value: 2 }, allocation_info: { role: 'r' } },
    [...delimited(1, 'cpus'), ...field(2, 0), ...delimited(3, [0x09, ...two]), ...delimited(11, delimited(1, 'r'))],
  ],
  [
    'mesos.v1.Resource',
    { name: 'ports', type: 'RANGES', ranges: { range: [{ begin: 31000, end: 32000 }] } },
    [...delimited(1, 'ports'), ...field(2, 1), ...delimited(4, delimited(1, field(1, 31000), field(2, 32000)))],
  ],
  [
    'mesos.v1.quota.QuotaConfig',
    { role: 'r', limits: { cpus: { value: 1 } } },
    [...delimited(1, 'r'), ...delimited(3, delimited(1, 'cpus'), delimited(2, [0x09, ...one]))],
  ],
  [
    'mesos.v1.executor.Event',
    { type: 'ACKNOWLEDGED', acknowledged: { task_id: { value: 't' }, uuid: new Uint8Array([9]) } },
    [...field(1, 4), ...delimited(3, delimited(1, delimited(1, 't')), delimited(2, [9]))],
  ],
]

describe('bytes', () => {
  test.each(golden)('%s has the names and numbers of the API', (name, message, bytes) => {
    expect([...encodeProtobuf(name, message as never)]).toEqual(bytes)
    expect(decodeProtobuf(name, Uint8Array.from(bytes))).toEqual({ ok: true, value: message })
  })

  test.each([
    [9007199254740991, [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    [9007199254740993n, [0x08, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
    [-1, [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    [-9223372036854775808n, [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ])('the 64-bit integer %d', (nanoseconds, bytes) => {
    expect([...encodeProtobuf('mesos.v1.DurationInfo', { nanoseconds })]).toEqual(bytes)
    expect(decodeProtobuf('mesos.v1.DurationInfo', Uint8Array.from(bytes))).toEqual({
      ok: true,
      value: { nanoseconds },
    })
  })

  test('unknown fields are dropped', () => {
    const bytes = Uint8Array.from([...field(7000, 1), ...delimited(1, 'k'), ...delimited(7001, 'x')])
    expect(decodeProtobuf('mesos.v1.Label', bytes)).toEqual({ ok: true, value: { key: 'k' } })
  })

  test('an unknown number of an optional enum counts as unset, also in lists', () => {
    expect(decodeProtobuf('mesos.v1.scheduler.Call', Uint8Array.from(field(2, 999)))).toEqual({ ok: true, value: {} })
    expect(decodeProtobuf('mesos.v1.CapabilityInfo', Uint8Array.from([...field(1, 7777), ...field(1, 1000)]))).toEqual({
      ok: true,
      value: { capabilities: ['CHOWN'] },
    })
  })

  test('decoded bytes do not hold on to the body', () => {
    const body = Uint8Array.from(delimited(1, [1, 2, 3]))
    const result = decodeProtobuf('mesos.v1.UUID', body)
    body.fill(0)
    expect(result).toEqual({ ok: true, value: { value: new Uint8Array([1, 2, 3]) } })
  })
})

describe('refusals', () => {
  test.each<[string, MessageName, readonly number[], RegExp]>([
    ['a required field', 'mesos.v1.TaskID', [], /^task_id\.value is required$/],
    [
      'a required field inside',
      'mesos.v1.scheduler.Call',
      delimited(4, delimited(1)),
      /^call\.accept\.offer_ids\[0\]\.value is required$/,
    ],
    ['an unknown number of a required enum', 'mesos.v1.Value', field(1, 99), /^value\.type is required$/],
    ['not a number', 'mesos.v1.Value.Scalar', [9, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f], /^scalar\.value must be a number$/],
    ['cut short', 'mesos.v1.TaskID', [0x0a, 5, 1], /^the body is not the protobuf of mesos\.v1\.TaskID: /],
  ])('%s', (_claim, name, bytes, message) => {
    const result = decodeProtobuf(name, Uint8Array.from(bytes))
    expect(result).toMatchObject({
      ok: false,
      fault: { code: 'API_MALFORMED', message: expect.stringMatching(message) },
    })
  })

  test('nesting beyond the bound', () => {
    let bytes: number[] = delimited(1, 'c')
    for (let i = 0; i < messageDepthMax; i++) bytes = [...delimited(1, 'c'), ...delimited(2, bytes)]
    expect(decodeProtobuf('mesos.v1.ContainerID', Uint8Array.from(bytes)).ok).toBe(true)
    for (let i = 0; i < 5; i++) bytes = [...delimited(1, 'c'), ...delimited(2, bytes)]
    expect(decodeProtobuf('mesos.v1.ContainerID', Uint8Array.from(bytes))).toMatchObject({ ok: false })
  })

  test('a body beyond the size bound', () => {
    expect(decodeProtobuf('mesos.v1.TaskID', new Uint8Array(51), { sizeMaxBytes: 50 })).toMatchObject({
      fault: { message: 'the message is larger than 50 bytes' },
    })
  })

  test('encoding without a required field is our mistake', () => {
    expect(() => encodeProtobuf('mesos.v1.TaskID', {} as never)).toThrow(/required/)
  })
})

describe('properties', () => {
  test('any message is itself again after a round trip', () => {
    fc.assert(
      fc.property(anyMessage, ({ name, message }) => {
        expect(decodeProtobuf(name, encodeProtobuf(name, message as never))).toEqual({ ok: true, value: message })
      }),
      { numRuns: 300 },
    )
  })

  test('no bytes make the decoder throw', () => {
    const name = fc.constantFrom(...messageNames)
    const decodesOrSaysWhy = (result: { ok: boolean }): void => {
      expect(typeof result.ok).toBe('boolean')
    }
    fc.assert(
      fc.property(name, fc.uint8Array({ maxLength: 200 }), (of, it) => decodesOrSaysWhy(decodeProtobuf(of, it))),
    )
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.nat(255), ({ name: of, message }, at, byte) => {
        const bytes = encodeProtobuf(of, message as never).slice()
        if (bytes.length > 0) bytes[at % bytes.length] = byte
        decodesOrSaysWhy(decodeProtobuf(of, bytes))
      }),
      { numRuns: 300 },
    )
  })
})
