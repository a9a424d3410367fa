// RecordIO: records come out as they went in, however the stream is cut, and a bad length ends it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frame, RecordReader } from '../../../src/mesos/recordio.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const texts = (records: readonly Uint8Array[]) => records.map((record) => new TextDecoder().decode(record))

test('a record is its length, a newline and its bytes', () => {
  expect(texts([frame(bytes('hello'))])).toEqual(['5\nhello'])
  expect(texts([frame(bytes('größe'))])).toEqual(['7\ngröße'])
})

describe('reading', () => {
  test('a record that comes in parts is given when it is whole', () => {
    const reader = new RecordReader()
    for (const part of ['1', '0', '\n', '0123', '45678'])
      expect(reader.push(bytes(part))).toEqual({ ok: true, value: [] })
    const last = reader.push(bytes('92\nab'))
    expect(last.ok && texts(last.value)).toEqual(['0123456789', 'ab'])
    expect(reader.end()).toEqual({ ok: true, value: null })
  })

  test('any cutting of a stream gives the same records', () => {
    const records = fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 8 })
    fc.assert(
      fc.property(records, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (written, cuts) => {
        const stream = Buffer.concat(written.map(frame))
        const reader = new RecordReader()
        const read: Uint8Array[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length] as number
          const result = reader.push(stream.subarray(at, at + size))
          if (!result.ok) throw new Error(result.fault.message)
          read.push(...result.value)
          at += size
        }
        expect(read).toEqual(written)
        expect(reader.end().ok).toBe(true)
      }),
    )
  })

  test.each(['x', '\n', '-5\nhello', '1x\na', ' 5\nhello', '5\r\nhello', '99999999999999999999999\n'])(
    'the bad length %j is a fault for good',
    (text) => {
      const reader = new RecordReader()
      expect(reader.push(bytes(text))).toMatchObject({ ok: false, fault: { code: 'API_MALFORMED' } })
      expect(reader.push(bytes('5\nhello'))).toMatchObject({ ok: false })
      expect(reader.end()).toMatchObject({ ok: false })
    },
  )

  test('a record beyond the bound is refused by its length, before any of it is kept', () => {
    const reader = new RecordReader(10)
    expect(reader.push(bytes('10\n0123456789')).ok).toBe(true)
    expect(reader.push(bytes('11'))).toMatchObject({
      ok: false,
      fault: { message: 'a record is larger than 10 bytes' },
    })
  })

  test.each(['5', '5\n', '5\nhell'])('a stream that ends in %j ended inside a record', (text) => {
    const reader = new RecordReader()
    reader.push(bytes(text))
    expect(reader.end()).toMatchObject({ ok: false })
  })

  test('garbage never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (chunks) => {
        const reader = new RecordReader(1000)
        for (const chunk of chunks) expect(typeof reader.push(chunk).ok).toBe('boolean')
      }),
    )
  })
})
