// What goes into a guest and comes out of it, as bytes.

import { describe, expect, test } from 'vitest'
import { AnswerReader } from '../../../hil/guest/answers.ts'
import { header, padding, trailer } from '../../../hil/guest/cpio.ts'
import { loadingOrder, parseModuleNeeds } from '../../../hil/guest/modules.ts'

describe('answers of a guest', () => {
  const bytes = Buffer.from('7 0 5 0\nhello8 3 0 4\noops9 0 0 0\n')
  const texts = (reader: AnswerReader, chunk: Buffer) =>
    reader.push(chunk).map((one) => [one.number, one.status, `${one.stdout}`, `${one.stderr}`])
  const whole = [
    [7, 0, 'hello', ''],
    [8, 3, '', 'oops'],
    [9, 0, '', ''],
  ]

  test('are read in one piece', () => {
    expect(texts(new AnswerReader(), bytes)).toEqual(whole)
  })

  test.each([1, 2, 3, 7, 11])('are read in pieces of %i bytes', (size) => {
    const reader = new AnswerReader()
    const read = []
    for (let at = 0; at < bytes.length; at += size) read.push(...texts(reader, bytes.subarray(at, at + size)))
    expect(read).toEqual(whole)
  })

  test('may hold anything, new lines and NUL too', () => {
    const output = Buffer.from('1 0 2 0\n\0\n\xff', 'latin1')
    const [answer] = new AnswerReader().push(Buffer.concat([Buffer.from(`1 0 ${output.length} 0\n`), output]))
    expect(answer?.stdout).toEqual(output)
  })

  test.each(['hello\n', '1 2 3\n', '1 2 3 -4\n', `1 0 ${10 ** 12} 0\n`, 'x'.repeat(500)])('are not %j', (text) => {
    expect(() => new AnswerReader().push(Buffer.from(text))).toThrow(/guest/)
  })
})

describe('an initial file system', () => {
  test('has heads of the format, and every entry at a multiple of four', () => {
    const head = header({ path: 'bin/a', kind: 'file', mode: 0o755, bytes: 5 }, 3)
    expect(head.toString('latin1', 0, 6)).toBe('070701')
    expect(head.toString('latin1', 6, 22)).toBe('00000003000081ed')
    expect(head.toString('latin1', 110, 116)).toBe('bin/a\0')
    expect([head.length % 4, (head.length + 5 + padding(5).length) % 4]).toEqual([0, 0])
    expect(trailer().includes('TRAILER!!!')).toBe(true)
  })
})

describe('kernel modules', () => {
  const info = (text: string) => Buffer.from(`\x7fELF\0license=GPL\0${text}name=x\0`, 'latin1')

  test('say what they need', () => {
    expect(parseModuleNeeds(info('depends=virtio-ring,virtio\0'))).toEqual({
      depends: ['virtio_ring', 'virtio'],
      before: [],
    })
    expect(parseModuleNeeds(info('softdep=pre: cxl_port crc-x\0depends=\0'))).toEqual({
      depends: [],
      before: ['cxl_port', 'crc_x'],
    })
    expect(parseModuleNeeds(info(''))).toEqual({ depends: [], before: [] })
  })

  test('come after what they need, each once, without what is built in', () => {
    const needs: Record<string, { depends: string[]; before: string[] }> = {
      nvme: { depends: ['nvme_core', 'builtin'], before: [] },
      nvme_core: { depends: ['t10_pi'], before: [] },
      t10_pi: { depends: [], before: ['crc'] },
      crc: { depends: [], before: [] },
    }
    expect(loadingOrder(['t10-pi', 'nvme'], (name) => needs[name] ?? null)).toEqual([
      'crc',
      't10_pi',
      'nvme_core',
      'nvme',
    ])
  })

  test('that need each other end', () => {
    const each = { a: { depends: ['b'], before: [] }, b: { depends: ['a'], before: [] } }
    expect(loadingOrder(['a'], (name) => each[name as 'a' | 'b'])).toEqual(['b', 'a'])
  })
})
