import { expect, it } from 'vitest'
import { parseAssignments, parseColonPairs, parseSpacePairs } from '../../../../src/hw/parse/key-values.ts'

it('assignments lose their quotes and escapes', () => {
  const facts = parseAssignments('NAME="Debian GNU/Linux"\nX=\'a b\'\nESC="a \\"b\\""\nBARE=1\nBARE=2\n')
  expect(Object.fromEntries(facts)).toEqual({ NAME: 'Debian GNU/Linux', X: 'a b', ESC: 'a "b"', BARE: '1' })
})

it('colon pairs keep colons in the value', () => {
  expect(Object.fromEntries(parseColonPairs('Bus Location: \t 0000:01:00.0\r\nfirmware-version: \n'))).toEqual({
    'Bus Location': '0000:01:00.0',
    'firmware-version': '',
  })
})

it('space pairs are a word and the rest', () => {
  expect(Object.fromEntries(parseSpacePairs('simd_count 152\nname navi 10\nempty\n'))).toEqual({
    simd_count: '152',
    name: 'navi 10',
  })
})

it('a value longer than any property is dropped', () => {
  expect(parseAssignments(`A=${'x'.repeat(5000)}\nB=1`).get('A')).toBeUndefined()
})
