import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LinePrefixer, writeTo } from '../../../src/cli/output.ts'

test('every line gets the prefix, also the last one without an end', () => {
  const prefixer = new LinePrefixer('[1] ')
  const text = `${prefixer.push(Buffer.from('one\ntw'))}${prefixer.push(Buffer.from('o\n\nthree'))}${prefixer.end()}`
  expect(text).toBe('[1] one\n[1] two\n[1] \n[1] three\n')
})

test('nothing written is nothing said', () => {
  expect(`${new LinePrefixer('[1] ').end()}`).toBe('')
})

test('however bytes are cut into pieces, the lines are the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '\n') }), fc.array(fc.nat(9)), (text, cuts) => {
      const bytes = Buffer.from(text)
      const prefixer = new LinePrefixer('> ')
      const out: Buffer[] = []
      let at = 0
      for (const cut of cuts) {
        out.push(prefixer.push(bytes.subarray(at, at + cut)))
        at += cut
      }
      out.push(prefixer.push(bytes.subarray(at)), prefixer.end())
      const lines = text.split('\n')
      if (lines.at(-1) === '') lines.pop()
      expect(Buffer.concat(out).toString()).toBe(lines.map((line) => `> ${line}\n`).join(''))
    }),
  )
})

test('a line without end is passed on in pieces instead of being kept for ever', () => {
  const prefixer = new LinePrefixer('')
  expect(prefixer.push(Buffer.alloc(200_000, 'x')).length).toBeGreaterThan(200_000)
})

test('writing waits for a full stream to take more, and never for one that is gone', async () => {
  const full = new PassThrough({ highWaterMark: 1 })
  let isDone = false
  const writing = writeTo(full, Buffer.from('abc')).then(() => {
    isDone = true
  })
  expect(isDone).toBe(false)
  full.resume()
  await writing
  const gone = new PassThrough({ highWaterMark: 1 })
  const stuck = writeTo(gone, Buffer.from('abc'))
  gone.destroy()
  await stuck
  await writeTo(gone, Buffer.from('abc'))
  expect(isDone).toBe(true)
})
