import { describe, expect, it } from 'vitest'
import { parseVpdAta, parseVpdAtaModel, parseVpdName, parseVpdSerial } from '../../../../src/hw/parse/vpd.ts'

const bytes = (text: string) => Array.from(text, (char) => char.charCodeAt(0))
const page = (code: number, body: readonly number[]) =>
  Uint8Array.from([0, code, body.length >> 8, body.length & 255, ...body])
const designator = (codeSet: number, kind: number, body: readonly number[]) => [codeSet, kind, 0, body.length, ...body]

describe('vital product data page 80h', () => {
  it('holds a serial number, padded', () => {
    expect(parseVpdSerial(page(0x80, bytes('  WD-WMAM9  ')))).toEqual({ kind: 'known', value: 'WD-WMAM9' })
  })

  it.each([[[]], [[0, 0x83, 0, 0]], [[0, 0x80, 0, 9, 65]]])('is not %j', (wrong) => {
    expect(parseVpdSerial(Uint8Array.from(wrong)).kind).toBe('implausible')
  })
})

describe('vital product data page 83h', () => {
  const naa = [0x50, 0x00, 0xc5, 0x00, 0x8c, 0xe8, 0x0e, 0xe8]
  const t10 = designator(2, 1, bytes('ATA     ST1000                                  S470RM29            '))

  it('names the unit by its NAA name and not by that of the port', () => {
    const port = designator(1, 0x93, [...naa.slice(0, 7), 1])
    expect(parseVpdName(page(0x83, [...t10, ...port, ...designator(1, 3, naa)]))).toEqual({
      kind: 'known',
      value: 'naa.5000c5008ce80ee8',
    })
  })

  it('prefers long names, and takes what makers wrote where there is no number', () => {
    const long = designator(1, 3, [0x60, ...Array.from({ length: 15 }, (_, i) => i)])
    expect(parseVpdName(page(0x83, [...designator(1, 3, naa), ...long]))).toMatchObject({
      value: 'naa.60000102030405060708090a0b0c0d0e',
    })
    expect(parseVpdName(page(0x83, [...designator(1, 2, naa), ...t10]))).toMatchObject({
      value: 'eui.5000c5008ce80ee8',
    })
    expect(parseVpdName(page(0x83, t10))).toMatchObject({ value: 't10.ATA ST1000 S470RM29' })
  })

  it('without a name of the unit has none', () => {
    expect(parseVpdName(page(0x83, designator(1, 3, [0, 0, 0, 0, 0, 0, 0, 0])))).toEqual({ kind: 'absent' })
    expect(parseVpdName(page(0x83, []))).toEqual({ kind: 'absent' })
  })

  it('cut within a name gives no part of it', () => {
    expect(parseVpdName(page(0x83, [1, 3, 0, 8, 0x50, 0x00]))).toEqual({ kind: 'absent' })
  })

  it('has the whole model of an ATA drive', () => {
    expect(parseVpdAtaModel(page(0x83, t10))).toEqual({ kind: 'known', value: 'ST1000' })
    expect(parseVpdAtaModel(page(0x83, designator(2, 1, bytes('ATA     ST'))))).toEqual({ kind: 'absent' })
  })
})

describe('vital product data page 89h', () => {
  const identify = (put: Readonly<Record<number, string>>) => {
    const all = new Uint8Array(572).fill(32)
    all.set([0, 0x89, 2, 0x38])
    for (const [word, text] of Object.entries(put)) {
      for (const [i, char] of [...text].entries()) all[60 + Number(word) * 2 + (i ^ 1)] = char.charCodeAt(0)
    }
    return all
  }

  it('holds what the drive says of itself, two characters at a time swapped', () => {
    expect(parseVpdAta(identify({ 10: 'S470RM29', 23: 'BE33', 27: 'ST1000NX0313 00LY266' }))).toEqual({
      kind: 'known',
      value: { serial: 'S470RM29', firmware: 'BE33', model: 'ST1000NX0313 00LY266' },
    })
  })

  it('with fillers says nothing', () => {
    expect(parseVpdAta(identify({ 10: 'XXXXXXXX' }))).toMatchObject({ value: { serial: null, model: null } })
    expect(parseVpdAta(Uint8Array.from([0, 0x89, 2, 0x38])).kind).toBe('implausible')
  })
})
