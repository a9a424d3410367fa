// The JSON codec, by the rules of Mesos (3rdparty/stout/include/stout/protobuf.hpp): what is accepted, what is refused
// and how it is said, what is written.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeJson, encodeJson, fromJsonValue, parseJson, toJsonValue } from '../../../src/mesos/json.ts'
import { messageDepthMax } from '../../../src/mesos/malformed.ts'
import type { MessageName } from '../../../src/mesos/plan.ts'
import { anyMessage, messageNames } from './arbitrary-message.ts'

function decoded(name: MessageName, value: unknown): unknown {
  const result = decodeJson(name, typeof value === 'string' ? value : JSON.stringify(value))
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

function refusal(name: MessageName, value: unknown): string {
  const result = decodeJson(name, typeof value === 'string' ? value : JSON.stringify(value))
  expect(result).toMatchObject({ ok: false, fault: { code: 'API_MALFORMED' } })
  return result.ok ? '' : result.fault.message
}

describe('what is accepted', () => {
  test('unknown fields are ignored and null is unset', () => {
    const task = { task_id: { value: 't', extra: [1] }, agent_id: null, kill_policy: null, future: { a: 1 } }
    expect(decoded('mesos.v1.scheduler.Call.Kill', task)).toEqual({ task_id: { value: 't' } })
  })

  test.each([
    ['a name', 'TASK_RUNNING', { state: 'TASK_RUNNING' }],
    ['an unknown name of an optional enum counts as unset', 'TASK_DREAMING', {}],
  ])('enum: %s', (_claim, given, expected) => {
    const task = { name: 'n', task_id: { value: 't' }, framework_id: { value: 'f' }, agent_id: { value: 'a' } }
    const message = decoded('mesos.v1.Task', { ...task, state: 'TASK_LOST', status_update_state: given })
    expect(message).toEqual({
      ...task,
      state: 'TASK_LOST',
      ...('state' in expected ? { status_update_state: expected.state } : {}),
    })
  })

  test('an unknown name in a list of enums is dropped from it', () => {
    expect(decoded('mesos.v1.CapabilityInfo', { capabilities: ['CHOWN', 'FLY', 'KILL'] })).toEqual({
      capabilities: ['CHOWN', 'KILL'],
    })
  })

  test.each([
    [5, 5],
    ['5', 5],
    [' 5', null],
    ['-1.5e2', -150],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['NaN', null],
    ['', null],
    ['0x10', null],
    [true, null],
    [[1], null],
  ])('the double %j is read as %j', (given, expected) => {
    if (expected === null) expect(refusal('mesos.v1.Value.Scalar', { value: given })).toMatch(/^scalar\.value must be/)
    else expect(decoded('mesos.v1.Value.Scalar', { value: given })).toEqual({ value: expected })
  })

  test.each([
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    ['"9223372036854775807"', 9223372036854775807n],
    ['"42"', 42],
    ['1e3', 1000],
    ['3.99', 3],
    ['-0.5', 0],
    ['9223372036854775808', null],
    ['1e19', null],
    ['"many"', null],
    ['true', null],
  ])('the 64-bit integer %s is read with all its digits', (text, expected) => {
    const body = `{"nanoseconds": ${text}}`
    if (expected === null) expect(refusal('mesos.v1.DurationInfo', body)).toMatch(/^duration_info\.nanoseconds must be/)
    else expect(decoded('mesos.v1.DurationInfo', body)).toEqual({ nanoseconds: expected })
  })

  test('a number of many digits in a field of doubles stays a double', () => {
    expect(decoded('mesos.v1.Value.Scalar', '{"value": 12345678901234567890}')).toEqual({ value: 12345678901234567000 })
  })

  test.each([
    [true, true],
    ['true', true],
    ['false', false],
    ['yes', null],
    [1, null],
  ])('the boolean %j is read as %j', (given, expected) => {
    if (expected === null) expect(refusal('mesos.v1.CommandInfo', { shell: given })).toMatch(/must be true or false/)
    else expect(decoded('mesos.v1.CommandInfo', { shell: given })).toEqual({ shell: expected })
  })

  test('bytes are base64', () => {
    expect(decoded('mesos.v1.UUID', { value: 'AP8B' })).toEqual({ value: new Uint8Array([0, 255, 1]) })
    expect(decoded('mesos.v1.UUID', { value: '/+8=' })).toEqual({ value: new Uint8Array([255, 239]) })
    expect(refusal('mesos.v1.UUID', { value: 'not base64!' })).toBe('uuid.value must be a string of base64')
  })

  test('an empty list is the same as none, and null in a list is skipped', () => {
    expect(decoded('mesos.v1.Labels', { labels: [] })).toEqual({})
    expect(decoded('mesos.v1.Labels', { labels: [null, { key: 'k' }] })).toEqual({ labels: [{ key: 'k' }] })
  })

  test('a map takes any key, also one that names a prototype', () => {
    const body = '{"quantities":{"__proto__":{"value":1},"constructor":{"value":2}}}'
    const message = decoded('mesos.v1.OfferFilters.ResourceQuantities', body) as { quantities: object }
    expect(Object.entries(message.quantities)).toEqual([
      ['__proto__', { value: 1 }],
      ['constructor', { value: 2 }],
    ])
    expect(encodeJson('mesos.v1.OfferFilters.ResourceQuantities', message as never)).toBe(
      '{"quantities":{"__proto__":{"value":1.0},"constructor":{"value":2.0}}}',
    )
  })

  test('a field that only the prototype of an object has is not set', () => {
    expect(fromJsonValue('mesos.v1.Label', Object.create({ key: 'k' }))).toMatchObject({ ok: false })
  })

  test('bytes of UTF-8 are the same as text', () => {
    expect(decodeJson('mesos.v1.Label', new TextEncoder().encode('{"key":"größe"}'))).toEqual({
      ok: true,
      value: { key: 'größe' },
    })
  })
})

describe('what is refused, and how it is said', () => {
  test.each<[MessageName, unknown, string]>([
    ['mesos.v1.scheduler.Call', [], 'call must be an object, not a list'],
    ['mesos.v1.scheduler.Call', 'null', 'call must be an object, not null'],
    ['mesos.v1.scheduler.Call', { type: 1 }, 'call.type must be a name, not the number 1'],
    [
      'mesos.v1.scheduler.Call',
      { accept: { offer_ids: [{ value: 'a' }, {}] } },
      'call.accept.offer_ids[1].value is required',
    ],
    [
      'mesos.v1.scheduler.Call',
      { accept: { offer_ids: 'a' } },
      'call.accept.offer_ids must be a list, not the string "a"',
    ],
    ['mesos.v1.scheduler.Call', { kill: {} }, 'call.kill.task_id is required'],
    [
      'mesos.v1.scheduler.Call',
      { kill: { task_id: { value: 7 } } },
      'call.kill.task_id.value must be a string, not the number 7',
    ],
    ['mesos.v1.Attribute', { name: 'a', type: 'BLOB' }, 'attribute.type is required, and "BLOB" is none of its names'],
    ['mesos.v1.Address', { port: 5000000000 }, 'address.port must be from -2147483648 to 2147483647'],
    ['mesos.v1.Value.Range', { begin: -1, end: 1 }, 'range.begin must be from 0 to 18446744073709551615'],
  ])('%s %j', (name, value, message) => {
    expect(refusal(name, value)).toBe(message)
  })

  test('a text that is not JSON, or not UTF-8', () => {
    expect(refusal('mesos.v1.Label', '{"key":')).toMatch(/^the body is not JSON: /)
    expect(refusal('mesos.v1.Label', '')).toMatch(/^the body is not JSON: /)
    expect(decodeJson('mesos.v1.Label', new Uint8Array([0x7b, 0xff, 0x7d]))).toMatchObject({ ok: false })
  })

  test('a body beyond the size bound, before it is parsed', () => {
    const result = decodeJson('mesos.v1.Label', `{"key":"${'x'.repeat(100)}"}`, { sizeMaxBytes: 50 })
    expect(result).toMatchObject({ fault: { message: 'the message is larger than 50 bytes' } })
  })

  test('nesting beyond the bound, known or unknown, text or value', () => {
    const deep = (levels: number) => `${'{"parent":'.repeat(levels)}{"value":"c"}${'}'.repeat(levels)}`
    const named = (levels: number) => `${'{"value":"c","parent":'.repeat(levels)}{"value":"c"}${'}'.repeat(levels)}`
    expect(decodeJson('mesos.v1.ContainerID', named(messageDepthMax - 1)).ok).toBe(true)
    for (const text of [deep(200_000), named(200_000), '['.repeat(1_000_000), `{"x":${'['.repeat(500_000)}`]) {
      expect(refusal('mesos.v1.ContainerID', text)).toBe(`the JSON is nested deeper than ${messageDepthMax} levels`)
    }
    let value: object = { value: 'c' }
    for (let i = 0; i < 10_000; i++) value = { value: 'c', parent: value }
    expect(fromJsonValue('mesos.v1.ContainerID', value)).toMatchObject({ ok: false })
  })

  test('brackets and quotes inside strings are not nesting', () => {
    const key = '["\\'.repeat(1000)
    expect(decoded('mesos.v1.Label', { key })).toEqual({ key })
    expect(parseJson('["\\\\", "]", "[\\"["]')).toEqual({ ok: true, value: ['\\', ']', '["['] })
  })
})

describe('what is written', () => {
  test('explicit defaults are shown unless deprecated, empty lists are not', () => {
    expect(encodeJson('mesos.v1.FrameworkInfo', { user: 'u', name: 'n', roles: [], offer_filters: {} })).toBe(
      '{"user":"u","name":"n","failover_timeout":0.0,"checkpoint":false}',
    )
    expect(encodeJson('mesos.v1.HealthCheck.TCPCheckInfo', { port: 1 })).toBe('{"protocol":"IPv4","port":1}')
    expect(toJsonValue('mesos.v1.CommandInfo', {})).toEqual({ shell: true })
  })

  test.each([
    [1, '1.0'],
    [0.1, '0.1'],
    [-0, '-0.0'],
    [1e21, '1e+21'],
    [2 ** 60, '1152921504606847000.0'],
    [5e-324, '5e-324'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
  ])('the double %d as %s', (value, text) => {
    expect(encodeJson('mesos.v1.Value.Scalar', { value })).toBe(`{"value":${text}}`)
  })

  test('64-bit integers with all digits, also inside a larger document', () => {
    const message = { nanoseconds: 9223372036854775807n }
    expect(encodeJson('mesos.v1.DurationInfo', message)).toBe('{"nanoseconds":9223372036854775807}')
    expect(JSON.stringify({ grace: toJsonValue('mesos.v1.DurationInfo', message) })).toBe(
      '{"grace":{"nanoseconds":9223372036854775807}}',
    )
  })

  test('a message that lacks a required field is our mistake', () => {
    expect(() => encodeJson('mesos.v1.TaskID', {} as never)).toThrow(/required/)
    expect(() => toJsonValue('mesos.v1.TaskID', {} as never)).toThrow(/required/)
  })
})

describe('properties', () => {
  test('any message is itself again after a round trip, as text and as value', () => {
    fc.assert(
      fc.property(anyMessage, ({ name, message }) => {
        const text = encodeJson(name, message as never)
        expect(decodeJson(name, text)).toEqual({ ok: true, value: message })
        expect(JSON.parse(JSON.stringify(toJsonValue(name, message as never)))).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })

  test('no text and no value makes a decoder throw', () => {
    const name = fc.constantFrom(...messageNames)
    const decodesOrSaysWhy = (result: { ok: boolean }): void => {
      expect(typeof result.ok).toBe('boolean')
    }
    fc.assert(fc.property(name, fc.json(), (of, text) => decodesOrSaysWhy(decodeJson(of, text))))
    fc.assert(fc.property(name, fc.string(), (of, text) => decodesOrSaysWhy(decodeJson(of, text))))
    fc.assert(fc.property(name, fc.anything(), (of, value) => decodesOrSaysWhy(fromJsonValue(of, value))))
    fc.assert(
      fc.property(anyMessage, fc.nat(), fc.string({ maxLength: 3 }), ({ name: of, message }, at, junk) => {
        const text = encodeJson(of, message as never)
        const cut = at % (text.length + 1)
        decodesOrSaysWhy(decodeJson(of, text.slice(0, cut) + junk + text.slice(cut + junk.length)))
      }),
    )
  })
})
