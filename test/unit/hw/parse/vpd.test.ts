import { expect, it } from 'vitest'
import { parseVpdSerial } from '../../../../src/hw/parse/vpd.ts'

const page = (serial: string, length = serial.length) =>
  Uint8Array.from([0, 0x80, length >> 8, length & 255, ...new TextEncoder().encode(serial)])

it('the serial number is the text of the page', () => {
  expect(parseVpdSerial(page('  WD-WCC4N0123456 '))).toEqual({ kind: 'known', value: 'WD-WCC4N0123456' })
})

it('a page that is another, or ends early, is implausible', () => {
  expect(parseVpdSerial(page('AB', 20)).kind).toBe('implausible')
  expect(parseVpdSerial(Uint8Array.from([0, 0x83, 0, 0])).kind).toBe('implausible')
  expect(parseVpdSerial(new Uint8Array()).kind).toBe('implausible')
})
