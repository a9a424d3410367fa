import { expect, it } from 'vitest'
import { parseXml, xmlText } from '../../../../src/hw/parse/xml.ts'

function root(text: string) {
  const reading = parseXml(text)
  if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
  return reading.value
}

it('elements, ids and texts are read, the rest is skipped', () => {
  const log = root('<?xml version="1.0" ?><!DOCTYPE a SYSTEM "x.dtd"><a><!-- <b> --><b id="1"> x &amp; y </b><c/></a>')
  expect(log.children.map((child) => [child.name, child.id])).toEqual([
    ['b', '1'],
    ['c', null],
  ])
  expect([xmlText(log, 'b'), xmlText(log, 'c'), xmlText(log, 'd', 'e')]).toEqual(['x & y', '', null])
})

it('an output that was cut keeps what stood before the cut', () => {
  expect(xmlText(root('<a><b><c>1</c>'), 'b', 'c')).toBe('1')
  expect(root('<a><b>1</b>').isWhole).toBe(false)
  expect(root('<a><b>1</b></a>').isWhole).toBe(true)
})

it('half a text is no text', () => {
  expect(xmlText(root('<a><b>12'), 'b')).toBe('')
})

it.each(['', 'hello', '</a>', '<a></b>', '<', '<a'.repeat(10)])('%j is no XML', (text) => {
  expect(parseXml(text).kind).toBe('implausible')
})

it('depth is bounded', () => {
  expect(parseXml('<a>'.repeat(100_000)).kind).toBe('implausible')
})
